"""A small course for the tests of the gradebook: results of lab 3, hand-ins, and nbgrader's gradebook of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader import cli, codes
from grader.gradebook.database import opened, url_of
from grader.lab import Lab, find_lab, solutions_folder
from grader.lab.report_cells import NOTEBOOK, report_cells
from grader.notebooks.writing import node_of, notebook_text
from grader.results import CheckResult, Kind, Outcome, Result, score_of, write_result
from grader.results.folder import result_path
from grader.results.standing import read_standing

SOMEBODY = {"ada": (40.25, 7.5, 3.0), "ben": (65.0, 15.0, 5.0), "chloé": (0.1, 0.2, 0.0)}


def lab3() -> Lab:
    return find_lab("lab3", solutions_folder())


def line(kind: Kind, check: str, points: float | None, of: float, outcome: Outcome = "passed") -> CheckResult:
    found = [codes.GRADED_BY_HAND()] if outcome == "pending" else []
    return CheckResult(
        "" if kind == "code" else kind, check, check, "public", kind, outcome, points, of, findings=found
    )


def result_of(student: str, code: float = 40.25, milestone: float = 7.5, quiz: float = 3.0) -> Result:
    """A result of lab 3: what was computed, and a report that waits."""
    lines = [line("code", "every_step", code, 65.0), line("milestone", "actor_critic", milestone, 15.0)]
    lines += [line("quiz", "q1", quiz, 5.0)]
    lines += [line("report", part.name, None, part.points, "pending") for part in lab3().manifest.report]
    facts = ("hash", 1, {}, {"inner": "landlock"}, score_of(lines), 100.0, "2026-11-29T00:00:00+00:00", 1.0)
    return Result(2, "lab3", {"checks.py": "sha256:0"}, student, *facts, [], lines)


class Course:
    """Folders in a temporary one, the commands, and what the gradebook says."""

    def __init__(self, folder: Path, database: str | None = None) -> None:
        self.out, self.folder, self.submitted = folder / "graded", folder / "course", folder / "submitted"
        self.database = database
        for student, points in SOMEBODY.items():
            self.grade(student, *points)

    def grade(self, student: str, *points: float) -> None:
        write_result(self.result(student), result_of(student, *points))

    def result(self, student: str) -> Path:
        return result_path(self.out, student, "lab3")

    def score(self, student: str) -> float:
        return read_standing(self.result(student)).result.score

    def write_report(self, student: str, notebook: bytes) -> None:
        self.result(student).with_name("report.ipynb").write_bytes(notebook)

    def type(self, verb: str, *more: str) -> int:
        """`grader nbgrader VERB lab3`, and how it ends."""
        database = ["--db", self.database] if self.database else []
        arguments = ["--out", str(self.out), "--folder", str(self.folder), "--by", "eve", *database, *more]
        try:
            return int(cli.command_line()(["nbgrader", verb, "lab3", *arguments], standalone_mode=False) or 0)
        except cli.typer.Exit as ended:
            return int(ended.exit_code)

    @contextmanager
    def gradebook(self) -> Iterator[Any]:
        with opened(url_of(self.folder, self.database)) as gradebook:
            yield gradebook

    def give(self, student: str, part: str, points: float | None, comment: str | None = None) -> None:
        """What formgrader does when a person types points, and a comment."""
        with self.gradebook() as gradebook:
            grade = gradebook.find_grade(part, NOTEBOOK, "lab3", student)
            grade.manual_score = points
            grade.needs_manual_grade = points is None and grade.auto_score is None
            if comment is not None:
                gradebook.find_comment(part, NOTEBOOK, "lab3", student).manual_comment = comment
            gradebook.db.commit()

    def scores(self) -> dict[str, float]:
        """What nbgrader says each student has, after penalties."""
        with self.gradebook() as gradebook:
            found = [
                (each.student.id, each.score - each.late_submission_penalty)
                for each in gradebook.assignment_submissions("lab3")
            ]
        return dict(found)


def notebook_with(answers: dict[str, str], *more: dict[str, Any]) -> bytes:
    """report.ipynb as grading leaves it, with these answers, and with more cells behind it."""
    made = json.loads(notebook_text([node_of(cell, answers.get(cell.name)) for cell in report_cells(lab3())]))
    made["cells"] += more
    return json.dumps(made).encode()


def own_cell(source: str, **data: str) -> dict[str, Any]:
    """A cell of the student's, of code, which shows data by its kind (`text_html`)."""
    kinds = {kind.replace("_", "/"): value for kind, value in data.items()}
    outputs = [{"output_type": "display_data", "data": kinds, "metadata": {}}] if kinds else []
    made = {"cell_type": "code", "id": "own-1", "metadata": {}, "source": source}
    return {**made, "execution_count": None, "outputs": outputs}
