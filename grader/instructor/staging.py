"""Takes from a submission the files that lab.toml names, and nothing else; whatever it is, it is only read.

A folder, a zip or a tar. Sizes, links, and paths that leave the folder are checked before a byte is kept; a wrapper
folder, __MACOSX and the rest of what archives carry are no obstacle. A submission is Unusable where what the student
sent is broken; it is Unreadable where the machine does not give it, or it changes meanwhile: that is no one's 0 points.
"""

import bz2
import contextlib
import dataclasses
import errno
import functools
import hashlib
import io
import json
import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from grader.lab import Lab
from grader.plain import one_line
from grader.student.submit import MANIFEST_FILE

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
ATTEMPTS = 3
UNLIMITED = 2**62
NOT_REGULAR = "is a link or no regular file"
LISTED = 5  # of the files that were ignored, or refused
LAB_FOLDER = re.compile(r"lab\d+")
PAX_RECORD = re.compile(rb"([0-9]{1,9}) ([^=\n]{1,200})=")

State = tuple[int, ...]  # what tells whether a file was touched
Listing = dict[PurePosixPath, State]  # of a folder and all that is below it; of an archive, only itself


class Unusable(Exception):
    """A submission from which nothing can be taken because of what the student sent, and why."""


class Unreadable(Exception):
    """A submission that the machine did not let us read, and why: not the student's fault, so never a score."""


@dataclasses.dataclass(frozen=True)
class Staged:
    """What was taken: contents by name. `notes` say what was ignored; `problems` what a person should look at."""

    files: dict[str, bytes]
    notes: list[str]
    problems: list[str]
    too_large: dict[str, str] = dataclasses.field(default_factory=dict)  # why a file was not taken, by its name

    def digest(self) -> str:
        """A hash of all that was taken."""
        digest = hashlib.sha256()
        for name, data in sorted(self.files.items()):
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        return digest.hexdigest()


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


def wanted_files(lab: Lab) -> dict[str, int]:
    """The names that are taken from a submission, with the bytes each may have."""
    wanted = dict.fromkeys(lab.manifest.files.handed_in, lab.manifest.files.max_bytes)
    for milestone in lab.manifest.milestones:
        wanted[milestone.weights] = milestone.max_bytes
    return wanted


def stage(source: Path, lab: Lab) -> Staged:
    """Reads what the lab asks for out of a folder or an archive, as it was at one moment.

    Raises Unusable where there is nothing to be had, Unreadable where it vanished, is forbidden, or keeps changing.
    """
    name = one_line(source.name)
    for _ in range(ATTEMPTS):
        why = "it changes while it is read; grade it again once it is all there"
        try:
            before = _listing(source)
            try:
                staged: Staged | Unusable = _staged(source, before, lab)
            except Unusable as unusable:
                staged = unusable
            if _listing(source) == before:
                if isinstance(staged, Unusable):
                    raise staged
                return staged
        except OSError as error:
            why = _reason(error)
            if isinstance(error.filename, str) and Path(error.filename).name != source.name:
                why = f"{one_line(Path(error.filename).name)}: {why}"
    raise Unreadable(f"{name} cannot be read: {why}")


# What the libraries raise over archives that are broken, or made to break them. OSError: bz2 has no other word for it,
# and all is in memory by then; RuntimeError: an encrypted zip; ValueError and OverflowError: headers without sense.
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def _reason(error: Exception) -> str:
    return one_line(error.strerror if isinstance(error, OSError) and error.strerror else str(error))


def _staged(source: Path, listing: Listing, lab: Lab) -> Staged:
    mode, size, *_ = listing[PurePosixPath()]
    name, refused = one_line(source.name), list[str]()
    if stat.S_ISLNK(mode):
        # A student's may lead to another's work, so none is followed. One that leads nowhere may as well be the
        # instructor's, to a disk that is not there today: a false alarm is better than a wrong 0.
        if not source.exists():
            raise OSError(errno.ENOENT, "it is a link that leads nowhere")
        raise Unusable(f"{name} is a link; the files themselves are needed")
    if stat.S_ISDIR(mode):
        return _take(list(_folder_entries(source, listing, refused)), refused, lab)
    if not stat.S_ISREG(mode):  # no machine makes a submission a device or a FIFO by itself
        raise Unusable(f"{name} is no regular file")
    if size > MAX_ARCHIVE_BYTES:
        raise Unusable(f"{name} has {size:,} bytes; {MAX_ARCHIVE_BYTES:,} are allowed")
    if source.name.lower().endswith((".rar", ".7z")):
        raise Unusable(f"{name} cannot be read: a .zip or a .tar.gz can")
    data = _read(source, PurePosixPath(), MAX_ARCHIVE_BYTES)
    try:
        if source.name.lower().endswith(".zip"):
            file = _Listed(data, ZIP_LISTING_BYTES)
            with zipfile.ZipFile(file) as archive:
                entries = list(_zip_entries(archive, refused))
                file.left = UNLIMITED
                return _take(entries, refused, lab)
        file = _Listed(_unpacked(data), TAR_LISTING_BYTES)
        with tarfile.open(fileobj=file, mode="r:", tarinfo=_Member) as tar:
            entries = list(_tar_entries(tar, refused))
            file.left = UNLIMITED
            return _take(entries, refused, lab)
    except BROKEN as error:
        raise Unusable(f"{name} cannot be read: {_reason(error)}") from None


