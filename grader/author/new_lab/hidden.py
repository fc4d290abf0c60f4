"""The hidden cases of lab NUMBER, drawn from the seed of each grading run."""

from checks import largest_so_far
from grader.checks import hidden_cases


@hidden_cases(largest_so_far)
def any_numbers(rng):
    for length in (1, 7, 30):
        yield dict(xs=(rng.normal(size=length) - 1).tolist())
