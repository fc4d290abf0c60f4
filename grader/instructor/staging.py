"""Takes from a submission the files that lab.toml names, and nothing else; whatever it is, it is only read.

A folder, a zip or a tar. Sizes, links, and paths that leave the folder are checked before a byte is kept; a wrapper
folder, __MACOSX and the rest of what archives carry are no obstacle.
"""

import bz2
import dataclasses
import gzip
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
UNPACKERS: dict[bytes, Callable[[Path], Any]] = {  # by the first two bytes
    b"\x1f\x8b": gzip.open,
    b"BZ": bz2.open,
    b"\xfd7": lzma.open,
}
MAX_ARCHIVE_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 200_000_000  # of a tar, which has to be unpacked to be listed
MAX_ENTRIES = 10_000
LISTED = 5  # of the files that were ignored, or refused
LAB_FOLDER = re.compile(r"lab\d+")


class Unusable(Exception):
    """A submission from which nothing can be taken, and why."""


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
    """Reads what the lab asks for out of a folder or an archive; Unusable where there is nothing to be had."""
    refused: list[str] = []
    if source.is_symlink() or not (source.is_dir() or source.is_file()):
        raise Unusable(f"{one_line(source.name)} is a link or no regular file")
    try:
        if source.is_dir():
            return _take(list(_folder_entries(source, refused)), refused, lab)
        if source.stat().st_size > MAX_ARCHIVE_BYTES:
            raise Unusable(f"the archive has {source.stat().st_size:,} bytes; {MAX_ARCHIVE_BYTES:,} are allowed")
        if source.name.lower().endswith(".zip"):
            with zipfile.ZipFile(source) as archive:
                return _take(list(_zip_entries(archive, refused)), refused, lab)
        with tarfile.open(fileobj=_unpacked(source), mode="r:") as tar:
            return _take(list(_tar_entries(tar, refused)), refused, lab)
    except UNREADABLE as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unusable(f"{one_line(source.name)} cannot be read: {one_line(reason)}") from None


# What the libraries raise over archives and folders that are broken, or made to break them. RuntimeError: an encrypted
# zip; ValueError and OverflowError: headers that make no sense.
UNREADABLE = (
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


def _unpacked(source: Path) -> io.BytesIO:
    """The bytes of a tar, whatever it is compressed with; Unusable where they are too many."""
    with source.open("rb") as file:
        unpack = UNPACKERS.get(file.read(2))
    with unpack(source) if unpack else source.open("rb") as unpacked:
        data: bytes = unpacked.read(MAX_UNPACKED_BYTES + 1)
    if len(data) > MAX_UNPACKED_BYTES:
        raise Unusable(f"{one_line(source.name)} unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
    return io.BytesIO(data)


def _folder_entries(source: Path, refused: list[str]) -> Iterator[Entry]:
    count = 0
    for folder, folders, names in os.walk(source, followlinks=False):
        folders.sort()
        for name in [*names, *(name for name in folders if (Path(folder) / name).is_symlink())]:
            count += 1
            if count > MAX_ENTRIES:
                raise Unusable(f"there are more than {MAX_ENTRIES:,} files in it")
            path = Path(folder) / name
            inside = PurePosixPath(path.relative_to(source).as_posix())
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                _refuse(refused, inside, "is a link or no regular file")
                continue
            yield Entry(inside, status.st_size, lambda count, path=path: _read_file(path, count))  # type: ignore[misc]


def _read_file(path: Path, count: int) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
        return file.read(count)


def _zip_entries(archive: zipfile.ZipFile, refused: list[str]) -> Iterator[Entry]:
    members = archive.infolist()
    if len(members) > MAX_ENTRIES:
        raise Unusable(f"there are more than {MAX_ENTRIES:,} files in it")
    for member in members:
        if member.filename.endswith("/"):  # not is_dir(), which fails on an empty name
            continue
        path = PurePosixPath(member.filename.replace("\\", "/"))
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            _refuse(refused, path, "is a link or no regular file")
        elif _leaves(path):
            _refuse(refused, path, "leaves the folder")
        elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others unpack without bounds
            _refuse(refused, path, "is packed with another method than deflate")
        else:
            yield Entry(path, member.file_size, lambda count, member=member: archive.open(member).read(count))  # type: ignore[misc]


def _tar_entries(archive: tarfile.TarFile, refused: list[str]) -> Iterator[Entry]:
    for count, member in enumerate(archive, 1):
        if count > MAX_ENTRIES:
            raise Unusable(f"there are more than {MAX_ENTRIES:,} files in it")
        path = PurePosixPath(member.name)
        if member.isdir():
            continue
        if not member.isreg() or member.issparse():
            _refuse(refused, path, "is a link or no regular file")
        elif _leaves(path):
            _refuse(refused, path, "leaves the folder")
        else:
            yield Entry(path, member.size, lambda count, member=member: _read_member(archive, member, count))  # type: ignore[misc]


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo, count: int) -> bytes:
    file = archive.extractfile(member)
    return file.read(count) if file else b""


def _leaves(path: PurePosixPath) -> bool:
    return path.is_absolute() or ".." in path.parts or ":" in str(path)[:2]


def _refuse(refused: list[str], path: PurePosixPath, why: str) -> None:
    if not _is_clutter(path):
        refused.append(f"{one_line(str(path))} {why}")


def _take(entries: list[Entry], refused: list[str], lab: Lab) -> Staged:
    """The wanted files among the entries, looked up in the folder of the submission that holds most of them."""
    entries = [entry for entry in entries if not _is_clutter(entry.path)]
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
            ignored.append(one_line(str(entry.path)))
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
    notes = [f"not in lab.toml, ignored: {name}" for name in ignored[:LISTED]]
    if len(ignored) > LISTED:
        notes.append(f"and {len(ignored) - LISTED} more files ignored")
    notes += _against_manifest(files)
    missing = [name for name in lab.manifest.files.handed_in if name not in files]
    if len(missing) == len(lab.manifest.files.handed_in):
        raise Unusable("; ".join([f"none of {', '.join(missing)} is in it", *problems]))
    problems += [f"{name} is missing" for name in missing if name not in too_large]
    return Staged(files, notes, problems, too_large)


def _is_clutter(path: PurePosixPath) -> bool:
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
        for name in wanted:
            depth = len(PurePosixPath(name).parts)
            if entry.path.as_posix() == name or entry.path.as_posix().endswith("/" + name):
                root = entry.path.parents[depth - 1]
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
