"""The warm process: python -m grader.student.watch.warm <folder of the lab>

It has the lab's libraries imported and its fixtures made, and never runs a student's code. For each request on its
standard input it forks a process that does (fresh.py); one that still runs is ended. It ends when its input closes.
"""

import contextlib
import gc
import importlib
import os
import resource
import selectors
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec

from grader.checks import Fixture
from grader.checks.fixtures import fixtures_in, source_of
from grader.errors import Refused
from grader.lab import Lab, read_lab
from grader.lab.loading import load_modules
from grader.languages import say, texts_of
from grader.student.watch import fresh
from grader.student.watch.told import Report, Request

MOST_PRINTED = 4_000  # bytes of what is printed outside of checks
READ_BYTES = 65_536


def main() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    lab = read_lab(Path(sys.argv[1]).absolute())
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print goes nowhere else
    fixtures = _warm_up(lab)
    _tell(output, Report(0, ready=True))
    Parent(lab, fixtures, output).serve()


def _warm_up(lab: Lab) -> dict[str, Fixture]:
    """Imports what the lab's checks and a student's files import of libraries, and makes the fixtures."""
    with contextlib.suppress(Exception):  # the fresh process says what is wrong with them
        for name in ("labs.common", *lab.manifest.grader.preload):
            importlib.import_module(name)
        if "torch" in lab.manifest.grader.versions:
            import torch

            from grader.checks.devices import warm_up

            torch.set_num_threads(1)
            warm_up()
        load_modules(lab.folder, ["checks"])
        texts_of(lab.folder)  # reads them
        fixtures = fixtures_in(source_of(lab))
        for each in fixtures.values():
            each.copy()
        gc.freeze()
        return fixtures
    return {}


class Parent:
    """Forks a process for each request, and passes on what it tells as long as it is the last one."""

    def __init__(self, lab: Lab, fixtures: Mapping[str, Fixture], output: BinaryIO) -> None:
        self._lab, self._fixtures, self._output = lab, fixtures, output
        self._selector = selectors.DefaultSelector()
        self._selector.register(0, selectors.EVENT_READ)
        self._child: tuple[int, int, Request] | None = None  # its process, its pipe, what it was asked
        self._told, self._asked = b"", b""  # lines that are not whole yet

    def serve(self) -> None:
        """Until the standard input closes."""
        try:
            while True:
                for key, _ in self._selector.select():
                    if key.fd != 0:
                        self._pass_on()
                    elif not self._take_requests():
                        return
        finally:
            self._end()

    def _take_requests(self) -> bool:
        data = os.read(0, READ_BYTES)
        *lines, self._asked = (self._asked + data).split(b"\n")
        if lines:
            self._end()
            self._fork(msgspec.json.decode(lines[-1], type=Request))
        return bool(data)

    def _fork(self, request: Request) -> None:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _run_child(self._lab, request, self._fixtures, os.fdopen(writing, "wb"))
        os.close(writing)
        self._child, self._told = (pid, reading, request), b""
        self._selector.register(reading, selectors.EVENT_READ)

    def _pass_on(self) -> None:
        assert self._child is not None
        _, reading, request = self._child
        data = os.read(reading, READ_BYTES)
        if data:
            *lines, self._told = (self._told + data).split(b"\n")
            for line in lines:
                self._output.write(line + b"\n")
            self._output.flush()
        elif status := self._end(by_itself=True):
            name = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else ""
            _tell(self._output, Report(request.number, died=name, whole=True))

    def _end(self, by_itself: bool = False) -> int:
        """Ends the child and all that it started, if there is one; the status with which it ended."""
        if self._child is None:
            return 0
        pid, reading, _ = self._child
        if not by_itself:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        self._selector.unregister(reading)
        os.close(reading)
        self._child = None
        return status


def _run_child(lab: Lab, request: Request, fixtures: Mapping[str, Fixture], output: BinaryIO) -> NoReturn:
    status = 1
    try:
        os.setpgid(0, 0)
        most = int(lab.manifest.limits.submission_seconds)  # for what no signal of ours interrupts
        resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
        with tempfile.TemporaryFile() as printed, open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
            try:
                fresh.run(lab, request, fixtures, lambda report: _tell(output, _with_prints(report, printed)))
            except Refused as refused:
                _tell(output, Report(request.number, refused=str(refused), whole=True))
            except Exception:
                traceback.print_exc()
                failed = Report(request.number, refused=say("grader_itself_failed"), whole=True)
                _tell(output, _with_prints(failed, printed))
        status = 0
    finally:
        os._exit(status)


def _with_prints(report: Report, printed: BinaryIO) -> Report:
    sys.stdout.flush()
    start = os.pread(printed.fileno(), MOST_PRINTED, 0)
    return msgspec.structs.replace(report, printed=start.decode("utf-8", errors="replace"))


def _tell(output: BinaryIO, report: Report) -> None:
    output.write(msgspec.json.encode(report) + b"\n")
    output.flush()


if __name__ == "__main__":
    main()
