"""Where submissions are graded: an executor is a module here, found by its name (grader/registry.py).

    DESCRIPTION: str                                                what it is, in one line
    rows(job, submissions, processes) -> Generator[Row | None]      a row for each submission, as soon as it is graded,
                                                                    and None at least about once a second while none is

It takes a job (grading/job.py) and submissions, which are plain data, and has each graded by grading/work.py, in
whatever process it likes. Closing the generator ends all that it started.
"""
