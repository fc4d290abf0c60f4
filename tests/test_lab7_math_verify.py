"""Lab 7's accuracy reward agrees with math-verify on numbers, and differs from it where the handout says so."""

import itertools
from collections.abc import Callable
from types import ModuleType

import pytest

from grader.lab import find_lab, solutions_folder
from grader.lab.loading import load_modules

NUMBERS = (
    *("14", "14.0", "14.", "014", "-14", "140", "1,400", "1400", ".5", "0.5", "0", "3.25"),
    *("1/2", "2/4", "-1/2", "28/2", "1/3", "2/3", "0.3333", "1/0"),
    *(r"\frac{1}{2}", r"-\frac{1}{2}", r"$\frac{28}{2}$", r"$-\frac{2}{4}$", r"$\dfrac{1}{3}$", r"$\tfrac{1}{2}$"),
    *("$14$", "$-14$", r"\(14\)", r"\boxed{14}", r"$\boxed{14}$", r"$\boxed{1/2}$", r"$\boxed{\frac{1}{2}}$"),
    *("", "fourteen", "?"),
)
GOLDS = ("14", "-14", "1400", "0.5", "-1/2", "1/3", r"\frac{1}{2}", r"$\boxed{14}$", r"$-\frac{1}{2}$", "3.25")

# What is another number, or none, to one of the two: (answer, gold, ours, theirs).
ON_PURPOSE = (
    ("+14", "14", 1.0, 0.0),  # a plus sign, and a sign before a point: they read no number, or another
    ("-.5", "-1/2", 1.0, 0.0),
    ("2+3*4", "14", 0.0, 1.0),  # an expression: the model is to compute it, not the reward
    ("2*7", "14", 0.0, 1.0),
    ("x=14", "14", 0.0, 1.0),  # an equation, words, a unit: the answer is asked for alone
    ("14 apples", "14", 0.0, 1.0),
    ("50%", "1/2", 0.0, 1.0),
    ("0.333333333333", "1/3", 0.0, 1.0),  # they round to six digits
)


@pytest.fixture(scope="module")
def ours() -> Callable[[str, str], float]:
    module: ModuleType = load_modules(find_lab("lab7", solutions_folder()).folder, ["rewards"])[0]
    return lambda answer, gold: float(module.accuracy_reward(f"<think>14</think> <answer>{answer}</answer>", gold))


@pytest.fixture(scope="module")
def theirs() -> Callable[[str, str], float]:
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    kinds = [LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig()]
    return lambda answer, gold: float(verify(parse(gold, kinds), parse(answer, kinds)))


def test_numbers_count_as_math_verify_counts_them(
    ours: Callable[[str, str], float], theirs: Callable[[str, str], float]
) -> None:
    found = {pair: (ours(*pair), theirs(*pair)) for pair in itertools.product(NUMBERS, GOLDS)}
    assert {pair: both for pair, both in found.items() if both[0] != both[1]} == {}
    right = sum(one for one, _ in found.values())
    assert 40 < right < len(found) / 2, "both outcomes come up often"


@pytest.mark.parametrize(("answer", "gold", "own", "other"), ON_PURPOSE)
def test_what_differs_does_so_on_purpose(
    ours: Callable[[str, str], float],
    theirs: Callable[[str, str], float],
    answer: str,
    gold: str,
    own: float,
    other: float,
) -> None:
    assert (ours(answer, gold), theirs(answer, gold)) == (own, other)
