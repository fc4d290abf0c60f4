"""Right versions of lab 92 that look different."""

from grader.checks import alternative


@alternative("total")
def added_up(numbers):
    result = 0
    for number in numbers:
        result += number
    return result


@alternative("Counter")
class Listing:
    def __init__(self, start):
        self.numbers = [start]

    def add(self, number):
        self.numbers.append(number)

    @property
    def value(self):
        return sum(self.numbers)
