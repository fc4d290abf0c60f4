"""Labs in other languages: what is begun is whole, and students get no diagnosis that their record lacks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.author import leaks, sync
from grader.author.translations import languages_begun, texts_for_students, translation_faults
from grader.grading.reference import open_reference
from grader.lab import Lab, lab_folders, labs_folder, read_lab, solutions_folder
from grader.lab.loading import importing_from
from grader.lab.texts import texts_of_lab

WANTED = ["zh"]
NOT_YET: list[str] = []  # the labs that lack one of WANTED
FOLDERS = lab_folders(solutions_folder())
BEGUN = [folder for folder in FOLDERS if languages_begun(read_lab(folder))]
TEXTS = """
title = "数"
[checks]
doubled = "某数的两倍。"
shifted = "加上偏移。"
totals = "数表的总和。"
[mistakes]
squared = "你算的是平方。"
[hints]
double = ["两倍是多少？"]
"""


def test_the_labs_are_there_in_every_language_that_is_wanted() -> None:
    lacking = [folder.name.split("_")[0] for folder in FOLDERS if languages_begun(read_lab(folder)) != WANTED]
    assert lacking == NOT_YET, "take out of NOT_YET what has been translated"


@pytest.mark.parametrize("folder", BEGUN, ids=lambda folder: folder.name)
def test_a_language_that_a_lab_has_begun_is_whole(folder: Path) -> None:
    lab = read_lab(folder)
    assert list(translation_faults(lab, open_reference(lab).checks)) == []


@pytest.mark.parametrize("folder", BEGUN, ids=lambda folder: folder.name)
def test_a_students_copy_has_the_texts_with_the_recorded_diagnoses(folder: Path) -> None:
    given = read_lab(labs_folder() / folder.name)
    diagnoses = texts_of_lab(given, "en").mistakes
    for name, text in texts_for_students(read_lab(folder), diagnoses).items():
        assert given.path(name).read_text(encoding="utf-8") == text
        assert texts_of_lab(given, name.split(".")[1]).mistakes.keys() == diagnoses.keys()


# --- a lab of the tests -----------------------------------------------------------------------------------------------


@pytest.fixture
def lab(small_lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    shutil.copytree(small_lab.folder, tmp_path / "lab90_numbers", ignore=shutil.ignore_patterns("__pycache__"))
    yield read_lab(tmp_path / "lab90_numbers")


def faults(lab: Lab) -> list[str]:
    with importing_from(lab.folder):
        return list(translation_faults(lab, open_reference(lab).checks))


def test_a_lab_in_english_alone_lacks_nothing(lab: Lab) -> None:
    assert faults(lab) == []


def test_what_a_begun_language_lacks_is_named(lab: Lab) -> None:
    lab.path("texts.zh.toml").write_text(TEXTS + '[cases]\n"no such case" = "没有"\n', encoding="utf-8")
    found = faults(lab)
    assert "README.zh.md is missing" in found
    assert "texts.zh.toml: [cases] has 'no such case', which the lab has not" in found
    assert any(fault.startswith("texts.zh.toml: [cases] lacks ") for fault in found)
    assert any(fault.startswith("texts.zh.toml: [mistakes] lacks ") for fault in found)
    assert any(fault.startswith("texts.zh.toml: [hints] lacks ") for fault in found)
    assert "texts.zh.toml: [hints] has 1 hints for double, which has 3" in found


def test_students_get_no_diagnosis_that_their_record_does_not_have(lab: Lab, tmp_path: Path) -> None:
    mistakes = texts_of_lab(lab, "en").mistakes
    secret = "of_no_public_case"
    lines = [f'{name} = "诊断 {name}"' for name in [*mistakes, secret]]
    lab.path("texts.zh.toml").write_text("[mistakes]\n" + "\n".join(lines), encoding="utf-8")
    given = tmp_path / "students" / lab.folder.name
    sync.sync(lab, given)
    kept = texts_of_lab(read_lab(given), "zh").mistakes
    assert kept.keys() == texts_of_lab(read_lab(given), "en").mistakes.keys() <= mistakes.keys()
    assert all(text == f"诊断 {name}" for name, text in kept.items()) and kept
    assert sync.outdated_files(lab, given) == []
    assert leaks.leaks_in(given, [lab]) == []
    shutil.copyfile(lab.path("texts.zh.toml"), given / "texts.zh.toml")
    assert sync.outdated_files(lab, given) == ["texts.zh.toml"]
    assert f"texts.zh.toml has the diagnosis of {secret}" in leaks.leaks_in(given, [lab])


def test_texts_of_students_are_read_as_they_were_written(lab: Lab) -> None:
    written = 'title = "一“二”\\\\"\n[cases]\n"a \\"case\\", 1" = "用\\t例"\n[hints]\ndouble = ["一", "二"]\n'
    lab.path("texts.zh.toml").write_text(written, encoding="utf-8")
    before = texts_of_lab(lab, "zh")
    lab.path("texts.zh.toml").write_text(texts_for_students(lab, before.mistakes)["texts.zh.toml"], encoding="utf-8")
    assert texts_of_lab(lab, "zh") == before
