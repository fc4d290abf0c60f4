"""What grading says: one outcome for every check, and one result.json for every submission.

Everything else (tables, pages, gradebooks) is a function of these files.
"""

import os
from pathlib import Path
from typing import Literal

import msgspec

from grader.errors import Refused

SCHEMA_VERSION = 1

Outcome = Literal["passed", "failed", "todo", "timeout", "crashed", "skipped", "pending", "error"]
Visibility = Literal["public", "hidden"]
Kind = Literal["code", "milestone", "quiz", "report", "bonus"]


class CheckResult(msgspec.Struct, frozen=True):
    """The one outcome of one check. `points` is None while it is pending, or where the grader itself failed."""

    task: str
    check: str
    title: str
    visibility: Visibility
    kind: Kind
    outcome: Outcome
    points: float | None
    max_points: float
    seconds: float = 0.0
    message: str = ""
    diagnosis: str = ""


class Result(msgspec.Struct, frozen=True):
    """result.json. `score` is what was earned so far; what is graded by hand stands in `checks` as pending."""

    schema_version: int
    lab: str
    lab_hash: str
    student: str
    submission_hash: str
    seed: int
    versions: dict[str, str]
    sandbox: dict[str, str]
    score: float
    max_score: float
    started: str
    seconds: float
    notes: list[str]
    checks: list[CheckResult]

    def pending_points(self) -> float:
        return sum(check.max_points for check in self.checks if check.outcome == "pending")

    def errors(self) -> list[CheckResult]:
        return [check for check in self.checks if check.outcome == "error"]


def score_of(checks: list[CheckResult]) -> float:
    return round(sum(check.points or 0.0 for check in checks), 2)


def write_result(path: Path, result: Result) -> bool:
    """Writes result.json whole or not at all. A result with an error in it never replaces one without: then False."""
    if result.errors() and path.exists() and not read_result(path).errors():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".json.new")
    with temporary.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(result), indent=1))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return True


def read_result(path: Path) -> Result:
    """A result.json; Refused where it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except (OSError, msgspec.DecodeError) as error:
        raise Refused(f"{path} is no result of this grader: {error}", exit_code=1) from None
