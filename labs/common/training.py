"""What the labs' training scripts share: runs that stop at Ctrl-C and go on, are saved whole, and fail in words.

A lab's training_run.py has a subclass of Run: what a step is, what there is to save, what is handed over. Its train.py
reads the arguments, makes a Script, loads training_run with it, and has it train the runs. A script ends with 0 when
all is done, or waits for a function that is still to do; with 1 after an error; with 130 after Ctrl-C.
"""

import abc
import argparse
import functools
import hashlib
import importlib
import json
import math
import os
import platform
import signal
import sys
import time
import tomllib
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

SAVE_SECONDS = 2.0
SHOWN_FRAMES = 3


class Unusable(Exception):
    """A file, or a wish, that cannot be used; the text is for the reader, who needs no traceback."""


# --- a run, and the files it leaves -----------------------------------------------------------------------------------


class Run(abc.ABC):
    """One training run, from its first step or from its checkpoint on.

    It leaves runs/checkpoints/<name>.pt, from which it goes on, runs/curves/<name>.json, which plot.py draws, and what
    is handed over. They are written by `save` alone: until a run that starts again has come so far, what an earlier
    one of its name left stays.
    """

    suffix = ".pt"  # of the checkpoint: what torch saves, or .json, which needs no torch
    digits = 1  # of an evaluation in a remark
    repeats = False  # a finished run is done once more when it is asked for again

    def __init__(self, folder: Path, name: str, title: str) -> None:
        self.folder = folder  # the lab's
        self.name = name  # of its files
        self.title = title  # in the terminal
        self.code = code_digest(folder)
        self.cpu_seconds = 0.0
        self.trained_before = False  # its checkpoint was finished: nothing was done
        self.handed_over = False  # what lies in runs/ for the milestone is this run's, from this time
        self.remarks: list[str] = []  # for the last column of the table

    @abc.abstractmethod
    def step(self) -> None:
        """Train a little: at most some seconds, since Ctrl-C is heard and a checkpoint saved only in between."""

    @property
    @abc.abstractmethod
    def progress(self) -> tuple[float, float]:
        """How far it is, and of what; for the bar."""

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
        """All that `restore` needs to go on: tensors and plain data, or plain data alone for .json."""

    @abc.abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there; any exception says that it cannot be done."""

    @abc.abstractmethod
    def curve(self) -> dict[str, Any]:
        """What plot.py needs, as JSON has it."""

    @abc.abstractmethod
    def results(self) -> Sequence[str]:
        """Evaluate, hand over, and say what stands in the table between the group's name and the remarks."""

    def begin(self) -> str:
        """What comes before the first step, and not before going on from a checkpoint; a sentence about it, if any."""
        return ""

    def advance(self) -> None:
        """One step, with its time counted."""
        started = time.process_time()
        self.step()
        self.cpu_seconds += time.process_time() - started

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def checkpoint(self) -> Path:
        return self.runs / "checkpoints" / f"{self.name}{self.suffix}"

    def save(self) -> None:
        """Checkpoint and curve, after any step."""
        state = self.state() | {"code": self.code, "cpu_seconds": self.cpu_seconds}
        if self.suffix == ".json":
            write_json(self.checkpoint, state)
        else:
            import torch

            write_atomically(self.checkpoint, lambda file: torch.save(state, file))
        write_json(self.runs / "curves" / f"{self.name}.json", self.curve() | {"finished": self.finished})

    def load(self) -> None:
        """Go on from the checkpoint; any exception says that it cannot be done."""
        if self.suffix == ".json":
            state = json.loads(self.checkpoint.read_text(encoding="utf-8"))
        else:
            import torch

            state = torch.load(self.checkpoint, weights_only=True)
        self.restore(state)
        self.code, self.cpu_seconds = state["code"], state["cpu_seconds"]

    def hand_over(
        self,
        name: str,
        evaluation: float,
        files: Mapping[str, bytes],
        facts: Mapping[str, Any],
        packages: Sequence[str],
    ) -> float:
        """Save what the milestone judges in runs/, and what it is as runs/<name>.json, unless better is there.

        `evaluation` is the higher the better; returned is that of what is there now. `packages` are those whose
        versions matter.
        """
        record = self.runs / f"{name}.json"
        before = saved_evaluation(record) if all((self.runs / file).exists() for file in files) else None
        if before is not None and before > evaluation:
            self.remarks.append(f"kept: {before:.{self.digits}f}")
            return before
        for file, content in files.items():
            write_atomically(self.runs / file, functools.partial(Path.write_bytes, data=content))
        versions = {"python": platform.python_version()} | {package: metadata.version(package) for package in packages}
        found = {"evaluation_mean": evaluation, "finished": self.finished, "cpu_seconds": round(self.cpu_seconds, 2)}
        write_json(record, {**facts, **found, "versions": versions})
        self.handed_over = not self.trained_before
        return evaluation


