"""A lab's train.py: it imports the student's files, trains the runs, and ends with a table, or with words and advice.

A lab's training_run.py has a subclass of TrainingRun: what a step is, what there is to save, what is handed in. Its
train.py reads the arguments, makes a Script, loads training_run with it, and has it train the runs. A script ends with
0 when all is done, or waits for a function that is still to do; with 1 after an error; with 130 after Ctrl-C.
"""

import functools
import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table

from labs.common import launch, parallel
from labs.common.errors import CannotUse
from labs.common.manifest import student_files
from labs.common.recipes import is_tiny
from labs.common.stages import Turn
from labs.common.training.loop import CtrlC, begun, train
from labs.common.training.run import TrainingRun
from labs.common.training.words import duration, reached
from labs.common.translated import _

SHOWN_FRAMES = 3


@dataclass
class Trained:
    """What came of the runs: their table, and how the script ends."""

    table: Table
    runs: list[TrainingRun] = field(default_factory=list)  # those that came to an end, or to Ctrl-C
    failed: bool = False
    interrupted: bool = False
    waiting: bool = False  # for a function that is still to do
    fresh: bool = False  # no checkpoint was read


@dataclass(frozen=True)
class Call:
    """A function of the student's that ran to its end."""

    function: str
    returned: Any
    returns_nothing: bool  # as its signature has it


