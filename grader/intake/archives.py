"""What a zip or a tar holds, listed and read within limits: an archive may be made to break who opens it.

The whole archive is in memory by then, so that whatever goes wrong is its own fault: Unusable.
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
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from grader import codes
from grader.findings import Finding
from grader.plain import one_line

# The last two nobody can read here; they are a student's submission all the same.
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".rar", ".7z")
UNPACKERS: dict[bytes, Callable[[], Any]] = {  # by the first two bytes
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"BZ": bz2.BZ2Decompressor,
    b"\xfd7": lambda: lzma.LZMADecompressor(memlimit=100_000_000),  # `xz -9` needs 68 MB; a header may ask for 4 GB
}
MAX_ARCHIVE_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 200_000_000  # of a tar, which has to be unpacked to be listed
MAX_ENTRIES = 10_000
MAX_PIECES = 10_000  # compressed one after another in one file: each takes time, and may hold nothing
MAX_DEPTH = 50  # folders in folders
MAX_NAME = 1000  # characters of a path inside an archive
# What may be read to list the entries: a zip has 46 bytes for each and its name; a tar 512, and as much again twice for
# a long name. Who says otherwise has too many entries, whatever number the archive itself gives.
ZIP_LISTING_BYTES = MAX_ENTRIES * 200
TAR_LISTING_BYTES = MAX_ENTRIES * 2048
UNLIMITED = 2**62
NOT_REGULAR = "is a link or no regular file"
PAX_RECORD = re.compile(rb"([0-9]{1,9}) ([^=\n]{1,200})=")


class NothingUsable(Exception):
    """A submission from which nothing can be taken because of what the student sent, and why."""

    @property
    def finding(self) -> Finding:
        return codes.STAGING_PROBLEM(text=f"nothing could be taken from it: {self}")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A regular file of a submission: its path inside, its size, and how to read so many bytes of it."""

    path: PurePosixPath
    size: int
    read: Callable[[int], bytes]


def is_archive(path: Path) -> bool:
    return path.name.lower().endswith(ARCHIVE_SUFFIXES)


def archive_stem(path: Path) -> str:
    """An archive's name without its suffixes."""
    suffix = max((s for s in ARCHIVE_SUFFIXES if path.name.lower().endswith(s)), key=len)
    return path.name[: -len(suffix)]


# What the libraries raise over archives that are broken, or made to break them. OSError: bz2 has no other word for it,
# and all is in memory by then; RuntimeError: an encrypted zip; ValueError and OverflowError: headers without sense;
# IndexError: a tar that ends within the list of a sparse file's parts.
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
def archive_entries(name: str, data: bytes, refused: list[str]) -> Iterator[list[Entry]]:
    """The regular files in an archive, to be read while it is open. What is none of them is added to `refused`.

    Raises Unusable where the archive is broken, on opening as well as on reading.
    """
    try:
        if name.lower().endswith(".zip"):
            file = _Listed(data, ZIP_LISTING_BYTES)
            with zipfile.ZipFile(file) as archive:
                entries = list(_zip_entries(archive, refused))
                file.left = UNLIMITED
                yield entries
        else:
            file = _Listed(_unpacked(data), TAR_LISTING_BYTES)
            with tarfile.open(fileobj=file, mode="r:", tarinfo=_Member) as tar:
                entries = list(_tar_entries(tar, refused))
                file.left = UNLIMITED
                yield entries
    except BROKEN as error:
        raise NothingUsable(f"{one_line(name)} cannot be read: {reason(error)}") from None


def reason(error: Exception) -> str:
    return one_line(error.strerror if isinstance(error, OSError) and error.strerror else str(error))


def too_many() -> NothingUsable:
    return NothingUsable(f"there are more than {MAX_ENTRIES:,} files in it")


