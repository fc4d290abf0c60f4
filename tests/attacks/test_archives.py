"""Archives and folders made to do harm while they are read: what is taken, in how much memory, in what words."""

import bz2
import gzip
import io
import itertools
import lzma
import os
import socket
import stat
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.grading.submission import Bench, grade
from grader.intake import archives, sources, staging
from grader.intake.archives import NothingUsable
from grader.intake.staging import Staged, stage
from grader.intake.submissions import Submission, find_submissions
from grader.lab import Lab
from grader.languages import say
from tests.reading import notes, problems

CODE = {"returns.py": b"# returns", "losses.py": b"# losses", "agent.py": b"# agent", "quiz.json": b"{}"}
OTHERS = {name: data for name, data in CODE.items() if name != "losses.py"}
WEIGHTS = "runs/reinforce.safetensors"
MB = 1_000_000
NOTHING = "nothing could be taken from it: "


# --- building blocks --------------------------------------------------------------------------------------------------


def zip_of(members: dict[str, bytes], **changes: object) -> bytes:
    """A zip of these files in lab3/; `changes` are made to every ZipInfo."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(f"lab3/{name}")
            info.compress_type = zipfile.ZIP_DEFLATED
            for field, value in changes.items():
                setattr(info, field, value)
            archive.writestr(info, data)
    return file.getvalue()


def zip_by_hand(entries: list[tuple[str, int, int, int, int]], bodies: bytes, count: int | None = None) -> bytes:
    """A zip with a table of contents of these entries: name, checksum, packed size, size, offset."""
    table = b"".join(
        struct.pack("<4s4B4H3L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 8, 0, 0, crc, packed, size, len(name),
                    0, 0, 0, 0, 0, offset) + name.encode()
        for name, crc, packed, size, offset in entries
    )  # fmt: skip
    count = len(entries) if count is None else count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(table), len(bodies), 0)
    return bodies + table + end


def tar_of(members: dict[str, bytes]) -> bytes:
    return b"".join(tar_member(f"lab3/{name}", data) for name, data in members.items()) + bytes(1024)


def tar_member(name: str, data: bytes = b"", type_: bytes = tarfile.REGTYPE, **fields: object) -> bytes:
    header = tarfile.TarInfo(name)
    header.type, header.size = type_, len(data)
    for field, value in fields.items():
        setattr(header, field, value)
    return header.tobuf(format=tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def staged_in(
    memory: int, lab: Lab, source: Path, data: bytes | None = None
) -> tuple[dict[str, bytes], list[str], list[str]]:
    """The files taken, the problems (or why it is unusable), and the notes; at most `memory` bytes were held for it.

    Whatever was said is one printable line that a person reads to its end.
    """
    if data is not None:
        source.write_bytes(data)
    tracemalloc.start()
    try:
        staged = stage(source, lab)
    except NothingUsable as unusable:
        staged = Staged({}, unusable.findings)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    for sentence in [*problems(staged), *notes(staged)]:
        assert sentence.isprintable()
        assert len(sentence) < 1000
    assert peak < memory
    return staged.files, [problem.removeprefix(NOTHING) for problem in problems(staged)], notes(staged)


# --- bombs ------------------------------------------------------------------------------------------------------------


def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_not_taken(lab3: Lab, tmp_path: Path) -> None:
    data = zip_of({**CODE, "losses.py": bytes(50 * MB)})
    assert len(data) < MB / 10
    files, problems, _ = staged_in(3 * MB, lab3, tmp_path / "a.zip", data)
    assert files == OTHERS
    assert problems == ["losses.py has 50,000,000 bytes; 1,000,000 are allowed: it was not taken"]


def lying(data: bytes, size: int, says: int, crc: int | None = None) -> bytes:
    """The zip with the sizes of its members of so many bytes, and their checksums, replaced in all headers."""
    data = data.replace(struct.pack("<L", size), struct.pack("<L", says))
    return data if crc is None else data.replace(struct.pack("<L", zlib.crc32(bytes(size))), struct.pack("<L", crc))


def test_a_file_larger_than_its_header_says_is_read_as_far_as_it_says(lab3: Lab, tmp_path: Path) -> None:
    honest = zip_of({**CODE, "losses.py": bytes(50 * MB)})
    for says in (0, 1000):
        files, problems, _ = staged_in(3 * MB, lab3, tmp_path / "a.zip", lying(honest, 50 * MB, says))
        assert files == {}
        assert problems == ["a.zip cannot be read: Bad CRC-32 for file 'lab3/losses.py'"]
    cut = lying(honest, 50 * MB, 1000, zlib.crc32(bytes(1000)))
    files, _, _ = staged_in(3 * MB, lab3, tmp_path / "a.zip", cut)
    assert files == {**OTHERS, "losses.py": bytes(1000)}


def test_a_file_smaller_than_its_header_says_is_not_made_up(lab3: Lab, tmp_path: Path) -> None:
    data = lying(zip_of({**CODE, "losses.py": bytes(12_345)}), 12_345, 999_999)
    files, problems, _ = staged_in(6 * MB, lab3, tmp_path / "a.zip", data)
    assert files == {**OTHERS, "losses.py": bytes(12_345)} or problems[0].startswith("a.zip cannot be read")
    data = lying(zip_of({**CODE, "losses.py": bytes(12_345)}), 12_345, 0xFFFFFFF0)
    files, problems, _ = staged_in(3 * MB, lab3, tmp_path / "a.zip", data)
    assert files == OTHERS
    assert problems == ["losses.py has 4,294,967,280 bytes; 1,000,000 are allowed: it was not taken"]


def quoted(names: list[str], kernel: bytes) -> bytes:
    """Fifield's bomb: each file quotes the next one's header and shares what follows, so one kernel counts for all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body, plain, header = packer.compress(kernel) + packer.flush(), kernel, b""
    entries: list[tuple[str, int, int, int, int]] = []
    ends: list[int] = []
    for name in reversed(names):
        if header:  # a stored block that holds the header of the file before, then that file's own stream
            body = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF) + header + body
            plain = header + plain
        crc = zlib.crc32(plain)
        header = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(body), len(plain), len(name), 0)
        header += name.encode()
        entries.append((name, crc, len(body), len(plain), 0))
        ends.append(len(header) + len(body))
    whole = header + body
    entries = [(*entry[:4], len(whole) - end) for entry, end in zip(entries, ends, strict=True)]
    return zip_by_hand(entries[::-1], whole)


