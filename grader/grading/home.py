"""What of a submission is to be graded, and what becomes of its results: all that is done where results lie.

It needs neither the lab's answers nor torch. One process writes the results of a run's submission, wherever it was
graded.
"""

import dataclasses
import errno
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.grading.depends import depends_on
from grader.grading.job import Job
from grader.grading.plan import taken, why_not
from grader.grading.rows import Row, What, row_of
from grader.grading.submission import Graded
from grader.intake.versions import Submission, Taken, not_taken, take_in
from grader.lab import Lab
from grader.lab.report_cells import FILE as REPORT_FILE
from grader.plain import one_line
from grader.results import Result, earlier_result, write_result
from grader.results.attention import attention
from grader.results.folder import earlier_path, result_path
from grader.results.marks import marks_beside, merged
from grader.results.whole import write_whole

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)  # no other result could be written either


@dataclasses.dataclass(frozen=True)
class Home:
    """A job, with its lab and what the lab's scores depend on."""

    job: Job
    lab: Lab
    depends: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Due:
    """What of a submission is to be graded: versions before the newest, any of which may be the best, then the newest.

    `row` is there where the newest need not be graded: its result holds, or nothing can be written.
    """

    submission: Submission
    earlier: tuple[Submission, ...] = ()
    newest: Taken | None = None
    row: Row | None = None

    def parts(self, home: Home) -> Iterator[Taken]:
        """What is to be graded, in this order; an earlier version is read when its turn comes."""
        for version in self.earlier:
            yield _read(home, version)
        if self.newest:
            yield self.newest


def home_of(job: Job) -> Home:
    lab = job.read_lab()
    return Home(job, lab, depends_on(lab))


def due_of(home: Home, submission: Submission) -> Due:
    """What of a submission is to be graded. What the grader itself gets wrong costs this submission a person's look,
    and no other anything."""
    try:
        earlier = _earlier_due(home, submission) if home.job.best else ()
    except OSError as error:
        return Due(submission, row=_unwritten(submission, Path(home.job.out), error))
    newest = _read(home, submission)
    try:
        if not home.job.force and (row := _unchanged(home, submission, newest)):
            return Due(submission, earlier, row=row)
    except Exception as error:
        newest = not_taken(submission, fault(error))
    return Due(submission, earlier, newest)


def finished(home: Home, due: Due, graded: Iterable[Graded]) -> Row:
    """Writes what came of the parts of a submission, each as soon as it is there."""
    results = iter(graded)
    found: list[Finding] = []
    try:
        for _ in due.earlier:
            found += _earlier_written(home, due.submission, next(results).result)
    except OSError as error:
        return _unwritten(due.submission, Path(home.job.out), error)
    row = due.row or _written(home, due.submission, next(results))
    return msgspec.structs.replace(row, attention=[*row.attention, *found])


def lost(due: Due, processes: int) -> Due:
    """The same, to be said of a submission over which so many grading processes died."""
    return Due(due.submission, newest=not_taken(due.submission, codes.PROCESSES_DIED(count=processes)))


def fault(error: Exception) -> Finding:
    return codes.GRADER_FAILED(message=f"{type(error).__name__}: {one_line(str(error))}")


# --- what holds -------------------------------------------------------------------------------------------------------


def _read(home: Home, submission: Submission) -> Taken:
    try:
        return take_in(submission, home.lab, home.job.secret)
    except Exception as error:
        return not_taken(submission, fault(error))


def _earlier_due(home: Home, submission: Submission) -> tuple[Submission, ...]:
    """The versions before the newest whose results do not hold. Keeps the result that the newest replaces; OSError
    where it cannot be written."""
    path = result_path(Path(home.job.out), submission.student, home.lab.name)
    newest = taken(submission, home.lab, home.job.secret)
    before = earlier_result(path)
    if before and newest and not before.errors() and before.submission_hash != newest.digest():
        write_result(earlier_path(path, before.submission_hash), before)
    due: list[Submission] = []
    for version in submission.earlier:
        staged = taken(version, home.lab, home.job.secret)
        there = earlier_result(earlier_path(path, staged.digest())) if staged else None
        if not there or home.job.force or why_not(there, home.job, home.lab, home.depends):
            due.append(version)
    return tuple(due)


def _unchanged(home: Home, submission: Submission, newest: Taken) -> Row | None:
    """The row of an earlier result that still holds: the same files, the same lab, and nothing left open."""
    earlier = earlier_result(result_path(Path(home.job.out), submission.student, home.lab.name))
    if earlier is None or earlier.student != submission.student:
        return None
    if newest.trouble or why_not(earlier, home.job, home.lab, home.depends):
        return None
    if newest.staged.digest() != earlier.submission_hash or newest.handed_in != earlier.handed_in:
        return None
    notes = [note for note in earlier.notes if not any(code.made(note) for code in codes.FOUND_BY_GRADING)]
    if [*submission.findings, *newest.staged.findings] != notes:
        return None
    standing, found = _with_marks(home.job, earlier)
    return row_of(standing, "unchanged", [*attention(standing), *found])


# --- what is written --------------------------------------------------------------------------------------------------


def _earlier_written(home: Home, submission: Submission, result: Result) -> list[Finding]:
    """What a person should look at of an earlier version, whose result is written unless the grader failed on it."""
    if result.errors():
        return attention(result)
    path = result_path(Path(home.job.out), submission.student, home.lab.name)
    write_result(earlier_path(path, result.submission_hash), result)
    return []


def _written(home: Home, submission: Submission, graded: Graded) -> Row:
    """Writes a result, and says what became of the one before."""
    path = result_path(Path(home.job.out), submission.student, home.lab.name)
    earlier = earlier_result(path)
    standing, trouble = _with_marks(home.job, graded.result)
    found = attention(standing)
    try:
        if earlier is None and path.exists():
            path.replace(path.with_suffix(".json.bad"))
            found.append(codes.RESULT_REPLACED())
        written = write_result(path, graded.result)
        if written:
            _write_report(path.with_name(REPORT_FILE), graded.report)
    except OSError as error:
        return _unwritten(submission, path, error)
    if not written:
        found.append(codes.EARLIER_KEPT())
    return row_of(standing, "graded" if written else "kept", [*found, *trouble])


def _unwritten(submission: Submission, path: Path, error: OSError) -> Row:
    what: What = "no room" if error.errno in NO_ROOM else "unwritten"
    return Row(submission.student, what, [codes.NOT_WRITTEN(path=str(path), reason=error.strerror or "")])


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
