"""Folders that a milestone asks for, such as a model's."""

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from grader import codes
from grader.findings import Finding
from grader.intake.archives import Entry
from grader.intake.staging import Staged, stage, take
from grader.lab import Files, Lab, Manifest, Milestone
from tests.handins import Members, in_folder, kinds_of_archives, tarred, zipped
from tests.reading import notes, problems

POLICY = "runs/policy/"
SHARDS = {
    f"{POLICY}config.json": b"{}",
    f"{POLICY}tokenizer/vocab.txt": b"a b c",
    f"{POLICY}model.safetensors": b"w" * 92,
}


@pytest.fixture
def folder_lab(tmp_path: Path) -> Lab:
    """A lab whose milestone is a folder of at most 99 bytes."""
    milestone = Milestone("policy", "The policy", 5, [POLICY], target=1, half=0, max_bytes=99)
    files = Files(code=["agent.py", "losses.py"])
    return Lab(
        tmp_path, Manifest("lab3", "A lab of its own", files, tasks=[], allowed_imports=[], milestones=[milestone])
    )


OWN = {"agent.py": b"# agent", "losses.py": b"# losses"}


@pytest.mark.parametrize("name", kinds_of_archives())
def test_a_folder_is_taken_with_all_below_it(name: str, folder_lab: Lab, tmp_path: Path) -> None:
    around = {"runs/log.txt": b"", "runs/policy.txt": b"", f"old/{POLICY}config.json": b"old"}
    staged = stage(kinds_of_archives()[name](tmp_path / name, {**OWN, **SHARDS, **around}), folder_lab)
    assert staged.files == {**OWN, **SHARDS}
    assert problems(staged) == []
    assert len(notes(staged)) == len(around)


@pytest.mark.parametrize("name", kinds_of_archives())
def test_a_folder_with_more_bytes_than_allowed_altogether_is_not_taken(
    name: str, folder_lab: Lab, tmp_path: Path
) -> None:
    more = {f"{POLICY}extra.txt": b"."}
    staged = stage(kinds_of_archives()[name](tmp_path / name, {**OWN, **SHARDS, **more}), folder_lab)
    assert staged.files == OWN
    assert problems(staged) == ["runs/policy/ has 100 bytes; 99 are allowed: it was not taken"]
    assert staged.too_large == {POLICY: codes.NOT_TAKEN(file=POLICY, bytes=100, allowed=99)}


def test_sizes_without_end_are_a_finding_that_can_be_written_down(folder_lab: Lab) -> None:
    def unread() -> bytes:
        raise AssertionError("it is too large to be read")

    entries = [Entry(PurePosixPath(f"{POLICY}{n}"), 2**64 - 1, unread) for n in range(9)]
    entries += [Entry(PurePosixPath(name), len(data), lambda data=data: data) for name, data in OWN.items()]
    staged = take(entries, folder_lab)
    assert staged.files == OWN
    assert problems(staged) == [f"{POLICY} has {9 * (2**64 - 1):,} bytes; 99 are allowed: it was not taken"]
    assert msgspec.json.decode(msgspec.json.encode(staged.findings), type=list[Finding]) == staged.findings


def test_a_folder_of_many_files_counts_as_one_of_what_is_wanted(folder_lab: Lab, tmp_path: Path) -> None:
    old = {f"old/{POLICY}{n}.txt": b"" for n in range(50)}
    assert stage(zipped(tmp_path / "a.zip", {**OWN, **old}), folder_lab).files == OWN


def test_a_file_called_like_the_folder_is_not_it(folder_lab: Lab, tmp_path: Path) -> None:
    staged = stage(in_folder(tmp_path / "work", {**OWN, "runs/policy": b"a file"}), folder_lab)
    assert (staged.files, notes(staged)) == (OWN, ["not in lab.toml, ignored: runs/policy"])


def test_links_in_a_folder_are_not_followed(folder_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"SECRET")
    source = in_folder(tmp_path / "work", {**OWN, **SHARDS})
    (source / POLICY / "stolen.txt").symlink_to(tmp_path / "secret")
    staged = stage(source, folder_lab)
    assert staged.files == {**OWN, **SHARDS}
    assert problems(staged) == ["refused: runs/policy/stolen.txt is a link or no regular file"]


@pytest.mark.parametrize("make", [zipped, tarred])
def test_what_is_taken_of_a_folder_can_be_written_down_again(
    make: Callable[[Path, Members], Path], folder_lab: Lab, tmp_path: Path
) -> None:
    """An archive may have a file where another file needs a folder, and names that no disk takes."""
    bad = (f"{POLICY}{'n' * 300}", f"{POLICY}new\nline", f"{POLICY}\u202egnp")
    clash = {f"{POLICY}a": b"1", f"{POLICY}a/b": b"2"}
    source = make(tmp_path / ("a.zip" if make is zipped else "a.tar"), {**OWN, **clash})
    staged = stage(source, folder_lab)
    assert staged.files == {**OWN, f"{POLICY}a": b"1"}
    assert problems(staged) == ["runs/policy/ is in it more than once; the last one counts"]
    source.unlink()
    staged = stage(make(source, {**OWN, **dict.fromkeys(bad, b"")}), folder_lab)
    assert staged.files == OWN
    assert len(problems(staged)) == len(bad)
    assert all("has a name that is too long or cannot be printed" in problem for problem in problems(staged))


def test_a_name_that_is_no_text_is_refused_in_a_folder(folder_lab: Lab, tmp_path: Path) -> None:
    source = in_folder(tmp_path / "work", {**OWN, **SHARDS})
    Path(os.fsdecode(os.fsencode(source / POLICY) + b"/latin-\xfc.txt")).write_bytes(b"")
    staged = stage(source, folder_lab)
    assert staged.files == {**OWN, **SHARDS}
    assert len(problems(staged)) == 1
    assert staged.digest() == Staged({**OWN, **SHARDS}, []).digest()
