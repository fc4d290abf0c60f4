"""Grades in processes of this machine: forked from the main one, replaced when one dies, gone when that is gone.

Not concurrent.futures: there one process that the kernel kills takes the whole pool with it. Work is a number, and what
comes back is bytes that the work itself encoded: nothing is ever pickled.
"""

import collections
import contextlib
import functools
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import msgspec

from grader.executors import Rows, Where
from grader.grading import work
from grader.grading.job import Job
from grader.grading.rows import Row
from grader.intake.versions import Submission
from grader.workers.worker import die_with_parent

DESCRIPTION = "processes on this machine, one for each core"

Work = Callable[[int], bytes]

TICK_SECONDS = 1.0
TRIES = 2
END_SECONDS = 5.0  # for a grading process to end its workers and to clear up


@contextlib.contextmanager
def opened(job: Job, where: Where) -> Iterator[Rows]:
    yield functools.partial(rows, job, where.processes)


def rows(job: Job, processes: int | None, submissions: Sequence[Submission]) -> Generator[Row | None]:
    """A row for each submission as soon as it is graded, and None about once a second while nothing happens."""
    work.bench_of.cache_clear()  # what it was made from may have changed since another run in this process
    work.bench_of(job)  # once, for all the processes that are forked from here

    @contextlib.contextmanager
    def at_work() -> Iterator[Work]:
        with work.at_work(job) as grade:
            yield lambda number: msgspec.json.encode(grade(submissions[number]))

    count = min(len(submissions), processes or cores())
    with contextlib.closing(hand_out(len(submissions), at_work, count)) as events:
        for event in events:
            if event is None:
                yield None
                continue
            number, reply = event
            yield msgspec.json.decode(reply, type=Row) if reply else work.lost(job, submissions[number], TRIES)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def hand_out(
    count: int, opened: Callable[[], AbstractContextManager[Work]], processes: int
) -> Generator[tuple[int, bytes | None] | None, None, None]:
    """Has the numbers below `count` worked on by so many processes, each of which opens the work for itself.

    Yields a number with what came of it as soon as that is known, or with None where two processes died over it; and
    None about once a second while nothing happens. Closing the iterator stops the processes.
    """
    waiting = collections.deque(range(count))
    deaths = collections.Counter[int]()
    running: dict[Connection, BaseProcess] = {}
    at_work: dict[Connection, int] = {}
    try:
        while waiting or at_work:
            while waiting and len(at_work) < processes:
                pipe = next((pipe for pipe in running if pipe not in at_work), None) or _start(running, opened)
                at_work[pipe] = waiting.popleft()
                with contextlib.suppress(BrokenPipeError):  # it has died: reading says so
                    pipe.send_bytes(at_work[pipe].to_bytes(8, "big"))
            ready = wait(list(at_work), TICK_SECONDS)
            if not ready:
                yield None
            for pipe in [pipe for pipe in at_work if pipe in ready]:
                number = at_work.pop(pipe)
                reply = None
                try:
                    reply = pipe.recv_bytes()
                except (EOFError, OSError):
                    _end({pipe: running.pop(pipe)}, [pipe])
                    deaths[number] += 1
                    if deaths[number] < TRIES:
                        waiting.appendleft(number)
                        continue
                yield number, reply
    finally:
        _end(running, at_work)


def _start(running: dict[Connection, BaseProcess], opened: Callable[[], AbstractContextManager[Work]]) -> Connection:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=_serve, args=(theirs, [ours, *running], os.getpid(), opened), daemon=True
    )
    process.start()
    theirs.close()
    running[ours] = process
    return ours


def _serve(
    pipe: Connection, inherited: Iterable[Connection], main: int, opened: Callable[[], AbstractContextManager[Work]]
) -> None:
    """A grading process: works on one number after another until its pipe is closed."""
    with contextlib.suppress(KeyboardInterrupt, EOFError, BrokenPipeError):
        signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches all; the main process says who stops
        signal.signal(signal.SIGTERM, _stop)
        _die_with(main)
        for other in inherited:
            other.close()
        with opened() as work:
            while True:
                pipe.send_bytes(work(int.from_bytes(pipe.recv_bytes(), "big")))


def _stop(*_: object) -> None:
    """Leaves by the one exception that nobody takes for a failure or an answer, and clears up undisturbed."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    raise KeyboardInterrupt


def _die_with(main: int) -> None:
    """Has the kernel kill this process when the main one dies, however that was; elsewhere its closed pipe ends it."""
    if sys.platform == "linux":
        die_with_parent()
        if os.getppid() != main:
            os._exit(1)


def _end(running: dict[Connection, BaseProcess], at_work: Collection[Connection]) -> None:
    """Ends processes once they have ended their workers, or else by force."""
    for pipe, process in running.items():
        pipe.close()  # which ends an idle one
        if pipe in at_work:
            process.terminate()
    give_up = time.monotonic() + END_SECONDS
    for process in running.values():
        process.join(max(0.0, give_up - time.monotonic()))
        if process.exitcode is None:
            process.kill()
            process.join()
