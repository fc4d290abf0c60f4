"""One submission from its files to its result: run in a worker, compare, judge."""

import dataclasses
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from grader import codes
from grader.checks import Case, Check
from grader.findings import Finding, kind_of
from grader.grading import by_heart
from grader.grading.asking import WarmParent, WorkerFailed, Workers, workers_for
from grader.grading.depends import depends_on
from grader.grading.milestones import Score, in_doubt, judge_milestone, scorer, versions
from grader.grading.reference import Reference, open_reference, record_of, visibilities
from grader.grading.reports import Reported, read_and_run, report_lines, with_notebook
from grader.intake.staging import Staged
from grader.intake.versions import Submission, Taken, take_in
from grader.judging.diagnosis import Heard, mistake_told
from grader.judging.judge import Judged, Known, check_result, fault, judge, not_passing, without
from grader.lab import Lab, Milestone, quiz
from grader.lab.loading import Broken
from grader.plain import pack, to_plain
from grader.results import SCHEMA_VERSION, CheckResult, Outcome, Result, Visibility, score_of
from grader.results.attention import attention
from grader.run.answers import Answer

MACHINES_FAULT = (codes.KILLED, codes.NO_ANSWER)  # a lack of memory, or a machine too busy to let a call compute


@dataclasses.dataclass
class Bench:
    """What all submissions that one process grades share: the lab's answers, and the parent of its workers."""

    lab: Lab
    reference: Reference
    parent: WarmParent
    seed: int
    score: Score | None
    key: dict[str, str]
    depends: dict[str, str]
    secret: str | None = None  # the course's, where hand-ins have to be signed


def open_bench(lab: Lab, parent: WarmParent, seed: int, with_milestones: bool = True) -> Bench:
    """Opens the reference, the quiz key and (unless no milestone is to be judged) the milestones' scorer of a lab. Its
    workers are those of `parent`."""
    key = quiz.read_key(lab) if lab.manifest.quiz else {}
    score = scorer(lab, parent) if with_milestones else None
    reference = open_reference(lab)
    reference.record = record_of(lab)
    return Bench(lab, reference, parent, seed, score, key, depends_on(lab))


@dataclasses.dataclass(frozen=True)
class Graded:
    """A result, the report for the person who grades it, if there is one to write, and what a person should look at,
    empty where all is well."""

    result: Result
    report: str = ""

    @property
    def attention(self) -> list[Finding]:
        return attention(self.result)


def grade(bench: Bench, submission: Submission | Taken) -> Graded:
    """Grades one submission, as it is now or as it was taken. Whatever is in it, the result has exactly one outcome
    for every check of the lab."""
    started, clock = datetime.now(UTC), time.monotonic()
    if isinstance(submission, Submission):
        submission = take_in(submission, bench.lab, bench.secret)
    if submission.trouble:
        return failed(bench, submission, submission.trouble)
    staged = submission.staged
    if submission.unusable:
        unusable = Judged("failed", submission.unusable)
        code = _all_code(bench, lambda _check: unusable)
    else:
        code = _code_results(bench, staged)
    checks = [*code, *_milestone_results(bench, staged, code)]
    reported = read_and_run(bench.parent, bench.lab, staged, worker_files(bench.lab, staged))
    checks += [*_quiz_results(bench, staged), *report_lines(bench.lab, reported)]
    noted = dataclasses.replace(staged, findings=[*staged.findings, *reported.findings])
    result = _result(bench, submission, noted, checks, started, time.monotonic() - clock)
    return Graded(*with_notebook(bench.lab, staged, reported, result))


def failed(bench: Bench, taken: Taken, why: Finding) -> Graded:
    """The result where the grader or its machine failed on the whole submission: every outcome is an error, and no
    score comes of it."""
    error = Judged("error", (why,))
    checks = _all_code(bench, lambda _check: error)
    checks += [_milestone_error(milestone, (why,)) for milestone in bench.lab.manifest.milestones]
    checks += [_quiz_line(number, "error", why) for number in bench.key]
    nothing = Staged({}, [why])
    checks += report_lines(bench.lab, Reported())
    return Graded(_result(bench, taken, nothing, checks, datetime.now(UTC), 0.0))


def _result(
    bench: Bench, taken: Taken, staged: Staged, checks: list[CheckResult], started: datetime, seconds: float
) -> Result:
    return Result(
        schema_version=SCHEMA_VERSION,
        lab=bench.lab.name,
        depends=bench.depends,
        student=taken.student,
        submission_hash=staged.digest(),
        seed=bench.seed,
        versions=versions(),
        sandbox=dict(bench.parent.layers),
        score=score_of(checks),
        max_score=bench.lab.max_score,
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
        notes=[*taken.findings, *staged.findings, *unusable_files(bench.lab, checks)],
        checks=checks,
        handed_in=taken.handed_in,
    )


