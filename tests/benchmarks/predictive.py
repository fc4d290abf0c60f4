"""The probability that one more seed reaches a bar, from the seeds that were measured."""

import math
import statistics
from collections.abc import Sequence


def probability(values: Sequence[float], bar: float) -> float:
    """That a new value is at least `bar`: Student's t with the values' mean and deviation (ddof 1)."""
    n, mean, sd = len(values), statistics.mean(values), statistics.stdev(values)
    return student_t((mean - bar) / (sd * math.sqrt(1 + 1 / n)), n - 1)


def student_t(t: float, degrees: int) -> float:
    """The distribution function of Student's t, integrated numerically from 0."""
    n, steps = degrees, 20_000
    constant = math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2)) / math.sqrt(n * math.pi)
    width = t / steps
    inside = sum((1 + ((i + 0.5) * width) ** 2 / n) ** (-(n + 1) / 2) for i in range(steps)) * width
    return 0.5 + constant * inside