def test_one_kernel_that_many_files_quote_counts_once_for_each_file_that_is_asked_for(
    lab3: Lab, tmp_path: Path
) -> None:
    names = [f"lab3/{n}.bin" for n in range(200)] + [f"lab3/{name}" for name in CODE]
    data = quoted(names, bytes(900_000))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sum(member.file_size for member in archive.infolist()) > 1000 * len(data)
    files, problems, notes = staged_in(8 * MB, lab3, tmp_path / "a.zip", data)
    if problems:  # newer Pythons see it
        assert "Overlapped entries" in problems[0]
    else:
        assert {name: len(data) for name, data in files.items()}.keys() == CODE.keys()
        assert all(900_000 <= len(data) < 901_000 for data in files.values())
        assert notes[-1] == "and 195 more files ignored"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_is_unpacked_no_further_than_allowed(
    compress: Callable[[bytes], bytes], lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 2 * MB)
    files, problems, _ = staged_in(20 * MB, lab3, tmp_path / "a.tar", compress(tar_of({"film.mp4": bytes(50 * MB)})))
    assert files == {}
    assert problems == ["the archive unpacks to more than 2,000,000 bytes"]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_in_a_hundred_thousand_empty_pieces_is_unusable(
    compress: Callable[[bytes], bytes], lab3: Lab, tmp_path: Path
) -> None:
    data = compress(b"") * 100_000 + compress(tar_of(CODE))
    files, problems, _ = staged_in(20 * MB, lab3, tmp_path / "a.tar.gz", data)
    assert files == {}
    assert problems == ["the archive is compressed in more than 10,000 pieces"]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_honest_pieces_and_what_trails_them_are_no_obstacle(
    compress: Callable[[bytes], bytes], lab3: Lab, tmp_path: Path
) -> None:
    """pigz and pbzip2 write pieces; some tapes and servers add a tail."""
    plain = tar_of({**CODE, WEIGHTS: os.urandom(300_000)})
    pieces = b"".join(compress(plain[place : place + 9000]) for place in range(0, len(plain), 9000))
    files, problems, _ = staged_in(15 * MB, lab3, tmp_path / "a.tar.gz", pieces + bytes(100))
    assert {**files, WEIGHTS: b""} == {**CODE, WEIGHTS: b""}
    assert len(files[WEIGHTS]) == 300_000
    assert problems == []


