"""Tasks 92.1 and 92.2."""


class Counter:
    """Counts from `start`."""

    def __init__(self, start: int) -> None:
        ### BEGIN SOLUTION
        self.value = start
        ### END SOLUTION

    def add(self, number: int) -> None:
        """Goes on by `number`."""
        ### BEGIN SOLUTION
        self.value += number
        ### END SOLUTION


def total(numbers: list[int]) -> int:
    """The sum of the numbers."""
    ### BEGIN SOLUTION
    return sum(numbers)
    ### END SOLUTION
