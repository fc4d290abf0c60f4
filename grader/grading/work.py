"""Grades one submission for a job and writes its result, unless the result that is there still holds.

This is what runs in a grading process, wherever an executor has put it: it needs the job and the submission, and
nothing live from its caller.
"""

import contextlib
import errno
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from grader import codes
from grader.checks.fixtures import source_of
from grader.errors import Refused
from grader.findings import Finding
from grader.grading.asking import WarmParent
from grader.grading.job import Job
from grader.grading.plan import taken, why_not
from grader.grading.rows import Row, What, row_of
from grader.grading.submission import Bench, Graded, failed, grade, open_bench
from grader.intake.versions import Submission
from grader.lab.report_cells import FILE as REPORT_FILE
from grader.plain import one_line
from grader.results import Result, earlier_result, write_result
from grader.results.attention import attention
from grader.results.folder import result_path
from grader.results.marks import marks_beside, merged
from grader.results.whole import write_whole

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)  # no other result could be written either

Grade = Callable[[Submission], Row]


@functools.lru_cache(maxsize=1)
def bench_of(job: Job) -> Bench:
    """The bench of a job in this process, with its reference and torch imported. Processes that are forked from here
    have it, too; its parent of workers is started by each for itself."""
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
    """Grades a submission and writes its result, unless the one that is there still holds. Never raises for what the
    grader itself got wrong: that costs this submission a person's look, and no other anything."""
    bench = bench_of(job)
    try:
        if not job.force and (row := _unchanged(bench, job, submission)):
            return row
        start_parent()
        graded = grade(bench, submission)
    except Exception as error:
        why = codes.GRADER_FAILED(message=f"{type(error).__name__}: {one_line(str(error))}")
        graded = failed(bench, submission, why)
    return _written(bench, job, submission, graded)


def lost(job: Job, submission: Submission, tries: int) -> Row:
    """The row of a submission over which so many grading processes died."""
    bench = bench_of(job)
    return _written(bench, job, submission, failed(bench, submission, codes.PROCESSES_DIED(count=tries)))


def _unchanged(bench: Bench, job: Job, submission: Submission) -> Row | None:
    """The row of an earlier result that still holds: the same files, the same lab, and nothing left open."""
    earlier = earlier_result(result_path(Path(job.out), submission.student, bench.lab.name))
    if earlier is None or earlier.student != submission.student or why_not(earlier, job, bench.lab, bench.depends):
        return None
    staged = taken(submission, bench.lab, bench.secret)
    if staged is None or staged.digest() != earlier.submission_hash:
        return None
    notes = [note for note in earlier.notes if not any(code.made(note) for code in codes.FOUND_BY_GRADING)]
    if [*submission.findings, *staged.findings] != notes:
        return None
    standing, found = _with_marks(job, earlier)
    return row_of(standing, "unchanged", [*attention(standing), *found])


def _written(bench: Bench, job: Job, submission: Submission, graded: Graded) -> Row:
    """Writes a result, and says what became of the one before."""
    path = result_path(Path(job.out), submission.student, bench.lab.name)
    earlier = earlier_result(path)
    standing, trouble = _with_marks(job, graded.result)
    found = attention(standing)
    try:
        if earlier is None and path.exists():
            path.replace(path.with_suffix(".json.bad"))
            found.append(codes.RESULT_REPLACED())
        written = write_result(path, graded.result)
        if written:
            _write_report(path.with_name(REPORT_FILE), graded.report)
    except OSError as error:
        what: What = "no room" if error.errno in NO_ROOM else "unwritten"
        return Row(submission.student, what, [codes.NOT_WRITTEN(path=str(path), reason=error.strerror or "")])
    if not written:
        found.append(codes.EARLIER_KEPT())
    return row_of(standing, "graded" if written else "kept", [*found, *trouble])


def _write_report(path: Path, text: str) -> None:
    """Writes the report beside its result, or removes that of an earlier one."""
    if text:
        write_whole(path, text.encode(), durable=False)
    else:
        path.unlink(missing_ok=True)


def _with_marks(job: Job, result: Result) -> tuple[Result, list[Finding]]:
    """A result with the marks that lie beside it, and what is wrong with those."""
    try:
        return merged(result, marks_beside(result_path(Path(job.out), result.student, result.lab))), []
    except Refused as error:
        return result, [codes.MARKS_UNREADABLE(**error.finding.values)]
