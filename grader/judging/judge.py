"""From the answers on a check's cases to its one outcome, with findings and, where one is known, the mistake's name."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from grader import codes
from grader.checks import Case, Check, Wrong
from grader.findings import Finding
from grader.judging.compare import FLOAT32_TOLERANCE, FLOAT64_TOLERANCE, Difference, compare
from grader.lab import Lab, Task
from grader.plain import printable, to_plain
from grader.results import CheckResult, Outcome, Visibility
from grader.run.answers import Answer

MAX_ITEMS = 20  # of a list in a finding
MAX_TEXT = 1_900  # characters of a finding's value; what a submission says of itself may be longer


@dataclasses.dataclass(frozen=True)
class Judged:
    """What is known of a check after its cases: the outcome, what was found in which case, and the mistake's name.

    `trace`, the student's own lines, is for the student's own screen.
    """

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    mistake: str = ""
    case: str = ""
    trace: str = ""


@dataclasses.dataclass(frozen=True)
class Known:
    """What is known of one case beforehand: the reference's answer (None where only a property is verified), and the
    answers of known mistakes by name."""

    expected: Answer | None
    mistakes: Mapping[str, Answer]


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with one answer, and the outcome that it means. `excess` is the number of tolerances it is off."""

    outcome: Outcome
    finding: Finding
    excess: float = float("inf")


def judge(
    check: Check,
    lab: Lab,
    cases: Sequence[Case],
    known: Sequence[Known],
    answers: Sequence[Answer],
    earlier: Sequence[tuple[Known, Answer]] = (),
) -> Judged:
    """The outcome of `check` over its cases.

    `earlier` are cases of the same check that were answered before: a known mistake has to answer those alike, too.
    """
    for case, facts, answer in zip(cases, known, answers, strict=True):
        wrong = fault(check, lab, case, facts.expected, answer)
        if wrong is None:
            continue
        mistake = ""
        if wrong.outcome in ("failed", "timeout"):
            mistake = _mistake(check, lab, [*earlier, *zip(known, answers, strict=True)])
        return Judged(wrong.outcome, (tidy(wrong.finding),), mistake, case.title, answer.trace)
    return Judged("passed")


def without(check: Check, needed: Outcome) -> Judged | None:
    """What is said of a check where the one that it needs did not pass; None where it did."""
    if check.needs is None or needed == "passed":
        return None
    if needed == "todo" and check.needs.task == check.task:
        return Judged("todo", (codes.TODO(),))
    return Judged("skipped", (codes.COUNTS_ONCE(check=check.needs.name, title=check.needs.title),))


def not_passing(tasks: Sequence[str], public: Iterable[tuple[Check, Outcome]]) -> list[str]:
    """Which of these tasks have a published check that does not pass; those of devices do not matter."""
    wrong = {check.task for check, outcome in public if outcome != "passed" and not check.last}
    return [task for task in tasks if task in wrong]


def fault(check: Check, lab: Lab, case: Case, expected: Answer | None, answer: Answer) -> Fault | None:
    """What is wrong with one answer, or None where it is right."""
    if answer.status == "value":
        found = difference_of(check, lab, case, expected, answer)
        return Fault("failed", found.finding, found.excess) if found else None
    if answer.status == "todo":
        if answer.todo in lab.task(check.task).functions:
            return Fault("todo", codes.TODO())
        return Fault("skipped", codes.WAITS_FOR(function=answer.todo))
    assert answer.finding is not None, f"an answer without a value says why: {answer}"
    outcomes: dict[str, Outcome] = {"timeout": "timeout", "crashed": "crashed", "limit": "crashed"}
    return Fault(outcomes.get(answer.status, "failed"), answer.finding)


def difference_of(check: Check, lab: Lab, case: Case, expected: Answer | None, answer: Answer) -> Difference | None:
    """What is wrong with a value: the value itself first, then what was seen of the calls."""
    if check.verify is not None:
        try:
            check.verify(answer.value, **case.arguments)
        except Wrong as wrong:
            return Difference(wrong.finding)
    if check.compares:
        assert expected is not None and expected.status == "value", f"the reference fails {check.name}: {expected}"
        right, got = check.part(to_plain(expected.value)), check.part(answer.value)
        found = compare(right, got, tolerance_of(check, lab), check.exact_dtype)
        if found is not None:
            return found
    if answer.changed:
        argument, function = answer.changed[0]
        return Difference(codes.INPUT_CHANGED(argument=argument, function=function))
    if answer.used_global_random_state:
        return Difference(codes.GLOBAL_DICE())
    return None


def tolerance_of(check: Check, lab: Lab) -> tuple[float, float]:
    """The relative and the absolute tolerance of a check: its own, else the lab's."""
    return check.tolerance or (FLOAT64_TOLERANCE if lab.manifest.float64 else FLOAT32_TOLERANCE)


def _mistake(check: Check, lab: Lab, pairs: Sequence[tuple[Known, Answer]]) -> str:
    """The first mistake that answers like the student on every case.

    A timeout names a mistake only where exactly one known mistake times out, too.
    """
    first, *others = [facts.mistakes for facts, _ in pairs]
    alike = (
        name
        for name in first
        if all(name in mistakes for mistakes in others)
        and all(same_answer(check, lab, facts.mistakes[name], answer) for facts, answer in pairs)
    )
    found = next(alike, "")
    ambiguous = pairs[-1][1].status == "timeout" and next(alike, "")
    return "" if ambiguous else found


def same_answer(check: Check, lab: Lab, one: Answer, other: Answer) -> bool:
    """Whether two answers are the same mistake's: alike in value, in exception, and in what was changed."""
    if one.status != other.status or bool(one.changed) != bool(other.changed):
        return False
    if one.status != "value":
        return (one.finding, one.todo) == (other.finding, other.todo)
    return compare(one.value, other.value, tolerance_of(check, lab), exact_dtype=True) is None


def tidy(finding: Finding) -> Finding:
    """A finding whose texts are bounded and have no control characters: a submission may have chosen them."""

    def value(found: object) -> object:
        if isinstance(found, Finding):
            return tidy(found)
        if isinstance(found, list):
            return [value(item) for item in found[:MAX_ITEMS]]
        return printable(found, MAX_TEXT) if isinstance(found, str) else found

    return Finding(finding.code, {name: value(found) for name, found in finding.values.items()})  # type: ignore[misc]


def check_result(
    check: Check, task: Task, visibility: Visibility, max_points: float, judged: Judged, seconds: float
) -> CheckResult:
    """The line of result.json for a judged check."""
    return CheckResult(
        task=check.task,
        check=check.name,
        title=check.title,
        visibility=visibility,
        kind="bonus" if task.bonus else "code",
        outcome=judged.outcome,
        points=None if judged.outcome == "error" else (max_points if judged.outcome == "passed" else 0.0),
        max_points=max_points,
        seconds=round(seconds, 3),
        number=task.number,
        case=judged.case,
        findings=list(judged.findings),
        mistake=judged.mistake,
    )
