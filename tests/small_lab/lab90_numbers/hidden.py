"""The hidden cases of lab 90."""

from checks import doubled, shifted, totals
from grader.checks import hidden_cases


@hidden_cases(doubled)
def any_number(rng):
    for _ in range(2):
        yield dict(x=float(rng.normal()))


@hidden_cases(shifted)
def any_shift(rng):
    yield dict(xs=rng.normal(size=4).tolist(), by=float(rng.normal()))


@hidden_cases(totals)
def any_list(rng):
    yield dict(xs=rng.normal(size=9).tolist())
