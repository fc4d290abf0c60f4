"""Wrong versions of lab 91's class and function."""

import means

from grader.checks import mistake


@mistake("RunningMean", "Every number moves the mean half of the way: the earlier ones are forgotten.")
class HalfTheWay(means.RunningMean):
    def add(self, x):
        self.count += 1
        self.mean = (self.mean + x) / 2 if self.count > 1 else x


@mistake("RunningMean", "Taking a number out changes the mean it is taken out of.")
class TakenOutInPlace(means.RunningMean):
    def without(self, x):
        self.count -= 1
        self.mean -= (x - self.mean) / self.count
        return self


@mistake("mean_of", "You give the sum.")
def sum_given(xs):
    return float(sum(xs))
