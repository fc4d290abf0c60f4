"""The hidden cases of lab 92."""

from checks import counted, totals
from grader.checks import hidden_cases


@hidden_cases(counted)
def any_steps(rng):
    for _ in range(3):
        yield dict(start=int(rng.integers(100)), steps=rng.integers(9, size=4).tolist())


@hidden_cases(totals)
def any_number(rng):
    for _ in range(3):
        yield dict(more=int(rng.integers(100, 1_000)))
