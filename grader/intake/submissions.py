"""Finds the submissions in a folder laid out as nbgrader's: submitted/<student>/<lab>/, or an archive each."""

import dataclasses
import hashlib
import os
import re
import unicodedata
from collections import Counter
from datetime import datetime
from itertools import islice
from pathlib import Path, PurePosixPath

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.intake.archives import MAX_ENTRIES, archive_stem, is_archive, is_clutter
from grader.lab import Lab
from grader.plain import one_line

# What make labN-submit calls its archives: <student>_<lab>_<time>.zip; a browser adds " (1)", a person drops the time.
PACKED = re.compile(r"(?P<student>.+)_(?P<lab>lab\d+)(_(?P<time>\d{8}-\d{6}))?( ?\(\d+\))?")
MAX_NAME_BYTES = 200  # file systems allow 255
NAMED_LAB = re.compile(r"(?<![a-z0-9])lab\d+")


@dataclasses.dataclass(frozen=True)
class Submission:
    """One student's submission: where it lies, and what was noticed while it was looked for.

    `student` is a line of text and the name of one folder; `problems` are what a person should look at.
    """

    student: str
    source: Path
    findings: list[Finding]


def find_submissions(folder: Path, lab: Lab) -> list[Submission]:
    """The submissions to `lab` in `folder`, one for each student, by name; of several archives the newest.

    What is wrong with one student's is found when it is staged. Refused where the folder itself cannot be listed, or
    holds none.
    """
    sources: dict[str, list[Path]] = {}
    try:
        if not folder.is_dir():
            raise Refused(
                f"{folder} is no folder: SUBMISSIONS=... names the one that holds a folder or an archive each"
            )
        for path in sorted(folder.iterdir()):
            if is_clutter(PurePosixPath(path.name)):
                continue
            if _is_folder(path):
                found = _of_student(path, lab)
                if found != [path] or not path.name.startswith("."):  # a tool's folder, if there is nothing for the lab
                    sources.setdefault(_readable(path.name), []).extend(found)
            elif is_archive(path) and _is_for(path, lab):
                sources.setdefault(_student(path), []).append(path)
    except OSError as error:
        raise Refused(f"{folder} cannot be read: {error.strerror}") from None
    if not sources:
        raise Refused(f"there is no submission in {folder}: a folder or an archive (.zip, .tar.gz) for each student")
    alike = Counter(map(_folded, sources))
    return [_newest(student, sources[student], alike[_folded(student)] > 1, lab) for student in sorted(sources)]


def _is_folder(path: Path) -> bool:
    """True also for what cannot be looked at, and for a link without an archive's name: staging says what they are."""
    try:
        return path.is_dir() or (path.is_symlink() and not is_archive(path))
    except OSError:
        return True


def _of_student(folder: Path, lab: Lab) -> list[Path]:
    """What a student's folder holds for the lab: its subfolder, or archives, or the files themselves."""
    try:
        if folder.is_symlink():  # to another student's, perhaps: it is refused, not followed
            return [folder]
        for name in (lab.name, lab.folder.name):
            if (folder / name).is_symlink():
                return [folder / name]
            if (folder / name).is_dir():
                inside = _archives(folder / name)
                return inside if inside and not any((folder / name).glob("*.py")) else [folder / name]
        return [path for path in _archives(folder) if _is_for(path, lab)] or [folder]
    except OSError:  # one student's trouble must not end the batch: staging meets it again, and says what it is
        return [folder]


def _archives(folder: Path) -> list[Path]:
    """The archives in a folder; none where it holds more than staging would look at."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in islice(entries, MAX_ENTRIES + 1)]
    return [folder / name for name in sorted(names) if is_archive(folder / name)] if len(names) <= MAX_ENTRIES else []


def _is_for(archive: Path, lab: Lab) -> bool:
    """False for an archive whose name says it is another lab's."""
    packed = PACKED.fullmatch(archive_stem(archive))
    named = [packed["lab"]] if packed else NAMED_LAB.findall(archive_stem(archive).lower())
    return not named or lab.name in named


def _student(archive: Path) -> str:
    packed = PACKED.fullmatch(archive_stem(archive))
    student = packed["student"] if packed else archive_stem(archive)
    return _readable(student if student.strip(".") else archive.name)  # "..": results go into a folder of this name


def _readable(name: str) -> str:
    """A student's name as it can be written down and be a folder's: a file's need be no text, and is not ours to print.

    Different names stay different.
    """
    text = "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in name)
    if len(text.encode()) <= MAX_NAME_BYTES:
        return text
    cut = text.encode()[: MAX_NAME_BYTES - 9].decode(errors="ignore")
    return f"{cut}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _folded(student: str) -> str:
    """The same for all names that a file system may take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", student).casefold())


def _age(path: Path) -> tuple[float, str]:
    """When an archive was packed: as its name says, else as the file system does."""
    packed = PACKED.fullmatch(archive_stem(path)) if is_archive(path) else None
    if packed and packed["time"]:
        try:
            return datetime.strptime(packed["time"], "%Y%m%d-%H%M%S").timestamp(), path.name
        except ValueError:
            pass
    try:
        return path.lstat().st_mtime, path.name
    except OSError:  # it has just vanished
        return 0.0, path.name


def _is_empty(path: Path, lab: Lab) -> bool:
    """Whether this is a folder without a file of the lab's: no student's work, but a tool's."""
    wanted = {PurePosixPath(name).name for name in lab.manifest.files.handed_in}
    files = (name for _, _, names in os.walk(path) for name in names)
    return path.is_dir() and not path.is_symlink() and wanted.isdisjoint(islice(files, MAX_ENTRIES))


def _newest(student: str, paths: list[Path], shares_name: bool, lab: Lab) -> Submission:
    ordered = sorted(paths, key=_age)
    notes, problems = list[str](), list[str]()
    if len(ordered) > 1:
        ordered = [path for path in ordered if not _is_empty(path, lab)] or ordered
    if shares_name:
        problems.append(
            "another submission's name differs only in case, or in how accents are encoded: is it one person? "
            "On a disk that does not tell the two apart, one result replaces the other"
        )
    if len(ordered) > 1:
        others = ", ".join(one_line(path.name) for path in ordered[:-1])
        notes.append(f"{len(ordered)} submissions: {one_line(ordered[-1].name)} is the newest and counts, not {others}")
    return Submission(
        student,
        ordered[-1],
        [codes.STAGING_PROBLEM(text=x) for x in problems] + [codes.NEWEST_COUNTS(text=x) for x in notes],
    )
