"""Grades submissions in this process, which an executor may have put anywhere: it needs plain data, and nothing live
from its caller."""

import contextlib
import functools
from collections.abc import Callable, Iterator

from grader.checks.fixtures import source_of
from grader.grading.asking import WarmParent
from grader.grading.home import Due, Home, due_of, fault, finished
from grader.grading.home import lost as due_of_lost
from grader.grading.job import Job
from grader.grading.rows import Row
from grader.grading.submission import Bench, Graded, failed, grade, open_bench
from grader.intake.versions import Submission, Taken

Grade = Callable[[Submission], Row]


@functools.lru_cache(maxsize=1)
def bench_of(job: Job) -> Bench:
    """The bench of a job in this process. Processes that are forked from here have it, too; its parent of workers is
    started by each for itself."""
    return new_bench(job)


def new_bench(job: Job) -> Bench:
    """A bench of a job, with its reference and torch imported."""
    import torch

    torch.set_num_threads(1)
    lab = job.read_lab()
    modules = lab.manifest.grader.preload
    parent = WarmParent(lab.manifest.largest_limits, job.sandbox, modules, source_of(lab))
    bench = open_bench(lab, parent, job.seed, job.milestones)
    bench.secret = job.secret
    return bench


@contextlib.contextmanager
def at_work(job: Job) -> Iterator[Grade]:
    """What grades one submission after another in this process; its workers are gone at the end."""
    bench = bench_of(job)
    with contextlib.ExitStack() as stack:

        @functools.cache
        def start_parent() -> None:  # which takes seconds: only where there is something to grade
            bench.parent = stack.enter_context(bench.parent)

        yield lambda submission: grade_one(job, submission, start_parent)


def grade_one(job: Job, submission: Submission, start_parent: Callable[[], None] = lambda: None) -> Row:
    """Grades a submission and writes its result, unless the one that is there still holds."""
    bench = bench_of(job)
    home = _home(job, bench)
    due = due_of(home, submission)
    return finished(home, due, (graded(bench, part, start_parent) for part in due.parts(home)))


def graded(bench: Bench, part: Taken, start_parent: Callable[[], None] = lambda: None) -> Graded:
    """Grades what was taken. Never raises for what the grader itself got wrong: that costs this submission a person's
    look, and no other anything."""
    if part.trouble:  # nothing of it is run
        return failed(bench, part, part.trouble)
    try:
        start_parent()
        return grade(bench, part)
    except Exception as error:
        return failed(bench, part, fault(error))


def lost(job: Job, submission: Submission, tries: int) -> Row:
    """The row of a submission over which so many grading processes died."""
    bench = bench_of(job)
    home, due = _home(job, bench), due_of_lost(Due(submission), tries)
    return finished(home, due, (graded(bench, part) for part in due.parts(home)))


def _home(job: Job, bench: Bench) -> Home:
    return Home(job, bench.lab, bench.depends)
