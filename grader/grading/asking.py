"""The grader's side of workers: a warm parent, and a child for each submission that is asked one call at a time.

A child for a milestone's artefacts is asked one call, and one for a report each of its code cells.
"""

import contextlib
import dataclasses
import secrets
import select
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import msgspec

from grader import codes, sandboxes
from grader.checks import Check
from grader.errors import Found
from grader.findings import Finding
from grader.lab import Lab, Limits, Milestone
from grader.lab.limits import over_limit
from grader.plain import NotPlain, to_plain
from grader.run.answers import Answer, ran_into
from grader.sandboxes import NotStarted, RunningParent
from grader.workers import frames
from grader.workers.worker import Asked, answer_from_message, contents, opening_message

GRACE_SECONDS = 1.0  # a child stops itself after its seconds; if it does not, it is ended this much later
WALL_FACTOR, WALL_GRACE = 10, 60.0  # the longest that a call may wait for a busy machine
START_SECONDS = 120.0
REPLY_SECONDS = 30.0  # of the warm parent
KILLED = 3  # so many times in a row a call may be ended from outside before the submission is blamed


class WorkerFailed(Exception):
    """The grader's own trouble with workers (the parent does not start or died): never a submission's fault."""


class WarmParent:
    """A sandboxed process that has torch imported and forks a child for each submission: a context manager."""

    def __init__(self, limits: Limits, backend: str, modules: Sequence[str] = (), fixtures: str = "") -> None:
        """`fixtures` is the text of the lab's fixtures.py, which the parent builds."""
        self._limits, self._backend, self._modules, self._fixtures = limits, backend, modules, fixtures
        self._started: RunningParent | None = None
        self._over = False
        self.layers: Mapping[str, str] = {"outer": sandboxes.outer(backend), "inner": "never started"}

    def __enter__(self) -> "WarmParent":
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it unless it is there; WorkerFailed where it does not start."""
        self.running()

    def fork(self, channel: socket.socket, limits: Limits) -> None:
        """A child with these limits that serves the other end of `channel`. A parent that has died is replaced."""
        for _ in range(2):
            with contextlib.suppress(OSError, frames.Gone, NotPlain):
                control = self.running()
                socket.send_fds(control, [b"F"], [channel.fileno()])
                frames.send(control, msgspec.to_builtins(limits))
                self._reply()
                return
            self.stop()
        raise WorkerFailed("the worker's parent process died twice while it was asked for a worker")

    def usage(self) -> tuple[float, bool]:
        """The CPU seconds that the child and all it started have used, and whether any of it computes just now."""
        if self._started is None:
            raise WorkerFailed("the worker's parent process is gone")
        reply = self._ask(b"U")
        return float(reply["cpu"]), bool(reply["busy"])

    def end(self, seems_gone: bool = False) -> tuple[str, int]:
        """Ends the child and all it started: the limit it was ended for, and the signal it died of, if by itself."""
        if self._started is None:
            return "", 0
        reply = self._ask(b"G" if seems_gone else b"K")
        return str(reply["limit"]), int(reply["signal"])

    def running(self) -> socket.socket:
        """The control socket of a parent that is ready; WorkerFailed where it does not start."""
        if self._over:
            raise WorkerFailed("grading was ended")
        if self._started is None:
            try:
                self._started = sandboxes.start(self._backend, self._limits, self._modules)
            except NotStarted as error:
                raise WorkerFailed(f"the sandbox {self._backend} does not start: {error}") from None
            if self._over:  # meanwhile
                self.stop()
                raise WorkerFailed("grading was ended")
            self.layers = {**self.layers, "inner": str(self._started.inner)}
            self._started.control.settimeout(START_SECONDS)
            try:
                frames.send(self._started.control, {"fixtures": self._fixtures})
                self._reply()
            except (frames.Gone, NotPlain):
                self.stop()
                raise WorkerFailed("the worker's parent process does not start: is the environment set up?") from None
            self._started.control.settimeout(REPLY_SECONDS)
        return self._started.control

    def stop(self) -> None:
        """Ends the parent with whatever it had started."""
        started, self._started = self._started, None
        if started is not None:
            started.stop()

    def end_for_good(self) -> None:
        """Ends it so that it starts no more: from another thread, while a submission is graded, that fails at once."""
        self._over = True
        self.stop()

    def _ask(self, request: bytes) -> dict[str, Any]:
        try:
            self.running().sendall(request)
            return self._reply()
        except (OSError, frames.Gone, NotPlain) as error:
            self.stop()
            raise WorkerFailed(f"the worker's parent process died: {error}") from None

    def _reply(self) -> dict[str, Any]:
        assert self._started is not None
        control = self._started.control
        reply: dict[str, Any] = frames.receive(control, still_waiting=frames.within(control.gettimeout() or 0))
        return reply


@dataclasses.dataclass
class Budget:
    """The seconds of computing or sleeping that a submission has left, over all its workers."""

    seconds: float


class Worker:
    """One child with these files, which is asked checks, milestones or cells. After a call that ended or exhausted
    it, it cannot be asked again."""

    def __init__(self, parent: WarmParent, lab: Lab, files: Mapping[str, bytes], asked: Asked = "checks") -> None:
        self._parent, self._lab = parent, lab
        self._limits = lab.manifest.limits
        self._imported: set[str] = set()
        self._channel, theirs = socket.socketpair()
        self._channel.settimeout(REPLY_SECONDS)
        self.waited = 0.0  # seconds for answers, those included in which it waited for a busy machine
        with theirs:
            parent.fork(theirs, self._limits)
        self.alive = True
        try:
            frames.send(self._channel, opening_message(lab.manifest, files, asked))
            fault = frames.receive(self._channel, still_waiting=frames.within(REPLY_SECONDS))["fault"]
        except (frames.Gone, NotPlain):
            fault = "a worker died before it was confined"
        if fault:
            self.close()
            raise WorkerFailed(f"the sandbox failed: {fault}")

    def ask(self, check: Check | Milestone, arguments: dict[str, Any], seconds: float) -> tuple[Answer, float]:
        """What it answers on one case of a check, or on a milestone's artefacts, and the seconds that it took; a worker
        that dies, hangs or floods gives an Answer, too. The file of a check is imported before its first case."""
        importing = 0.0
        if isinstance(check, Check) and (file := self._lab.task(check.task).file) not in self._imported:
            self._imported.add(file)
            found, importing = self._call("", {}, self._limits.import_seconds, file)
            if found.status not in ("value", "killed"):
                return Answer("broken", finding=_import_ended(file, found, self._limits)), importing
            if found.status == "killed":
                return found, importing
        found, used = self._call(check.name, arguments, seconds)
        return found, importing + used

    def run_cell(self, source: str, seconds: float) -> tuple[Answer, float]:
        """What the next code cell of a notebook shows (grader/run/cells.py), and the seconds that it took."""
        return self._call("", {"source": source}, seconds)

    def _call(self, check: str, arguments: dict[str, Any], seconds: float, file: str = "") -> tuple[Answer, float]:
        call_id = secrets.token_hex(16)
        call = {"id": call_id, "file": file, "check": check, "arguments": to_plain(arguments), "seconds": seconds}
        watch, least = Stopwatch(self._parent, seconds), 0.0
        try:
            frames.send(self._channel, call)
            message = frames.receive(self._channel, self._limits.output_bytes + 100_000, watch.look)
            found = answer_from_message(message, call_id)
            if found.status == "timeout":  # it stopped itself; what is said of it is ours all the same
                found, least = Answer("timeout", finding=codes.OUT_OF_TIME(seconds=seconds)), seconds
        except frames.Gone:
            found = self._post_mortem()
        except NotPlain as error:
            found = Answer("crashed", finding=codes.SENT_NO_ANSWER(what=error.finding))
        except OutOfTime as error:
            found = Answer("timeout", finding=error.finding)
        found = ran_into(found, self._limits)
        if found.status in ("crashed", "timeout", "limit", "killed"):
            self.close()
        self.waited += watch.waited
        return found, max(least, watch.seconds_used())

    def can_be_asked(self) -> bool:
        """Whether it is alive and has been silent since its last answer; one that has not been is ended."""
        if self.alive and select.select([self._channel], [], [], 0)[0]:
            self.close()
        return self.alive

    def close(self) -> None:
        """Ends the child and everything that it started."""
        if self.alive:
            self.alive = False
            self._channel.close()
            self._parent.end()

    def _post_mortem(self) -> Answer:
        """Why a worker's channel closed during a call."""
        self.alive = False
        self._channel.close()
        limit, died_of = self._parent.end(seems_gone=True)
        if limit:
            return Answer("limit", finding=over_limit(self._limits, limit))
        if died_of in (signal.SIGKILL, signal.SIGTERM):  # which it cannot send itself
            return Answer("killed", finding=codes.KILLED(times=1))
        if died_of in set(signal.Signals):
            return Answer("crashed", finding=codes.DIED_OF_SIGNAL(number=died_of, name=signal.Signals(died_of).name))
        return Answer("crashed", finding=codes.DIED())


