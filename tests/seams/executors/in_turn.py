"""An executor of the tests' own: one submission after the other, in this very process."""

from collections.abc import Generator, Sequence

from grader.grading import work
from grader.grading.job import Job
from grader.grading.rows import Row
from grader.intake.submissions import Submission

DESCRIPTION = "one after the other, in this process"


def rows(job: Job, submissions: Sequence[Submission], processes: int | None = None) -> Generator[Row | None]:
    """The rows of all submissions, from the last to the first, after a moment in which nothing happens."""
    with work.at_work(job) as grade:
        yield None
        for submission in reversed(submissions):
            yield grade(submission)