def saved_evaluation(record: Path) -> float | None:
    """The evaluation of what was handed over before; None where the record is missing or unreadable."""
    try:
        return float(json.loads(record.read_text(encoding="utf-8"))["evaluation_mean"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def without_nan(values: Iterable[float]) -> list[float | None]:
    """JSON knows no NaN."""
    return [None if math.isnan(value) else value for value in values]


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Plain data, and numbers of numpy or torch among it."""
    text = json.dumps(data, default=lambda number: number.item()) + "\n"
    write_atomically(path, lambda file: file.write_text(text, encoding="utf-8"))


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all: a run that is killed leaves the previous file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    write(unfinished)
    os.replace(unfinished, path)


# --- training ---------------------------------------------------------------------------------------------------------


class CtrlC:
    """The first Ctrl-C is a request, granted after the running step; the second one stops at once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.requested = False

    def __enter__(self) -> "CtrlC":
        self.before = signal.signal(signal.SIGINT, self.handle)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self.before)

    def handle(self, signum: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self.console.print("Stopping after this step; Ctrl-C again stops at once.")


@dataclass
class Trained:
    """What came of the runs: their table, and how the script ends."""

    table: Table
    runs: list[Run] = field(default_factory=list)  # those that came to an end, or to Ctrl-C
    failed: bool = False
    interrupted: bool = False


@dataclass(frozen=True)
class Call:
    """A function of the student's that ran to its end."""

    function: str
    returned: Any


class Script:
    """A training script of a lab's: where it lies, what it says, and which of the student's functions ran last."""

    def __init__(self, file: str) -> None:
        if os.environ.get("MODEL", "tiny") in ("", "tiny"):
            os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch reads it when it is imported; small is faster on one
        self.folder = Path(file).absolute().parent
        self.console = Console()
        self.files = student_files(self.folder)
        self.last: Call | None = None

    def load(self, name: str) -> ModuleType | None:
        """A module of the lab's, with all that it imports; None, after words, where that cannot be done."""
        try:
            module = importlib.import_module(name)
        except Exception as error:
            self.report(error, "The lab's files cannot be imported:")
            return None
        self.watch()
        return module

    def train_all(
        self, groups: Mapping[str, Iterable[Callable[[], Run]]], headings: Sequence[str], fresh: bool = False
    ) -> Trained:
        """Train the runs of each group, each made when its turn comes; one that fails costs its group the later ones.

        `headings` are the table's: of the group's name, and of `Run.results`. With `fresh` no checkpoint is read.
        """
        trained = Trained(Table(*headings, "", box=None))
        with CtrlC(self.console) as ctrl_c:
            for group, makers in groups.items():
                try:
                    for make in makers:
                        if ctrl_c.requested:
                            break
                        run = begun(make, self.console, fresh)
                        train(run, self.console, ctrl_c)
                        trained.table.add_row(group, *run.results(), "; ".join(run.remarks))
                        trained.runs.append(run)
                except KeyboardInterrupt:
                    ctrl_c.requested = True
                except Exception as error:
                    self.give_up(trained, group, error)
            trained.interrupted = ctrl_c.requested
        return trained

    def give_up(self, trained: Trained, group: str, error: Exception) -> None:
        """Say what stopped a group, and give it a row in the table."""
        waits = self.waits(error, group)
        if not waits:
            trained.failed = True
            self.report(error, f"{group} stopped.")
        columns = len(trained.table.columns)
        trained.table.add_row(group, *["-"] * (columns - 2), f"{'waits' if waits else 'error'}, see above")

    def show(self, table: Table, explanation: str) -> None:
        """A table under what its columns mean; nothing where it has no rows."""
        if table.row_count:
            self.console.print(f"\n{explanation}", markup=False, highlight=False)
            self.console.print(table)

    def exit_code(self, trained: Trained) -> int:
        if trained.interrupted:
            self.console.print("Interrupted. What was trained is in runs/; the same command goes on from there.")
            return 130
        return 1 if trained.failed else 0

    def waits(self, error: Exception, what: str) -> bool:
        """Whether nothing is wrong but that a function is still to do; says so."""
        last = traceback.extract_tb(error.__traceback__)[-1]
        if not isinstance(error, NotImplementedError) or Path(last.filename).parent != self.folder:
            return False
        self.console.print(f"[yellow]{last.name} is still to do[/]: {what} waits for it.", soft_wrap=True)
        return True

    def report(self, error: Exception, headline: str) -> None:
        """The end of the traceback as far as it lies in the lab's folder, and which function is to be looked at."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == self.folder]
        if isinstance(error, Unusable):
            lines = [str(error)]
        elif isinstance(error, SyntaxError) or not frames:
            lines = traceback.format_exception_only(error)  # names the file and the line by itself
        else:
            # What given code raises is a sentence, and its own lines would not help the reader.
            shown = [] if (frames[-1].line or "").startswith("raise ") else frames[-SHOWN_FRAMES:]
            lines = traceback.format_list(shown) + traceback.format_exception_only(error) + [self.advice(frames)]
        self.console.print(f"[red]{headline}[/]")
        self.console.print("".join(lines), markup=False, highlight=False, soft_wrap=True)

    def advice(self, frames: Sequence[traceback.FrameSummary]) -> str:
        """Which check says more about an error that came out of these lines."""
        make = f"make {self.folder.name.partition('_')[0]}"
        if Path(frames[-1].filename).name in self.files.values():
            failing = [frame.name for frame in frames if frame.name in self.files]
            return f"{make} TASK={failing[-1]} says more." if failing else f"{make} says more."
        if self.last is None:
            return f"That is given code, and none of your functions has run yet. {make} says more."
        name, returned = self.last.function, in_words(self.last.returned)
        return (
            f"That is given code: it works with what your functions return. The last that ran is {name} "
            f"({self.files[name]}), and it returned {returned}.\n{make} TASK={name} says whether that is right, {make} "
            f"whether the others are."
        )

    def watch(self) -> None:
        """Wherever a module of the lab's knows a function that is asked for, it gets one that notes what it returns."""
        for module in list(sys.modules.values()):
            if Path(str(getattr(module, "__file__", None))).parent != self.folder:
                continue
            for name, value in list(vars(module).items()):
                if isinstance(value, FunctionType) and self.is_students(value):
                    setattr(module, name, self.watched(value))

    def is_students(self, function: FunctionType) -> bool:
        file = self.files.get(function.__name__)
        return file is not None and Path(function.__code__.co_filename) == self.folder / file

    def watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def noting(*args: Any, **kwargs: Any) -> Any:
            returned = function(*args, **kwargs)
            self.last = Call(function.__name__, returned)
            return returned

        return noting


def begun(make: Callable[[], Run], console: Console, fresh: bool) -> Run:
    """The run as its checkpoint left it, if there is one that can be read; else from its start. Says which."""
    run = make()
    code_now = run.code
    if run.checkpoint.exists() and not fresh:
        try:
            run.load()
        except Exception:  # a damaged file may raise anything, and none of it would help the reader
            console.print(f"[yellow]{run.title}: there is no going on from the checkpoint[/], training starts anew.")
            run = make()
        else:
            if not (run.finished and run.repeats):
                done = "trained already. --fresh trains it again."
                on = f"goes on after {run.reached()}. --fresh starts it again."
                console.print(f"{run.title}: {done if run.finished else on}", highlight=False)
                if run.code != code_now:
                    console.print("[yellow]  Your code has changed since then[/]: --fresh trains with the new one.")
                return run
            run = make()
    if sentence := run.begin():
        console.print(f"{run.title}: {sentence}", markup=False, highlight=False)
    return run


def train(run: Run, console: Console, ctrl_c: CtrlC) -> None:
    """Train a run to its end, or to Ctrl-C; it is saved every two seconds, and at the end."""
    run.trained_before = run.finished
    if not run.finished:
        run.advance()  # before the bar appears: a function that is still to do ends here
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=run.trained_before) as progress:
        bar = progress.add_task(run.title, total=run.progress[1], figures="")
        progress.update(bar, completed=run.progress[0], figures=run.figures())
        saved = time.monotonic()
        while not run.finished and not ctrl_c.requested:
            run.advance()
            progress.update(bar, completed=run.progress[0], figures=run.figures())
            if time.monotonic() - saved > SAVE_SECONDS:
                run.save()
                saved = time.monotonic()
    run.save()
    if not run.finished:
        run.remarks.append("interrupted")
    if run.trained_before:
        run.remarks.append("trained earlier")


# --- what the student wrote, and the arguments ------------------------------------------------------------------------


def student_files(folder: Path) -> dict[str, str]:
    """The file of each function that the lab asks for."""
    tasks = tomllib.loads((folder / "lab.toml").read_text(encoding="utf-8"))["tasks"]
    return {name: task["file"] for task in tasks if task["file"].endswith(".py") for name in task["functions"]}


def code_digest(folder: Path) -> str:
    """Tells whether the student's files are still those a run began with."""
    digest = hashlib.sha256()
    for file in dict.fromkeys(student_files(folder).values()):
        digest.update((folder / file).read_bytes())
    return digest.hexdigest()


def in_words(value: Any) -> str:
    """What a function returned, as short as it can be said."""
    if value is None:
        return "None"
    kind = type(value).__name__
    kind = f"an {kind}" if kind[0] in "aeiou" or kind == "ndarray" else f"a {kind}"
    if hasattr(value, "shape"):
        return f"{kind} of the shape {tuple(value.shape)}"
    return f"{kind} of {len(value)}" if isinstance(value, tuple | list | dict) else kind


def argument_parser(doc: str | None, seeds: bool = True) -> argparse.ArgumentParser:
    """For a script's docstring: --fresh, and, where there are `seeds`, --seed and --seeds (seeds_of tells which)."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, usage="%(prog)s [options]"
    )
    if seeds:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--seed", type=from_0_on, default=0, help="one seed (default 0)")
        group.add_argument("--seeds", type=from_1_on, metavar="N", help="the seeds 0 to N-1, one after the other")
    parser.add_argument("--fresh", action="store_true", help="train again what was trained already")
    return parser


def seeds_of(args: argparse.Namespace) -> Sequence[int]:
    return range(args.seeds) if args.seeds else [args.seed]


def from_0_on(text: str) -> int:
    return whole_number(text, 0)


def from_1_on(text: str) -> int:
    return whole_number(text, 1)


def whole_number(text: str, least: int) -> int:
    """For argparse, which puts the option's name before the sentence."""
    if not text.removeprefix("-").isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"takes a whole number from {least} on, not {text!r}")
    return int(text)


def end_with(main: Callable[[], int]) -> None:
    """Run a script's main and end with its code; without a traceback where Ctrl-C stops it."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