def _import_ended(file: str, found: Answer, limits: Limits) -> Finding:
    """What is said where the import of a file never came to an end."""
    if found.status == "timeout":
        return codes.IMPORT_OUT_OF_TIME(file=file, seconds=limits.import_seconds)
    assert found.finding is not None
    return codes.IMPORT_FAILED_SOMEWHERE(file=file, reason=found.finding)


class OutOfTime(Found):
    """A call that took too long."""


class Stopwatch:
    """The seconds that a call computes or sleeps. Time in which it waits for a busy machine is not counted, nor such in
    which the grader was stopped with it: by Ctrl-Z, or with the whole machine. `waited` has the former, too."""

    def __init__(self, parent: WarmParent, seconds: float) -> None:
        self._parent, self._limit = parent, seconds
        self._looked = time.monotonic()
        self._cpu: float | None = None
        self._used = self.waited = 0.0

    def look(self) -> None:
        """Called several times a second while there is no answer; OutOfTime where the call took too long."""
        now = time.monotonic()
        waited = min(now - self._looked, frames.GAP_SECONDS)
        if waited < frames.POLL_SECONDS:
            return
        cpu, busy = self._parent.usage()
        if self._cpu is None:
            self._used = waited
        else:
            computed = max(0.0, cpu - self._cpu)  # that of a process which nobody waited for disappears with it
            self._used += computed if busy else max(computed, waited)
        self._cpu, self._looked, self.waited = cpu, now, self.waited + waited
        if self._used > self._limit + GRACE_SECONDS:
            raise OutOfTime(codes.OUT_OF_TIME(seconds=self._limit))
        wall = WALL_FACTOR * self._limit + WALL_GRACE
        if self.waited > wall:
            raise OutOfTime(codes.NO_ANSWER(seconds=wall))

    def seconds_used(self) -> float:
        """What the call had used at the last look; a short one, which was never looked at, all the time it took."""
        return self._used if self._cpu is not None else min(time.monotonic() - self._looked, frames.GAP_SECONDS)


