"""What is taken from a submission, whatever it is: folders, zips and tars; and what is said of the rest."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader import codes
from grader.findings import Finding
from grader.intake import archives, staging
from grader.intake.archives import NothingUsable
from grader.intake.sources import Unreadable
from grader.intake.staging import Staged, stage
from grader.intake.submissions import find_submissions
from grader.lab import Lab
from grader.student.submit import pack
from tests.handins import CODE, NASTY, WEIGHTS, Members, in_folder, kinds_of_archives, state_of, tarred, zipped
from tests.reading import notes, problems


@pytest.mark.parametrize("name", kinds_of_archives())
def test_what_the_lab_asks_for_is_taken_from_every_kind_of_submission(name: str, lab3: Lab, tmp_path: Path) -> None:
    members = {**CODE, WEIGHTS: b"weights", "notes.txt": b"for me", "algorithms.py": b"given, not handed in"}
    source = kinds_of_archives()[name](tmp_path / name, members)
    before = state_of(tmp_path)
    staged = stage(source, lab3)
    assert state_of(tmp_path) == before
    assert staged.files == {**CODE, WEIGHTS: b"weights"}
    assert problems(staged) == []
    ignored = {note.removeprefix("not in lab.toml, ignored: ").removeprefix("lab3/") for note in notes(staged)}
    assert ignored == {"notes.txt", "algorithms.py"}


@pytest.mark.parametrize("wrapper", ["", "lab3/", "lab3_policy_gradient/", "Final Version (2)/lab3/", "a/b/c/d/"])
def test_a_wrapper_folder_is_no_obstacle(wrapper: str, lab3: Lab, tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {**CODE, WEIGHTS: b"weights"}, folder=wrapper)
    assert stage(source, lab3) == Staged({**CODE, WEIGHTS: b"weights"}, [])


def test_what_operating_systems_add_is_neither_taken_nor_mentioned(lab3: Lab, tmp_path: Path) -> None:
    clutter = dict.fromkeys(
        ("__MACOSX/lab3/._returns.py", ".DS_Store", "lab3/._losses.py", "lab3/__pycache__/returns.cpython-311.pyc",
         "lab3/.ipynb_checkpoints/returns.py", "lab3/.git/config"),
        b"clutter",
    )  # fmt: skip
    source = zipped(tmp_path / "a.zip", {**{f"lab3/{name}": data for name, data in CODE.items()}, **clutter}, folder="")
    assert stage(source, lab3) == Staged(CODE, [])


@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_file_may_be_larger_than_all_that_lists_an_archive(
    make: Callable[[Path, Members], Path], lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ZIP_LISTING_BYTES", "TAR_LISTING_BYTES"):
        monkeypatch.setattr(archives, name, 100_000)
    members = {**CODE, WEIGHTS: os.urandom(300_000)}
    assert stage(make(tmp_path / ("a.zip" if make is zipped else "a.tar"), members), lab3).files == members


def test_names_packed_on_windows_are_paths(lab3: Lab, tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {**CODE, WEIGHTS.replace("/", "\\"): b"weights"}, folder="lab3\\")
    assert stage(source, lab3).files == {**CODE, WEIGHTS: b"weights"}


def test_a_tar_that_was_unpacked_on_the_way_is_still_read(lab3: Lab, tmp_path: Path) -> None:
    """Browsers unpack .tar.gz and keep the name."""
    assert stage(tarred(tmp_path / "a.tar.gz", CODE), lab3).files == CODE


def test_the_labs_own_folder_counts_and_not_another_labs_with_files_of_the_same_names(
    lab3: Lab, tmp_path: Path
) -> None:
    own = {"lab3/returns.py": b"mine", "lab3/losses.py": b"mine"}
    others = {f"lab{n}/{name}": b"another lab's" for n in (2, 4, 30) for name in CODE}
    staged = stage(zipped(tmp_path / "a.zip", {**others, **own}, folder="all/"), lab3)
    assert staged.files == {"returns.py": b"mine", "losses.py": b"mine"}
    assert problems(staged) == ["agent.py is missing", "quiz.json is missing"]
    with pytest.raises(NothingUsable, match=r"none of returns\.py, losses\.py, agent\.py, quiz\.json is in it"):
        stage(zipped(tmp_path / "b.zip", others, folder="all/"), lab3)


def test_the_folder_that_holds_most_is_taken_and_the_topmost_of_equals(lab3: Lab, tmp_path: Path) -> None:
    stale = {f"old/{name}": b"old" for name in list(CODE)[:2]}
    assert stage(zipped(tmp_path / "a.zip", {**CODE, **stale}, folder=""), lab3).files == CODE
    copy = {f"backup/{name}": b"old" for name in CODE}
    staged = stage(zipped(tmp_path / "b.zip", {**copy, **CODE}, folder=""), lab3)
    assert staged.files == CODE
    assert len([note for note in notes(staged) if "backup/" in note]) == len(CODE)


def test_duplicates_of_one_file_do_not_outweigh_a_whole_folder(lab3: Lab, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", CODE, folder="work/")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        for _ in range(9):
            archive.writestr("trash/returns.py", b"old")
    assert stage(path, lab3).files == CODE


def test_everything_ignored_is_listed_or_counted(lab3: Lab, tmp_path: Path) -> None:
    extra = {f"extra{n}.txt": b"" for n in range(12)}
    said = notes(stage(in_folder(tmp_path / "folder", {**CODE, **extra}), lab3))
    assert [note for note in said if "ignored: extra" in note] == said[:-1]
    assert len(said) == staging.LISTED + 1
    assert said[-1] == f"and {12 - staging.LISTED} more files ignored"


def test_the_digest_is_one_of_what_was_taken_and_of_nothing_else(lab3: Lab, tmp_path: Path) -> None:
    one = stage(zipped(tmp_path / "a.zip", {**CODE, "notes.txt": b"1"}), lab3).digest()
    assert stage(in_folder(tmp_path / "folder", {**CODE, "other.txt": b"2"}), lab3).digest() == one
    assert stage(zipped(tmp_path / "b.zip", {**CODE, "agent.py": b"# agent!"}), lab3).digest() != one
    assert stage(zipped(tmp_path / "c.zip", {**CODE, WEIGHTS: b""}), lab3).digest() != one


# --- findings ---------------------------------------------------------------------------------------------------------


def test_findings_are_the_same_when_they_are_read_again(lab3: Lab, tmp_path: Path) -> None:
    """An unchanged submission is known by them, too."""
    members = {**dict.fromkeys(NASTY, b""), "losses.py": b"", "manifest.json": b"{", "../agent.py": b""}
    staged = stage(zipped(tmp_path / "a.zip", {**members, "agent.py": bytes(2_000_000)}), lab3)
    (tmp_path / "b.zip").write_bytes(b"no zip")
    with pytest.raises(NothingUsable) as unusable:
        stage(tmp_path / "b.zip", lab3)
    with pytest.raises(Unreadable) as unreadable:
        stage(tmp_path / "gone.zip", lab3)
    several = in_folder(tmp_path / "submitted" / "ada", {f"{n}.zip": b"" for n in range(9)}).parent
    [submission] = find_submissions(several, lab3).submissions
    found = [*staged.findings, *unusable.value.findings, unreadable.value.finding, *submission.findings]
    assert {codes.NOT_TAKEN.name, codes.REFUSED_PATH.name, codes.IGNORED.name, codes.MANIFEST_UNREADABLE.name} < {
        finding.code for finding in staged.findings
    }
    assert codes.UNREADABLE.made(unreadable.value.finding)
    assert codes.ARCHIVE_BROKEN.made(unusable.value.finding.values["why"])
    assert msgspec.json.decode(msgspec.json.encode(found), type=list[Finding]) == found


# --- the student's manifest -------------------------------------------------------------------------------------------


def manifest_of(members: Members, **changes: str) -> bytes:
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    return json.dumps({"sha256": {**hashes, **changes}}).encode()


def test_what_make_submit_packs_is_staged_without_a_word(lab3: Lab, tmp_path: Path) -> None:
    folder = in_folder(tmp_path / "work", {**CODE, WEIGHTS: b"weights"})
    archive, names = pack(Lab(folder, lab3.manifest), "ada", tmp_path / "out")
    assert stage(archive, lab3) == Staged({name: (folder / name).read_bytes() for name in names}, [])


def test_a_file_changed_after_it_was_packed_is_noted(lab3: Lab, tmp_path: Path) -> None:
    members = {**CODE, "manifest.json": manifest_of(CODE, **{"losses.py": "0" * 64})}
    staged = stage(zipped(tmp_path / "a.zip", members), lab3)
    assert notes(staged) == ["losses.py was changed after it was packed (manifest.json has another hash)"]
    assert staged.files == CODE, "the file counts all the same, and the manifest is no part of it"


@pytest.mark.parametrize(
    "manifest", [b"", b"{", b"[]", b"3", b"{}", b'{"sha256": []}', b'{"sha256": null}', b"\xff", b"[" * 100_000]
)
def test_a_manifest_that_cannot_be_read_is_noted(manifest: bytes, lab3: Lab, tmp_path: Path) -> None:
    staged = stage(zipped(tmp_path / "a.zip", {**CODE, "manifest.json": manifest}), lab3)
    assert (staged.files, notes(staged)) == (CODE, ["manifest.json cannot be read"])
