"""Takes from a submission the files that lab.toml names, and nothing else; whatever it is, it is only read.

A folder, a zip or a tar. Sizes, links, and paths that leave the folder are checked before a byte is kept; a wrapper
folder, __MACOSX and the rest of what archives carry are no obstacle.
"""

import dataclasses
import hashlib
import json
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from grader.lab import Lab
from grader.student.submit import MANIFEST_FILE
from grader.worker import printable

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
MAX_ARCHIVE_BYTES = 100_000_000
MAX_ENTRIES = 10_000
LISTED = 5  # of the files that were ignored


class Unusable(Exception):
    """A submission from which nothing can be taken, and why."""


@dataclasses.dataclass(frozen=True)
class Staged:
    """What was taken: contents by name. `notes` say what was ignored; `problems` what a person should look at."""

    files: dict[str, bytes]
    notes: list[str]
    problems: list[str]

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
    if source.is_dir() and not source.is_symlink():
        return _take(list(_folder_entries(source, refused)), refused, lab)
    try:
        if source.stat().st_size > MAX_ARCHIVE_BYTES:
            raise Unusable(f"the archive has {source.stat().st_size:,} bytes; {MAX_ARCHIVE_BYTES:,} are allowed")
        if source.name.lower().endswith(".zip"):
            with zipfile.ZipFile(source) as archive:
                return _take(list(_zip_entries(archive, refused)), refused, lab)
        with tarfile.open(source) as tar:
            return _take(list(_tar_entries(tar, refused)), refused, lab)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, OSError, RuntimeError, ValueError) as error:
        # RuntimeError: an encrypted zip; ValueError and NotImplementedError: headers that make no sense
        raise Unusable(f"the archive {printable(source.name)} cannot be read: {printable(str(error), 200)}") from None


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
                refused.append(f"{inside} is a link or no regular file")
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
        if member.is_dir():
            continue
        path = PurePosixPath(member.filename.replace("\\", "/"))
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            refused.append(f"{path} is a link or no regular file")
        elif _leaves(path):
            refused.append(f"{path} leaves the folder")
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
            refused.append(f"{path} is a link or no regular file")
        elif _leaves(path):
            refused.append(f"{path} leaves the folder")
        else:
            yield Entry(path, member.size, lambda count, member=member: _read_member(archive, member, count))  # type: ignore[misc]


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo, count: int) -> bytes:
    file = archive.extractfile(member)
    return file.read(count) if file else b""


def _leaves(path: PurePosixPath) -> bool:
    return path.is_absolute() or ".." in path.parts or ":" in str(path)[:2]


def _take(entries: list[Entry], refused: list[str], lab: Lab) -> Staged:
    """The wanted files among the entries, looked up in the folder of the submission that holds most of them."""
    entries = [entry for entry in entries if not _is_clutter(entry.path)]
    refused = [item for item in refused if not _is_clutter(PurePosixPath(item))]
    if not entries and not refused:
        raise Unusable("there is nothing in it")
    wanted = wanted_files(lab)
    root = _root(entries, set(wanted), lab)
    files: dict[str, bytes] = {}
    ignored: list[str] = []
    problems = [f"refused: {printable(item, 200)}" for item in refused[:LISTED]]
    for entry in entries:
        name = entry.path.relative_to(root).as_posix() if entry.path.is_relative_to(root) else ""
        limit = wanted.get(name, lab.manifest.files.max_bytes if name == MANIFEST_FILE else 0)
        if not limit:
            ignored.append(printable(str(entry.path), 200).replace("\n", "�"))
        elif name in files:
            problems.append(f"{name} is in it more than once; the last one counts")
            files[name] = entry.read(limit + 1)
        elif entry.size > limit:
            problems.append(f"{name} has {entry.size:,} bytes; {limit:,} are allowed: it was not taken")
        else:
            files[name] = entry.read(limit + 1)
    for name in [name for name in files if len(files[name]) > wanted.get(name, lab.manifest.files.max_bytes)]:
        problems.append(f"{name} is larger than it says: it was not taken")
        del files[name]
    notes = [f"not in lab.toml, ignored: {name}" for name in ignored[:LISTED]]
    if len(ignored) > LISTED:
        notes.append(f"and {len(ignored) - LISTED} more files ignored")
    notes += _against_manifest(files)
    missing = [name for name in lab.manifest.files.handed_in if name not in files]
    if len(missing) == len(lab.manifest.files.handed_in):
        raise Unusable(f"none of {', '.join(missing)} is in it")
    problems += [f"{name} is missing" for name in missing]
    return Staged(files, notes, problems)


def _is_clutter(path: PurePosixPath) -> bool:
    """What operating systems, editors and Python leave behind."""
    return any(
        part in ("__MACOSX", "__pycache__", ".DS_Store", ".ipynb_checkpoints", ".git") or part.startswith("._")
        for part in path.parts
    )


def _root(entries: list[Entry], wanted: set[str], lab: Lab) -> PurePosixPath:
    """The folder inside that holds most of what is wanted: the lab's own before another's, then the topmost."""
    held: dict[PurePosixPath, int] = {}
    for entry in entries:
        for name in wanted:
            depth = len(PurePosixPath(name).parts)
            if entry.path.as_posix() == name or entry.path.as_posix().endswith("/" + name):
                root = entry.path.parents[depth - 1]
                held[root] = held.get(root, 0) + 1
    if not held:
        return PurePosixPath(".")
    return min(held, key=lambda root: (-held[root], lab.name not in root.name, len(root.parts), str(root)))


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