@contextlib.contextmanager
def workers_for(parent: WarmParent, lab: Lab, files: Mapping[str, bytes]) -> Iterator["Workers"]:
    """The workers of one submission: one, and a fresh one after each that was lost. All are gone at the end."""
    workers = Workers(parent, lab, files, Budget(lab.manifest.limits.submission_seconds))
    try:
        yield workers
    finally:
        workers.close()


def judge_artefacts(
    parent: WarmParent, lab: Lab, milestone: Milestone, files: Mapping[str, bytes], artefacts: Mapping[str, bytes]
) -> Answer:
    """What evaluate.py, one of the lab's `files`, makes of a milestone's artefacts, found in a worker of its own. One
    that is killed from outside is asked again. WorkerFailed where evaluate.py cannot be used."""
    manifest = msgspec.structs.replace(lab.manifest, limits=lab.manifest.limits_of(milestone))
    for _ in range(KILLED):
        worker = Worker(parent, Lab(lab.folder, manifest), files, "milestones")
        found, _seconds = worker.ask(milestone, contents(artefacts), milestone.seconds)
        worker.close()
        if found.status == "broken":
            assert found.finding is not None
            raise WorkerFailed(f"evaluate.py of {lab.name} cannot be used: {Found(found.finding)}")
        if found.status != "killed":
            return found
    return Answer("limit", finding=codes.KILLED(times=KILLED))


class Workers:
    """Asks a submission's worker, and starts a fresh one where the last was lost."""

    def __init__(self, parent: WarmParent, lab: Lab, files: Mapping[str, bytes], budget: Budget) -> None:
        self._parent, self._lab, self._files, self._budget = parent, lab, files, budget
        self._wall = WALL_FACTOR * budget.seconds + WALL_GRACE  # seconds that it may still be waited for
        self._worker: Worker | None = None
        self._unusable: dict[str, Answer] = {}  # files whose import ended a worker: no other one is tried

    def ask(self, check: Check, arguments: dict[str, Any]) -> Answer:
        """What the submission answers on one case. One whose process is killed from outside is asked again."""
        limits, file = self._lab.manifest.limits, self._lab.task(check.task).file
        if file in self._unusable:
            return self._unusable[file]
        for _ in range(KILLED):
            if self._budget.seconds <= 0 or self._wall <= 0:
                return Answer("timeout", finding=codes.SECONDS_USED(seconds=limits.submission_seconds))
            if self._worker is None or not self._worker.can_be_asked():  # what it did to itself costs no other check
                self._worker = Worker(self._parent, self._lab, self._files)
            before = self._worker.waited
            found, seconds = self._worker.ask(check, arguments, check.seconds or limits.check_seconds)
            self._budget.seconds -= seconds
            self._wall -= self._worker.waited - before
            if found.status == "broken" and not self._worker.alive:
                self._unusable[file] = found
            if found.status != "killed":
                return found
        return Answer("limit", finding=codes.KILLED(times=KILLED))

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
