"""The grader's side of workers: a warm parent, and a child for each submission that is asked one call at a time."""

import contextlib
import dataclasses
import os
import secrets
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
import psutil

from grader import frames
from grader.answers import Answer
from grader.checks import Check
from grader.instructor import sandbox
from grader.lab import Lab
from grader.plain import NotPlain, to_plain
from grader.worker import answer_from_message

CPU_GRACE = 1.0  # the child stops itself after the limit; if it does not, it is killed this much later
WALL_FACTOR = 4  # a call may sleep or wait for a busy machine, but not longer than so many times its CPU seconds
WALL_GRACE = 10.0
START_SECONDS = 120.0
USED_UP = ("MemoryError", "OSError")  # a worker that raised these may have no memory or no descriptors left
REPLY_SECONDS = 30.0  # of the warm parent: a submission may have stopped it


class WorkerFailed(Exception):
    """The grader's own trouble with workers (the parent does not start or died): never a submission's fault."""


class WarmParent:
    """A process that has torch imported and forks a child for each submission. Use it as a context manager."""

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self._modules = modules
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def __enter__(self) -> "WarmParent":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop()

    def fork(self, channel: socket.socket) -> int:
        """A child that serves the other end of `channel`; its process id. A parent that has died is replaced."""
        for attempt in (1, 2):
            control = self._running()
            try:
                socket.send_fds(control, [b"F"], [channel.fileno()])
                answered = control.recv(4, socket.MSG_WAITALL)
                if len(answered) == 4:
                    return int.from_bytes(answered, "big")
            except OSError:
                pass
            self._stop()
            if attempt == 2:
                raise WorkerFailed("the worker's parent process died twice while it was asked for a worker")
        raise AssertionError

    def kill(self, pid: int) -> None:
        """Ends a child and its process group."""
        if self._control is None:
            return
        try:
            self._control.settimeout(REPLY_SECONDS)
            self._control.sendall(b"K" + pid.to_bytes(4, "big"))
            if self._control.recv(1) == b"K":
                return
        except OSError:
            pass
        self._stop()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    def _running(self) -> socket.socket:
        if self._control is None:
            self._process, self._control = sandbox.start_parent(self._modules)
            self._control.settimeout(START_SECONDS)
            try:
                ready = self._control.recv(1)
            except OSError:
                ready = b""
            if ready != b"R":
                self._stop()
                raise WorkerFailed(
                    "the worker's parent process does not start: is the environment set up (make setup)?"
                )
        self._control.settimeout(REPLY_SECONDS)
        return self._control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
        self._process = self._control = None


@dataclasses.dataclass
class Budget:
    """The CPU seconds that a submission has left, over all its workers."""

    seconds: float


class Worker:
    """One child with one submission's folder. After a call that killed or exhausted it, it cannot be asked again."""

    def __init__(self, parent: WarmParent, lab: Lab, folder: Path) -> None:
        self._parent = parent
        self._lab = lab
        self._channel, theirs = socket.socketpair()
        self._channel.settimeout(WALL_GRACE)
        with theirs:
            self._pid = parent.fork(theirs)
        self.alive = True
        self._cpu_seconds = 0.0
        with contextlib.suppress(frames.Gone):  # a child that is gone already is noticed by the first call
            opening = {"folder": str(folder), "manifest": msgspec.to_builtins(lab.manifest)}
            frames.send(self._channel, opening)

    def ask(self, check: Check, arguments: dict[str, Any], seconds: float) -> Answer:
        """What the submission answers on one case; a worker that dies, hangs or floods gives an Answer, too."""
        call_id = secrets.token_hex(16)
        call = {"id": call_id, "check": check.name, "arguments": to_plain(arguments), "seconds": seconds}
        began, cpu_before = time.monotonic(), self._cpu_seconds
        try:
            frames.send(self._channel, call)
            message = frames.receive(
                self._channel,
                self._lab.manifest.limits.message_bytes + 100_000,
                lambda: self._watch(began, cpu_before, seconds),
            )
            found = answer_from_message(message, call_id)
            if found.status == "timeout":  # it stopped itself; the words are ours all the same
                raise TimeoutError(_too_slow(seconds))
        except frames.Gone:
            found = Answer("crashed", text="its process ended during the call")
        except NotPlain as error:
            found = Answer("crashed", text=f"its process sent {error}")
        except TimeoutError as error:
            found = Answer("timeout", text=str(error))
        self._cpu_seconds = self._cpu_now()
        used_up = found.status == "raised" and found.text.startswith(USED_UP)
        if found.status in ("crashed", "timeout") or used_up:
            self.close()
        return found

    def can_be_asked(self) -> bool:
        """Whether it is alive and has been silent since its last answer; one that has not been is ended."""
        if self.alive and select.select([self._channel], [], [], 0)[0]:
            self.close()
        return self.alive

    def cpu_seconds(self) -> float:
        """The CPU seconds this child has used, as the system counts them."""
        return self._cpu_seconds

    def close(self) -> None:
        """Ends the child and everything in its process group."""
        if self.alive:
            self.alive = False
            self._channel.close()
            self._parent.kill(self._pid)

    def _watch(self, began: float, cpu_before: float, seconds: float) -> None:
        if self._cpu_now() - cpu_before > seconds + CPU_GRACE:
            raise TimeoutError(_too_slow(seconds))
        wall = WALL_FACTOR * seconds + WALL_GRACE
        if time.monotonic() - began > wall:
            raise TimeoutError(f"it was stopped after {wall:g} seconds without an answer")

    def _cpu_now(self) -> float:
        try:
            times = psutil.Process(self._pid).cpu_times()
        except psutil.Error:
            return self._cpu_seconds
        return float(times.user + times.system)


def _too_slow(seconds: float) -> str:
    return f"it was stopped after {seconds:g} seconds of CPU time"


@contextlib.contextmanager
def workers_for(parent: WarmParent, lab: Lab, folder: Path) -> Iterator["Workers"]:
    """The workers of one submission: one, and a fresh one after each that was lost. All are gone at the end."""
    workers = Workers(parent, lab, folder, Budget(lab.manifest.limits.submission_seconds))
    try:
        yield workers
    finally:
        workers.close()


class Workers:
    """Asks a submission's worker, and starts a fresh one where the last was lost."""

    def __init__(self, parent: WarmParent, lab: Lab, folder: Path, budget: Budget) -> None:
        self._parent, self._lab, self._folder, self._budget = parent, lab, folder, budget
        self._worker: Worker | None = None

    def ask(self, check: Check, arguments: dict[str, Any]) -> Answer:
        """What the submission answers on one case."""
        limits = self._lab.manifest.limits
        if self._budget.seconds <= 0:
            total = limits.submission_seconds
            return Answer("timeout", text=f"the submission had used its {total:g} seconds of CPU time before")
        if self._worker is None or not self._worker.can_be_asked():  # what it did to itself costs no other check
            self._worker = Worker(self._parent, self._lab, self._folder)
        before = self._worker.cpu_seconds()
        began = time.monotonic()
        found = self._worker.ask(check, arguments, check.seconds or limits.check_seconds)
        used, wall = self._worker.cpu_seconds() - before, time.monotonic() - began
        # Sleeping counts as well, or 40 sleepers would take all night.
        self._budget.seconds -= max(used, wall if found.status == "timeout" else wall / WALL_FACTOR)
        return found

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
