"""What is taken from a submission, whatever it is: folders, zips and tars, honest, broken, or made to do harm."""

import bz2
import errno
import functools
import gzip
import hashlib
import io
import json
import lzma
import os
import shutil
import socket
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.intake import archives, sources, staging
from grader.intake.archives import Entry, NothingUsable
from grader.intake.sources import Unreadable
from grader.intake.staging import Staged, stage, take
from grader.intake.submissions import Submission, find_submissions
from grader.lab import Files, Lab, Manifest, Milestone
from grader.student.submit import pack
from tests.reading import notes, problems

CODE = {"returns.py": b"# returns", "losses.py": b"# losses", "agent.py": b"# agent", "quiz.json": b"{}"}
WEIGHTS = "runs/reinforce.safetensors"
Members = dict[str, bytes]


def zipped(path: Path, members: Members, folder: str = "lab3/") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(folder + name, data)
    return path


def tarred(path: Path, members: Members, folder: str = "lab3/", mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            add_to_tar(archive, folder + name, data)
    return path


def add_to_tar(archive: tarfile.TarFile, name: str, data: bytes = b"", **fields: object) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    for field, value in fields.items():
        setattr(member, field, value)
    archive.addfile(member, io.BytesIO(data))


def in_folder(path: Path, members: Members) -> Path:
    for name, data in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def kinds_of_archives() -> dict[str, Callable[[Path, Members], Path]]:
    return {
        "a.zip": zipped,
        "a.tar": tarred,
        "a.tar.gz": lambda path, members: tarred(path, members, mode="w:gz"),
        "a.tgz": lambda path, members: tarred(path, members, mode="w:gz"),
        "a.tar.bz2": lambda path, members: tarred(path, members, mode="w:bz2"),
        "a.tar.xz": lambda path, members: tarred(path, members, mode="w:xz"),
        "folder": in_folder,
    }


def everything_said(staged: Staged) -> str:
    return "\n".join([*notes(staged), *problems(staged)])


def state_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every path below, with what changes when it is written to."""
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns, path.lstat().st_mode) for path in folder.rglob("*")
    }


@pytest.fixture(autouse=True)
def nothing_is_written(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Staging only reads: every test of this file fails that leaves a file around where it ran, or a temporary one."""
    surroundings = tmp_path_factory.mktemp("surroundings")
    working, temporary = surroundings / "a" / "b" / "working", surroundings / "temporary"
    working.mkdir(parents=True)
    temporary.mkdir()
    monkeypatch.chdir(working)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = state_of(surroundings)
    yield
    assert state_of(surroundings) == before


# --- honest submissions ----------------------------------------------------------------------------------------------


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


# --- folders that milestones ask for ----------------------------------------------------------------------------------

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
    [submission] = find_submissions(several, lab3)
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


# --- missing, broken, too large --------------------------------------------------------------------------------------


def test_missing_files_are_named_for_a_person(lab3: Lab, tmp_path: Path) -> None:
    staged = stage(in_folder(tmp_path / "folder", {"losses.py": b"", "Returns.py": b""}), lab3)
    assert staged.files == {"losses.py": b""}
    assert problems(staged) == ["returns.py is missing", "agent.py is missing", "quiz.json is missing"]


def test_an_empty_folder_or_archive_is_unusable(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "folder" / "empty").mkdir(parents=True)
    for source in (tmp_path / "folder", zipped(tmp_path / "a.zip", {}), tarred(tmp_path / "a.tar", {})):
        with pytest.raises(NothingUsable, match="nothing in it"):
            stage(source, lab3)


def truncated(path: Path, share: float) -> Path:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


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


# --- made to do harm -------------------------------------------------------------------------------------------------


def test_an_archive_larger_than_allowed_is_not_opened(lab3: Lab, tmp_path: Path) -> None:
    for name in ("a.zip", "a.tar"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(archives.MAX_ARCHIVE_BYTES + 1)
        with pytest.raises(NothingUsable, match="are allowed"):
            stage(tmp_path / name, lab3)


def test_a_zip_that_inflates_without_end_is_read_no_further_than_allowed(lab3: Lab, tmp_path: Path) -> None:
    """A file of 200 kB holds 200 MB; and another says it is small."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in CODE:
            with archive.open(f"lab3/{name}", "w") as file:
                for _ in range(50):
                    file.write(bytes(1_000_000))
    assert path.stat().st_size < 300_000
    with pytest.raises(NothingUsable) as raised:
        stage(path, lab3)
    assert len(problems(raised.value)) == 1 + len(CODE)
    assert all("50,000,000 bytes; 1,000,000 are allowed" in problem for problem in problems(raised.value)[1:])
    data = path.read_bytes().replace(struct.pack("<I", 50_000_000), struct.pack("<I", 1000))
    path.write_bytes(data)
    with pytest.raises(NothingUsable):
        stage(path, lab3)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_of_zip_that_unpack_without_bounds_are_refused(method: int, lab3: Lab, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", CODE)
    with zipfile.ZipFile(path, "a", method) as archive:
        archive.writestr(f"lab3/{WEIGHTS}", b"weights")
    staged = stage(path, lab3)
    assert staged.files == CODE
    assert problems(staged) == [f"refused: lab3/{WEIGHTS} is packed with another method than deflate"]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_that_unpacks_to_too_much_is_unusable(
    compress: Callable[[bytes], bytes], lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is that of an unwanted member, or of a header that tarfile would read whole."""
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 3_000_000)
    member, header = io.BytesIO(), tarfile.TarInfo("lab3/film.mp4")
    header.size = 4_000_000
    with tarfile.open(fileobj=member, mode="w") as archive:
        archive.addfile(header, io.BytesIO(bytes(header.size)))
    header.type = tarfile.GNUTYPE_LONGNAME
    for data in (member.getvalue(), header.tobuf() + bytes(header.size)):
        path = tmp_path / "a.tar.gz"
        path.write_bytes(compress(data))
        assert path.stat().st_size < 10_000
        with pytest.raises(NothingUsable, match="unpacks to more than 3,000,000 bytes"):
            stage(path, lab3)


@pytest.mark.parametrize("type_", [tarfile.REGTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.GNUTYPE_SPARSE])
@pytest.mark.parametrize("size", [2**40, 2**62, 2**63, 2**80])
def test_a_tar_header_that_promises_too_much_costs_nothing(size: int, type_: bytes, lab3: Lab, tmp_path: Path) -> None:
    header = tarfile.TarInfo("lab3/returns.py")
    header.size, header.type = size, type_
    (tmp_path / "a.tar").write_bytes(header.tobuf() + bytes(2048))
    with pytest.raises(NothingUsable):
        stage(tmp_path / "a.tar", lab3)


def test_too_many_entries_are_unusable(lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (archives, sources):
        monkeypatch.setattr(module, "MAX_ENTRIES", 20)
    for name, make in kinds_of_archives().items():
        assert stage(make(tmp_path / name, {**CODE, **{f"{n}": b"" for n in range(16)}}), lab3).files == CODE
        with pytest.raises(NothingUsable, match="more than 20 files"):
            stage(make(tmp_path / f"more-{name}", {**CODE, **{f"{n}": b"" for n in range(17)}}), lab3)


def test_links_and_special_files_of_a_tar_are_refused(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_bytes(b"SECRET")
    path = tarred(tmp_path / "a.tar", {"agent.py": b"# agent", "quiz.json": b"{}"})
    with tarfile.open(path, "a") as archive:
        add_to_tar(archive, "lab3/returns.py", type=tarfile.SYMTYPE, linkname=str(tmp_path / "secret.py"))
        add_to_tar(archive, "lab3/losses.py", type=tarfile.LNKTYPE, linkname="lab3/agent.py")
        add_to_tar(archive, "lab3/device", type=tarfile.CHRTYPE, devmajor=1, devminor=5)
        add_to_tar(archive, "lab3/block", type=tarfile.BLKTYPE)
        add_to_tar(archive, "lab3/pipe", type=tarfile.FIFOTYPE)
    staged = stage(path, lab3)
    assert staged.files == {"agent.py": b"# agent", "quiz.json": b"{}"}
    refused = [problem for problem in problems(staged) if problem.startswith("refused: ")]
    assert refused == [
        f"refused: lab3/{name} is a link or no regular file"
        for name in ("returns.py", "losses.py", "device", "block", "pipe")
    ]
    assert "returns.py is missing" in problems(staged)


def test_links_of_a_zip_are_refused(lab3: Lab, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {name: CODE[name] for name in CODE if name != "returns.py"})
    with zipfile.ZipFile(path, "a") as archive:
        for name, kind in (("lab3/returns.py", 0o120777), ("lab3/pipe", 0o010644), ("lab3/device", 0o020644)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, kind << 16
            archive.writestr(info, "/etc/passwd")
    staged = stage(path, lab3)
    assert "returns.py" not in staged.files
    assert [problem for problem in problems(staged) if problem.startswith("refused: ")] == [
        f"refused: lab3/{name} is a link or no regular file" for name in ("returns.py", "pipe", "device")
    ]


def test_links_and_special_files_of_a_folder_are_refused_and_never_followed(lab3: Lab, tmp_path: Path) -> None:
    others = in_folder(tmp_path / "bob", CODE)
    mine = in_folder(tmp_path / "alice", {"quiz.json": b"{}"})
    (mine / "returns.py").symlink_to(others / "returns.py")
    (mine / "agent.py").symlink_to("nowhere")
    (mine / "stolen").symlink_to(others, target_is_directory=True)
    (mine / "runs").symlink_to(mine, target_is_directory=True)
    os.mkfifo(mine / "losses.py")  # reading it would wait for ever
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(mine / "socket"))
        staged = stage(mine, lab3)
    assert staged.files == {"quiz.json": b"{}"}
    refused = {problem.split()[1] for problem in problems(staged) if problem.startswith("refused: ")}
    assert len(refused) == staging.LISTED
    assert refused < {"returns.py", "agent.py", "stolen", "runs", "losses.py", "socket"}
    assert "and 1 more refused" in problems(staged)


def test_why_nothing_was_taken_is_said_where_all_were_links(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in CODE:
        (tmp_path / "folder" / name).symlink_to("/etc/hostname")
    with pytest.raises(NothingUsable, match=r"none of .* is in it") as raised:
        stage(tmp_path / "folder", lab3)
    assert problems(raised.value)[1:] == [f"refused: {name} is a link or no regular file" for name in sorted(CODE)]


def test_a_submission_that_is_a_link_or_no_file_itself_is_refused(lab3: Lab, tmp_path: Path) -> None:
    zipped(tmp_path / "bob.zip", CODE)
    (tmp_path / "alice.zip").symlink_to(tmp_path / "bob.zip")
    (tmp_path / "carol").symlink_to(in_folder(tmp_path / "dave", CODE), target_is_directory=True)
    os.mkfifo(tmp_path / "pipe.zip")
    for name in ("alice.zip", "carol"):
        with pytest.raises(NothingUsable, match=f"{name} is a link; hand in the files themselves"):
            stage(tmp_path / name, lab3)
    with pytest.raises(NothingUsable, match=r"pipe\.zip is neither a file nor a folder"):
        stage(tmp_path / "pipe.zip", lab3)


LEAVING = ("/etc/cron.d/returns.py", "../returns.py", "lab3/../../losses.py", "..\\agent.py", "C:\\agent.py", "//h/s/q")
WRITTEN = [name.replace("\\", "/") for name in LEAVING]


def test_paths_that_leave_the_folder_are_refused_in_a_zip(lab3: Lab, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", dict.fromkeys(LEAVING[:4], b"evil"), folder="")
    with pytest.raises(NothingUsable, match=r"none of .* is in it") as raised:
        stage(path, lab3)
    assert problems(raised.value)[1:] == [f"refused: {name} lies outside of the folder" for name in WRITTEN[:4]]
    path = zipped(tmp_path / "b.zip", dict.fromkeys(LEAVING, b"evil"), folder="")
    with zipfile.ZipFile(path, "a") as archive:
        for name, data in CODE.items():
            archive.writestr(name, data)
    staged = stage(path, lab3)
    assert staged.files == CODE
    assert not Path("/etc/cron.d/returns.py").exists()
    assert sum("lies outside of the folder" in problem for problem in problems(staged)) == staging.LISTED
    assert "and 1 more refused" in problems(staged)


def test_paths_that_leave_the_folder_are_refused_in_a_tar(lab3: Lab, tmp_path: Path) -> None:
    path = tarred(tmp_path / "a.tar", CODE, folder="")
    with tarfile.open(path, "a") as archive:
        for name in ("/etc/cron.d/returns.py", "../returns.py", "lab3/../../losses.py"):
            add_to_tar(archive, name, b"evil")
    staged = stage(path, lab3)
    assert staged.files == CODE
    assert sum("lies outside of the folder" in problem for problem in problems(staged)) == 3


def test_of_a_member_that_is_there_twice_the_last_counts_and_a_person_looks(lab3: Lab, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for data in (b"first", b"#" * 2_000_000, b"last"):
            for name in CODE:
                archive.writestr(f"lab3/{name}", data)
    path = tarred(tmp_path / "a.tar", dict.fromkeys(CODE, b"first"))
    with tarfile.open(path, "a") as tar:
        for name in CODE:
            add_to_tar(tar, f"lab3/{name}", b"last")
    for source in (tmp_path / "a.zip", path):
        staged = stage(source, lab3)
        assert staged.files == dict.fromkeys(CODE, b"last")
        assert problems(staged) == [f"{name} is in it more than once; the last one counts" for name in CODE]


def test_a_sparse_member_of_a_tar_is_refused(lab3: Lab, tmp_path: Path) -> None:
    """Its few bytes can stand for any number."""
    path = tarred(tmp_path / "a.tar", CODE)
    header = tarfile.TarInfo(f"lab3/{WEIGHTS}")
    header.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(header.tobuf(format=tarfile.GNU_FORMAT))
    block[386:398], block[398:410] = b"00000000000\0", b"00000000000\0"
    block[483:495] = b"77777777777\0"  # the size it expands to: 8 GB
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    path.write_bytes(bytes(block) + path.read_bytes())
    staged = stage(path, lab3)
    assert staged.files == CODE
    assert problems(staged) == [f"refused: lab3/{WEIGHTS} is a link or no regular file"]


NASTY = ("new\nline.txt", "\x1b[2J\x1b[31mred.txt", "bell\x07.txt", "\u202egnp.txt", "tab\t\r.txt")


def test_names_reach_an_instructor_only_as_printable_text(lab3: Lab, tmp_path: Path) -> None:
    members = {**CODE, **dict.fromkeys(NASTY, b"")}
    (tmp_path / "linked").mkdir()
    for name in NASTY:
        (tmp_path / "linked" / name).symlink_to("nowhere")
    sources = [make(tmp_path / name, members) for name, make in kinds_of_archives().items()]
    sources.append(in_folder(tmp_path / "linked", CODE))
    sources.append(in_folder(tmp_path / "undecodable", CODE))
    (Path(os.fsdecode(os.fsencode(sources[-1]) + b"/latin-\xfc.txt"))).write_bytes(b"")
    for source in sources:
        staged = stage(source, lab3)
        assert staged.files == CODE
        assert len(notes(staged)) + len(problems(staged)) == (1 if source.name == "undecodable" else len(NASTY))
        for sentence in [*notes(staged), *problems(staged)]:
            assert sentence.isprintable()
            sentence.encode("utf-8")


def test_an_unusable_archive_does_not_say_raw_what_its_members_are_called(lab3: Lab, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a\n\x1b[2J.zip", {name: b"x" for name in NASTY})
    with pytest.raises(NothingUsable) as raised:
        stage(path, lab3)
    assert str(raised.value).isprintable()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(NothingUsable) as raised:
        stage(path, lab3)
    assert str(raised.value).isprintable()


def test_a_member_without_a_name_is_ignored(lab3: Lab, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {**CODE, "odd": b""}, folder="")
    path.write_bytes(path.read_bytes().replace(b"odd", b"\0dd"))
    staged = stage(path, lab3)
    assert staged.files == CODE
    assert len(notes(staged)) == 1


def test_names_of_any_length_are_shortened(lab3: Lab, tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {**CODE, "n" * 60_000: b""})
    assert len(everything_said(stage(source, lab3))) < 300


ARCHIVES = {
    name: (make, {**CODE, WEIGHTS: b"weights" * 9, "ünï.txt": b""})
    for name, make in kinds_of_archives().items()
    if name != "folder"
}


@pytest.mark.parametrize("name", ARCHIVES)
@given(data=st.data())
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_archive_with_bytes_changed_is_staged_or_unusable(
    name: str, lab3: Lab, tmp_path: Path, data: st.DataObject
) -> None:
    """Never another exception, and never more than what was asked for."""
    make, members = ARCHIVES[name]
    original = tmp_path / f"original-{name}"
    content = bytearray((original if original.exists() else make(original, members)).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    changed = tmp_path / name
    changed.write_bytes(content)
    try:
        staged = stage(changed, lab3)
    except NothingUsable as unusable:
        assert str(unusable).isprintable()
    else:
        assert set(staged.files) <= {*CODE, *lab3.artefacts}
        assert all(sentence.isprintable() for sentence in [*notes(staged), *problems(staged)])


# --- the machine's side: never a student's 0 points -----------------------------------------------------------------


def test_what_is_not_there_any_more_is_unreadable(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "link.zip").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    for name, why in (
        ("gone.zip", "No such file"),
        ("link.zip", "a link that leads nowhere"),
        ("loop", "leads nowhere"),
    ):
        with pytest.raises(Unreadable, match=f"^{name} cannot be read: .*{why}"):
            stage(tmp_path / name, lab3)


def failing(monkeypatch: pytest.MonkeyPatch, name: str, error: int) -> None:
    """From now on opening what is called so fails, as it does for root only where a disk is broken."""
    opened = os.open

    def open_(path: str | Path, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if Path(path).name == name:
            raise OSError(error, os.strerror(error), path)
        return opened(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr("os.open", open_)


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO, errno.ESTALE, errno.EMFILE])
@pytest.mark.parametrize("name", ["losses.py", "runs", "lab3", "a.zip"])
def test_what_the_machine_does_not_give_is_unreadable_and_says_which(
    name: str, error: int, lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = in_folder(tmp_path / "lab3", {**CODE, WEIGHTS: b"weights"})
    if name == "a.zip":
        source = zipped(tmp_path / name, CODE)
    failing(monkeypatch, name, error)
    with pytest.raises(Unreadable) as raised:
        stage(source, lab3)
    inside = "" if name == source.name else f"{name}: "
    assert str(raised.value) == f"{source.name} cannot be read: {inside}{os.strerror(error)}"


def test_a_file_that_may_not_be_read_does_not_matter_where_it_is_not_wanted(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = in_folder(tmp_path / "lab3", {**CODE, "diary.txt": b"", ".git/config": b""})
    for name in ("diary.txt", ".git"):
        failing(monkeypatch, name, errno.EACCES)
    assert stage(source, lab3).files == CODE


def meddling(monkeypatch: pytest.MonkeyPatch, *changes: Callable[[], object]) -> None:
    """Makes one change after each time that a submission was listed, as long as there are any: before it is read."""
    listing, left = sources._listing, list(changes)

    def listed(source: Path) -> sources.Listing:
        found = listing(source)
        if left:
            left.pop(0)()
        return found

    monkeypatch.setattr(sources, "_listing", listed)


def ways_to_change(source: Path) -> dict[str, Callable[[], object]]:
    """What can happen to a file between being listed and being read."""
    losses, status = source / "losses.py", (source / "losses.py").stat()

    def rewrite_and_set_the_clock_back() -> None:
        losses.write_bytes(b"# l0sses")
        os.utime(losses, ns=(status.st_atime_ns, status.st_mtime_ns))

    return {
        "grows": lambda: losses.write_bytes(b"# losses, and more"),
        "rewritten": rewrite_and_set_the_clock_back,
        "replaced": lambda: (source / "agent.py").replace(losses),
        "vanishes": losses.unlink,
        "joined": lambda: (source / "new.txt").write_bytes(b""),
    }


@pytest.mark.parametrize("moment", ["before it is read", "after it was read"])
@pytest.mark.parametrize("way", ["grows", "rewritten", "replaced", "vanishes", "joined"])
def test_a_submission_that_changes_once_is_taken_as_it_is_in_the_end(
    way: str, moment: str, lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = in_folder(tmp_path / "lab3", CODE)
    change = ways_to_change(source)[way]
    if moment == "before it is read":
        meddling(monkeypatch, change)
    else:
        read = sources._read
        changes = [change]

        def reading(source: Path, inside: PurePosixPath, count: int) -> bytes:
            data = read(source, inside, count)
            if inside.name == "quiz.json" and changes:  # the last of them
                changes.pop()()
            return data

        monkeypatch.setattr(sources, "_read", reading)
    staged = stage(source, lab3)
    assert staged.files == {name: (source / name).read_bytes() for name in CODE if (source / name).exists()}
    assert ("losses.py is missing" in problems(staged)) == (way == "vanishes")
    assert any("new.txt" in note for note in notes(staged)) == (way == "joined")


@pytest.mark.parametrize("name", ["lab3", "a.zip", "broken.zip"])
def test_a_submission_that_never_rests_is_unreadable_even_where_it_looks_broken(
    name: str, lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that is under way is half an archive."""
    source = in_folder(tmp_path / "lab3", CODE) if name == "lab3" else zipped(tmp_path / name, CODE)
    if name == "broken.zip":
        truncated(source, 0.5)
    changing = source / "losses.py" if name == "lab3" else source

    def append() -> None:
        with changing.open("ab") as file:
            file.write(b" ")

    meddling(monkeypatch, *[append] * 20)
    with pytest.raises(Unreadable, match=f"^{name} cannot be read: it changes while it is read; grade it again"):
        stage(source, lab3)


def test_an_archive_that_vanishes_while_it_is_read_is_unreadable(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = zipped(tmp_path / "a.zip", CODE)
    meddling(monkeypatch, source.unlink)
    with pytest.raises(Unreadable, match=r"^a\.zip cannot be read: No such file or directory"):
        stage(source, lab3)


# --- finding them ----------------------------------------------------------------------------------------------------


def found(folder: Path, lab: Lab) -> dict[str, str]:
    """Where the submission of each student lies, below the folder."""
    return {item.student: item.source.relative_to(folder).as_posix() for item in find_submissions(folder, lab)}


def test_submissions_lie_as_nbgraders_do_or_as_people_drop_them(lab3: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "submitted"
    in_folder(folder / "ada" / "lab3", CODE)
    in_folder(folder / "bob" / "lab3_policy_gradient", CODE)
    in_folder(folder / "carol", CODE)
    (folder / "dave" / "lab3").mkdir(parents=True)
    zipped(folder / "dave" / "lab3" / "mine.zip", CODE)
    (folder / "eve").mkdir()
    tarred(folder / "eve" / "eve_lab3_20260101-120000.tar.gz", CODE, mode="w:gz")
    zipped(folder / "frank_lab3_20260101-120000.zip", CODE)
    zipped(folder / "grace.zip", CODE)
    zipped(folder / "heidi_lab3.zip", CODE)
    zipped(folder / "ivan_lab3_20260101-120000 (1).zip", CODE)
    (folder / "judy.rar").write_bytes(b"Rar!")
    in_folder(folder / "周杰伦" / "lab3", CODE)
    zipped(folder / "Zoë@uni.edu_lab3_20260101-120000.zip", CODE)
    in_folder(folder / "__MACOSX", {"x": b""})
    (folder / ".DS_Store").write_bytes(b"")
    (folder / "grades.csv").write_bytes(b"")
    assert found(folder, lab3) == {
        "ada": "ada/lab3",
        "bob": "bob/lab3_policy_gradient",
        "carol": "carol",
        "dave": "dave/lab3/mine.zip",
        "eve": "eve/eve_lab3_20260101-120000.tar.gz",
        "frank": "frank_lab3_20260101-120000.zip",
        "grace": "grace.zip",
        "heidi": "heidi_lab3.zip",
        "ivan": "ivan_lab3_20260101-120000 (1).zip",
        "judy": "judy.rar",
        "周杰伦": "周杰伦/lab3",
        "Zoë@uni.edu": "Zoë@uni.edu_lab3_20260101-120000.zip",
    }


def test_the_newest_of_several_archives_counts_by_the_time_in_its_name(lab3: Lab, tmp_path: Path) -> None:
    times = ("20260301-090000", "20260301-100000", "20251231-235959")
    for age, time in enumerate(times):
        path = zipped(tmp_path / f"ada_lab3_{time}.zip", CODE)
        os.utime(path, (2_000_000_000 - age, 2_000_000_000 - age))  # copied in another order
    [submission] = find_submissions(tmp_path, lab3)
    assert submission.source.name == f"ada_lab3_{times[1]}.zip"
    [note] = notes(submission)
    assert note.startswith(f"3 submissions: ada_lab3_{times[1]}.zip is the newest and counts, not ")
    assert times[0] in note
    assert times[2] in note


def test_of_many_older_submissions_some_are_named_and_the_rest_are_counted(lab3: Lab, tmp_path: Path) -> None:
    for day in range(10, 20):
        zipped(tmp_path / f"ada_lab3_202603{day}-090000.zip", CODE)
    [submission] = find_submissions(tmp_path, lab3)
    [finding] = submission.findings
    assert codes.NEWEST_COUNTS.made(finding)
    assert finding.values["count"] == 10
    assert notes(submission)[0].endswith("ada_lab3_20260318-090000.zip, and 4 more")


def test_the_newest_of_several_archives_counts_by_its_date_where_the_name_has_none(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    for name, seconds in (("z.zip", 1_700_000_000), ("m.zip", 1_800_000_000), ("a.tar", 1_750_000_000)):
        os.utime(zipped(tmp_path / "ada" / name, CODE), (seconds, seconds))
    assert found(tmp_path, lab3) == {"ada": "ada/m.zip"}
    impossible = zipped(tmp_path / "ada" / "ada_lab3_20269999-999999.zip", CODE)
    os.utime(impossible, (1, 1))
    assert found(tmp_path, lab3) == {"ada": "ada/m.zip"}


def test_a_newer_folder_without_a_file_of_the_labs_does_not_stand_in_an_archives_way(lab3: Lab, tmp_path: Path) -> None:
    """A script that collects makes a folder for everybody, and feedback may be written beside what was handed in."""
    os.utime(zipped(tmp_path / "ada_lab3_20260101-120000.zip", CODE), (1, 1))
    in_folder(tmp_path / "ada" / "lab3", {"feedback.html": b"70 of 100"})
    os.utime(zipped(tmp_path / "bob_lab3_20260101-120000.zip", CODE), (1, 1))
    in_folder(tmp_path / "bob" / "lab3", CODE)
    (tmp_path / "eve" / "lab3").mkdir(parents=True)
    assert found(tmp_path, lab3) == {"ada": "ada_lab3_20260101-120000.zip", "bob": "bob/lab3", "eve": "eve/lab3"}


def test_archives_of_other_labs_do_not_count(lab3: Lab, lab0: Lab, tmp_path: Path) -> None:
    for name in ("ada_lab3_20260101-120000.zip", "ada_lab4_20270101-120000.zip", "ada_lab30.zip"):
        zipped(tmp_path / name, CODE)
    (tmp_path / "bob").mkdir()
    for name, seconds in (("lab3.zip", 1_600_000_000), ("lab4.zip", 1_900_000_000), ("my-lab0-final.zip", 1)):
        os.utime(zipped(tmp_path / "bob" / name, CODE), (seconds, seconds))
    in_folder(tmp_path / "carol" / "lab3", CODE)
    in_folder(tmp_path / "carol" / "lab4", CODE)
    assert found(tmp_path, lab3) == {
        "ada": "ada_lab3_20260101-120000.zip",
        "bob": "bob/lab3.zip",
        "carol": "carol/lab3",
    }
    assert found(tmp_path, lab0) == {"bob": "bob/my-lab0-final.zip", "carol": "carol"}
    with pytest.raises(NothingUsable, match=r"none of warmup\.py is in it"):
        stage(tmp_path / "carol", lab0)


def test_a_student_who_handed_in_nothing_is_there_all_the_same(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    in_folder(tmp_path / "bob" / "lab4", CODE)
    submissions = find_submissions(tmp_path, lab3)
    assert [submission.student for submission in submissions] == ["ada", "bob"]
    for submission in submissions:
        with pytest.raises(NothingUsable):
            stage(submission.source, lab3)


def test_a_link_to_another_students_work_is_found_but_refused(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "bob" / "lab3", CODE)
    zipped(tmp_path / "bob" / "lab3.zip", CODE)
    for student in ("ada", "carol", "dave"):
        (tmp_path / student).mkdir()
    (tmp_path / "ada" / "lab3").symlink_to(tmp_path / "bob" / "lab3", target_is_directory=True)
    (tmp_path / "carol" / "lab3.zip").symlink_to(tmp_path / "bob" / "lab3.zip")
    (tmp_path / "dave" / "lab3.zip").symlink_to("nowhere")
    by_name: dict[str, Submission] = {item.student: item for item in find_submissions(tmp_path, lab3)}
    assert stage(by_name["bob"].source, lab3).files == CODE
    for student in ("ada", "carol"):
        with pytest.raises(NothingUsable, match="is a link"):
            stage(by_name[student].source, lab3)
    with pytest.raises(Unreadable, match="leads nowhere"):
        stage(by_name["dave"].source, lab3)


def test_a_link_among_the_submissions_is_a_submission_and_is_not_followed(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "elsewhere" / "ada" / "lab3", CODE)
    folder = tmp_path / "submitted"
    folder.mkdir()
    (folder / "ada").symlink_to(tmp_path / "elsewhere" / "ada", target_is_directory=True)
    (folder / "bob").symlink_to("not-mounted-today")
    ada, bob = find_submissions(folder, lab3)
    with pytest.raises(NothingUsable, match="ada is a link"):
        stage(ada.source, lab3)
    with pytest.raises(Unreadable, match="bob cannot be read: it is a link that leads nowhere"):
        stage(bob.source, lab3)


NAMES = (
    b"J\xfcrgen", b"J\xf6rgen", b"new\nline", b"\x1b[2J", "\u202egnp".encode(), b"-rf", b"--help", b"..a", b"a..",
    b".ada", b"a b", b"tab\t", b"DOMAIN\\ada", b"x\\n", b"x\n", b"'; rm *", b"[bold]",
    b"\xff" * 240, b"\xfe" * 240, "é".encode() * 120,
)  # fmt: skip


def test_whatever_a_student_is_called_is_one_line_and_the_name_of_one_folder(lab3: Lab, tmp_path: Path) -> None:
    submitted, graded = tmp_path / "submitted", tmp_path / "graded"
    for name in NAMES:
        os.makedirs(os.fsencode(submitted) + b"/" + name + b"/lab3")
        in_folder(Path(os.fsdecode(os.fsencode(submitted) + b"/" + name + b"/lab3")), CODE)
    submissions = find_submissions(submitted, lab3)
    assert len({submission.student for submission in submissions}) == len(NAMES)
    for submission in submissions:
        assert submission.student.isprintable()
        assert stage(submission.source, lab3).files == CODE
        (graded / submission.student).mkdir(parents=True)
    assert len(list(graded.iterdir())) == len(NAMES)


def test_an_archive_called_dots_does_not_put_its_result_elsewhere(lab3: Lab, tmp_path: Path) -> None:
    for name in (".zip", "..zip", "...zip", ".._lab3.zip", "._lab3.zip", ".._lab3_20260101-120000.zip"):
        zipped(tmp_path / name, CODE)
    students = set(found(tmp_path, lab3))
    assert students == {".zip", "..zip", "...zip", ".._lab3.zip", ".._lab3_20260101-120000.zip"}, (
        "._ is a Mac's clutter"
    )


def test_names_of_archives_reach_an_instructor_only_as_printable_text(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    for name in ("\x1b[2J.zip", "a\nb.zip"):
        zipped(tmp_path / "ada" / name, CODE)
    [submission] = find_submissions(tmp_path, lab3)
    assert all(note.isprintable() for note in notes(submission))


def test_names_that_a_file_system_may_take_for_one_are_for_a_person(lab3: Lab, tmp_path: Path) -> None:
    for student in ("Ada", "ada", "Zo\u00eb", "Zoe\u0308", "STRASSE", "stra\u00dfe", "bob"):
        in_folder(tmp_path / student / "lab3", CODE)
    submissions = find_submissions(tmp_path, lab3)
    if len(submissions) < 7:
        pytest.skip("this file system takes them for one")
    assert {submission.student for submission in submissions if not problems(submission)} == {"bob"}
    problem = problems(submissions[0])[0]
    assert "differs only in case, or in how accents are encoded" in problem
    assert problem.isprintable()


def test_a_tools_hidden_folder_is_no_student(lab3: Lab, tmp_path: Path) -> None:
    for name in (".git", ".vscode", ".ipynb_checkpoints", "__pycache__"):
        in_folder(tmp_path / name, {"settings.json": b""})
    in_folder(tmp_path / "ada" / "lab3", CODE)
    assert found(tmp_path, lab3) == {"ada": "ada/lab3"}


def test_one_students_unreadable_folder_does_not_end_the_batch(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may not be listed, or not even be looked at: a home directory of a machine that is down."""
    for student in ("ada", "bob", "carol"):
        in_folder(tmp_path / student / "lab3", CODE)
    scandir, stat_ = os.scandir, os.stat
    forbidden = (tmp_path / "bob" / "lab3").stat().st_ino

    def listing(path: Any = ".") -> Any:
        if stat_(path).st_ino == forbidden:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    def looking(path: Any, **options: Any) -> os.stat_result:
        if "carol" in str(path):
            raise OSError(errno.EHOSTDOWN, os.strerror(errno.EHOSTDOWN), path)
        return stat_(path, **options)

    monkeypatch.setattr("os.scandir", listing)
    monkeypatch.setattr("os.stat", looking)
    monkeypatch.setattr("os.lstat", functools.partial(looking, follow_symlinks=False))
    ada, bob, carol = find_submissions(tmp_path, lab3)
    assert stage(ada.source, lab3).files == CODE
    with pytest.raises(Unreadable, match="bob cannot be read: Permission denied"):
        stage(bob.source, lab3)
    with pytest.raises(Unreadable, match="carol cannot be read: Host is down"):
        stage(carol.source, lab3)


def test_a_folder_of_submissions_that_cannot_be_listed_is_said_to_be_so(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listing(_path: Path) -> Iterator[Path]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "iterdir", listing)
    with pytest.raises(Refused, match="cannot be read: Permission denied"):
        find_submissions(tmp_path, lab3)


def test_a_students_folder_is_listed_no_further_than_allowed(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where it is looked for nor where it is read; one folder may hold millions of files."""
    for module in (archives, sources):
        monkeypatch.setattr(module, "MAX_ENTRIES", 20)
    monkeypatch.setattr("grader.intake.submissions.MAX_ENTRIES", 20)
    in_folder(tmp_path / "ada", {f"{n}.zip": b"" for n in range(200)})
    in_folder(tmp_path / "bob" / "lab3", {f"{n}.txt": b"" for n in range(200)})
    seen: list[Path] = []
    is_archive = archives.is_archive
    monkeypatch.setattr("grader.intake.submissions.is_archive", lambda path: seen.append(path) or is_archive(path))
    for submission in find_submissions(tmp_path, lab3):
        with pytest.raises(NothingUsable, match="more than 20 files"):
            stage(submission.source, lab3)
    assert {path.name for path in seen} == {"ada", "lab3"}


def test_a_folder_without_submissions_is_said_to_be_so(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_bytes(b"")
    with pytest.raises(Refused, match="there is no submission in") as raised:
        find_submissions(tmp_path, lab3)
    assert raised.value.exit_code == 2
    with pytest.raises(Refused, match="is no folder: SUBMISSIONS=") as raised:
        find_submissions(tmp_path / "nowhere", lab3)
    assert raised.value.exit_code == 2
