"""One run of KTO with one seed: its progress, checkpoint, curves, and the weights handed over. Given code."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save

from evaluate import HALF, TARGET, judged
from labs.common.language_model import is_tiny, model_name
from labs.common.training import Run
from trainer import KTO, RECIPES, recipe_of

MEASURE_EVERY = 10  # steps; of the first twenty every second one, since much happens there


class TrainingRun(Run):
    """A KTO, and everything that is told about it. A step is a gradient step."""

    digits = 3

    def __init__(self, run: str, seed: int, steps: int | None = None) -> None:
        recipe = recipe_of(run)
        steps = steps or recipe.steps
        name = f"{run}-seed{seed}" + (f"-steps{steps}" if steps != RECIPES[run].steps else "")
        title = f"{run}, seed {seed}"
        if not is_tiny():
            name, title = f"{name}-another_model", f"{title}, {model_name()}"
        super().__init__(Path(__file__).parent, name, title)
        self.run = run
        self.seed = seed
        self.recipe = dataclasses.replace(recipe, steps=steps)
        self.kto = KTO(self.recipe, seed)
        self.curves: dict[str, list[float]] = {}  # by name, a number for each time it was measured

    @property
    def finished(self) -> bool:
        return self.kto.steps >= self.recipe.steps

    @property
    def progress(self) -> tuple[float, float]:
        return self.kto.steps, self.recipe.steps

    def reached(self) -> str:
        return f"{self.kto.steps} steps"

    def figures(self) -> str:
        right = f", {self.curves['accuracy'][-1]:.2f} right" if self.curves else ""
        return f"{self.kto.steps} of {self.recipe.steps} steps{right}"

    def step(self) -> None:
        often = is_tiny()  # a large model is measured once, at the end
        if often and not self.curves:
            self.measure()
        self.kto.iterate()
        every = MEASURE_EVERY if self.kto.steps > 20 else 2
        if self.finished or (often and self.kto.steps % every == 0):
            self.measure()

    def measure(self) -> None:
        for name, value in self.kto.measure().items():
            self.curves.setdefault(name, []).append(value)

    def state(self) -> dict[str, Any]:
        """The policy, the optimiser, and which batches come next."""
        return {"kto": self.kto.state_dict(), "curves": self.curves}

    def restore(self, state: dict[str, Any]) -> None:
        self.kto.load_state_dict(state["kto"])
        self.curves = state["curves"]

    def save(self) -> None:
        if is_tiny():  # the checkpoint of a large model takes gigabytes, and its steps are few
            super().save()

    def curve(self) -> dict[str, Any]:
        whole = self.recipe.steps == RECIPES[self.run].steps
        return {"run": self.run, "seed": self.seed, "whole": whole, "curves": self.curves}

    def results(self) -> Sequence[str]:
        """The weights are handed over where the run is the milestone's, and the model the one that is graded."""
        if not self.curves:  # a large model, interrupted
            self.measure()
        last = {name: values[-1] for name, values in self.curves.items()}
        if is_tiny():
            found = judged(self.kto.policy, self.kto.tokenizer)
            last |= {"accuracy": found.accuracy, "format": found.format}
        if not is_tiny():
            self.remarks.append("demonstration, not saved")
        elif self.run == "kto":
            weights = {"kto.safetensors": save(self.kto.policy.state_dict())}
            facts = {"seed": self.seed, "target": TARGET, "steps": self.kto.steps}
            best = self.hand_over("kto", last["accuracy"], weights, facts, ["torch", "transformers"])
            reached = "target reached" if best >= TARGET else "half reached" if best >= HALF else "not reached yet"
            self.remarks.append(reached)
        else:
            self.remarks.append("for comparison")
        shares = f"{last['accuracy']:.3f}", f"{last['format']:.3f}"
        ratios = f"{last['desirable']:.1f}", f"{last['undesirable']:.1f}"
        return str(self.seed), *shares, *ratios, f"{self.cpu_seconds:.1f}"
