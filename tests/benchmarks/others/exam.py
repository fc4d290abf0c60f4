"""Lab 3 as data from which other graders' notebooks are made: its functions, its checks as asserts, and submissions."""

import ast
import dataclasses
import inspect
import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any, Literal

import torch
from others import asserts

from grader.checks import Case, Check, Variant
from grader.grading.reference import Reference, visibilities
from grader.judging.compare import FLOAT32_TOLERANCE
from grader.lab import Lab
from grader.plain import to_objects
from grader.results import Visibility

SEED = 1  # draws the hidden cases, in all three graders
IMPORTS = """\
import itertools
from collections import deque

import numpy as np
import torch
import torch.nn.functional as F
"""
IMPORTED = {"itertools", "deque", "np", "torch", "F"}
MDP = {"START_REWARD", "FINAL_REWARD"}  # what returns.py gives beside its functions
# Only the kit stops a case after some seconds: elsewhere this one passes.
SLOW = "every_step_moves_the_list"

Kind = Literal["correct", "half done", "hanging"]


@dataclasses.dataclass(frozen=True)
class Test:
    """The cases of a check on one side, as a function `name(env)` that raises where the student's functions fail."""

    task: str
    name: str
    points: float
    hidden: bool
    source: str


@dataclasses.dataclass(frozen=True)
class Submission:
    """What a student wrote: the source of every graded function by its name."""

    student: str
    kind: Kind
    functions: dict[str, str]


# --- the checks -------------------------------------------------------------------------------------------------------


def tests_of(reference: Reference) -> list[Test]:
    """Every check of the lab on each side, with expected values of the reference."""
    return [_test(reference, check, side) for check in reference.checks for side in visibilities(reference, check)]


def _test(reference: Reference, check: Check, side: Visibility) -> Test:
    body = _asserts(reference, check, side)
    if check.needs:  # which has to pass for this one to count
        body = _asserts(reference, check.needs, "public") + "\n" + body
    names = [name for name in asserts.__all__ if re.search(rf"\b{name}\b", body)]
    name = f"test_{check.name}_{side}"
    source = f"def {name}(env):\n" + indent(f"from others.asserts import {', '.join(names)}\n\n{body}", "    ")
    public, hidden = reference.points(check)
    return Test(check.task, name, public if side == "public" else hidden, side == "hidden", source)


def _asserts(reference: Reference, check: Check, side: Visibility) -> str:
    if check.last:  # a device check runs other checks' probes on a pretended device
        return "\n".join(map(_on_pretended_device, inspect.getclosurevars(check.probe).nonlocals["checks"]))
    probe = definition(check.probe)
    verify = check.verify.__name__ if check.verify else ""
    if verify and verify not in asserts.__all__:
        probe += "\n" + definition(check.verify)
    return probe + "\n" + "\n".join(_assert(reference, check, case) for case in reference.cases(check, side, SEED))


def _assert(reference: Reference, check: Check, case: Case) -> str:
    given = f"{check.probe.__name__}, env, {literal(case.arguments)}"
    asserted = [f"holds({given}, {check.verify.__name__})"] if check.verify else []
    if check.compares:
        answer = reference.known_of(check, case).expected
        assert answer and answer.status == "value", f"the reference fails {check.name}: {answer}"
        options = f"{check.tolerance or FLOAT32_TOLERANCE}, {check.exact_dtype}, {check.compared!r}"
        asserted.append(f"agrees({given}, {literal(to_objects(answer.value))}, {options})")
    return "\n".join(asserted)


def _on_pretended_device(check: Check) -> str:
    probe = f"lambda lab: on_pretended_device({check.probe.__name__}, lab, {literal(check.cases[0].arguments)})"
    return f"{definition(check.probe)}\nholds({probe}, env, {{}}, works_on_its_device)"


def literal(value: Any) -> str:
    """Plain data and tensors as Python that makes them again."""
    if isinstance(value, torch.Tensor):
        return f"tensor({value.tolist()}, dtype={value.dtype})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def definition(function: Callable[..., Any], name: str = "") -> str:
    """The source of a function without its decorators, under another name where one is given."""
    source = inspect.getsource(function)
    first_line = ast.parse(source).body[0].lineno - 1
    body = "".join(source.splitlines(keepends=True)[first_line:])
    return re.sub(rf"\b{function.__name__}\b", name or function.__name__, body)


# --- the submissions --------------------------------------------------------------------------------------------------


def submissions_of(reference: Reference, count: int, seed: int = 0) -> list[Submission]:
    """So many submissions: 70 % correct, 25 % half done, 5 % with a function that never returns."""
    rng = random.Random(seed)
    right = _choices(reference, reference.alternatives)
    for name, function in reference.functions.items():
        right[name].append(solution(function))
    wrong = _choices(reference, [mistake for mistake in reference.mistakes if mistake.name != SLOW])
    hanging = round(0.05 * count)
    half_done = round(0.25 * count)
    kinds: list[Kind] = ["hanging"] * hanging + ["half done"] * half_done
    kinds += ["correct"] * (count - len(kinds))
    rng.shuffle(kinds)
    return [
        Submission(f"student{number:03}", kind, _written(rng, kind, right, wrong)) for number, kind in enumerate(kinds)
    ]


def _written(
    rng: random.Random, kind: Kind, right: Mapping[str, list[str]], wrong: Mapping[str, list[str]]
) -> dict[str, str]:
    functions = {name: rng.choice(sources) for name, sources in right.items()}
    if kind == "hanging":
        name = rng.choice(list(functions))
        functions[name] = f"def {name}(*args, **kwargs):\n    while True:\n        pass\n"
    if kind == "half done":
        for name in rng.sample(list(functions), rng.randint(2, 5)):
            functions[name] = f"def {name}(*args, **kwargs):\n    raise NotImplementedError('TODO: {name}')\n"
        for name in rng.sample([name for name in wrong if wrong[name]], rng.randint(1, 3)):
            functions[name] = rng.choice(wrong[name])
    return functions


def _choices(reference: Reference, variants: list[Variant]) -> dict[str, list[str]]:
    """The sources of variants by the function they stand for, of those that need nothing a student's file has not."""
    found: dict[str, list[str]] = {name: [] for name in reference.functions}
    for variant in variants:
        source = definition(variant.implementation, variant.function)
        file = reference.lab.task(variant.function).file
        beside = set(functions_in(reference.lab, file)) - {variant.function}
        given = IMPORTED | beside | (MDP if file == "returns.py" else set())
        needed = set(re.findall(r"\w+", source.partition("\n")[2])) & set(variant.implementation.__globals__)
        if needed <= given:
            found[variant.function].append(source)
    return found


def solution(function: Callable[..., Any]) -> str:
    """The reference's function as a student would hand it in."""
    return re.sub(r" *### (BEGIN|END) SOLUTION\n", "", definition(function))


def functions_in(lab: Lab, file: str) -> list[str]:
    """The graded functions of a student's file."""
    return [name for task in lab.manifest.tasks if task.file == file for name in task.functions]


def preamble(path: Path) -> str:
    """What stands before the first function of a student's file."""
    return path.read_text().partition("\ndef ")[0] + "\n" + IMPORTS
