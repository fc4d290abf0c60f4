"""Where a student stands with a lab: the result, the marks beside it, and what the course's rules make of both."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.plain import one_line
from grader.policy.rulings import Ruling
from grader.results.marks import Mark, marks_beside
from grader.results.overrides import Override
from grader.results.result import Result, read_result
from grader.results.rules import Rules, earned
from grader.results.view import View, view_of


@dataclasses.dataclass(frozen=True)
class Standing:
    """What grading found (`graded`), what people gave, and what the rules make of it where a course has some.

    Nothing else decides which points a student has: whatever shows points or hands them on has them from here.
    """

    graded: Result
    marks: Sequence[Mark] = ()
    override: Override | None = None
    ruling: Ruling | None = None

    @property
    def earned(self) -> Result:
        """The result with what people gave for its parts and tasks, before any rule."""
        return earned(self.graded, self.marks, self.override)

    @property
    def result(self) -> Result:
        """All of it together, for the instructor: the score is the final one. Where nobody knows when it was handed in
        it is what was earned, and `held` says that it is not to be shown."""
        before = self.earned
        points = self.ruling.points if self.ruling else None
        if self.override and self.override.points is not None:
            points = self.override.points
        return before if points is None else msgspec.structs.replace(before, score=points)

    @property
    def held(self) -> Finding | None:
        """Why the points are to be shown to nobody yet; None where they may be."""
        if self.ruling and self.ruling.held is not None:
            return codes.HELD(reason=self.ruling.held)
        by_hand = self.override and self.override.points is not None
        return codes.NO_HAND_IN_TIME() if self.ruling and self.ruling.points is None and not by_hand else None

    def why(self) -> list[Finding]:
        """Why the points are not those that grading found; empty where they are."""
        of_person = self.override.why() if self.override else []
        by_hand = self.override and self.override.points is not None
        return of_person if by_hand or not self.ruling else [*of_person, *self.ruling.why()]

    def view(self, quiz_answers: bool = False) -> View:
        """All of it together, as far as the student may see it. Refused where nothing may be shown yet."""
        if self.held:
            raise Refused(codes.NOT_SHOWN(student=one_line(self.graded.student), why=self.held), 1)
        return view_of(self.graded, self.marks, quiz_answers, self.result, self.why())


def read_standing(result: Path, rules: Rules | None = None) -> Standing:
    """What lies at <out>/<student>/<lab>/result.json, and what the rules make of it; Refused where it is no result, or
    that of somebody else, or what lies beside it cannot be read."""
    found = read_result(result)
    if (found.student, found.lab) != result.parts[-3:-1]:
        raise Refused("wrong_place", 1, path=str(result), student=found.student, lab=found.lab)
    marks = marks_beside(result)
    if rules is None:
        return Standing(found, marks)
    counting, override, ruling = rules.counting(result, found, marks)
    return Standing(counting, marks, override, ruling)


def standings_in(
    out: Path, lab: str, student: str | None = None, rules: Rules | None = None
) -> list[Standing | Finding]:
    """Where each student stands, or one, by name; a finding in place of what cannot be read. Refused where there is no
    result at all."""
    found: list[Standing | Finding] = []
    for path in results_of(out, lab, student):
        try:
            found.append(read_standing(path, rules))
        except Refused as error:
            found.append(error.finding)
    return found


def results_of(out: Path, lab: str, student: str | None = None) -> list[Path]:
    """The files <out>/<student>/<lab>/result.json, by name; Refused where there is none."""
    paths = [folder / lab / "result.json" for folder in sorted(out.glob("*"))]
    found = [path for path in paths if student in (None, path.parts[-3]) and _is_there(path)]
    if not found:
        values = {"lab": lab, "folder": str(out)}
        raise (
            Refused("no_results", 1, **values)
            if student is None
            else Refused("no_result_of", 1, student=student, **values)
        )
    return found


def _is_there(path: Path) -> bool:
    """True also for what cannot be looked at: reading it says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass
    return True
