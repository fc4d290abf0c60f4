"""Runs the code cells that a student added to the report, in a worker of their own, as a kernel would run them.

The lab's own cells are not run: the grader knows what they show. A cell that fails does not stop the next one; one that
hangs, or ends its process, does.
"""

import dataclasses
from collections.abc import Mapping

from nbformat import NotebookNode

from grader import codes
from grader.findings import Finding
from grader.grading.asking import WarmParent, Worker, WorkerFailed
from grader.lab import Lab, Limits
from grader.lab.limits import FINDINGS, over_limit
from grader.lab.report import Report
from grader.notebooks import outputs
from grader.plain import NotPlain
from grader.run.answers import Answer
from grader.workers.worker import finding_from_message

CELL_SECONDS = 20.0
NOTEBOOK_SECONDS = 60.0
MAX_KEPT = 10_000_000  # characters of what all cells show


@dataclasses.dataclass(frozen=True)
class Ran:
    """What came of a report's code cells: by their numbers what they show, and what there is to say of them."""

    outputs: Mapping[int, list[NotebookNode]]
    findings: list[Finding]


def run_cells(parent: WarmParent, lab: Lab, report: Report, files: Mapping[str, bytes]) -> Ran:
    """Runs the student's own code cells beside these files, of the submission and of the lab."""
    cells = [cell for cell in report.own if cell.type == "code"]
    found: dict[int, list[NotebookNode]] = {}
    if not cells:
        return Ran(found, [])
    try:
        worker = Worker(parent, lab, files, "cells")
    except WorkerFailed as error:
        return Ran(found, [codes.NOT_RUN(file=report.file, why=codes.GRADER_FAILED(message=str(error)))])
    ended, raised, cut = list[Finding](), list[Finding](), list[Finding]()
    left, room = NOTEBOOK_SECONDS, MAX_KEPT
    try:
        for cell in cells:
            place = {"file": report.file, "number": cell.number}
            if left <= 0:
                ended.append(codes.CELL_ENDED(**place, why=codes.OUT_OF_TIME(seconds=NOTEBOOK_SECONDS)))
                break
            answer, seconds = worker.run_cell(cell.source, min(CELL_SECONDS, left))
            left -= seconds
            if answer.status != "value":
                ended.append(codes.CELL_ENDED(**place, why=answer.finding or codes.DIED()))
                break
            shown, was_cut = outputs.of_worker(answer.value)
            size = sum(len(str(output)) for output in shown)
            found[cell.number] = shown if size <= room else []
            room -= size
            raised += [codes.CELL_RAISED(**place, why=why)] if (why := _raised(answer, lab.manifest.limits)) else []
            cut += [codes.CELL_OUTPUT_CUT(**place)] if was_cut or room < 0 else []
    finally:
        worker.close()
    return Ran(found, [*ended, *cut[:1], *raised[:1]])  # the first of each kind: what comes later often follows from it


def _raised(answer: Answer, limits: Limits) -> Finding | None:
    """The exception that a cell ended with, as far as the worker's word can be taken for it, or the limit behind it."""
    value = answer.value if isinstance(answer.value, Mapping) else {}
    if isinstance(limit := value.get("limit"), str) and limit in FINDINGS:
        return over_limit(limits, limit)
    try:
        return finding_from_message(value.get("raised"))
    except NotPlain:  # it is no finding that a worker may send
        return None
