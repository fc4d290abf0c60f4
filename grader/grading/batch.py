"""Grades all submissions of a folder: on all cores, and so that it can be killed anywhere and goes on where it was."""

import collections
import contextlib
import dataclasses
import errno
import functools
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from grader.errors import Refused
from grader.executors import local as pool
from grader.grading import runlog
from grader.grading.milestones import versions
from grader.grading.rows import Row, What, row_of
from grader.grading.submission import Graded, Run, attention, failed, grade, hash_of, killed, open_run
from grader.intake.archives import Unusable
from grader.intake.staging import Staged, Unreadable, stage
from grader.intake.submissions import Submission, find_submissions
from grader.lab import Lab
from grader.plain import one_line
from grader.results import earlier_result, write_result
from grader.results import folder as results_folder
from grader.results.folder import result_path
from grader.workers.client import WarmParent

NAMED = 5  # of what is too much to list
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)  # no other result could be written either


@dataclasses.dataclass(frozen=True)
class Options:
    """What was asked for. `students` None: all. `seed` None: a new one, or that of a run that was stopped."""

    submissions: Path
    out: Path
    sandbox: str  # a backend that works here
    seed: int | None = None
    students: list[str] | None = None
    milestones: bool = True
    force: bool = False
    jobs: int | None = None  # grading processes; None: one for each core


@dataclasses.dataclass(frozen=True)
class Batch:
    """What came of a run: its seed, how many submissions there were, a row for each that was reached, by name, and
    what ended it early: a signal's number, or why nothing can be written."""

    seed: int
    total: int
    rows: list[Row]
    signal: int = 0
    trouble: str = ""

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
        return 1 if any(row.attention for row in self.rows) else 0


def opened(lab: Lab, options: Options, seed: int) -> Run:
    """The run, with its reference and torch imported: once, for all the grading processes that are forked from here.
    Its parent of workers is started by each of them for itself."""
    import torch

    torch.set_num_threads(1)
    parent = WarmParent(lab.manifest.limits, options.sandbox, lab.manifest.preload)
    return open_run(lab, parent, seed, options.milestones)


def grade_all(
    lab: Lab, options: Options, show: Callable[[int, int], None], say: Callable[[str], None] = lambda _: None
) -> Batch:
    """Grades what is not graded yet. `show` is told how many of how many are done, at least about once a second."""
    if options.out.resolve().is_relative_to(options.submissions.resolve()):
        raise Refused(
            f"the results cannot go to {options.out}, inside {options.submissions}: the next run would take them for "
            "submissions. Give another folder (--out; make: OUT=...)"
        )
    submissions = _chosen(find_submissions(options.submissions, lab), options)
    log = options.out / runlog.FILE
    who = f"{runlog.who()}, process {os.getpid()}, since {runlog.now()}"
    with results_folder.opened(options.out, who, say), _signals_noted() as signals:
        run = opened(lab, options, _seed(log, lab, options))
        clock = time.monotonic()
        start = _start(run, options)
        _log(log, start)
        batch = _graded(run, submissions, options, signals, lambda done: show(done, len(submissions)))
        try:
            _log(log, _end(start, batch, time.monotonic() - clock))
        except Refused as refused:
            batch = dataclasses.replace(batch, trouble=batch.trouble or str(refused))
    return batch


def _chosen(found: list[Submission], options: Options) -> list[Submission]:
    """The submissions of the students that were named; Refused where one is unknown."""
    if options.students is None:
        return found
    names = [submission.student for submission in found]
    unknown = [student for student in options.students if student not in names]
    if unknown:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        there = ", ".join(one_line(name) for name in names[:NAMED])
        raise Refused(
            f"there is no submission of {', '.join(unknown)} in {options.submissions}; there is {there}{more}"
        )
    return [submission for submission in found if submission.student in options.students]


def _seed(log: Path, lab: Lab, options: Options) -> int:
    if options.seed is not None:
        return options.seed
    stopped = runlog.stopped(runlog.read(log), lab.name, hash_of(lab))
    return stopped.seed if stopped else secrets.randbelow(2**31)


def _graded(
    run: Run, submissions: list[Submission], options: Options, signals: list[int], show: Callable[[int], None]
) -> Batch:
    """Hands the submissions out to grading processes, until all are done or something ends it."""
    rows: list[Row] = []
    fit: list[Submission] = []
    for submission in submissions:
        if why := results_folder.unfit(options.out, submission.student, run.lab.name):
            sentence = f"not graded: no folder for results can have this name ({why}); rename what was handed in"
            rows.append(Row(submission.student, "refused", [sentence]))
        else:
            fit.append(submission)
    show(len(rows))
    trouble = ""
    work = functools.partial(_grading, run, fit, options)
    processes = min(len(fit), options.jobs or _cores())
    with contextlib.closing(pool.hand_out(len(fit), work, processes)) as events:
        for event in events:
            if event:
                number, reply = event
                row = msgspec.json.decode(reply, type=Row) if reply else _lost(run, fit[number], options)
                if row.what == "no room":
                    [trouble] = row.attention
                    break
                rows.append(row)
            show(len(rows))
            if signals:
                break
    rows.sort(key=lambda row: row.student)
    return Batch(run.seed, len(submissions), rows, signals[0] if signals else 0, trouble)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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


