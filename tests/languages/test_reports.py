"""The report in Chinese: the same cells and points, and either language is taken wherever a report is read."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader import codes
from grader.author.sync import sync
from grader.errors import Refused
from grader.gradebook.folder import set_up
from grader.lab import Lab, read_lab
from grader.lab.report import read_report
from grader.lab.report_cells import FILE, report_cells
from grader.student.reset import report_in_the_readers_language, reset_file
from tests.notebooks.conftest import PARTS

ENGLISH = """# Numbers

## Task (2 points)

## Plot (5 points, graded by hand)

See `runs/curve.png`.

## Open questions (2.5 points, graded by hand)

1. **Why?**
2. **Why not?**

## Literature
"""
CHINESE = """# 数

## 任务（2 分）

## 曲线图（5 分，人工给分）

见 `runs/curve.png`。

## 开放题（2.5 分，人工给分）

1. **为什么？**
2. **为什么不？**

## 文献
"""


@pytest.fixture
def lab(small_lab: Lab, tmp_path: Path) -> Lab:
    """A small lab with a report of two parts, in both languages."""
    folder = shutil.copytree(small_lab.folder, tmp_path / "lab90_numbers", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "lab.toml").open("a", encoding="utf-8") as file:
        file.write(PARTS)
    (folder / "README.md").write_text(ENGLISH, encoding="utf-8")
    (folder / "README.zh.md").write_text(CHINESE, encoding="utf-8")
    (folder / "texts.zh.toml").write_text('title = "数"\n[report]\nplot = "曲线"\n', encoding="utf-8")
    return read_lab(folder)


@pytest.fixture
def given(lab: Lab, tmp_path: Path) -> Lab:
    """The same lab as a student has it."""
    sync(lab, tmp_path / "labs" / lab.folder.name)
    return read_lab(tmp_path / "labs" / lab.folder.name)


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LAB_LANG", "zh")
    yield


def test_the_cells_have_the_same_names_and_points(lab: Lab) -> None:
    english, chinese = report_cells(lab), report_cells(lab, "zh")
    assert [(cell.name, cell.type, cell.metadata) for cell in english] == [
        (cell.name, cell.type, cell.metadata) for cell in chinese
    ]
    said = {cell.name: cell.source for cell in chinese}
    assert (
        said["labkit-title"].startswith("# 实验 90：报告\n\n数\n\n") and "`make lab90-submit`" in said["labkit-title"]
    )
    assert said["plot-question"] == "## 曲线图（5 分，人工给分）\n\n见 `runs/curve.png`。"
    assert said["plot"] == "**曲线**\n\n*请在这里作答。*"
    assert said["why"] == "**open questions**\n\n**1.** *请在这里作答。*\n\n**2.** *请在这里作答。*"
    assert report_cells(lab, "fr") == english, "there is no handout in French"


@pytest.mark.parametrize(
    ("written", "instead"), [("（5 分", "（6 分"), ("## 文献\n", ""), ("## 任务（2 分）\n", ""), ("（2.5 分", "（分")]
)
def test_a_handout_with_other_sections_is_refused(written: str, instead: str, lab: Lab) -> None:
    lab.path("README.zh.md").write_text(CHINESE.replace(written, instead), encoding="utf-8")
    with pytest.raises(Refused, match=r"README\.zh\.md: each part of the report"):
        report_cells(lab, "zh")


def test_a_blank_report_is_given_in_the_readers_language(given: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    before = given.path(FILE).read_bytes()
    report_in_the_readers_language(given)
    assert given.path(FILE).read_bytes() == before
    monkeypatch.setenv("LAB_LANG", "zh")
    report_in_the_readers_language(given)
    assert nbformat.read(given.path(FILE), as_version=4).cells[0].source.startswith("# 实验 90：报告")
    monkeypatch.setenv("LAB_LANG", "en")
    report_in_the_readers_language(given)
    assert given.path(FILE).read_bytes() == before


@pytest.mark.usefixtures("chinese")
def test_a_report_that_was_begun_stays_as_it_is(given: Lab) -> None:
    begun = given.path(FILE).read_text(encoding="utf-8").replace("Write your answer here.", "It rises.", 1)
    given.path(FILE).write_text(begun, encoding="utf-8")
    report_in_the_readers_language(given)
    assert given.path(FILE).read_text(encoding="utf-8") == begun
    reset_file(given, FILE)
    assert "请在这里作答。" in given.path(FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("readers", ["en", "zh"])
def test_a_report_is_read_in_either_language(
    language: str, readers: str, lab: Lab, given: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_LANG", language)
    report_in_the_readers_language(given)
    monkeypatch.setenv("LAB_LANG", readers)
    blank = read_report({FILE: given.path(FILE).read_bytes()}, lab)
    assert blank is not None and blank.blank == ["plot", "why"] and blank.findings == []
    made: dict[str, Any] = json.loads(given.path(FILE).read_bytes())
    for cell in made["cells"]:
        if cell["id"] == "plot":
            cell["source"] = [*cell["source"], "\n\n曲线上升。"]
        if cell["id"] == "why-question":
            cell["source"] = "别的"
    written = read_report({FILE: json.dumps(made).encode()}, lab)
    assert written is not None and written.blank == ["why"]
    assert written.findings == [codes.LOCKED_CELLS_CHANGED(file=FILE, cells=["why-question"])]


@pytest.mark.usefixtures("chinese")
def test_the_course_folder_of_nbgrader_is_in_the_instructors_language(lab: Lab, tmp_path: Path) -> None:
    set_up(tmp_path / "course", lab, "sqlite://")
    for step in ("source", "release"):
        made = nbformat.read(tmp_path / "course" / step / "lab90" / FILE, as_version=4)
        assert made.cells[0].source.startswith("# 实验 90：报告")
        assert [cell.metadata.nbgrader.grade_id for cell in made.cells] == [cell.name for cell in report_cells(lab)]
