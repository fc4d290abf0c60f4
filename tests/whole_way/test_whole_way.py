"""The whole way, from what Canvas gives to the grades in the registry, as docs/instructors.md has it line by line.

STUDENTS=300 takes as many; by default there are few, so that it costs little. Where Chromium is installed (with
requirements/browser.txt), marks are typed in formgrader in it, else into nbgrader's gradebook by its API.
"""

import csv
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grader.lab import ROOT
from tests.whole_way.term import FOUND_OUT, LABS, REFERENCE, RIGHT, WRONG, begin, students

pytest.importorskip("nbgrader", reason="requirements/nbgrader.txt is not installed")

COUNT = int(os.environ.get("STUDENTS", "12"))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
COMMAND = re.compile(r"^    (make (?:.*?\S))(?:  .*)?$", re.MULTILINE)
MARK, COMMENT = 3.5, "Label the axis."


class Desk:
    """An instructor's place: the kit's copy, in which lines are typed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.lines = COMMAND.findall((ROOT / "docs" / "instructors.md").read_text(encoding="utf-8"))
        self.typed: list[str] = []
        self.environment = {**os.environ, "LABKIT_PYTHON": sys.executable, "COLUMNS": "160", "LC_ALL": "C.UTF-8"}

    def follow(self, words: str, lab: str = "lab3") -> str:
        """Types the next line of the guide that begins with these words, for a lab; returns what is printed."""
        line = next(line for line in self.lines if line.startswith(words) and line not in self.typed)
        if lab == LABS[-1]:
            self.typed.append(line)
        return self.type(line.replace("lab3", lab))

    def type(self, line: str) -> str:
        done = subprocess.run(line, shell=True, cwd=self.home, env=self.environment, capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{line}\n{said}"
        assert "Traceback" not in said
        return said

    @contextmanager
    def serving(self, words: str) -> Iterator[str]:
        """Types a line that serves until Ctrl-C; the address that it prints."""
        line = next(line for line in self.lines if line.startswith(words))
        self.typed.append(line)
        process = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert process.stdout
        try:
            yield next(found[0] for said in process.stdout if (found := re.search(r"http://\S+", said)))
        finally:
            os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal
            self.last = process.stdout.read()
            process.wait(60)  # make ends by the signal
        assert "taken from the gradebook" in self.last and "***" not in self.last, self.last


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(begin(tmp_path_factory.mktemp("term"), COUNT))


def test_the_whole_way(desk: Desk) -> None:
    home, everybody = desk.home, [each.id for each in students(COUNT)]
    desk.typed.append(next(line for line in desk.lines if line.startswith("make release")))  # tests/test_labs.py does
    put(home / REFERENCE, WRONG, RIGHT)  # nobody knows it yet
    for lab in LABS:
        desk.follow("make collect", lab)
        table = rows(home / "submitted" / f"{lab}.csv")
        assert [row["student"] for row in table] == sorted(everybody, key=[row["student"] for row in table].index)
        assert {row["student"] for row in table if row["remark"]} == ({"dan"} if lab == "lab3" else set())

    said = {lab: desk.follow("make grade", lab) for lab in LABS}
    assert all(f"{COUNT} graded" in words or "graded" in words for words in said.values())
    person = said["lab3"].partition("person")[2]
    assert re.search(r"\bfay\b.*notebook", person), person
    assert re.search(r"\bgus\b.*when", person), person
    for lab in LABS:
        assert set(scores(home, lab)) == set(everybody), "a group's members have a result each"

    # What was found out is written down, and what is not graded again stays.
    with (home / "course.toml").open("a", encoding="utf-8") as file:
        file.write(FOUND_OUT)
    again = desk.type(next(line for line in desk.typed if line.startswith("make grade")))
    assert not re.search(r"\bgus\b.*when", again.partition("person")[2])

    with desk.serving("make formgrader") as address:
        (type_in_browser if CHROMIUM and importlib.util.find_spec("playwright") else type_by_api)(home, address)
    assert marks(home, "ada") == [("plot", MARK, COMMENT)], desk.last
    assert marks(home, "cy") == marks(home, "dan") == [("open_question", 8.0, "")], "a group has one mark"
    desk.follow("make mark")
    assert marks(home, "ada")[-1] == ("plot", 4.0, "Label the axis.")

    # A check is mended.
    before = scores(home, "lab3")
    put(home / REFERENCE, RIGHT, WRONG)
    kept = snapshot(home / "graded")
    tried = desk.follow("make regrade")
    assert snapshot(home / "graded") == kept, "a trial writes nothing"
    regraded = desk.follow("make regrade")
    after = scores(home, "lab3")
    gain = {name for name in everybody if after[name] > before[name]}
    lose = {name for name in everybody if after[name] < before[name]}
    assert lose == {"ida"} and "ada" in gain
    for words in (tried, regraded):
        assert f"{len(gain) + 1} of {COUNT} students change: +{len(gain)}, −1" in words, words
        assert "several_episodes" in words
    assert marks(home, "ada")[-1][1] == 4.0, "marks survive"

    for words in ("make report LAB", "make similar", "make questions"):
        desk.follow(words)
    for lab in LABS:
        for words in ("make feedback", "make export", "make report TO=csv"):
            desk.follow(words, lab)
        if lab != "lab0":  # it has no report, so nothing is graded by hand
            desk.follow("make gradebook", lab)
    graded_by_nbgrader(home)
    assert desk.lines == [line for line in desk.lines if line in desk.typed], "each line of the guide was typed"
    agree(home, everybody)


def agree(home: Path, everybody: list[str]) -> None:
    """What goes out has the same points everywhere, and what the rules say of each."""
    for lab in LABS:
        table = {row["student"]: row for row in rows(home / "reports" / f"{lab}.csv")}
        shown = {name: float(row["score"]) for name, row in table.items() if row["score"]}
        held = {"hal"} if lab == "lab3" else set()
        assert set(everybody) - set(shown) == held
        assert platform(home, lab) == pytest.approx(shown)
        if lab != "lab0":
            found = nbgraders(home, lab)
            assert {name: found[name] for name in shown} == pytest.approx(shown)
        logged = last_of_log(home, lab)
        assert {name: logged[name] for name in shown} == pytest.approx(shown)
        for name in everybody:
            page = home / "feedback" / name / lab / "feedback.html"
            assert page.exists() == (name not in held)
            if name in shown:
                text = page.read_text(encoding="utf-8")
                assert f"{shown[name]:g}" in text and "<script>" not in text
    lab3 = {row["student"]: row for row in rows(home / "reports" / "lab3.csv")}
    assert float(lab3["ben"]["score"]) == pytest.approx(float(lab3["ben"]["earned"]) * 0.8, abs=0.01), "a day is free"
    for name in ("eve", "gus"):
        assert lab3[name]["score"] == lab3[name]["earned"], "an extension, and a time that was found out"
    assert lab3["cy"]["score"] == lab3["dan"]["score"]
    page = (home / "reports" / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page and all(name in page for name in ("fay", "hal"))


# --- what stands where ------------------------------------------------------------------------------------------------


def put(file: Path, new: str, old: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(f"{old}\n") == 1
    file.write_text(text.replace(f"{old}\n", f"{new}\n"), encoding="utf-8")


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def scores(home: Path, lab: str) -> dict[str, float]:
    """What grading found."""
    found = home.glob(f"graded/*/{lab}/result.json")
    return {path.parts[-3]: json.loads(path.read_bytes())["score"] for path in found}


def marks(home: Path, student: str) -> list[tuple[str, float, str]]:
    path = home / "graded" / student / "lab3" / "marks.json"
    given = json.loads(path.read_bytes())
    return [(mark["part"], mark["points"], mark["comment"]) for mark in given["marks"]]


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def platform(home: Path, lab: str) -> dict[str, float]:
    title = next(name for name in rows(home / "roster.csv")[0] if name.startswith(f"Lab {lab[-1]}"))
    table = rows(home / "exports" / f"{lab}-canvas.csv")
    return {row["SIS Login ID"]: float(row[title]) for row in table if row["SIS Login ID"]}


def graded_by_nbgrader(home: Path) -> None:
    export = [sys.executable, "-m", "nbgrader", "export", "--to", "grades.csv"]
    subprocess.run(export, cwd=home / "nbgrader-course", check=True)


def nbgraders(home: Path, lab: str) -> dict[str, float]:
    """What `nbgrader export` said, after penalties, of those who are in it."""
    table = [row for row in rows(home / "nbgrader-course" / "grades.csv") if row["assignment"] == lab]
    return {row["student_id"]: float(row["score"]) for row in table if row["score"]}


def last_of_log(home: Path, lab: str) -> dict[str, float]:
    lines = map(json.loads, (home / "graded" / "audit.jsonl").read_text(encoding="utf-8").splitlines())
    return {line["student"]: line["after"] for line in lines if line["lab"] == lab}


# --- marks by hand ----------------------------------------------------------------------------------------------------


def type_in_browser(home: Path, address: str) -> None:
    from playwright import sync_api as playwright

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own, which root cannot have
    base = address.partition("/formgrader")[0]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        tab = browser.new_page()
        tab.goto(address)
        for student, field, text in (
            ("ada", "#plot", str(MARK)),
            ("ada", "#plot-comment", COMMENT),
            ("cy", "#open_question", "8"),
        ):
            tab.goto(f"{base}/formgrader/manage_students/{student}/lab3")
            tab.get_by_role("link", name="report").click()
            tab.locator(field).wait_for()
            assert tab.title() != "attacked"
            saved = "/api/comment/" if field.endswith("-comment") else "/api/grade/"
            with tab.expect_response(lambda response, saved=saved: saved in response.url and response.ok):
                tab.locator(field).fill(text)
                tab.locator(field).press("Tab")
        browser.close()


def type_by_api(home: Path, address: str) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{home / 'nbgrader-course' / 'gradebook.db'}") as gradebook:
        grade: Any = gradebook.find_grade("plot", "report", "lab3", "ada")
        grade.manual_score = MARK
        gradebook.find_comment("plot", "report", "lab3", "ada").manual_comment = COMMENT
        gradebook.find_grade("open_question", "report", "lab3", "cy").manual_score = 8
        gradebook.db.commit()
