"""Wrong versions of lab 93's function."""

from grader.checks import mistake


@mistake("one", "That is two.")
def two():
    return 2.0
