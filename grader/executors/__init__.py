"""Where submissions are graded: an executor is a module here, found by its name (grader/registry.py).

    DESCRIPTION: str                                                what it is, in one line
    rows(job, submissions, processes) -> Generator[Row | None]      a row for each submission, as soon as it is graded,
                                                                    and None at least about once a second while none is

It takes a job (grading/job.py) and submissions, which are plain data, and has each graded by grading/work.py, in
whatever process it likes. Closing the generator ends all that it started.
"""

from types import ModuleType

from grader.errors import Refused
from grader.registry import modules_of


def executors() -> dict[str, ModuleType]:
    """The executors that there are, by name."""
    return {name: module for name, module in modules_of(__name__).items() if hasattr(module, "rows")}


def executor_of(name: str) -> ModuleType:
    """The executor of that name; Refused where there is none."""
    there = executors()
    if name not in there:
        raise Refused("no_such_executor", name=name, there=list(there))
    return there[name]
