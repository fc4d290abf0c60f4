"""Pages in other languages have the substance of the English ones: handouts, README and the guides."""

from pathlib import Path

import pytest

from grader.author.pages_beside import faults_beside, pages_beside
from grader.lab import ROOT, lab_folders, solutions_folder

WANTED = ["zh"]
GUIDES = [
    *("working", "machines", "docker", "report-notebook", "gpu", "instructors", "grading", "course", "nbgrader"),
    *("results", "security", "errata", "cluster"),
]
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in GUIDES),
    *(folder / "README.md" for folder in lab_folders(solutions_folder())),
]
NOT_YET = {"README.md", "docs/cluster.md"}  # those of PAGES that lack a translation
PAIRS = [
    pair for language in WANTED for folder in ("docs", "solutions") for pair in pages_beside(ROOT / folder, language)
]
PAIRS += [(ROOT / "README.md", path) for path in sorted(ROOT.glob("README.*.md"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_pages_are_there_in_every_language_that_is_wanted() -> None:
    lacking = {name_of(path) for path in PAGES for each in WANTED if not path.with_suffix(f".{each}.md").is_file()}
    assert lacking == NOT_YET, "take out of NOT_YET what has been translated"


@pytest.mark.parametrize(("english", "translated"), PAIRS, ids=lambda path: name_of(path))
def test_a_translated_page_has_the_same_substance(english: Path, translated: Path) -> None:
    assert english.is_file(), f"{translated.name} translates a page that is not there"
    assert list(faults_beside(english.read_text("utf-8"), translated.read_text("utf-8"))) == []
