"""A language model that learns to solve the problems of arithmetic from rewards, as labs 7 and 9 have it."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

from labs.common.held_out import held_out
from labs.common.manifest import milestones_of, verdict
from labs.common.toys.toy import Row
from labs.common.training.model_run import ModelRun
from labs.common.translated import _


class SolvingRun(ModelRun):
    """A run whose model is judged by its answers to the held-out problems: right ones, and those in the format."""

    problems: Sequence[Row]  # held out
    handed_in: bool  # it is the run that the milestones judge
    tokenizer: Any

    @abc.abstractmethod
    def files(self) -> tuple[str, Mapping[str, bytes], Sequence[str]]:
        """What is handed over: its name, the files, and the packages whose versions matter."""

    def look(self) -> None:
        """How good the policy is on the held-out problems now, with one sample of each, for the curves."""
        found = held_out(self.policy, self.tokenizer, self.problems, samples=1)
        self.measured(self.steps, {name: estimate.mean for name, estimate in found.items()})

    def figures(self) -> str:
        accuracy, in_format = self.last("accuracy"), self.last("format")
        held = (
            ""
            if accuracy is None
            else _(", held out: accuracy {accuracy:.2f}, format {in_format:.2f}").format(
                accuracy=accuracy, in_format=in_format
            )
        )
        return _("{steps} of {all_steps} steps{held}").format(steps=self.steps, all_steps=self.all_steps, held=held)

    def results(self) -> Sequence[str]:
        found = held_out(self.policy, self.tokenizer, self.problems)
        reached = {name: estimate.mean for name, estimate in found.items()}
        if self.handed_in:
            milestones = milestones_of(self.folder)
            targets = {name: milestone.target for name, milestone in milestones.items()}
            least = min(reached[name] / target for name, target in targets.items())  # from 1 on both are reached
            facts = {"steps": self.steps, "targets": targets, "evaluations": reached}
            name, files, packages = self.files()
            best = self.hand_over(name, least, files, facts, packages)
            if best > least:  # how much better is a ratio, which would say nothing to the reader
                self.remarks[-1] = _("a better run's weights are kept")
            self.remarks.append(verdict(milestones, reached))
        else:
            self.remarks.append(self.for_what(_("for comparison")))
        accuracy, in_format = (f"{found[name].mean:.3f} ± {found[name].error:.3f}" for name in ("accuracy", "format"))
        return str(self.seed), accuracy, in_format, str(self.steps), f"{self.cpu_seconds:.1f}"
