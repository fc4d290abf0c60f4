"""One run with one seed: its progress, checkpoint, curves, and the weights handed over. Given code."""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save

from evaluate import FIGURES, HALVES, TARGETS
from labs.common.language_model import is_tiny, model_name
from labs.common.networks import load_weights
from labs.common.training import Run, write_atomically, write_json
from preference_training import RECIPES, PreferenceTraining, Recipe, reference_model
from rlhf import REWARD_MODEL, RLHF, RewardModel, RewardModelTraining, Rlhf

MEASURE_EVERY = 10  # steps
TITLES = {
    "dpo_nll": "DPO + likelihood",
    "dpo": "plain DPO",
    "nll": "likelihood alone",
    "reward_model": "reward model",
    "rlhf": "RLHF",
}
ALL_RECIPES = RECIPES | {"reward_model": REWARD_MODEL, "rlhf": RLHF}


class TrainingRun(Run):
    """What learns, and everything that is told about it."""

    digits = 3

    def __init__(self, kind: str, seed: int, steps: int | None = None) -> None:
        self.kind = kind
        self.seed = seed
        recipe = ALL_RECIPES[kind]
        self.recipe = dataclasses.replace(recipe, steps=steps or recipe.steps)
        self.whole = self.recipe == recipe and is_tiny()
        super().__init__(Path(__file__).parent, self.file_name(kind), f"{TITLES[kind]}, seed {seed}")
        self.learner = self.new_learner(self.recipe)
        self.steps = 0
        self.curves: dict[str, list[float]] = {}  # by name, a number for each time it was measured

    def file_name(self, kind: str) -> str:
        """What is not of the recipe, or of another model, has a name of its own."""
        steps = "" if self.recipe.steps == ALL_RECIPES[self.kind].steps else f"-steps{self.recipe.steps}"
        model = "" if is_tiny() else "-" + re.sub(r"\W+", "_", model_name()).strip("_")
        return f"{kind}-seed{self.seed}{steps}{model}"

    def new_learner(self, recipe: Recipe) -> PreferenceTraining | RewardModelTraining | Rlhf:
        if self.kind == "reward_model":
            return RewardModelTraining(recipe, self.seed)
        if self.kind == "rlhf":
            reward_model = RewardModel()
            load_weights(reward_model, load_file(self.runs / f"{self.file_name('reward_model')}.safetensors"))
            return Rlhf(recipe, self.seed, reward_model)
        return PreferenceTraining(recipe, self.seed)

    @property
    def finished(self) -> bool:
        return self.steps >= self.recipe.steps

    @property
    def progress(self) -> tuple[float, float]:
        return self.steps, self.recipe.steps

    def reached(self) -> str:
        return f"{self.steps} steps"

    def figures(self) -> str:
        names = {"sampled_accuracy": "right", "preference_accuracy": "ranked right"}
        last = ", ".join(f"{words} {self.curves[name][-1]:.2f}" for name, words in names.items() if name in self.curves)
        return f"{self.steps} of {self.recipe.steps}, {last}"

    def step(self) -> None:
        if self.steps == 0:
            self.measure()
        self.learner.iterate()
        self.steps += 1
        if self.steps % MEASURE_EVERY == 0 or self.finished:
            self.measure()

    def measure(self) -> None:
        for name, value in ({"steps": self.steps} | self.learner.measure()).items():
            self.curves.setdefault(name, []).append(value)

    def state(self) -> dict[str, Any]:
        """Network, optimiser, counter, and what pairs, prompts and samples are drawn with."""
        learner = self.learner
        return {
            "network": learner.network.state_dict(),
            "optimizer": learner.optimizer.state_dict(),
            "dice": learner.dice.get_state(),
            "steps": self.steps,
            "curves": self.curves,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.learner.network.load_state_dict(state["network"])
        self.learner.optimizer.load_state_dict(state["optimizer"])
        self.learner.dice.set_state(state["dice"])
        self.steps, self.curves = state["steps"], state["curves"]

    def save(self) -> None:
        """Of a large model the curve alone: its checkpoint would take gigabytes, again and again."""
        if is_tiny():
            super().save()
        else:
            write_json(self.runs / "curves" / f"{self.name}.json", self.curve() | {"finished": self.finished})

    def curve(self) -> dict[str, Any]:
        return {"run": self.kind, "seed": self.seed, "whole": self.whole, "curves": self.curves}

    def results(self) -> Sequence[str]:
        """The table's row; what `--run dpo_nll` has trained is handed over."""
        reached = self.evaluate()
        if self.kind == "reward_model":
            file = self.runs / f"{self.name}.safetensors"
            write_atomically(file, lambda part: part.write_bytes(weights_of(self.learner.network)))
            self.remarks.append("reward model")
        if self.kind == "dpo_nll" and is_tiny():
            facts = {"seed": self.seed, "steps": self.steps, "evaluations": reached}
            files = {"dpo.safetensors": weights_of(self.learner.network)}
            self.hand_over("dpo", min(reached.values()), files, facts, ["torch", "transformers"])
            self.remarks.append(
                "targets reached"
                if all(reached[name] >= target for name, target in TARGETS.items())
                else "half reached"
                if all(reached[name] >= half for name, half in HALVES.items())
                else "not reached yet"
            )
        elif self.kind in RECIPES:
            self.remarks.append("for comparison" if is_tiny() else "a demonstration: nothing is handed over")
        columns = [f"{reached[name]:.3f}" if name in reached else "-" for name in TARGETS]
        return str(self.seed), str(self.steps), *columns, f"{self.cpu_seconds:.1f}"

    def evaluate(self) -> dict[str, float]:
        """As the milestones are judged; a reward model, or a large model, as it was measured last."""
        if self.kind == "reward_model" or not is_tiny():
            return {name: self.curves[name][-1] for name in TARGETS if self.curves.get(name)}
        return {name: judge(self.learner.network, reference_model()[1]) for name, judge in FIGURES.items()}


def weights_of(network: torch.nn.Module) -> bytes:
    return save({name: tensor.contiguous() for name, tensor in network.state_dict().items()})
