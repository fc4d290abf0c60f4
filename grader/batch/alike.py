"""Which submissions of a batch are alike in what their students wrote or trained: for a person to compare, and never a
score. Names, comments, layout, and how a computation is spelled do not count, nor do tiny changes of weights.
"""

import collections
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import numpy as np
from safetensors.numpy import load

from grader.lab import Lab
from grader.lab.source import definitions
from grader.results.groups import CODE, Alike
from grader.tokens import sequences

LEAST_TOKENS = 100  # of code that is compared: everybody writes the same short one
LEAST_SHARE = 0.8  # of what the one who wrote less has
NUMBERS = 1_000  # of a file of weights that are compared
LARGEST_CHANGE = 1e-3  # standard deviations

Functions = dict[tuple[str, ...], int]  # tokens, with how many they are
Weights = tuple[object, np.ndarray]  # which tensors there are, and numbers from all over them

Work = TypeVar("Work")


def alike(lab: Lab, handed_in: Iterable[tuple[str, Mapping[str, bytes]]]) -> list[Alike]:
    """The groups of students who are alike, of these submissions (student, files by name)."""
    given = {form for name in lab.code_files for form in _functions_of(lab.path(name).read_bytes(), _not_asked(lab))}
    code: dict[str, Functions] = {}
    weights: dict[str, dict[str, Weights]] = collections.defaultdict(dict)
    compared = [each.artefacts for each in lab.manifest.milestones if not each.one_answer]
    artefacts = tuple(dict.fromkeys(name for names in compared for name in names))
    for student, files in handed_in:
        own: Functions = {}
        for name in lab.code_files:
            own |= _functions_of(files.get(name, b""), lambda _: True)
        code[student] = {form: size for form, size in own.items() if form not in given}
        for name, data in files.items():
            if name.startswith(artefacts) and data:
                weights[name][student] = _weights_of(data)
    groups = [Alike(CODE, group) for group in _groups(code, _same_code)]
    return groups + [Alike(name, group) for name in sorted(weights) for group in _groups(weights[name], _same_weights)]


def _not_asked(lab: Lab) -> Callable[[str], bool]:
    asked = {name for task in lab.manifest.tasks for name in task.functions}
    return lambda name: name not in asked


def _functions_of(source: bytes, wanted: Callable[[str], bool]) -> Functions:
    """The functions and classes of a file that are written, in a form in which names do not count."""
    try:
        found = [each for name, each in definitions(source).items() if wanted(name) and not each.open]
        forms = [tuple(sequences([each.node])[-1]) for each in found]
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {form: len(form) for form in forms}


def _same_code(one: Functions, other: Functions) -> bool:
    shared = sum(one[form] for form in one.keys() & other.keys())
    return shared >= LEAST_TOKENS and shared >= LEAST_SHARE * min(sum(one.values()), sum(other.values()))


def _weights_of(data: bytes) -> Weights:
    """Numbers by which a file of weights is known; its hash where it is none."""
    try:
        tensors = sorted(load(data).items())
        numbers = np.concatenate([np.zeros(0), *(tensor.astype(np.float64).ravel() for _, tensor in tensors)])
    except Exception:  # whatever is wrong with it: judging says so
        return hashlib.sha256(data).hexdigest(), np.zeros(0)
    places = np.linspace(0, len(numbers) - 1, min(NUMBERS, len(numbers))).astype(int)
    return [(name, tensor.shape) for name, tensor in tensors], np.nan_to_num(numbers[places])


def _same_weights(one: Weights, other: Weights) -> bool:
    if one[0] != other[0] or not len(one[1]):
        return one[0] == other[0]
    return bool(np.all(np.abs(one[1] - other[1]) <= LARGEST_CHANGE * np.std(one[1])))


def _groups(works: Mapping[str, Work], same: Callable[[Work, Work], bool]) -> Iterator[tuple[str, ...]]:
    """The students whose works are the same, also by way of a third one's."""
    group_of = {student: {student} for student in works}
    for one, other in itertools.combinations(sorted(works), 2):
        if group_of[one] is not group_of[other] and same(works[one], works[other]):
            group_of[one] |= group_of[other]
            for student in group_of[other]:
                group_of[student] = group_of[one]
    seen = {id(group): tuple(sorted(group)) for group in group_of.values() if len(group) > 1}
    yield from sorted(seen.values())
