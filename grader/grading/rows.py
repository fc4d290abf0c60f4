"""What is kept of a graded submission while a batch runs: a row of the table, small whatever was handed in."""

import collections
from typing import Literal

import msgspec

from grader import codes
from grader.findings import Finding, needs_person
from grader.judging.judge import tidy
from grader.results import Kind, Result

What = Literal["graded", "unchanged", "kept", "refused", "unwritten", "no room"]
KINDS: tuple[Kind, ...] = ("code", "milestone", "quiz", "report", "bonus")
TOLD = (codes.NEWEST_COUNTS, codes.NEWEST_INSIDE, codes.NEWER_UPLOADS)  # in the table, though no person is needed
MOST_FINDINGS = 50  # that a person is shown of one submission


class Points(msgspec.Struct, frozen=True):
    """Points of one kind of checks, and whether they are final. `possible` are those that are meant: of pending ones
    those that a person has not given yet."""

    state: Literal["judged", "pending", "error", "unjudged"]
    earned: float
    possible: float


class Row(msgspec.Struct, frozen=True):
    """What came of one submission, and in `attention` what a person should look at.

    kept: the grader failed this time and the earlier result stays. refused: not graded. unwritten: graded, but
    the result could not be written, and `attention` says why; no room: nor could any other.
    """

    student: str
    what: What
    attention: list[Finding] = []
    score: float = 0.0
    max_score: float = 0.0
    points: dict[str, Points] = {}
    outcomes: dict[str, int] = {}
    notes: list[Finding] = []
    held: bool = False  # the course's rules have it that no points are shown


def row_of(result: Result, what: What, found: list[Finding]) -> Row:
    """The row of a result. Of what was found, `attention` keeps what needs a person."""
    return Row(
        result.student,
        what,
        [tidy(finding) for finding in found if needs_person(finding)][:MOST_FINDINGS],
        result.score,
        result.max_score,
        {kind: points for kind in KINDS if (points := _points(result, kind))},
        dict(collections.Counter(check.outcome for check in result.checks)),
        [finding for finding in result.notes if any(said.made(finding) for said in TOLD)],
    )


def _points(result: Result, kind: Kind) -> Points | None:
    """Points of one kind; of several states the one that a person has to know of."""
    mine = [check for check in result.checks if check.kind == kind]
    if not mine:
        return None
    possible, earned = sum(check.max_points for check in mine), sum(check.points or 0 for check in mine)
    if pending := [check for check in mine if check.outcome == "pending"]:
        return Points("pending", earned, sum(check.max_points for check in pending))
    if any(check.outcome == "error" for check in mine):
        return Points("error", earned, possible)
    if all(check.points is None for check in mine):
        return Points("unjudged", earned, possible)
    return Points("judged", earned, possible)
