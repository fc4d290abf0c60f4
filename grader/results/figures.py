"""What the results of a cohort say together, as numbers: how a lab went, and what is to be explained again."""

import collections
import dataclasses
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from grader import codes
from grader.findings import Finding, kind_of
from grader.results.attention import attention
from grader.results.cohort import Cohort
from grader.results.result import CheckResult, Kind, Outcome, Result, Visibility

TENTHS = 10
SLOWEST = 5  # students and checks that are named
OF_GRADER = (codes.GRADER_FAILED, codes.PROCESSES_DIED)

Told = tuple[str, Finding]  # a student, and what was found


@dataclasses.dataclass(frozen=True)
class Scores:
    """The scores of all students, in points; None where there is no student.

    `tenths` counts students by their share of the points that are judged: below 10 %, below 20 % and so on, the last
    with 100 %. `unjudged` students have no judged point.
    """

    students: int
    of: float
    mean: float | None
    median: float | None
    lowest: float | None
    highest: float | None
    tenths: Sequence[int]
    unjudged: int


@dataclasses.dataclass(frozen=True)
class TaskRate:
    """A task, the quiz or a part of the report. `rate` is the mean share of its points among students whose points are
    all judged: 0 to 1, None where there are none.

    Each student is one of: `full` (all points), `some`, `none`, `todo` (not begun), `unjudged` (in whole or in part).
    """

    kind: Kind
    number: str
    name: str
    title: str
    points: float
    rate: float | None
    full: int
    some: int
    none: int
    todo: int
    unjudged: int


@dataclasses.dataclass(frozen=True)
class CheckCount:
    """How many students' check ended in which outcome. `seconds` is the median wall time."""

    check: CheckResult  # one of them, for its names
    outcomes: Mapping[Outcome, int]
    seconds: float


@dataclasses.dataclass(frozen=True)
class MistakeCount:
    """A known mistake, the tasks it was made in, and who made it."""

    mistake: str
    tasks: Sequence[str]
    students: Sequence[str]


@dataclasses.dataclass(frozen=True)
class Unexplained:
    """A check that some fail in a way that no known mistake does, in none of the task's checks."""

    check: CheckResult
    students: Sequence[str]


@dataclasses.dataclass(frozen=True)
class MilestoneCount:
    """What became of a milestone: `full`, `half` (the lower bar), `missed` (both bars, or there was nothing to judge),
    `pending` (for a person), `unjudged` (not played, or the grader failed). `median` is that of the figures reached."""

    check: CheckResult
    full: int
    half: int
    missed: int
    pending: int
    unjudged: int
    median: float | None
    target: str


@dataclasses.dataclass(frozen=True)
class Times:
    """Wall seconds of grading: all together, and of one submission the median, the 90th percentile and the longest."""

    total: float
    median: float
    most: float  # of nine in ten
    longest: float
    students: Sequence[tuple[str, float]]  # the slowest
    checks: Sequence[CheckCount]  # likewise


@dataclasses.dataclass(frozen=True)
class Marking:
    """Points that a person still has to give for a part of the report or a milestone."""

    check: CheckResult
    students: Sequence[str]


@dataclasses.dataclass(frozen=True)
class Attention:
    """What a person should look at. `students` counts those who are named, those with marks to come aside."""

    missing: Sequence[str]
    troubles: Sequence[Finding]
    grader: Sequence[Told]  # faults of the grader's own
    person: Sequence[Told]
    marking: Sequence[Marking]

    @property
    def students(self) -> int:
        return len({*self.missing, *(student for student, _ in [*self.grader, *self.person])})


@dataclasses.dataclass(frozen=True)
class Figures:
    """All of it. Mistakes and unexplained checks are in the order of how many students they concern."""

    scores: Scores
    tasks: Sequence[TaskRate]
    checks: Sequence[CheckCount]
    mistakes: Sequence[MistakeCount]
    unexplained: Sequence[Unexplained]
    milestones: Sequence[MilestoneCount]
    times: Times | None
    attention: Attention


