"""Points that a person gave, in marks.json beside a result: grading writes the one file, people the other.

A person gives them for what is pending: the parts of the report, and milestones that nobody else can judge.

Marks are only added. Of one part the last counts; those before it are its history.
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from grader.errors import Refused
from grader.results.result import CheckResult, Result, score_of
from grader.results.whole import write_whole

FILE = "marks.json"


class Mark(msgspec.Struct, frozen=True):
    """What a person gave for one part of the report, or for a milestone."""

    part: Annotated[str, Meta(description="the name of the part or milestone, as lab.toml has it")]
    points: Annotated[float, Meta(description="points given")]
    by: Annotated[str, Meta(description="who gave them")]
    when: Annotated[str, Meta(description="UTC, ISO 8601")]
    comment: Annotated[str, Meta(description="what the student reads beside the points")] = ""


class Marks(msgspec.Struct, frozen=True):
    """marks.json."""

    schema_version: Literal[1] = 1
    marks: list[Mark] = []


def marks_beside(result: Path) -> list[Mark]:
    """The marks beside a result.json, the oldest first; Refused where they cannot be read."""
    path = result.with_name(FILE)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Marks).marks
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Refused("no_marks", 1, path=str(path), reason=error.strerror or "") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("no_marks", 1, path=str(path), reason=str(error)) from None


def add_mark(result: Path, mark: Mark) -> Mark | None:
    """Adds a mark to those beside a result.json, and gives the one that counted until now.

    Of several people who mark at once, each waits for the other. OSError where it cannot be written.
    """
    folder = os.open(result.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        marks = marks_beside(result)
        data = msgspec.json.encode(Marks(marks=[*marks, mark]))
        write_whole(result.with_name(FILE), msgspec.json.format(data, indent=1))
    finally:
        os.close(folder)
    return counting(marks).get(mark.part)


def counting(marks: Sequence[Mark]) -> dict[str, Mark]:
    """The marks that count, by part."""
    return {mark.part: mark for mark in marks}


def merged(result: Result, marks: Sequence[Mark]) -> Result:
    """The result with what a person gave: a part that was pending is judged, and its points are in the score.

    Points stay within what the part is worth. Marks of parts that the result does not have count nothing.
    """
    given = counting(marks)
    checks = [_judged(check, given[check.check]) if _awaits(check, given) else check for check in result.checks]
    return msgspec.structs.replace(result, checks=checks, score=score_of(checks))


def _awaits(check: CheckResult, given: dict[str, Mark]) -> bool:
    return check.outcome == "pending" and check.check in given


def _judged(check: CheckResult, mark: Mark) -> CheckResult:
    points = min(max(mark.points, 0.0), check.max_points)
    outcome: Literal["passed", "failed"] = "passed" if points == check.max_points else "failed"
    return msgspec.structs.replace(check, outcome=outcome, points=points, findings=[])
