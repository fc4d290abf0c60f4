"""Which known mistake a student is told of: one that nothing contradicts, and never a guess among several."""

from typing import Any

import pytest
import torch

from grader import codes
from grader.checks import Case, Check
from grader.checks.probes import value_and_gradients
from grader.judging.diagnosis import Heard, mistake_told
from grader.judging.judge import Known, judge
from grader.lab import Task
from grader.plain import to_plain
from grader.run.answers import Answer
from tests.in_memory import lab_of

LAB = lab_of(Task("1", "first", 1, "a.py", ["first"], []))
CHECK = Check("one", "first", 1, "A check", lambda lab, x: lab.first(x))
OTHER = Check("other", "first", 1, "Another check", lambda lab, x: lab.first(x) + 1)
EDGES = CHECK.also("Its edges", 1)


def value(found: Any, **flags: Any) -> Answer:
    return Answer("value", to_plain(found), **flags)


def heard(*cases: tuple[Answer, Answer, dict[str, Answer]], check: Check = CHECK) -> Heard:
    """What was answered, what is right, and what the known mistakes answer, case by case."""
    known = [Known(right, mistakes) for _, right, mistakes in cases]
    return Heard(check, [Case(str(n), {"x": 0}) for n in range(len(cases))], known, [got for got, _, _ in cases])


def told(*sides: Heard, **diagnoses: str) -> str:
    return mistake_told(LAB, sides[0].check, sides, diagnoses)


RIGHT, SIGN, TWICE = value(1.0), value(-1.0), value(2.0)
MISTAKES = {"wrong_sign": SIGN, "twice": TWICE}


def test_a_known_mistake_is_told_where_every_case_answers_like_it() -> None:
    assert told(heard((SIGN, RIGHT, MISTAKES))) == "wrong_sign"
    assert told(heard((TWICE, RIGHT, MISTAKES), (TWICE, RIGHT, MISTAKES))) == "twice"
    assert told(heard((SIGN, RIGHT, MISTAKES), (TWICE, RIGHT, MISTAKES))) == ""
    assert told(heard((SIGN, RIGHT, MISTAKES)), heard((TWICE, RIGHT, MISTAKES))) == "", "of the check's other side"


def test_of_mistakes_that_answer_alike_one_is_told_only_where_all_have_its_diagnosis() -> None:
    both = heard((SIGN, RIGHT, {"wrong_sign": SIGN, "swapped": SIGN, "twice": TWICE}))
    assert told(both, wrong_sign="the sign", swapped="the arguments") == ""
    assert told(both, wrong_sign="the sign", swapped="the sign") == "wrong_sign"


def test_a_mistake_that_is_wrong_where_the_submission_is_right_is_not_told() -> None:
    failed = heard((SIGN, RIGHT, {"wrong_sign": SIGN, "swapped": SIGN}))
    passed = heard((RIGHT, RIGHT, {"wrong_sign": SIGN, "swapped": RIGHT}), check=OTHER)
    assert told(failed, passed) == "swapped"
    assert told(heard((SIGN, RIGHT, {"wrong_sign": SIGN})), passed) == ""


def test_at_the_edges_a_mistake_is_told_only_where_it_is_that_of_the_first_check_too() -> None:
    edge = heard((SIGN, RIGHT, {"wrong_sign": SIGN}), check=EDGES)
    assert told(edge, heard((TWICE, RIGHT, {"wrong_sign": SIGN}), check=OTHER)) == "wrong_sign"
    assert told(edge, heard((SIGN, RIGHT, {"wrong_sign": SIGN}))) == "wrong_sign"
    assert mistake_told(LAB, EDGES, [heard((TWICE, RIGHT, {"wrong_sign": SIGN})), edge], {}) == ""


@pytest.mark.parametrize("flag", [{"used_global_random_state": True}, {"changed": (("x", "first"),)}])
def test_what_was_seen_of_the_calls_is_a_part_of_the_answer(flag: dict[str, Any]) -> None:
    right_but_for_it = value(1.0, **flag)
    known = {"no_gradient": RIGHT, "same": right_but_for_it}
    assert told(heard((right_but_for_it, RIGHT, {"no_gradient": RIGHT}))) == ""
    assert told(heard((right_but_for_it, RIGHT, known))) == "same"


# --- two faults in one function --------------------------------------------------------------------------------------


def loss(logp: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return -(logp * weights.detach()).sum()


def mean(logp: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return -(logp * weights.detach()).mean()


def mean_not_detached(logp: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return -(logp * weights).mean()


def flat(logp: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return (logp * 0).sum() + (weights * 0).sum()


def of(function: Any) -> Answer:
    arguments = torch.tensor([-0.5, -1.2, -0.1]), torch.tensor([2.0, -1.0, 0.5])
    return value(value_and_gradients(function, *arguments))


def test_a_gradient_that_should_not_be_there_is_said_beside_the_fault_that_a_mistake_has_too() -> None:
    side = heard((of(mean_not_detached), of(loss), {"mean": of(mean)}))
    found = judge(CHECK, LAB, side.cases, side.known, side.answers)
    assert [finding.code for finding in found.findings] == ["value_differs", "gradient_unwanted"]
    assert found.findings[1].values["argument"] == codes.ARGUMENT(name="weights")
    assert told(side) == "mean"


def test_where_no_gradient_arrives_at_anything_one_that_does_is_no_fact() -> None:
    side = heard((of(mean_not_detached), of(flat), {}))
    found = judge(CHECK, LAB, side.cases, side.known, side.answers)
    assert [finding.code for finding in found.findings] == ["value_differs"]


def test_a_fact_alone_is_no_known_mistake_that_lacks_it() -> None:
    assert told(heard((value(1.0, used_global_random_state=True), RIGHT, {"right_here": RIGHT}))) == ""
