"""Right versions of lab 91's class and function that look different."""

from grader.checks import alternative


@alternative("RunningMean")
class AllKept:
    def __init__(self, *numbers):
        self.numbers = list(numbers)

    @property
    def mean(self):
        return sum(self.numbers) / len(self.numbers)

    def add(self, x):
        self.numbers.append(x)

    def without(self, x):
        rest = list(self.numbers)
        rest.remove(x)
        return type(self)(*rest)


@alternative("mean_of")
def by_sum(xs):
    return sum(xs) / len(xs)
