"""What is checked in lab 92."""

import os

from grader.checks import Wrong, check


@check("Counter", points=2)
def counted(lab, start, steps):
    """What a counter has come to."""
    counter = lab.Counter(start)
    for step in steps:
        counter.add(step)
    return {"value": counter.value, "of the class": isinstance(counter, lab.Counter)}


counted.case("two steps", start=5, steps=[1, 2])


@check("total", points=2, needs=counted)
def totals(lab, numbers, more):
    """The sum of the numbers that are given, and of more."""
    numbers.append(more)  # a copy of its own
    return lab.total(numbers)


totals.case("ten more", more=10)
totals.case("twenty more", more=20)


def _is_a_sum(value, **_case):
    if value["total"] != 3:
        raise Wrong("lab92_no_sum", got=str(value["total"]))


@check("total", points=2, verify=_is_a_sum, values=True)
def made_before(lab, maker):
    """The sum of one and two, and which processes were at work."""
    return {"total": lab.total([1, 2]), "made in": maker["process"], "asked in": os.getpid()}


made_before.case("one and two")