def test_an_xz_that_asks_for_a_dictionary_of_gigabytes_gets_none(lab3: Lab, tmp_path: Path) -> None:
    data = bytearray(lzma.compress(tar_of(CODE), preset=0))
    data[16] = 40  # the size of the dictionary in the header of the block: 4 GB
    length = (data[12] + 1) * 4
    data[12 + length - 4 : 12 + length] = struct.pack("<L", zlib.crc32(data[12 : 12 + length - 4]))
    files, problems, _ = staged_in(3 * MB, lab3, tmp_path / "a.tar.xz", bytes(data))
    assert files == {}
    assert problems == ["a.tar.xz cannot be read: Memory usage limit exceeded"]


def test_an_xz_packed_as_tightly_as_xz_can_is_read(lab3: Lab, tmp_path: Path) -> None:
    data = lzma.compress(tar_of(CODE), preset=9 | lzma.PRESET_EXTREME)
    assert staged_in(100 * MB, lab3, tmp_path / "a.tar.xz", data)[0] == CODE


def test_an_archive_inside_an_archive_is_not_opened(lab3: Lab, tmp_path: Path) -> None:
    inner = zip_of(CODE)
    for _ in range(5):
        inner = zip_of({"inner.zip": inner})
    files, problems, notes = staged_in(2 * MB, lab3, tmp_path / "a.zip", inner)
    assert files == {}
    assert problems == [
        "none of returns.py, losses.py, agent.py, quiz.json is in it",
        "lab3/inner.zip is an archive in what was handed in, and was not opened",
    ]
    assert notes == ["not in lab.toml, ignored: lab3/inner.zip"]


# --- millions of names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("says", [1, 0xFFFF], ids=["a record that lies", "a record that has no room for the truth"])
def test_a_table_of_contents_is_not_taken_in_whole(says: int, lab3: Lab, tmp_path: Path) -> None:
    data = zip_by_hand([(f"lab3/{n}", 0, 0, 0, 0) for n in range(100_000)], b"", says)
    files, problems, _ = staged_in(2 * len(data), lab3, tmp_path / "a.zip", data)
    assert files == {}
    assert problems == ["there are more than 10,000 files in it, or their names are far too long"]


def test_a_zip64_table_of_contents_is_not_taken_in_whole(lab3: Lab, tmp_path: Path) -> None:
    """The record that counts is another one than the last."""
    table = zip_by_hand([(f"lab3/{n}", 0, 0, 0, 0) for n in range(100_000)], b"", 0)[:-22]
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(table), 0)
    record += struct.pack("<4sLQL", b"PK\6\7", 0, len(table), 1)
    data = table + record + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 100, 0, 0)
    files, problems, _ = staged_in(2 * len(data), lab3, tmp_path / "a.zip", data)
    assert files == {}
    assert problems == ["there are more than 10,000 files in it, or their names are far too long"]


def test_as_many_files_as_are_allowed_are_listed_with_names_of_a_usual_length(lab3: Lab, tmp_path: Path) -> None:
    extra = {f"{'n' * 60}/{n}.txt": b"" for n in range(archives.MAX_ENTRIES - len(CODE))}
    data = {
        "a.zip": zip_of({**CODE, **extra}),
        "a.tar": tar_of({**CODE, **extra}),
        "b.tar": tar_of({**CODE, **{f"{'n' * 90}/{name}": b"" for name in extra}}),  # with GNU's long names
    }
    for name in data:
        (tmp_path / name).write_bytes(data[name])
        staged = stage(tmp_path / name, lab3)
        assert (staged.files, problems(staged)) == (CODE, [])
        assert notes(staged)[-1] == f"and {len(extra) - staging.LISTED} more files ignored"


