"""What attacks share: a machine full of things to steal and to break, submissions that try, and a look at it
afterwards.

Each attack is one submission to the small lab: `double` is attacked, the rest is solved honestly. The grounds are
looked at after every test: what was there is as it was, and nothing of the submission is left.
"""

import contextlib
import dataclasses
import os
import socket
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from grader import codes, sandboxes
from grader.grading import asking as workers
from grader.grading.asking import WarmParent
from grader.grading.submission import Bench, Graded, grade, open_bench
from grader.intake.submissions import Submission
from grader.lab import Lab
from tests.reading import student_reads

RIGHT = {
    "double": "def double(x):\n    return x + x\n",
    "shift": "def shift(xs, by):\n    return [x + by for x in xs]\n",
    "shift_back": "def shift_back(xs, by):\n    return [x - by for x in xs]\n",
    "total": "def total(xs):\n    return float(sum(xs))\n",
}
SECRET = "canary-5d1f0c"
# Fixtures that are a grading run.
RUNS = ("attacked", "hurried", "inside", "several", "bare", "uncounted", "unprotected", "lab3_run")


@pytest.fixture(scope="session")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine's folder with all that a submission must not reach: every file of it holds the secret."""
    root = tmp_path_factory.mktemp("machine")
    names = ("solutions/lab90/hidden.py", "submitted/alice/lab90/first.py", "graded/alice/lab90/result.json")
    for name in (*names, "home/.ssh/id_ed25519", "home/.bashrc", "course/labs/common/models.py"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {SECRET} in {name}\n")
    return root


@pytest.fixture(scope="session")
def listeners() -> Iterator[dict[str, socket.socket]]:
    """Sockets that somebody else listens on, by name; their addresses are `getsockname()`."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="l")))  # a path of 108 bytes at most
        inet, stream, datagram = socket.AF_INET, socket.SOCK_STREAM, socket.SOCK_DGRAM
        wanted: dict[str, tuple[int, int, object]] = {
            "tcp": (inet, stream, ("127.0.0.1", 0)),
            "udp": (inet, datagram, ("127.0.0.1", 0)),
            "unix": (socket.AF_UNIX, stream, str(folder / "stream")),
            "unix datagram": (socket.AF_UNIX, datagram, str(folder / "datagram")),
            "abstract": (socket.AF_UNIX, stream, f"\0{folder.name}"),
        }
        if _has_ipv6():
            wanted["tcp6"] = (socket.AF_INET6, stream, ("::1", 0))
        found = {}
        for name, (family, kind, address) in wanted.items():
            listener = found[name] = stack.enter_context(socket.socket(family, kind))
            listener.bind(address)
            if kind == stream:
                listener.listen(1)
            listener.setblocking(False)
            if name.startswith("unix"):
                os.chmod(str(address), 0o777)
        folder.chmod(0o777)
        yield found


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which sandboxes have theirs."""
    return tmp_path_factory.mktemp("tmp")


@pytest.fixture(scope="session")
def opened(temporary: Path) -> Iterator[Callable[[Lab, str], Bench]]:
    """Opens a grading run of a lab in a sandbox, with a secret in the grader's environment and limits soon reached.
    Whatever an attack tries is left to the sandbox."""
    with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_TOKEN", SECRET)
        patch.setattr(workers, "GRACE_SECONDS", 0.2)

        def open_in(lab: Lab, backend: str) -> Bench:
            with pytest.MonkeyPatch.context() as moment:
                moment.setattr(tempfile, "tempdir", str(temporary))
                parent = stack.enter_context(WarmParent(lab.manifest.limits, backend))
            limits = msgspec.structs.replace(lab.manifest.limits, by_name=False)
            attackable = msgspec.structs.replace(lab, manifest=msgspec.structs.replace(lab.manifest, limits=limits))
            return open_bench(attackable, parent, seed=3)

        yield open_in


@pytest.fixture(scope="session")
def hurried(opened: Callable[[Lab, str], Bench], small_lab: Lab) -> Bench:
    """The run for attacks that take time without end, of which there is little."""
    return opened(small_lab, sandboxes.choose("auto", small_lab.manifest.limits))


@pytest.fixture(scope="session")
def patient() -> Callable[[Bench], Bench]:
    """The same run with time enough, on a busy machine, too, for what an attack runs into to be what stops it."""

    def with_time(run: Bench) -> Bench:
        manifest = run.lab.manifest
        limits = msgspec.structs.replace(manifest.limits, check_seconds=20)
        lab = msgspec.structs.replace(run.lab, manifest=msgspec.structs.replace(manifest, limits=limits))
        return dataclasses.replace(run, lab=lab)

    return with_time


@pytest.fixture(scope="session")
def attacked(hurried: Bench, patient: Callable[[Bench], Bench]) -> Bench:
    """The run that all others are made on, in the same sandbox, the one that this machine would take."""
    return patient(hurried)


@pytest.fixture(scope="session")
def processes() -> Callable[[Bench], set[int]]:
    """The processes of a run's sandbox, by their numbers."""
    return lambda run: set(family(run.parent))


@pytest.fixture
def submit(tmp_path: Path) -> Callable[..., Graded]:
    """Grades a submission in which some functions are written anew, with some lines before them."""

    def graded(run: Bench, before: str = "", **functions: str) -> Graded:
        texts = {**RIGHT, **functions}
        first = "\n\n".join([textwrap.dedent(before), texts["double"], texts["shift"], texts["shift_back"]])
        (tmp_path / "first.py").write_text(first, encoding="utf-8")
        (tmp_path / "second.py").write_text(texts["total"], encoding="utf-8")
        return grade(run, Submission("mallory", tmp_path, []))

    return graded


@pytest.fixture
def attack(attacked: Bench, hurried: Bench, submit: Callable[..., Graded]) -> Callable[..., str]:
    """Makes an attack, the body of double(x), and says what the message of its public check is.

    Its outcome is the one expected on both sides, it earns only what its values earn, costs no other task anything, and
    needs no person but for a file of which nothing is left. A limit is told in the same words of public and of hidden
    cases.
    """

    def attempt(
        body: str, outcome: str = "failed", before: str = "", shift: str = "passed", totals: str = "passed"
    ) -> str:
        double = "def double(x):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
        graded = submit(hurried if outcome == "timeout" else attacked, before, double=double)
        found = {(check.check, check.visibility): check for check in graded.result.checks}
        message = student_reads(found["doubled", "public"]).removeprefix("case 'three': ")
        hidden = student_reads(found["doubled", "hidden"])
        outcomes = {"doubled": outcome, "shifted": shift, "totals": totals}
        assert {key: check.outcome for key, check in found.items()} == {
            (check, side): outcomes[check] for check in outcomes for side in ("public", "hidden")
        }, (message, hidden)
        assert graded.result.score == 2.0 * list(outcomes.values()).count("passed")
        unusable = [finding for finding in graded.attention if codes.FILE_UNUSABLE.made(finding)]
        assert graded.attention == unusable
        assert not unusable or (shift, totals) != ("passed", "passed"), "only a file that is lost needs one"
        assert len(graded.result.checks) == len(found), "each check once on each side"
        assert outcome == "passed" or (message and hidden), "in words"
        if outcome == "timeout":
            assert hidden == "not asked, since the published cases took too long already"
        if message.startswith("it ran into"):
            assert hidden == message
        return message

    return attempt


# --- what is looked at afterwards -------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def machine_is_as_it_was(request: pytest.FixtureRequest, canary: Path, temporary: Path) -> Iterator[None]:
    """Of files, processes and sockets, after every test that ran a submission."""
    names = [name for name in (*RUNS, "listeners") if name in request.fixturenames]
    held = {name: request.getfixturevalue(name) for name in names}
    parents = [held[name].parent for name in RUNS if isinstance(held.get(name), Bench)]
    files, folders = tree(canary), sorted(os.listdir(temporary))
    processes, us = [family(parent) for parent in parents], facts(os.getpid())
    yield
    assert tree(canary) == files
    assert sorted(os.listdir(temporary)) == folders
    assert [path for name in folders for path in (temporary / name).glob("*") if path.name != "meeting"] == []
    until = time.monotonic() + 10
    while (now := [family(parent) for parent in parents]) != processes and time.monotonic() < until:
        os.sched_yield()  # a process that was killed takes a moment to go
    assert now == processes, "no process is left, and the warm parent is the same"
    assert facts(os.getpid()) == us
    for name, listener in held.get("listeners", {}).items():
        assert heard(listener) == "", f"somebody reached {name}"


def tree(root: Path) -> dict[str, tuple[object, ...]]:
    """Every file and folder below `root`: contents, owner, rights, links and times."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (content, status.st_mode, status.st_uid, status.st_nlink, status.st_mtime_ns)
    return found


def family(parent: WarmParent) -> dict[int, tuple[object, ...]]:
    """The processes of a sandbox, each with what somebody could change about it. In a container: of the container."""
    started = parent._started
    assert started is not None
    mine = psutil.Process(started.process.pid)
    pids = [mine.pid, *(child.pid for child in mine.children(recursive=True))]
    words = list(started.process.args)
    if "--name" in words:
        command = [words[0], "top", words[words.index("--name") + 1], "-eo", "pid"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[1:]
        pids += [int(pid) for pid in listed]
    return {pid: facts(pid) for pid in pids}


def facts(pid: int) -> tuple[object, ...]:
    """What one process could change about another: whether it is stopped, its priority, its processors, its limits."""
    try:
        process = psutil.Process(pid)
        stopped = process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
        return (stopped, process.nice(), process.cpu_affinity(), process.rlimit(psutil.RLIMIT_NOFILE))
    except psutil.Error:
        return ("gone",)


def heard(listener: socket.socket) -> str:
    """Whoever connected to a listener, or what was sent to it; nothing where it was left alone."""
    with contextlib.suppress(BlockingIOError):
        if listener.type == socket.SOCK_DGRAM:
            return repr(listener.recv(100))
        connection, _ = listener.accept()
        connection.close()
        return "a connection"
    return ""
