"""What grading again changed: who gains or loses, and by which checks."""

from collections.abc import Mapping, Sequence

import msgspec

from grader.results.result import CheckResult, Outcome, Result
from grader.results.tables import csv_text

COLUMNS = (
    *("student", "score_before", "score_after", "other_files", "task", "check", "visibility"),
    *("points_before", "points_after", "outcome_before", "outcome_after"),
)


class CheckChange(msgspec.Struct, frozen=True):
    """A check that earns other points than before. An outcome is None where the lab had or has no such check."""

    task: str
    check: str
    visibility: str
    points_before: float | None
    points_after: float | None
    outcome_before: Outcome | None
    outcome_after: Outcome | None


class Change(msgspec.Struct, frozen=True):
    """A student whose points are others than before. `other_files`: something else was graded this time."""

    student: str
    score_before: float
    score_after: float
    other_files: bool
    checks: list[CheckChange]


def changes(before: Mapping[str, Result], after: Mapping[str, Result]) -> list[Change]:
    """The students of both, by name, for whom a check earns other points than before, or the course's rules leave
    others."""
    found = [_change(before[student], after[student]) for student in sorted(before.keys() & after.keys())]
    return [change for change in found if change.checks or change.score_before != change.score_after]


def _change(before: Result, after: Result) -> Change:
    old, new = _by_place(before), _by_place(after)
    places = {**new, **old}
    return Change(
        after.student,
        before.score,
        after.score,
        before.submission_hash != after.submission_hash,
        [
            CheckChange(
                check.task,
                check.check,
                check.visibility,
                points_before=_points(old.get(place)),
                points_after=_points(new.get(place)),
                outcome_before=old[place].outcome if place in old else None,
                outcome_after=new[place].outcome if place in new else None,
            )
            for place, check in places.items()
            if _points(old.get(place)) != _points(new.get(place))
        ],
    )


def _by_place(result: Result) -> dict[tuple[str, str, str], CheckResult]:
    return {(check.task, check.check, check.visibility): check for check in result.checks}


def _points(check: CheckResult | None) -> float | None:
    return check.points if check else None


def as_csv(found: Sequence[Change]) -> str:
    """A row for each check of each student, under COLUMNS; one without a check where only the rules changed points."""
    rows = [
        (
            *(change.student, change.score_before, change.score_after, "yes" if change.other_files else "no"),
            *cells,
        )
        for change in found
        for cells in [*map(_cells, change.checks)] or [(None,) * 7]
    ]
    return csv_text([COLUMNS, *rows])


def _cells(check: CheckChange) -> tuple[str | float | None, ...]:
    points = (check.points_before, check.points_after)
    return check.task, check.check, check.visibility, *points, check.outcome_before, check.outcome_after


def as_json(found: Sequence[Change]) -> str:
    """The same as a list of students."""
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n"