class _Listed(io.BytesIO):
    """An archive of which only so much may be read until it is listed.

    zipfile and tarfile take in whole what an archive says its table of contents or its headers are.
    """

    def __init__(self, data: bytes, left: int) -> None:
        super().__init__(data)
        self.left = left

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(self.left + 1 if size is None or size < 0 else min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise NothingUsable(f"there are more than {MAX_ENTRIES:,} files in it, or their names are far too long")
        return data


def _unpacked(data: bytes) -> bytes:
    """The bytes of a tar, whatever it is compressed with; Unusable where they are too many."""
    magic, unpacked, place = data[:2], io.BytesIO(), 0
    if magic not in UNPACKERS:
        return data
    for _ in range(MAX_PIECES):
        decoder = UNPACKERS[magic]()
        while not decoder.eof:
            chunk = data[place : place + 8192]
            place += len(chunk)
            if not chunk:
                raise EOFError("it ends too early; it was not uploaded whole")
            while chunk or not getattr(decoder, "needs_input", True):
                unpacked.write(decoder.decompress(chunk, 1_000_000))
                if unpacked.tell() > MAX_UNPACKED_BYTES:
                    raise NothingUsable(f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
                chunk = getattr(decoder, "unconsumed_tail", b"")  # zlib hands back what bz2 and lzma keep
                if decoder.eof:
                    break
        place -= len(decoder.unused_data)
        if data[place : place + 2] != magic:
            return unpacked.getvalue()
    raise NothingUsable(f"it is compressed in more than {MAX_PIECES:,} pieces")


def _zip_entries(archive: zipfile.ZipFile, refused: list[str]) -> Iterator[Entry]:
    members = archive.infolist()
    if len(members) > MAX_ENTRIES:
        raise too_many()
    for member in members:
        if member.filename.endswith("/"):  # not is_dir(), which fails on an empty name
            continue
        name = member.filename.replace("\\", "/")
        path = PurePosixPath(name[:MAX_NAME])
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
            refuse(refused, path, NOT_REGULAR)
        elif why := _bad_name(name):
            refuse(refused, path, why)
        elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others unpack without bounds
            refuse(refused, path, "is packed with another method than deflate")
        else:
            yield Entry(path, member.file_size, functools.partial(_read_zipped, archive, member))


def _read_zipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo, count: int) -> bytes:
    with archive.open(member) as file:
        return file.read(count)


class _Member(tarfile.TarInfo):
    """A member of a tar. Of a pax header only its path counts.

    What else tarfile makes of one takes time and memory with the square of its size (before Python 3.11.10), or copies
    a global one into every member.
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
                    raise tarfile.ReadError("a file in it has more than 8 GB")
        return member


def _pax_records(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keywords and values of a pax header, which are written "<length> <keyword>=<value>\\n"."""
    place = 0
    while (record := PAX_RECORD.match(header, place)) and (end := place + int(record[1])) > record.end():
        yield record[2], header[record.end() : end - 1]
        place = end


def _tar_entries(archive: tarfile.TarFile, refused: list[str]) -> Iterator[Entry]:
    count = 0
    while member := archive.next():
        count += 1
        if count > MAX_ENTRIES:
            raise too_many()
        if member.isdir():
            continue
        path = PurePosixPath(member.name[:MAX_NAME])
        if not member.isreg() or member.issparse():
            refuse(refused, path, NOT_REGULAR)
        elif why := _bad_name(member.name):
            refuse(refused, path, why)
        else:
            yield Entry(path, member.size, functools.partial(_read_member, archive, member))


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo, count: int) -> bytes:
    file = archive.extractfile(member)
    return file.read(count) if file else b""


def _bad_name(name: str) -> str:
    """Why a member of this name is refused, or ""."""
    if len(name) > MAX_NAME:
        return f"has a name of {len(name):,} characters"
    path = PurePosixPath(name)
    return "leaves the folder" if path.is_absolute() or ".." in path.parts or ":" in name[:2] else ""


def refuse(refused: list[str], path: PurePosixPath, why: str) -> None:
    if not is_clutter(path):
        refused.append(f"{one_line(str(path))} {why}")


def is_clutter(path: PurePosixPath) -> bool:
    """What operating systems, editors and Python leave behind."""
    return any(
        part in ("__MACOSX", "__pycache__", ".DS_Store", ".ipynb_checkpoints", ".git") or part.startswith("._")
        for part in path.parts
    )
