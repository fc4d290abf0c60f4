"""Derives labs/<lab>/ from solutions/<lab>/: the skeleton, the given files, the record of the public cases."""

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import torch

from grader.author.skeleton import blank, cut
from grader.author.translations import texts_for_students
from grader.checks import Check
from grader.errors import Refused
from grader.grading.reference import Reference, hash_of_code, open_reference
from grader.judging.judge import Known
from grader.judging.recorded import FILE as RECORD_FILE
from grader.judging.recorded import Record, RecordedCheck, answer_to_json, read_record, record_to_json, same_record
from grader.lab import Lab, quiz, report_cells
from grader.notebooks.writing import node_of, notebook_text
from grader.run.answers import Answer
from grader.student.reset import SKELETON_FOLDER, back_up

DERIVED_FILE = ".derived.json"  # hashes of the last derivation: how an edited lab is told from an untouched one
ALWAYS_GIVEN = ("lab.toml", "README.md", "checks.py")
IF_THERE = ("README.*.md", "messages.*.ftl")
# So that make lab3 can be typed in a lab's folder as well.
MAKEFILE = """\
# What is typed here is done in the kit's folder.
help:
	@$(MAKE) --no-print-directory -C ../.. $@

.DEFAULT:
	@$(MAKE) --no-print-directory -C ../.. $@
"""
LARGEST_RECORDED_MISTAKE = 3_000  # characters; a longer answer is not worth its diagnosis


def derive(lab: Lab, reference: Reference | None = None) -> dict[str, str]:
    """The text of every file of labs/<lab>/, by its path in there; `reference`, where it was opened already."""
    made = record(reference or open_reference(lab))
    files = {**texts(lab), **texts_for_students(lab, made.diagnoses), RECORD_FILE: record_to_json(made)}
    return dict(sorted(files.items()))


def texts(lab: Lab) -> dict[str, str]:
    """The files that are derived without running anything, and that do not depend on the record."""
    given = [*ALWAYS_GIVEN, *lab.manifest.files.given]
    given += [path.name for pattern in IF_THERE for path in sorted(lab.folder.glob(pattern))]
    files = {name: _read(lab, name) for name in given} | {"Makefile": MAKEFILE}
    for name in lab.code_files:
        files[name] = files[f"{SKELETON_FOLDER}/{name}"] = cut(_read(lab, name), name)
    for name in lab.answer_files:
        files[name] = files[f"{SKELETON_FOLDER}/{name}"] = blank(_read(lab, name))
    if lab.manifest.quiz:
        files[quiz.FILE] = files[f"{SKELETON_FOLDER}/{quiz.FILE}"] = quiz.blank(lab.manifest.quiz)
    if lab.manifest.report:
        for language in report_cells.languages_of(lab):
            notebook = notebook_text([node_of(cell) for cell in report_cells.report_cells(lab, language)])
            files[f"{SKELETON_FOLDER}/{report_cells.file_in(language)}"] = notebook
        files[report_cells.FILE] = files[f"{SKELETON_FOLDER}/{report_cells.FILE}"]
    return files


def _read(lab: Lab, name: str) -> str:
    try:
        return lab.path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(f"{lab.path(name)} is named in lab.toml, but cannot be read: {error.strerror}", 1) from None


def record(reference: Reference) -> Record:
    """The record of the public cases: the reference's answers, and those of the mistakes of the check's task."""
    checks = {check.name: _recorded(reference, check) for check in reference.checks}
    seen = {name for check in checks.values() for case in check.cases.values() for name in case.get("mistakes", {})}
    diagnoses = {name: text for name, text in reference.diagnoses.items() if name in seen}
    return Record(diagnoses, checks, hash_of_code(reference.lab))


def _recorded(reference: Reference, check: Check) -> RecordedCheck:
    public, hidden = reference.points(check)
    known = reference.known(check, "public", 0)
    for case, of_case in zip(check.cases, known, strict=True):
        if of_case.expected is not None and of_case.expected.status != "value":
            raise Refused(f"the reference fails {check.name}, case {case.title!r}: {of_case.expected.finding}", 1)
    mistakes: list[dict[str, _Told]] = [{} for _ in known]
    if reference.lab.task(check.task).file not in reference.lab.answer_files:  # those would tell what the key is
        mistakes = _answers(known, 1)
        again = _answers([reference.known_of(check, case) for case in check.cases], 2)
        # A mistake cannot be recognised by an answer that changes from run to run. By chance one case may repeat.
        pairs = list(zip(mistakes, again, strict=True))
        changing = {name for one, other in pairs for name in one if not _repeated(one[name], other[name])}
        mistakes = [{name: told for name, told in found.items() if name not in changing} for found in mistakes]
    cases: dict[str, dict[str, object]] = {}
    for case, of_case, found in zip(check.cases, known, mistakes, strict=True):
        facts: dict[str, object] = {} if of_case.expected is None else {"expected": answer_to_json(of_case.expected)}
        facts["mistakes"] = {
            name: data for name, (data, text) in found.items() if len(text) <= LARGEST_RECORDED_MISTAKE
        }
        cases[case.title] = facts
    return RecordedCheck(public, hidden, cases)


