"""Task 90.3."""

from collections.abc import Sequence


def total(xs: Sequence[float]) -> float:
    """The sum of xs."""
    ### BEGIN SOLUTION
    return float(sum(xs))
    ### END SOLUTION
