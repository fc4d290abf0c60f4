"""Finds submissions in a folder that is laid out as nbgrader's (submitted/<student>/<lab>/), that holds archives, or
that is the unpacked export of a learning platform. Nothing is passed over in silence: what is nobody's is named.
"""

import dataclasses
import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from grader import codes, handin
from grader.errors import Refused
from grader.findings import Finding
from grader.intake.archives import MAX_ENTRIES, NothingUsable, archive_stem, is_archive, is_clutter, reason
from grader.intake.names import Order, is_to_come, lab_of, labs_in, order_in, packed, packed_at, readable
from grader.intake.platforms import GRADESCOPES, Named, named_by_any
from grader.intake.sources import Unreadable
from grader.intake.staging import stage
from grader.intake.versions import Submission, Version, newest
from grader.lab import Lab
from grader.lab.report import report_files
from grader.plain import one_line

LISTED = 5  # names that are told of many


@dataclasses.dataclass(frozen=True)
class Listing:
    """What lies in a folder of submissions: one for each student, by name; and `left`, what of it is nobody's."""

    submissions: list[Submission]
    left: list[Finding]


@dataclasses.dataclass
class _Sorted:
    """What lies at the top of the folder, as it is sorted by whose it is."""

    versions: dict[str, list[Version]] = dataclasses.field(default_factory=dict)
    with_work: set[str] = dataclasses.field(default_factory=set)  # students of whom something is surely the lab's
    misnamed: dict[str, list[Version]] = dataclasses.field(default_factory=dict)  # archives that name another lab
    findings: dict[str, list[Finding]] = dataclasses.field(default_factory=dict)
    strays: list[Finding] = dataclasses.field(default_factory=list)
    other_labs: list[str] = dataclasses.field(default_factory=list)
    clutter: list[str] = dataclasses.field(default_factory=list)

    def add(self, student: str, *versions: Version, work: bool = True, findings: Iterable[Finding] = ()) -> None:
        self.findings.setdefault(student, []).extend(findings)
        if versions:
            self.versions.setdefault(student, []).extend(versions)
            self.with_work.update([student] if work else [])

    def add_archive(self, student: str, version: Version, lab: Lab) -> None:
        """An archive, unless its name names other labs alone. `make labN-submit` writes the name itself; people number
        as they like."""
        named = packed(version.source)
        if named and named["time"]:
            if f"lab{int(named['number'])}" == lab.name:
                self.add(student, version)
            else:
                self.other_labs.append(version.name)
        elif lab.name in (of := labs_in(archive_stem(version.source))) or not of:
            self.add(student, version)
        else:
            self.misnamed.setdefault(student, []).append(version)


def find_submissions(folder: Path, lab: Lab, secret: str | None = None) -> Listing:
    """The submissions to `lab` in `folder`, one for each student, ordered by name. Of several versions of one student
    the newest counts; with the course's secret, of those that the student signed.

    What is wrong with one student's submission is found when it is staged. Raises Refused where the folder cannot be
    listed or holds no submission.
    """
    found = _Sorted()
    try:
        if not folder.is_dir():
            raise Refused(codes.SUBMISSIONS_NO_FOLDER(folder=str(folder)))
        paths = sorted(folder.iterdir())
        of_platforms = named_by_any(path.name for path in paths)
        loose: dict[str, dict[Path, Named]] = {}
        for path in paths:
            if is_clutter(PurePosixPath(path.name)):
                found.clutter.append(path.name)
            elif named := of_platforms.get(path.name):
                loose.setdefault(readable(named.student), {})[path] = named
            elif _is_folder(path):
                _sort_folder(path, readable(path.name), lab, found)
            elif not is_archive(path):
                stray = codes.GRADESCOPES_LIST if path.name == GRADESCOPES else codes.NOBODYS
                found.strays.append(stray(file=one_line(path.name)))
            else:
                _sort_archive(path, lab, found)
        for student, files in loose.items():
            _sort_platforms(student, folder, files, lab, found)
    except OSError as error:
        raise Refused(codes.SUBMISSIONS_UNREADABLE(folder=str(folder), reason=reason(error))) from None
    _look_into_misnamed(found, lab)
    left = _left(found)
    if not found.versions:
        among = codes.NO_SUBMISSION_AMONG(folder=str(folder), left=left)
        raise Refused(among if left else codes.NO_SUBMISSION(folder=str(folder)))
    _join_alike(found)
    alike = Counter(map(_folded, found.versions))
    submissions = []
    for student in sorted(found.versions):
        submission = newest(student, found.versions[student], lab, secret)
        more = [*found.findings[student], *([codes.NAMES_ALIKE()] if alike[_folded(student)] > 1 else [])]
        submissions.append(dataclasses.replace(submission, findings=[*more, *submission.findings]))
    return Listing(submissions, left)


