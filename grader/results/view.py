"""What a student may see of a result. Nothing else decides it: pages and files for students are made from a View.

A view is plain data and holds no sentence: renderers make those. It has no seed, hash, version, path or time. Of a
hidden case it has neither title nor values, and of the grader's own faults only that there was one.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from grader import codes
from grader.findings import Finding, kind_of
from grader.plain import printable
from grader.results.marks import Mark, counting, merged
from grader.results.result import CheckResult, Kind, Outcome, Result

Cases = Literal["public", "hidden", ""]

INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
PATH = re.compile(r"""(?<![\w./])/(?!/)(?:[^\s/'"<>:]+/)+([^\s/'"<>:]*)""")  # of the machine that grades

QUIZ = "quiz"  # the check that stands for all questions

# The next steps that there are: by the outcome and, where it needs to be told apart, the side or the kind.
NEXT_STEPS = {
    *("todo", "timeout", "crashed", "skipped", "pending"),
    *("failed_public", "failed_hidden", "failed_milestone", "failed_quiz"),
    *("timeout_milestone", "crashed_milestone", "skipped_milestone"),
}

Data = TypeVar("Data")


class CheckView(msgspec.Struct, frozen=True):
    """One check. `cases` is empty for what has no cases; `mistake` is the name of a known mistake, whose diagnosis a
    renderer looks up; `by_hand` says that a person gave the points, with a comment."""

    check: str
    title: str
    kind: Kind
    cases: Cases
    outcome: Outcome
    points: float | None
    max_points: float
    case: str = ""
    findings: list[Finding] = []
    mistake: str = ""
    by_hand: bool = False
    comment: str = ""


class TaskView(msgspec.Struct, frozen=True):
    """A task (or milestone, quiz, report) with its checks, and what to do next: names of NEXT_STEPS.

    `points` is None while none of its checks is judged.
    """

    task: str
    number: str
    bonus: bool
    points: float | None
    max_points: float
    checks: list[CheckView]
    next_steps: list[str]


class View(msgspec.Struct, frozen=True):
    """All that a student sees. `by_hand` and `unjudged` are points still to come: by a person, and where the grader
    failed or was not asked to judge. `why` says what the course's rules and a person made of the score."""

    lab: str
    student: str
    score: float
    max_score: float
    by_hand: float
    unjudged: float
    notes: list[Finding]
    tasks: list[TaskView]
    why: list[Finding] = []


def view_of(
    result: Result,
    marks: Sequence[Mark] = (),
    quiz_answers: bool = False,
    counted: Result | None = None,
    why: Sequence[Finding] = (),
) -> View:
    """What its student may see of a result and of the marks beside it. `quiz_answers`: of the quiz not only the sum,
    but which questions were answered right, which is for the time when nobody can hand in any more. `counted` is the
    result as the course's rules have it, and `why` what they did (standing.py)."""
    whole = counted or merged(result, marks)
    tasks: dict[str, list[CheckResult]] = {}
    for check in whole.checks if quiz_answers else _with_quiz_as_a_sum(whole.checks):
        tasks.setdefault(check.task, []).append(check)
    own = {finding for error in whole.errors() for finding in error.findings}
    notes = [note for note in whole.notes if note not in own and not codes.OLD_SENTENCE.made(note)]
    by_hand = whole.pending_points()
    marked = {check.check for check in result.checks if check.outcome == "pending"}
    given = {part: mark for part, mark in counting(marks).items() if part in marked}
    view = View(
        lab=whole.lab,
        student=whole.student,
        score=whole.score,
        max_score=whole.max_score,
        by_hand=by_hand,
        unjudged=sum(check.max_points for check in whole.checks if check.points is None) - by_hand,
        notes=notes,
        tasks=[_task(task, checks, notes, given) for task, checks in tasks.items()],
        why=list(why),
    )
    return with_texts(view, View, harmless)


def _with_quiz_as_a_sum(checks: Sequence[CheckResult]) -> list[CheckResult]:
    """The checks with one in place of the quiz's questions. What was found of all of them is what is wrong with the
    file."""
    quiz = [check for check in checks if check.kind == "quiz"]
    if not quiz:
        return [*checks]
    judged = [check.points for check in quiz if check.points is not None]
    outcomes = {check.outcome for check in quiz}
    whole = msgspec.structs.replace(
        quiz[0],
        check=QUIZ,
        outcome=outcomes.pop() if len(outcomes) == 1 else "failed",
        points=sum(judged) if judged else None,
        max_points=sum(check.max_points for check in quiz),
        findings=[finding for finding in quiz[0].findings if all(finding in check.findings for check in quiz)],
    )
    place = checks.index(quiz[0])
    rest = [check for check in checks if check.kind != "quiz"]
    return [*rest[:place], whole, *rest[place:]]


def _task(task: str, checks: list[CheckResult], notes: list[Finding], marks: dict[str, Mark]) -> TaskView:
    """`notes` stand above: what they say of a file is not said again of each of its checks."""
    told = [any(_says(note, finding) for note in notes for finding in check.findings) for check in checks]
    steps = [_next_step(check) for check, said in zip(checks, told, strict=True) if not said]
    judged = [check.points for check in checks if check.points is not None]
    return TaskView(
        task=task,
        number=checks[0].number,
        bonus=checks[0].kind == "bonus",
        points=sum(judged) if judged else None,
        max_points=sum(check.max_points for check in checks),
        checks=[_check(check, said, marks.get(check.check)) for check, said in zip(checks, told, strict=True)],
        next_steps=[step for step in dict.fromkeys(steps) if step],
    )


def _says(note: Finding, finding: Finding) -> bool:
    return note == finding or finding in note.values.values()


def _check(check: CheckResult, told: bool, mark: Mark | None) -> CheckView:
    cases = _cases(check)
    # What the grader says of itself is for the instructor, and of a TODO the outcome says all.
    silent = told or check.outcome in ("error", "todo")
    return CheckView(
        check=check.check,
        title=check.title,
        kind=check.kind,
        cases=cases,
        outcome=check.outcome,
        points=check.points,
        max_points=check.max_points,
        case="" if silent or cases == "hidden" else check.case,
        findings=[] if silent else _findings(check, cases),
        mistake="" if check.outcome == "error" else check.mistake,
        by_hand=mark is not None,
        comment=mark.comment if mark else "",
    )


def _cases(check: CheckResult) -> Cases:
    return check.visibility if check.kind in ("code", "bonus") else ""


def _findings(check: CheckResult, cases: Cases) -> list[Finding]:
    shown = [codes.as_hidden(finding) if cases == "hidden" else finding for finding in check.findings]
    found = [finding for finding in shown if finding is not None and kind_of(finding) != "private"]
    return with_texts(found, list[Finding], lambda text: PATH.sub(r"…/\1", text))


def _next_step(check: CheckResult) -> str:
    """The name of a next step; "" where there is none, where a known mistake's diagnosis says more, or
    where a real GPU would have to tell."""
    if check.mistake or check.has(codes.DEVICE_UNCHECKED):
        return ""
    place = _cases(check) or check.kind
    return next((step for step in (f"{check.outcome}_{place}", check.outcome) if step in NEXT_STEPS), "")


# --- texts ------------------------------------------------------------------------------------------------------------


def harmless(text: str) -> str:
    """Text without control, bidirectional or invisible characters: each becomes U+FFFD."""
    return INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", printable(text))


def with_texts(data: Any, kind: type[Data], change: Callable[[str], str]) -> Data:
    """The same data, of this type, with every text in it changed."""

    def changed(plain: Any) -> Any:
        if isinstance(plain, str):
            return change(plain)
        if isinstance(plain, dict):
            return {change(key): changed(item) for key, item in plain.items()}  # a worker may choose keys, too
        return [changed(item) for item in plain] if isinstance(plain, list) else plain

    return msgspec.convert(changed(msgspec.to_builtins(data)), kind)
