"""The instructor's screen: how far it is, one row for each student, and a list of what needs a person."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from grader.grading.rows import KINDS, Row
from grader.plain import printable
from grader.student.table import points_text


@contextlib.contextmanager
def progress(console: Console, lab: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function that shows how many of how many are graded: a bar, or on no terminal a line for each tenth.

    Nothing is drawn in between, by no thread of its own: it is used while processes are forked.
    """
    if not console.is_terminal:
        yield _tenths(console, lab)
        return
    columns = (
        TextColumn("grading {task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task(lab, total=None, visible=False)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)
            bar.refresh()

        yield show


def _tenths(console: Console, lab: str) -> Callable[[int, int], None]:
    said = 0

    def show(done: int, total: int) -> None:
        nonlocal said
        if 10 * done // total > said:
            said = 10 * done // total
            console.print(f"grading {lab}: {done} of {total}", markup=False, highlight=False)

    return show


NO_RESULT = {"refused": "not graded", "unwritten": "not saved"}


def print_summary(console: Console, rows: Sequence[Row]) -> None:
    """The table, and what needs attention. Names of files and students come from outside: no markup, no controls."""
    table = Table(box=None)
    table.add_column("student", overflow="fold")  # two names may differ in their ends only
    kinds = [kind for kind in KINDS if kind != "bonus" or any(row.points.get(kind) for row in rows)]
    for column in ("score", "of", *kinds):
        table.add_column(column, justify="right")
    table.add_column("notes", overflow="fold")
    for row in rows:
        shown = [Text(points_text(row.score), style="bold"), Text(points_text(row.max_score))]
        shown += [Text(row.points.get(kind, "")) for kind in kinds]
        if row.what in NO_RESULT:
            shown = [Text(NO_RESULT[row.what]), *[Text("")] * (len(shown) - 1)]
        table.add_row(Text(printable(row.student)), *shown, Text(_notes(row)))
    console.print(table)
    attention = [(row.student, sentence) for row in rows for sentence in row.attention]
    if attention:
        count = sum(bool(row.attention) for row in rows)
        console.print(f"\n{count} submission{'s need' if count > 1 else ' needs'} a person:")
        for student, sentence in attention:
            console.print(f"  {printable(student)}: {printable(sentence)}")


def print_changes(console: Console, rows: Sequence[Row]) -> None:
    """Which scores are others than those that were stored."""
    graded = [row for row in rows if row.what == "graded" and row.before is not None]
    changed = [row for row in graded if row.before != row.score]
    console.print(f"\n{len(changed)} of {len(graded)} scores differ from those that were stored")
    for row in changed:
        why = " (other files were handed in)" * row.changed
        console.print(f"  {printable(row.student)}: {points_text(row.before or 0)} -> {points_text(row.score)}{why}")


def _notes(row: Row) -> str:
    notes = [f"{row.outcomes[bad]} {bad}" for bad in ("todo", "timeout", "crashed", "error") if bad in row.outcomes]
    return "; ".join([*notes, *row.notes])
