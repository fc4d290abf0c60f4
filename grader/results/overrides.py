"""Points that an instructor sets whatever grading found: overrides/<student>/<lab>.toml beside course.toml.

reason = "hidden case 3 was wrong"      what the student reads beside the points
by = "eve"
when = 2026-11-20
points = 17                             of the whole lab, after the rules; or
tasks = { pg_loss = 5 }                 of single tasks, before the rules
"""

import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.policy.course import Text, table_of
from grader.results.result import CheckResult, Outcome, Result, points_text, score_of

FOLDER = "overrides"
Points = Annotated[float, Meta(ge=0)]


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says. It sets the points of the whole, of tasks, or both."""

    reason: Text
    by: Text
    when: date
    points: Points | None = None
    tasks: dict[str, Points] = {}

    def why(self) -> list[Finding]:
        """A finding for each of the points that were set."""
        found = [
            codes.TASK_OVERRIDDEN(task=task, points=points_text(points), reason=self.reason)
            for task, points in self.tasks.items()
        ]
        if self.points is not None:
            found.append(codes.OVERRIDDEN(points=points_text(self.points), reason=self.reason))
        return found


def read_override(folder: Path, result: Result) -> Override | None:
    """The override of a result in a folder of overrides; None where there is none. Refused, with the place, where it
    has no reason, cannot be read, or sets points that there cannot be."""
    path = folder / result.student / f"{result.lab}.toml"
    try:
        override = table_of(tomllib.loads(path.read_text(encoding="utf-8-sig")), Override, "")
        for problem in _problems(override, result):
            raise ValueError(problem)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Refused("cannot_be_read", 1, path=str(path), reason=error.strerror or "") from None
    except ValueError as error:
        raise Refused("course_refused", 1, path=str(path), reason=str(error)) from None
    return override


def _problems(override: Override, result: Result) -> Sequence[str]:
    possible = {task: sum(check.max_points for check in checks) for task, checks in _tasks(result).items()}
    problems = [f"tasks.{task}: {result.lab} has no such task" for task in override.tasks.keys() - possible.keys()]
    problems += [
        f"tasks.{task}: it is worth {points_text(possible[task])} points, not {points_text(points)}"
        for task, points in override.tasks.items()
        if task in possible and points > possible[task]
    ]
    if override.points is not None and override.points > result.max_score:
        problems.append(f"points: the lab is worth {points_text(result.max_score)}, not {points_text(override.points)}")
    if override.points is None and not override.tasks:
        problems.append("it sets no points: say points, or tasks")
    return problems


def overridden(result: Result, override: Override) -> Result:
    """The result with the points that were set for tasks, which the checks of a task share by what they are worth."""
    checks = list(result.checks)
    for task, points in override.tasks.items():
        mine = [place for place, check in enumerate(checks) if check.task == task]
        possible = sum(checks[place].max_points for place in mine)
        for place in mine:
            share = checks[place].max_points / possible if possible else 0.0
            checks[place] = _judged(checks[place], points * share)
    return msgspec.structs.replace(result, checks=checks, score=score_of(checks))


def _judged(check: CheckResult, points: float) -> CheckResult:
    if check.points is not None:
        return msgspec.structs.replace(check, points=points)
    outcome: Outcome = "passed" if points == check.max_points else "failed"  # nobody has to judge it any more
    return msgspec.structs.replace(check, points=points, outcome=outcome, findings=[])


def _tasks(result: Result) -> dict[str, list[CheckResult]]:
    tasks: dict[str, list[CheckResult]] = {}
    for check in result.checks:
        tasks.setdefault(check.task, []).append(check)
    return tasks
