"""The hidden cases of lab 93."""

from checks import is_one
from grader.checks import hidden_cases


@hidden_cases(is_one)
def again(rng):
    for _ in range(2):
        yield {}
