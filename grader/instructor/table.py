"""The instructor's screen: how far the grading is, one row for each student, and a list of what needs a person."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.grading.plan import Plan
from grader.grading.rows import KINDS, Points, Row
from grader.languages import say
from grader.plain import one_line, printable
from grader.results.folder import result_path
from grader.results.groups import CODE, Alike
from grader.results.result import points_text
from grader.results.rules import Rules
from grader.results.standing import read_standing


@contextlib.contextmanager
def progress(console: Console, lab: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function that shows how many of how many are graded: a bar, or on no terminal a line for each tenth.

    Nothing is drawn in between, by no thread of its own: it is used while processes are forked.
    """
    if not console.is_terminal:
        yield _tenths(console, lab)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn(say("done_of_total", done="{task.completed}", total="{task.total}")),
        TimeElapsedColumn(),
        TextColumn(say("left")),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task(say("grading", lab=lab), total=None, visible=False)

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
            console.print(say("graded_so_far", lab=lab, done=done, total=total), markup=False, highlight=False)

    return show


NO_RESULT = {"refused": "not_graded", "unwritten": "not_saved"}  # what stands in place of a score
BAD = ("todo", "timeout", "crashed", "error")  # outcomes that are counted in a row's notes


def print_summary(console: Console, rows: Sequence[Row], left_over: Sequence[Finding] = ()) -> None:
    """The table, what needs attention, and what is nobody's. Names of files and students come from outside: no markup,
    no controls."""
    table = Table(box=None)
    table.add_column(say("column_student"), overflow="fold")  # two names may differ in their ends only
    kinds = [kind for kind in KINDS if kind != "bonus" or any(row.points.get(kind) for row in rows)]
    for column in ("score", "of", *kinds):
        table.add_column(say(f"column_{column}"), justify="right")
    table.add_column(say("column_notes"), overflow="fold")
    for row in rows:
        shown = [Text(points_text(row.score), style="bold"), Text(points_text(row.max_score))]
        shown += [Text(_points(row.points.get(kind))) for kind in kinds]
        if row.what in NO_RESULT or row.held:
            shown = [Text(say("report_held" if row.held else NO_RESULT[row.what])), *[Text("")] * (len(shown) - 1)]
        table.add_row(Text(printable(row.student)), *shown, Text(_notes(row)))
    console.print(table)
    print_attention(console, rows)
    print_left_over(console, left_over)


def print_attention(console: Console, rows: Sequence[Row]) -> None:
    """What needs a person, a line each. Nothing where nothing does."""
    attention = [(row.student, finding) for row in rows for finding in row.attention]
    if attention:
        console.print("\n" + say("need_a_person", count=sum(bool(row.attention) for row in rows)))
        for student, finding in attention:
            console.print(f"  {printable(student)}: {one_line(say(finding), 500)}")


def print_left_over(console: Console, left_over: Sequence[Finding]) -> None:
    """What lies among the submissions and was not graded. Nothing where there is nothing."""
    if left_over:
        console.print("\n" + say("left_over"))
        for finding in left_over:
            console.print(f"  {one_line(say(finding), 500)}", markup=False, highlight=False)


def print_alike(console: Console, found: Sequence[Alike], file: str) -> None:
    """Whose work is alike, for a person to compare."""
    if found:
        console.print("\n" + say("alike", file=file))
    for group in found:
        students = [printable(student) for student in group.students]
        console.print(
            "  " + say("alike_code" if group.what == CODE else "alike_file", students=students, file=group.what)
        )


def print_plan(console: Console, plan: Plan) -> None:
    """Which earlier results hold, and why the others are graded again. Nothing where there are none."""
    values = {"results": plan.results, "hold": plan.hold, "again": plan.results - plan.hold, "reasons": plan.reasons}
    if plan.hold:
        console.print(say("results_hold", **values), markup=False, highlight=False)
    if plan.results > plan.hold:
        console.print(say("graded_again", **values), markup=False, highlight=False)


def _points(points: Points | None) -> str:
    """Points of one kind, as earned / possible, or why there are none."""
    if points is None:
        return ""
    if points.state == "judged":
        return f"{points_text(points.earned)}/{points_text(points.possible)}"
    return say(f"points_{points.state}", possible=points_text(points.possible))


def ruled(rows: Sequence[Row], out: Path, lab: str, rules: Rules) -> list[Row]:
    """The rows with the points that the course's rules leave, and why; where nobody can say so, for a person."""
    return [row if row.what in NO_RESULT else _ruled(row, result_path(out, row.student, lab), rules) for row in rows]


def _ruled(row: Row, path: Path, rules: Rules) -> Row:
    try:
        standing = read_standing(path, rules)
    except Refused as error:
        return msgspec.structs.replace(row, attention=[*row.attention, error.finding], held=True)
    notes = [*row.notes, *standing.why()]
    if not (held := standing.held):
        return msgspec.structs.replace(row, score=standing.result.score, notes=notes)
    asks = [held] if codes.NO_HAND_IN_TIME.made(held) else []
    return msgspec.structs.replace(row, held=True, notes=[held], attention=[*row.attention, *asks])


def _notes(row: Row) -> str:
    notes = [say(f"count_{bad}", count=row.outcomes[bad]) for bad in BAD if bad in row.outcomes]
    return say("clause_separator").join([*notes, *(one_line(say(finding)) for finding in row.notes)])