def test_a_tar_of_a_million_names_is_left_early(lab3: Lab, tmp_path: Path) -> None:
    files, problems, _ = staged_in(260 * MB, lab3, tmp_path / "a.tar", tar_member("lab3/x.txt") * 190_000)
    assert files == {}
    assert problems == ["there are more than 10,000 files in it"]


class Endless:
    """A folder's listing that has no end, as that of a million files may as well have none."""

    def __enter__(self) -> "Endless":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator["Endless"]:
        for number in itertools.count():
            self.name = f"{number}.zip"
            yield self

    def stat(self, follow_symlinks: bool) -> os.stat_result:
        assert not follow_symlinks
        return os.stat(__file__)


def test_a_folder_without_end_is_left_early(lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ada").mkdir()
    scandir = os.scandir

    def listing(path: Path | int) -> Any:  # a descriptor's, too
        return Endless() if isinstance(path, int) or path == tmp_path / "ada" else scandir(path)

    monkeypatch.setattr("os.scandir", listing)
    [submission] = find_submissions(tmp_path, lab3).submissions
    files, problems, _ = staged_in(20 * MB, lab3, submission.source)
    assert files == {}
    assert problems == ["there are more than 10,000 files in it"]


def test_folders_in_folders_are_left_early(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "/".join(["deep"] * 100)).mkdir(parents=True)
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "deep")
    assert files == {}
    assert problems == ["its folders are nested more than 50 deep"]


# --- headers of tars --------------------------------------------------------------------------------------------------

HUGE_HEADERS = {
    "a number of a million digits": b"1" * MB,
    "keywords that overlap": b"3 x" * 300_000 + b"=",
    "records without length": b"0 path=x\n" * 100_000,
    "a second record without length": b"7 a=bc\n0 path=x\n",
    "a million keywords": b"".join(b"%d k%d=\n" % (len(str(n)) + 6, n) for n in range(100_000)),
    "a sparse file's map": b"GNU.sparse.map=" + b"0," * 500_000,
}


@pytest.mark.parametrize("type_", [tarfile.XHDTYPE, tarfile.XGLTYPE], ids=["one file's", "all files'"])
@pytest.mark.parametrize("header", HUGE_HEADERS)
def test_a_huge_pax_header_costs_no_more_than_its_size(header: str, type_: bytes, lab3: Lab, tmp_path: Path) -> None:
    """tarfile took the square of it in time or memory, or copied it into every file: this test would not end."""
    data = tar_member("pax", HUGE_HEADERS[header], type_) + tar_of({**{f"{n}": b"" for n in range(1000)}, **CODE})
    files, problems, _ = staged_in(len(data) + 10 * MB, lab3, tmp_path / "a.tar", data)
    assert (files, problems) == (CODE, [])


def test_a_name_for_all_files_is_no_files(lab3: Lab, tmp_path: Path) -> None:
    data = tar_member("pax", b"23 path=lab3/losses.py\n", tarfile.XGLTYPE) + tar_of({"new.txt": b"", **CODE})
    assert staged_in(2 * MB, lab3, tmp_path / "a.tar", data)[:2] == (CODE, [])


def test_headers_that_fill_the_tar_are_not_read_to_their_end(lab3: Lab, tmp_path: Path) -> None:
    for type_ in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
        data = tar_member("long", b"n" * 30 * MB, type_) + tar_of(CODE)
        files, problems, _ = staged_in(100 * MB, lab3, tmp_path / "a.tar", data)
        assert files == {}
        assert problems == ["there are more than 10,000 files in it, or their names are far too long"]


