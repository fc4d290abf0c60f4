"""Grades all submissions of a folder, one after another, and writes each result as soon as it is known."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from grader.instructor.grading import Graded, Run, grade
from grader.instructor.submissions import Submission
from grader.results import Result, write_result


@dataclasses.dataclass(frozen=True)
class Done:
    """What came of one student's submission. `kept` is True where an earlier good result was not replaced."""

    result: Result
    attention: list[str]
    kept: bool


def result_path(out: Path, student: str, lab: str) -> Path:
    return out / student / lab / "result.json"


def grade_all(run: Run, submissions: list[Submission], out: Path) -> Iterator[Done]:
    """Grades each submission and writes its result; yields as it goes, so that progress can be shown."""
    for submission in submissions:
        graded: Graded = grade(run, submission)
        written = write_result(result_path(out, submission.student, run.lab.name), graded.result)
        attention = list(graded.attention)
        if not written:
            attention.append("the grader failed this time; the earlier result was kept")
        yield Done(graded.result, attention, not written)
