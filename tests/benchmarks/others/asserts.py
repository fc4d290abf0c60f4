"""What the tests of a course that is graded by nbgrader or otter-grader import: two asserts, and the probes of the kit.

They hold the same as the kit's own checks: the same tolerances, and no input changed by the student's function.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import tensor

from grader.checks.devices import on_pretended_device, works_on_its_device
from grader.checks.draws import drawn_by_action, draws_by_action
from grader.checks.growth import RESULT, in_proportion, timed
from grader.checks.probes import raised_by, value_and_gradients, value_without_gradient
from grader.judging.compare import compare
from grader.languages import say
from grader.plain import Plain, to_plain
from grader.run.answers import Functions

Environment = Mapping[str, Any]  # the names of the notebook

__all__ = [
    "RESULT",
    "agrees",
    "drawn_by_action",
    "draws_by_action",
    "holds",
    "in_proportion",
    "np",
    "on_pretended_device",
    "raised_by",
    "tensor",
    "timed",
    "torch",
    "value_and_gradients",
    "value_without_gradient",
    "works_on_its_device",
]


def agrees(
    probe: Callable[..., Any],
    environment: Environment,
    case: dict[str, Any],
    expected: Any,
    tolerance: tuple[float, float],
    exact_dtype: bool,
    part: str | None = None,
) -> None:
    """Asserts that the probe finds what is expected on a case, or in a part of what it finds, up to a (relative,
    absolute) tolerance."""
    found = _found(probe, environment, case)
    difference = compare(to_plain(expected), found if part is None else {part: found[part]}, tolerance, exact_dtype)
    assert difference is None, say(difference.finding)


def holds(
    probe: Callable[..., Any], environment: Environment, case: dict[str, Any], verify: Callable[..., None]
) -> None:
    """Lets `verify` judge what the probe finds on a case; it raises where something is wrong."""
    verify(_found(probe, environment, case), **case)


def _found(probe: Callable[..., Any], environment: Environment, case: dict[str, Any]) -> Plain:
    lab = Functions(environment)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader takes the points of a test that writes to stderr, as torch may
        value = to_plain(probe(lab, **case))
    assert not lab.changed, f"the function changed its input: {lab.changed[0]}"
    assert not lab.used_global_random_state, "it used the global random state although it was given a generator"
    return value
