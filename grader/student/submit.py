"""`make labN-submit`: packs what a student hands in into one archive, with a manifest of hashes."""

import getpass
import hashlib
import json
import zipfile
from datetime import datetime
from pathlib import Path

from grader import codes, handin
from grader.errors import Refused
from grader.findings import Finding, kind_of
from grader.lab import MANIFEST_FILE, Lab
from grader.lab.report import read_report, report_files
from grader.lab.report_cells import FILE as REPORT_FILE
from grader.lab.texts import translation_of
from grader.languages import language, say
from grader.policy.course import Course
from grader.policy.rulings import HandIn, due_of, rulings
from grader.student.checking import Checked, MilestoneState, QuizState, metrics_of

FAILED = {"failed", "timeout", "crashed", "error"}


def read_key(path: Path) -> str | None:
    """The key to sign with that the course gave out, if it lies there; Refused where it cannot be one."""
    try:
        key = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("cannot_be_read", path=str(path), reason=str(error)) from None
    if not handin.owner_of(key):
        raise Refused("no_students_key", path=str(path))
    return key


def student_name(given: str | None, key: str | None = None) -> str:
    """The student's id for the archive's name: the key's, the one given, or else the name of who is logged in."""
    owner = handin.owner_of(key) if key else ""
    if owner and given not in (None, owner):
        raise Refused("key_of_another", name=given, owner=owner)
    try:
        name = owner or (given if given is not None else getpass.getuser())
    except (KeyError, OSError):  # a container's user need not have a name
        raise Refused("who_hands_in") from None
    if not handin.is_student_id(name):
        raise Refused("no_students_id", name=name)
    if given is None and not owner and handin.is_shared(name):
        raise Refused("login_of_many", name=name)
    return name


def files_to_hand_in(lab: Lab) -> list[Path]:
    """The files that go in, of those that are there: what a student edits, what training saved and measured, and the
    report with its pictures."""
    paths = [lab.path(name) for name in lab.manifest.files.handed_in]
    for milestone in lab.manifest.milestones:
        paths += [file for artefact in milestone.artefacts for file in lab.files_of(artefact)]
        paths.append(metrics_of(lab, milestone))
    paths += map(lab.path, report_files(lab))
    return [path for path in dict.fromkeys(paths) if path.is_file()]


def what_is_open(lab: Lab, checked: list[Checked], milestones: list[MilestoneState], quiz: QuizState) -> list[str]:
    """A sentence for everything that is still missing; handing in is allowed all the same."""
    sentences = [
        say("file_is_missing", file=name) for name in lab.manifest.files.handed_in if not lab.path(name).is_file()
    ]
    of_files: dict[Finding, list[str]] = {}
    for task in lab.manifest.tasks:
        judged = [item.judged for item in checked if item.check.task == task.name and item.judged]
        if found := [one.findings[0] for one in judged if one.findings and _of_a_whole_file(one.findings[0])]:
            of_files.setdefault(found[0], []).append(task.number)
            continue
        outcomes = {one.outcome for one in judged}
        if outcomes <= {"passed"} or (task.bonus and not outcomes & FAILED):
            continue
        what = "task_fails" if outcomes & FAILED else "task_is_todo" if "todo" in outcomes else "task_waits"
        sentences.append(say(what, number=task.number, task=task.name))
    for fault, numbers in of_files.items():
        sentences += [say(fault), say("file_stops", numbers=numbers)]
    for state in milestones:
        sentences += [say("artefact_is_missing", file=artefact, lab=lab.name) for artefact in state.missing]
        if state.mixed:
            sentences.append(say("mixed_artefacts", files=state.milestone.artefacts, lab=lab.name))
        if state.size > state.milestone.max_bytes:
            sentences.append(say("artefacts_larger", files=state.milestone.artefacts))
    if lab.manifest.quiz:
        if quiz.fault:
            sentences.append(say(quiz.fault))
        elif left := lab.manifest.quiz.questions - quiz.answered:
            sentences.append(say("questions_open", count=left))
    sentences += _open_in_report(lab)
    return list(dict.fromkeys(sentences))  # two milestones may judge the same artefacts


def of_the_time(course: Course, student: str, lab: str, now: datetime) -> str:
    """What the course's rules make of a hand-in now, in a sentence; "" where the lab has no due date. Late days that
    other labs have used are not known here."""
    if lab not in course.labs:
        return ""
    ruling = rulings(course, student, {lab: [HandIn(now.isoformat(), 0.0)]})[lab]
    due = f"{due_of(course, student, lab):%Y-%m-%d %H:%M}"
    return say(
        f"submit_{ruling.state}", lab=lab, due=due, zone=course.time_zone, days=ruling.days, budget=course.late_days
    )


def _open_in_report(lab: Lab) -> list[str]:
    """What is missing of the report, or wrong with it."""
    there = {name: path for name in report_files(lab) if (path := lab.path(name)).is_file()}
    large = [name for name, path in there.items() if path.stat().st_size > report_files(lab)[name]]
    try:
        report = read_report({name: path.read_bytes() for name, path in there.items() if name not in large}, lab)
    except Refused as refused:  # the handout was changed or removed: handing in is allowed all the same
        return [str(refused)]
    sentences = [say("report_too_large", file=name, bytes=report_files(lab)[name]) for name in large]
    if report is None:
        return [*sentences, *([say("file_is_missing", file=REPORT_FILE)] if lab.manifest.report and not large else [])]
    said = translation_of(lab, language()).report
    titles = [said.get(part.name, part.title) for part in lab.manifest.report if part.name in report.blank]
    parts = [say("quoted", text=title) for title in titles]
    sentences += [say("report_blank", file=report.file, parts=parts)] if parts else []
    return [*sentences, *map(say, report.findings)]


def _of_a_whole_file(finding: Finding) -> bool:
    """Whether nothing in a file can be checked, for another reason than that it is missing."""
    alone = codes.FILE_MISSING.made(finding) or codes.FUNCTION_MISSING.made(finding)
    return kind_of(finding) == "file" and not alone


def pack(lab: Lab, student: str, folder: Path, key: str | None = None) -> tuple[Path, list[str]]:
    """Writes <student>_<lab>_<time>.zip into `folder`, signed where there is a key; returns its path and the names of
    what went in."""
    files = files_to_hand_in(lab)
    if not files:
        raise Refused("nothing_to_hand_in", 1, folder=str(lab.folder))
    contents = {str(path.relative_to(lab.folder)): path.read_bytes() for path in files}
    now = datetime.now().astimezone()
    manifest = {
        "lab": lab.name,
        "student": student,
        "packed": now.isoformat(timespec="seconds"),
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()},
    }
    if key:
        manifest = handin.signed(manifest, key)
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / handin.archive_name(student, lab.name, now)
    temporary = archive.with_suffix(".zip.new")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in contents.items():
            file.writestr(f"{lab.name}/{name}", data)
        file.writestr(f"{lab.name}/{MANIFEST_FILE}", json.dumps(manifest, indent=1) + "\n")
    temporary.replace(archive)
    return archive, list(contents)
