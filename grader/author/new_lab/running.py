"""Task NUMBER.1: the largest number so far."""

from collections.abc import Sequence


def running_max(xs: Sequence[float]) -> list[float]:
    """The largest of xs[0] to xs[i], for each i.

    Args:
        xs: numbers, of any sign; not changed.

    Returns:
        As many numbers as xs has.
    """
    ### BEGIN SOLUTION
    largest: list[float] = []
    for x in xs:
        largest.append(max(x, largest[-1]) if largest else x)
    return largest
    ### END SOLUTION
