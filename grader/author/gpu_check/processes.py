"""Runs a function in a process of its own and hears what it sends. That process may crash, hang, or start others.

The process is a new one (spawn): CUDA cannot be used in a fork of a process that has used it.
"""

import contextlib
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

Send = Callable[[Any], None]
Target = Callable[..., None]  # target(send, *arguments), a function of a module

LINES = 3  # that a process printed last, in a reason
SECONDS_TO_END = 10.0  # for the exit code of a process that has closed its pipe


class Ended(Exception):
    """The process sends nothing more; `why` is empty where its function returned."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Child:
    """A process that runs target(send, *arguments). What it prints goes into a file, and is told where it fails.

    With `leads` it has a process group of its own, which is ended as a whole.
    """

    def __init__(self, target: Target, *arguments: Any, leads: bool = False) -> None:
        self._leads = leads
        handle, name = tempfile.mkstemp(prefix="gpu-check-", suffix=".log")
        os.close(handle)
        self._log = Path(name)
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_begin, args=(theirs, name, leads, target, arguments))
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def receive(self, seconds: float) -> Any:
        """What it sends next. Ended where it returned, where it died, and where nothing came in so many seconds."""
        if not self._connection.poll(max(seconds, 0.0)):
            raise Ended(f"nothing came in {seconds:.0f} s, so it was stopped")
        try:
            return self._connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join(SECONDS_TO_END)
            raise Ended(self._how_it_ended()) from None

    def end(self) -> None:
        """Ends it with all that it started, and forgets what it printed."""
        if self._leads and self._process.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()
        self._connection.close()
        self._log.unlink(missing_ok=True)

    def _how_it_ended(self) -> str:
        code = self._process.exitcode
        if code == 0:
            return ""
        if code is None:
            return "it closed its pipe and went on"
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        said = " / ".join(last_lines(self._log.read_text(encoding="utf-8", errors="replace"), LINES))
        return f"its process ended with {how}" + (f": {said}" if said else "")


def last_lines(text: str, count: int) -> list[str]:
    """The last lines of what was printed, without empty ones. Of a line that was written over the last text counts."""
    return [line.rpartition("\r")[2].rstrip() for line in text.splitlines() if line.strip()][-count:]


def _begin(connection: Connection, log: str, leads: bool, target: Target, arguments: tuple[Any, ...]) -> None:
    """What the process does first."""
    if leads:
        os.setpgid(0, 0)
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.close(file)
    target(connection.send, *arguments)
