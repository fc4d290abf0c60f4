"""Wrong versions of lab 92."""

from grader.checks import mistake


@mistake("total", "The first number is left out.")
def first_left_out(numbers):
    return sum(numbers[1:])


@mistake("Counter", "The counter begins at 0.")
class FromZero:
    def __init__(self, start):
        self.value = 0

    def add(self, number):
        self.value += number
