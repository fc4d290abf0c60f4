"""Scores as a table, one row for each student, for gradebooks and spreadsheets."""

from collections.abc import Iterator, Mapping, Sequence

from grader.renderers import File
from grader.renderers.words import Words
from grader.results.cohort import Cohort
from grader.results.result import CheckResult, Kind, Result
from grader.results.standing import Standing
from grader.results.tables import csv_text

Row = list[str | float | None]

DESCRIPTION = "a table of points, one row for each student"
KINDS: tuple[Kind, ...] = ("code", "milestone", "quiz", "report", "bonus")


def report(cohorts: Sequence[Cohort], words: Mapping[str, Words]) -> Iterator[File]:
    """A table for each lab. Columns: the student, the score and what it is of, what is still pending, points by kind
    and by task; where a course has rules, also what was earned before them, and why the score is another. A cell is
    empty where nothing is judged, or shown."""
    for cohort in cohorts:
        if cohort.standings:
            yield f"{cohort.lab}.csv", _table(cohort.standings, words[cohort.lab])


def _table(standings: Sequence[Standing], words: Words) -> str:
    results = [standing.result for standing in standings]
    ruled = any(standing.ruling for standing in standings)
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
        *(("earned", "why") if ruled else ()),
    ]
    rows = [_row(result, kinds, list(tasks)) for result in results]
    if ruled:
        rows = [_ruled(row, standing, words) for row, standing in zip(rows, standings, strict=True)]
    return csv_text([head, *rows])


def _ruled(row: Row, standing: Standing, words: Words) -> Row:
    """The row with what was earned and why the score is another; of who is held, with the reason and no points."""
    if standing.held:
        return [row[0], *[None] * len(row[1:]), None, words.say(standing.held)]
    return [*row, standing.earned.score, words.sentences(standing.why())]


def _row(result: Result, kinds: Sequence[Kind], tasks: Sequence[str]) -> Row:
    by_kind = [_points([check for check in result.checks if check.kind == kind]) for kind in kinds]
    by_task = [_points([check for check in result.checks if check.task == task]) for task in tasks]
    return [result.student, result.score, result.max_score, result.pending_points(), *by_kind, *by_task]


def _points(checks: Sequence[CheckResult]) -> float | None:
    judged = [check.points for check in checks if check.points is not None]
    return sum(judged) if judged else None
