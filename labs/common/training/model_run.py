"""A run of the language model that MODEL names: its files, what it is for, and whether it fits into the memory."""

import abc
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labs.common import memory
from labs.common.recipes import is_tiny, model_name, of_model, purpose
from labs.common.training.run import SteppedRun
from labs.common.translated import N_, _, ngettext


class ModelRun(SteppedRun):
    """`kind` is the curve that its seeds share; with other `steps` than the `usual` ones it is a short try. A short
    try has files of its own, and so has each model."""

    digits = 3

    def __init__(self, folder: Path, kind: str, title: str, seed: int, steps: int, usual: int) -> None:
        short = "" if steps == usual else f"-steps{steps}"
        name = f"{kind.replace(' ', '-')}{of_model()}-seed{seed}{short}"
        of = "" if is_tiny() else f", {of_model()[1:]}"
        super().__init__(folder, name, _("{title}, seed {seed}").format(title=title + of, seed=seed), kind, seed)
        self.model = model_name()
        self.purpose = purpose()
        self.all_steps = steps
        self.left_out = N_("a demonstration") if self.purpose == "demonstration" else N_("a short try") if short else ""
        self.keeps_checkpoint = self.purpose != "demonstration"

    @property
    @abc.abstractmethod
    def policy(self) -> Any:
        """The model that learns, as it is now."""

    @abc.abstractmethod
    def work(self) -> memory.Work:
        """What a step computes, for the estimate of its memory."""

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """A step of a real model has to fit into the memory, which is estimated before, and measured on a GPU."""
        if is_tiny():
            yield
            return
        policy, work = self.policy, self.work()
        needed = memory.estimate(policy.config, policy.num_parameters(), work, policy.device.type == "cuda")
        memory.refuse_too_much(needed, memory.free_memory(policy, 1 + work.others))
        memory.begin_to_measure(policy)
        yield
        if used := memory.measured(policy):
            self.remarks.append(
                _("{used:.1f} GB, estimated {estimated:.1f}").format(
                    used=used / 1e9, estimated=sum(needed.values()) / 1e9
                )
            )

    def begin(self) -> str:
        if self.purpose != "demonstration":
            return ""
        steps = ngettext("{steps} step", "{steps} steps", self.all_steps).format(steps=self.all_steps)
        return _("MODEL={model} on a CPU: a demonstration of {steps}. On a GPU it is trained.").format(
            model=self.model, steps=steps
        )

    def for_what(self, otherwise: str) -> str:
        """A remark on what is not handed over, and why."""
        if self.purpose == "graded":
            return otherwise
        return _("a demonstration: nothing is handed over") if self.purpose == "demonstration" else _("not handed over")
