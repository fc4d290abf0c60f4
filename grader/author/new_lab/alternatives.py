"""Right versions that look different; each must earn all points."""

import itertools

from grader.checks import alternative


@alternative("running_max")
def by_accumulate(xs):
    return list(itertools.accumulate(xs, max))


@alternative("running_max")
def by_slices(xs):
    return [max(xs[: i + 1]) for i in range(len(xs))]
