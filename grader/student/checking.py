"""Runs a lab's public checks in the student's own process, against the recorded values."""

import contextlib
import dataclasses
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grader import codes
from grader.checks import Check, Fixture, checks_of, fixtures
from grader.errors import Refused
from grader.findings import Finding
from grader.judging.diagnosis import Heard, mistake_told
from grader.judging.judge import Judged, check_result, judge, without
from grader.judging.recorded import Record, read_record
from grader.lab import Lab, Milestone, Task
from grader.lab.loading import Broken, hides_modules, load_functions, load_modules
from grader.lab.quiz import read_answers
from grader.lab.student_file import names_used, newer_syntax, parse, refused_imports
from grader.lab.texts import LabTexts, translation_of, worked_key
from grader.languages import Catalogue, language, texts_of
from grader.results import CheckResult
from grader.run.answers import Answer, answer, ran_into
from grader.student.as_graded import as_graded
from grader.student.printed import Printed

Functions = dict[str, Callable[..., Any] | Broken]


@dataclasses.dataclass(frozen=True)
class Checked:
    """A check that was run here (or, where `judged` is None, one that is only run on request or when graded)."""

    check: Check
    public_points: float
    hidden_points: float
    judged: Judged | None
    task: Task
    seconds: float = 0.0
    called: tuple[str, ...] = ()  # the functions that the case which failed asked; where one raised, that one
    printed: str = ""  # by the student's code, in the case which failed, or else in all

    def result(self) -> CheckResult | None:
        if self.judged is None:
            return None
        return check_result(self.check, self.task, "public", self.public_points, self.judged, self.seconds)


class Called(dict[str, Callable[..., Any] | Broken]):
    """A student's functions, which notes the names of those that a probe asks for."""

    def __init__(self, functions: Functions) -> None:
        super().__init__(functions)
        self.names: list[str] = []

    def __getitem__(self, name: str) -> Callable[..., Any] | Broken:
        self.names.append(name)
        return super().__getitem__(name)


@dataclasses.dataclass
class Session:
    """A lab opened for its student: the public checks, the record, the student's functions, and the lab's fixtures."""

    lab: Lab
    checks: list[Check]
    record: Record
    functions: Functions
    fixtures: dict[str, Fixture] = dataclasses.field(default_factory=dict)
    notes: list[Finding] = dataclasses.field(default_factory=list)  # what costs nothing yet
    _checked: dict[str, Checked] = dataclasses.field(default_factory=dict)
    _heard: list[Heard] = dataclasses.field(default_factory=list)

    @functools.cached_property
    def texts(self) -> Catalogue:
        """The sentences of this lab."""
        return texts_of(self.lab.folder)

    @functools.cached_property
    def translation(self) -> LabTexts:
        """What the lab's author wrote, as far as it is there in the language that was chosen."""
        return translation_of(self.lab, language())

    def diagnosis(self, judged: Judged) -> str:
        """The diagnosis of the known mistake that a check found; "" where it found none."""
        return self.translation.mistakes.get(judged.mistake) or self.record.diagnoses.get(judged.mistake, "")

    def title(self, check: Check) -> str:
        return self.translation.checks.get(check.name, check.title)

    def worked(self, task: Task, case: str) -> str:
        """How the answer of a public case of a task comes about; "" where nobody worked it."""
        written = task.worked.get(case, "")
        return self.translation.worked.get(worked_key(self.lab, task, case), written) if written else ""

    def checked(self, check: Check) -> Checked:
        """A check over its public cases: run once, and only where the one that it needs passes."""
        if check.name not in self._checked:
            judged = self.held_back(check) if check.cases else None
            left_out = judged or not check.cases
            self._checked[check.name] = self.not_run(check, judged) if left_out else self.run(check)
        return self._checked[check.name]

    def diagnosed(self, check: Check) -> Checked:
        """The same with the known mistake that it is told as, by all that was checked so far."""
        checked = self.checked(check)
        if checked.judged is None or checked.judged.outcome not in ("failed", "timeout"):
            return checked
        heard = [side for side in self._heard if side.check.task == check.task]
        mistake = mistake_told(self.lab, check, heard, self.record.diagnoses)
        return dataclasses.replace(checked, judged=dataclasses.replace(checked.judged, mistake=mistake))

    def held_back(self, check: Check) -> Judged | None:
        """What is said of a check where the one that it needs, of any task, does not pass; None where it is run."""
        needed = self.checked(check.needs).judged if check.needs else None
        return without(check, needed.outcome) if needed else None

    def run(self, check: Check) -> Checked:
        """Runs one check over its public cases."""
        started = time.process_time()
        answers: list[Answer] = []
        called: dict[str, list[str]] = {}
        printed: dict[str, str] = {}
        for case in check.cases:
            seconds, functions, prints = self.seconds(check), Called(self.functions), Printed()
            with as_graded(self.lab.manifest.limits, self.lab.folder), prints.into():
                found = answer(check, functions, case.arguments, self.lab.folder, seconds, self.fixtures)
            answers.append(ran_into(found, self.lab.manifest.limits))
            printed[case.title] = prints.text()
            called[case.title] = functions.names[-1:] if answers[-1].status != "value" else functions.names
            if answers[-1].status in ("timeout", "limit", "crashed"):
                break
        cases = check.cases[: len(answers)]
        known = [self.record.known(check.name, case.title) for case in cases]
        self._heard.append(Heard(check, cases, known, answers))
        judged = judge(check, self.lab, cases, known, answers)
        asked = tuple(dict.fromkeys(called.get(judged.case, ())))
        said = printed.get(judged.case) or "".join(printed.values())
        ran = self.not_run(check, judged, time.process_time() - started)
        return dataclasses.replace(ran, called=asked, printed=said)

    def not_run(self, check: Check, judged: Judged | None = None, seconds: float = 0.0) -> Checked:
        points = self.record.of(check.name)
        task = self.lab.task(check.task)
        return Checked(check, points.public_points, points.hidden_points, judged, task, seconds)

    def seconds(self, check: Check) -> float:
        return check.seconds or self.lab.manifest.limits.check_seconds


