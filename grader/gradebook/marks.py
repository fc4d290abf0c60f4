"""Takes the points and comments that people gave in formgrader over as marks (grader/results/marks.py)."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.lab import Lab
from grader.lab.report_cells import KINDS, NOTEBOOK
from grader.policy.course import Course
from grader.results.folder import result_path
from grader.results.marks import Mark, add_mark, counting
from grader.results.result import points_text
from grader.results.standing import Standing, read_standing
from grader.results.view import harmless

if TYPE_CHECKING:
    from nbgrader.api import Comment, Grade, Gradebook, SubmittedNotebook


@dataclasses.dataclass
class Taken:
    """How many marks were added, which of them replaced one that the gradebook did not know, and what was not taken."""

    added: int = 0
    replaced: list[tuple[str, Finding]] = dataclasses.field(default_factory=list)
    refused: list[tuple[str, Finding]] = dataclasses.field(default_factory=list)


def take_marks(lab: Lab, out: Path, gradebook: "Gradebook", by: str, when: str, course: Course | None = None) -> Taken:
    """Adds what is new in the gradebook to the marks beside the results, of a group to those of all members. Doing it
    twice adds nothing.

    What cannot be taken stays in the gradebook, and is said each time. OSError where a mark cannot be written.
    """
    taken = Taken()
    for submitted in gradebook.notebook_submissions(NOTEBOOK, lab.name):
        typed = _typed(submitted)
        if not typed:
            continue
        student = submitted.student.id
        members = course.group_of(student, lab.name) if course else ()
        paths = [path for each in members or (student,) if (path := result_path(out, each, lab.name)).exists()]
        try:
            for grade, comment in typed:
                standing = read_standing(result_path(out, student, lab.name))
                if _is_new(grade, comment) or grade.name not in counting(standing.marks):
                    _take(lab, paths, standing, grade, comment, Mark("", 0.0, by, when), taken)
        except Refused as refused:
            taken.refused.append((student, refused.finding))
        gradebook.db.commit()
    return taken


def _typed(submitted: "SubmittedNotebook") -> list[tuple["Grade", "Comment | None"]]:
    """The cells in which something stands that a person typed, here or for a mark of ours."""
    comments = {comment.name: comment for comment in submitted.comments}  # the same name in two kinds of cells
    cells = [(grade, comments.get(grade.name)) for grade in submitted.grades]
    return [
        (grade, comment)
        for grade, comment in cells
        if grade.manual_score is not None or grade.extra_credit or (comment and comment.manual_comment)
    ]


def _is_new(grade: "Grade", comment: "Comment | None") -> bool:
    """Whether the last export or import did not know it."""
    points_are = grade.manual_score is not None and grade.manual_score != grade.auto_score
    comment_is = comment is not None and (comment.manual_comment or None) not in (None, comment.auto_comment)
    return points_are or comment_is or bool(grade.extra_credit)


def _take(
    lab: Lab,
    paths: Sequence[Path],
    standing: Standing,
    grade: "Grade",
    comment: "Comment | None",
    mark: Mark,
    taken: Taken,
) -> None:
    """Takes one cell over, for the results at `paths`, or says why not."""
    student, part = standing.graded.student, grade.name
    points = grade.auto_score if grade.manual_score is None else grade.manual_score
    words = harmless((comment.manual_comment or comment.auto_comment or "") if comment else "")
    if why := _why_not(lab, standing, grade, points):
        taken.refused.append((student, why))
        return
    new = Mark(part, points + (grade.extra_credit or 0.0), mark.by, mark.when, words)
    before = counting(standing.marks).get(part)
    if before is None or (before.points, harmless(before.comment)) != (new.points, new.comment):
        for path in paths:
            add_mark(path, new)
        taken.added += 1
        if before and before.points not in (grade.auto_score, new.points):
            values = {"points": points_text(new.points), "before": points_text(before.points), "by": before.by}
            taken.replaced.append((student, codes.MARK_REPLACED(part=part, **values)))
    grade.auto_score = grade.manual_score = new.points
    grade.extra_credit = None
    grade.needs_manual_grade = False
    if comment:
        comment.auto_comment = comment.manual_comment = words or None


def _why_not(lab: Lab, standing: Standing, grade: "Grade", points: float | None) -> Finding | None:
    part = grade.name
    possible = {each.name: each.points for each in lab.manifest.report}
    if part in KINDS.values():
        graded = points_text(grade.auto_score or 0.0)
        return codes.COMPUTED_POINTS_CHANGED(cell=part, points=points_text(points or 0.0), graded=graded)
    if part not in possible:
        return codes.NO_PART_OF_THIS_NAME(part=part)
    if not any((check.check, check.outcome) == (part, "pending") for check in standing.graded.checks):
        return codes.PART_DOES_NOT_WAIT(part=part)
    if points is None:
        return codes.COMMENT_WITHOUT_POINTS(part=part)
    if not 0 <= points + (grade.extra_credit or 0.0) <= possible[part]:
        given = points_text(points + (grade.extra_credit or 0.0))
        return codes.POINTS_NOT_POSSIBLE(part=part, points=given, possible=points_text(possible[part]))
    return None
