"""The folder that JPlag and Dolos read: what is in it, what is not, and what is said of hand-ins made to do harm."""

import csv
import stat
import zipfile
from pathlib import Path

import pytest

from grader import codes
from grader.author.skeleton import cut
from grader.errors import Refused
from grader.findings import Finding
from grader.intake.archives import MAX_ARCHIVE_BYTES
from grader.lab import Lab
from grader.languages import say
from grader.similarity.folder import Folder, write_folder
from tests.handins import WEIGHTS, in_folder, zipped

CODE = {"returns.py": b"def f():\n    return 1\n", "losses.py": b"x = 2\n", "agent.py": b"y = 3\n", "quiz.json": b"{}"}


def written(lab: Lab, tmp_path: Path, blind: bool = False) -> Folder:
    return write_folder(lab, tmp_path / "submitted", tmp_path / "similar", "what to type\n", blind)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def said(folder: Folder) -> list[str]:
    return [f"{student}: {say(finding)}" for student, finding in folder.problems]


def test_a_student_has_a_folder_with_the_code_alone_and_the_skeleton_is_the_base(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "submitted" / "ada" / "lab3", {**CODE, WEIGHTS: b"weights", "notes.txt": b"mine"})
    zipped(tmp_path / "submitted" / "ben.zip", CODE)
    folder = written(lab3, tmp_path)
    there = files_in(tmp_path / "similar")
    code = [name for name in CODE if name.endswith(".py")]
    assert there.keys() == {
        *(f"students/{student}/{name}" for student in ("ada", "ben") for name in code),
        *(f"base/{name}" for name in code),
        *("info-returns.csv", "info-losses.csv", "info-agent.csv", "README.md"),
    }
    assert there["students/ben/returns.py"] == CODE["returns.py"]
    assert there["base/losses.py"].decode() == cut(lab3.path("losses.py").read_text(encoding="utf-8"), "losses.py")
    assert b"SOLUTION" not in b"".join(there.values())
    assert list(csv.DictReader(there["info-agent.csv"].decode().splitlines())) == [
        {"filename": "students/ada/agent.py", "label": "ada"},
        {"filename": "students/ben/agent.py", "label": "ben"},
    ]
    assert folder.is_whole
    assert folder.names == {"ada": "ada", "ben": "ben"}


def test_pseudonyms_tell_no_name_and_who_is_who_lies_beside_for_its_owner_alone(lab3: Lab, tmp_path: Path) -> None:
    students = [f"student{number}" for number in range(12)]
    for number, student in enumerate(students):
        in_folder(tmp_path / "submitted" / student, {**CODE, "agent.py": b"y = %d\n" % number})
    folder = written(lab3, tmp_path, blind=True)
    there = files_in(tmp_path / "similar")
    assert not any("student1" in name.replace("students/", "") for name in there)
    assert b"student1" not in b"".join(there.values())
    assert sorted(folder.names.values()) == [f"s{number:02}" for number in range(1, 13)]
    assert folder.names_file == tmp_path / "similar-names.csv"
    assert stat.S_IMODE(folder.names_file.stat().st_mode) == 0o600
    rows = list(csv.DictReader(folder.names_file.read_text(encoding="utf-8").splitlines()))
    assert {row["student"]: row["folder"] for row in rows} == folder.names
    for number, student in enumerate(students):
        assert there[f"students/{folder.names[student]}/agent.py"] == b"y = %d\n" % number


