"""What lies in a source, a folder or an archive, as entries; a source is only read, and as it was at one moment.

Of a folder that holds files of several students, some are a source of their own: loose ones.

A source is listed before and after it is read: where the listings differ, nothing of what was read counts. No link is
followed, and no FIFO is waited for.
"""

import contextlib
import dataclasses
import functools
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from grader import codes
from grader.errors import Found
from grader.findings import Finding
from grader.intake.archives import (
    MAX_ARCHIVE_BYTES,
    MAX_ENTRIES,
    Entry,
    NothingUsable,
    archive_entries,
    is_clutter,
    reason,
    too_many,
)
from grader.plain import one_line

MAX_DEPTH = 50  # folders in folders

State = tuple[int, ...]  # what tells whether a file was touched
Listing = dict[PurePosixPath, State]  # of a folder and all that is below it; of an archive, only itself
Loose = Mapping[str, str]  # files of a folder, by the names that they were handed in by
ITSELF = PurePosixPath()


class Unreadable(Found):
    """The machine did not give a submission, or it changed while it was read. That is never a score of 0."""


@contextlib.contextmanager
def opened(source: Path, loose: Loose | None = None) -> Iterator[list[Entry]]:
    """What lies in a source, to be read until this ends: of a folder only the loose files, where any are named.

    Raises NothingUsable where the student sent what cannot be read. Raises Unreadable where the source vanished or is
    forbidden, and in the end where it is not as it was in the beginning, whatever came of it.
    """
    try:
        before = _listing_of(source, loose)
        try:
            yield _loose_entries(source, loose, before) if loose else _entries(source, before)
        finally:
            if _listing_of(source, loose) != before:
                raise Unreadable(codes.UNREADABLE(file=one_line(source.name), why=codes.CHANGES_MEANWHILE()))
    except OSError as error:
        why: str | Finding = reason(error)
        if isinstance(error.filename, str) and (inside := Path(error.filename).name) != source.name:
            why = codes.INSIDE(file=one_line(inside), why=why)
        raise Unreadable(codes.UNREADABLE(file=one_line(source.name), why=why)) from None


def _entries(source: Path, listing: Listing) -> list[Entry]:
    mode, size, *_ = listing[ITSELF]
    name = one_line(source.name)
    if stat.S_ISLNK(mode):
        # A student's may lead to another's work, so none is followed. One that leads nowhere may as well be the
        # instructor's, to a disk that is not there today: a false alarm is better than a wrong 0.
        if not source.exists():
            raise Unreadable(codes.UNREADABLE(file=name, why=codes.LEADS_NOWHERE()))
        raise NothingUsable(codes.IS_A_LINK(file=name))
    if stat.S_ISDIR(mode):
        return list(_folder_entries(source, listing))
    if not stat.S_ISREG(mode):  # no machine makes a submission a device or a FIFO by itself
        raise NothingUsable(codes.IS_NO_FILE(file=name))
    if size > MAX_ARCHIVE_BYTES:
        raise NothingUsable(codes.ARCHIVE_TOO_LARGE(file=name, bytes=size, allowed=MAX_ARCHIVE_BYTES))
    return archive_entries(source.name, _read(source, ITSELF, MAX_ARCHIVE_BYTES))


def _folder_entries(source: Path, listing: Listing) -> Iterator[Entry]:
    for path, (mode, size, *_) in sorted(listing.items()):
        if not stat.S_ISDIR(mode):
            refused = None if stat.S_ISREG(mode) else codes.REFUSED_LINK(file=one_line(str(path)))
            yield Entry(path, size, functools.partial(_read, source, path, size), refused)


def _listing_of(source: Path, loose: Loose | None) -> Listing:
    if not loose:
        return _listing(source)
    return {PurePosixPath(name): _state((source / name).lstat()) for name in loose.values()}


def _loose_entries(source: Path, loose: Loose, listing: Listing) -> list[Entry]:
    names = {PurePosixPath(name): PurePosixPath(own) for own, name in loose.items()}
    return [dataclasses.replace(entry, path=names[entry.path]) for entry in _folder_entries(source, listing)]


def _listing(source: Path) -> Listing:
    """Everything in a folder, but for what its clutter holds; NothingUsable where it is too much to list."""
    listing = {ITSELF: _state(source.lstat())}
    folders = [ITSELF] if stat.S_ISDIR(listing[ITSELF][0]) else []
    while folders:
        folder = folders.pop()
        if len(folder.parts) > MAX_DEPTH:
            raise NothingUsable(codes.TOO_MANY_FOLDERS(allowed=MAX_DEPTH))
        with _descriptor(source, folder) as place, os.scandir(place) as entries:
            for entry in entries:  # never sorted, nor listed whole: a folder may hold millions
                if len(listing) > MAX_ENTRIES:
                    raise too_many()
                path = folder / entry.name
                listing[path] = _state(entry.stat(follow_symlinks=False))
                if stat.S_ISDIR(listing[path][0]) and not is_clutter(path):
                    folders.append(path)
    return listing


def _state(status: os.stat_result) -> State:
    # The time of the last change counts, too: that of the last modification can be set back.
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


@contextlib.contextmanager
def _descriptor(source: Path, inside: PurePosixPath) -> Iterator[int]:
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
    with _descriptor(source, inside) as place, open(place, "rb", closefd=False) as file:
        return file.read(min(count, os.fstat(place).st_size))
