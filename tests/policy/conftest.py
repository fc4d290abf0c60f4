"""A kit with one small lab, hand-ins of a small course, and a way to type commands there."""

import dataclasses
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import cli
from grader.grading import work
from grader.grading.asking import WarmParent
from grader.lab import Lab, manifest
from tests.handins import zipped

RULES = """
time_zone = "Europe/Berlin"
percent_a_day = 50
[labs.lab90]
due = 2026-11-02T23:59:00
"""
RIGHT = "def total(xs):\n    return float(sum(xs))\n"
ONE_MORE = "def total(xs):\n    return float(sum(xs)) + 1.0\n"


@dataclasses.dataclass(frozen=True)
class Desk:
    """An instructor's folder, and what is typed there: the exit code, and all that was said."""

    folder: Path
    type: Callable[..., tuple[int, str]]

    def rules(self, more: str = "") -> None:
        (self.folder / "course.toml").write_text(RULES + more, encoding="utf-8")

    def hand_in(self, student: str, second: str, packed: str = "2026-11-01T12:00:00+01:00") -> Path:
        """An archive as `make lab90-submit` packs it: `packed` is in its name and in its manifest."""
        first = (self.folder / "solutions/lab90_numbers/first.py").read_bytes()
        members = {"first.py": first, "second.py": second.encode()}
        members["manifest.json"] = json.dumps({"student": student, "packed": packed, "sha256": {}}).encode()
        name = f"{student}_lab90_{packed[:10].replace('-', '')}-{packed[11:19].replace(':', '')}.zip"
        (self.folder / "submitted").mkdir(exist_ok=True)
        return zipped(self.folder / "submitted" / name, members, folder="lab90/")

    def grade(self, *more: str) -> tuple[int, str]:
        return self.type("grade", "lab90", "submitted", "--sandbox", "none", "--jobs", "1", *more)


@pytest.fixture
def desk(
    small_lab: Lab,
    tmp_path: Path,
    warm_parent: WarmParent,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    """It grades with the warm parent that other tests use, too."""
    for place in ("solutions", "labs"):
        to = tmp_path / place / small_lab.folder.name
        shutil.copytree(small_lab.folder, to, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(manifest, "ROOT", tmp_path)
    monkeypatch.setattr(work, "WarmParent", lambda *_: warm_parent)
    monkeypatch.setattr(WarmParent, "__exit__", lambda *_: None)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> tuple[int, str]:
        work.bench_of.cache_clear()  # a command is a process of its own
        monkeypatch.setattr(sys, "argv", ["grader", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return int(ended.value.code or 0), said.out + said.err

    return Desk(tmp_path, typed)
