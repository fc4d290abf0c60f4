"""Where a student stands with a lab: the result, and the marks beside it."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from grader.errors import Refused
from grader.results.marks import Mark, marks_beside, merged
from grader.results.result import Result, read_result
from grader.results.view import View, view_of


@dataclasses.dataclass(frozen=True)
class Standing:
    """What grading found (`graded`) and what a person gave."""

    graded: Result
    marks: Sequence[Mark] = ()

    @property
    def result(self) -> Result:
        """Both together, for the instructor."""
        return merged(self.graded, self.marks)

    def view(self, quiz_answers: bool = False) -> View:
        """Both together, as far as the student may see it."""
        return view_of(self.graded, self.marks, quiz_answers)


def read_standing(result: Path) -> Standing:
    """What lies at <out>/<student>/<lab>/result.json; Refused where it is no result, or that of somebody else."""
    found = read_result(result)
    if (found.student, found.lab) != result.parts[-3:-1]:
        raise Refused("wrong_place", 1, path=str(result), student=found.student, lab=found.lab)
    return Standing(found, marks_beside(result))


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
