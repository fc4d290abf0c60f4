"""Submissions of which something is missing, broken or too large."""

import os
import shutil
from pathlib import Path

import pytest

from grader.intake.archives import NothingUsable
from grader.intake.staging import stage
from grader.lab import Lab
from tests.handins import CODE, WEIGHTS, in_folder, kinds_of_archives, tarred, truncated, zipped
from tests.reading import problems


def test_missing_files_are_named_for_a_person(lab3: Lab, tmp_path: Path) -> None:
    staged = stage(in_folder(tmp_path / "folder", {"losses.py": b"", "Returns.py": b""}), lab3)
    assert staged.files == {"losses.py": b""}
    assert problems(staged) == ["returns.py is missing", "agent.py is missing", "quiz.json is missing"]


def test_an_empty_folder_or_archive_is_unusable(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "folder" / "empty").mkdir(parents=True)
    for source in (tmp_path / "folder", zipped(tmp_path / "a.zip", {}), tarred(tmp_path / "a.tar", {})):
        with pytest.raises(NothingUsable, match="nothing in it"):
            stage(source, lab3)


BIG = {name: os.urandom(20_000) if name.endswith(".py") else data for name, data in CODE.items()}


@pytest.mark.parametrize("name", [name for name in kinds_of_archives() if name != "folder"])
def test_broken_archives_are_unusable_in_words(name: str, lab3: Lab, tmp_path: Path) -> None:
    make = kinds_of_archives()[name]
    (tmp_path / f"empty-{name}").write_bytes(b"")
    (tmp_path / f"noise-{name}").write_bytes(b"PK\x03\x04 this is no archive" * 100)
    (tmp_path / f"bomb-{name}").write_bytes(b"\x1f\x8b\x08" + b"\xff" * 3000)
    sources = [tmp_path / f"{kind}-{name}" for kind in ("empty", "noise", "bomb")]
    sources += [truncated(make(tmp_path / f"cut{share}-{name}", BIG), share) for share in (0.2, 0.5)]
    for source in sources:
        with pytest.raises(NothingUsable, match=r"cannot be read|ends too early|none of|nothing in it"):
            stage(source, lab3)


def test_a_message_names_the_archive_but_not_where_it_lies(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "ada.zip").write_bytes(b"no zip")
    with pytest.raises(NothingUsable) as raised:
        stage(tmp_path / "ada.zip", lab3)
    assert str(raised.value).startswith("nothing could be taken from it: ada.zip cannot be read: ")
    assert str(tmp_path) not in str(raised.value)


@pytest.mark.parametrize("name", ["ada.rar", "ada.7z"])
def test_archives_that_nobody_can_read_here_are_said_to_be_so(name: str, lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"Rar!\x1a\x07\x01\x00" * 100)
    with pytest.raises(NothingUsable, match=f"{name} cannot be read: hand in a .zip"):
        stage(tmp_path / name, lab3)


def test_an_encrypted_zip_is_unusable(lab3: Lab, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", CODE)
    data = bytearray(path.read_bytes())
    place = data.find(b"PK\x01\x02")
    while place >= 0:  # the flag of encryption in every entry of the directory
        data[place + 8] |= 1
        place = data.find(b"PK\x01\x02", place + 4)
    path.write_bytes(data)
    with pytest.raises(NothingUsable, match="encrypted"):
        stage(path, lab3)


@pytest.mark.parametrize("name", kinds_of_archives())
def test_a_file_larger_than_the_lab_allows_is_not_taken(name: str, lab3: Lab, tmp_path: Path) -> None:
    code_limit, weights_limit = lab3.manifest.files.max_bytes, lab3.manifest.milestones[0].max_bytes
    members = {**CODE, "losses.py": b"#" * (code_limit + 1), WEIGHTS: b"\0" * (weights_limit + 1)}
    staged = stage(kinds_of_archives()[name](tmp_path / name, members), lab3)
    assert set(staged.files) == {"returns.py", "agent.py", "quiz.json"}
    assert f"losses.py has {code_limit + 1:,} bytes; {code_limit:,} are allowed: it was not taken" in problems(staged)
    assert f"{WEIGHTS} has {weights_limit + 1:,} bytes; {weights_limit:,} are allowed: it was not taken" in (
        problems(staged)
    )
    members = {**CODE, "losses.py": b"#" * code_limit, WEIGHTS: b"\0" * weights_limit}
    shutil.rmtree(tmp_path / name, ignore_errors=True)
    assert stage(kinds_of_archives()[name](tmp_path / name, members), lab3).files == members


def test_why_nothing_was_taken_is_said_where_all_was_too_large(lab0: Lab, tmp_path: Path) -> None:
    source = in_folder(tmp_path / "folder", {"warmup.py": b"#" * (lab0.manifest.files.max_bytes + 1)})
    with pytest.raises(NothingUsable, match=r"none of warmup\.py is in it") as raised:
        stage(source, lab0)
    assert problems(raised.value)[1:] == ["warmup.py has 1,000,001 bytes; 1,000,000 are allowed: it was not taken"]
