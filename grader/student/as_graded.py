"""What a student's code has at home of what it meets where it is graded: the limits, no terminal, one process."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from grader.lab import Limits
from grader.lab.limits import Died, refusing, sleep_counts


@contextlib.contextmanager
def as_graded(limits: Limits, folder: Path) -> Iterator[None]:
    """For an import of a lab's files, which lie in `folder`, or a call of what is in them."""
    with refusing(limits, folder), sleep_counts(), _no_terminal(), _staying_alive(), _resources(limits):
        yield


@contextlib.contextmanager
def _no_terminal() -> Iterator[None]:
    before = sys.stdin
    with open(os.devnull, encoding="utf-8") as nothing:
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.stdin = before


@contextlib.contextmanager
def _staying_alive() -> Iterator[None]:
    """os._exit would end the command without a word."""

    def end(_status: int) -> NoReturn:
        raise Died

    before, os._exit = os._exit, end  # type: ignore[assignment]
    try:
        yield
    finally:
        os._exit = before


@contextlib.contextmanager
def _resources(limits: Limits) -> Iterator[None]:
    """Memory, files and their sizes, where the system limits them."""
    if sys.platform != "linux":
        yield
        return
    import resource

    wanted = {resource.RLIMIT_NOFILE: limits.open_files, resource.RLIMIT_FSIZE: limits.disk_bytes}
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():  # whose driver takes more address space than any limit
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        wanted[resource.RLIMIT_AS] = pages * resource.getpagesize() + limits.memory_bytes
    before = {which: resource.getrlimit(which) for which in wanted}
    for which, most in wanted.items():
        soft, hard = before[which]
        known = [value for value in (most, soft, hard) if value != resource.RLIM_INFINITY]
        resource.setrlimit(which, (min(known), hard))
    try:
        yield
    finally:
        for which, both in before.items():
            resource.setrlimit(which, both)