def few_threads() -> None:
    """Before torch is imported: tensors as small as those of checks are slower on more threads."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def open_session(lab: Lab, built: Mapping[str, Fixture] | None = None) -> Session:
    """Imports the lab's checks and the student's files. Their folder stays on sys.path, as it is for their scripts.

    `built` are the lab's fixtures, where this process has made them before.
    """
    file = "checks.py"
    try:
        [module] = load_modules(lab.folder, ["checks"])
        file = fixtures.FILE
        built = fixtures.fixtures_in(fixtures.source_of(lab)) if built is None else built
    except Exception as error:  # a given file, but anybody can have edited it
        reason = f"{type(error).__name__}: {error}"
        raise Refused("given_unusable", 1, path=str(lab.path(file)), reason=reason) from None
    with as_graded(lab.manifest.limits, lab.folder):
        functions = load_functions(lab, lab.folder)
    for name, function in functions.items():
        if isinstance(function, Broken):
            found = ran_into(Answer("broken", finding=function.finding, limit=function.limit), lab.manifest.limits)
            functions[name] = Broken(found.finding or function.finding)
    sys.path.insert(0, str(lab.folder))
    return Session(lab, checks_of(module), read_record(lab.folder), functions, dict(built), notes_of(lab))


def notes_of(lab: Lab) -> list[Finding]:
    """What a student should know before handing in, whatever the checks say: of files beside the work that have the
    names of modules, of imports that are not allowed, and of syntax that an older Python cannot read."""
    notes = [codes.HIDES_MODULE(file=f"{name}.py", module=name) for name in sorted(hides_modules(lab.folder))]
    for file in lab.code_files:
        with contextlib.suppress(Broken):  # which the checks say
            tree = parse(lab.path(file))
            for node, finding in refused_imports(tree, file, lab).items():
                unused = codes.IMPORT_NOT_ALLOWED.made(finding) and not names_used(tree, node)
                notes.append(codes.IMPORT_UNUSED(**finding.values) if unused else finding)
            notes += newer_syntax(lab.path(file))
    return notes


def run_public_checks(session: Session, task: Task | None = None, thorough: bool = False) -> list[Checked]:
    """The public checks of one task or of all; those that are not quick only for one task, or when thorough."""
    checks = [check for check in session.checks if task is None or check.task == task.name]
    thorough = thorough or task is not None
    for check in checks:
        if check.quick or thorough:
            session.checked(check)
    return [session.diagnosed(check) if check.quick or thorough else session.not_run(check) for check in checks]


def public_points(checked: list[Checked]) -> tuple[float, float]:
    """The public points that were earned here, and those that could be."""
    ran = [item for item in checked if item.judged]
    earned = sum(item.public_points for item in ran if item.judged and item.judged.outcome == "passed")
    return earned, sum(item.public_points for item in ran)


@dataclasses.dataclass(frozen=True)
class MilestoneState:
    """What training saved for a milestone: the artefacts that are missing, the bytes of those that are there, and what
    training itself measured."""

    milestone: Milestone
    missing: list[str]
    size: int
    measured: float | None
    mixed: bool = False  # it was continued with other code than it was begun with

    @property
    def below_target(self) -> bool:
        return self.measured is not None and self.measured < self.milestone.target


def milestone_states(lab: Lab) -> list[MilestoneState]:
    """The state of each milestone, from the files that training wrote; nothing is played here."""
    states = []
    for milestone in lab.manifest.milestones:
        files = {artefact: lab.files_of(artefact) for artefact in milestone.artefacts}
        missing = [artefact for artefact, found in files.items() if not found]
        size = sum(file.stat().st_size for found in files.values() for file in found)
        facts = _facts(lab, milestone)
        states.append(
            MilestoneState(milestone, missing, size, _measured(lab, milestone, facts), facts.get("mixed") is True)
        )
    return states


def _facts(lab: Lab, milestone: Milestone) -> dict[str, Any]:
    """What training wrote of itself; nothing where that is missing or damaged."""
    try:
        facts = json.loads(metrics_of(lab, milestone).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _measured(lab: Lab, milestone: Milestone, facts: dict[str, Any]) -> float | None:
    """What training measured: `evaluation_mean`, or, where several milestones judge the same artefacts, the entry of
    `evaluations` that is called like this one."""
    shared = [other.artefacts for other in lab.manifest.milestones].count(milestone.artefacts) > 1
    try:
        value = facts["evaluations"][milestone.name] if shared else facts["evaluation_mean"]
    except (KeyError, TypeError):
        return None
    return float(value) if isinstance(value, int | float) else None


def metrics_of(lab: Lab, milestone: Milestone) -> Path:
    """Where training writes what it measured: beside the first artefact, as runs/<name>.json."""
    return lab.path(milestone.artefacts[0]).with_suffix(".json")


@dataclasses.dataclass(frozen=True)
class QuizState:
    """How many quiz questions are answered, and what is wrong with the file's form, if something is."""

    answered: int
    fault: Finding | None = None


def quiz_state(lab: Lab) -> QuizState:
    """The state of quiz.json; what is right is not known here."""
    if lab.manifest.quiz is None:
        return QuizState(0)
    try:
        answers = read_answers(lab.folder, lab.manifest.quiz)
    except Broken as broken:
        return QuizState(0, broken.finding)
    return QuizState(sum(answer is not None for answer in answers.values()))
