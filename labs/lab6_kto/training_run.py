"""One run of KTO with one seed: its progress, checkpoint, curves, and the weights handed over. Given code."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from evaluate import HERE, MILESTONES, judged
from labs.common.language_model import is_tiny, model_name
from labs.common.manifest import verdict
from labs.common.networks import weights_of
from labs.common.training.run import TrainingRun
from trainer import KTO, RECIPES, recipe_of

MEASURE_EVERY = 10  # steps; of the first twenty every second one, since much happens there


class KTORun(TrainingRun):
    """A KTO, and everything that is told about it. A step is a gradient step."""

    digits = 3

    def __init__(self, run: str, seed: int, steps: int | None = None) -> None:
        recipe = recipe_of(run)
        steps = steps or recipe.steps
        short = steps != RECIPES[run].steps
        name = f"{run}-seed{seed}" + (f"-steps{steps}" if short else "")
        title = f"{run}, seed {seed}"
        if not is_tiny():
            name, title = f"{name}-another_model", f"{title}, {model_name()}"
        super().__init__(HERE, name, title, run, seed)
        self.left_out = "a short try" if short else ""
        self.run = run
        self.recipe = dataclasses.replace(recipe, steps=steps)
        self.kto = KTO(self.recipe, seed)

    @property
    def finished(self) -> bool:
        return self.kto.steps >= self.recipe.steps

    @property
    def progress(self) -> tuple[float, float]:
        return self.kto.steps, self.recipe.steps

    def reached(self) -> str:
        return f"{self.kto.steps} steps"

    def figures(self) -> str:
        right = f", {self.last('accuracy'):.2f} right" if self.curves else ""
        return f"{self.kto.steps} of {self.recipe.steps} steps{right}"

    def step(self) -> None:
        often = is_tiny()  # a large model is measured once, at the end
        if often and not self.curves:
            self.measured(self.kto.steps, self.kto.measure())
        self.kto.iterate()
        every = MEASURE_EVERY if self.kto.steps > 20 else 2
        if self.finished or (often and self.kto.steps % every == 0):
            self.measured(self.kto.steps, self.kto.measure())

    def state(self) -> dict[str, Any]:
        """The policy, the optimiser, and which batches come next."""
        return {"kto": self.kto.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self.kto.load_state_dict(state["kto"])

    def save(self) -> None:
        if is_tiny():  # the checkpoint of a large model takes gigabytes, and its steps are few
            super().save()

    def results(self) -> Sequence[str]:
        """The weights are handed over where the run is the milestone's, and the model the one that is graded."""
        if not self.curves:  # a large model, interrupted
            self.measured(self.kto.steps, self.kto.measure())
        last = {name: values[-1] for name, (_, values) in self.curves.items()}
        if is_tiny():
            found = judged(self.kto.policy, self.kto.tokenizer)
            last |= {name: estimate.mean for name, estimate in found.items()}
        if not is_tiny():
            self.remarks.append("demonstration, not saved")
        elif self.run == "kto":
            weights = {"kto.safetensors": weights_of(self.kto.policy)}
            facts = {"target": MILESTONES["kto"].target, "steps": self.kto.steps}
            best = self.hand_over("kto", last["accuracy"], weights, facts, ["torch", "transformers"])
            self.remarks.append(verdict(MILESTONES, {"kto": best}))
        else:
            self.remarks.append("for comparison")
        shares = f"{last['accuracy']:.3f}", f"{last['format']:.3f}"
        ratios = f"{last['desirable']:.1f}", f"{last['undesirable']:.1f}"
        return str(self.seed), *shares, *ratios, f"{self.cpu_seconds:.1f}"
