"""Reads a release from a folder or a zip, whole and as it was released."""

import functools
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from grader import contents
from grader.errors import Refused

MAX_BYTES = 200_000_000
MAX_FILES = 20_000
UNUSABLE = (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError)  # what zipfile raises

Files = dict[str, bytes]  # by path


def read_release(source: Path) -> Files:
    """The files of a release by path; Refused where `source` is none, or not as it was released."""
    try:
        files = {path: read for path, _, read in _within(source)}
        if contents.FILE not in files:
            raise Refused("no_release", 1, path=str(source), file=contents.FILE)
        wanted = contents.listed(files[contents.FILE]())
        found = {path: files[path]() for path in wanted if path in files}
    except UNUSABLE as error:
        if isinstance(error, Refused):
            raise
        raise Refused("cannot_be_read", 1, path=str(source), reason=str(error)) from None
    wrong = [path for path, digest in wanted.items() if path not in found or contents.hash_of(found[path]) != digest]
    if wrong:
        raise Refused("release_changed", 1, path=str(source), file=sorted(wrong)[0], count=len(wrong))
    found[contents.FILE] = files[contents.FILE]()
    return found


def _within(source: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """Path, size and content of each file, as seen from the folder in which release.json lies."""
    if not source.exists():
        raise Refused("no_such_release", path=str(source))
    entries = list(_folder(source) if source.is_dir() else _zip(source))
    if len(entries) > MAX_FILES or sum(size for _, size, _ in entries) > MAX_BYTES:
        raise ValueError(f"it holds more than {MAX_FILES} files, or than {MAX_BYTES // 1_000_000} MB")
    lists = [path for path, _, _ in entries if path.name == contents.FILE]
    top = min((path.parent for path in lists), key=lambda path: len(path.parts), default=PurePosixPath())
    for path, size, read in entries:
        if path.is_relative_to(top):
            inside = path.relative_to(top)
            if inside.is_absolute() or ".." in inside.parts:
                raise ValueError(f"{path} leads out of the folder")
            yield str(inside), size, read


def _folder(source: Path) -> Iterator[tuple[PurePosixPath, int, Callable[[], bytes]]]:
    listed = contents.listed_in(source)  # of a copy that is used there is much beside: .venv, runs
    for name in [*listed, contents.FILE] if listed else []:
        path = source / name
        if path.is_file() and not path.is_symlink():
            yield PurePosixPath(name), path.stat().st_size, path.read_bytes


def _zip(source: Path) -> Iterator[tuple[PurePosixPath, int, Callable[[], bytes]]]:
    archive = zipfile.ZipFile(source)
    for entry in archive.infolist():
        if not entry.is_dir() and not stat.S_ISLNK(entry.external_attr >> 16):
            yield PurePosixPath(entry.filename), entry.file_size, functools.partial(archive.read, entry)