class Script:
    """A training script of a lab's: where it lies, what it says, and which of the student's functions ran last.

    With `in_parallel` several processes can train its runs: GPUS=8 starts them, here, and waits for them.
    """

    def __init__(self, file: str, in_parallel: bool = False) -> None:
        if os.environ.get("MODEL", "tiny") in ("", "tiny"):
            os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch reads it when it is imported; small is faster on one
        self.folder, self.name = Path(file).absolute().parent, Path(file).stem
        self.begin_in_parallel(in_parallel)
        self.console = Console()
        self.began = time.monotonic()
        self.files = student_files(self.folder)
        self.calls: dict[str, Call] = {}  # of each function the last one, the newest at the end

    def begin_in_parallel(self, allowed: bool) -> None:
        """Starts the processes that GPUS asks for, or makes this one of those that torchrun has started."""
        try:
            count = launch.gpus_asked()
            if not allowed and max(count, parallel.processes()) > 1:
                raise CannotUse(
                    _(
                        "{folder}/{name} runs in one process: leave GPUS out. It is for labs that train real models, "
                        "as lab 7 does."
                    ).format(folder=self.folder.name, name=Path(sys.argv[0]).name)
                )
        except CannotUse as sentence:
            if parallel.is_main():
                print(sentence, file=sys.stderr)
            sys.exit(2)
        if count > 1:
            sys.exit(launch.launch(count, [str(Path(sys.argv[0]).absolute()), *sys.argv[1:]]))
        parallel.begin()

    def load(self, name: str) -> ModuleType | None:
        """A module of the lab's, with all that it imports; None, after words, where that cannot be done."""
        try:
            module = importlib.import_module(name)
        except (Exception, SystemExit) as error:  # a student's file may leave, too
            self.report(error, _("The lab's files cannot be imported:"))
            return None
        self.watch()
        return module

    def train_all(
        self, groups: Mapping[str, Iterable[Callable[[], TrainingRun]]], headings: Sequence[str], fresh: bool = False
    ) -> Trained:
        """Train the runs of each group, each made when its turn comes. After one that fails its group ends; where the
        runs are stages of a pipeline, only those are left out that need it.

        `headings` are the table's: of the group's name, and of `TrainingRun.results`. With `fresh` no checkpoint is
        read.
        """
        trained = Trained(Table(*headings, "", box=None), fresh=fresh)
        count = sum(len(makers) for makers in groups.values() if isinstance(makers, Sized))
        if count > 1 and parallel.is_main():
            self.console.print(
                _("{count} runs, one after the other. Each says how long it takes.").format(count=count),
                highlight=False,
            )
        with CtrlC(self.console) as ctrl_c:
            for group, makers in groups.items():
                failed: set[str] = set()  # stages
                for make in makers:
                    stage = make.stage if isinstance(make, Turn) else None
                    if stage and failed.intersection(stage.needs):
                        failed.add(stage.name)
                        continue
                    if ctrl_c.asked():
                        break
                    try:
                        self.train_one(make, group, trained, ctrl_c, fresh)
                    except KeyboardInterrupt:
                        if parallel.processes() > 1:
                            raise
                        ctrl_c.requested = True
                    except Exception as error:
                        self.give_up(
                            trained,
                            _("{stage}, {group}").format(stage=stage.name, group=group) if stage else group,
                            error,
                        )
                        if parallel.processes() > 1:  # the others may wait for this one, and cannot go on without it
                            return trained
                        if not stage:
                            break
                        failed.add(stage.name)
            trained.interrupted = ctrl_c.requested
        if not trained.runs:  # a table of dashes: what stopped them was said above
            trained.table = Table(*headings, "", box=None)
        return trained

    def train_one(
        self, make: Callable[[], TrainingRun], group: str, trained: Trained, ctrl_c: CtrlC, fresh: bool
    ) -> None:
        run = begun(make, self.console, fresh)
        train(run, self.console, ctrl_c)
        if not parallel.is_main():
            return
        if columns := run.results():
            trained.table.add_row(run.stage or group, *columns, _("; ").join(run.remarks))
        trained.runs.append(run)
        if run.stage:  # of several, so that each says at once how far it came and what it cost
            cost = _("{run}: {reached} in {seconds:.1f} CPU s").format(
                run=run.title, reached=run.reached(), seconds=run.cpu_seconds
            )
            self.console.print(cost, markup=False, highlight=False)

    def give_up(self, trained: Trained, what: str, error: Exception) -> None:
        """Say what stopped a group, or a stage, and give it a row in the table."""
        waits = self.waits(error, what)
        if waits:
            trained.waiting = True
        else:
            trained.failed = True
            self.report(error, _("{what} stopped.").format(what=what))
        columns = len(trained.table.columns)
        trained.table.add_row(what, *["-"] * (columns - 2), _("waits, see above") if waits else _("error, see above"))

    def show(self, table: Table, explanation: str) -> None:
        """A table under what its columns mean; nothing where it has no rows."""
        if table.row_count:
            self.console.print(f"\n{explanation}", markup=False, highlight=False)
            self.console.print(table)

    def draw(self, trained: Trained) -> None:
        """The lab's pictures, where a real model was trained: the tiny one's are drawn by make lab7-plot."""
        if parallel.is_main() and any(run.model != "tiny" and not run.left_out for run in trained.runs):
            importlib.import_module("plot").main()

    def exit_code(self, trained: Trained) -> int:
        said = self.last_line(trained)
        if trained.interrupted:
            same = _("the same command, without --fresh,") if trained.fresh else _("the same command")
            self.console.print(
                _("Interrupted. What was trained is in runs/; {same} goes on from there.").format(same=same)
            )
        if parallel.is_main():
            self.console.print(said, markup=False, highlight=False)
        return 130 if trained.interrupted else 1 if trained.failed else 0

    def last_line(self, trained: Trained) -> str:
        """What a notification shows: which training, how it ended, how long it took, and what is reached."""
        what = f"{self.folder.name.partition('_')[0]}-{self.name}"
        if trained.waiting and not trained.table.row_count:
            ended = _("waits for what is still to do")
        else:
            ended = _("interrupted") if trained.interrupted else _("failed, see above") if trained.failed else _("done")
        result = reached(self.folder) if is_tiny() else ""
        line = _("{what}: {ended} after {duration}").format(
            what=what, ended=ended, duration=duration(time.monotonic() - self.began)
        )
        return _("; ").join(filter(None, [line, result]))

    def waits(self, error: Exception, what: str) -> bool:
        """Whether nothing is wrong but that a function is still to do; says so."""
        last = traceback.extract_tb(error.__traceback__)[-1]
        if not isinstance(error, NotImplementedError) or Path(last.filename).parent != self.folder:
            return False
        self.console.print(
            _("[yellow]{function} is still to do[/]: {what} waits for it.").format(function=last.name, what=what),
            soft_wrap=True,
        )
        return True

    def report(self, error: BaseException, headline: str) -> None:
        """The end of the traceback as far as it lies in the lab's folder, and which function is to be looked at, under
        a headline, if any. Of several processes the first that fails says it."""
        if not parallel.fails_first():
            return
        console = self.console if parallel.is_main() else Console(file=sys.__stderr__)
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == self.folder]
        if isinstance(error, CannotUse):
            lines = [str(error)]
        elif isinstance(error, SyntaxError) or not frames:
            lines = traceback.format_exception_only(error)  # names the file and the line by itself
        else:
            # What given code raises is a sentence, and its own lines would not help the reader.
            shown = [] if (frames[-1].line or "").startswith("raise ") else frames[-SHOWN_FRAMES:]
            lines = traceback.format_list(shown) + traceback.format_exception_only(error) + [self.advice(frames)]
        if headline:
            console.print(f"[red]{headline}[/]")
        console.print("".join(lines), markup=False, highlight=False, soft_wrap=True)

    def advice(self, frames: Sequence[traceback.FrameSummary]) -> str:
        """Which check says more about an error that came out of these lines."""
        make = f"make {self.folder.name.partition('_')[0]}"
        if Path(frames[-1].filename).name in self.files.values():
            failing = [frame.name for frame in frames if frame.name in self.files]
            return (
                _("{make} TASK={function} says more.").format(make=make, function=failing[-1])
                if failing
                else _("{make} says more.").format(make=make)
            )
        if not self.calls:
            return _("That is given code, and none of your functions has run yet. {make} says more.").format(make=make)
        newest = list(reversed(self.calls.values()))
        call = next((call for call in newest if call.returned is None and not call.returns_nothing), newest[0])
        name, returned = call.function, in_words(call.returned)
        which = _("The last that ran is") if call is newest[0] else _("Look at")
        return _(
            "That is given code: it works with what your functions return. {which} {name} ({file}): it "
            "returned {returned}.\n"
            "{make} TASK={name} says whether that is right, {make} whether the others are."
        ).format(which=which, name=name, file=self.files[name], returned=returned, make=make)

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
    an = kind[0] in "aeiou" or kind == "ndarray"
    kind = _("an {kind}").format(kind=kind) if an else _("a {kind}").format(kind=kind)
    if hasattr(value, "shape"):
        return _("{kind} of the shape {shape}").format(kind=kind, shape=tuple(value.shape))
    sized = isinstance(value, tuple | list | dict)
    return _("{kind} of {count}").format(kind=kind, count=len(value)) if sized else kind


def end_with(main: Callable[[], int]) -> None:
    """Run a script's main and end with its code; without a traceback where Ctrl-C stops it."""
    try:
        code = main()
        parallel.end(code, together=code in (0, 130))
        sys.exit(code)
    except KeyboardInterrupt:
        parallel.end(130, together=False)
        sys.exit(130)
