"""Finds the submissions in a folder laid out as nbgrader's: submitted/<student>/<lab>/, or an archive each."""

import dataclasses
import re
from datetime import datetime
from pathlib import Path

from grader.errors import Refused
from grader.instructor.staging import archive_stem, is_archive
from grader.lab import Lab
from grader.plain import one_line

# What make labN-submit calls its archives: <student>_<lab>_<time>.zip; a browser adds " (1)", a person drops the time.
PACKED = re.compile(r"(?P<student>.+)_(?P<lab>lab\d+)(_(?P<time>\d{8}-\d{6}))?( ?\(\d+\))?")
NAMED_LAB = re.compile(r"(?<![a-z0-9])lab\d+")


@dataclasses.dataclass(frozen=True)
class Submission:
    """One student's submission: where it lies, and what was noticed while it was looked for."""

    student: str
    source: Path
    notes: list[str]


def find_submissions(folder: Path, lab: Lab) -> list[Submission]:
    """The submissions to `lab` in `folder`, one for each student, by name; of several archives the newest."""
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder: SUBMISSIONS=... names the one that holds a folder or an archive each")
    sources: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__MACOSX":
            continue
        if path.is_dir():
            sources.setdefault(_readable(path.name), []).extend(_of_student(path, lab))
        elif is_archive(path) and _is_for(path, lab):
            sources.setdefault(_readable(_student(path)), []).append(path)
    if not sources:
        raise Refused(f"there is no submission in {folder}: a folder or an archive (.zip, .tar.gz) for each student", 1)
    return [_newest(student, paths) for student, paths in sorted(sources.items())]


def _of_student(folder: Path, lab: Lab) -> list[Path]:
    """What a student's folder holds for the lab: its subfolder, or archives, or the files themselves."""
    for name in (lab.name, lab.folder.name):
        if (folder / name).is_symlink():  # to another student's, perhaps: it is refused, not followed
            return [folder / name]
        if (folder / name).is_dir():
            inside = [path for path in sorted((folder / name).iterdir()) if is_archive(path)]
            return inside if inside and not any((folder / name).glob("*.py")) else [folder / name]
    archives = [path for path in sorted(folder.iterdir()) if is_archive(path) and _is_for(path, lab)]
    return archives or [folder]


def _is_for(archive: Path, lab: Lab) -> bool:
    """False for an archive whose name says it is another lab's."""
    packed = PACKED.fullmatch(archive_stem(archive))
    named = [packed["lab"]] if packed else NAMED_LAB.findall(archive_stem(archive).lower())
    return not named or lab.name in named


def _student(archive: Path) -> str:
    packed = PACKED.fullmatch(archive_stem(archive))
    return packed["student"] if packed else archive_stem(archive)


def _readable(name: str) -> str:
    """A student's name as it can be written down: a file's name need not be valid text."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _age(path: Path) -> tuple[float, str]:
    """When an archive was packed: as its name says, else as the file system does."""
    packed = PACKED.fullmatch(archive_stem(path)) if is_archive(path) else None
    if packed and packed["time"]:
        try:
            return datetime.strptime(packed["time"], "%Y%m%d-%H%M%S").timestamp(), path.name
        except ValueError:
            pass
    return path.lstat().st_mtime, path.name


def _newest(student: str, paths: list[Path]) -> Submission:
    ordered = sorted(paths, key=_age)
    notes = []
    if len(ordered) > 1:
        others = ", ".join(one_line(path.name) for path in ordered[:-1])
        notes.append(f"{len(ordered)} submissions: {one_line(ordered[-1].name)} is the newest and counts, not {others}")
    return Submission(student, ordered[-1], notes)
