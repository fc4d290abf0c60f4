"""The process in which submitted code runs: python -m grader.workers.worker <control socket> <ParentOptions as JSON>.

A warm parent imports torch once and never runs a submission's code. For each submission it forks a child, which takes a
private folder (the submission, the lab's given files, checks.py), confines itself (confine.py) and answers calls. It
holds no expected value, no reference and no hidden case before its turn. What it prints and how it exits mean
nothing. The parent watches over it, ends it with all that it started, and empties the folder.

For each milestone it forks a child of another kind, confined alike. That one has the lab's given files and what
training saved, and never the submission's code: it says what the lab's evaluate.py makes of the artefacts. A third kind
has the files of the first, and runs the code cells of the report that was handed in.
"""

import contextlib
import ctypes
import dataclasses
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

import msgspec
import numpy as np
import psutil

from grader import codes
from grader.checks import Fixture, checks_of
from grader.checks.fixtures import fixtures_in
from grader.findings import CODES, Finding
from grader.lab import Lab, Limits, Manifest
from grader.lab.limits import refusing
from grader.lab.loading import load_functions, load_modules
from grader.plain import Array, NotPlain, Plain, one_line, pack, printable
from grader.run import confine
from grader.run.answers import Answer, answer
from grader.run.cells import Cells
from grader.run.confine import InnerLayer
from grader.run.scores import score
from grader.workers import frames, usage

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
WATCH_SECONDS = 0.1
PATIENCE = 0.5  # seconds for a child whose channel closed to be seen to have died
NO_SOCKET = 78  # the exit status where there is no control socket at the address
FILES_BYTES = 2_000_000_000  # the files of a submission and of its lab, or what training saved


Asked = Literal["checks", "milestones", "cells"]


@dataclasses.dataclass(frozen=True)
class ParentOptions:
    """What a warm parent is started with, as one argument of its command line."""

    work: str  # the folder of a child, one child after another
    limits: Limits  # the largest of any child
    inner: InnerLayer
    modules: Sequence[str] | None  # None: only say whether children can be confined


def main() -> None:
    """The warm parent: says whether children can be confined here, imports, then forks one child at a time."""
    options = msgspec.json.decode(sys.argv[2], type=ParentOptions)
    try:
        _serve(_connect(sys.argv[1]), options)
    except frames.Gone:  # the grader was ended meanwhile
        pass
    finally:
        with contextlib.suppress(OSError):  # it may be a mount
            usage.empty(Path(options.work))
            os.rmdir(options.work)


def _serve(control: socket.socket, options: ParentOptions) -> None:
    _adopt_orphans()
    fault = trial(options)
    frames.send(control, {"fault": fault})
    if fault or options.modules is None:
        return
    source = frames.receive(control)["fixtures"]
    for name in ("labs.common", *options.modules):
        importlib.import_module(name)
    import torch

    from grader.checks.devices import warm_up

    torch.set_num_threads(1)
    warm_up()
    fixtures = fixtures_in(source)
    for each in fixtures.values():
        each.copy()  # builds it
    usage.empty(Path(options.work))  # where torch has made a folder for its caches
    gc.freeze()
    frames.send(control, {"ready": True})
    Parent(control, options, fixtures).serve()


def _connect(address: str) -> socket.socket:
    """The control socket: inherited (a number), or to be connected to (a path)."""
    if address.isdecimal():
        return socket.socket(fileno=int(address))
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        control.connect(address)
    except FileNotFoundError:
        print(f"there is no control socket at {address}", file=sys.stderr)
        sys.exit(NO_SOCKET)
    return control


def trial(options: ParentOptions) -> str:
    """Confines a child that does nothing else: why that is not possible, or an empty string."""
    try:
        confine.prepare(options.inner)
    except confine.NotConfined as error:
        return str(error)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            confine.enter(Path(options.work), options.limits, options.inner)
        except (confine.NotConfined, OSError, ValueError) as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    return said or (f"a confined process ended with status {status}" if status else "")


