"""Right versions of lab 93's function that look different."""

from grader.checks import alternative


@alternative("one")
def by_difference():
    return 2.0 - 1.0
