"""What is checked in lab 93."""

from grader.checks import check


@check("one", points=2, values=True)
def is_one(lab):
    """The number one."""
    return lab.one()


is_one.case("once")
