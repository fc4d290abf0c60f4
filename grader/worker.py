"""The process in which submitted code runs: python -m grader.worker <control socket> <modules to import beforehand>.

A warm parent imports torch once and never runs a submission's code. For each submission it forks a child that is
given a private folder (the submission, the lab's given files, checks.py) and a channel on which it answers
calls. It holds no expected value, no reference and no hidden case before its turn. What it prints and how it exits mean
nothing.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import resource
import signal
import socket
import sys
import tempfile
from pathlib import Path

import msgspec
import psutil

from grader import frames
from grader.answers import Answer, answer
from grader.checks import checks_of
from grader.lab import Lab, Limits, Manifest
from grader.loading import load_functions, load_modules
from grader.plain import NotPlain, Plain, pack, printable

OPEN_FILES = 256
PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """The warm parent: forks a child for each request on the control socket, and reaps the one it is told to."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        importlib.import_module(name)
    import torch

    adopt_orphans()
    torch.set_num_threads(1)
    _warm_up_fake_tensors()
    gc.freeze()
    control.sendall(b"R")
    while True:
        request, descriptors, *_ = socket.recv_fds(control, 1, 1)
        if not request:
            return
        if request == b"F":
            [descriptor] = descriptors
            pid = os.fork()
            if pid == 0:
                control.close()
                serve(socket.socket(fileno=descriptor))
            os.close(descriptor)
            control.sendall(pid.to_bytes(4, "big"))
        else:  # b"K": everything of that child has to go
            end(int.from_bytes(control.recv(4), "big"))
            control.sendall(b"K")


def adopt_orphans() -> None:
    """Makes this process the parent of whatever its children leave behind, so that it can be ended and reaped."""
    if sys.platform == "linux":  # elsewhere only what stays in a child's process group is ended with it
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end(pid: int) -> None:
    """Kills a child with its process group, then every orphan; there is one child at a time, so that all are its."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    while children := psutil.Process().children():
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _warm_up_fake_tensors() -> None:
    """The device checks need this, and its imports cost more than a second: once for all submissions."""
    from torch._subclasses import FakeTensorMode

    FakeTensorMode()


def serve(channel: socket.socket) -> None:
    """The child: closes itself in, then answers one call after another until the channel closes. Never returns."""
    try:
        os.setsid()
        opening = frames.receive(channel)
        folder = Path(opening["folder"])
        lab = Lab(folder, msgspec.convert(opening["manifest"], Manifest))  # no file: a submission could write over it
        confine(folder, lab.manifest.limits)
        _answer_calls(channel, lab, folder)
    except frames.Gone:
        pass
    finally:
        os._exit(0)


def confine(folder: Path, limits: Limits) -> None:
    """A private folder, no standard streams, no environment to speak of, and limits on what may be used."""
    os.chdir(folder)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
    os.environ.update(HOME=str(folder), TMPDIR=str(folder))
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    if sys.platform == "linux":  # elsewhere the limit is not enforced
        _limit(resource.RLIMIT_DATA, _data_bytes() + limits.memory_bytes)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _data_bytes() -> int:
    """The private memory this process has already, as Linux counts it for RLIMIT_DATA."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def _answer_calls(channel: socket.socket, lab: Lab, folder: Path) -> None:
    [module] = load_modules(folder, ["checks"])
    checks = {check.name: check for check in checks_of(module)}
    sys.path.insert(0, str(folder))
    functions: dict[str, object] = {}
    while True:
        call = frames.receive(channel)
        check = checks[call["check"]]
        file = lab.task(check.task).file
        if not any(name in functions for name in lab.task(check.task).functions):
            functions.update(load_functions(lab, folder, [file]))
        found = answer(check, functions, call["arguments"], folder, call["seconds"])  # type: ignore[arg-type]
        reply = answer_to_message(found)
        if len(pack(reply)) > lab.manifest.limits.message_bytes:
            too_much = f"it returned more than {lab.manifest.limits.message_bytes:,} bytes"
            reply = answer_to_message(Answer("unusable", text=too_much))
        frames.send(channel, {"id": call["id"], **reply})


def answer_to_message(found: Answer) -> dict[str, Plain]:
    """An answer as it crosses."""
    return {
        "status": found.status,
        "value": found.value,
        "text": found.text,
        "trace": found.trace,
        "changed": list(found.changed),
        "used_global_random_state": found.used_global_random_state,
    }


def answer_from_message(message: Plain, id: str) -> Answer:
    """The answer in a message from a worker nobody trusts; NotPlain where it is anything else."""
    kinds = {"status": str, "text": str, "trace": str, "changed": list, "used_global_random_state": bool}
    if not isinstance(message, dict) or message.keys() != {"id", "value", *kinds} or message["id"] != id:
        raise NotPlain("a message that answers no question")
    if any(type(message[key]) is not kind for key, kind in kinds.items()):
        raise NotPlain("a malformed answer")
    if message["status"] not in ("value", "todo", "raised", "unusable", "broken", "timeout"):
        raise NotPlain("an answer of unknown status")
    changed = [item for item in message["changed"] if isinstance(item, str)]
    return Answer(
        message["status"],
        message["value"],
        printable(message["text"]),
        printable(message["trace"]),
        tuple(printable(item) for item in changed[:10]),
        message["used_global_random_state"],
    )


if __name__ == "__main__":
    main()
