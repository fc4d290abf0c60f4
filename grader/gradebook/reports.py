"""The notebook that formgrader shows of a student: the one that `grade` wrote beside the result, else one without what
its cells show, made from the hand-in.
"""

import stat
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.intake.archives import NothingUsable
from grader.intake.sources import Unreadable
from grader.intake.submissions import find_submissions
from grader.intake.versions import Submission, staged_of
from grader.lab import Lab
from grader.lab.report import read_report
from grader.lab.report_cells import FILE, report_cells
from grader.notebooks.execution import Ran
from grader.notebooks.graded import graded_notebook
from grader.notebooks.outputs import PICTURES
from grader.plain import one_line
from grader.results.folder import result_path
from grader.results.standing import Standing
from grader.results.view import view_of

MAX_BYTES = 50_000_000
SHOWN = {"text/plain", *PICTURES}  # what no browser runs


class _Output(msgspec.Struct):
    output_type: str
    data: dict[str, Any] = {}


class _Cell(msgspec.Struct):
    metadata: dict[str, dict[str, Any]]
    outputs: list[_Output] = []


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


class Reports:
    """The reports of a lab's students."""

    def __init__(self, lab: Lab, out: Path, submissions: Path | None) -> None:
        """Refused where `submissions` cannot be listed; without it, only what lies beside the results is found."""
        self._lab, self._out = lab, out
        self._marked = {cell.name: cell.metadata for cell in report_cells(lab)}
        found = find_submissions(submissions, lab).submissions if submissions else []
        self._submissions: Mapping[str, Submission] = {each.student: each for each in found}

    def show(self, standing: Standing) -> tuple[str, list[Finding]]:
        """The text of a student's notebook, and what is wrong with it."""
        path = result_path(self._out, standing.graded.student, self._lab.name).with_name(FILE)
        try:
            return self._as_grade_wrote_it(path), []
        except FileNotFoundError:
            found = list[Finding]()
        except (OSError, ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
            found = [codes.REPORT_NOT_OF_GRADE(reason=one_line(str(error)))]
        files = self._handed_in(standing.graded.student)
        report = read_report(files, self._lab)
        view = view_of(standing.graded, standing.marks)
        text = graded_notebook(self._lab, files, report, Ran({}, []), view)
        return text, [*found, *(report.findings if report else [])]

    def _as_grade_wrote_it(self, path: Path) -> str:
        """The notebook beside a result. ValueError where it does not have each of the lab's cells once, or shows what a
        browser would run; OSError where it cannot be read."""
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ValueError("it is no file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        cells = msgspec.json.decode(data, type=_Notebook).cells
        marked = [cell.metadata for cell in cells if cell.metadata]
        names = Counter(str(each.get("nbgrader", {}).get("grade_id")) for each in marked)
        ours = Counter(list(self._marked))
        if wrong := [*(names - ours), *(ours - names)]:
            raise ValueError(f"the lab's cells are not there once each: {', '.join(wrong)}")
        if any(each not in self._marked.values() for each in marked):
            raise ValueError("the points of its cells are not the lab's")
        if other := {kind for cell in cells for output in cell.outputs for kind in output.data} - SHOWN:
            raise ValueError(f"it shows {', '.join(sorted(other))}")
        return data.decode()

    def _handed_in(self, student: str) -> Mapping[str, bytes]:
        submission = self._submissions.get(student)
        try:
            return staged_of(submission, self._lab).files if submission else {}
        except (NothingUsable, Unreadable, Refused):  # grading has said so
            return {}
