"""Wrong versions that students write, each with its diagnosis: the symptom and the idea, never the code."""

from grader.checks import mistake


@mistake("running_max", "You give the largest number of all at every place: at place i only xs[0] to xs[i] are known.")
def largest_of_all(xs):
    return [max(xs)] * len(xs)


@mistake("running_max", "Your memory begins with 0, which is larger than any negative number.")
def begins_with_zero(xs):
    largest, found = 0.0, []
    for x in xs:
        largest = max(largest, x)
        found.append(largest)
    return found
