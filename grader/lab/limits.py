"""What a submission runs into while it is imported or called: seconds that it computes, and what it may not do.

The same holds in a worker and in a student's own process, and is told by the limit's name in both. A worker is confined
besides (grader/run/confine.py): here nothing is kept from anybody who means it.
"""

import contextlib
import errno
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from grader import codes
from grader.findings import Finding
from grader.lab.manifest import Limits

TICK = 0.1  # CPU seconds
LIMITS_BY_NUMBER = {
    errno.ENOMEM: "memory_bytes",
    errno.EMFILE: "open_files",
    errno.EFBIG: "disk_bytes",
    errno.ENOSPC: "disk_bytes",
    errno.EAGAIN: "stacks",
}
# What Python audits before it does it, by the limit that it meets.
REFUSED = {
    "builtins.input": "terminal",
    "builtins.breakpoint": "terminal",
    "os.fork": "processes",
    "os.forkpty": "processes",
    "os.exec": "processes",
    "os.posix_spawn": "processes",
    "os.spawn": "processes",
    "os.system": "processes",
    "subprocess.Popen": "processes",
    "_thread.start_new_thread": "threads",
    "socket.connect": "network",
    "socket.getaddrinfo": "network",
}
FINDINGS: dict[str, Callable[[Limits], Finding]] = {  # by their names in lab.toml; "stacks" are those of threads
    "memory_bytes": lambda limits: codes.LIMIT_MEMORY(megabytes=limits.memory_bytes / 1e6),
    "disk_bytes": lambda limits: codes.LIMIT_DISK(megabytes=limits.disk_bytes / 1e6),
    "threads": lambda limits: codes.LIMIT_THREADS(threads=limits.threads),
    "stacks": lambda limits: codes.LIMIT_STACKS(threads=limits.threads, megabytes=limits.memory_bytes / 1e6),
    "processes": lambda limits: codes.LIMIT_PROCESSES(processes=limits.processes),
    "open_files": lambda limits: codes.LIMIT_OPEN_FILES(files=limits.open_files),
    "output_bytes": lambda limits: codes.LIMIT_OUTPUT(megabytes=limits.output_bytes / 1e6),
    "terminal": lambda _limits: codes.LIMIT_TERMINAL(),
    "network": lambda _limits: codes.LIMIT_NETWORK(),
}


class OutOfTime(BaseException):
    """More CPU seconds were used than there are."""


class Died(BaseException):
    """The process would have ended here."""


class Hit(PermissionError):
    """Something was asked for that a submission may not do. It is the exception that the kernel's refusal would be."""

    def __init__(self, limit: str) -> None:
        super().__init__(errno.EPERM, os.strerror(errno.EPERM))
        self.limit = limit


def over_limit(limits: Limits, name: str) -> Finding:
    """What is found of a submission that ran into one of FINDINGS."""
    return FINDINGS[name](limits)


def limit_of(error: BaseException) -> str:
    """The limit that may have raised an exception, by its name in lab.toml ("stacks": threads, or memory for them).

    What the interpreter and torch raise has no other mark than its number, or its words.
    """
    behind: BaseException | None = error
    for _ in range(20):  # a library may have wrapped it
        if isinstance(behind, Hit):
            return behind.limit
        behind = behind and (behind.__cause__ or behind.__context__)
    words = words_of(error)
    if isinstance(error, MemoryError) or words.startswith("[enforce fail at alloc_cpu"):
        return "memory_bytes"
    if isinstance(error, PermissionError) and _within_multiprocessing(error):  # whose locks are files
        return "processes"
    if isinstance(error, OSError):
        return LIMITS_BY_NUMBER.get(error.errno or 0, "")
    return "stacks" if isinstance(error, RuntimeError) and words == "can't start new thread" else ""


def _within_multiprocessing(error: BaseException) -> bool:
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(str(frame.f_globals.get("__name__")).startswith("multiprocessing.") for frame in frames)