def _left(found: _Sorted) -> list[Finding]:
    """What is nobody's: a finding for each that may be somebody's work, one for all of other labs, one for tools'."""
    left = [*found.strays]
    if found.other_labs:
        left.append(codes.OF_OTHER_LABS(names=_some(found.other_labs)))
    if found.clutter:
        left.append(codes.LEFT_BY_TOOLS(names=_some(found.clutter)))
    return left


# --- one at the top of the folder -------------------------------------------------------------------------------------


def _is_folder(path: Path) -> bool:
    """Whether this is a folder. What cannot be looked at is taken for one, and so is a link without an archive's name:
    staging says what they are."""
    try:
        return path.is_dir() or (path.is_symlink() and not is_archive(path))
    except OSError:
        return True


def _sort_archive(path: Path, lab: Lab, found: _Sorted) -> None:
    """An archive: its name says whose it is, unless it is a login name that many have."""
    named = packed(path)
    student = named["student"] if named else archive_stem(path)
    order = packed_at(path)
    if handin.is_shared(student):
        own = readable(archive_stem(path))
        found.add(own, findings=[codes.SHARED_LOGIN(login=student)])
        found.add_archive(own, Version(path, path.name, order), lab)
    else:  # "..": results go into a folder of this name
        student = readable(student if student.strip(".") else path.name)
        found.add_archive(student, Version(path, path.name, order, claimed=True), lab)


def _sort_folder(folder: Path, student: str, lab: Lab, found: _Sorted, order: Order | None = None) -> None:
    """A student's folder: a subfolder with the lab's name, or archives, or else the files themselves."""
    try:
        inside = _inside(folder, lab)
    except OSError:  # one student's folder must not end the batch: staging fails on it, too, and says why
        found.add(student, Version(folder, folder.name, order))
        return
    if folder.name.startswith(".") and not (inside.work or inside.archives):  # a tool's, and no student
        found.clutter.append(folder.name)
        return
    for path in inside.archives:
        relative = path.relative_to(folder)
        own = packed_at(path) or order_in(str(relative.parent)) or order
        found.add_archive(student, Version(path, str(relative), own), lab)
    if inside.work or student not in found.with_work:
        found.add(student, Version(inside.root, _told(folder, inside.root), order), work=inside.work)
    elif inside.others:
        found.add(student, findings=[codes.LIES_BESIDE(files=_some(inside.others))])
    if handin.is_shared(student):
        found.add(student, findings=[codes.SHARED_LOGIN(login=student)])


def _told(folder: Path, root: Path) -> str:
    return f"{folder.name}/" if root == folder else f"{folder.name}/{root.name}/"


def _sort_platforms(student: str, folder: Path, files: Mapping[Path, Named], lab: Lab, found: _Sorted) -> None:
    """What is one student's, as a platform's names say: folders, archives, and files, which together are a version."""
    attempts: dict[Order | None, dict[str, str]] = {}
    older: list[str] = []
    for path, named in sorted(files.items(), key=lambda item: item[1].upload or 0):
        if _is_folder(path):
            _sort_folder(path, student, lab, found, named.attempt)
        elif is_archive(path):
            upload = None if named.upload is None else ("upload", float(named.upload))
            found.add_archive(student, Version(path, path.name, named.attempt or upload), lab)
        else:
            loose = attempts.setdefault(named.attempt, {})
            older += [loose[named.file]] if named.file in loose else []
            loose[named.file] = path.name
    for attempt, loose in attempts.items():
        work = not loose.keys().isdisjoint([*lab.manifest.files.handed_in, *report_files(lab)])
        found.add(student, Version(folder, ", ".join(loose.values()), attempt, loose=loose), work=work)
    if older:
        found.add(student, findings=[codes.NEWER_UPLOADS(others=_some(older))])


