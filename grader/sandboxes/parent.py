"""A warm parent of workers in its sandbox: the command that starts it, how it says that it works, how it is ended."""

import contextlib
import dataclasses
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable

import msgspec
import psutil

from grader.plain import NotPlain
from grader.run.confine import InnerLayer
from grader.workers import frames
from grader.workers.worker import ParentOptions
from labs.common.translated import _

TRIAL_SECONDS = 60.0
STOP_SECONDS = 10.0


class NotStarted(Exception):
    """This sandbox does not work on this machine; the text says why."""


@dataclasses.dataclass(frozen=True)
class RunningParent:
    """A warm parent that confines its children: its control socket, its process, and what removes the place it had."""

    inner: InnerLayer
    control: socket.socket
    process: subprocess.Popen[bytes]
    clear: Callable[[], object]

    def stop(self) -> None:
        """Ends it, its child, and everything they left: a parent that loses its control socket cleans up and goes."""
        with contextlib.suppress(psutil.Error):
            family = psutil.Process(self.process.pid).children(recursive=True)
        self.control.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for process in family:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            self.process.kill()
            self.process.wait()
        self.clear()


def need(program: str) -> None:
    """NotStarted where a program is not installed."""
    if not shutil.which(program):
        raise NotStarted(_("{program} is not installed").format(program=program))


def command(address: str, options: ParentOptions) -> list[str]:
    """The command of a warm parent, which finds its control socket at `address`."""
    return [sys.executable, "-m", "grader.workers.worker", address, msgspec.json.encode(options).decode()]


def tried(parent: RunningParent) -> RunningParent:
    """The parent, once it has said that it can confine its children; ended, and NotStarted, where it cannot."""
    parent.control.settimeout(TRIAL_SECONDS)
    try:
        fault = frames.receive(parent.control)["fault"]
    except (frames.Gone, NotPlain, TypeError, KeyError):
        parent.control.close()
        said = parent.process.communicate(timeout=STOP_SECONDS)[1] if parent.process.stderr else b""
        fault = complaint(said or b"") or "it ended without a word"
    if fault:
        parent.stop()
        raise NotStarted(fault)
    return parent


def complaint(said: bytes) -> str:
    """The last line of what a program said that says why; an engine goes on to name its --help."""
    lines = said.decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip() and "--help" not in line), "")
