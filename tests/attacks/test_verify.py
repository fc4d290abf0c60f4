"""What a verify function makes of values that no probe returns: a worker may send any, and honest code many of them."""

from collections.abc import Iterator

import numpy as np
import pytest

from grader.grading.reference import open_reference
from grader.judging.judge import fault
from grader.lab import find_lab, lab_folders, solutions_folder
from grader.plain import Array, Plain
from grader.run.answers import Answer

LABS = [folder.name.split("_")[0] for folder in lab_folders(solutions_folder())]
ODD = [None, True, -1, 2**64 - 1, float("nan"), "a", [], [[1, 2], [3]], [None], [{}], {}, {"a": 1}]
ODD += [
    Array(np.zeros(shape, dtype), True)
    for shape in ((), (0,), (3,), (2, 0, 1))
    for dtype in ("bool", "int64", "float16", "float64")
]
ODD += [Array(np.full(3, number), True) for number in (np.nan, np.inf, 1e308)]


def spoilt(value: Plain, deeper: int = 2) -> Iterator[Plain]:
    """`value` with something else in each of its places: of a list the first, the last, and one too few."""
    yield from ODD
    if isinstance(value, Array):
        yield from (Array(value.values[np.newaxis], True), Array(value.values.ravel()[:-1], True))
        yield from (Array(np.full_like(value.values, number), True) for number in (0, 1, 100))
        yield from (Array(value.values.astype(dtype), True) for dtype in ("bool", "uint8", "int64", "float64"))
    if isinstance(value, dict) and deeper:
        for key, item in value.items():
            yield from ({**value, key: other} for other in spoilt(item, deeper - 1))
    if isinstance(value, list) and value and deeper:
        yield from (value[1:], value[::-1], value + value)
        for place in (0, len(value) - 1):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in spoilt(value[place], deeper - 1))


@pytest.mark.parametrize("name", LABS)
def test_no_value_makes_a_verify_function_fail_itself(name: str) -> None:
    """It would be the grader's own fault: no score, and a person is called."""
    lab = find_lab(name, solutions_folder())
    reference = open_reference(lab)
    for check in reference.checks:
        for case in check.cases[:1] if check.verify else ():
            right, expected = reference.answer(check, case).value, reference.known_of(check, case).expected
            assert fault(check, lab, case, expected, Answer("value", right)) is None
            for value in spoilt(right):
                fault(check, lab, case, expected, Answer("value", value))