def test_headers_of_headers_without_end_are_unusable(lab3: Lab, tmp_path: Path) -> None:
    files, problems, _ = staged_in(20 * MB, lab3, tmp_path / "a.tar", tar_member("pax", b"x", tarfile.XHDTYPE) * 5000)
    assert files == {}
    assert problems[0].startswith("a.tar cannot be read: maximum recursion depth exceeded")


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_name_of_millions_of_folders_is_refused(format_: int, lab3: Lab, tmp_path: Path) -> None:
    header = tarfile.TarInfo("a/" * 2 * MB + "losses.py")
    files, problems, _ = staged_in(60 * MB, lab3, tmp_path / "a.tar", header.tobuf(format=format_) + tar_of(CODE))
    assert files == CODE
    [problem] = problems
    assert problem.startswith("refused: a/a/a/")
    assert problem.endswith("has a name that is too long or cannot be printed")


def test_a_name_that_only_pax_can_write_is_the_files(lab3: Lab, tmp_path: Path) -> None:
    wrapper = "Ünïcode and very long " * 9
    file = io.BytesIO()
    with tarfile.open(
        fileobj=file, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "a commit"}
    ) as archive:
        for name, data in CODE.items():
            header = tarfile.TarInfo(f"{wrapper}/lab3/{name}")
            header.size, header.mtime = len(data), 1.5
            archive.addfile(header, io.BytesIO(data))
    assert staged_in(2 * MB, lab3, tmp_path / "a.tar", file.getvalue()) == (CODE, [], [])


def test_a_file_whose_size_only_pax_can_write_is_too_large(lab3: Lab, tmp_path: Path) -> None:
    header = tarfile.TarInfo("lab3/losses.py")
    header.size = 2**40
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "a.tar", header.tobuf(format=tarfile.PAX_FORMAT))
    assert files == {}
    assert problems == ["a file in it has more than 8 GB"]


def test_a_sparse_file_written_the_pax_way_stands_for_nothing(lab3: Lab, tmp_path: Path) -> None:
    header = tarfile.TarInfo("lab3/GNUSparseFile.0/losses.py")
    header.size = 512
    header.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "lab3/losses.py",
        "GNU.sparse.realsize": str(2**40),
    }
    map_ = b"1\n%d\n0\n" % 2**40
    data = header.tobuf(format=tarfile.PAX_FORMAT) + map_ + bytes(512 - len(map_)) + tar_of(OTHERS)
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "a.tar", data)
    assert files == OTHERS
    assert problems == ["losses.py is missing"]


@pytest.mark.parametrize("rest", [b"", b"x" * 100, b"\x80" * 504, b"\xff" * 600])
def test_a_tar_that_ends_within_the_parts_of_a_sparse_file_is_unusable(rest: bytes, lab3: Lab, tmp_path: Path) -> None:
    header = bytearray(tar_member("losses.py", type_=tarfile.GNUTYPE_SPARSE)[:512])
    header[482] = 1  # more parts follow
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "a.tar").write_bytes(bytes(header) + rest)
    with pytest.raises(NothingUsable):
        stage(tmp_path / "a.tar", lab3)


# --- links, paths and special files -----------------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "secret").mkdir()
    for name in (*CODE, WEIGHTS):
        (tmp_path / "secret" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "secret" / name).write_bytes(b"SECRET")
    return tmp_path / "secret"


@pytest.mark.parametrize(
    "type_", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_what_is_no_file_is_refused_in_a_tar(type_: bytes, lab3: Lab, tmp_path: Path, secret: Path) -> None:
    for target in (str(secret / "losses.py"), "../secret/losses.py", "lab3/agent.py"):
        data = tar_member("lab3/losses.py", type_=type_, linkname=target) + tar_of(OTHERS)
        files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "a.tar", data)
        assert files == OTHERS
        assert problems == ["refused: lab3/losses.py is a link or no regular file", "losses.py is missing"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_what_is_no_file_is_refused_in_a_zip(kind: int, lab3: Lab, tmp_path: Path, secret: Path) -> None:
    data = zip_of(
        {"losses.py": str(secret / "losses.py").encode()}, external_attr=(kind | 0o777) << 16, create_system=3
    )
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "a.zip", data)
    assert files == {}
    assert problems == [
        "none of returns.py, losses.py, agent.py, quiz.json is in it",
        "refused: lab3/losses.py is a link or no regular file",
    ]


