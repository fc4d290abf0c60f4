"""The report of a submission: its lines in the result, what came of running it, and the notebook for who grades it.

Whatever is wrong with a report costs a line for a person, and changes nothing of the rest of the result.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import msgspec

from grader import codes
from grader.findings import Finding
from grader.grading.asking import WarmParent
from grader.intake.staging import Staged
from grader.lab import Lab
from grader.lab.report import Report, read_report
from grader.lab.report_cells import FILE
from grader.notebooks.execution import Ran, run_cells
from grader.notebooks.graded import graded_notebook
from grader.plain import one_line
from grader.results import CheckResult, Result
from grader.results.view import view_of


@dataclasses.dataclass(frozen=True)
class Reported:
    """A report as it was read and run; `fault` is the grader's own, if it could not do that."""

    report: Report | None = None
    ran: Ran = dataclasses.field(default_factory=lambda: Ran({}, []))
    fault: Sequence[Finding] = ()

    @property
    def findings(self) -> list[Finding]:
        return [*(self.report.findings if self.report else []), *self.ran.findings, *self.fault]


def read_and_run(parent: WarmParent, lab: Lab, staged: Staged, files: Mapping[str, bytes]) -> Reported:
    """The report among what was taken, its code cells run beside `files`."""
    try:
        report = read_report(staged.files, lab)
        return Reported(report, run_cells(parent, lab, report, files)) if report else Reported()
    except Exception as error:
        return Reported(fault=[_fault(error)])


def with_notebook(lab: Lab, staged: Staged, reported: Reported, result: Result) -> tuple[Result, str]:
    """A result, and the text of the notebook that shows it with the report; "" for a lab without one. Where it cannot
    be made, the result says so."""
    if not lab.manifest.report:
        return result, ""
    try:
        return result, graded_notebook(lab, staged.files, reported.report, reported.ran, view_of(result))
    except Exception as error:
        return msgspec.structs.replace(result, notes=[*result.notes, _fault(error)]), ""


def report_lines(lab: Lab, reported: Reported) -> list[CheckResult]:
    """What is graded by hand: pending, neither 0 nor earned."""
    report = reported.report
    return [
        CheckResult(
            task="report",
            check=part.name,
            title=part.title,
            visibility="public",
            kind="report",
            outcome="pending",
            points=None,
            max_points=part.points,
            number="R",
            findings=[codes.NOTHING_WRITTEN() if report and part.name in report.blank else codes.GRADED_BY_HAND()],
        )
        for part in lab.manifest.report
    ]


def _fault(error: Exception) -> Finding:
    message = f"{type(error).__name__}: {one_line(str(error))}"
    return codes.NOT_RUN(file=FILE, why=codes.GRADER_FAILED(message=message))
