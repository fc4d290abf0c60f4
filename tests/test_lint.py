"""What lint measures on a lab: the defaults that checks ask for."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.author.defaults import default_faults
from grader.checks import Check, HiddenCases, check
from grader.grading.reference import Reference
from grader.lab import Task
from tests.in_memory import lab_of

LAB = lab_of(Task("1", "scaled", 4, "a.py", ["scaled"], []))


def scaled(x: float, by: float = 2.0) -> float:
    return x * by


def made(probe: Callable[..., Any], **case: Any) -> Check:
    probe.__doc__ = "A check."
    found = check("scaled", points=4)(probe)
    found.case("one", **case)
    return found


def reference_of(check: Check, *hidden: dict[str, Any]) -> Reference:
    """A reference of one function `scaled`, whose one check has these hidden cases."""
    generators = [HiddenCases(check, lambda rng: iter(hidden))] if hidden else []
    return Reference(LAB, [check], generators, {"scaled": scaled}, [], [])


@pytest.mark.parametrize(
    ("hidden", "faults"),
    [
        ([{"x": 1.0, "options": {}}, {"x": 1.0, "options": {"by": 3.0}}], []),
        (
            [{"x": 1.0, "options": {"by": 3.0}}],
            ["no case calls scaled without by: its default (2.0) is never asked for"],
        ),
        ([{"x": 1.0, "options": {}}], ["no case calls scaled with another by than its default (2.0)"]),
    ],
)
def test_a_default_that_no_case_asks_for_is_a_fault(hidden: list[dict[str, Any]], faults: list[str]) -> None:
    asked = made(lambda lab, x, options: lab.scaled(x, **options), x=1.0, options={"by": 2.0})
    assert list(default_faults(reference_of(asked, *hidden))) == faults