def figures_of(cohort: Cohort) -> Figures:
    """The figures of a cohort, with what was marked by hand."""
    results = [standing.result for standing in cohort.standings]
    counts = _counts(results)
    return Figures(
        scores=_scores(results),
        tasks=[_rate(lines) for lines in _lines_by(results, _task_key).values()],
        checks=counts,
        mistakes=_mistakes(results),
        unexplained=_unexplained(results),
        milestones=[_milestone(lines) for lines in _lines_by(results, _milestone_key).values()],
        times=_times(results, counts),
        attention=_attention(cohort, results),
    )


def _scores(results: Sequence[Result]) -> Scores:
    points = [result.score for result in results]
    tenths, unjudged = [0] * TENTHS, 0
    for result in results:
        judged = sum(check.max_points for check in result.checks if check.points is not None and check.kind != "bonus")
        if judged:
            tenths[min(int(TENTHS * result.score / judged + 1e-9), TENTHS - 1)] += 1
        else:
            unjudged += 1
    return Scores(
        students=len(results),
        of=max((result.max_score for result in results), default=0.0),
        mean=statistics.fmean(points) if points else None,
        median=statistics.median(points) if points else None,
        lowest=min(points, default=None),
        highest=max(points, default=None),
        tenths=tenths,
        unjudged=unjudged,
    )


# --- tasks, checks and milestones -------------------------------------------------------------------------------------

Lines = dict[str, list[CheckResult]]  # by student


def _task_key(check: CheckResult) -> tuple[str, str] | None:
    if check.kind == "milestone":
        return None
    return check.kind, check.check if check.kind == "report" else check.task


def _milestone_key(check: CheckResult) -> tuple[str, str] | None:
    return (check.kind, check.check) if check.kind == "milestone" else None


def _lines_by(
    results: Sequence[Result], key: Callable[[CheckResult], tuple[str, str] | None]
) -> dict[tuple[str, str], Lines]:
    """The checks of all students by a key, in the order in which results have them."""
    found: dict[tuple[str, str], Lines] = {}
    for result in results:
        for check in result.checks:
            if place := key(check):
                found.setdefault(place, {}).setdefault(result.student, []).append(check)
    return found


def _rate(lines: Lines) -> TaskRate:
    shares: list[float] = []
    todo = 0
    for checks in lines.values():
        if any(check.points is None for check in checks):
            continue
        possible = sum(check.max_points for check in checks)
        shares.append(sum(check.points or 0.0 for check in checks) / possible if possible else 1.0)
        todo += _not_begun(checks)
    full = sum(share >= 1 - 1e-9 for share in shares)
    none = sum(share <= 0 for share in shares)
    some_checks = next(iter(lines.values()))
    first = some_checks[0]
    return TaskRate(
        kind=first.kind,
        number=first.number,
        name=first.check if first.kind == "report" else first.task,
        title=first.title if first.kind == "report" else "",
        points=sum(check.max_points for check in some_checks),
        rate=statistics.fmean(shares) if shares else None,
        full=full,
        some=len(shares) - full - none,
        none=none - todo,
        todo=todo,
        unjudged=len(lines) - len(shares),
    )


def _not_begun(checks: Sequence[CheckResult]) -> bool:
    outcomes = {check.outcome for check in checks}
    return "todo" in outcomes and outcomes <= {"todo", "skipped"}


def _counts(results: Sequence[Result]) -> list[CheckCount]:
    found: dict[tuple[str, str, Visibility], list[CheckResult]] = {}
    for check in (check for result in results for check in result.checks):
        found.setdefault((check.task, check.check, check.visibility), []).append(check)
    return [
        CheckCount(
            lines[0],
            collections.Counter(line.outcome for line in lines),
            statistics.median(line.seconds for line in lines),
        )
        for lines in found.values()
    ]


