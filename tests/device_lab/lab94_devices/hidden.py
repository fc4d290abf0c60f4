"""The hidden cases of lab 94."""

from checks import times
from grader.checks import hidden_cases
from grader.checks.cases import floats


@hidden_cases(times)
def any_tensor(rng):
    for length in (2, 5):
        yield dict(x=floats(rng, length), factor=float(rng.normal()))