def test_the_names_of_an_earlier_folder_are_never_overwritten(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "submitted" / "ada", CODE)
    (tmp_path / "similar-names.csv").write_text("folder,student\ns1,kim\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"may be all that tells the names of an earlier folder"):
        written(lab3, tmp_path, blind=True)
    assert "kim" in (tmp_path / "similar-names.csv").read_text(encoding="utf-8")


def test_hostile_hand_ins_are_named_and_hurt_nobody_else(lab3: Lab, tmp_path: Path) -> None:
    submitted = tmp_path / "submitted"
    in_folder(submitted / "ada", CODE)
    secret = in_folder(tmp_path / "elsewhere", {"secret.py": b"SECRET"}) / "secret.py"
    in_folder(submitted / "link", {name: CODE[name] for name in ("losses.py", "agent.py", "quiz.json")})
    (submitted / "link" / "returns.py").symlink_to(secret)
    (submitted / "linked").symlink_to(submitted / "ada", target_is_directory=True)
    with (submitted / "huge.zip").open("wb") as file:
        file.truncate(MAX_ARCHIVE_BYTES + 1)
    with zipfile.ZipFile(submitted / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("returns.py", bytes(50_000_000))
        archive.writestr("../../losses.py", b"out = 1")
    (submitted / "broken.zip").write_bytes(b"PK nothing")
    in_folder(submitted / "syntax", {**CODE, "agent.py": b"def f(:\n"})
    in_folder(submitted / "utf16", {**CODE, "agent.py": "x = 1\n".encode("utf-16")})
    in_folder(submitted / "quizzer", {"quiz.json": b"{}"})
    folder = written(lab3, tmp_path)
    assert folder.names.keys() == {"ada", "link", "syntax", "utf16"}
    assert not folder.is_whole
    there = files_in(tmp_path / "similar")
    assert b"SECRET" not in b"".join(there.values())
    assert there["students/syntax/agent.py"] == b"def f(:\n"
    assert not (tmp_path / "losses.py").exists()
    told = "\n".join(said(folder))
    for sentence in (
        "huge: nothing could be taken from it: huge.zip has 100,000,001 bytes; 100,000,000 are allowed",
        "link: refused: returns.py is a link or no regular file",
        "linked: nothing could be taken from it: linked is a link; hand in the files themselves",
        "bomb: returns.py has 50,000,000 bytes; 1,000,000 are allowed: it was not taken",
        "bomb: refused: ../../losses.py lies outside of the folder",
        "broken: nothing could be taken from it: broken.zip cannot be read",
        "syntax: a tool may leave this student out: agent.py, line 1: ",
        "utf16: a tool may leave this student out: agent.py ",
        "quizzer: nothing could be taken from it: none of returns.py, losses.py, agent.py is in it",
    ):
        assert sentence in told
    assert "ada:" not in told


def test_files_that_are_not_compared_are_not_missed(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "submitted" / "ada", {name: data for name, data in CODE.items() if name.endswith(".py")})
    assert said(written(lab3, tmp_path)) == []


def test_a_name_that_no_folder_can_have_is_said_and_a_pseudonym_takes_its_place(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "submitted" / ".hidden" / "lab3", CODE)
    in_folder(tmp_path / "submitted" / "=1+1", CODE)
    folder = written(lab3, tmp_path)
    assert folder.names == {"=1+1": "=1+1"}
    assert said(folder) == [
        ".hidden: no folder can have this name (it begins with a dot): rename what was handed in, or use --blind"
    ]
    assert "students/=1+1/agent.py,'=1+1" in (tmp_path / "similar" / "info-agent.csv").read_text()
    blind = write_folder(lab3, tmp_path / "submitted", tmp_path / "second", "", blind=True)
    assert blind.names.keys() == {".hidden", "=1+1"}


def test_two_names_of_one_folder_on_this_disk_are_told_apart_or_said(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that does not tell "Ada" from "ada" is played by giving both one name."""
    for student in ("Ada", "ada"):
        in_folder(tmp_path / "submitted" / student, CODE)
    monkeypatch.setattr("grader.similarity.folder._names", lambda *_: ({"Ada": "ada", "ada": "ada"}, []))
    folder = written(lab3, tmp_path)
    assert folder.names == {"Ada": "ada"}
    reasons: list[Finding] = [finding for student, finding in folder.problems if student == "ada"]
    assert codes.NO_FOLDER_FOR_CODE(why=codes.NAMES_ALIKE()) in reasons


def test_nothing_that_is_there_is_overwritten_or_taken_for_a_submission(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "submitted" / "ada", CODE)
    in_folder(tmp_path / "similar", {"mine.txt": b"mine"})
    with pytest.raises(Refused, match="is there already and is not empty") as raised:
        written(lab3, tmp_path)
    assert raised.value.exit_code == 2
    assert files_in(tmp_path / "similar") == {"mine.txt": b"mine"}
    with pytest.raises(Refused, match="the next run would take it for submissions"):
        write_folder(lab3, tmp_path / "submitted", tmp_path / "submitted" / "similar", "")


def test_a_folder_that_cannot_be_written_is_said_with_code_3(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "submitted" / "ada", CODE)
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Refused, match="could not be written") as raised:
        write_folder(lab3, tmp_path / "submitted", tmp_path / "file" / "similar", "")
    assert raised.value.exit_code == 3
