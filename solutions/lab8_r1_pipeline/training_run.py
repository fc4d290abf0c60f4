"""One stage with one seed: its progress, checkpoint, curves, and what it hands on. Given code."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from collecting import Collecting
from evaluate import HERE, MILESTONES, held_out, of_teacher
from labs.common.language_model import load
from labs.common.manifest import verdict
from labs.common.networks import weights_of
from labs.common.stages import Stage
from labs.common.training.run import SteppedRun, write_json
from labs.common.translated import N_, _
from returned import not_empty
from reward_model import RewardModelTraining
from stages import CONTROLS, STAGES, StagePlan

COLUMNS = ("right", "format", "language", "words", "general", "harmless")  # of the table
PIPELINE = tuple(plan.name for plan in STAGES)
PACKAGES = ("torch", "transformers")


class StageRun(SteppedRun):
    """What a stage does, and everything that is told about it. With `most` it is a short try of that many steps."""

    digits = 3

    def __init__(self, plan: StagePlan, seed: int, needed: Mapping[str, Path], most: int | None = None) -> None:
        torch.set_num_threads(1)  # models this small are faster on one
        self.plan = plan
        self.learner = plan.begin(seed, needed)
        self.mixes_code = not isinstance(self.learner, Collecting)  # half of the data by old rules would spoil the rest
        self.short = most is not None
        self.all_steps = min(plan.steps or len(self.learner.portions), most or 10**9)
        name = f"{plan.name}-seed{seed}" + (f"-most{most}" if self.short else "")
        super().__init__(
            HERE,
            name,
            _("{title}, seed {seed}").format(title=_(plan.title), seed=seed),
            plan.checkpoint or plan.name,
            seed,
        )
        self.left_out = N_("a short try") if self.short else ""
        self.artefact = self.runs / "stages" / f"{name}.{'safetensors' if plan.steps else 'json'}"

    def step(self) -> None:
        self.measured(self.learner.steps + 1, self.learner.step())
        if self.finished:
            self.at_the_end()

    def at_the_end(self) -> None:
        """What the stage reached, on held-out prompts; CannotUse where it has nothing to hand on."""
        if isinstance(self.learner, Collecting):
            not_empty(self.plan.name, self.learner.kept, self.why_not())
        elif self.plan.checkpoint:
            found = held_out(self.plan.toy, self.learner.network, load(self.plan.toy, "tiny")[1])
            for name, estimate in found.items():
                self.measured(self.all_steps, {f"held out: {name}": estimate.mean, f"error: {name}": estimate.error})

    def why_not(self) -> str:
        counts = self.learner.left_out.most_common()
        return _(", ").join(f"{count} {_(why)}" for why, count in counts) or _("nothing was asked")

    @property
    def steps(self) -> int:
        return self.learner.steps

    def reached(self) -> str:
        """How far it is, and at its end what it left."""
        if isinstance(self.learner, Collecting):
            left_out = _("; ") + self.why_not() if self.learner.left_out else ""
            return _("{count} kept{left_out}").format(count=len(self.learner.kept), left_out=left_out)
        reached = super().reached()
        if self.finished and self.plan.checkpoint:
            shown = {
                "right": _("right"),
                "mixed": _("with mixed thoughts"),
                "harmless": _("of the harmful prompts refused"),
            }
            shares = [
                _("{share:.1%} {words}").format(share=self.held_out(name), words=words) for name, words in shown.items()
            ]
            return _(", ").join([reached, *shares])
        if self.finished and isinstance(self.learner, RewardModelTraining):
            return _("{reached}, agrees with people on {share:.1%}").format(
                reached=reached, share=self.learner.agreement()
            )
        return reached

    def figures(self) -> str:
        shown = {
            "loss": _("loss"),
            "reward": _("reward"),
            "right": _("right"),
            "kept": _("kept"),
            "left_out": _("left out"),
        }
        last = {words: value for name, words in shown.items() if (value := self.last(name)) is not None}
        return _(", ").join(f"{words} {value:{'.0f' if value >= 100 else '.3g'}}" for words, value in last.items())

    def state(self) -> dict[str, Any]:
        return {"learner": self.learner.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self.learner.load_state_dict(state["learner"])

    def artefact_bytes(self) -> bytes:
        if isinstance(self.learner, Collecting):
            facts = {"kept": self.learner.kept, "left_out": self.learner.left_out}
            return json.dumps(facts, ensure_ascii=False, indent=0).encode()
        return weights_of(self.learner.network)

    # --- the table ----------------------------------------------------------------------------------------------------

    def results(self) -> Sequence[str]:
        """The columns of the table, for a model; R1 and the student are handed over."""
        if not self.plan.checkpoint:
            return ()
        if self.finished and not self.short:
            self.hand_in()
        return str(self.seed), *(self.column(name) for name in COLUMNS)

    def column(self, name: str) -> str:
        """A figure with its standard error over prompts: in percent, the words as they are."""
        mean, error = self.last(f"held out: {name}"), self.last(f"error: {name}")
        if mean is None or error is None:
            return "-"
        if name == "words":
            return f"{mean:.1f}±{error:.1f}"
        return f"{100 * mean:.0f}±{100 * error:.1f}"

    def held_out(self, name: str) -> float:
        found = self.last(f"held out: {name}")
        assert found is not None, f"{self.title} has ended, so {name} was measured"
        return found

    def hand_in(self) -> None:
        """R1 and the student are what the milestones judge."""
        if self.plan.name == "rl2":
            self.give("r1", self.held_out("readable"))
        elif self.plan.name == "distill":
            teacher = self.facts("r1").get("readable", 0.0)
            if before := self.facts("student"):  # whose teacher may have been another one than is handed in now
                before["evaluation_mean"] = of_teacher(before["readable"], before["mixed"], teacher)
                write_json(self.runs / "student.json", before)
            self.give("student", of_teacher(self.held_out("readable"), self.held_out("mixed"), teacher))

    def facts(self, name: str) -> dict[str, Any]:
        """What is known of the model that is handed in; nothing where none is, or its record is damaged."""
        try:
            facts = dict(json.loads((self.runs / f"{name}.json").read_text(encoding="utf-8")))
            return facts if facts.keys() >= {"readable", "mixed"} else {}
        except (OSError, ValueError, TypeError):
            return {}

    def give(self, name: str, figure: float) -> None:
        shares = {share: self.held_out(share) for share in ("right", "readable", "mixed")}
        facts = {"evaluations": {name: figure}, **shares}
        self.hand_over(name, figure, {f"{name}.safetensors": weights_of(self.learner.network)}, facts, PACKAGES)
        self.remarks.append(verdict(MILESTONES, {name: figure}))


def stages_of(seed: int, controls: Sequence[str] = (), most: int | None = None) -> list[Stage]:
    """The pipeline, and the stages of these controls after it."""
    plans = [*STAGES, *(plan for control in controls for plan in CONTROLS[control])]
    return [
        Stage(plan.name, lambda needed, plan=plan: StageRun(plan, seed, needed, most), plan.needs)  # type: ignore[misc]
        for plan in plans
    ]


def last_of(control: str) -> str:
    """The stage at the end of a control."""
    return CONTROLS[control][-1].name