# --- what is in a student's folder ------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Inside:
    """What a student's folder holds: the folder to read, whether files of the lab's are in it, archives, others."""

    root: Path
    work: bool
    archives: list[Path]
    others: list[str]


def _inside(folder: Path, lab: Lab) -> _Inside:
    """Looks through a student's folder, no further than staging would, and into no other lab's subfolder."""
    of_lab = [folder / name for name in (lab.name, lab.folder.name)]
    link = next((path for path in [folder, *of_lab] if path.is_symlink()), None)
    if link:  # to another student's, perhaps: it is refused, not followed
        return _Inside(link, True, [], [])
    wanted = {PurePosixPath(name).name for name in [*lab.manifest.files.handed_in, *report_files(lab)]}
    files: list[Path] = []
    for path in _files_in(folder, lab):
        files.append(path)
        if len(files) > MAX_ENTRIES:
            return _Inside(folder, True, [], [])  # which staging refuses, in words
    work = [path for path in files if path.name in wanted]
    archives = sorted(path for path in files if is_archive(path) and path.name not in wanted)
    others = [str(path.relative_to(folder)) for path in files if path not in archives]
    own = [root for root in of_lab if root.is_dir()]
    within = len(own) == 1 and all(path.is_relative_to(own[0]) for path in files if path not in archives)
    root = own[0] if within else folder
    return _Inside(root, bool(work), archives, sorted(others))


def _files_in(folder: Path, lab: Lab) -> Iterator[Path]:
    """The files below a folder; OSError where it cannot be listed, or a folder in it."""
    folders = [folder]
    while folders:
        with os.scandir(folder := folders.pop()) as entries:  # never listed whole: it may hold millions
            for entry in entries:
                if is_clutter(PurePosixPath(entry.name)):
                    continue
                if not stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
                    yield folder / entry.name
                elif lab_of(PurePosixPath(entry.name)) in ("", lab.name):
                    folders.append(folder / entry.name)


def _look_into_misnamed(found: _Sorted, lab: Lab) -> None:
    """Of a student of whom there is nothing else, what is inside of an archive decides, whatever lab its name names."""
    for student, versions in found.misnamed.items():
        for version in versions:
            if student not in found.with_work and _holds_code(version.source, lab):
                found.add(student, version, work=False)
            else:
                found.other_labs.append(version.source.name)


def _holds_code(archive: Path, lab: Lab) -> bool:
    try:
        return not stage(archive, lab).files.keys().isdisjoint(lab.manifest.files.code)
    except (NothingUsable, Unreadable):
        return False


# --- names ------------------------------------------------------------------------------------------------------------


def _join_alike(found: _Sorted) -> None:
    """Makes one student of names that differ in case only, where each version says when it was packed: people type
    their own name differently. Of folders nobody knows whether they are one person's."""
    groups: dict[str, list[str]] = {}
    for student, versions in found.versions.items():
        if all(version.claimed and version.order for version in versions):
            groups.setdefault(_folded(student), []).append(student)
    for names in groups.values():
        if len(names) > 1:
            last = max(names, key=lambda name: max(_when(version) for version in found.versions[name]))
            for name in names:
                if name != last:
                    found.add(last, *found.versions.pop(name), findings=found.findings.pop(name))


def _when(version: Version) -> tuple[bool, Order]:
    return not is_to_come(version.order), version.order or ("", 0.0)


def _folded(student: str) -> str:
    """A form of the name that is the same for all names that a file system may take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", student).casefold())


def _some(names: list[str]) -> list[str | Finding]:
    """The first of these names, and how many more there are."""
    return codes.some_of(list(map(one_line, names)), LISTED)
