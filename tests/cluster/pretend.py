"""What a test has a worker do that a machine does by itself one day: run in the worker, by Dask."""

import importlib.metadata
import os
import signal
import time
from pathlib import Path
from typing import Any

from grader.cluster import place
from grader.grading import work
from grader.grading.submission import grade

_version = importlib.metadata.version


def other_torch() -> None:
    """torch is another release."""
    importlib.metadata.version = lambda name: "1.0" if name == "torch" else _version(name)
    place.versions.cache_clear()


def wrong_clock() -> None:
    """The clock is a quarter of an hour ahead."""
    place.clock.__globals__["time"] = _Clock()


class _Clock:
    time = staticmethod(lambda: time.time() + 900)


def deadly(folder: str) -> None:
    """Whatever grades bob kills its worker, and whatever grades carol does so once."""

    def killing(bench: Any, submission: Any) -> Any:
        once = Path(folder) / "carol-has-killed"
        if submission.student == "bob" or (submission.student == "carol" and not once.exists()):
            with (Path(folder) / f"{submission.student}-died").open("a") as log:
                log.write("x")
            once.touch() if submission.student == "carol" else None
            os.kill(os.getpid(), signal.SIGKILL)
        return grade(bench, submission)

    work.grade = killing  # type: ignore[assignment]


def endless() -> None:
    """Whatever grades dan goes on for as long as it can."""

    def again_and_again(bench: Any, submission: Any) -> Any:
        result = grade(bench, submission)
        while submission.student == "dan" and not result.result.errors():
            result = grade(bench, submission)
        return result

    work.grade = again_and_again  # type: ignore[assignment]


def as_before() -> None:
    importlib.metadata.version = _version
    place.versions.cache_clear()
    place.clock.__globals__["time"] = time
    work.grade = grade


def places() -> int:
    """How many runs have a place in this worker."""
    return len(place._places)
