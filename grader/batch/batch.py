"""Grades all submissions of a folder, so that it can be killed anywhere and goes on where it was."""

import collections
import contextlib
import dataclasses
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from grader import codes
from grader.batch import runlog
from grader.batch.alike import alike
from grader.errors import Refused
from grader.executors import GaveUp, Rows, Where, executor_of
from grader.findings import Finding, needs_person
from grader.grading.depends import changed, depends_on
from grader.grading.job import Job
from grader.grading.plan import Plan, plan_of, seed_so_far, taken
from grader.grading.rows import Row
from grader.handin import read_secret
from grader.intake.submissions import find_submissions
from grader.intake.versions import Submission
from grader.lab import Lab
from grader.lab.report_cells import report_cells
from grader.plain import one_line
from grader.results import audit
from grader.results import folder as results_folder
from grader.results.groups import Alike, as_csv, groups_file
from grader.results.rules import Rules
from grader.results.standing import read_standing
from grader.results.whole import write_whole

NAMED = 5  # of what is too much to list


@dataclasses.dataclass(frozen=True)
class Options:
    """What was asked for. `students` None: all. `seed` None: see _seed."""

    submissions: Path
    out: Path
    sandbox: str  # a backend that works here
    seed: int | None = None
    students: list[str] | None = None
    milestones: bool = True
    force: bool = False
    jobs: int | None = None  # submissions at a time; None: as the executor likes
    executor: str = "local"
    scheduler: str = ""  # of a cluster, for executors that have one
    shared: Path | None = None  # a folder that all of its machines see by this name
    certificates: Path | None = None  # the folder of its certificates; None: the usual one
    course_key: Path | None = None  # hand-ins have to be signed with keys that were made from it
    rules: Rules | None = None  # the course's


@dataclasses.dataclass(frozen=True)
class Batch:
    """What came of a run: its seed, how many submissions there were, a row for each that was reached, by name, what lay
    there and is nobody's, and what ended it early: a signal's number, or why nothing can be written."""

    seed: int
    total: int
    rows: list[Row]
    signal: int = 0
    trouble: Finding | None = None
    run: str = ""  # its name in the log
    left_over: list[Finding] = dataclasses.field(default_factory=list)
    alike: Sequence[Alike] = ()  # of a batch that was not ended early

    def count(self, what: str) -> int:
        return sum(row.what == what for row in self.rows)

    @property
    def left(self) -> int:
        return self.total - len(self.rows)

    @property
    def exit_code(self) -> int:
        """0 all were graded, 1 a submission needs a person, 3 the grader failed, 128 and the signal where it was
        stopped."""
        if self.trouble:
            return 3
        if self.left:
            return 128 + self.signal
        if any(row.what == "unwritten" or "error" in row.outcomes for row in self.rows):
            return 3
        return 1 if any(row.attention for row in self.rows) or any(map(needs_person, self.left_over)) else 0


def grade_all(
    lab: Lab,
    options: Options,
    show: Callable[[int, int], None],
    tell: Callable[[str], None] = lambda _: None,
    planned: Callable[[Plan], None] = lambda _: None,
) -> Batch:
    """Grades what is not graded yet. `show` is told how many of how many are done, at least about once a second;
    `planned` before it begins which earlier results hold; `tell` what else there is to say."""
    if options.out.resolve().is_relative_to(options.submissions.resolve()):
        raise Refused("out_inside_submissions", out=str(options.out), submissions=str(options.submissions))
    report_cells(lab)  # Refused here, and not of each submission
    secret = read_secret(options.course_key) if options.course_key else None
    course = options.rules.course if options.rules else None
    groups = [group.members for group in course.groups_of(lab.name)] if course else []
    listing = find_submissions(options.submissions, lab, secret, groups)
    submissions = _chosen(listing.submissions, options)
    executor_of(options.executor)
    log = options.out / runlog.FILE
    who = f"{runlog.who()}, process {os.getpid()}, since {runlog.now()}"
    with results_folder.opened(options.out, who, tell), _signals_noted() as signals:
        depends = depends_on(lab)
        job = Job(
            lab=str(lab.folder),
            seed=_seed(log, lab, depends, options, submissions),
            sandbox=options.sandbox,
            out=str(options.out.resolve()),
            milestones=options.milestones,
            force=options.force,
            secret=secret,
            best=course is not None and course.counts_of(lab.name) == "best",
        )
        _audit(lab, options)  # what an earlier run was killed over
        where = Where(
            options.jobs, options.scheduler, options.shared, options.certificates, tell, lambda: bool(signals)
        )
        with executor_of(options.executor).opened(job, where) as rows:
            clock = time.monotonic()
            start = _start(lab, job, depends, options)
            _log(log, start)
            planned(plan_of(job, lab, depends, [submission.student for submission in submissions]))
            batch = _graded(rows, lab, job, submissions, options, signals, lambda done: show(done, len(submissions)))
        batch = dataclasses.replace(batch, run=start.run, left_over=listing.left if options.students is None else [])
        try:
            if options.students is None and not (batch.left or batch.trouble):
                batch = dataclasses.replace(batch, alike=_alike(lab, options.out, submissions))
            _audit(lab, options)
            _log(log, _end(start, batch, time.monotonic() - clock))
        except Refused as refused:
            batch = dataclasses.replace(batch, trouble=batch.trouble or refused.finding)
    return batch


