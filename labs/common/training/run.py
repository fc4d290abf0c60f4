"""One training run, and the files that it leaves in runs/: its checkpoint, its curves, and what is handed in."""

import abc
import contextlib
import functools
import json
import math
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from labs.common.manifest import code_digest
from labs.common.parallel import processes
from labs.common.translated import _


class TrainingRun(abc.ABC):
    """A training run, from its first step or from its checkpoint on.

    Of several processes all train, and only the main one saves and gives `results` (labs/common/parallel.py).

    It leaves runs/checkpoints/<name>.pt, from which it goes on, runs/curves/<name>.json, which plot.py draws, and what
    is handed in. Only `save` writes the first two: what an earlier run of the same name left stays until this one has
    something to save.
    """

    suffix = ".pt"  # of the checkpoint: what torch saves, or .json, which needs no torch
    digits = 1  # of an evaluation in a remark
    repeats = False  # a finished run is done once more when it is asked for again
    keeps_checkpoint = True  # of a large model it would take gigabytes
    mixes_code = True  # begun with other code it goes on with the new one; else it starts anew
    left_out = ""  # why plot.py does not draw it: "a short try", "a demonstration"
    model = "tiny"  # what it trains, as MODEL names it

    # What stages.py sets where the run is a stage of a pipeline.
    stage = ""  # its name in the table
    made_from: Mapping[str, str] = {}  # the digests of the artefacts that it needs, by the stages that made them
    artefact: Path | None = None  # the file that later stages need; written once the run is finished

    def __init__(self, folder: Path, name: str, title: str, drawn_as: str, seed: int) -> None:
        self.folder = folder  # the lab's
        self.name = name  # of its files
        self.title = title  # in the terminal
        self.drawn_as = drawn_as  # in plots: runs that share this name are seeds of one curve
        self.seed = seed
        self.curves: dict[str, list[list[float]]] = {}  # by name: where it was measured, and what was measured there
        self.codes = [code_digest(folder)]  # what it was trained with, one after the other
        self.cpu_seconds = 0.0
        self.trained_before = False  # its checkpoint was finished: nothing was done
        self.handed_over = False  # the milestone's files in runs/ come from this run, and from this time
        self.remarks: list[str] = []  # for the last column of the table

    @abc.abstractmethod
    def step(self) -> None:
        """Train for some seconds at most: only between steps is Ctrl-C heard and a checkpoint saved."""

    @property
    @abc.abstractmethod
    def progress(self) -> tuple[float, float]:
        """How far it is, and of what; for the bar."""

    @property
    def length(self) -> tuple[float, float]:
        """How much is done, and how much a run usually comes to, in what takes equal time: from it the rest is told."""
        return self.progress

    @property
    @abc.abstractmethod
    def finished(self) -> bool:
        """Nothing is left to do. It may be so before the progress is complete."""

    @abc.abstractmethod
    def reached(self) -> str:
        """How far it is, in words, as in "goes on after 20 steps"."""

    @abc.abstractmethod
    def figures(self) -> str:
        """What stands beside the bar."""

    @abc.abstractmethod
    def state(self) -> dict[str, Any]:
        """What `restore` needs to go on, but for the curves: tensors and plain data, or plain data alone for .json."""

    @abc.abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there. Any exception means that the checkpoint cannot be used."""

    @abc.abstractmethod
    def results(self) -> Sequence[str]:
        """Evaluate, hand over, and return the columns of the table between the first one and the remarks.

        A run that has nothing to show there returns none, and has no row.
        """

    def watched(self) -> contextlib.AbstractContextManager[None]:
        """What it is trained within. CannotUse where it cannot be trained here."""
        return contextlib.nullcontext()

    def begin(self) -> str:
        """What comes before the first step, and not before going on from a checkpoint; a sentence about it, if any."""
        return ""

    def artefact_bytes(self) -> bytes:
        """The content of `artefact`."""
        raise NotImplementedError

    @property
    def mixed(self) -> bool:
        """Whether it was continued with other code than it began with. That is said wherever it counts."""
        return len(self.codes) > 1

    def train(self, between: Callable[[], bool]) -> None:
        """Train on to the end, or until `between`, which is called after each step, says to stop. A library that has a
        loop of its own is given it here."""
        while not self.finished:
            self.advance()
            if between():
                return

    def advance(self) -> None:
        """One step, with its time counted."""
        started = time.process_time()
        self.step()
        self.cpu_seconds += time.process_time() - started

    def measured(self, at: float, values: Mapping[str, float]) -> None:
        """Add a point to each of these curves. `at` is where they were measured: steps, or whatever the x axis has."""
        for name, value in values.items():
            where, what = self.curves.setdefault(name, [[], []])
            where.append(at)
            what.append(value)

    def last(self, name: str) -> float | None:
        """The newest value of a curve; None before it was measured."""
        return self.curves[name][1][-1] if name in self.curves else None

    # --- its files ----------------------------------------------------------------------------------------------------

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def checkpoint(self) -> Path:
        return self.runs / "checkpoints" / f"{self.name}{self.suffix}"

    def save(self) -> None:
        """Checkpoint and curves, after any step; at the end of a stage what later ones need."""
        if self.keeps_checkpoint:
            self.save_checkpoint()
        curves = {name: [where, [none_for_nan(value) for value in what]] for name, (where, what) in self.curves.items()}
        drawn = {"run": self.drawn_as, "seed": self.seed, "left_out": self.left_out, "finished": self.finished}
        drawn |= {"mixed": self.mixed, "model": self.model}
        write_json(self.runs / "curves" / f"{self.name}.json", drawn | {"curves": curves})
        if self.artefact and self.finished:
            write_bytes(self.artefact, self.artefact_bytes())

    def save_checkpoint(self) -> None:
        if self.suffix == ".json":
            write_json(self.checkpoint, self.whole_state())
        else:
            import torch

            write_atomically(self.checkpoint, lambda file: torch.save(self.whole_state(), file))

    def whole_state(self) -> dict[str, Any]:
        """`state`, and what every run needs to go on."""
        return self.state() | {
            "curves": self.curves,
            "codes": self.codes,
            "cpu_seconds": self.cpu_seconds,
            "made_from": dict(self.made_from),
        }

    def saved_state(self) -> dict[str, Any]:
        """What the checkpoint holds; any exception where it cannot be read."""
        if self.suffix == ".json":
            return dict(json.loads(self.checkpoint.read_text(encoding="utf-8")))
        import torch

        place = None if processes() == 1 else "cpu"  # else all processes would read it onto the GPU of the first
        return dict(torch.load(self.checkpoint, map_location=place, weights_only=True))

    def load(self) -> bool:
        """Go on from the checkpoint; False where it was made from other artefacts. Any exception means that the
        checkpoint cannot be used."""
        state = self.saved_state()
        if state["made_from"] != self.made_from:
            return False
        self.restore(state)
        self.curves, self.cpu_seconds = state["curves"], state["cpu_seconds"]
        self.codes = state.get("codes") or [state["code"]]
        return True

    def hand_over(
        self,
        name: str,
        evaluation: float,
        files: Mapping[str, bytes],
        facts: Mapping[str, Any],
        packages: Sequence[str],
    ) -> float:
        """Save what the milestone judges in runs/, and facts about it as runs/<name>.json, unless better is there.

        The higher the `evaluation` the better; that of the files that are there now is returned. `packages` are those
        whose versions matter.
        """
        record = self.runs / f"{name}.json"
        before = saved_evaluation(record) if all((self.runs / file).exists() for file in files) else None
        if before is not None and before > evaluation:
            self.remarks.append(_("kept: {before:.{digits}f}").format(before=before, digits=self.digits))
            return before
        for file, content in files.items():
            write_bytes(self.runs / file, content)
        versions = {"python": platform.python_version()} | {package: metadata.version(package) for package in packages}
        found = {"evaluation_mean": evaluation, "finished": self.finished, "cpu_seconds": round(self.cpu_seconds, 2)}
        write_json(record, {"seed": self.seed, **facts, **found, "mixed": self.mixed, "versions": versions})
        self.handed_over = not self.trained_before
        return evaluation


class SteppedRun(TrainingRun):
    """A run of so many steps."""

    steps: int  # done
    all_steps: int

    @property
    def finished(self) -> bool:
        return self.steps >= self.all_steps

    @property
    def progress(self) -> tuple[float, float]:
        return self.steps, self.all_steps

    def reached(self) -> str:
        return _("{steps} steps").format(steps=self.steps)


def saved_evaluation(record: Path) -> float | None:
    """The evaluation of what was handed over before; None where the record is missing or unreadable."""
    try:
        return float(json.loads(record.read_text(encoding="utf-8"))["evaluation_mean"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def none_for_nan(value: float) -> float | None:
    """JSON knows no NaN."""
    return None if math.isnan(value) else value


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Writes plain data; numbers of numpy or torch may be among it."""
    write_bytes(path, (json.dumps(data, default=lambda number: number.item()) + "\n").encode())


def write_bytes(path: Path, content: bytes) -> None:
    write_atomically(path, functools.partial(Path.write_bytes, data=content))


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all: a run that is killed leaves the previous file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    write(unfinished)
    os.replace(unfinished, path)
