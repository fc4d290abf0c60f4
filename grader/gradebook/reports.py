"""Where a student's report is found: executed beside the result, else in the hand-in, else nowhere."""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader import codes
from grader.findings import Finding
from grader.gradebook.notebook import MAX_BYTES, blank, filled, from_text
from grader.intake.archives import NothingUsable
from grader.intake.sources import Unreadable
from grader.intake.submissions import find_submissions
from grader.intake.versions import Submission, staged_of
from grader.lab import Lab
from grader.lab.report_cells import AS_TEXT, FILE, report_cells
from grader.results.folder import result_path
from grader.results.standing import Standing

NOTHING = "**No report was handed in.**"


class Reports:
    """The notebooks that formgrader shows."""

    def __init__(self, lab: Lab, out: Path, submissions: Path | None) -> None:
        """Refused where `submissions` cannot be listed; without it, only what lies beside the results is found."""
        self._lab, self._out, self._cells = lab, out, report_cells(lab)
        found = find_submissions(submissions, lab).submissions if submissions else []
        self._submissions: Mapping[str, Submission] = {each.student: each for each in found}

    def show(self, standing: Standing) -> tuple[dict[str, Any], list[Finding]]:
        """A student's notebook, and what is wrong with theirs."""
        student = standing.graded.student
        try:
            executed = self._beside(student)
            files = {FILE: executed} if executed is not None else self._handed_in(student)
        except OSError as error:
            return blank(self._cells, NOTHING), [codes.REPORT_UNREADABLE(reason=error.strerror or "")]
        if FILE in files:
            return filled(self._cells, files[FILE], standing.view())
        if AS_TEXT in files:
            return from_text(self._cells, files[AS_TEXT].decode(errors="replace")), []
        return blank(self._cells, NOTHING), []

    def _beside(self, student: str) -> bytes | None:
        """report.ipynb beside the result, which the sandbox executed; None where there is none."""
        path = result_path(self._out, student, self._lab.name).with_name(FILE)
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                raise OSError(0, "it is no file")
        except FileNotFoundError:
            return None
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)

    def _handed_in(self, student: str) -> Mapping[str, bytes]:
        submission = self._submissions.get(student)
        if submission is None:
            return {}
        try:
            return staged_of(submission, self._lab).files
        except (NothingUsable, Unreadable):  # grading has said so
            return {}
