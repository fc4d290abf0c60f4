"""What the main process keeps of a graded submission: a row of the instructor's table, small whatever was in it."""

import collections
from typing import Literal

import msgspec

from grader.plain import one_line
from grader.results import Kind, Result
from grader.student.table import points_text

What = Literal["graded", "unchanged", "kept", "refused", "unwritten", "no room"]
KINDS: tuple[Kind, ...] = ("code", "milestone", "quiz", "report", "bonus")
SENTENCES = 50  # that a person is shown of one submission


class Row(msgspec.Struct, frozen=True):
    """What came of one submission, and in `attention` what a person should look at.

    kept: the grader failed this time and the earlier result stays. refused: not graded. unwritten: graded, but
    the result could not be written, and `attention` says why; no room: nor could any other. `before` is the score of
    the result that was replaced, and `changed` whether that was one of other files.
    """

    student: str
    what: What
    attention: list[str] = []
    score: float = 0.0
    max_score: float = 0.0
    points: dict[str, str] = {}
    outcomes: dict[str, int] = {}
    notes: list[str] = []
    before: float | None = None
    changed: bool = False


def row_of(result: Result, what: What, attention: list[str], before: float | None = None, changed: bool = False) -> Row:
    return Row(
        result.student,
        what,
        [one_line(sentence, 500) for sentence in attention[:SENTENCES]],
        result.score,
        result.max_score,
        {kind: _points(result, kind) for kind in KINDS},
        dict(collections.Counter(check.outcome for check in result.checks)),
        [one_line(note) for note in result.notes if "is the newest and counts" in note],
        before,
        changed,
    )


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
