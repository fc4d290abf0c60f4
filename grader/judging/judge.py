"""From the answers on a check's cases to its one outcome, with a message and, where a mistake is known, a diagnosis."""

import builtins
import dataclasses
from collections.abc import Mapping, Sequence

from grader.checks import Case, Check, Wrong
from grader.judging.compare import FLOAT32_TOLERANCE, FLOAT64_TOLERANCE, Difference, compare
from grader.lab import Lab
from grader.plain import printable, to_plain
from grader.results import CheckResult, Outcome, Visibility
from grader.run.answers import Answer

MAX_MESSAGE = 2_000  # characters; what a submission says of itself may be longer

# What is said of a hidden case, by the kind of the difference.
HIDDEN = {
    "type": "what it returned is of another kind than was asked for",
    "shape": "a shape or a length is wrong",
    "dtype": "a dtype is wrong",
    "nan": "NaN or infinity where a number is expected",
    "value": "a value is wrong",
    "gradient": "a gradient is wrong",
    "flag": "the result still carries a gradient",
    "purity": "the function changed its input, or used the global random state",
}


@dataclasses.dataclass(frozen=True)
class Judged:
    """What is known of a check after its cases: the outcome, and for the student what to read.

    `trace` and `case` are for the student's own screen; `kind` orders failures, the most fundamental first.
    """

    outcome: Outcome
    message: str = ""
    diagnosis: str = ""
    trace: str = ""
    kind: str = ""


@dataclasses.dataclass(frozen=True)
class Known:
    """What is known of one case beforehand: the reference's answer (None where a property is verified), and the
    answers of known mistakes by name."""

    expected: Answer | None
    mistakes: Mapping[str, Answer]


def judge(
    check: Check,
    lab: Lab,
    cases: Sequence[Case],
    known: Sequence[Known],
    answers: Sequence[Answer],
    diagnoses: Mapping[str, str],
    reveal: bool,
    earlier: Sequence[tuple[Known, Answer]] = (),
) -> Judged:
    """The outcome of `check` over its cases. `reveal` is False for hidden cases: the message then tells no values.

    `earlier` are cases of the same check that were answered before: a diagnosis has to fit those, too.
    """
    for case, facts, answer in zip(cases, known, answers, strict=True):
        wrong = fault(check, lab, case, facts.expected, answer)
        if wrong is None:
            continue
        difference, outcome = wrong
        message = hidden_message(difference, outcome, answer)
        if reveal:
            message = f"case '{case.title}': {difference.sentence}"
            if difference.expected or difference.got:
                message += f"; expected {difference.expected}, got {difference.got}"
            message = printable(message, MAX_MESSAGE)
        diagnosis = ""
        if outcome in ("failed", "timeout"):
            pairs = [*earlier, *zip(known, answers, strict=True)]
            diagnosis = _diagnosis(check, lab, pairs, diagnoses)
        return Judged(outcome, message, diagnosis, answer.trace, difference.kind)
    return Judged("passed")


def without(check: Check, needed: Outcome) -> Judged | None:
    """What is said of a check where the one that it needs did not pass; None where it did."""
    if check.needs is None or needed == "passed":
        return None
    if needed == "todo":
        return Judged("todo", "still to do")
    return Judged("skipped", f"counts once this passes: {check.needs.title}")


def hidden_message(difference: Difference, outcome: Outcome, answer: Answer) -> str:
    """What may be said of a hidden case: nothing that holds its values, or that the student's code could choose."""
    if answer.status in ("timeout", "limit"):
        return answer.text  # the grader's own words
    if outcome == "crashed":  # of what it sent, even a length could tell something
        return "its process ended during the call, or sent what is no answer"
    if outcome in ("todo", "skipped"):
        return "still to do" if outcome == "todo" else "waits for another function, which is still to do"
    if answer.status == "broken":
        return "the file of this task cannot be used"
    if answer.status == "raised":
        name = answer.text.partition(":")[0]
        known = isinstance(getattr(builtins, name, None), type)
        return f"it raised {name}" if known else "it raised an exception"
    if answer.status == "unusable":
        return HIDDEN["type"]
    return HIDDEN[difference.kind]


