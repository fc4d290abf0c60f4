"""One run of KTO with one seed: its progress, checkpoint, curves, and the weights handed over. Given code."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from evaluate import HERE, MILESTONES
from labs.common.held_out import held_out
from labs.common.manifest import verdict
from labs.common.memory import Work
from labs.common.networks import weights_of
from labs.common.parallel import part
from labs.common.recipes import fitted, is_tiny
from labs.common.training.model_run import ModelRun
from labs.common.translated import N_, _
from trainer import KTO, RECIPES, SAMPLES

MEASURE_EVERY = 10  # steps; of the first twenty every second one, since much happens there


class KTORun(ModelRun):
    """A KTO, and everything that is told about it. A step is a gradient step."""

    def __init__(self, run: str, seed: int, steps: int | None = None) -> None:
        recipe = fitted("lab6", RECIPES[run])
        self.recipe = dataclasses.replace(recipe, steps=steps or recipe.steps)
        super().__init__(HERE, run, run, seed, self.recipe.steps, recipe.steps)
        self.run = run
        self.rows = part(self.recipe.batch, N_("examples"))  # that a process computes
        self.kto = KTO(self.recipe, seed)

    @property
    def policy(self) -> Any:
        return self.kto.policy

    def work(self) -> Work:
        prompt, completion = (max(map(len, ids)) for ids in zip(*self.kto.examples, strict=True))
        drawn = SAMPLES * len(self.kto.held_out_rows)
        return Work(self.rows, prompt, completion, drawn, all_logits=True)

    @property
    def steps(self) -> int:
        return self.kto.steps

    def figures(self) -> str:
        right = _(", {accuracy:.2f} right").format(accuracy=self.last("accuracy")) if self.curves else ""
        return _("{steps} of {all_steps} steps{right}").format(
            steps=self.kto.steps, all_steps=self.recipe.steps, right=right
        )

    def step(self) -> None:
        often = self.purpose != "demonstration"  # which is measured once, at the end
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

    def results(self) -> Sequence[str]:
        """The weights are handed over where the run is the milestone's, and the model the one that is graded."""
        if not self.curves:  # a demonstration, interrupted
            self.measured(self.kto.steps, self.kto.measure())
        last = {name: values[-1] for name, (_where, values) in self.curves.items()}
        if is_tiny():
            found = held_out(self.kto.policy, self.kto.tokenizer)
            last |= {name: estimate.mean for name, estimate in found.items()}
        if is_tiny() and self.run == "kto":
            weights = {"kto.safetensors": weights_of(self.kto.policy)}
            facts = {"target": MILESTONES["kto"].target, "steps": self.kto.steps}
            best = self.hand_over("kto", last["accuracy"], weights, facts, ["torch", "transformers"])
            self.remarks.append(verdict(MILESTONES, {"kto": best}))
        else:
            self.remarks.append(self.for_what(_("for comparison")))
        shares = f"{last['accuracy']:.3f}", f"{last['format']:.3f}"
        ratios = f"{last['desirable']:.1f}", f"{last['undesirable']:.1f}"
        return str(self.seed), *shares, *ratios, f"{self.cpu_seconds:.1f}"