_Told = tuple[dict[str, object], str]  # an answer as a record keeps it, and its text


def _answers(known: list[Known], seed: int) -> list[dict[str, _Told]]:
    """Of each case what the mistakes answer, by name."""
    _seed_global_state(seed)
    return [{name: _told(answer) for name, answer in of_case.mistakes.items()} for of_case in known]


def _told(answer: Answer) -> _Told:
    data = answer_to_json(answer)
    return data, json.dumps(data)


def _repeated(one: _Told, other: _Told) -> bool:
    return one[0]["status"] == other[0]["status"] == "timeout" or one[1] == other[1]


def _seed_global_state(seed: int) -> None:
    """So that what a mistake draws from there is never the same by chance, which would be another record."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def hashes(files: dict[str, str]) -> dict[str, str]:
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}


def last_derivation(folder: Path) -> dict[str, str]:
    """The hashes of the last derivation into `folder`; empty where there was none."""
    try:
        return dict(json.loads((folder / DERIVED_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def edited_files(folder: Path) -> list[str]:
    """Files of a lab that differ from its last derivation."""
    return [
        name
        for name, digest in last_derivation(folder).items()
        if not (folder / name).is_file() or hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]


def sync(lab: Lab, target: Path, force: bool = False) -> list[str]:
    """Writes the derived files of a lab into `target`, and returns the names of those that changed.

    Refused where someone has edited files there, unless `force`: then those are kept in .backup/ first.
    """
    files = derive(lab)
    known = last_derivation(target)
    stale = [name for name in edited_files(target) if (target / name).is_file()]
    stale += [name for name in files if name not in known and (target / name).is_file()]
    for name, text in files.items():
        if holds(target / name, text):
            files[name] = (target / name).read_text(encoding="utf-8")
    wanted = hashes(files)
    edited = [
        name
        for name in stale
        if name not in wanted or hashlib.sha256((target / name).read_bytes()).hexdigest() != wanted[name]
    ]
    if edited and not force:
        raise Refused(
            f"{target.name} was edited since it was last derived ({', '.join(edited)}): nothing was written. "
            f"make sync FORCE=1 overwrites it and keeps a backup",
            exit_code=1,
        )
    if edited:
        back_up(target, edited)
    changed = [name for name, text in files.items() if not holds(target / name, text)]
    write({name: files[name] for name in changed}, target)
    gone = [name for name in last_derivation(target) if name not in files]
    for name in gone:
        (target / name).unlink(missing_ok=True)
    (target / DERIVED_FILE).write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
    return changed + gone


def write(files: dict[str, str], target: Path) -> None:
    """Writes derived files into a folder."""
    for name, text in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stale_files(lab: Lab, target: Path) -> list[str]:
    """Files of `target` that are not what the lab derives to."""
    return [name for name, text in derive(lab).items() if not holds(target / name, text)]


def outdated_files(lab: Lab, target: Path) -> list[str]:
    """The same, found without running the reference and the mistakes, whose last digits depend on the machine: a record
    will do if it is of the lab's present code, and nobody edited it."""
    try:
        found = read_record(target)
        recorded, diagnoses = found.sources == hash_of_code(lab), found.diagnoses
    except Refused:
        recorded, diagnoses = False, {}
    derived = {**texts(lab), **texts_for_students(lab, diagnoses)}
    stale = [name for name, text in derived.items() if not holds(target / name, text)]
    if not recorded or RECORD_FILE not in last_derivation(target) or RECORD_FILE in edited_files(target):
        stale.append(RECORD_FILE)
    return stale


def holds(path: Path, text: str) -> bool:
    """Whether a file has this text. Of a record the numbers may differ in their last digits: processors do."""
    if not path.is_file():
        return False
    found = path.read_bytes()
    if found == text.encode():
        return True
    return path.name == RECORD_FILE and same_record(found.decode(), text)
