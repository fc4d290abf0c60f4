"""The README's pictures: real, without a solution in them, and asking for nothing; and the page of licences."""

import ast
import re

import pytest

from grader.author import licences
from grader.author.leaks import seeker
from grader.author.site.pictures import DONE, PICTURES, partly_done
from grader.lab import ROOT, Lab
from grader.lab.source import definitions


def test_the_code_of_the_picture_is_partly_done_and_has_one_mistake(lab3: Lab) -> None:
    for file in lab3.code_files:
        text = partly_done(lab3.path(file).read_text(encoding="utf-8"), file)
        ast.parse(text)
        done = {name for name, found in definitions(text).items() if found.open is None}
        assert done == {*DONE.get(file, ())}
        assert ("return (logp * weights.detach()).sum()" in text) == (file == "losses.py")


@pytest.mark.parametrize(
    ("name", "diagnosis"),
    [
        ("lab3-table.svg", "Astepdownhillonyourlossmakesthegoodactionlesslikely"),
        ("lab3-table.zh.svg", "沿你的损失走一步下坡，好动作的概率反而变小"),
    ],
)
def test_the_picture_of_the_table_loads_nothing_and_says_what_the_checks_say(
    name: str, diagnosis: str, lab3: Lab
) -> None:
    picture = (PICTURES / name).read_text(encoding="utf-8")
    assert "@font-face" not in picture and "url(http" not in picture
    said = re.sub(r"<[^>]*>|&#160;|\s", "", picture)
    assert [task.name for task in lab3.manifest.tasks if task.name not in said] == []
    assert diagnosis in said
    assert seeker([lab3])(picture.encode()) == []


@pytest.mark.parametrize("language", licences.PAGES)
def test_every_package_of_a_lock_has_its_licence_on_the_page(language: str) -> None:
    page = licences.PAGES[language].read_text(encoding="utf-8")
    for lock in licences.LOCKS:
        table = page.partition(licences.TABLE.format(lock=lock))[2].partition("\n\n")[0].splitlines()
        rows = [row for line in table[2:] if (row := licences.ROW.fullmatch(line))]
        assert [row["name"] for row in rows] == licences.names_in(ROOT / lock)


@pytest.mark.parametrize("language", licences.PAGES)
def test_a_table_is_written_anew_and_keeps_what_is_not_installed(language: str) -> None:
    page = "".join(licences.TABLE.format(lock=lock) + "| - | - |\n\n" for lock in licences.LOCKS)
    new = licences.tables(page.replace("| - | - |", "| appnope | BSD |", 2) + "The end.\n", language)
    assert new.endswith("The end.\n") and "| numpy | " in new and "| appnope | BSD |" in new
    assert new == licences.tables(new, language)


def test_a_licence_is_what_the_metadata_say() -> None:
    assert licences.licence_of("rich") == "MIT License"
    assert licences.licence_of("no-such-package") is None