def _milestone(lines: Lines) -> MilestoneCount:
    checks = [check for of_student in lines.values() for check in of_student]
    reached, target = [], ""
    for finding in (finding for check in checks for finding in check.findings):
        inner = finding.values.get("finding") if codes.WAITS_FOR_TASKS.made(finding) else finding
        if isinstance(inner, Finding) and codes.REACHED.made(inner):
            reached.append(float(str(inner.values["reached"])))
            target = str(inner.values["target"])
    pending = sum(check.outcome == "pending" for check in checks)
    unjudged = sum(check.points is None for check in checks) - pending
    full = sum(check.points is not None and check.points >= check.max_points for check in checks)
    half = sum(check.points is not None and 0 < check.points < check.max_points for check in checks)
    return MilestoneCount(
        check=checks[0],
        full=full,
        half=half,
        missed=len(checks) - full - half - pending - unjudged,
        pending=pending,
        unjudged=unjudged,
        median=statistics.median(reached) if reached else None,
        target=target,
    )


# --- mistakes ---------------------------------------------------------------------------------------------------------


def _mistakes(results: Sequence[Result]) -> list[MistakeCount]:
    """A student counts once for a mistake, on however many checks it shows."""
    students: dict[str, dict[str, None]] = {}
    tasks: dict[str, dict[str, None]] = {}
    for result in results:
        for check in result.checks:
            if check.mistake and check.outcome != "error":
                students.setdefault(check.mistake, {})[result.student] = None
                tasks.setdefault(check.mistake, {})[check.task] = None
    found = [MistakeCount(name, list(tasks[name]), list(students[name])) for name in students]
    return sorted(found, key=lambda each: (-len(each.students), each.mistake))


def _unexplained(results: Sequence[Result]) -> list[Unexplained]:
    """Of a file that cannot be used all checks fail: that is no mistake in any of them, and not counted."""
    checks: dict[tuple[str, str], CheckResult] = {}
    students: dict[tuple[str, str], dict[str, None]] = {}
    for result in results:
        explained = {check.task for check in result.checks if check.mistake}
        for check in result.checks:
            of_file = any(kind_of(finding) == "file" for finding in check.findings[:1])
            failed = check.kind in ("code", "bonus") and check.outcome == "failed"
            if failed and not of_file and check.task not in explained:
                place = (check.task, check.check)
                checks.setdefault(place, check)
                students.setdefault(place, {})[result.student] = None
    found = [Unexplained(checks[place], list(students[place])) for place in checks]
    return sorted(found, key=lambda each: -len(each.students))


# --- time, and what needs a person ------------------------------------------------------------------------------------


def _times(results: Sequence[Result], counts: Sequence[CheckCount]) -> Times | None:
    if not results:
        return None
    seconds = sorted(result.seconds for result in results)
    slowest = sorted(results, key=lambda result: -result.seconds)[:SLOWEST]
    return Times(
        total=sum(seconds),
        median=statistics.median(seconds),
        most=seconds[-(-9 * len(seconds) // 10) - 1],
        longest=seconds[-1],
        students=[(result.student, result.seconds) for result in slowest],
        checks=[count for count in sorted(counts, key=lambda count: -count.seconds)[:SLOWEST] if count.seconds],
    )


def _attention(cohort: Cohort, results: Sequence[Result]) -> Attention:
    grader, person = list[Told](), list[Told]()
    for result in results:
        own = False
        for finding in attention(result):
            own = own or _of_grader(finding)
            (grader if _of_grader(finding) else person).append((result.student, finding))
        if not own and (errors := result.errors()):
            told = errors[0].findings or [codes.GRADER_FAILED(message=errors[0].check)]
            grader.append((result.student, told[0]))
    person += [(each.graded.student, each.held) for each in cohort.standings if each.held]
    return Attention(cohort.missing, cohort.troubles, grader, person, list(_marking(results)))


def _of_grader(finding: Finding) -> bool:
    inner = finding.values.get("finding")
    return any(code.made(finding) or (isinstance(inner, Finding) and code.made(inner)) for code in OF_GRADER)


def _marking(results: Iterable[Result]) -> Iterator[Marking]:
    checks: dict[tuple[Kind, str], CheckResult] = {}
    students: dict[tuple[Kind, str], list[str]] = {}
    for result in results:
        for check in result.checks:
            if check.outcome == "pending":
                checks.setdefault((check.kind, check.check), check)
                students.setdefault((check.kind, check.check), []).append(result.student)
    for place, check in checks.items():
        yield Marking(check, students[place])
