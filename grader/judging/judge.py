"""From the answers on a check's cases to its one outcome, with findings. Which known mistake it is: diagnosis.py."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from grader import codes
from grader.checks import Case, Check, Wrong
from grader.findings import Finding
from grader.judging.compare import FLOAT32_TOLERANCE, FLOAT64_TOLERANCE, Difference, Place, differences, value_at
from grader.lab import Lab, Task
from grader.plain import Array, printable, to_plain
from grader.results import CheckResult, Outcome, Visibility
from grader.run.answers import Answer

FACTS = (codes.CARRIES_GRADIENT, codes.INPUT_CHANGED, codes.GLOBAL_DICE)
MAX_BESIDES = 2  # facts that are told beside the fault itself
MAX_ITEMS = 20  # of a list in a finding
MAX_TEXT = 1_900  # characters of a finding's value; what a submission says of itself may be longer


@dataclasses.dataclass(frozen=True)
class Judged:
    """What is known of a check after its cases: the outcome, what was found in which case, and (once diagnosis.py has
    looked at all checks) the mistake's name.

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
    """What is wrong with one answer, and the outcome that it means. `excess` is the number of tolerances it is off,
    `place` where in the value it was found."""

    outcome: Outcome
    finding: Finding
    excess: float = float("inf")
    place: Place = ()


def judge(check: Check, lab: Lab, cases: Sequence[Case], known: Sequence[Known], answers: Sequence[Answer]) -> Judged:
    """The outcome of `check` over its cases, and what is wrong in the first that is not right: the most fundamental
    fault, and facts besides, which are true whatever else is wrong."""
    for case, facts, answer in zip(cases, known, answers, strict=True):
        found = faults(check, lab, case, facts.expected, answer)
        if not found:
            continue
        besides = [fact.finding for fact in facts_among(found[1:], known)] if not facts_among(found[:1], known) else []
        told = dict.fromkeys([found[0].finding, *besides[:MAX_BESIDES]])
        return Judged(found[0].outcome, tuple(map(tidy, told)), "", case.title, answer.trace)
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
    """What is wrong with one answer first of all, or None where it is right."""
    return next(iter(faults(check, lab, case, expected, answer)), None)


def faults(check: Check, lab: Lab, case: Case, expected: Answer | None, answer: Answer) -> list[Fault]:
    """All that is wrong with one answer, the most fundamental first."""
    if answer.status == "value":
        return [
            Fault(
                "skipped" if codes.DEVICE_UNCHECKED.made(found.finding) else "failed",
                found.finding,
                found.excess,
                found.place,
            )
            for found in differences_of(check, lab, case, expected, answer)
        ]
    if answer.status == "todo":
        if answer.todo in lab.task(check.task).functions:
            return [Fault("todo", codes.TODO())]
        return [Fault("skipped", codes.WAITS_FOR(function=answer.todo))]
    assert answer.finding is not None, f"an answer without a value says why: {answer}"
    outcomes: dict[str, Outcome] = {"timeout": "timeout", "crashed": "crashed", "limit": "crashed"}
    return [Fault(outcomes.get(answer.status, "failed"), answer.finding)]


def differences_of(check: Check, lab: Lab, case: Case, expected: Answer | None, answer: Answer) -> list[Difference]:
    """What is wrong with a value: the value itself first, then what was seen of the calls."""
    found = _differences_of_value(check, lab, case, expected, answer)
    if answer.changed:
        argument, function = answer.changed[0]
        found.append(Difference(codes.INPUT_CHANGED(argument=argument, function=function)))
    if answer.used_global_random_state:
        found.append(Difference(codes.GLOBAL_DICE()))
    return found


def _differences_of_value(
    check: Check, lab: Lab, case: Case, expected: Answer | None, answer: Answer
) -> list[Difference]:
    if check.verify is not None:
        try:
            check.verify(answer.value, **case.arguments)
        except Wrong as wrong:
            return [Difference(wrong.finding)]
    if not check.compares:
        return []
    assert expected is not None and expected.status == "value", f"the reference fails {check.name}: {expected}"
    right, got = check.part(to_plain(expected.value)), check.part(answer.value)
    return differences(right, got, tolerance_of(check, lab), check.exact_dtype)


def facts_among(found: Sequence[Fault], known: Sequence[Known]) -> list[Fault]:
    """Those of an answer's faults that are facts whatever else is wrong with it: no value makes up for them."""
    return [
        each
        for each in found
        if any(code.made(each.finding) for code in FACTS)
        or (codes.GRADIENT_UNWANTED.made(each.finding) and each.place and _constant(each.place, known))
    ]


def _constant(place: Place, known: Sequence[Known]) -> bool:
    """Whether no gradient ever arrives at this argument, while some does at another one."""
    expected = [to_plain(facts.expected.value) for facts in known if facts.expected]

    def arrives(at: Place) -> bool:
        found = (value_at(value, at) for value in expected)
        return any(isinstance(value, Array) and bool(np.any(value.values)) for value in found)

    others = [(*place[:-1], name) for value in expected[:1] for name in value_at(value, place[:-1])]
    return not arrives(place) and any(map(arrives, others))


def tolerance_of(check: Check, lab: Lab) -> tuple[float, float]:
    """The relative and the absolute tolerance of a check: its own, else the lab's."""
    return check.tolerance or (FLOAT64_TOLERANCE if lab.manifest.float64 else FLOAT32_TOLERANCE)


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