OUTSIDE = (
    "/etc/losses.py",
    "//server/share/losses.py",
    "../losses.py",
    "lab3/../../losses.py",
    "C:/losses.py",
    "c:losses.py",
)
WITH_BACKSLASHES = ("\\etc\\losses.py", "..\\losses.py", "C:\\losses.py", "\\\\server\\share\\losses.py")


@pytest.mark.parametrize("name", [*OUTSIDE, *WITH_BACKSLASHES])
def test_a_path_that_leaves_the_folder_is_refused(name: str, lab3: Lab, tmp_path: Path) -> None:
    file = io.BytesIO(zip_of(OTHERS))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, b"evil")
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "a.zip", file.getvalue())
    assert files == OTHERS
    assert problems[0].endswith("lies outside of the folder")
    files, problems, notes = staged_in(2 * MB, lab3, tmp_path / "a.tar", tar_member(name, b"evil") + tar_of(OTHERS))
    assert files == OTHERS
    if name in OUTSIDE or ":" in name:
        assert problems[0].endswith("lies outside of the folder")
    else:  # in a tar a backslash is a letter
        assert notes == [f"not in lab.toml, ignored: {name}"]


def test_special_files_of_a_folder_are_neither_waited_for_nor_followed(
    lab3: Lab, tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "lab3"
    folder.mkdir()
    (folder / "agent.py").write_bytes(b"# agent")
    os.mkfifo(folder / "losses.py")
    (folder / "quiz.json").symlink_to(secret / "quiz.json")
    (folder / "runs").symlink_to(secret / "runs", target_is_directory=True)
    monkeypatch.chdir(folder)  # the path of a socket may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("returns.py")
        files, problems, _ = staged_in(2 * MB, lab3, folder)
    assert files == {"agent.py": b"# agent"}
    assert problems[:4] == [
        f"refused: {name} is a link or no regular file" for name in ("losses.py", "quiz.json", "returns.py", "runs")
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_is_not_read(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "lab3").mkdir()
    try:
        for name in ("lab3/losses.py", "a.zip"):
            os.mknod(tmp_path / name, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero
    except OSError:
        pytest.skip("not here, even for root")
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "lab3")
    assert files == {}
    assert "refused: losses.py is a link or no regular file" in problems
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "a.zip")
    assert (files, problems) == ({}, ["a.zip is neither a file nor a folder"])


def swapped_after_listing(monkeypatch: pytest.MonkeyPatch, swap: Callable[[], object]) -> None:
    listing, left = sources._listing, [swap]

    def listed(source: Path) -> sources.Listing:
        found = listing(source)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(sources, "_listing", listed)


@pytest.mark.parametrize("to", ["a link", "a FIFO", "a folder", "a link to a folder above"])
def test_a_file_swapped_after_it_was_looked_at_gives_nothing_away(
    to: str, lab3: Lab, tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "lab3"
    (folder / "runs").mkdir(parents=True)
    for name, data in {**CODE, WEIGHTS: b"weights"}.items():
        (folder / name).write_bytes(data)

    def swap() -> None:
        if to == "a link to a folder above":
            (folder / "runs").rename(tmp_path / "old")
            (folder / "runs").symlink_to(secret / "runs", target_is_directory=True)
            return
        (folder / "losses.py").unlink()
        if to == "a link":
            (folder / "losses.py").symlink_to(secret / "losses.py")
        elif to == "a FIFO":
            os.mkfifo(folder / "losses.py")
        else:
            (folder / "losses.py").mkdir()

    swapped_after_listing(monkeypatch, swap)
    files, problems, _ = staged_in(2 * MB, lab3, folder)
    assert b"SECRET" not in files.values()
    if to == "a link to a folder above":
        assert (files, problems) == (CODE, ["refused: runs is a link or no regular file"])
    else:
        assert files == {**OTHERS, WEIGHTS: b"weights"}
        assert problems[-1] == "losses.py is missing"
        assert ("refused: losses.py is a link or no regular file" in problems) == (to != "a folder")


def test_a_link_that_is_there_only_while_files_are_read_is_not_followed(
    lab3: Lab, tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both listings look alike: what protects is how a file is opened."""
    folder = tmp_path / "lab3"
    (folder / "runs").mkdir(parents=True)
    for name, data in {**CODE, WEIGHTS: b"weights"}.items():
        (folder / name).write_bytes(data)
    listing = sources._listing(folder)
    (folder / "runs").rename(tmp_path / "old")
    (folder / "runs").symlink_to(secret / "runs", target_is_directory=True)
    monkeypatch.setattr(sources, "_listing", lambda _: listing)
    with pytest.raises(sources.Unreadable, match=r"^lab3 cannot be read: "):
        stage(folder, lab3)


def test_a_file_of_a_terabyte_of_holes_is_not_read(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "lab3").mkdir()
    for name, data in CODE.items():
        (tmp_path / "lab3" / name).write_bytes(data)
    for name in ("lab3/losses.py", "a.zip", "a.tar.gz"):
        try:
            os.truncate(os.open(tmp_path / name, os.O_CREAT | os.O_WRONLY), 10**12)
        except OSError:
            pytest.skip("this file system has no files of 1 TB")
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "lab3")
    assert files == OTHERS
    assert problems == ["losses.py has 1,000,000,000,000 bytes; 1,000,000 are allowed: it was not taken"]
    for name in ("a.zip", "a.tar.gz"):
        files, problems, _ = staged_in(2 * MB, lab3, tmp_path / name)
        assert (files, problems) == ({}, [f"{name} has 1,000,000,000,000 bytes; 100,000,000 are allowed"])


# --- names ------------------------------------------------------------------------------------------------------------

NASTY = ("new\nline.txt", "\x1b[2J\x1b[31mred.txt", "\u202egnp.txt", "bell\x07.txt", "[bold]x.txt", "\u2028.txt")


def test_names_are_shown_as_printable_text(lab3: Lab, tmp_path: Path) -> None:
    members = {**CODE, **dict.fromkeys(NASTY, b"")}
    (tmp_path / "lab3").mkdir()
    for name in members:
        (tmp_path / "lab3" / name).write_bytes(members[name])
    (tmp_path / "a.zip").write_bytes(zip_of(members))
    (tmp_path / "a.tar").write_bytes(tar_of(members))
    for source in ("lab3", "a.zip", "a.tar"):
        files, problems, notes = staged_in(2 * MB, lab3, tmp_path / source)
        assert (files, problems) == (CODE, [])
        assert len(notes) == staging.LISTED + 1


def test_a_name_with_a_nul_is_the_name_before_it_and_two_of_them_are_for_a_person(lab3: Lab, tmp_path: Path) -> None:
    data = zip_of({**CODE, "losses.py?.txt": b"# hidden"}).replace(b"losses.py?", b"losses.py\0")
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "a.zip", data)
    assert files == {**CODE, "losses.py": b"# hidden"}
    assert problems == ["losses.py is in it more than once; the last one counts"]


def test_of_many_members_of_one_name_the_last_counts_and_is_the_only_one_read(lab3: Lab, tmp_path: Path) -> None:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for number in range(50):
            for name in CODE:
                archive.writestr(f"lab3/{name}", b"%d" % number + bytes(900_000))
    files, problems, _ = staged_in(8 * MB, lab3, tmp_path / "a.zip", file.getvalue())
    assert files == dict.fromkeys(CODE, b"49" + bytes(900_000))
    assert problems == [f"{name} is in it more than once; the last one counts" for name in CODE]


@pytest.mark.parametrize("make", [zip_of, tar_of], ids=["zip", "tar"])
def test_a_file_of_another_case_is_another_file(make: Callable[..., bytes], lab3: Lab, tmp_path: Path) -> None:
    source = tmp_path / ("a.zip" if make is zip_of else "a.tar")
    files, problems, notes = staged_in(2 * MB, lab3, source, make({**CODE, "Losses.py": b"# other", "LOSSES.PY": b""}))
    assert (files, problems) == (CODE, [])
    assert notes == [f"not in lab.toml, ignored: lab3/{name}" for name in ("Losses.py", "LOSSES.PY")]
    files, problems, _ = staged_in(2 * MB, lab3, source, make({**OTHERS, "Losses.py": b"# other"}))
    assert (files, problems) == (OTHERS, ["losses.py is missing"])


@pytest.mark.parametrize("inside", ["", "deeper.py", "losses.py"])
def test_a_folder_called_like_a_file_is_no_file(inside: str, lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "lab3" / "losses.py").mkdir(parents=True)
    for name, data in OTHERS.items():
        (tmp_path / "lab3" / name).write_bytes(data)
    if inside:
        (tmp_path / "lab3" / "losses.py" / inside).write_bytes(b"")
    members = {**OTHERS, f"losses.py/{inside}": b""}
    (tmp_path / "a.zip").write_bytes(zip_of(members))
    folder = tar_member("lab3/losses.py", type_=tarfile.DIRTYPE)
    (tmp_path / "a.tar").write_bytes(folder + tar_of(members if inside else OTHERS))
    for source in ("lab3", "a.zip", "a.tar"):
        files, problems, _ = staged_in(2 * MB, lab3, tmp_path / source)
        assert (files, problems) == (OTHERS, ["losses.py is missing"])


# --- what else headers can say ----------------------------------------------------------------------------------------


def test_a_setuid_bit_means_nothing(lab3: Lab, tmp_path: Path) -> None:
    data: dict[str, Any] = {
        "a.zip": zip_of(CODE, external_attr=(stat.S_IFREG | 0o6777) << 16),
        "a.tar": b"".join(tar_member(f"lab3/{name}", CODE[name], mode=0o6777, uid=0) for name in CODE) + bytes(1024),
    }
    for name in data:
        assert staged_in(2 * MB, lab3, tmp_path / name, data[name]) == (CODE, [], [])


def test_an_encrypted_zip_is_said_to_be_so(lab3: Lab, tmp_path: Path) -> None:
    data = bytearray(zip_of(CODE))
    for signature, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = data.find(signature)
        while place >= 0:
            data[place + flags] |= 1
            place = data.find(signature, place + 4)
    files, problems, _ = staged_in(2 * MB, lab3, tmp_path / "a.zip", bytes(data))
    assert files == {}
    assert "is encrypted in its archive: pack it without a password" in problems[0]


# --- what they earn ---------------------------------------------------------------------------------------------------

HARMFUL: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a bomb": ("a.zip", lambda: zip_of({"first.py": bytes(50 * MB), "second.py": b""}).replace(b"lab3/", b"work/")),
    "links": ("a.tar", lambda: tar_member("lab90/first.py", type_=tarfile.SYMTYPE, linkname="/etc/passwd")),
    "a path above": ("a.tar", lambda: tar_member("../first.py", b"x") + bytes(1024)),
    "a device": ("a.tar", lambda: tar_member("lab90/first.py", type_=tarfile.CHRTYPE)),
    "many names": ("a.tar", lambda: tar_member("lab90/x.txt") * 20_000),
    "control characters": ("a.zip", lambda: zip_of(dict.fromkeys(NASTY, b"")).replace(b"lab3/", b"work/")),
}


@pytest.mark.parametrize("what", HARMFUL)
def test_an_archive_made_to_do_harm_earns_nothing_and_is_for_a_person(
    what: str, attacked: Bench, tmp_path: Path
) -> None:
    name, make = HARMFUL[what]
    (tmp_path / name).write_bytes(make())
    graded = grade(attacked, Submission("mallory", tmp_path / name, []))
    assert (graded.result.score, len(graded.result.checks), graded.result.errors()) == (0, 6, [])
    assert graded.attention and all(say(finding).isprintable() for finding in graded.attention)
    assert [path.name for path in tmp_path.iterdir()] == [name]