# --- in a grading process -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _grading(run: Run, submissions: list[Submission], options: Options) -> Iterator[pool.Work]:
    with contextlib.ExitStack() as stack:

        @functools.cache
        def start_parent() -> None:  # which takes seconds: only where there is something to grade
            run.parent = stack.enter_context(run.parent)

        yield lambda number: msgspec.json.encode(_row(run, submissions[number], options, start_parent))


def _row(run: Run, submission: Submission, options: Options, start_parent: Callable[[], None]) -> Row:
    """Grades a submission and writes its result, unless the one that is there holds for it still."""
    try:
        if not options.force and (row := _unchanged(run, submission, options)):
            return row
        start_parent()
        graded = grade(run, submission)
    except Exception as error:  # the grader's own fault costs this submission a person's look, and no other anything
        graded = failed(run, submission, f"{type(error).__name__}: {one_line(str(error))}")
    return _written(run, submission, options, graded)


def _lost(run: Run, submission: Submission, options: Options) -> Row:
    why = f"{pool.TRIES} grading processes died over it: not enough memory, perhaps"
    return _written(run, submission, options, failed(run, submission, why))


def _unchanged(run: Run, submission: Submission, options: Options) -> Row | None:
    """The row of an earlier result that still holds: the same files, the same lab, and nothing left open."""
    earlier = earlier_result(result_path(options.out, submission.student, run.lab.name))
    same = (submission.student, run.lab_hash)
    if earlier is None or (earlier.student, earlier.lab_hash) != same or earlier.errors():
        return None
    if not earlier.confined and options.sandbox != "none":
        return None
    if any(map(killed, earlier.checks)):  # there may be more memory this time
        return None
    if run.score and any(check.kind == "milestone" and check.outcome == "skipped" for check in earlier.checks):
        return None
    try:
        staged = stage(submission.source, run.lab)
    except Unusable as error:
        staged = Staged({}, [], [f"nothing could be taken from it: {error}"])
    except Unreadable:  # grading says why
        return None
    said = {*submission.notes, *staged.problems, *staged.notes}
    if staged.digest() != earlier.submission_hash or not said <= set(earlier.notes):
        return None
    return row_of(earlier, "unchanged", [*submission.problems, *attention(staged.problems, earlier.checks)])


def _written(run: Run, submission: Submission, options: Options, graded: Graded) -> Row:
    """Writes a result, and says what became of the one before."""
    path = result_path(options.out, submission.student, run.lab.name)
    earlier = earlier_result(path)
    sentences = list(dict.fromkeys([*submission.problems, *graded.attention]))
    try:
        if earlier is None and path.exists():
            path.replace(path.with_suffix(".json.bad"))
            sentences.append("the earlier result could not be read; it was replaced, and is kept as result.json.bad")
        written = write_result(path, graded.result)
    except OSError as error:
        what: What = "no room" if error.errno in NO_ROOM else "unwritten"
        return Row(submission.student, what, [f"{path} could not be written: {error.strerror}"])
    if not written:
        sentences.append("the grader failed this time; the earlier result was kept")
    before = earlier.score if earlier and not earlier.errors() else None
    changed = earlier is not None and earlier.submission_hash != graded.result.submission_hash
    return row_of(graded.result, "graded" if written else "kept", sentences, before, changed)


# --- the log of runs ------------------------------------------------------------------------------------------------


def _start(run: Run, options: Options) -> runlog.Start:
    return runlog.Start(
        run=runlog.new_run(),
        when=runlog.now(),
        who=runlog.who(),
        lab=run.lab.name,
        lab_hash=run.lab_hash,
        seed=run.seed,
        versions=versions(),
        sandbox=options.sandbox,
        submissions=str(options.submissions.resolve()),
        students=options.students,
        milestones=options.milestones,
        force=options.force,
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
        raise Refused(f"{log} could not be written: {error.strerror}", exit_code=3) from None


def run_again(
    lab: Lab, seed: int, submissions: Path | None, out: Path, sandbox: str, jobs: int | None
) -> tuple[Options, runlog.Start]:
    """The options that repeat the run with this seed, and how that began; Refused where the log has no such run.

    `submissions` None: those that the run graded.
    """
    log = out / runlog.FILE
    records = runlog.read(log)
    start = runlog.with_seed(records, lab.name, seed)
    if start is None:
        known = ", ".join(map(str, runlog.seeds(records, lab.name)[:NAMED])) or "none"
        raise Refused(f"no run of {lab.name} with seed {seed} stands in {log}; the last seeds are: {known}")
    options = Options(
        submissions or Path(start.submissions), out, sandbox, seed, start.students, start.milestones, True, jobs
    )
    return options, start


def differences(lab: Lab, start: runlog.Start) -> list[str]:
    """What is not as it was when a run began, in words."""
    found = []
    if hash_of(lab) != start.lab_hash:
        found.append(f"{lab.name} was changed since {start.when}")
    for name, version in versions().items():
        if start.versions.get(name) != version:
            found.append(f"{name} is {version} and was {start.versions.get(name, 'not there')}")
    return found
