"""What a zip or a tar holds, as entries. An archive may be made to break who opens it: it is listed and read in bounds.

The whole archive is in memory by then, so that whatever goes wrong is the archive's own fault: NothingUsable.
"""

import bz2
import contextlib
import dataclasses
import functools
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from grader import codes
from grader.errors import Found
from grader.findings import Finding
from grader.intake.encodings import chinese
from grader.plain import one_line

UNKNOWN_SUFFIXES = (".rar", ".7z")  # nobody can read these here; they are a student's submission all the same
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", *UNKNOWN_SUFFIXES)
CLUTTER = {
    *("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git", ".gitignore", ".github", ".vscode", ".idea"),
    *("__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".backup"),
    *(".venv", "venv", "site-packages", "node_modules"),
}
UNPACKERS: dict[bytes, Callable[[], Any]] = {  # by the first two bytes
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"BZ": bz2.BZ2Decompressor,
    b"\xfd7": lambda: lzma.LZMADecompressor(memlimit=100_000_000),  # `xz -9` needs 68 MB; a header may ask for 4 GB
}
MAX_ARCHIVE_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 200_000_000  # of a tar, which has to be unpacked to be listed
MAX_ENTRIES = 10_000  # without clutter
MAX_LISTED = 40_000  # with it: a virtual environment has more than ten thousand files
MAX_PIECES = 10_000  # compressed one after another in one file: each takes time, and may hold nothing
MAX_NAME = 1000  # characters of a path inside an archive
# What may be read to list the entries: a zip has 46 bytes for each and its name; a tar has 512, and as much again twice
# for a long name. An archive with a longer listing has too many entries, whatever number it gives itself.
ZIP_LISTING_BYTES = MAX_LISTED * 100
TAR_LISTING_BYTES = MAX_ENTRIES * 2048
UNLIMITED = 2**62
ENCRYPTED, UTF_8 = 1, 0x800  # flags of a zip's file
PAX_RECORD = re.compile(rb"([0-9]{1,9}) ([^=\n]{1,200})=")


class NothingUsable(Found):
    """Nothing can be taken from a submission, because of what the student sent. `also` is what else was found in it."""

    def __init__(self, why: Finding, also: Iterable[Finding] = ()) -> None:
        super().__init__(codes.NOTHING_TAKEN(why=why))
        self.findings = [self.finding, *also]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One file of a submission: its path inside, its size, and how its content is read, which is never more than that.

    `refused` says why it cannot be taken: it is a link, for one, or its path leaves the folder.
    """

    path: PurePosixPath
    size: int
    read: Callable[[], bytes]
    refused: Finding | None = None


def is_archive(path: Path) -> bool:
    return path.name.lower().endswith(ARCHIVE_SUFFIXES)


def archive_stem(path: Path) -> str:
    """An archive's name without its suffixes."""
    suffix = max((s for s in ARCHIVE_SUFFIXES if path.name.lower().endswith(s)), key=len)
    return path.name[: -len(suffix)]


def is_clutter(path: PurePosixPath) -> bool:
    """Whether an operating system, an editor, Python or the kit itself left this behind, or installed it."""
    return any(part in CLUTTER or part.startswith("._") for part in path.parts)


def archive_entries(name: str, data: bytes) -> list[Entry]:
    """The files in an archive of this name. Raises NothingUsable where it is broken; an entry's `read` does so, too."""
    if name.lower().endswith(UNKNOWN_SUFFIXES):
        raise NothingUsable(codes.ARCHIVE_UNKNOWN(file=one_line(name)))
    with _broken(name):
        if name.lower().endswith(".zip"):
            file = _Listed(data, ZIP_LISTING_BYTES)
            entries = list(_counted(_zip_entries(zipfile.ZipFile(file))))
        else:
            file = _Listed(_unpacked(data), TAR_LISTING_BYTES)
            entries = list(_counted(_tar_entries(tarfile.TarFile(fileobj=file, tarinfo=_Member))))
    file.left = UNLIMITED
    return [dataclasses.replace(entry, read=_broken(name)(entry.read)) for entry in entries]


def _counted(entries: Iterator[Entry]) -> Iterator[Entry]:
    """The entries without clutter; NothingUsable where they are too many."""
    kept = 0
    for listed, entry in enumerate(entries, 1):
        if not is_clutter(entry.path):
            kept += 1
            yield entry
        if kept > MAX_ENTRIES or listed > MAX_LISTED:
            raise too_many()


def too_many() -> NothingUsable:
    return NothingUsable(codes.TOO_MANY_FILES(allowed=MAX_ENTRIES))


def reason(error: Exception) -> str:
    """What the machine or a library says of an error, in one line."""
    return one_line(error.strerror if isinstance(error, OSError) and error.strerror else str(error))


# What the libraries raise over archives that are broken, or made to break them. OSError: bz2, over broken data.
# RuntimeError: an encrypted zip. ValueError and OverflowError: headers without sense. IndexError: a tar that ends in
# the list of its sparse parts.
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    IndexError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@contextlib.contextmanager
def _broken(name: str) -> Iterator[None]:
    """Raises NothingUsable in place of what the libraries raise over the archive of this name."""
    try:
        yield
    except BROKEN as error:
        raise NothingUsable(codes.ARCHIVE_BROKEN(file=one_line(name), message=reason(error))) from None


class _Listed(io.BytesIO):
    """An archive of which only so much may be read until it is listed.

    zipfile and tarfile read as much as an archive says that its table of contents or its headers have.
    """

    def __init__(self, data: bytes, left: int) -> None:
        super().__init__(data)
        self.left = left

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(self.left + 1 if size is None or size < 0 else min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise NothingUsable(codes.TOO_MANY_NAMES(allowed=MAX_ENTRIES))
        return data


def _entry(name: str, is_file: bool, size: int, read: Callable[[], bytes]) -> Entry:
    """A member of an archive, refused where it is no file, or where its name cannot be one inside of a folder."""
    path = PurePosixPath(name[:MAX_NAME])
    file, refused = one_line(str(path)), None
    if not is_file:
        refused = codes.REFUSED_LINK(file=file)
    elif len(name) > MAX_NAME:
        refused = codes.REFUSED_NAME(file=file)
    elif path.is_absolute() or ".." in path.parts or ":" in name[:2]:
        refused = codes.REFUSED_PATH(file=file)
    return Entry(path, size, read, refused)


# --- zip --------------------------------------------------------------------------------------------------------------


def _zip_entries(archive: zipfile.ZipFile) -> Iterator[Entry]:
    for member in archive.infolist():
        if member.filename.endswith("/"):  # not is_dir(), which fails on an empty name
            continue
        is_file = stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG)
        content = functools.partial(_read_zipped, archive, member)
        entry = _entry(_name_of(member).replace("\\", "/"), is_file, member.file_size, content)
        if not entry.refused and member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # the other methods unpack without bounds
            entry = dataclasses.replace(entry, refused=codes.REFUSED_METHOD(file=one_line(str(entry.path))))
        yield entry


def _name_of(member: zipfile.ZipInfo) -> str:
    """A member's name. Where nothing says that it is UTF-8, zipfile takes it for one of DOS: macOS writes UTF-8 all the
    same, and a Chinese Windows GBK."""
    name = member.filename
    if name.isascii() or member.flag_bits & UTF_8:
        return name
    data = name.encode("cp437")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return chinese(data) or name


def _read_zipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.flag_bits & ENCRYPTED:
        raise NothingUsable(codes.ARCHIVE_ENCRYPTED(file=one_line(member.filename)))
    with archive.open(member) as file:
        return file.read(member.file_size + 1)  # zipfile gives no more than the size; at the end it compares checksums


# --- tar --------------------------------------------------------------------------------------------------------------


def _unpacked(data: bytes) -> bytes:
    """The bytes of a tar, whatever it is compressed with; NothingUsable where they are too many."""
    magic, unpacked, place = data[:2], io.BytesIO(), 0
    if magic not in UNPACKERS:
        return data
    for _ in range(MAX_PIECES):
        decoder = UNPACKERS[magic]()
        while not decoder.eof:
            chunk = data[place : place + 8192]
            place += len(chunk)
            if not chunk:
                raise NothingUsable(codes.ENDS_TOO_EARLY())
            while chunk or not getattr(decoder, "needs_input", True):
                unpacked.write(decoder.decompress(chunk, 1_000_000))
                if unpacked.tell() > MAX_UNPACKED_BYTES:
                    raise NothingUsable(codes.UNPACKS_TOO_LARGE(allowed=MAX_UNPACKED_BYTES))
                chunk = getattr(decoder, "unconsumed_tail", b"")  # zlib hands back what bz2 and lzma keep
                if decoder.eof:
                    break
        place -= len(decoder.unused_data)
        if data[place : place + 2] != magic:
            return unpacked.getvalue()
    raise NothingUsable(codes.TOO_MANY_PIECES(allowed=MAX_PIECES))


class _Member(tarfile.TarInfo):
    """A member of a tar. Of a pax header only its path counts.

    Before Python 3.11.10 tarfile needs time and memory with the square of a pax header's size, and it copies a global
    header into every member.
    """

    def _proc_member(self, archive: Any) -> tarfile.TarInfo:  # the hook that tarfile names for this
        if self.type not in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE):
            return super()._proc_member(archive)  # type: ignore[misc, no-any-return]
        records = archive.fileobj.read(-(-self.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE)
        member = self.fromtarfile(archive)
        if self.type != tarfile.XGLTYPE:
            for keyword, value in _pax_records(records):
                if keyword == b"path":
                    member.name = value.decode("utf-8", "surrogateescape")
                elif keyword == b"size":  # is there only where a usual header cannot hold it
                    raise NothingUsable(codes.MEMBER_TOO_LARGE())
        return member


def _pax_records(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keywords and values of a pax header, which are written "<length> <keyword>=<value>\\n"."""
    place = 0
    while (record := PAX_RECORD.match(header, place)) and (end := place + int(record[1])) > record.end():
        yield record[2], header[record.end() : end - 1]
        place = end


def _tar_entries(archive: tarfile.TarFile) -> Iterator[Entry]:
    while member := archive.next():
        if not member.isdir():
            is_file = member.isreg() and not member.issparse()
            yield _entry(member.name, is_file, member.size, functools.partial(_read_member, archive, member))


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read(member.size) if file else b""