def unusable_files(lab: Lab, checks: Sequence[CheckResult]) -> list[Finding]:
    """A finding for each file of which no task could be graded, with the reason that all of its checks have."""
    found = []
    for file in lab.code_files:
        tasks = {task.name for task in lab.manifest.tasks if task.file == file}
        lines = [line for line in checks if line.task in tasks and line.outcome != "skipped"]
        reasons = {line.findings[0] if line.findings else None for line in lines}
        why = reasons.pop() if len(reasons) == 1 else None
        if why and kind_of(why) == "file" and why.values.get("file") == file and not codes.FILE_MISSING.made(why):
            found.append(codes.FILE_UNUSABLE(why=why))
    return found


def _all_code(bench: Bench, judged: Callable[[Check], Judged]) -> list[CheckResult]:
    """The same treatment for every check of the lab, on both sides."""
    return [
        _line(bench, check, visibility, judged(check), 0.0)
        for check in bench.reference.checks
        for visibility in visibilities(bench.reference, check)
    ]


def _line(bench: Bench, check: Check, visibility: Visibility, judged: Judged, seconds: float) -> CheckResult:
    public, hidden = bench.reference.points(check)
    points = public if visibility == "public" else hidden
    return check_result(check, bench.lab.task(check.task), visibility, points, judged, seconds)


@dataclasses.dataclass
class Asked:
    """A check on one side: its line, and what was heard of its cases, as far as they were asked."""

    line: CheckResult
    heard: Heard | None = None
    by_heart: bool = False  # the public cases are right, and of the hidden ones too few


def _code_results(bench: Bench, staged: Staged) -> list[CheckResult]:
    """Every check over its public and its hidden cases, answered by the submission's workers."""
    sides = [(check, side) for check in bench.reference.checks for side in visibilities(bench.reference, check)]
    asked: dict[tuple[str, Visibility], Asked] = {}
    with workers_for(bench.parent, bench.lab, worker_files(bench.lab, staged)) as workers:
        # The public cases first: what is answered to them is shown, and must not hold what was seen of hidden ones.
        for check, side in sorted(sides, key=lambda place: place[1] == "hidden"):
            needed = asked.get((check.needs.name, "public")) if check.needs else None
            if needed and (judged := without(check, needed.line.outcome)):
                asked[check.name, side] = Asked(_line(bench, check, side, judged, 0.0))
            else:
                asked[check.name, side] = _ask(bench, workers, check, side, asked.get((check.name, "public")))
    _tell_mistakes(bench, asked)
    lines = [_believed(asked[check.name, side].line, asked.get((check.name, "hidden"))) for check, side in sides]
    outcomes: dict[str, Outcome] = {line.check: line.outcome for line in reversed(lines)}  # on the public side, if any
    return [
        _line(bench, check, side, judged, line.seconds)
        if check.needs and (judged := without(check, outcomes[check.needs.name]))
        else line
        for (check, side), line in zip(sides, lines, strict=True)
    ]


def _tell_mistakes(bench: Bench, asked: dict[tuple[str, Visibility], Asked]) -> None:
    """Names the known mistakes of checks that failed. What is told of published cases rests on these alone, as at
    home; it must not hold what was seen of hidden ones."""
    heard = {place: of_check.heard for place, of_check in asked.items() if of_check.heard}
    for (name, side), one in heard.items():
        line = asked[name, side].line
        if line.outcome in ("failed", "timeout"):
            known_of = [other for (_, where), other in heard.items() if side == "hidden" or where == "public"]
            same_task = [other for other in known_of if other.check.task == one.check.task]
            try:
                mistake = mistake_told(bench.lab, one.check, same_task, bench.reference.diagnoses)
                asked[name, side].line = msgspec.structs.replace(line, mistake=mistake)
            except Exception:  # as above
                asked[name, side].line = _line(bench, one.check, side, Judged("error", _own_fault()), line.seconds)


def _believed(line: CheckResult, hidden: Asked | None) -> CheckResult:
    """The published answers can be learnt by heart: their points need hidden cases that are right, too."""
    if line.visibility == "hidden" or hidden is None or not hidden.by_heart:
        return line
    return msgspec.structs.replace(line, outcome="failed", points=0.0, findings=[codes.BY_HEART()])


def worker_files(lab: Lab, staged: Staged) -> dict[str, bytes]:
    """What a worker sees, by name: the submission's code and answers, and of the lab what every student has, too."""
    given = {name: lab.path(name).read_bytes() for name in ("checks.py", *lab.manifest.files.given)}
    wanted = {*lab.code_files, *lab.answer_files}
    return given | {name: data for name, data in staged.files.items() if name in wanted}


