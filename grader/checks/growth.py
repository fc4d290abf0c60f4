"""Whether the time of a function grows in proportion to the length of its input, or faster.

    @check("reward_to_go", points=1, verify=in_proportion, compared=RESULT)
    def long_episode(lab, length, gamma):
        return timed(lambda n: lab.reward_to_go([1.0] * n, gamma), length)

A function is held against itself on a shorter input. So a slow loop passes and a quick one that moves a list at every
step does not, which no limit in seconds could tell apart.
"""

import time
from collections.abc import Callable
from typing import Any

from grader import codes
from grader.checks.definitions import Wrong
from grader.checks.probes import mapping
from grader.plain import Plain

RESULT = "result"
SHORTER = 20  # times
ALLOWED = 4  # times the seconds that are in proportion
ALWAYS_ALLOWED = 0.016  # seconds: too few to be told from a clock's steps
TRIES = 3


def timed(work: Callable[[int], Any], length: int) -> dict[str, Any]:
    """What `work(length)` returns, and whether its time is in proportion to that of a 20th of the length.

    CPU seconds of this thread. The best of three tries counts, so that a busy machine never makes anything too slow.
    """
    for _ in range(TRIES):
        result, seconds = _timed(work, length)
        if fits := seconds <= ALWAYS_ALLOWED:
            break
        shorter = min(_timed(work, length // SHORTER)[1] for _ in range(TRIES))
        if fits := seconds <= ALLOWED * SHORTER * shorter:
            break
    return {RESULT: result, "in proportion": fits}


def _timed(work: Callable[[int], Any], length: int) -> tuple[Any, float]:
    began = time.thread_time()
    result = work(length)
    return result, time.thread_time() - began


def in_proportion(value: Plain, **_case: Any) -> None:
    """Verifies that what `timed` found has not taken longer than in proportion."""
    if mapping(value, RESULT, "in proportion")["in proportion"] is not True:
        raise Wrong(codes.GROWS_FASTER(times=SHORTER, allowed=ALLOWED * SHORTER))
