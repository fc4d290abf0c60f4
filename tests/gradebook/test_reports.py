"""Which notebook formgrader shows: the one that grading wrote, or one that is made from the hand-in."""

import json
from pathlib import Path

import pytest

from grader.gradebook import reports
from grader.gradebook.reports import Reports
from grader.lab.report_cells import report_cells
from grader.languages import say
from grader.results.standing import read_standing
from tests.gradebook.course import Course, lab3, notebook_with, own_cell

WORK = {"returns.py": "", "losses.py": "", "agent.py": "", "quiz.json": "{}"}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path)


def shown(course: Course, student: str = "ada", **files: bytes) -> tuple[str, list[str]]:
    """The notebook's text, and what was found, with files handed in by names as report_md."""
    folder = course.submitted / student / "lab3"
    folder.mkdir(parents=True)
    for name, text in WORK.items():
        (folder / name).write_text(text)
    for name, data in files.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    text, found = Reports(lab3(), course.out, course.submitted).show(read_standing(course.result(student)))
    cells = [cell["metadata"]["nbgrader"]["grade_id"] for cell in json.loads(text)["cells"] if cell["metadata"]]
    assert sorted(cells) == sorted(cell.name for cell in report_cells(lab3())), "each of the lab's cells once"
    return text, [say(each) for each in found]


def test_what_grading_wrote_is_shown_as_it_is(course: Course) -> None:
    written = notebook_with({"plot": "as graded"}, own_cell("1", text_plain="1"))
    course.write_report("ada", written)
    assert shown(course, report_md=b"as handed in") == (written.decode(), [])


def test_a_text_is_shown_whole(course: Course) -> None:
    text, found = shown(course, report_md=b"# My report\nwith words")
    assert "# My report" in text and found == []


def test_without_a_report_the_cells_are_there(course: Course) -> None:
    text, found = shown(course)
    assert "40.25 of 65" in text and found == []


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"{", "Input data was truncated"),
        (b"\xff", "it is not as"),
        (b"[" * 100_000, "is not as make grade writes it"),
        (notebook_with({}, own_cell("1", text_html="<script>1</script>")), "it shows text/html"),
        (notebook_with({}, json.loads(notebook_with({}))["cells"][-1]), "not there once each: open_question"),
        (b'{"cells": []}', "labkit-code"),
        (notebook_with({}).replace(b'"points": 5', b'"points": 50'), "not the lab's"),
    ],
    ids=["cut", "bytes", "deep", "html", "twice", "missing", "points"],
)
def test_one_that_grading_did_not_write_costs_a_line_and_is_made_again(
    broken: bytes, said: str, course: Course
) -> None:
    course.write_report("ada", broken)
    text, [found] = shown(course, report_md=b"as handed in")
    assert "as handed in" in text and "<script" not in text
    assert "not as make grade writes it" in found and (said in found or said == "it is not as")


def test_a_link_and_a_file_without_end_are_not_read(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    course.result("ada").with_name("report.ipynb").symlink_to("/etc/passwd")
    text, [found] = shown(course)
    assert "it is no file" in found and "root:" not in text
    monkeypatch.setattr(reports, "MAX_BYTES", 1000)
    course.write_report("ben", notebook_with({}))
    assert "more than 1,000 bytes" in shown(course, "ben")[1][0]


def test_a_broken_notebook_that_was_handed_in_costs_a_line(course: Course) -> None:
    text, [found] = shown(course, report_ipynb=b"{")
    assert "report.ipynb" in found and "Open questions" in text
