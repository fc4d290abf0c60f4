"""The warm process as watch sees it: it is asked, and tells."""

import contextlib
import os
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import Self

import msgspec

from grader.errors import Refused
from grader.lab import ROOT, Lab
from grader.student.watch.told import Report, Request

READ_BYTES = 65_536


class Warm:
    """Starts it, in a session of its own: Ctrl-C and Ctrl-Z are for watch."""

    def __init__(self, lab: Lab) -> None:
        self._number, self._told = 0, b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "grader.student.watch.warm", str(lab.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self._process.stdin and self._process.stdout
        self._requests, self.output = self._process.stdin, self._process.stdout.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._requests.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:  # it still imports
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]
        self._errors.close()

    def ask(self, task: str, known: dict[str, str], everything: bool = False) -> None:
        """Asks for checks. Those of an earlier request are ended, and nothing more is told of them."""
        self._number += 1
        with contextlib.suppress(BrokenPipeError):  # reports() says why
            self._requests.write(msgspec.json.encode(Request(self._number, task, known, everything)) + b"\n")
            self._requests.flush()

    def reports(self) -> list[Report]:
        """What was told since the last time, of the last request. Refused where the process has ended."""
        data = os.read(self.output, READ_BYTES)
        if not data:
            self._errors.seek(0)
            said = self._errors.read().decode("utf-8", errors="replace").strip().splitlines()
            raise Refused("watch_ended", 3, reason=said[-1] if said else str(self._process.wait()))
        *lines, self._told = (self._told + data).split(b"\n")
        reports = [msgspec.json.decode(line, type=Report) for line in lines]
        return [report for report in reports if report.ready or report.number == self._number]
