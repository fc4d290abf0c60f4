"""A few steps of labs 5, 6 and 7 on the tiny model: in one process, or in several.

python tests/processes/learning.py OUT      under torchrun: learns every case, and writes OUT/<case>-<rank>.safetensors
"""

import hashlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import pad

from grader.lab import find_lab, solutions_folder
from grader.lab.loading import load_modules
from labs.common import language_model, parallel, sampling, warm_start
from labs.common.evaluation import Estimate
from labs.common.sampling import Samples, generate
from labs.common.toys import arithmetic

STEPS = 3
Learnt = tuple[torch.nn.Module, list[Mapping[str, float]]]  # a network, and the figures of each step
SAMPLED = {"accuracy": Estimate(0.0, 0.0), "format": Estimate(0.0, 0.0)}  # not compared: only what is learnt


def modules(lab: str, *names: str) -> list[ModuleType]:
    return load_modules(find_lab(lab, solutions_folder()).folder, list(names))


def preferences(kind: str) -> Learnt:
    """Lab 5."""
    training, rlhf = modules("lab5", "preference_training", "rlhf")
    learner: Any
    if kind == "rlhf":
        reward_model = rlhf.RewardModel()
        with torch.no_grad():
            reward_model.head.weight.copy_(torch.linspace(-1, 1, reward_model.head.in_features))
        learner = rlhf.Rlhf(replace(rlhf.RLHF, batch=16), 0, reward_model)
    elif kind == "reward_model":
        learner = rlhf.RewardModelTraining(rlhf.REWARD_MODEL, 0)
    else:
        learner = training.PreferenceTraining(training.RECIPES[kind], 0)
    measured = []
    with (
        patch.object(training, "evaluate", lambda *_: SAMPLED),
        patch.object(rlhf, "evaluate", lambda *_: SAMPLED),
        patch.object(sampling, "generate", given),
    ):
        for _ in range(STEPS):
            learner.iterate()
            measured.append(learner.measure())
    return learner.network, measured


def thumbs(recipe: str) -> Learnt:
    """Lab 6: z0, and what is held out."""
    [trainer] = modules("lab6", "trainer")
    learner = trainer.KTO(trainer.RECIPES[recipe], 0)
    with torch.no_grad():  # a reference that is surer, and surer of what it finds unlikely: z0 is not cut off at 0
        learner.reference.lm_head.weight.mul_(1.3)
    with patch.object(trainer, "evaluate", lambda *_: SAMPLED):
        return learner.policy, [{"z0_of_batch": learner.iterate(), **learner.measure()} for _ in range(STEPS)]


def rewards(variant: str, **changes: Any) -> Learnt:
    """Lab 7."""
    [loop] = modules("lab7", "grpo_loop")
    recipe = loop.Recipe(**{"variant": variant, "prompts": 4, "G": 4, "steps": STEPS} | changes)
    model, tokenizer = language_model.load(arithmetic.TOY, "tiny")
    learner = loop.GRPO(model, tokenizer, arithmetic.rows()[0], 0, recipe)
    with patch.object(sampling, "generate", given):
        return learner.policy, [learner.step() for _ in range(STEPS)]


CASES: dict[str, Callable[[], Learnt]] = {
    **{kind: partial(preferences, kind) for kind in ("dpo_nll", "reward_model", "rlhf")},
    **{recipe: partial(thumbs, recipe) for recipe in ("kto", "kto_unbalanced")},
    **{variant: partial(rewards, variant) for variant in ("grpo", "rloo", "dr_grpo", "dapo", "gspo")},
    "grpo_twice": partial(rewards, "grpo", iterations=2),
    "dapo_pairs": partial(rewards, "dapo", prompts=2, G=2),  # one prompt for each of two processes
}


def given(_model: Any, prompts: Sequence[Sequence[int]], G: int, dice: torch.Generator, _temperature: float) -> Samples:
    """In place of sampling.generate: completions that depend on their prompt alone, whichever process asks for them."""
    if parallel.processes() == 1:
        torch.randint(2**62, (), generator=dice)  # as own_dice does: the next prompts are drawn from the same dice
    shipped, _ = language_model.load(arithmetic.TOY, "tiny")
    drawn = []
    for prompt in prompts:
        digest = hashlib.sha256(bytes(prompt)).digest()
        drawn.append(generate(shipped, [prompt], G, torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))))
    end = shipped.generation_config.pad_token_id

    def joined(name: str, value: float, left: bool = False) -> Tensor:
        tensors = [getattr(samples, name) for samples in drawn]
        length = max(tensor.shape[1] for tensor in tensors)
        missing = [length - tensor.shape[1] for tensor in tensors]
        padded = [pad(t, (n, 0) if left else (0, n), value=value) for t, n in zip(tensors, missing, strict=True)]
        return torch.cat(padded)

    asked = joined("prompt_ids", end, left=True), joined("prompt_mask", 0, left=True)
    return Samples(G, *asked, joined("completion_ids", end), joined("logps", 0))


def learn(case: str) -> dict[str, Tensor]:
    """The weights at the end by name, and the "figures" of each step, (STEPS, n)."""
    network, measured = CASES[case]()
    figures = torch.tensor([list(of_step.values()) for of_step in measured], dtype=torch.float64)
    return {**network.state_dict(), "figures": figures}


def warmed(out: Path) -> dict[str, Tensor]:
    """The weights of a model that is no tiny one by its name, after two steps of a warm start; OUT has a file of each
    process that taught it."""
    train = warm_start.train

    def noted(*args: Any) -> None:
        (out / f"warm-start-by-{parallel.rank()}").touch()
        train(*args)

    named = {"MODEL": str(arithmetic.TOY.folder), "RECIPE": "gpu", "XDG_CACHE_HOME": str(out / "cache")}
    with (
        patch.dict(os.environ, named),
        patch.object(warm_start, "LACKS", 2.0),
        patch.object(warm_start, "train", noted),
    ):
        model, _ = warm_start.starting_point(arithmetic.TOY, warm_start.Recipe(steps=2, batch=4))
    return dict(model.state_dict())


def main(out: Path) -> None:
    torch.set_num_threads(1)
    parallel.begin()
    for case in CASES:
        save_file(learn(case), out / f"{case}-{parallel.rank()}.safetensors")
    save_file(warmed(out), out / f"warm_start-{parallel.rank()}.safetensors")
    parallel.end(0, together=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
