"""A platform's export, a zip or a folder: the files in it, listed and read in bounds. It holds what students chose."""

import contextlib
import functools
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.intake.archives import BROKEN, MAX_ARCHIVE_BYTES, MAX_NAME, is_clutter, reason
from grader.plain import one_line

MAX_FILES = 200_000  # of a course


class Export:
    """The files of an export, by their paths in it, and what of it cannot be taken."""

    def __init__(self) -> None:
        self.files: dict[PurePosixPath, Callable[[], bytes]] = {}
        self.refused: list[Finding] = []

    def add(self, name: str, is_file: bool, size: int, read: Callable[[], bytes]) -> None:
        path = PurePosixPath(name[:MAX_NAME])
        file = one_line(str(path))
        if is_clutter(path):
            return
        if not is_file:
            self.refused.append(codes.REFUSED_LINK(file=file))
        elif len(name) > MAX_NAME or not name.isprintable():
            self.refused.append(codes.REFUSED_NAME(file=file))
        elif path.is_absolute() or ".." in path.parts or ":" in name[:2]:
            self.refused.append(codes.REFUSED_PATH(file=file))
        elif size > MAX_ARCHIVE_BYTES:
            self.refused.append(codes.NOT_TAKEN(file=file, bytes=size, allowed=MAX_ARCHIVE_BYTES))
        else:
            self.files[path] = read
        if len(self.files) > MAX_FILES:
            raise Refused(codes.TOO_MANY_FILES(allowed=MAX_FILES), 1)

    def below(self, folder: PurePosixPath) -> "Export":
        """The files below a folder, by their paths in it."""
        part = Export()
        part.files = {
            path.relative_to(folder): read for path, read in self.files.items() if path.is_relative_to(folder)
        }
        part.refused = self.refused
        return part

    @property
    def tops(self) -> list[str]:
        """The names at the top, in order."""
        return sorted({path.parts[0] for path in self.files})


@contextlib.contextmanager
def opened(source: Path) -> Iterator[Export]:
    """An export to be read until this ends; Refused where it cannot be."""
    export = Export()
    try:
        with contextlib.ExitStack() as stack:
            if source.is_dir():
                _add_folder(export, source)
            else:
                _add_zip(export, stack.enter_context(zipfile.ZipFile(source)))
            yield export
    except BROKEN as error:
        raise Refused("cannot_be_read", 1, path=str(source), reason=reason(error)) from None


def _add_zip(export: Export, archive: zipfile.ZipFile) -> None:
    for member in archive.infolist():
        if not member.filename.endswith("/"):
            is_file = stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG)
            content = functools.partial(_read_zipped, archive, member)
            export.add(member.filename.replace("\\", "/"), is_file, member.file_size, content)


def _read_zipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        return file.read(member.file_size + 1)


def _add_folder(export: Export, source: Path) -> None:
    for folder, subfolders, names in os.walk(source):
        subfolders[:] = sorted(name for name in subfolders if not is_clutter(PurePosixPath(name)))
        for path in (Path(folder) / name for name in sorted(names)):
            state = path.lstat()
            name = path.relative_to(source).as_posix()
            export.add(name, stat.S_ISREG(state.st_mode), state.st_size, path.read_bytes)
