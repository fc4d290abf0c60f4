"""What is checked in lab 90."""

from grader.checks import check


@check("double", points=2)
def doubled(lab, x):
    """Twice a number."""
    return lab.double(x)


doubled.case("three", x=3.0)
doubled.case("nothing", x=0.0)


@check("shift", points=2)
def shifted(lab, xs, by):
    """There and back."""
    there = lab.shift(xs, by)
    return {"there": there, "back": lab.shift_back(there, by)}


shifted.case("two numbers", xs=[1.0, -2.0], by=0.5)


@check("total", points=2)
def totals(lab, xs):
    """The sum of a list."""
    return lab.total(xs)


totals.case("three numbers", xs=[1.0, 2.0, 4.0])
