"""What of a result stands in which cell of the gradebook."""

import dataclasses

from grader.lab import Lab
from grader.lab.report_cells import KINDS, points_of
from grader.results.marks import Mark, counting
from grader.results.result import CheckResult
from grader.results.standing import Standing
from grader.results.view import harmless


@dataclasses.dataclass(frozen=True)
class ByHand:
    """A part of the report: what a person gave, or None while nobody has."""

    points: float | None
    comment: str


@dataclasses.dataclass(frozen=True)
class Points:
    """All that the gradebook holds of a student: points by grade_id, and what the course's rules take off."""

    computed: dict[str, float]
    by_hand: dict[str, ByHand]
    penalty: float


def penalty_of(standing: Standing) -> float:
    """The points that the course's rules, or an override, take off the sum; below 0 what they add."""
    return standing.earned.score - standing.result.score


def points_in(lab: Lab, standing: Standing) -> Points:
    """The points of a standing, cell by cell; together they are what was earned, before any rule."""
    result = standing.earned
    computed = {
        KINDS[kind]: round(sum(check.points or 0.0 for check in result.checks if check.kind == kind), 2)
        for kind in points_of(lab)
    }
    given = counting(standing.marks)
    by_hand = {
        check.check: _by_hand(check, given.get(check.check)) for check in result.checks if check.kind == "report"
    }
    return Points(computed, by_hand, round(penalty_of(standing), 2))


def _by_hand(check: CheckResult, mark: Mark | None) -> ByHand:
    return ByHand(check.points, harmless(mark.comment) if mark and check.points is not None else "")
