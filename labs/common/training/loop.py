"""Trains a run from its checkpoint on: with a bar, saved every two seconds, and stopped by Ctrl-C after a step."""

import signal
import time
from collections.abc import Callable
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from labs.common.training.run import TrainingRun

SAVE_SECONDS = 2.0


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


def begun(make: Callable[[], TrainingRun], console: Console, fresh: bool) -> TrainingRun:
    """The run as its checkpoint left it, where there is one that can be used; else from its start. Says which."""
    run = make()
    if run.checkpoint.exists() and not fresh:
        if went_on(run, console):
            return run
        run = make()
    if sentence := run.begin():
        console.print(f"{run.title}: {sentence}", markup=False, highlight=False)
    return run


def went_on(run: TrainingRun, console: Console) -> bool:
    """Whether a run was put where its checkpoint left it; says so, or why not."""
    [code_now] = run.codes
    try:
        if not run.load():
            needed = " or ".join(run.made_from)
            console.print(f"{run.title}: {needed} is another one than it was made from, training starts anew.")
            return False
    except Exception:  # a damaged file may raise anything, and none of it would help the reader
        console.print(f"[yellow]{run.title}: there is no going on from the checkpoint[/], training starts anew.")
        return False
    if run.finished and run.repeats:
        return False
    done = "trained already. --fresh trains it again."
    on = f"goes on after {run.reached()}. --fresh starts it again."
    console.print(f"{run.title}: {done if run.finished else on}", highlight=False)
    if run.codes[-1] != code_now:
        now = (
            "this is the old one's. --fresh trains with the new one" if run.finished else "it goes on with the new one"
        )
        console.print(f"[yellow]  Your code has changed since then[/]: {now}.")
        if not run.finished:
            run.codes.append(code_now)
    if run.mixed:
        console.print("[yellow]  It was begun with other code than it went on with[/]: --fresh trains it with one.")
    return True


def train(run: TrainingRun, console: Console, ctrl_c: CtrlC) -> None:
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
    if run.mixed:
        run.remarks.append("partly with other code")
    if not run.finished:
        run.remarks.append("interrupted")
    if run.trained_before:
        run.remarks.append("trained earlier")
