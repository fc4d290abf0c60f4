"""Writes a lab's results into nbgrader's gradebook, and the notebooks that formgrader shows."""

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.gradebook.folder import FIT_ID, write_student
from grader.gradebook.points import Points, points_in
from grader.lab import Lab
from grader.lab.report_cells import NOTEBOOK, report_cells
from grader.results.result import points_text
from grader.results.standing import Standing

if TYPE_CHECKING:
    from nbgrader.api import Gradebook, Notebook, SubmittedNotebook

    Show = Callable[[Standing], tuple[str, list[Finding]]]


@dataclasses.dataclass(frozen=True)
class Exported:
    """How many students are in the gradebook, and what is to be said of whom."""

    students: int
    findings: list[tuple[str, Finding]]


def export(lab: Lab, standings: Iterable[Standing], gradebook: "Gradebook", folder: Path, show: "Show") -> Exported:
    """Points of all students into the gradebook, and their notebooks (`show`) into the course folder.

    Whoever cannot be in it is named. OSError where a notebook cannot be written; what was written until then stays.
    """
    notebook = _assignment(lab, gradebook)
    there = {each.student.id: each for each in gradebook.notebook_submissions(NOTEBOOK, lab.name)}
    students, findings = 0, list[tuple[str, Finding]]()
    for standing in standings:
        student = standing.graded.student
        if why := _why_not(lab, standing):
            findings.append((student, codes.NOT_IN_GRADEBOOK(why=why)))
            continue
        shown, found = show(standing)
        write_student(folder, lab, student, shown)
        submitted = there.get(student) or _submission(lab, student, gradebook)
        _fill(notebook, submitted, points_in(lab, standing))
        gradebook.db.commit()
        students += 1
        findings += [(student, finding) for finding in found]
    return Exported(students, findings)


def refill(lab: Lab, standings: Iterable[Standing], gradebook: "Gradebook") -> None:
    """Points alone, of the students who are in the gradebook: after marks were taken from it, penalties are others."""
    notebook = _assignment(lab, gradebook)
    there = {each.student.id: each for each in gradebook.notebook_submissions(NOTEBOOK, lab.name)}
    for standing in standings:
        if (submitted := there.get(standing.graded.student)) and not _why_not(lab, standing):
            _fill(notebook, submitted, points_in(lab, standing))
    gradebook.db.commit()


def _assignment(lab: Lab, gradebook: "Gradebook") -> "Notebook":
    """The notebook with its cells. Refused where it has cells that the lab does not have: their points would count."""
    gradebook.update_or_create_assignment(lab.name)
    notebook = gradebook.update_or_create_notebook(NOTEBOOK, lab.name, kernelspec='{"name": "python3"}')
    graded = {cell.name: cell for cell in report_cells(lab) if cell.points is not None}
    if other := [cell.name for cell in notebook.grade_cells if cell.name not in graded]:
        raise Refused("gradebook_of_other_cells", 1, lab=lab.name, cells=other)
    for name, cell in graded.items():
        worth = {"max_score": cell.points, "cell_type": cell.type}
        gradebook.update_or_create_grade_cell(name, NOTEBOOK, lab.name, **worth)
        if cell.solution:
            gradebook.update_or_create_solution_cell(name, NOTEBOOK, lab.name)
    return notebook


def _why_not(lab: Lab, standing: Standing) -> Finding | None:
    result = standing.graded
    if not FIT_ID.fullmatch(result.student):
        return codes.ID_NOT_FOR_NBGRADER()
    if result.errors():
        return codes.GRADER_FAILED_ON_IT()
    if result.max_score != lab.max_score:
        return codes.OUT_OF_ANOTHER_TOTAL(total=points_text(result.max_score), usual=points_text(lab.max_score))
    return None


def _submission(lab: Lab, student: str, gradebook: "Gradebook") -> "SubmittedNotebook":
    gradebook.update_or_create_student(student, last_name=student, first_name="")
    [submitted] = gradebook.update_or_create_submission(lab.name, student).notebooks
    return submitted


def _fill(notebook: "Notebook", submitted: "SubmittedNotebook", points: Points) -> None:
    """What both sides know last stands in the automatic columns; what a person types stands in the manual ones.

    So a person gave something new where the two differ (marks.py), and what is not taken over stays.
    """
    from nbgrader.api import Comment, Grade

    grades = {grade.cell_id: grade for grade in submitted.grades}
    comments = {comment.cell_id: comment for comment in submitted.comments}
    for cell in notebook.grade_cells:
        grade = grades.get(cell.id) or Grade(cell_id=cell.id, notebook=submitted)
        if cell.name in points.computed:
            grade.auto_score = points.computed[cell.name]
            grade.needs_manual_grade = False
            continue
        given = points.by_hand[cell.name]
        if _is_known(grade.manual_score, grade.auto_score):
            grade.manual_score = given.points
        grade.auto_score = given.points
        grade.needs_manual_grade = grade.manual_score is None
    for cell in notebook.solution_cells:
        comment = comments.get(cell.id) or Comment(cell_id=cell.id, notebook=submitted)
        given = points.by_hand[cell.name]
        if _is_known(comment.manual_comment, comment.auto_comment):
            comment.manual_comment = given.comment or None
        comment.auto_comment = given.comment or None
    submitted.late_submission_penalty = points.penalty or None


def _is_known(typed: object, known: object) -> bool:
    return typed is None or typed == known