# --- folders ----------------------------------------------------------------------------------------------------------


def _state(status: os.stat_result) -> State:
    # The times of change, too: those of modification can be set back.
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _listing(source: Path) -> Listing:
    """Everything in a folder, but for what its clutter holds; Unusable where it is too much to list."""
    listing = {PurePosixPath(): _state(source.lstat())}
    folders = [PurePosixPath()] if stat.S_ISDIR(listing[PurePosixPath()][0]) else []
    while folders:
        folder = folders.pop()
        if len(folder.parts) > MAX_DEPTH:
            raise Unusable(f"there are more than {MAX_DEPTH} folders in one another in it")
        with _opened(source, folder) as place, os.scandir(place) as entries:
            for entry in entries:  # never sorted, nor listed whole: a folder may hold millions
                if len(listing) > MAX_ENTRIES:
                    raise _too_many()
                path = folder / entry.name
                listing[path] = _state(entry.stat(follow_symlinks=False))
                if stat.S_ISDIR(listing[path][0]) and not is_clutter(path):
                    folders.append(path)
    return listing


def _too_many() -> Unusable:
    return Unusable(f"there are more than {MAX_ENTRIES:,} files in it")


@contextlib.contextmanager
def _opened(source: Path, inside: PurePosixPath) -> Iterator[int]:
    """A descriptor of what lies inside a folder. No link is followed on the way, and no FIFO waited for."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with contextlib.ExitStack() as stack:
        place = os.open(source, flags)
        stack.callback(os.close, place)
        for part in inside.parts:
            place = os.open(part, flags, dir_fd=place)
            stack.callback(os.close, place)
        yield place


def _read(source: Path, inside: PurePosixPath, count: int) -> bytes:
    """At most `count` bytes of a file, and no more than it has: none of what has become a FIFO or a device."""
    with _opened(source, inside) as place, open(place, "rb", closefd=False) as file:
        return file.read(min(count, os.fstat(place).st_size))


def _folder_entries(source: Path, listing: Listing, refused: list[str]) -> Iterator[Entry]:
    for path, (mode, size, *_) in sorted(listing.items()):
        if stat.S_ISREG(mode):
            yield Entry(path, size, functools.partial(_read, source, path))
        elif not stat.S_ISDIR(mode):
            _refuse(refused, path, NOT_REGULAR)


# --- archives ---------------------------------------------------------------------------------------------------------


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
            raise Unusable(f"there are more than {MAX_ENTRIES:,} files in it, or their names are far too long")
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
                    raise Unusable(f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
                chunk = getattr(decoder, "unconsumed_tail", b"")  # zlib hands back what bz2 and lzma keep
                if decoder.eof:
                    break
        place -= len(decoder.unused_data)
        if data[place : place + 2] != magic:
            return unpacked.getvalue()
    raise Unusable(f"it is compressed in more than {MAX_PIECES:,} pieces")


def _zip_entries(archive: zipfile.ZipFile, refused: list[str]) -> Iterator[Entry]:
    members = archive.infolist()
    if len(members) > MAX_ENTRIES:
        raise _too_many()
    for member in members:
        if member.filename.endswith("/"):  # not is_dir(), which fails on an empty name
            continue
        name = member.filename.replace("\\", "/")
        path = PurePosixPath(name[:MAX_NAME])
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
            _refuse(refused, path, NOT_REGULAR)
        elif why := _bad_name(name):
            _refuse(refused, path, why)
        elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others unpack without bounds
            _refuse(refused, path, "is packed with another method than deflate")
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
            raise _too_many()
        if member.isdir():
            continue
        path = PurePosixPath(member.name[:MAX_NAME])
        if not member.isreg() or member.issparse():
            _refuse(refused, path, NOT_REGULAR)
        elif why := _bad_name(member.name):
            _refuse(refused, path, why)
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


def _refuse(refused: list[str], path: PurePosixPath, why: str) -> None:
    if not is_clutter(path):
        refused.append(f"{one_line(str(path))} {why}")


# --- what is taken ----------------------------------------------------------------------------------------------------


def _take(entries: list[Entry], refused: list[str], lab: Lab) -> Staged:
    """The wanted files among the entries, looked up in the folder of the submission that holds most of them."""
    entries = [entry for entry in entries if not is_clutter(entry.path)]
    if not entries and not refused:
        raise Unusable("there is nothing in it")
    wanted = wanted_files(lab)
    root = _root(entries, set(wanted), lab)
    limits = {**wanted, MANIFEST_FILE: lab.manifest.files.max_bytes}
    found: dict[str, list[Entry]] = {}
    ignored: list[str] = []
    for entry in entries:
        name = entry.path.relative_to(root).as_posix() if entry.path.is_relative_to(root) else ""
        if name in limits:
            found.setdefault(name, []).append(entry)
        else:
            ignored.append(str(entry.path))
    problems = [f"refused: {item}" for item in refused[:LISTED]]
    if len(refused) > LISTED:
        problems.append(f"and {len(refused) - LISTED} more refused")
    files: dict[str, bytes] = {}
    too_large: dict[str, str] = {}
    for name, [*others, entry] in found.items():
        if others:
            problems.append(f"{name} is in it more than once; the last one counts")
        if entry.size > limits[name]:
            too_large[name] = f"{name} has {entry.size:,} bytes; {limits[name]:,} are allowed: it was not taken"
            continue
        files[name] = entry.read(limits[name] + 1)
        if len(files[name]) > limits[name]:
            too_large[name] = f"{name} is larger than it says: it was not taken"
            del files[name]
    problems += too_large.values()
    notes = [f"not in lab.toml, ignored: {one_line(name)}" for name in ignored[:LISTED]]
    if len(ignored) > LISTED:
        notes.append(f"and {len(ignored) - LISTED} more files ignored")
    notes += _against_manifest(files)
    missing = [name for name in lab.manifest.files.handed_in if name not in files]
    if len(missing) == len(lab.manifest.files.handed_in):
        raise Unusable("; ".join([f"none of {', '.join(missing)} is in it", *problems, *notes]))
    problems += [f"{name} is missing" for name in missing if name not in too_large]
    return Staged(files, notes, problems, too_large)


def is_clutter(path: PurePosixPath) -> bool:
    """What operating systems, editors and Python leave behind."""
    return any(
        part in ("__MACOSX", "__pycache__", ".DS_Store", ".ipynb_checkpoints", ".git") or part.startswith("._")
        for part in path.parts
    )


def _root(entries: list[Entry], wanted: set[str], lab: Lab) -> PurePosixPath:
    """The folder inside that holds most of what is wanted: one with the lab's name before others, then the topmost.

    A folder with another lab's name is not looked into: files of several labs are called alike.
    """
    held: dict[PurePosixPath, set[str]] = {}
    for entry in entries:
        path = f"/{entry.path}"
        for name in wanted:
            if path.endswith("/" + name):
                root = entry.path.parents[name.count("/")]
                if _lab_of(root) in ("", lab.name):
                    held.setdefault(root, set()).add(name)
    if not held:
        return PurePosixPath(".")
    return min(held, key=lambda root: (-len(held[root]), not _lab_of(root), len(root.parts), str(root)))


def _lab_of(folder: PurePosixPath) -> str:
    """The lab that a folder inside a submission is called after ("lab3" for lab3_final/code), or ""."""
    names = [found[0] for part in folder.parts if (found := LAB_FOLDER.match(part.lower()))]
    return names[-1] if names else ""


def _against_manifest(files: dict[str, bytes]) -> list[str]:
    """Takes the student's manifest out of the files, and says which of them it does not describe."""
    data = files.pop(MANIFEST_FILE, None)
    if data is None:
        return []
    try:
        hashes = json.loads(data)["sha256"]
        differing = [name for name, content in files.items() if hashes.get(name) != hashlib.sha256(content).hexdigest()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return [f"{MANIFEST_FILE} cannot be read"]
    return [f"{name} was changed after it was packed ({MANIFEST_FILE} has another hash)" for name in differing]
