"""One submission from its files to its result: stage, run in a worker, compare, judge."""

import dataclasses
import hashlib
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from grader import quiz
from grader.answers import Answer
from grader.checks import Check
from grader.instructor import sandbox
from grader.instructor.milestones import Score, judge_milestone, scorer, versions
from grader.instructor.staging import Staged, Unusable, stage
from grader.instructor.submissions import Submission
from grader.instructor.workers import WarmParent, WorkerFailed, Workers, workers_for
from grader.judge import Judged, check_result, judge
from grader.lab import Lab
from grader.loading import Broken
from grader.reference import Reference, open_reference, visibilities
from grader.results import SCHEMA_VERSION, CheckResult, Result, Visibility, score_of

NOT_HASHED = {"__pycache__", "runs"}


@dataclasses.dataclass
class Run:
    """What all submissions of one grading run share."""

    lab: Lab
    reference: Reference
    parent: WarmParent
    seed: int
    score: Score | None
    key: dict[str, str]
    lab_hash: str


def open_run(lab: Lab, parent: WarmParent, seed: int, with_milestones: bool = True) -> Run:
    """Opens the reference, the quiz key and (unless no milestone is to be judged) the milestones' scorer of a lab."""
    key = quiz.read_key(lab) if lab.manifest.quiz else {}
    score = scorer(lab) if with_milestones else None
    return Run(lab, open_reference(lab), parent, seed, score, key, hash_of(lab))


def hash_of(lab: Lab) -> str:
    """A hash of everything a lab's grading depends on: the files of its folder."""
    digest = hashlib.sha256()
    for path in sorted(lab.folder.rglob("*")):
        inside = path.relative_to(lab.folder)
        if path.is_file() and not NOT_HASHED.intersection(inside.parts) and not path.name.startswith("."):
            data = path.read_bytes()
            digest.update(f"{inside.as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


@dataclasses.dataclass(frozen=True)
class Graded:
    """A result, and what a person should look at: sentences, empty where all is well."""

    result: Result
    attention: list[str]


def grade(run: Run, submission: Submission) -> Graded:
    """Grades one submission. Whatever is in it, the result has exactly one outcome for every check of the lab."""
    started, clock = datetime.now(UTC), time.monotonic()
    try:
        staged = stage(submission.source, run.lab)
        code = _code_results(run, staged)
        unusable = ""
    except Unusable as error:
        staged = Staged({}, [], [f"nothing could be taken from it: {error}"])
        unusable = str(error)
        code = _all_code(run, lambda _check: Judged("failed", unusable))
    checks = [*code, *_milestone_results(run, staged), *_quiz_results(run, staged), *_report_results(run.lab)]
    attention = [*staged.problems]
    attention += [
        f"{check.check} ({check.visibility}): the grader failed: {check.message.splitlines()[-1]}"
        for check in checks
        if check.outcome == "error"
    ]
    result = Result(
        schema_version=SCHEMA_VERSION,
        lab=run.lab.name,
        lab_hash=run.lab_hash,
        student=submission.student,
        submission_hash=staged.digest(),
        seed=run.seed,
        versions=versions(),
        sandbox=sandbox.NAME,
        score=score_of(checks),
        max_score=run.lab.max_score,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 3),
        notes=[*submission.notes, *staged.problems, *staged.notes],
        checks=checks,
    )
    return Graded(result, attention)


def _all_code(run: Run, judged: Callable[[Check], Judged]) -> list[CheckResult]:
    """The same treatment for every check of the lab, on both sides."""
    return [
        _line(run, check, visibility, judged(check), 0.0)
        for check in run.reference.checks
        for visibility in visibilities(run.reference, check)
    ]


def _line(run: Run, check: Check, visibility: Visibility, judged: Judged, seconds: float) -> CheckResult:
    public, hidden = run.reference.points(check)
    return check_result(check, visibility, public if visibility == "public" else hidden, judged, seconds)


def _code_results(run: Run, staged: Staged) -> list[CheckResult]:
    """Every check over its public and its hidden cases, answered by the submission's workers."""
    folder = Path(tempfile.mkdtemp(prefix="submission-"))
    try:
        write_private_folder(run.lab, staged, folder)
        sides = [(check, side) for check in run.reference.checks for side in visibilities(run.reference, check)]
        results: dict[int, CheckResult] = {}
        with workers_for(run.parent, run.lab, folder) as workers:
            # The public cases first: what is answered to them is shown, and must not hold what was seen of hidden ones.
            for place in sorted(range(len(sides)), key=lambda place: sides[place][1] == "hidden"):
                results[place] = _checked(run, workers, *sides[place])
        return [results[place] for place in range(len(sides))]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_private_folder(lab: Lab, staged: Staged, folder: Path) -> None:
    """What a worker sees: the submission's code, and of the lab what every student has, too."""
    for name in ("checks.py", *lab.manifest.files.given):
        shutil.copyfile(lab.path(name), folder / name)
    for name, data in staged.files.items():
        if name.endswith(".py"):
            (folder / name).write_bytes(data)


def _checked(run: Run, workers: Workers, check: Check, visibility: Visibility) -> CheckResult:
    clock = time.monotonic()
    try:
        cases = run.reference.cases(check, visibility, run.seed)
        answers: list[Answer] = []
        for case in cases:
            answers.append(workers.ask(check, case.arguments))
            if answers[-1].status in ("timeout", "crashed"):
                break
        known = run.reference.known(check, visibility, run.seed)[: len(answers)]
        judged = judge(
            check,
            run.lab,
            cases[: len(answers)],
            known,
            answers,
            run.reference.diagnoses,
            reveal=visibility == "public",
        )
    except WorkerFailed as error:
        judged = Judged("error", str(error))
    except Exception:  # the grader's own fault: said, and never a score
        judged = Judged("error", traceback.format_exc(limit=-3))
    return _line(run, check, visibility, judged, time.monotonic() - clock)


def _milestone_results(run: Run, staged: Staged) -> list[CheckResult]:
    return [
        judge_milestone(
            milestone, run.score, staged.files.get(milestone.weights), staged.too_large.get(milestone.weights)
        )
        for milestone in run.lab.manifest.milestones
    ]


def _quiz_results(run: Run, staged: Staged) -> list[CheckResult]:
    the_quiz = run.lab.manifest.quiz
    if the_quiz is None:
        return []
    fault = ""
    answers: dict[str, str | None] = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            if quiz.FILE in staged.files:
                (Path(folder) / quiz.FILE).write_bytes(staged.files[quiz.FILE])
            answers = quiz.read_answers(Path(folder), the_quiz)
    except Broken as broken:
        fault = str(broken)
    return [
        CheckResult(
            task="quiz",
            check=f"question_{number}",
            title=f"quiz question {number}",
            visibility="hidden",
            kind="quiz",
            outcome="passed" if answers.get(number) == letter else "failed",
            points=1.0 if answers.get(number) == letter else 0.0,
            max_points=1.0,
            message=fault or ("" if answers.get(number) else "not answered"),
        )
        for number, letter in run.key.items()
    ]


def _report_results(lab: Lab) -> list[CheckResult]:
    """What is graded by hand: pending, neither 0 nor earned."""
    return [
        CheckResult(
            task="report",
            check=part.name,
            title=part.title,
            visibility="public",
            kind="report",
            outcome="pending",
            points=None,
            max_points=part.points,
            message="graded by hand",
        )
        for part in lab.manifest.report
    ]
