"""collect, keys, and grading with signatures, as an instructor types them."""

import csv
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import cli, handin
from grader.batch import batch
from grader.intake.submissions import Listing

Typed = Callable[..., tuple[int, str]]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Typed:
    """Types a command in an empty folder, and gives the exit code and all that was said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")

    def type_it(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["grader", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return type_it


def test_collect_writes_folders_and_a_table_and_says_what_it_could_not_place(typed: Typed, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.writestr("doejane_1_2_warmup.py", "# work")
        archive.writestr("\x1b[2J.txt", "")
        archive.writestr("index.html", "")
    (tmp_path / "roster.csv").write_text("id,name\njd1,Jane Doe\nrr2,Rob Roe\n", encoding="utf-8")
    code, said = typed("collect", "submissions.zip", "--from", "canvas", "--roster", "roster.csv", "--lab", "lab0")
    assert code == 1
    assert (tmp_path / "submitted" / "jd1" / "lab0" / "warmup.py").read_text() == "# work"
    assert "2 things could not be placed:" in said
    assert "index.html could not be placed" in said
    assert "One student's hand-in is in submitted/; who is who is in submitted.csv" in said
    assert "\x1b" not in said
    rows = list(csv.DictReader((tmp_path / "submitted.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["student"] for row in rows] == ["jd1", "rr2"]


def test_the_help_of_collect_lists_the_platforms(typed: Typed) -> None:
    code, said = typed("collect", "--help")
    assert code == 0
    for name in ("blackboard", "canvas", "github", "gradescope", "ilias", "moodle", "teams"):
        assert f"{name} (" in " ".join(said.split())


def test_keys_are_made_once_for_each_student_and_stay_the_same(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("id\nada\nben\n", encoding="utf-8")
    code, said = typed("keys", "roster.csv")
    assert code == 0
    assert "course.key is the course's key: keep it" in said
    assert "2 keys are in keys/<student>/student.key" in said
    assert (tmp_path / "course.key").stat().st_mode & 0o077 == 0
    keys = {path.parent.name: path.read_text() for path in (tmp_path / "keys").glob("*/student.key")}
    assert {name: handin.owner_of(key) for name, key in keys.items()} == {"ada": "ada", "ben": "ben"}
    assert "course's key" not in typed("keys", "roster.csv")[1]
    assert {path.parent.name: path.read_text() for path in (tmp_path / "keys").glob("*/student.key")} == keys
    (tmp_path / "roster.csv").write_text("id\n../eve\n", encoding="utf-8")
    assert typed("keys", "roster.csv")[0] == 2


def test_what_is_nobodys_makes_a_batch_end_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from grader import codes

    nobodys = codes.NOBODYS(file="warmup.py")
    assert batch.Batch(1, 0, [], left_over=[nobodys]).exit_code == 1
    assert batch.Batch(1, 0, [], left_over=[codes.LEFT_BY_TOOLS(names=[".git"])]).exit_code == 0
    assert Listing([], [nobodys]).left == [nobodys]