def words_of(error: BaseException) -> str:
    """What an exception says; nothing where its own __str__ fails. Where a library lies on this machine is left out."""
    try:
        words = str(error)
    except Exception:
        return ""
    if type(error) is ImportError and isinstance(error.path, str):
        return words.removesuffix(f" ({error.path})")
    return words


@contextlib.contextmanager
def cpu_limit(seconds: float, importing_into: Path | None = None) -> Iterator[None]:
    """Raises OutOfTime after so many CPU seconds, again and again where that is caught, where the platform has such a
    timer and this is the main thread. Within `sleep_counts` seconds that are slept count, too.

    The seconds in which the files of the folder `importing_into` import a library are free.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    tick = min(TICK, seconds / 5)
    left = seconds

    def count(_number: int, frame: FrameType | None) -> None:
        nonlocal left
        if importing_into is None or is_at_work(frame, importing_into):
            left -= tick
        if left < tick / 2:
            raise OutOfTime

    before = signal.signal(signal.SIGPROF, count)
    signal.setitimer(signal.ITIMER_PROF, tick, tick)
    _sleep.tick = tick
    try:
        yield
    finally:
        _sleep.tick = 0.0
        signal.setitimer(signal.ITIMER_PROF, 0)
        # A last signal may be on its way; by default it would end the process.
        signal.signal(signal.SIGPROF, signal.SIG_IGN if before is signal.SIG_DFL else before)


class _Sleep:
    """Gives the main thread a tick for each that it slept."""

    def __init__(self) -> None:
        self.tick = 0.0  # none: nothing is limited just now
        self.counts = False
        self._process = 0  # the one in which its thread runs: a fork has none

    def start(self) -> None:
        """Starts its thread, once in a process."""
        if self._process != os.getpid():
            self._process = os.getpid()
            threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        computed = time.process_time()
        while True:
            tick = self.tick or TICK
            time.sleep(tick)
            before, computed = computed, time.process_time()
            if self.counts and self.tick == tick and computed - before < tick / 10 and not _main_thread_waits():
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGPROF)


_sleep = _Sleep()


def _main_thread_waits() -> bool:
    """Whether it would run, if the machine were not busy; False where the system does not say."""
    try:
        state = Path(f"/proc/self/task/{os.getpid()}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state in (b"R", b"D")


@contextlib.contextmanager
def sleep_counts() -> Iterator[None]:
    """Within it, cpu_limit counts what is slept: for a process that no other one watches."""
    _sleep.start()
    _sleep.counts = True
    try:
        yield
    finally:
        _sleep.counts = False


def is_at_work(frame: FrameType | None, folder: Path) -> bool:
    """Whether code of the folder runs in this frame, or has called what does. An import of a library is none of it."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return False
        if os.path.dirname(name) == str(folder):
            return True
        frame = frame.f_back
    return False


_refusing: list[tuple[Limits, Path]] = []  # the innermost last


@contextlib.contextmanager
def refusing(limits: Limits, folder: Path) -> Iterator[None]:
    """Has code of this folder meet Hit where it reads the terminal, starts a process or a thread too many, or asks for
    the network; not where these limits leave that to the sandbox."""
    if not limits.by_name:
        yield
        return
    _audit()
    _refusing.append((limits, folder))
    try:
        yield
    finally:
        _refusing.pop()


def _audit() -> None:
    """Adds the hook to this process, once: there is no taking it away."""
    if not getattr(sys, "_refusing", False):
        sys._refusing = True  # type: ignore[attr-defined]
        sys.addaudithook(_refuse)


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    if not _refusing or event not in REFUSED:
        return
    limit, (limits, folder) = REFUSED[event], _refusing[-1]
    free = {
        "processes": limits.processes > 1,
        "threads": threading.active_count() < limits.threads,
        "terminal": event == "builtins.breakpoint" and sys.breakpointhook is not sys.__breakpointhook__,  # pytest's
    }
    if not free.get(limit, False) and is_at_work(sys._getframe(1), folder):
        raise Hit(limit)