def _adopt_orphans() -> None:
    """Makes this process the parent of whatever its children leave behind, so that it can be ended and reaped."""
    if sys.platform == "linux":  # elsewhere only what stays in a child's process group is ended with it
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Has the kernel kill this process when the one that forked it dies, however that was."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Parent:
    """Serves the grader on the control socket: F and a message with its limits forks a child, U says what it used, K or
    G (it seems gone) ends it.

    There is one child at a time, so that every descendant belongs to it.
    """

    def __init__(self, control: socket.socket, options: ParentOptions, fixtures: Mapping[str, Fixture]) -> None:
        self._control, self._options, self._fixtures = control, options, fixtures
        self._work = Path(options.work)
        self._limits = options.limits  # the child's
        self._child: psutil.Process | None = None
        self._resident = 0  # bytes that a child shares with this process when it is forked
        self._hit = ""  # the limit for which a child was ended
        self._ended = False  # by this process, and not from outside

    def serve(self) -> None:
        """Until the grader closes the socket, or is gone."""
        try:
            while True:
                waiting = WATCH_SECONDS if self._child else None
                if not select.select([self._control], [], [], waiting)[0]:
                    self._watch()
                    continue
                request, descriptors, *_ = socket.recv_fds(self._control, 1, 1)
                if request == b"F":
                    self._fork(descriptors[0], msgspec.convert(frames.receive(self._control), Limits))
                elif request == b"U":
                    self._watch()
                    frames.send(self._control, self._usage())
                elif request in (b"K", b"G"):
                    frames.send(self._control, self._end(PATIENCE if request == b"G" else 0))
                else:
                    return
        finally:
            self._end()

    def _fork(self, descriptor: int, limits: Limits) -> None:
        usage.empty(self._work)
        self._limits, self._hit, self._ended = limits, "", False
        self._resident = usage.resident_bytes(os.getpid())
        pid = os.fork()
        if pid == 0:
            os.closerange(3, descriptor)  # the control socket above all
            os.closerange(descriptor + 1, limits.open_files)
            die_with_parent()
            run_child(socket.socket(fileno=descriptor), self._work, self._options.inner, self._fixtures)
        os.close(descriptor)
        self._child = psutil.Process(pid)
        frames.send(self._control, {"forked": True})

    def _family(self) -> list[psutil.Process]:
        """The child and everything that it started."""
        if self._child is None:
            return []
        return psutil.Process().children(recursive=True) if self._limits.processes > 1 else [self._child]

    def _usage(self) -> dict[str, Plain]:
        """CPU seconds so far, and whether anything of it computes, or waits for the disk, at this moment."""
        seconds, busy = 0.0, False
        for process in self._family():
            with contextlib.suppress(psutil.Error, OSError):
                seconds += sum(process.cpu_times()[:4])
                busy = busy or usage.is_busy(process.pid)
        return {"cpu": seconds, "busy": busy}

    def _watch(self) -> None:
        """Ends a child that is over a limit which the kernel does not count, or whose main thread is gone."""
        if self._child is None:
            return
        limits = self._limits
        memory = threads = processes = 0
        disk = usage.disk_bytes(self._work, limits.disk_bytes)
        for process in self._family():
            with contextlib.suppress(psutil.Error, OSError):
                memory += max(0, usage.resident_bytes(process.pid) - self._resident)
                threads += usage.tasks(process.pid)
                processes += 1
                disk += usage.nameless_bytes(process.pid, self._work, limits.disk_bytes)
        used = {
            "memory_bytes": (memory, limits.memory_bytes),
            "processes": (processes, limits.processes),
            "threads": (threads, limits.threads),
            "disk_bytes": (disk, limits.disk_bytes),
        }
        over = [name for name, (amount, limit) in used.items() if amount > limit]
        if over:
            self._hit = self._hit or over[0]
        if over or self._child.status() == psutil.STATUS_ZOMBIE:  # what it left behind may hold the channel
            self._ended = self._ended or not usage.is_dead(self._child)
            self._kill()

    def _kill(self) -> None:
        confined = self._options.inner.confined  # where forking is not refused, there may be more than its family
        for process in self._family() if confined else psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()

    def _end(self, patience: float = 0) -> dict[str, Plain]:
        """Kills the child and all that it started, reaps them, and empties the folder. Says which limit it was ended
        for, and by which signal it died, if it did so by itself within `patience` seconds."""
        signalled = 0
        if self._child is not None:
            until = time.monotonic() + patience
            while not usage.is_dead(self._child) and time.monotonic() < until:
                time.sleep(0.001)
            by_itself = usage.is_dead(self._child) and not self._ended
            while True:  # what was forked before its parent was killed is found once that one is reaped
                self._kill()
                try:
                    pid, status = os.waitpid(-1, 0)
                except ChildProcessError:
                    break
                if pid == self._child.pid and by_itself and os.WIFSIGNALED(status):
                    signalled = os.WTERMSIG(status)
            self._child = None
            usage.empty(self._work)
        return {"limit": self._hit, "signal": signalled}


# --- the child --------------------------------------------------------------------------------------------------------


def run_child(channel: socket.socket, work: Path, inner: InnerLayer, fixtures: Mapping[str, Fixture]) -> NoReturn:
    """The child: closes itself in, then answers one call after another until the channel closes."""
    try:
        os.setsid()
        opening = frames.receive(channel, FILES_BYTES)
        lab = Lab(work, msgspec.convert(opening["manifest"], Manifest))  # no file: a submission could write over it
        try:
            for name, content in opening["files"].items():
                (work / name).write_bytes(content.values.tobytes())
            confine.enter(work, lab.manifest.limits, inner)
        except (confine.NotConfined, OSError) as error:  # a full disk, for one
            frames.send(channel, {"fault": str(error)})
        else:
            frames.send(channel, {"fault": ""})
            if opening["asked"] == "checks":
                _answer_calls(channel, lab, work, fixtures)
            elif opening["asked"] == "cells":
                _run_cells(channel, lab, work)
            else:
                _judge_milestones(channel, lab, work)
    except frames.Gone:
        pass
    finally:
        os._exit(0)


