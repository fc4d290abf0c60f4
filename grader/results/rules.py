"""The course's rules over a folder of results: which hand-in of a student counts, and what is made of it."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.plain import one_line
from grader.policy.course import FILE, Course, course_at
from grader.policy.rulings import HandIn, Ruling, rulings
from grader.results.folder import EARLIER, result_path
from grader.results.marks import Mark, marks_beside, merged
from grader.results.overrides import FOLDER, Override, overridden, read_override
from grader.results.result import Result, read_result

NAMED = 5  # of many names


class _Time(msgspec.Struct):
    handed_in: str = ""


@dataclasses.dataclass
class Rules:
    """The rules of a course, and the folder of its overrides. It reads the time of a hand-in once."""

    course: Course
    overrides: Path
    _times: dict[Path, HandIn] = dataclasses.field(default_factory=dict, repr=False)

    def afresh(self) -> "Rules":
        """The same rules, which know of no hand-in yet."""
        return Rules(self.course, self.overrides)

    def in_vain(self, out: Path) -> list[Finding]:
        """What is said of students who have no result, or of a lab of which they have none: names may be misspelt."""
        there = {path.parts[-3] for path in out.glob("*/*/result.json")}
        found = []
        if nobody := sorted(self.course.students() - there):
            found.append(codes.NAMED_IN_COURSE(course=FILE, students=codes.some_of(nobody, NAMED)))
        files = sorted(
            path for path in self.overrides.glob("*/*") if not result_path(out, path.parent.name, path.stem).exists()
        )
        if files:
            found.append(codes.OVERRIDES_OF_NOBODY(files=codes.some_of([one_line(str(file)) for file in files], NAMED)))
        return found

    def counting(
        self, path: Path, newest: Result, marks: Sequence[Mark]
    ) -> tuple[Result, Override | None, Ruling | None]:
        """Of a student's hand-ins to a lab the one that counts, what an instructor set for it, and what the rules make
        of it. `newest` is what lies at `path`. Refused where the override or another result cannot be read."""
        graded = [*self._earlier(path, newest), newest] if self.course.counts_of(newest.lab) == "best" else [newest]
        set_for = [read_override(self.overrides, one) for one in graded]
        hand_ins = {newest.lab: list(map(self._hand_in, graded, [marks] * len(graded), set_for))}
        ruling = rulings(self.course, newest.student, {**self._due_before(path), **hand_ins})[newest.lab]
        return graded[ruling.counts], set_for[ruling.counts], ruling

    def _hand_in(self, result: Result, marks: Sequence[Mark], override: Override | None) -> HandIn:
        return HandIn(result.handed_in, earned(result, marks, override).score)

    def _earlier(self, path: Path, newest: Result) -> list[Result]:
        """The results of earlier hand-ins, the oldest first, without those of the same files as the newest."""
        found = [read_result(file) for file in path.parent.glob(f"{EARLIER}/*.json")]
        others = [one for one in found if one.submission_hash != newest.submission_hash]
        return sorted(others, key=lambda one: one.handed_in)

    def _due_before(self, path: Path) -> dict[str, list[HandIn]]:
        """The hand-ins to labs that are due before that of a result: they use late days first."""
        lab, labs = path.parts[-2], self.course.labs
        if not self.course.late_days or lab not in labs:
            return {}
        before = [other for other in labs if (labs[other].due, other) < (labs[lab].due, lab)]
        paths = {other: path.parents[1] / other / path.name for other in before}
        return {other: [self._time(where)] for other, where in paths.items() if where.exists()}

    def _time(self, path: Path) -> HandIn:
        """The hand-in that counts of another lab. Its points do not matter any more."""
        if path not in self._times:
            if self.course.counts_of(path.parts[-2]) == "best":
                result, _, _ = self.counting(path, read_result(path), marks_beside(path))
                self._times[path] = HandIn(result.handed_in, 0.0)
            else:
                self._times[path] = HandIn(_time_in(path), 0.0)
        return self._times[path]


def earned(result: Result, marks: Sequence[Mark], override: Override | None) -> Result:
    """A result with what people gave for its parts and tasks, before any rule."""
    whole = merged(result, marks)
    return overridden(whole, override) if override and override.tasks else whole


def rules_at(path: Path | None) -> Rules | None:
    """The rules of a course.toml, else those of the one that lies here; None where none does. Refused where it holds
    what is unknown or cannot be, or overrides lie here without it."""
    from grader.lab import lab_folders, labs_folder

    course = course_at(path, [folder.name.partition("_")[0] for folder in lab_folders(labs_folder())])
    overrides = (path or Path(FILE)).parent / FOLDER
    if course is None and overrides.is_dir():
        raise Refused("overrides_without_course", folder=str(overrides), course=FILE)
    return Rules(course, overrides) if course else None


def _time_in(path: Path) -> str:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Time).handed_in
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("no_result", 1, path=str(path), reason=str(error)) from None
