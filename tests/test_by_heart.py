"""How many hidden cases have to be right for the published ones to count."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.grading.asking import WarmParent
from grader.grading.by_heart import decided, enough
from grader.grading.submission import Graded, open_bench
from grader.lab import Lab

FOUR = [b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize(
    ("wanted", "right", "counts"),
    [
        (FOUR, "yyyy", True),
        (FOUR, "yyyn", True),
        (FOUR, "yynn", False),
        (FOUR, "yy", False),  # the others were not asked
        (FOUR[:3], "yyn", False),
        (FOUR[:1], "y", True),
        (FOUR[:1], "n", False),
        ([b"yes", b"yes", b"yes", b"no"], "yyyn", False),  # one answer for all
        ([b"yes", b"yes", b"yes", b"no"], "yyny", True),
        ([], "", True),
    ],
)
def test_three_quarters_of_the_hidden_cases_and_of_their_answers_are_needed(
    wanted: list[bytes], right: str, counts: bool
) -> None:
    assert enough(wanted, [letter == "y" for letter in right]) is counts


@pytest.mark.parametrize(
    ("right", "known"), [("y", False), ("n", False), ("nn", True), ("yyy", True), ("yy", False), ("yyn", False)]
)
def test_asking_may_end_where_the_rest_decides_nothing(right: str, known: bool) -> None:
    assert decided(FOUR, [letter == "y" for letter in right]) is known


def test_what_is_right_on_half_of_the_hidden_cases_earns_nothing_on_the_published_ones(
    small_lab: Lab, warm_parent: WarmParent, submitted: Callable[..., Path], graded: Callable[..., Graded]
) -> None:
    bench = open_bench(small_lab, warm_parent, seed=3)
    [one, other] = [case.arguments["x"] for case in bench.reference.cases(bench.reference.checks[0], "hidden", 3)]
    right = small_lab.path("first.py").read_text(encoding="utf-8")
    half = f"return x + 1 if x == {one} or x not in (0.0, 3.0, {other}) else x + x"
    source = right.replace("return x + x", half)
    assert source != right
    result = graded(bench, submitted(small_lab, {"first.py": source})).result
    points = {line.visibility: line.points for line in result.checks if line.check == "doubled"}
    assert points == {"public": 0, "hidden": 0}
