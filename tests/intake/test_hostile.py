"""Archives and folders that are made to do harm."""

import bz2
import gzip
import io
import lzma
import os
import socket
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.intake import archives, sources, staging
from grader.intake.archives import NothingUsable
from grader.intake.staging import Staged, stage
from grader.lab import Lab
from tests.handins import (
    CODE,
    NASTY,
    WEIGHTS,
    add_to_tar,
    in_folder,
    kinds_of_archives,
    tarred,
    zipped,
)
from tests.reading import notes, problems


def everything_said(staged: Staged) -> str:
    return "\n".join([*notes(staged), *problems(staged)])


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
