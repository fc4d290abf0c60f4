"""Scores as a table, one row for each student, for gradebooks and spreadsheets."""

from collections.abc import Iterator, Mapping, Sequence

from grader.renderers import File
from grader.renderers.words import Words
from grader.results.cohort import Cohort
from grader.results.result import CheckResult, Kind, Result
from grader.results.tables import csv_text

DESCRIPTION = "a table of points, one row for each student"
KINDS: tuple[Kind, ...] = ("code", "milestone", "quiz", "report", "bonus")


def report(cohorts: Sequence[Cohort], words: Mapping[str, Words]) -> Iterator[File]:
    """A table for each lab. Columns: the student, the score and what it is of, what is still pending, points by kind
    and by task. A cell is empty where nothing is judged."""
    for cohort in cohorts:
        if cohort.standings:
            yield f"{cohort.lab}.csv", _table([standing.result for standing in cohort.standings])


def _table(results: Sequence[Result]) -> str:
    kinds = [kind for kind in KINDS if any(check.kind == kind for result in results for check in result.checks)]
    tasks = {
        check.task: check.number for result in results for check in result.checks if check.kind in ("code", "bonus")
    }
    head = [
        "student",
        "score",
        "of",
        "pending",
        *kinds,
        *(f"{number} {task}".strip() for task, number in tasks.items()),
    ]
    return csv_text([head, *(_row(result, kinds, list(tasks)) for result in results)])


def _row(result: Result, kinds: Sequence[Kind], tasks: Sequence[str]) -> list[str | float | None]:
    by_kind = [_points([check for check in result.checks if check.kind == kind]) for kind in kinds]
    by_task = [_points([check for check in result.checks if check.task == task]) for task in tasks]
    return [result.student, result.score, result.max_score, result.pending_points(), *by_kind, *by_task]


def _points(checks: Sequence[CheckResult]) -> float | None:
    judged = [check.points for check in checks if check.points is not None]
    return sum(judged) if judged else None
