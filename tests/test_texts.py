"""What a lab says to people: read from its files without running them, and from those of another language."""

import shutil
from pathlib import Path

import pytest

from grader import codes
from grader.author.sync import sync
from grader.errors import Refused
from grader.grading.reference import open_reference
from grader.lab import Lab, lab_folders, labs_folder, read_lab, solutions_folder
from grader.lab.texts import texts_of_lab


@pytest.mark.parametrize("folder", lab_folders(solutions_folder()), ids=lambda folder: folder.name)
def test_diagnoses_and_titles_are_read_as_they_run(folder: Path) -> None:
    lab = read_lab(folder)
    texts, reference = texts_of_lab(lab, "en"), open_reference(lab)
    assert texts.mistakes == reference.diagnoses
    assert all(texts.checks.get(check.name, check.title) == check.title for check in reference.checks)
    assert texts.hints == {task.name: task.hints for task in lab.manifest.tasks}
    given = texts_of_lab(read_lab(labs_folder() / folder.name), "en")
    assert set(given.mistakes) <= set(texts.mistakes) and given.title == texts.title == lab.manifest.title


@pytest.mark.parametrize("folder", lab_folders(solutions_folder()), ids=lambda folder: folder.name)
def test_a_handout_names_every_file_that_is_given(folder: Path) -> None:
    for page in folder.glob("README*.md"):
        lines = page.read_text(encoding="utf-8").splitlines()
        [row] = [line for line in lines if line.startswith(("| given |", "| 给定"))]
        assert [name for name in read_lab(folder).manifest.files.given if f"`{name}`" not in row] == []


@pytest.fixture
def lab(small_lab: Lab, tmp_path: Path) -> Lab:
    shutil.copytree(small_lab.folder, tmp_path / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    return read_lab(tmp_path / "lab")


def test_another_language_says_what_it_has_and_english_the_rest(lab: Lab) -> None:
    text = """
title = "Zahlen"
[checks]
doubled = "Das Doppelte einer Zahl."
[mistakes]
squared = "Du quadrierst."
[hints]
double = ["Was ist zweimal?"]
"""
    lab.path("texts.de.toml").write_text(text, encoding="utf-8")
    english, german = texts_of_lab(lab, "en"), texts_of_lab(lab, "de")
    assert (english.title, german.title) == ("Numbers", "Zahlen")
    assert german.checks == {**english.checks, "doubled": "Das Doppelte einer Zahl."}
    assert german.mistakes == {**english.mistakes, "squared": "Du quadrierst."}
    assert german.hints["double"] == ["Was ist zweimal?"] and german.hints["total"] == english.hints["total"]
    assert texts_of_lab(lab, "fr") == english


def test_a_students_copy_knows_the_diagnoses_that_were_recorded(lab: Lab, tmp_path: Path) -> None:
    sync(lab, tmp_path / "labs")
    given = texts_of_lab(read_lab(tmp_path / "labs"), "en")
    assert not (tmp_path / "labs" / "mistakes.py").exists()
    assert given.mistakes == texts_of_lab(lab, "en").mistakes != {}


@pytest.mark.parametrize(
    ("written", "diagnosis"),
    [
        ('"plain"', "plain"),
        ('"in " "two"', "in two"),
        ("NAMED", "a constant"),
        ('NAMED + " and more"', "a constant and more"),
        ('f"{NAMED}, indeed"', "a constant, indeed"),
        ('diagnosis="by its name"', "by its name"),
        ("made()", None),
        ('"100 %" % 1', None),
    ],
)
def test_a_diagnosis_is_text_that_is_put_together(written: str, diagnosis: str | None, lab: Lab) -> None:
    code = f'NAMED = "a constant"\n\n\n@mistake("double", {written})\ndef wrong(x):\n    raise SystemExit\n'
    lab.path("mistakes.py").write_text(code, encoding="utf-8")
    assert texts_of_lab(lab, "en").mistakes == ({"wrong": diagnosis} if diagnosis else {})


@pytest.mark.parametrize("file", ["mistakes.py", "checks.py", "texts.xx.toml"])
def test_a_file_that_cannot_be_read_is_named(file: str, lab: Lab) -> None:
    lab.path(file).write_text("[checks\ndef (", encoding="utf-8")
    with pytest.raises(Refused, match=rf"{file} cannot be read: "):
        texts_of_lab(lab, "xx")


def test_what_a_finding_carries_of_the_lab_is_said_in_the_language_too(lab: Lab) -> None:
    lab.path("texts.zh.toml").write_text('[checks]\ndoubled = "两倍。"\n[cases]\n"three" = "三"\n', encoding="utf-8")
    texts = texts_of_lab(lab, "zh")
    waits = codes.COUNTS_ONCE(check="doubled", title="Twice a number.")
    assert texts.put_into(waits).values["title"] == "两倍。"
    inside = texts.put_into(codes.IN_CASE(case="x", finding=waits))
    assert inside == codes.IN_CASE(case="x", finding=codes.COUNTS_ONCE(check="doubled", title="两倍。"))
    unknown = codes.COUNTS_ONCE(check="of_an_older_lab", title="Gone.")
    assert texts.put_into(unknown) == unknown
    assert (texts.case("three"), texts.case("other"), texts.case("")) == ("三", "other", "")


def test_a_worked_answer_is_named_by_its_case_and_where_two_tasks_have_it_by_the_task(lab3: Lab) -> None:
    worked = texts_of_lab(lab3, "en").worked
    assert {"reward_to_go: three steps", "pg_loss: three steps", "two of four terminated"} <= worked.keys()
    assert worked["reward_to_go: three steps"] == lab3.task("reward_to_go").worked["three steps"]
