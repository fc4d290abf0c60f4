"""Takes from a submission the files that lab.toml names, and nothing else; whatever it is, it is only read.

A folder, a zip or a tar. Sizes, links, and paths that leave the folder are checked before a byte is kept; a wrapper
folder, __MACOSX and the rest of what archives carry are no obstacle. A submission is NothingUsable where what the student
sent is broken; it is Unreadable where the machine does not give it, or it changes meanwhile: that is no one's 0 points.
"""

import contextlib
import dataclasses
import errno
import functools
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from grader import codes
from grader.findings import Finding
from grader.intake.archives import (
    MAX_ARCHIVE_BYTES,
    MAX_DEPTH,
    MAX_ENTRIES,
    NOT_REGULAR,
    Entry,
    NothingUsable,
    archive_entries,
    is_clutter,
    reason,
    refuse,
    too_many,
)
from grader.lab import Lab
from grader.plain import one_line
from grader.student.submit import MANIFEST_FILE

ATTEMPTS = 3
LISTED = 5  # of the files that were ignored, or refused
LAB_FOLDER = re.compile(r"lab\d+")

State = tuple[int, ...]  # what tells whether a file was touched
Listing = dict[PurePosixPath, State]  # of a folder and all that is below it; of an archive, only itself


class Unreadable(Exception):
    """A submission that the machine did not let us read, and why: not the student's fault, so never a score."""

    @property
    def finding(self) -> Finding:
        return codes.STAGING_PROBLEM(text=str(self))


@dataclasses.dataclass(frozen=True)
class Staged:
    """What was taken: contents by name. `notes` say what was ignored; `problems` what a person should look at."""

    files: dict[str, bytes]
    findings: list[Finding]
    too_large: dict[str, Finding] = dataclasses.field(default_factory=dict)  # why a file was not taken, by its name

    def digest(self) -> str:
        """A hash of all that was taken."""
        digest = hashlib.sha256()
        for name, data in sorted(self.files.items()):
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        return digest.hexdigest()


def wanted_files(lab: Lab) -> dict[str, int]:
    """The names that are taken from a submission, with the bytes each may have."""
    wanted = dict.fromkeys(lab.manifest.files.handed_in, lab.manifest.files.max_bytes)
    for milestone in lab.manifest.milestones:
        wanted[milestone.weights] = max(milestone.max_bytes, wanted.get(milestone.weights, 0))
    return wanted


def stage(source: Path, lab: Lab) -> Staged:
    """Reads what the lab asks for out of a folder or an archive, as it was at one moment.

    Raises NothingUsable where there is nothing to be had, Unreadable where it vanished, is forbidden, or keeps changing.
    """
    name = one_line(source.name)
    for _ in range(ATTEMPTS):
        why = "it changes while it is read; grade it again once it is all there"
        try:
            before = _listing(source)
            try:
                staged: Staged | NothingUsable = _staged(source, before, lab)
            except NothingUsable as unusable:
                staged = unusable
            if _listing(source) == before:
                if isinstance(staged, NothingUsable):
                    raise staged
                return staged
        except OSError as error:
            why = reason(error)
            if isinstance(error.filename, str) and Path(error.filename).name != source.name:
                why = f"{one_line(Path(error.filename).name)}: {why}"
    raise Unreadable(f"{name} cannot be read: {why}")


def _staged(source: Path, listing: Listing, lab: Lab) -> Staged:
    mode, size, *_ = listing[PurePosixPath()]
    name, refused = one_line(source.name), list[str]()
    if stat.S_ISLNK(mode):
        # A student's may lead to another's work, so none is followed. One that leads nowhere may as well be the
        # instructor's, to a disk that is not there today: a false alarm is better than a wrong 0.
        if not source.exists():
            raise OSError(errno.ENOENT, "it is a link that leads nowhere")
        raise NothingUsable(f"{name} is a link; the files themselves are needed")
    if stat.S_ISDIR(mode):
        return _take(list(_folder_entries(source, listing, refused)), refused, lab)
    if not stat.S_ISREG(mode):  # no machine makes a submission a device or a FIFO by itself
        raise NothingUsable(f"{name} is no regular file")
    if size > MAX_ARCHIVE_BYTES:
        raise NothingUsable(f"{name} has {size:,} bytes; {MAX_ARCHIVE_BYTES:,} are allowed")
    if source.name.lower().endswith((".rar", ".7z")):
        raise NothingUsable(f"{name} cannot be read: a .zip or a .tar.gz can")
    data = _read(source, PurePosixPath(), MAX_ARCHIVE_BYTES)
    with archive_entries(source.name, data, refused) as entries:
        return _take(entries, refused, lab)


# --- folders ----------------------------------------------------------------------------------------------------------


def _state(status: os.stat_result) -> State:
    # The times of change, too: those of modification can be set back.
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _listing(source: Path) -> Listing:
    """Everything in a folder, but for what its clutter holds; NothingUsable where it is too much to list."""
    listing = {PurePosixPath(): _state(source.lstat())}
    folders = [PurePosixPath()] if stat.S_ISDIR(listing[PurePosixPath()][0]) else []
    while folders:
        folder = folders.pop()
        if len(folder.parts) > MAX_DEPTH:
            raise NothingUsable(f"there are more than {MAX_DEPTH} folders in one another in it")
        with _opened(source, folder) as place, os.scandir(place) as entries:
            for entry in entries:  # never sorted, nor listed whole: a folder may hold millions
                if len(listing) > MAX_ENTRIES:
                    raise too_many()
                path = folder / entry.name
                listing[path] = _state(entry.stat(follow_symlinks=False))
                if stat.S_ISDIR(listing[path][0]) and not is_clutter(path):
                    folders.append(path)
    return listing


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
            refuse(refused, path, NOT_REGULAR)


# --- what is taken ----------------------------------------------------------------------------------------------------


def _take(entries: list[Entry], refused: list[str], lab: Lab) -> Staged:
    """The wanted files among the entries, looked up in the folder of the submission that holds most of them."""
    entries = [entry for entry in entries if not is_clutter(entry.path)]
    if not entries and not refused:
        raise NothingUsable("there is nothing in it")
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
        raise NothingUsable("; ".join([f"none of {', '.join(missing)} is in it", *problems, *notes]))
    problems += [f"{name} is missing" for name in missing if name not in too_large]
    return Staged(
        files,
        [codes.STAGING_PROBLEM(text=x) for x in problems] + [codes.OLD_SENTENCE(text=x) for x in notes],
        {k: codes.STAGING_PROBLEM(text=v) for k, v in too_large.items()},
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
