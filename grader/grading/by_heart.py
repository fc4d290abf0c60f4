"""Whether a check's published cases count: their answers can be learnt by heart, those of hidden cases cannot."""

from collections.abc import Sequence

NEEDED_SHARE = 0.75  # of the hidden cases, and of their different answers


def enough(wanted: Sequence[bytes], right: Sequence[bool]) -> bool:
    """Whether enough hidden cases are right for the published ones to count.

    `wanted` are the right answers of all hidden cases; `right` says of those that were asked, the first ones, whether
    they are. A share of the different answers is needed, too: one that fits most cases can be guessed.
    """
    answered = {answer for answer, fits in zip(wanted, right, strict=False) if fits}
    return sum(right) >= NEEDED_SHARE * len(wanted) and len(answered) >= NEEDED_SHARE * len(set(wanted))


def decided(wanted: Sequence[bytes], right: Sequence[bool]) -> bool:
    """Whether the cases that are left change nothing about it."""
    left = [True] * (len(wanted) - len(right))
    return enough(wanted, right) or not enough(wanted, [*right, *left])
