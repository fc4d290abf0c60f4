"""Points go into nbgrader's own gradebook, and marks come back: the real nbgrader, where it is installed."""

import csv
import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from grader.errors import Refused
from grader.gradebook import export as exporting
from grader.gradebook import points
from grader.lab import ROOT
from grader.lab.report_cells import NOTEBOOK
from grader.results import write_result
from grader.results.marks import Mark, add_mark, marks_beside
from grader.results.standing import Standing, read_standing
from tests.gradebook.course import SOMEBODY, Course, notebook_with, own_cell, result_of

nbgrader_api = pytest.importorskip("nbgrader.api", reason="requirements/nbgrader.txt is not installed")


# A new gradebook asks a program for the version of its tables: the same each time, and two seconds.
version = functools.cache(nbgrader_api.get_alembic_version)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setenv("PATH", os.environ["PATH"])  # opening a gradebook puts Python's own folder into it
    monkeypatch.setattr(nbgrader_api, "get_alembic_version", version)
    return Course(tmp_path)


def nbgrader(course: Course, *arguments: str) -> None:
    """The real command line, in the course folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_NO_CONFIG": "1"}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def take_off(standing: Standing) -> float:
    """A rule of a course: a fifth of what there is."""
    return standing.result.score / 5


def test_computed_points_are_automatic_scores_and_parts_wait_for_a_person(course: Course) -> None:
    assert course.type("export") == 0
    with course.gradebook() as gradebook:
        grades = {grade.name: grade for grade in gradebook.find_submission_notebook(NOTEBOOK, "lab3", "ada").grades}
        assert {name: (grade.auto_score, grade.needs_manual_grade) for name, grade in grades.items()} == {
            "labkit-code": (40.25, False),
            "labkit-milestones": (7.5, False),
            "labkit-quiz": (3.0, False),
            "plot": (None, True),
            "open_question": (None, True),
        }
        assert gradebook.find_assignment("lab3").max_score == 100
    assert course.scores() == {student: pytest.approx(sum(points)) for student, points in SOMEBODY.items()}


def test_points_and_comments_come_back_once(course: Course) -> None:
    course.type("export")
    course.give("ada", "plot", 3.5, "Good <b>plot</b>")
    course.give("ben", "open_question", 0.0)
    assert course.type("import") == 0
    [mark] = marks_beside(course.result("ada"))
    assert (mark.part, mark.points, mark.by, mark.comment) == ("plot", 3.5, "eve", "Good <b>plot</b>")
    assert course.score("ada") == 54.25 and course.score("ben") == 85
    for verb in ("import", "export", "import"):
        assert course.type(verb) == 0
    assert [len(marks_beside(course.result(student))) for student in SOMEBODY] == [1, 1, 0]
    course.give("ada", "plot", 4.0)
    course.type("export")
    assert [mark.points for mark in marks_beside(course.result("ada"))] == [3.5, 4.0], "export takes marks over, too"
    assert marks_beside(course.result("ada"))[-1].comment == "Good <b>plot</b>"


def test_a_comment_that_is_changed_alone_comes_back_with_the_points(course: Course) -> None:
    course.type("export")
    course.give("ada", "plot", 3.0)
    course.type("import")
    course.give("ada", "plot", 3.0, "which axis?")
    course.type("import")
    assert [(mark.points, mark.comment) for mark in marks_beside(course.result("ada"))] == [(3, ""), (3, "which axis?")]


def test_marks_that_were_lost_here_come_back_from_the_gradebook(course: Course) -> None:
    course.type("export")
    course.give("ada", "plot", 3.5, "Good")
    course.type("import")
    course.result("ada").with_name("marks.json").unlink()
    assert course.type("export") == 0
    assert [(mark.points, mark.comment) for mark in marks_beside(course.result("ada"))] == [(3.5, "Good")]
    assert course.score("ada") == 54.25


def test_marks_survive_grading_again(course: Course) -> None:
    course.type("export")
    course.give("ada", "plot", 3.5)
    course.grade("ada", 65.0, 15.0, 5.0)
    assert course.type("export") == 0
    assert course.score("ada") == 88.5 and course.scores()["ada"] == pytest.approx(88.5)


def test_a_mark_of_our_own_shows_in_the_gradebook_and_is_not_taken_back(course: Course) -> None:
    course.type("export")
    course.give("ada", "plot", 3.0)
    course.type("import")
    add_mark(course.result("ada"), Mark("plot", 5.0, "ben", "2026-11-29T00:00:00+00:00", "after all"))
    assert course.type("export") == 0
    assert [mark.points for mark in marks_beside(course.result("ada"))] == [3, 5]
    with course.gradebook() as gradebook:
        assert gradebook.find_grade("plot", NOTEBOOK, "lab3", "ada").manual_score == 5
        assert gradebook.find_comment("plot", NOTEBOOK, "lab3", "ada").manual_comment == "after all"


def test_who_marks_the_same_in_both_places_is_told(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    course.type("export")
    add_mark(course.result("ada"), Mark("plot", 5.0, "ben", "2026-11-29T00:00:00+00:00"))
    course.give("ada", "plot", 2.0)
    capsys.readouterr()
    course.type("import")
    assert "plot has 2 points now; the 5 that ben gave in the meantime" in capsys.readouterr().out
    assert [mark.points for mark in marks_beside(course.result("ada"))] == [5, 2]


@pytest.mark.parametrize(
    ("part", "given", "said"),
    [
        ("plot", 6.0, "plot has 6 points, and is worth 0 to 5"),
        ("plot", -1.0, "plot has -1 points"),
        ("labkit-code", 65.0, "labkit-code has 65 points by hand, and grading gave 40.25"),
        ("plot", None, "plot has a comment and no points yet"),
    ],
)
def test_what_cannot_be_taken_over_is_said_each_time_and_stays(
    part: str, given: float | None, said: str, course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    course.type("export")
    course.give("ada", part, given, "why" if part == "plot" else None)
    course.give("ben", "plot", 1.0)
    for verb in ("import", "export"):
        assert course.type(verb) == 1
        assert said in capsys.readouterr().out
    assert marks_beside(course.result("ada")) == [] and len(marks_beside(course.result("ben"))) == 1
    with course.gradebook() as gradebook:
        assert gradebook.find_grade(part, NOTEBOOK, "lab3", "ada").manual_score == given


def test_csv_and_feedback_of_nbgrader_say_what_we_say(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the hundredth, with marks, and with a penalty that counts once: after marks were taken over, too."""
    monkeypatch.setattr(points, "penalty_of", take_off)
    course.write_report("ada", notebook_with({"plot": "my words <script>alert(1)</script>"}))
    course.type("export")
    course.give("ada", "plot", 3.33, "well [done](javascript:alert(1))")
    course.give("chloé", "open_question", 10.0)
    course.type("import")
    course.type("export")
    nbgrader(course, "export", "--to", "grades.csv")
    with (course.folder / "grades.csv").open(encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    for student in SOMEBODY:
        standing = read_standing(course.result(student))
        assert float(rows[student]["raw_score"]) == pytest.approx(standing.result.score, abs=0.004)
        assert float(rows[student]["score"]) == pytest.approx(standing.result.score * 0.8, abs=0.0051)
        assert float(rows[student]["max_score"]) == 100
    nbgrader(course, "generate_feedback", "lab3")
    for student in SOMEBODY:
        page = (course.folder / "feedback" / student / "lab3" / "report.html").read_text(encoding="utf-8")
        [total] = re.findall(r"\(Score: ([\d.]+) / 100.0\)", page)
        assert float(total) == pytest.approx(float(rows[student]["score"]), abs=0.0051)
    page = (course.folder / "feedback" / "ada" / "lab3" / "report.html").read_text(encoding="utf-8")
    assert "my words &lt;script&gt;alert(1)" in page and "javascript:alert" not in page


def test_nbgrader_cannot_grade_what_students_handed_in(course: Course) -> None:
    course.write_report("ada", notebook_with({}))
    course.type("export")
    assert (course.folder / "submitted" / "ada" / "lab3").is_dir()
    assert [*course.folder.glob("submitted/**/*.ipynb")] == []
    with pytest.raises(AssertionError, match="No notebooks were matched"):
        nbgrader(course, "autograde", "lab3")
    assert (course.folder / "autograded" / "ada" / "lab3" / "report.ipynb").is_file()
    assert course.scores()["ada"] == pytest.approx(50.75)


def test_the_notebooks_are_what_nbgrader_and_jupyter_take(course: Course) -> None:
    import nbformat
    from nbgrader.nbgraderformat import MetadataValidator

    course.write_report("ada", notebook_with({"plot": "x"}, own_cell("r")))
    course.type("export")
    for path in [*course.folder.glob("autograded/*/lab3/report.ipynb"), *course.folder.glob("source/lab3/*.ipynb")]:
        made = nbformat.read(path, as_version=4)
        nbformat.validate(made)
        for cell in made.cells:
            MetadataValidator().validate_cell(cell)


def test_one_who_cannot_be_in_the_gradebook_costs_one_line(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    course.grade('"><script>')
    (course.out / "broken" / "lab3").mkdir(parents=True)
    (course.out / "broken" / "lab3" / "result.json").write_text("{")
    course.write_report("ben", b"{")
    (course.result("chloé").with_name("report.ipynb")).symlink_to("/etc/passwd")
    assert course.type("export") == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said] == ["broken", '"><script>', "ben", "chloé", "lab3"]
    assert course.scores().keys() == {*SOMEBODY}
    assert "root:" not in (course.folder / "autograded" / "chloé" / "lab3" / "report.ipynb").read_text()


def test_a_report_that_is_a_text_is_shown_whole(course: Course) -> None:
    files = {"returns.py": "", "losses.py": "", "agent.py": "", "quiz.json": "{}", "report.md": "# My report\nwords"}
    folder = course.submitted / "ada" / "lab3"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    assert course.type("export", "--submissions", str(course.submitted)) == 0
    shown = (course.folder / "autograded" / "ada" / "lab3" / "report.ipynb").read_text()
    assert "My report" in shown


def test_a_lab_that_lost_a_part_does_not_count_it_on(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    course.type("export")
    whole = exporting.report_cells
    monkeypatch.setattr(exporting, "report_cells", lambda lab: [cell for cell in whole(lab) if cell.name != "plot"])
    with pytest.raises(Refused, match="cells of lab3 that the lab does not have any more: plot"):
        course.type("export")


def test_without_a_gradebook_nothing_is_made(course: Course) -> None:
    with pytest.raises(Refused, match="there is no gradebook"):
        course.type("import")
    assert not course.folder.exists()


def test_a_database_that_is_none_is_one_sentence(course: Course) -> None:
    course.folder.mkdir()
    (course.folder / "gradebook.db").write_bytes(b"no database, and more than a header of one" * 99)
    with pytest.raises(Refused, match="gradebook cannot be used"):
        course.type("export")


def test_the_settings_are_for_their_owner_alone(course: Course) -> None:
    course.type("export")
    assert (course.folder / "nbgrader_config.py").stat().st_mode & 0o077 == 0


def test_the_courses_rules_take_points_off_once(course: Course, tmp_path: Path) -> None:
    """2 days late at 10 % each: of 50.75 points 40.6, whatever is exported, marked and exported again."""
    rules = tmp_path / "course.toml"
    rules.write_text('time_zone = "UTC"\nlate_days = 0\n[labs.lab3]\ndue = 2026-11-01T12:00:00\npercent_a_day = 10\n')
    late = msgspec.structs.replace(result_of("ada"), handed_in="2026-11-03T11:00:00+00:00")
    write_result(course.result("ada"), late)
    for student in ("ben", "chloé"):
        course.result(student).unlink()
    for verb in ("export", "export", "import"):
        assert course.type(verb, "--course", str(rules)) == 0
        assert course.scores() == {"ada": pytest.approx(40.6)}
    course.give("ada", "plot", 5.0)
    assert course.type("import", "--course", str(rules)) == 0
    assert course.scores() == {"ada": pytest.approx(44.6)}
    audit = [json.loads(line) for line in (course.out / "audit.jsonl").read_text().splitlines()]
    assert [(line["before"], line["after"]) for line in audit] == [(None, 40.6), (40.6, 44.6)]
