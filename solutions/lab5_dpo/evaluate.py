"""Judge trained weights as the milestones do: by samples, and by pairs, that are held out.

python labs/lab5_dpo/evaluate.py judges what is saved in runs/. It asks none of your functions.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from labs.common.artefacts import load_tensors
from labs.common.held_out import held_out
from labs.common.judging import say_milestones
from labs.common.manifest import milestones_of
from labs.common.toys.arithmetic import TOY, preference_pairs, problems

if TYPE_CHECKING:  # transformers takes seconds to import: only where a model is judged
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

HERE = Path(__file__).parent
RUNS = HERE / "runs"
MILESTONES = milestones_of(HERE)
CLEARLY = 1.0  # by so many nats the log-ratio has to have grown: whatever is done to the weights moves it a little


def sampled_accuracy(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> float:
    """The share of right answers among 4 samples, at temperature 1, of each problem that is held out."""
    return held_out(model, tokenizer)["accuracy"].mean


def preference_accuracy(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> float:
    """The share of the held-out pairs whose implicit reward, with the tiny model as it came for a reference, is clearly
    higher for the chosen completion."""
    margins = torch.tensor(log_ratios(model, tokenizer)) - torch.tensor(reference_log_ratios())
    return (margins > CLEARLY).double().mean().item()


@torch.no_grad()
def log_ratios(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> list[float]:
    """log pi(chosen) - log pi(rejected) of each held-out pair, from the loss that the library itself computes."""
    from labs.common.language_model import completion_ids, log_likelihoods, prompt_ids

    pairs = preference_pairs(problems()[1])
    prompts = [prompt_ids(tokenizer, pair["prompt"]) for pair in pairs]
    chosen = log_likelihoods(model, prompts, [completion_ids(tokenizer, pair["chosen"]) for pair in pairs])
    rejected = log_likelihoods(model, prompts, [completion_ids(tokenizer, pair["rejected"]) for pair in pairs])
    return [float(margin) for margin in chosen - rejected]


@functools.cache
def reference_log_ratios() -> list[float]:
    from labs.common.language_model import load

    return log_ratios(*load(TOY, "tiny"))


FIGURES: dict[str, Callable[["PreTrainedModel", "PreTrainedTokenizerBase"], float]] = {
    "sampled_accuracy": sampled_accuracy,
    "preference_accuracy": preference_accuracy,
}


def score(name: str, folder: Path) -> float:
    """A milestone's figure for the weights saved in `folder`, 0 to 1. ValueError where they do not fit."""
    from labs.common.language_model import load_trained

    return FIGURES[name](*load_trained(TOY, load_tensors(MILESTONES[name].file(folder))))


def main() -> int:
    torch.set_num_threads(1)  # a model this small runs faster on one
    return say_milestones(HERE, score, digits=3)


if __name__ == "__main__":
    sys.exit(main())
