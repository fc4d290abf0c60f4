"""`grader export` and `make export`: one command for all platforms, which says whom it left out."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import cli
from grader.lab import ROOT
from grader.renderers import renderers
from grader.results import CheckResult, Result, write_result

Typed = Callable[..., tuple[int, str]]
PENDING = CheckResult("report", "plot", "The plot", "public", "report", "pending", None, 3.0, number="R")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Typed:
    """Types a command in a folder that holds graded/, and gives the exit code and all that was said in one line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for lab, student, points in (("lab3", "ada", 1.6), ("lab3", "=1+1", 0.15), ("lab0", "ada", 1.0)):
        write_result(tmp_path / "graded" / student / lab / "result.json", result(student, lab, points))

    def type_it(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["grader", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), " ".join((said.out + said.err).split())

    return type_it


def result(student: str, lab: str, points: float) -> Result:
    check = CheckResult("a_task", "a_check", "G_t.", "public", "code", "failed", points, 2.0, number="3.1")
    facts = ("hash", 1, {}, {}, points, 5.0, "2026-01-01T00:00:00+00:00", 1.0)
    return Result(2, lab, {}, student, *facts, [], [check, PENDING])


def test_the_exports_are_the_modules_that_write_one() -> None:
    names = ["canvas", "classroom50", "github", "gradescope", "junit", "lti", "moodle", "prairielearn"]
    assert list(renderers("export")) == names


def test_one_lab_is_written_and_who_is_left_out_is_said(typed: Typed, tmp_path: Path) -> None:
    code, said = typed("export", "lab3", "--to", "canvas", "--dest", "out")
    assert code == 1 and said == (
        "lab3: 2 students have points that are still to be given by hand (=1+1, ada); the scores are without them "
        "lab3: =1+1 is not in the file: the platform would read the id =1+1 as something else. "
        "Use another id in the roster 1 written: out/lab3-canvas.csv"
    )
    assert (tmp_path / "out/lab3-canvas.csv").read_text().splitlines()[2:] == ["ada,,,ada,,1.6"]


def test_without_a_lab_all_labs_that_have_results_are_written(typed: Typed, tmp_path: Path) -> None:
    code, said = typed("export", "--to", "junit", "--dest", "out", "--student", "ada")
    assert code == 0 and said.endswith("2 written: out/ada/lab0/junit.xml, out/ada/lab3/junit.xml")
    assert (tmp_path / "out/ada/lab3/junit.xml").is_file()


def test_a_roster_says_who_is_who(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("Student,ID,SIS Login ID,Section,Lab 3 (77)\nAda,5,ada,A,\n", encoding="utf-8")
    code, said = typed("export", "lab3", "--to", "canvas", "--roster", "roster.csv")
    assert code == 1 and "=1+1 is not in the file: no row of the roster is theirs" in said
    [head, _, ada] = (tmp_path / "exports/lab3-canvas.csv").read_text().splitlines()
    assert head.endswith(",Section,Lab 3 (77)") and ada == "Ada,5,,ada,A,1.6"


@pytest.mark.parametrize("platform", ["canvas", "gradescope", "junit", "prairielearn", "classroom50"])
def test_the_scores_are_those_of_the_report(
    platform: str, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = ("CLASSROOM", "ASSIGNMENT", "USERNAME", "COMMIT_URL", "RELEASE_URL", "REVIEW_URL")
    for name in runner:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("SUBMISSION_TAG", "submit/x")
    typed("report", "lab3", "--to", "csv", "--dest", "marks.csv", "--student", "ada")
    [row] = csv.DictReader(io.StringIO((tmp_path / "marks.csv").read_text()))
    assert typed("export", "lab3", "--to", platform, "--dest", "out", "--student", "ada")[0] == 0
    [path] = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    text = path.read_text(encoding="utf-8")
    score = f"{float(row['score']):g}"
    shown = {
        "canvas": f"ada,,,ada,,{score}\n",
        "gradescope": f'"score": {score},\n "output"',
        "junit": f'name="score" value="{score}"',
        "prairielearn": f'"score": {float(row["score"]) / float(row["of"]):g},',
        "classroom50": f'"score": {round(100 * float(row["score"]))},\n "max-score": 500',
    }
    assert shown[platform] in text


def test_a_wrong_call_is_one_sentence(typed: Typed) -> None:
    code, said = typed("export", "lab3", "--to", "kanvas")
    assert code == 2 and said.startswith("There is no 'kanvas': choose canvas, classroom50, github")
    assert typed("export", "lab3", "--to", "moodle")[0] == 2
    code, said = typed("export", "--out", "nowhere")
    assert code == 1 and said == "there are no results in nowhere: grader grade LAB SUBMISSIONS writes them"


def test_a_result_that_cannot_be_read_is_said_and_the_others_are_written(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "graded/=1+1/lab3/result.json").write_text("{", encoding="utf-8")
    code, said = typed("export", "lab3", "--to", "junit", "--dest", "out", "--json")
    told = json.loads(said)
    assert code == 1 and told["written"] == ["out/ada/lab3/junit.xml"] and "is no result" in told["refused"][0]


def test_make_export_is_the_same_command() -> None:
    asked = ["make", "-n", "export", "TO=canvas", "LAB=lab3", "OUT=graded", "DEST=folder", "LABKIT_PYTHON=python"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert 'grader export "lab3" --out "graded" --to "canvas" --dest "folder"' in " ".join(said.split())
