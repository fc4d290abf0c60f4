"""Finds submissions in a folder that is laid out as nbgrader's (submitted/<student>/<lab>/) or holds archives."""

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
from grader.intake.archives import MAX_ENTRIES, archive_stem, is_archive, is_clutter, reason
from grader.lab import Lab
from grader.plain import one_line

# What make labN-submit calls its archives: <student>_<lab>_<time>.zip; a browser adds " (1)", a person drops the time.
PACKED = re.compile(r"(?P<student>.+)_(?P<lab>lab\d+)(_(?P<time>\d{8}-\d{6}))?( ?\(\d+\))?")
MAX_NAME_BYTES = 200  # file systems allow 255
LISTED = 5  # of a student's older submissions
NAMED_LAB = re.compile(r"(?<![a-z0-9])lab\d+")


@dataclasses.dataclass(frozen=True)
class Submission:
    """One student's submission: where it lies, and what was found while it was looked for.

    `student` is a line of text and the name of one folder.
    """

    student: str
    source: Path
    findings: list[Finding]


def find_submissions(folder: Path, lab: Lab) -> list[Submission]:
    """The submissions to `lab` in `folder`, one for each student, ordered by name. Of several the newest counts.

    What is wrong with one student's submission is found when it is staged. Raises Refused where the folder cannot be
    listed or holds no submission.
    """
    sources: dict[str, list[Path]] = {}
    try:
        if not folder.is_dir():
            raise Refused(codes.SUBMISSIONS_NO_FOLDER(folder=str(folder)))
        for path in sorted(folder.iterdir()):
            if is_clutter(PurePosixPath(path.name)):
                continue
            if _is_folder(path):
                found = _of_student(path, lab)
                if found != [path] or not path.name.startswith("."):  # a hidden folder without the lab is a tool's
                    sources.setdefault(_readable(path.name), []).extend(found)
            elif is_archive(path) and _is_for(path, lab):
                sources.setdefault(_student(path), []).append(path)
    except OSError as error:
        raise Refused(codes.SUBMISSIONS_UNREADABLE(folder=str(folder), reason=reason(error))) from None
    if not sources:
        raise Refused(codes.NO_SUBMISSION(folder=str(folder)))
    alike = Counter(map(_folded, sources))
    return [_newest(student, sources[student], alike[_folded(student)] > 1, lab) for student in sorted(sources)]


def _is_folder(path: Path) -> bool:
    """Whether this is a folder. What cannot be looked at is taken for one, and so is a link without an archive's name:
    staging says what they are."""
    try:
        return path.is_dir() or (path.is_symlink() and not is_archive(path))
    except OSError:
        return True


def _of_student(folder: Path, lab: Lab) -> list[Path]:
    """What a student's folder holds for the lab: a subfolder of its name, or archives, or else the files themselves."""
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
    except OSError:  # one student's folder must not end the batch: staging fails on it, too, and says why
        return [folder]


def _archives(folder: Path) -> list[Path]:
    """The archives in a folder, or none where it holds more files than staging allows."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in islice(entries, MAX_ENTRIES + 1)]
    return [folder / name for name in sorted(names) if is_archive(folder / name)] if len(names) <= MAX_ENTRIES else []


def _is_for(archive: Path, lab: Lab) -> bool:
    """Whether an archive may be the lab's: it may not where its name names other labs alone."""
    packed = PACKED.fullmatch(archive_stem(archive))
    named = [packed["lab"]] if packed else NAMED_LAB.findall(archive_stem(archive).lower())
    return not named or lab.name in named


def _student(archive: Path) -> str:
    packed = PACKED.fullmatch(archive_stem(archive))
    student = packed["student"] if packed else archive_stem(archive)
    return _readable(student if student.strip(".") else archive.name)  # "..": results go into a folder of this name


def _readable(name: str) -> str:
    """A file's name, which need not be text, as a student's name: printable, and fit for a folder. Different names stay
    different."""
    text = "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in name)
    if len(text.encode()) <= MAX_NAME_BYTES:
        return text
    cut = text.encode()[: MAX_NAME_BYTES - 9].decode(errors="ignore")
    return f"{cut}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _folded(student: str) -> str:
    """A form of the name that is the same for all names that a file system may take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", student).casefold())


def _age(path: Path) -> tuple[float, str]:
    """When an archive was packed, as its name says or else as the file system does."""
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
    """Whether this is a folder without a file of the lab's, which some tool made and no student."""
    wanted = {PurePosixPath(name).name for name in lab.manifest.files.handed_in}
    files = (name for _, _, names in os.walk(path) for name in names)
    return path.is_dir() and not path.is_symlink() and wanted.isdisjoint(islice(files, MAX_ENTRIES))


def _newest(student: str, paths: list[Path], shares_name: bool, lab: Lab) -> Submission:
    ordered = sorted(paths, key=_age)
    if len(ordered) > 1:
        ordered = [path for path in ordered if not _is_empty(path, lab)] or ordered
    found = [codes.NAMES_ALIKE()] if shares_name else []
    if len(ordered) > 1:
        *others, newest = (one_line(path.name) for path in ordered)
        found.append(codes.NEWEST_COUNTS(name=newest, count=len(ordered), others=_some(others)))
    return Submission(student, ordered[-1], found)


def _some(names: list[str]) -> list[str | Finding]:
    """The last of these names, and how many more there are."""
    left = len(names) - LISTED
    return [*names[-LISTED:], codes.AND_MORE(count=left)] if left > 0 else [*names]