def fault(
    check: Check, lab: Lab, case: Case, expected: Answer | None, answer: Answer
) -> tuple[Difference, Outcome] | None:
    """What is wrong with one answer and the outcome that it means, or None where it is right."""
    if answer.status == "todo":
        if answer.text in lab.task(check.task).functions:
            return Difference("type", "still to do"), "todo"
        return Difference("type", f"waits for {answer.text}, which is still to do"), "skipped"
    if answer.status == "timeout":
        return Difference("type", answer.text), "timeout"
    if answer.status in ("crashed", "limit"):
        return Difference("type", answer.text), "crashed"
    if answer.status == "raised":
        return Difference("type", f"it raised {answer.text}"), "failed"
    if answer.status != "value":
        return Difference("type", answer.text), "failed"
    difference = difference_of(check, lab, case, expected, answer)
    return (difference, "failed") if difference else None


def difference_of(check: Check, lab: Lab, case: Case, expected: Answer | None, answer: Answer) -> Difference | None:
    """What is wrong with a value: the value itself first, then what was seen of the calls."""
    if check.verify is not None:
        try:
            check.verify(answer.value, **case.arguments)
        except Wrong as wrong:
            return Difference("value", str(wrong))
    else:
        assert expected is not None and expected.status == "value", f"the reference fails {check.name}: {expected}"
        tolerance = check.tolerance or (FLOAT64_TOLERANCE if lab.manifest.float64 else FLOAT32_TOLERANCE)
        found = compare(to_plain(expected.value), answer.value, tolerance, check.exact_dtype)
        if found is not None:
            return found
    if answer.changed:
        return Difference("purity", f"the function changed its input: {answer.changed[0]}")
    if answer.used_global_random_state:
        return Difference("purity", "it used the global random state although it was given a generator")
    return None


def _diagnosis(check: Check, lab: Lab, pairs: Sequence[tuple[Known, Answer]], diagnoses: Mapping[str, str]) -> str:
    """The diagnosis of the first mistake that answers like the student on every case.

    Being too slow is no mark of its own: it is only a diagnosis where a single mistake is known that is.
    """
    names = set.intersection(*(set(facts.mistakes) for facts, _ in pairs))
    alike = (
        diagnoses[name]
        for name in diagnoses
        if name in names and all(same_answer(check, lab, facts.mistakes[name], answer) for facts, answer in pairs)
    )
    first = next(alike, "")
    ambiguous = pairs[-1][1].status == "timeout" and next(alike, "")
    return "" if ambiguous else first


def same_answer(check: Check, lab: Lab, one: Answer, other: Answer) -> bool:
    """Whether two answers are the same mistake's: alike in value, in exception, and in what was changed."""
    if one.status != other.status or bool(one.changed) != bool(other.changed):
        return False
    if one.status != "value":
        return one.text == other.text
    tolerance = check.tolerance or (FLOAT64_TOLERANCE if lab.manifest.float64 else FLOAT32_TOLERANCE)
    return compare(one.value, other.value, tolerance, exact_dtype=True) is None


def check_result(
    check: Check, visibility: Visibility, max_points: float, judged: Judged, seconds: float, bonus: bool = False
) -> CheckResult:
    """The line of result.json for a judged check."""
    return CheckResult(
        task=check.task,
        check=check.name,
        title=check.title,
        visibility=visibility,
        kind="bonus" if bonus else "code",
        outcome=judged.outcome,
        points=None if judged.outcome == "error" else (max_points if judged.outcome == "passed" else 0.0),
        max_points=max_points,
        seconds=round(seconds, 3),
        message=judged.message,
        diagnosis=judged.diagnosis,
    )
