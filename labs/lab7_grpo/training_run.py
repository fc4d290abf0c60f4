"""One variant trained with one seed: its progress, checkpoint, curves, and the weights handed over. Given code."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from evaluate import HALVES, TARGETS, held_out
from grpo_loop import GRPO, Recipe
from labs.common.arithmetic import rows
from labs.common.evaluation import Evaluation
from labs.common.language_model import is_tiny, load, model_name
from labs.common.training import Run

EVERY = 4  # steps, from one look at the held-out problems to the next, with one sample of each

# Another model than the tiny one is for a demonstration: a little of everything, or a step would take minutes on a CPU.
DEMONSTRATION = Recipe(steps=2, prompts=2, G=4, learning_rate=1e-6)
DEMONSTRATION_TOKENS, DEMONSTRATION_PROBLEMS = 64, 4


class TrainingRun(Run):
    """A GRPO, and everything that is told about it."""

    digits = 3

    def __init__(self, variant: str, seed: int, steps: int | None = None) -> None:
        self.variant, self.seed = variant, seed
        self.model_name, self.is_tiny = model_name(), is_tiny()
        recipe = Recipe() if self.is_tiny else DEMONSTRATION
        self.whole = self.is_tiny and steps in (None, recipe.steps)  # else it is a short try, and not drawn
        self.recipe = replace(recipe, variant=variant, steps=steps or recipe.steps)
        self.handed_in = self.is_tiny and variant == "grpo"
        of_model = "" if self.is_tiny else "-" + re.sub(r"\W+", "-", self.model_name).strip("-")
        name = f"{variant}{of_model}-seed{seed}" + ("" if steps in (None, recipe.steps) else f"-steps{steps}")
        super().__init__(Path(__file__).parent, name, f"{variant}, seed {seed}")

        model, tokenizer = load()
        train, self.problems = rows()
        if self.is_tiny:
            torch.set_num_threads(1)  # a model this small is faster on one
        else:
            model.generation_config.max_new_tokens = DEMONSTRATION_TOKENS
            self.problems = self.problems[:DEMONSTRATION_PROBLEMS]
        self.grpo = GRPO(model, tokenizer, train, seed, self.recipe)
        self.curves: dict[str, list[float]] = {}  # what each step measured, by name
        self.looks: dict[str, list[float]] = {"step": [], "accuracy": [], "format": []}  # at held-out problems

    def begin(self) -> str:
        self.look()
        return "" if self.is_tiny else f"MODEL={self.model_name}, for a demonstration: nothing is handed over."

    def look(self) -> None:
        """How good the policy is on the held-out problems now, for the curves."""
        found = held_out(self.grpo.policy, self.grpo.tokenizer, self.problems, samples=1)
        for name, value in (("step", self.grpo.steps), ("accuracy", found.accuracy), ("format", found.format)):
            self.looks[name].append(value)

    def step(self) -> None:
        for name, value in self.grpo.step().items():
            self.curves.setdefault(name, []).append(value)
        if self.grpo.steps % EVERY == 0 or self.finished:
            self.look()

    def evaluate(self) -> Evaluation:
        """The milestones' figures."""
        return held_out(self.grpo.policy, self.grpo.tokenizer, self.problems)

    @property
    def finished(self) -> bool:
        return self.grpo.steps >= self.recipe.steps

    @property
    def progress(self) -> tuple[float, float]:
        return self.grpo.steps, self.recipe.steps

    def reached(self) -> str:
        return f"{self.grpo.steps} steps"

    def figures(self) -> str:
        accuracy, in_format = self.looks["accuracy"][-1:], self.looks["format"][-1:]
        held = f", held out: accuracy {accuracy[0]:.2f}, format {in_format[0]:.2f}" if accuracy else ""
        return f"{self.grpo.steps} of {self.recipe.steps} steps{held}"

    def state(self) -> dict[str, Any]:
        return {"grpo": self.grpo.state_dict(), "curves": self.curves, "looks": self.looks}

    def restore(self, state: dict[str, Any]) -> None:
        self.grpo.load_state_dict(state["grpo"])
        self.curves, self.looks = state["curves"], state["looks"]

    def curve(self) -> dict[str, Any]:
        return {
            "variant": self.variant,
            "seed": self.seed,
            "model": self.model_name,
            "whole": self.whole,
            "steps": self.curves,
            "held_out": self.looks,
        }

    def results(self) -> Sequence[str]:
        """The policy is handed over if it is the tiny model, trained with GRPO itself."""
        found = self.evaluate()
        reached = {"accuracy": found.accuracy, "format": found.format}
        if self.handed_in:
            weights = {name: tensor.contiguous() for name, tensor in self.grpo.policy.state_dict().items()}
            facts = {"seed": self.seed, "steps": self.grpo.steps, "targets": TARGETS, "evaluations": reached}
            least = min(reached[name] / TARGETS[name] for name in TARGETS)  # from 1 on both are reached
            best = self.hand_over(
                "grpo", least, {"grpo.safetensors": save(weights)}, facts, ["torch", "transformers", "numpy"]
            )
            if best > least:  # how much better is a ratio, which would say nothing to the reader
                self.remarks[-1] = "a better run's weights are kept"
            self.remarks.append(verdict(reached))
        else:
            self.remarks.append("for comparison" if self.is_tiny else "a demonstration")
        accuracy = f"{found.accuracy:.3f} ± {found.accuracy_se:.3f}"
        in_format = f"{found.format:.3f} ± {found.format_se:.3f}"
        return str(self.seed), accuracy, in_format, str(self.grpo.steps), f"{self.cpu_seconds:.1f}"


def verdict(reached: dict[str, float]) -> str:
    """What a pair of figures is worth, in words."""
    if all(reached[name] >= TARGETS[name] for name in TARGETS):
        return "targets reached"
    if all(reached[name] >= HALVES[name] for name in HALVES):
        return "half of the points, or more"
    return "not reached yet"
