"""What is checked in lab 91."""

from grader.checks import check


def _added(lab, xs):
    running = lab.RunningMean()
    for x in xs:
        running.add(x)
    return running


@check("RunningMean", points=2)
def added(lab, xs):
    """The mean of what was added."""
    return _added(lab, xs).mean


added.case("two numbers", xs=[1.0, 2.0])
added.case("four numbers", xs=[3.0, -1.0, 0.5, 8.0])


@check("RunningMean", points=2)
def taken_out(lab, xs):
    """The mean without the last number, that of one more, and with the last number."""
    running = _added(lab, xs)
    without = running.without(xs[-1])
    found = {"without": without.mean, "with": running.mean}
    without.add(4.0)
    return found | {"without, and one more": without.mean}


taken_out.case("three numbers", xs=[1.0, 2.0, 6.0])


@check("mean_of", points=2)
def means(lab, xs):
    """The mean of a list."""
    return lab.mean_of(xs)


means.case("three numbers", xs=[1.0, 2.0, 4.5])
