"""Right versions of lab 90's functions that look different."""

from grader.checks import alternative


@alternative("double")
def by_product(x):
    return 2 * x


@alternative("shift")
def by_map(xs, by):
    return tuple(map(by.__add__, xs))


@alternative("shift_back")
def by_loop(xs, by):
    back = []
    for x in xs:
        back.append(x - by)
    return back


@alternative("total")
def in_reverse(xs):
    return sum(reversed(xs))
