"""What a student reads of the inputs of a case that failed."""

from typing import Any

import numpy as np
import pytest
import torch

from grader.checks import Check
from grader.judging.judge import Judged
from grader.lab import ROOT
from grader.languages import texts_of
from grader.student.checking import Checked
from grader.student.inputs import inputs_of


def shown(**arguments: Any) -> list[str]:
    check = Check("a_check", "first", 1, "A check", print)
    check.case("another", x=0)
    check.case("this", **arguments)
    checked = Checked(check, 1, 0, Judged("failed", case="this"), None)  # type: ignore[arg-type]
    return inputs_of(texts_of(ROOT), checked)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.tensor([[0.5, -1.0], [2.0, 1 / 3]]), "x = [[ 0.5 , -1. ], [ 2. , 0.3333]]"),
        (np.arange(3), "x = [0, 1, 2]"),
        (torch.zeros(5, 5), "x = a tensor of shape (5, 5)"),
        (np.zeros((5, 9)), "x = an array of shape (5, 9)"),
        ([1.0, 2 / 3, None, True], "x = [1, 0.666667, None, True]"),
        ({"prompt": "2 + 3", "p": torch.tensor(0.5)}, "x = {'prompt': '2 + 3', 'p': 0.5}"),
    ],
)
def test_small_inputs_are_shown_and_of_large_ones_the_shape(value: Any, text: str) -> None:
    [found] = shown(x=value)
    assert found.replace(" ", "") == text.replace(" ", "")


def test_inputs_that_nobody_would_read_are_not_shown() -> None:
    assert shown(x="a" * 500) == []
    assert shown() == []
