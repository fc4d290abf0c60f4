"""Tasks 90.1 and 90.2."""

from collections.abc import Sequence


def double(x: float) -> float:
    """Twice x."""
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION


def shift(xs: Sequence[float], by: float) -> list[float]:
    """Each of xs, and `by` more."""
    ### BEGIN SOLUTION
    return [x + by for x in xs]
    ### END SOLUTION


def shift_back(xs: Sequence[float], by: float) -> list[float]:
    """Each of xs, and `by` less."""
    ### BEGIN SOLUTION
    return [x - by for x in xs]
    ### END SOLUTION
