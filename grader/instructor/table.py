"""The instructor's screen: one row for each student, and a list of what needs a person."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.instructor.batch import Done
from grader.plain import printable
from grader.results import Kind, Result
from grader.student.table import points_text

KINDS: tuple[Kind, ...] = ("code", "milestone", "quiz", "report")


def print_summary(console: Console, done: list[Done]) -> None:
    """The table, and what needs attention. Names of files and students come from outside: no markup, no controls."""
    table = Table(box=None)
    table.add_column("student")
    for column in ("score", "of", *KINDS):
        table.add_column(column, justify="right")
    table.add_column("notes")
    for item in done:
        result = item.result
        shown = [Text(points_text(result.score), style="bold"), Text(points_text(result.max_score))]
        shown += [Text(_points(result, kind)) for kind in KINDS]
        table.add_row(Text(printable(result.student)), *shown, Text(_notes(item)))
    console.print(table)
    attention = [(item.result.student, sentence) for item in done for sentence in item.attention]
    if attention:
        console.print(f"\n{len({student for student, _ in attention})} submissions need a person:")
        for student, sentence in attention:
            console.print(f"  {printable(student)}: {printable(sentence)}")


def _points(result: Result, kind: Kind) -> str:
    """Points of one kind, as earned / possible; what is graded by hand is pending."""
    mine = [check for check in result.checks if check.kind == kind]
    if not mine:
        return ""
    if any(check.outcome == "pending" for check in mine):
        return f"{points_text(sum(check.max_points for check in mine))} pending"
    if any(check.outcome == "error" for check in mine):
        return "error"
    if all(check.points is None for check in mine):
        return "not judged"
    earned = sum(check.points or 0 for check in mine)
    return f"{points_text(earned)}/{points_text(sum(check.max_points for check in mine))}"


def _notes(item: Done) -> str:
    outcomes = [check.outcome for check in item.result.checks]
    notes = [f"{outcomes.count(bad)} {bad}" for bad in ("todo", "timeout", "crashed", "error") if bad in outcomes]
    notes += [note for note in item.result.notes if "is the newest and counts" in note]
    return "; ".join(printable(note) for note in notes)