def opening_message(manifest: Manifest, files: Mapping[str, bytes], asked: Asked) -> dict[str, Plain]:
    """What a child is told before it is confined: its lab, the files of its folder, and what it will be asked."""
    return {"manifest": msgspec.to_builtins(manifest), "files": contents(files), "asked": asked}


def contents(files: Mapping[str, bytes]) -> dict[str, Plain]:
    """Files by name, as they cross."""
    return {name: Array(np.frombuffer(data, dtype=np.uint8), tensor=False) for name, data in files.items()}


def _answer_calls(channel: socket.socket, lab: Lab, folder: Path, fixtures: Mapping[str, Fixture]) -> None:
    [module] = load_modules(folder, ["checks"])
    checks = {check.name: check for check in checks_of(module)}
    sys.path.insert(0, str(folder))
    functions: dict[str, Any] = {}
    while True:
        call = frames.receive(channel)
        with refusing(lab.manifest.limits, folder):
            if file := call["file"]:
                functions.update(load_functions(lab, folder, [file]))
                found = Answer("value")
            else:
                check = checks[call["check"]]
                found = answer(check, functions, call["arguments"], folder, call["seconds"], fixtures)
        _reply(channel, call["id"], found, lab.manifest.limits)


def _run_cells(channel: socket.socket, lab: Lab, folder: Path) -> None:
    cells = Cells(folder)
    sys.path.insert(0, str(folder))
    while True:
        call = frames.receive(channel)
        with refusing(lab.manifest.limits, folder):
            found = cells.run(call["arguments"]["source"], call["seconds"])
        _reply(channel, call["id"], found, lab.manifest.limits)


def _reply(channel: socket.socket, call_id: str, found: Answer, limits: Limits) -> None:
    reply = answer_to_message(found)
    if len(pack(reply)) > limits.output_bytes:
        reply = answer_to_message(Answer("unusable", limit="output_bytes"))
    frames.send(channel, {"id": call_id, **reply})


def _judge_milestones(channel: socket.socket, lab: Lab, folder: Path) -> None:
    milestones = {milestone.name: milestone for milestone in lab.manifest.milestones}
    while True:
        call = frames.receive(channel, FILES_BYTES)
        files = {name: content.values.tobytes() for name, content in call["arguments"].items()}
        found = score(folder, milestones[call["check"]], files, folder / "artefacts")
        frames.send(channel, {"id": call["id"], **answer_to_message(found)})


def answer_to_message(found: Answer) -> dict[str, Plain]:
    """An answer as it crosses."""
    return {
        "status": found.status,
        "value": found.value,
        "finding": msgspec.to_builtins(found.finding),
        "todo": found.todo,
        "limit": found.limit,
        "trace": found.trace,
        "changed": [list(place) for place in found.changed],
        "used_global_random_state": found.used_global_random_state,
    }


MESSAGE = {"status": str, "todo": str, "limit": str, "trace": str, "changed": list, "used_global_random_state": bool}
STATUSES = ("value", "todo", "raised", "unusable", "broken", "timeout")


def answer_from_message(message: Plain, id: str) -> Answer:
    """The answer in a message from a worker nobody trusts; NotPlain where it is anything else."""
    if not isinstance(message, dict) or message.keys() != {"id", "value", "finding", *MESSAGE} or message["id"] != id:
        raise NotPlain(codes.MALFORMED(what="no answer to the question"))
    if any(type(message[key]) is not kind for key, kind in MESSAGE.items()):
        raise NotPlain(codes.MALFORMED(what="answer"))
    if message["status"] not in STATUSES:
        raise NotPlain(codes.MALFORMED(what="status of an answer"))
    finding = None if message["status"] == "timeout" else finding_from_message(message["finding"])
    if finding is None and message["status"] not in ("value", "timeout") and message["limit"] != "output_bytes":
        raise NotPlain(codes.MALFORMED(what="answer without a finding"))
    places = [place for place in message["changed"][:10] if isinstance(place, list) and len(place) == 2]
    return Answer(
        message["status"],
        message["value"],
        finding,
        printable(message["todo"], 200),
        printable(message["limit"], 200),
        printable(message["trace"]),
        tuple((one_line(str(argument)), one_line(str(function))) for argument, function in places),
        message["used_global_random_state"],
    )


def finding_from_message(data: Plain) -> Finding | None:
    """A finding as it crossed: of a code that a worker may send, with that code's values, or of the lab's own.

    What only the grader knows (limits, deaths) it does not take from a worker: their values are shown to students.
    """
    try:
        finding = msgspec.convert(data, Finding | None)
    except (msgspec.ValidationError, RecursionError):
        raise NotPlain(codes.MALFORMED(what="finding")) from None
    if finding is None or finding == codes.TODO() or not (known := CODES.get(finding.code)):
        return finding
    if known.kind in ("limits", "death", "private") or set(finding.values) != set(known.values):
        raise NotPlain(codes.MALFORMED(what="finding"))
    return finding


if __name__ == "__main__":
    main()
