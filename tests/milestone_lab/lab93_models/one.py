"""Task 93.1."""


def one() -> float:
    """The number one."""
    ### BEGIN SOLUTION
    return 1.0
    ### END SOLUTION
