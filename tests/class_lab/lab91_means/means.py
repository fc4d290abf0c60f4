"""Tasks 91.1 and 91.2."""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass
class RunningMean:
    """The mean of the numbers that were added so far."""

    count: int = 0
    mean: float = 0.0

    def add(self, x: float) -> None:
        """One more number."""
        ### BEGIN SOLUTION
        self.count += 1
        self.mean += (x - self.mean) / self.count
        ### END SOLUTION

    def without(self, x: float) -> "RunningMean":
        """The same without a number that was added, of at least two; this one stays as it is."""
        ### BEGIN SOLUTION
        return RunningMean(self.count - 1, self.mean - (x - self.mean) / (self.count - 1))
        ### END SOLUTION


def mean_of(xs: Sequence[float]) -> float:
    """The mean of xs, which are not empty."""
    ### BEGIN SOLUTION
    running = RunningMean()
    for x in xs:
        running.add(x)
    return running.mean
    ### END SOLUTION
