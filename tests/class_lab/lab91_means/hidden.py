"""The hidden cases of lab 91."""

from checks import added, means, taken_out
from grader.checks import hidden_cases


@hidden_cases(added)
def any_to_add(rng):
    for length in (1, 3, 9):
        yield dict(xs=rng.normal(size=length).tolist())


@hidden_cases(taken_out)
def any_to_take_out(rng):
    for length in (2, 7):
        yield dict(xs=rng.normal(size=length).tolist())


@hidden_cases(means)
def any_list(rng):
    for length in (2, 7):
        yield dict(xs=rng.normal(size=length).tolist())