def _alike(lab: Lab, out: Path, submissions: Sequence[Submission]) -> Sequence[Alike]:
    """Whose work is alike, as it stands in a file, too, unless there is none. Refused where it cannot be written."""
    once = {(each.source, *each.loose): each for each in reversed(submissions)}.values()  # a group's is one
    found = alike(lab, ((each.student, files.files) for each in once if (files := taken(each, lab))))
    path = groups_file(out, lab.name)
    try:
        if found:
            write_whole(path, as_csv(found).encode())
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(codes.NOT_WRITTEN(path=str(path), reason=error.strerror or ""), 3) from None
    return found


def _audit(lab: Lab, options: Options) -> None:
    """Logs the changes of points. Where a result or what lies beside it cannot be read, whoever shows it says so."""
    standings = []
    rules = options.rules and options.rules.afresh()
    for path in sorted(options.out.glob(f"*/{lab.name}/result.json")):
        with contextlib.suppress(Refused):
            standings.append(read_standing(path, rules))
    audit.record(options.out, standings, runlog.who(), runlog.now())


def _chosen(found: list[Submission], options: Options) -> list[Submission]:
    """The submissions of the students that were named; Refused where one is unknown."""
    if options.students is None:
        return found
    names = [submission.student for submission in found]
    unknown = [student for student in options.students if student not in names]
    if unknown:
        there = codes.some_of(list(map(one_line, names)), NAMED)
        raise Refused("no_submission_of", students=unknown, folder=str(options.submissions), there=there)
    return [submission for submission in found if submission.student in options.students]


def _seed(log: Path, lab: Lab, depends: Mapping[str, str], options: Options, submissions: Sequence[Submission]) -> int:
    """What was asked for, that of a run which goes on, that of the results where nothing new was handed in, or a new
    one."""
    if options.seed is not None:
        return options.seed
    if stopped := runlog.stopped(runlog.read(log), lab.name, depends):
        return stopped.seed
    fit = [each for each in submissions if not results_folder.unfit(options.out, each.student, lab.name)]
    so_far = None if options.force else seed_so_far(options.out, lab, fit)
    return secrets.randbelow(2**31) if so_far is None else so_far


def _graded(
    grade: Rows,
    lab: Lab,
    job: Job,
    submissions: list[Submission],
    options: Options,
    signals: list[int],
    show: Callable[[int], None],
) -> Batch:
    """Has an executor grade the submissions, until all are done or something ends it."""
    rows: list[Row] = []
    fit: list[Submission] = []
    for submission in submissions:
        if why := results_folder.unfit(options.out, submission.student, lab.name):
            rows.append(Row(submission.student, "refused", [codes.NO_FOLDER_OF_THIS_NAME(why=why)]))
        else:
            fit.append(submission)
    show(len(rows))
    trouble: Finding | None = None
    try:
        with contextlib.closing(grade(fit)) as graded:
            for row in graded:
                if row is not None:
                    if row.what == "no room":
                        [trouble] = row.attention
                        break
                    rows.append(row)
                show(len(rows))
                if signals:
                    break
    except GaveUp as gave_up:
        trouble = gave_up.finding
    rows.sort(key=lambda row: row.student)
    return Batch(job.seed, len(submissions), rows, signals[0] if signals else 0, trouble)


@contextlib.contextmanager
def _signals_noted() -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM are noted, and break nothing off in the middle of a line."""
    noted: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: noted.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# --- the log of runs ------------------------------------------------------------------------------------------------


def _start(lab: Lab, job: Job, depends: dict[str, str], options: Options) -> runlog.Start:
    return runlog.Start(
        run=runlog.new_run(),
        when=runlog.now(),
        who=runlog.who(),
        lab=lab.name,
        seed=job.seed,
        sandbox=options.sandbox,
        submissions=str(options.submissions.resolve()),
        students=options.students,
        milestones=options.milestones,
        force=options.force,
        depends=depends,
    )


def _end(start: runlog.Start, batch: Batch, seconds: float) -> runlog.End:
    outcomes = collections.Counter[str]()
    for row in batch.rows:
        outcomes.update(row.outcomes)
    counts = {
        "graded": batch.count("graded"),
        "unchanged": batch.count("unchanged"),
        "left": batch.left,
        "attention": sum(bool(row.attention) for row in batch.rows),
        "errors": sum("error" in row.outcomes for row in batch.rows),
    }
    return runlog.End(start.run, runlog.now(), round(seconds, 3), counts, dict(outcomes), batch.exit_code)


def _log(log: Path, record: runlog.Start | runlog.End) -> None:
    try:
        runlog.append(log, record)
    except OSError as error:
        raise Refused(codes.NOT_WRITTEN(path=str(log), reason=error.strerror or ""), 3) from None


def earlier_run(lab: Lab, seed: int | None, out: Path) -> runlog.Start:
    """The run with this seed, or the last one of all students; Refused where the log has no such run."""
    log = out / runlog.FILE
    records = runlog.read(log)
    start = runlog.last(records, lab.name) if seed is None else runlog.with_seed(records, lab.name, seed)
    if start is None and seed is None:
        raise Refused("no_run", lab=lab.name, log=str(log))
    if start is None:
        known = ", ".join(map(str, runlog.seeds(records, lab.name)[:NAMED])) or "none"
        raise Refused("no_run_with_seed", lab=lab.name, seed=str(seed), log=str(log), seeds=known)
    return start


def differences(lab: Lab, start: runlog.Start) -> list[Finding]:
    """What is not as it was when a run began."""
    now = depends_on(lab)
    return [] if start.depends == now else changed(start.depends, now)
