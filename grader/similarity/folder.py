"""The folder that JPlag and Dolos read: the code of each student, the skeleton as base code, and how to run the tools.

    README.md                     the commands
    students/<student>/returns.py the files of code that the lab asks for, byte for byte as they were handed in
    base/returns.py               the skeleton, which is the base code
    info-returns.csv              for Dolos: where each student's file of this name is, with the student as label

Nothing that was handed in is run, and it is taken in as for grading (grader/intake).
"""

import dataclasses
import os
import random
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from grader import codes
from grader.author.skeleton import cut
from grader.errors import Refused
from grader.findings import Finding, needs_person
from grader.intake.archives import NothingUsable
from grader.intake.sources import Unreadable
from grader.intake.staging import Staged
from grader.intake.submissions import find_submissions
from grader.intake.versions import Submission, staged_of
from grader.lab import Lab
from grader.lab.student_file import Broken, parse
from grader.results.folder import unfit
from grader.results.tables import csv_text

STUDENTS, BASE, README = "students", "base", "README.md"


def stem(file: str) -> str:
    """A file's name as a part of another name."""
    return PurePosixPath(file).with_suffix("").as_posix().replace("/", "-")


def info_of(file: str) -> str:
    """The file that tells Dolos where each student's file of this name is."""
    return f"info-{stem(file)}.csv"


@dataclasses.dataclass(frozen=True)
class Folder:
    """What was written: `names` has each student's folder by the student; `names_file` keeps that where the folders
    have pseudonyms. `problems` are of one student, `left` is what lies there and is nobody's."""

    names: dict[str, str]
    names_file: Path | None
    problems: Sequence[tuple[str, Finding]]
    left: Sequence[Finding]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of anybody's is missing in it."""
        return not self.problems and not any(map(needs_person, self.left))


def write_folder(lab: Lab, submissions: Path, dest: Path, readme: str, blind: bool = False) -> Folder:
    """Writes the folder, and with `blind` who is who beside it: <dest>-names.csv, which its owner alone may read.

    Refused where `dest` holds something already, lies in `submissions`, or cannot be written; and as
    find_submissions.
    """
    dest = dest.resolve()
    if dest.is_relative_to(submissions.resolve()):
        raise Refused("dest_inside_submissions", dest=str(dest), submissions=str(submissions))
    listing = find_submissions(submissions, lab)
    try:
        if dest.exists() and not (dest.is_dir() and not any(dest.iterdir())):
            raise Refused("dest_is_there", path=str(dest))
        taken, problems = _taken(lab, listing.submissions)
        names, unnamed = _names(taken, dest, blind)
        problems += unnamed
        names_file = _write_names(dest, names) if blind else None
        problems += _write_students(dest / STUDENTS, names, taken)
        _write(dest / BASE, {file: _skeleton(lab, file) for file in lab.code_files})
        (dest / README).write_text(readme, encoding="utf-8")
        for file in lab.code_files:
            rows = [(f"{STUDENTS}/{names[each]}/{file}", names[each]) for each in names if file in taken[each]]
            (dest / info_of(file)).write_text(csv_text([("filename", "label"), *rows]), encoding="utf-8")
    except OSError as error:
        path = str(error.filename or dest)
        raise Refused("not_written", 3, path=path, reason=error.strerror or str(error)) from None
    return Folder(names, names_file, sorted(problems, key=lambda problem: problem[0]), listing.left)


Taken = dict[str, dict[str, bytes]]  # files of code by name, by student
Problems = list[tuple[str, Finding]]


def _taken(lab: Lab, submissions: Sequence[Submission]) -> tuple[Taken, Problems]:
    """The code of each student, and what of it could not be taken."""
    taken: Taken = {}
    problems: Problems = []
    for submission in submissions:
        student = submission.student
        try:
            staged = staged_of(submission, lab)
        except NothingUsable as error:
            problems += [
                (student, finding) for finding in (*submission.findings, *error.findings) if needs_person(finding)
            ]
            continue
        except Unreadable as error:
            problems.append((student, error.finding))
            continue
        problems += [(student, finding) for finding in (*submission.findings, *_of_code(staged, lab))]
        if code := {file: staged.files[file] for file in lab.code_files if file in staged.files}:
            taken[student] = code
        else:
            problems.append((student, codes.NOTHING_TAKEN(why=codes.NONE_IN_IT(files=lab.code_files))))
    return taken, [(student, finding) for student, finding in problems if needs_person(finding)]


def _of_code(staged: Staged, lab: Lab) -> list[Finding]:
    """What was found, but for other files that are missing or too large: those are not compared."""
    others = {*lab.manifest.files.handed_in, *lab.artefacts} - {*lab.code_files}
    about_a_file = codes.NOT_IN_IT, codes.NOT_TAKEN
    return [
        finding
        for finding in staged.findings
        if not (any(code.made(finding) for code in about_a_file) and finding.values["file"] in others)
    ]


def _names(taken: Taken, dest: Path, blind: bool) -> tuple[dict[str, str], Problems]:
    """The name of each student's folder: the student's own, or a pseudonym whose order says nothing."""
    if not blind:
        unfits = {student: unfit(dest / STUDENTS, student, "") for student in taken}
        names = {student: student for student, why in unfits.items() if not why}
        return names, [(student, codes.NO_FOLDER_FOR_CODE(why=why)) for student, why in unfits.items() if why]
    numbers = random.SystemRandom().sample(range(1, len(taken) + 1), len(taken))
    width = len(str(len(taken)))
    return {student: f"s{number:0{width}}" for student, number in zip(taken, numbers, strict=True)}, []


def _write_names(dest: Path, names: dict[str, str]) -> Path:
    """Writes who is who. Refused where there is such a file: it may be all that tells an earlier folder's names."""
    path = dest.with_name(f"{dest.name}-names.csv")
    dest.parent.mkdir(parents=True, exist_ok=True)
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused("names_are_there", path=str(path)) from None
    with os.fdopen(place, "w", encoding="utf-8") as file:
        file.write(csv_text([("folder", "student"), *sorted((name, student) for student, name in names.items())]))
    return path


def _write_students(folder: Path, names: dict[str, str], taken: Taken) -> Problems:
    """Writes each student's files, and takes out of `names` whose folder cannot be."""
    problems: Problems = []
    folder.mkdir(parents=True)
    for student, name in [*names.items()]:
        try:
            _write(folder / name, taken[student])
        except FileExistsError:  # on a disk that does not tell the two names apart
            problems.append((student, codes.NO_FOLDER_FOR_CODE(why=codes.NAMES_ALIKE())))
            del names[student]
            continue
        problems += [(student, finding) for finding in _unparsed(folder / name, taken[student])]
    return problems


def _skeleton(lab: Lab, file: str) -> bytes:
    return cut(lab.path(file).read_text(encoding="utf-8"), file).encode()


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)  # FileExistsError where it is there
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _unparsed(folder: Path, files: dict[str, bytes]) -> list[Finding]:
    """The files that are no Python: a tool may leave such a student out without a word in its table of pairs."""
    found = []
    for name in files:
        try:
            parse(folder / name)
        except Broken as error:
            found.append(codes.MAY_BE_LEFT_OUT(why=error.finding))
    return found
