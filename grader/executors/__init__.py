"""Where submissions are graded: an executor is a module here, found by its name (grader/registry.py).

    DESCRIPTION: str                                          what it is, in one line
    opened(job, where) -> AbstractContextManager[Rows]        is ready to grade, or says (Refused) why it is not
    rows(submissions) -> Generator[Row | None]                what it gives: a row for each submission as soon as that
                                                              is graded, and None about once a second while none is

It takes a job (grading/job.py) and submissions, which are plain data, and has each graded by grading/work.py, in
whatever process it likes. Closing the generator ends the grading; closing what was opened ends all that it started.
`rows` raises GaveUp where no more can be graded for now.
"""

import dataclasses
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from types import ModuleType

from grader.errors import Found, Refused
from grader.grading.rows import Row
from grader.intake.versions import Submission
from grader.registry import modules_of

Rows = Callable[[Sequence[Submission]], Generator[Row | None]]


class GaveUp(Found):
    """No more can be graded for now, whatever the submissions; what is graded stays."""


@dataclasses.dataclass(frozen=True)
class Where:
    """What an executor is asked for. `processes` None: as many as it likes."""

    processes: int | None = None  # submissions at a time
    scheduler: str = ""  # of a cluster: tls://host:8786, local:4, slurm
    shared: Path | None = None  # a folder that all machines of the cluster see by this name
    certificates: Path | None = None  # the folder of the cluster's certificates
    tell: Callable[[str], None] = lambda _: None  # told what there is to say meanwhile
    stopped: Callable[[], bool] = lambda: False  # whether Ctrl-C was typed


def executors() -> dict[str, ModuleType]:
    """The executors that there are, by name."""
    return {name: module for name, module in modules_of(__name__).items() if hasattr(module, "opened")}


def executor_of(name: str) -> ModuleType:
    """The executor of that name; Refused where there is none."""
    there = executors()
    if name not in there:
        raise Refused("no_such_executor", name=name, there=list(there))
    return there[name]
