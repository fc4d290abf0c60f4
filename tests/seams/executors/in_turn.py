"""An executor of the tests' own: one submission after the other, in this very process."""

import contextlib
from collections.abc import Generator, Iterator, Sequence

from grader.executors import Rows, Where
from grader.grading import work
from grader.grading.job import Job
from grader.grading.rows import Row
from grader.intake.submissions import Submission

DESCRIPTION = "one after the other, in this process"


@contextlib.contextmanager
def opened(job: Job, where: Where) -> Iterator[Rows]:
    """Gives the rows of all submissions, from the last to the first, after a moment in which nothing happens."""
    with work.at_work(job) as grade:

        def rows(submissions: Sequence[Submission]) -> Generator[Row | None]:
            yield None
            for submission in reversed(submissions):
                yield grade(submission)

        yield rows
