"""Trains a run from its checkpoint on: with a bar, saved every few seconds, and stopped by Ctrl-C after a step."""

import contextlib
import signal
import time
from collections.abc import Callable
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from labs.common import parallel
from labs.common.training.run import TrainingRun
from labs.common.training.words import duration
from labs.common.translated import _

SAVE_SECONDS = 2.0
TELL_SECONDS = 3.0  # of training, after which it is told how long the run takes: the first steps are slower
SHARE = 20  # times as long as the last save took, a run trains before the next: a real model's takes seconds


class CtrlC:
    """The first Ctrl-C is a request, granted after the running step; the second one stops at once.

    Several processes may hear of the first one from each other before it comes, or get it twice, from torchrun and from
    SLURM. The second one does not come to them: torchrun ends them.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.requested = False
        self.said = False

    def asked(self) -> bool:
        """Whether it was requested; of several processes, in any. They ask it at the same places, and end together."""
        agreed = parallel.anyone(self.requested)
        if agreed:  # else it stays: it may be requested at this very moment
            self.requested = True
        return agreed

    def __enter__(self) -> "CtrlC":
        self.before = signal.signal(signal.SIGINT, self.handle)
        return self

    def __exit__(self, *_: object) -> None:
        if parallel.processes() == 1:
            signal.signal(signal.SIGINT, self.before)

    def handle(self, signum: int, frame: FrameType | None) -> None:
        if self.requested and parallel.processes() == 1:
            raise KeyboardInterrupt
        self.requested = True
        if not self.said:
            self.console.print(_("Stopping after this step; Ctrl-C again stops at once."))
        self.said = True


def begun(make: Callable[[], TrainingRun], console: Console, fresh: bool) -> TrainingRun:
    """The run as its checkpoint left it, where there is one that can be used; else from its start. Says which."""
    run = make()
    if run.checkpoint.exists() and not fresh:
        if went_on(run, console):
            parallel.refuse_different(run.progress[0])
            return run
        run = make()
    parallel.refuse_different(run.progress[0])
    if sentence := run.begin():
        console.print(_("{run}: {what}").format(run=run.title, what=sentence), markup=False, highlight=False)
    return run


def went_on(run: TrainingRun, console: Console) -> bool:
    """Whether a run was put where its checkpoint left it; says so, or why not."""
    [code_now] = run.codes
    try:
        if not run.load():
            needed = _(" or ").join(run.made_from)
            console.print(
                _("{run}: {needed} is another one than it was made from, training starts anew.").format(
                    run=run.title, needed=needed
                )
            )
            return False
    except Exception:  # a damaged file may raise anything, and none of it would help the reader
        console.print(
            _("[yellow]{run}: there is no going on from the checkpoint[/], training starts anew.").format(run=run.title)
        )
        return False
    if run.finished and run.repeats:
        return False
    if not run.finished and not run.mixes_code and run.codes[-1] != code_now:
        console.print(
            _("{run}: your code has changed since this was begun, so it starts anew.").format(run=run.title),
            highlight=False,
        )
        return False
    done = _("trained already. --fresh trains it again.")
    on = _("goes on after {reached}. --fresh starts it again.").format(reached=run.reached())
    console.print(_("{run}: {what}").format(run=run.title, what=done if run.finished else on), highlight=False)
    if run.codes[-1] != code_now:
        now = (
            _("this is the old one's. --fresh trains with the new one")
            if run.finished
            else _("it goes on with the new one")
        )
        console.print(_("[yellow]  Your code has changed since then[/]: {now}.").format(now=now))
        if not run.finished:
            run.codes.append(code_now)
    if run.mixed:
        console.print(_("[yellow]  It was begun with other code than it went on with[/]: --fresh trains it with one."))
    return True


def train(run: TrainingRun, console: Console, ctrl_c: CtrlC) -> None:
    """Train a run to its end, or to Ctrl-C; it is saved every few seconds, and at the end."""
    run.trained_before = run.finished
    if not run.finished:
        with run.watched():
            with_bar(run, console, ctrl_c)
    if parallel.is_main():
        run.save()
    if run.mixed:
        run.remarks.append(_("partly with other code"))
    if not run.finished:
        run.remarks.append(_("interrupted"))
    if run.trained_before:
        run.remarks.append(_("trained earlier"))


def with_bar(run: TrainingRun, console: Console, ctrl_c: CtrlC) -> None:
    """Train it under a bar, which appears after the first step: a function that is still to do ends before."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeElapsedColumn(),
    )
    began, done_before = time.monotonic(), run.length[0]
    due, told = began + SAVE_SECONDS, False
    with contextlib.ExitStack() as shown:
        progress = Progress(*columns, console=console)
        bar = progress.add_task(run.title, total=run.progress[1], figures="")

        def between() -> bool:
            nonlocal due, told
            if not progress.live.is_started:
                shown.enter_context(progress)
            progress.update(bar, completed=run.progress[0], figures=run.figures())
            passed = time.monotonic() - began
            if not told and passed >= TELL_SECONDS:
                told = True
                tell_time(run, console, passed, done_before)
            if parallel.is_main() and time.monotonic() >= due:
                started = time.monotonic()
                run.save()
                due = time.monotonic() + max(SAVE_SECONDS, SHARE * (time.monotonic() - started))
            return ctrl_c.asked()

        run.train(between)


def tell_time(run: TrainingRun, console: Console, passed: float, done_before: float) -> None:
    """Says how long the run takes on this machine, by what it did in its first seconds."""
    done, usual = run.length
    if done > done_before:
        left = passed * max(0.0, usual - done) / (done - done_before)
        console.print(
            _("{run}: about {duration} more on this machine.").format(run=run.title, duration=duration(left)),
            markup=False,
            highlight=False,
        )