def _ask(bench: Bench, workers: Workers, check: Check, visibility: Visibility, public: Asked | None) -> Asked:
    """A check on one side. `public` is the other side of a hidden one."""
    clock = time.monotonic()
    hidden = visibility == "hidden"
    if public and public.line.outcome == "timeout":  # one endless loop should not take its seconds twice
        again = Judged("timeout", (codes.NOT_ASKED(),))
        return Asked(_line(bench, check, visibility, again, 0.0))
    in_doubt = hidden and public is not None and public.line.outcome == "passed"
    right: list[bool] = []  # of the hidden cases, while the published ones are in doubt
    wanted: list[bytes] = []
    known: list[Known] = []
    answers: list[Answer] = []
    try:
        cases = bench.reference.cases(check, visibility, bench.seed)
        known = bench.reference.known(check, visibility, bench.seed)
        wanted = [_wanted(case, facts) for case, facts in zip(cases, known, strict=True)] if in_doubt else []
        for case, facts in zip(cases, known, strict=True):
            answers.append(workers.ask(check, case.arguments))
            if in_doubt:
                right.append(fault(check, bench.lab, case, facts.expected, answers[-1]) is None)
            # What comes after a case that took long or was ended decides nothing, unless the share does.
            if answers[-1].status in ("timeout", "crashed", "limit") and by_heart.decided(wanted, right):
                break
        cases, known = cases[: len(answers)], known[: len(answers)]
        judged = judge(check, bench.lab, cases, known, answers)
    except WorkerFailed as error:
        judged = Judged("error", (codes.GRADER_FAILED(message=str(error)),))
    except Exception:  # the grader's own fault: said, and never a score
        judged = Judged("error", _own_fault())
    line = _line(bench, check, visibility, judged, time.monotonic() - clock)
    learnt = in_doubt and judged.outcome != "error" and not by_heart.enough(wanted, right)
    if any(answer.finding and any(code.made(answer.finding) for code in MACHINES_FAULT) for answer in answers):
        learnt = False  # who knows what it would have answered
    heard = Heard(check, cases, known, answers) if judged.outcome != "error" else None
    return Asked(line, heard, learnt)


def _wanted(case: Case, facts: Known) -> bytes:
    """What is right on a case: the reference's value, or where a property is verified the case itself."""
    return pack(to_plain(facts.expected.value if facts.expected else case.arguments))


def _milestone_results(bench: Bench, staged: Staged, code: Sequence[CheckResult]) -> list[CheckResult]:
    """The milestones; `code` is what came of the tasks."""
    outcomes = {line.check: line.outcome for line in code if line.visibility == "public"}
    public = [(check, outcomes[check.name]) for check in bench.reference.checks if check.name in outcomes]
    lines = []
    for milestone in bench.lab.manifest.milestones:
        clock = time.monotonic()
        try:
            line = judge_milestone(milestone, bench.score, staged.files, staged.too_large)
            line = in_doubt(line, not_passing(milestone.tasks, public))
            lines.append(msgspec.structs.replace(line, seconds=round(time.monotonic() - clock, 3)))
        except WorkerFailed as error:
            lines.append(_milestone_error(milestone, (codes.GRADER_FAILED(message=str(error)),)))
        except Exception:  # the grader's own fault, as above
            lines.append(_milestone_error(milestone, _own_fault()))
    return lines


def _own_fault() -> tuple[Finding, ...]:
    """The exception that is being handled, which is a fault of the grader's own."""
    trace = traceback.format_exc(limit=-3)
    return (codes.GRADER_FAILED(message=trace.splitlines()[-1]), codes.GRADER_TRACE(trace=trace))


def _milestone_error(milestone: Milestone, why: Sequence[Finding]) -> CheckResult:
    skipped = judge_milestone(milestone, None, {}, {})
    return msgspec.structs.replace(skipped, outcome="error", findings=list(why))


def _quiz_results(bench: Bench, staged: Staged) -> list[CheckResult]:
    the_quiz = bench.lab.manifest.quiz
    if the_quiz is None:
        return []
    unread: Finding | None = None
    answers: dict[str, str | None] = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            if quiz.FILE in staged.files:
                (Path(folder) / quiz.FILE).write_bytes(staged.files[quiz.FILE])
            answers = quiz.read_answers(Path(folder), the_quiz)
    except Broken as broken:
        unread = broken.finding
    return [
        _quiz_line(
            number,
            "passed" if answers.get(number) == letter else "failed",
            unread or (None if answers.get(number) else codes.NOT_ANSWERED()),
        )
        for number, letter in bench.key.items()
    ]


def _quiz_line(number: str, outcome: Outcome, finding: Finding | None) -> CheckResult:
    return CheckResult(
        task="quiz",
        check=f"question_{number}",
        title=f"quiz question {number}",
        visibility="hidden",
        kind="quiz",
        outcome=outcome,
        points=None if outcome == "error" else float(outcome == "passed"),
        max_points=1.0,
        number="Q",
        findings=[finding] if finding else [],
    )
