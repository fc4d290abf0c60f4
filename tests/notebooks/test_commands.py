"""The report in the commands of a student: submit, reset, notebook."""

import importlib.util
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader.author.sync import sync
from grader.cli import main
from grader.lab import Lab
from grader.lab import manifest as labs
from grader.lab.report_cells import FILE


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Grader = Callable[..., Ended]


@pytest.fixture
def student(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a student works, in a kit of its own."""
    folder = tmp_path / "kit" / "labs" / lab.folder.name
    sync(lab, folder)
    monkeypatch.setattr(labs, "ROOT", tmp_path / "kit")
    monkeypatch.chdir(tmp_path / "kit")
    monkeypatch.setattr(sys, "path", [*sys.path])
    return folder


@pytest.fixture
def grader(student: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Grader:
    def typed(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["grader", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return typed


def submitted(grader: Grader, folder: Path) -> tuple[str, dict[str, bytes]]:
    """What submit says, and what it packs."""
    shutil.rmtree(folder, ignore_errors=True)
    ended = grader("submit", "lab90", "--student", "ada", "--out", str(folder))
    assert (ended.code, ended.err) == (0, "")
    [archive] = folder.glob("*.zip")
    with zipfile.ZipFile(archive) as file:
        return ended.out, {name.removeprefix("lab90/"): file.read(name) for name in file.namelist()}


def write(path: Path, part: str, text: str) -> None:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] == part:
            cell["source"] = text
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_submit_packs_the_report_and_says_what_is_blank(student: Path, grader: Grader, tmp_path: Path) -> None:
    (student / "runs").mkdir()
    (student / "runs" / "curve.png").write_bytes(b"a picture")
    said, packed = submitted(grader, tmp_path / "out")
    assert '  - report.ipynb: nothing is written for "the curve", "open questions"\n' in said
    assert packed[FILE] == (student / FILE).read_bytes()
    assert packed["runs/curve.png"] == b"a picture"
    write(student / FILE, "plot", "It rises.")
    assert 'nothing is written for "open questions"\n' in submitted(grader, tmp_path / "out")[0]
    write(student / FILE, "why", "So.")
    assert "nothing is written" not in submitted(grader, tmp_path / "out")[0]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.unlink(), "report.ipynb is missing"),
        (lambda path: path.write_text("{"), "report.ipynb cannot be read as a notebook: "),
        (lambda path: os.truncate(path, 9_000_000), "report.ipynb is too large: at most 8,000,000 bytes are taken."),
        (lambda path: (path.parent / "README.md").unlink(), "README.md cannot be read: "),
    ],
)
def test_submit_says_what_grading_would_and_packs_all_the_same(
    damage: Callable[[Path], object], says: str, student: Path, grader: Grader, tmp_path: Path
) -> None:
    damage(student / FILE)
    said, packed = submitted(grader, tmp_path / "out")
    assert f"  - {says}" in said.replace(f"{student}/", "")
    assert {"first.py", "second.py"} <= packed.keys()


def test_a_report_is_put_back_and_the_old_one_kept(student: Path, grader: Grader) -> None:
    fresh = (student / FILE).read_bytes()
    (student / FILE).write_text("broken", encoding="utf-8")
    assert grader("reset", "lab90", "--file", FILE).code == 0
    assert (student / FILE).read_bytes() == fresh
    assert [path.read_text(encoding="utf-8") for path in (student / ".backup").rglob(FILE)] == ["broken"]


def pretend(monkeypatch: pytest.MonkeyPatch, installed: bool) -> None:
    """As if JupyterLab were installed, or were not."""
    real, found = importlib.util.find_spec, object() if installed else None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found if name == "jupyterlab" else real(name))


def test_notebook_opens_it_in_jupyterlab(student: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def execv(_program: str, command: list[str]) -> None:
        started.append(command)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", execv)
    pretend(monkeypatch, installed=True)
    assert grader("notebook", "lab90").code == 0
    as_root = ["--allow-root"] if os.geteuid() == 0 else []
    assert started == [[sys.executable, "-m", "jupyterlab", *as_root, str(student / FILE)]]


def test_notebook_says_in_a_sentence_what_is_missing(
    student: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, installed=False)
    ended = grader("notebook", "lab90")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("JupyterLab is not installed here. make jupyter serves it from the container image;")
    (student / FILE).unlink()
    ended = grader("notebook", "lab90")
    assert ended.code == 1
    assert "report.ipynb is missing: make lab90-reset FILE=report.ipynb brings it back." in ended.err
