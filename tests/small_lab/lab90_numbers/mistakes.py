"""Wrong versions of lab 90's functions."""

from grader.checks import mistake


@mistake("double", "You square: twice is a sum, not a product of x with itself.")
def squared(x):
    return x * x


@mistake("shift", "You shift in the other direction.")
def shifted_down(xs, by):
    return [x - by for x in xs]


@mistake("shift_back", "You shift further instead of back.")
def shifted_up(xs, by):
    return [x + by for x in xs]


@mistake("total", "You lose the last number.")
def last_number_lost(xs):
    return float(sum(xs[:-1]))
