"""What probes of lab 92 need: numbers, and where they were made."""

import os

from grader.checks import fixture


@fixture
def numbers():
    return [1, 2, 3]


@fixture
def maker():
    return {"process": os.getpid()}
