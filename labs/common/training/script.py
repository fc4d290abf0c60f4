"""A lab's train.py: it imports the student's files, trains the runs, and ends with a table, or with words and advice.

A lab's training_run.py has a subclass of TrainingRun: what a step is, what there is to save, what is handed in. Its
train.py reads the arguments, makes a Script, loads training_run with it, and has it train the runs. A script ends with
0 when all is done, or waits for a function that is still to do; with 1 after an error; with 130 after Ctrl-C.
"""

import functools
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table

from labs.common.errors import CannotUse
from labs.common.manifest import student_files
from labs.common.training.loop import CtrlC, begun, train
from labs.common.training.run import TrainingRun

SHOWN_FRAMES = 3


@dataclass
class Trained:
    """What came of the runs: their table, and how the script ends."""

    table: Table
    runs: list[TrainingRun] = field(default_factory=list)  # those that came to an end, or to Ctrl-C
    failed: bool = False
    interrupted: bool = False


@dataclass(frozen=True)
class Call:
    """A function of the student's that ran to its end."""

    function: str
    returned: Any
    returns_nothing: bool  # as its signature has it


class Script:
    """A training script of a lab's: where it lies, what it says, and which of the student's functions ran last."""

    def __init__(self, file: str) -> None:
        if os.environ.get("MODEL", "tiny") in ("", "tiny"):
            os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch reads it when it is imported; small is faster on one
        self.folder = Path(file).absolute().parent
        self.console = Console()
        self.files = student_files(self.folder)
        self.calls: dict[str, Call] = {}  # of each function the last one, the newest at the end

    def load(self, name: str) -> ModuleType | None:
        """A module of the lab's, with all that it imports; None, after words, where that cannot be done."""
        try:
            module = importlib.import_module(name)
        except (Exception, SystemExit) as error:  # a student's file may leave, too
            self.report(error, "The lab's files cannot be imported:")
            return None
        self.watch()
        return module

    def train_all(
        self, groups: Mapping[str, Iterable[Callable[[], TrainingRun]]], headings: Sequence[str], fresh: bool = False
    ) -> Trained:
        """Train the runs of each group, each made when its turn comes; after one that fails, its group ends.

        `headings` are the table's: of the group's name, and of `TrainingRun.results`. With `fresh` no checkpoint is
        read.
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
                        trained.table.add_row(run.stage or group, *run.results(), "; ".join(run.remarks))
                        trained.runs.append(run)
                        if run.stage:  # of several, so that each says at once how far it came and what it cost
                            cost = f"{run.title}: {run.reached()} in {run.cpu_seconds:.1f} CPU s"
                            self.console.print(cost, markup=False, highlight=False)
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

    def report(self, error: BaseException, headline: str) -> None:
        """The end of the traceback as far as it lies in the lab's folder, and which function is to be looked at."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == self.folder]
        if isinstance(error, CannotUse):
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
        if not self.calls:
            return f"That is given code, and none of your functions has run yet. {make} says more."
        newest = list(reversed(self.calls.values()))
        call = next((call for call in newest if call.returned is None and not call.returns_nothing), newest[0])
        name, returned = call.function, in_words(call.returned)
        which = "The last that ran is" if call is newest[0] else "Look at"
        return (
            f"That is given code: it works with what your functions return. {which} {name} ({self.files[name]}): it "
            f"returned {returned}.\n{make} TASK={name} says whether that is right, {make} whether the others are."
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
            self.calls.pop(function.__name__, None)
            returns_nothing = function.__annotations__.get("return", "") in (None, "None")
            self.calls[function.__name__] = Call(function.__name__, returned, returns_nothing)
            return returned

        return noting


def in_words(value: Any) -> str:
    """What a function returned, as short as it can be said."""
    if value is None:
        return "None"
    kind = type(value).__name__
    kind = f"an {kind}" if kind[0] in "aeiou" or kind == "ndarray" else f"a {kind}"
    if hasattr(value, "shape"):
        return f"{kind} of the shape {tuple(value.shape)}"
    return f"{kind} of {len(value)}" if isinstance(value, tuple | list | dict) else kind


def end_with(main: Callable[[], int]) -> None:
    """Run a script's main and end with its code; without a traceback where Ctrl-C stops it."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
