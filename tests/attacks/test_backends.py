"""The few attacks that tell most, in every sandbox that works on this machine; and what each leaves when it is gone."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from grader import sandboxes
from grader.errors import Refused
from grader.grading.asking import workers_for
from grader.grading.submission import Bench, Graded, worker_files
from grader.intake.staging import Staged
from grader.lab import ROOT, Lab, Limits
from grader.run.confine import InnerLayer
from grader.sandboxes import bubblewrap, container, surroundings, unshare
from grader.sandboxes.parent import command
from grader.workers.worker import NO_SOCKET, ParentOptions
from tests.reading import student_reads

Opened = Callable[[Lab, str], Bench]
REFUSED = "it raised PermissionError: [Errno 1] Operation not permitted"


def backends() -> list[str]:
    return [name for name in sandboxes.backends() if sandboxes.protects(name)]


@pytest.fixture(scope="session")
def runs(opened: Opened, small_lab: Lab) -> Callable[[str], Bench]:
    """One run for each backend, opened when it is first asked for; skipped where the machine does not have it."""
    found: dict[str, Bench] = {}

    def run(backend: str) -> Bench:
        if reason := sandboxes.why_not(backend, small_lab.manifest.limits):
            pytest.skip(reason)
        if backend not in found:
            found[backend] = opened(small_lab, backend)
        return found[backend]

    return run


@pytest.fixture(params=backends())
def inside(request: pytest.FixtureRequest, runs: Callable[[str], Bench]) -> Bench:
    return runs(request.param)


TELLING = {
    "a file outside": ("open(CANARY).read()", ("PermissionError", "FileNotFoundError")),
    "a file outside, to be written": ("open(CANARY, 'a').write('x')", ("PermissionError", "FileNotFoundError")),
    "its rights": ("os.chmod(CANARY, 0o777)", ("PermissionError",)),
    "the answers": ("open(HIDDEN).read()", ("PermissionError", "FileNotFoundError")),
    "the kit": ("os.listdir(ROOT)", ("PermissionError",)),
    "the environment of its parent": ("open(f'/proc/{os.getppid()}/environ').read()", ("PermissionError", "FileN")),
    "its own memory map": ("open('/proc/self/maps').read()", ("PermissionError", "FileNotFoundError")),
    "the network": ("socket.create_connection(TCP, 0.2)", ("PermissionError",)),
    "a socket of the machine": ("socket.socket(socket.AF_UNIX).connect(UNIX)", ("PermissionError",)),
    "its parent": ("os.kill(os.getppid(), 9)", ("PermissionError",)),
    "the grader": ("os.kill(GRADER, 9)", ("PermissionError",)),
    "a process": ("os.fork()", ("PermissionError",)),
    "another program": ("os.execv('/bin/true', ['true'])", ("PermissionError",)),
    "other namespaces": ("ctypes.CDLL(None, use_errno=True).unshare(0x10000000) or 1/0", ("ValueError: -1",)),
    "another user": ("os.setuid(0)", ("PermissionError",)),
}


@pytest.mark.parametrize("what", TELLING)
def test_in_every_sandbox_there_is_no_way_to(
    what: str,
    inside: Bench,
    submit: Callable[..., Graded],
    canary: Path,
    listeners: dict[str, socket.socket],
    small_lab: Lab,
) -> None:
    code, refusals = TELLING[what]
    names = {
        "CANARY": str(canary / "graded/alice/lab90/result.json"),
        "HIDDEN": str(small_lab.path("hidden.py")),
        "ROOT": str(ROOT),
        "GRADER": os.getpid(),
        "TCP": listeners["tcp"].getsockname(),
        "UNIX": listeners["unix"].getsockname(),
    }
    before = "import ctypes, os, socket\n" + "\n".join(f"{name} = {value!r}" for name, value in names.items())
    graded = submit(inside, before, double=f"def double(x):\n    raise ValueError({code})\n")
    message = student_reads(graded.result.checks[0])
    assert message.removeprefix("case 'three': it raised ").startswith(refusals)
    assert (graded.result.score, graded.attention) == (4, [])


LIMITED = {
    "memory": ("a = []\nwhile True: a.append(bytearray(10**6))", "100 MB of memory (memory_bytes in lab.toml)"),
    "the disk": ("while True: open(str(len(os.listdir())), 'wb').write(bytes(9**5))", "1 MB on disk (disk_bytes"),
    "names on the disk": (
        "for n in range(5_000): open(str(n), 'wb').close()\ntime.sleep(600)",
        "1 MB on disk (disk_bytes in lab.toml)",
    ),
    "files without a name": (
        "held = []\nfor n in range(20):\n    held.append(open('a', 'wb', 0)); held[-1].write(bytes(900_000))\n"
        "    os.unlink('a')\ntime.sleep(600)",
        "1 MB on disk (disk_bytes in lab.toml)",
    ),
    "mapped files without a name": (
        "held = []\nfor n in range(20):\n    f = open('a', 'wb+', 0); f.write(bytes(900_000)); os.unlink('a')\n"
        "    held.append(mmap.mmap(f.fileno(), 4096)); f.close()\ntime.sleep(600)",
        "1 MB on disk (disk_bytes in lab.toml)",
    ),
    "threads": (
        "threading.stack_size(32768)\nwhile True: threading.Thread(target=time.sleep, args=(600,)).start()",
        "it ran into a limit: 64 threads at a time",  # the watch counts them, or the kernel a user's
    ),
    "time": ("while True: pass", "it was stopped after 0.3 seconds"),
    "time asleep": ("time.sleep(600)", "it was stopped after 0.3 seconds"),
}


@pytest.mark.parametrize("what", LIMITED)
def test_in_every_sandbox_there_is_a_limit_on(
    what: str, inside: Bench, patient: Callable[[Bench], Bench], submit: Callable[..., Graded]
) -> None:
    code, words = LIMITED[what]
    double = "def double(x):\n" + textwrap.indent(code, "    ")
    run = inside if what.startswith("time") else patient(inside)
    graded = submit(run, "import mmap, os, threading, time", double=double)
    assert words in student_reads(graded.result.checks[0])
    assert (graded.result.score, graded.attention) == (4, [])


def test_in_every_sandbox_a_right_submission_earns_everything_and_both_layers_are_named(
    inside: Bench, submit: Callable[..., Graded]
) -> None:
    graded = submit(inside)
    assert (graded.result.score, graded.attention) == (6, [])
    layers = graded.result.sandbox
    backend = inside.parent._backend
    assert layers["outer"] == ("none" if backend == "process" else backend)
    assert layers["inner"].startswith("landlock, seccomp, rlimits")


def test_in_every_sandbox_the_kernel_says_that_a_worker_is_confined(
    inside: Bench, processes: Callable[[Bench], set[int]]
) -> None:
    """Whatever the grader says of it: the worker has no capability, gets none, and is under a filter of calls."""
    given = worker_files(inside.lab, Staged({"first.py": b"def double(x):\n    return x + x\n"}, []))
    before = processes(inside)
    with workers_for(inside.parent, inside.lab, given) as asked:
        assert asked.ask(inside.reference.checks[0], {"x": 1.0}).value == 2.0
        [worker] = processes(inside) - before
        lines = Path(f"/proc/{worker}/status").read_text(errors="replace").splitlines()
    status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    found = [status[name] for name in ("CapPrm", "CapEff", "NoNewPrivs", "Seccomp")]
    assert found == [["0" * 16], ["0" * 16], ["1"], ["2"]]
    if "own user" in inside.parent.layers["inner"]:
        assert status["Uid"][0] not in ("0", str(os.getuid()))


# What each namespace hides, tried by a program that nothing else confines. Files are Landlock's where unshare is used.
OUTER = """
import os, socket, sys
backend, file, port = sys.argv[1:]
found = []
try:
    socket.create_connection(("127.0.0.1", int(port)), 1)
    found.append("the network")
except OSError:
    pass
if len([name for name in os.listdir("/proc") if name.isdecimal()]) > 3:
    found.append("processes")
if backend != "unshare" and os.path.exists(file):
    found.append("files")
print(*found)
"""


@pytest.mark.parametrize("backend", ["bubblewrap", "unshare", "none"])
def test_namespaces_alone_hide_the_network_processes_and_files(
    backend: str, canary: Path, listeners: dict[str, socket.socket]
) -> None:
    """The inner layer stops the attacks above already: that there is an outer one shows only without it."""
    if reason := sandboxes.why_not(backend, Limits()):
        pytest.skip(reason)
    around: list[str] = []
    if backend == "bubblewrap":
        around = bubblewrap.namespaces(surroundings.FOLDER, Limits())
    elif backend == "unshare":
        around = unshare.namespaces(unshare.spare_folder(), Limits())
    file, port = str(canary / "graded/alice/lab90/result.json"), str(listeners["tcp"].getsockname()[1])
    command = [*around, sys.executable, "-c", OUTER, backend, file, port]
    told = subprocess.check_output(command, text=True, cwd="/").strip()
    if backend == "none":
        assert told == "the network processes files", "so that the others mean something"
        listeners["tcp"].accept()[0].close()
    else:
        assert told == ""


# --- more processes than one ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def several(opened: Opened, small_lab: Lab) -> Bench:
    """A run of a lab that allows four processes."""
    manifest = small_lab.manifest
    limits = msgspec.structs.replace(manifest.limits, processes=4)
    lab = Lab(small_lab.folder, msgspec.structs.replace(manifest, limits=limits))
    run = opened(lab, sandboxes.choose("auto", limits))
    run.parent.running()
    if "own user" not in run.parent.layers["inner"]:
        pytest.skip("several processes are allowed only where workers have a user of their own (a container)")
    return run


PROCESSES = "it ran into a limit: 4 processes at a time, its own included (processes in lab.toml)"
FAMILIES = {
    "a fork bomb": ("while True:\n    try: os.fork()\n    except OSError: pass", PROCESSES),
    "sleepers": ("for _ in range(9):\n    if os.fork() == 0: time.sleep(600)\ntime.sleep(600)", PROCESSES),
    "sleepers that left their session": (
        "for _ in range(9):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork(): os._exit(0)\n"
        "        time.sleep(600)\ntime.sleep(600)",
        PROCESSES,
    ),
    "memory of several": (
        "for _ in range(3):\n    if os.fork() == 0: a = bytearray(b'x' * 40_000_000); time.sleep(600)\ntime.sleep(600)",
        "it ran into a limit: 100 MB of memory (memory_bytes in lab.toml)",
    ),
    "time of another": ("if os.fork() == 0:\n    while True: pass\nos.wait()", "it was stopped after 0.3 seconds"),
    "time of many, one after another": (
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nwhile True:\n    if os.fork() == 0:\n        until = "
        "time.process_time() + 0.3\n        while time.process_time() < until: pass\n        os._exit(0)\n"
        "    try: os.wait()\n    except ChildProcessError: pass",
        "it was stopped after 0.3 seconds",
    ),
    "a parent that leaves the channel to its child": (
        "if os.fork() == 0: time.sleep(600)\nos._exit(0)",
        "its process ended during the call",
    ),
    "a child that kills its parent": (
        "parent = os.getpid()\nif os.fork() == 0:\n    try: os.kill(parent, 9)\n    finally: os._exit(0)\n"
        "os.wait()\nraise ValueError('alive')",
        "it raised ValueError: alive",
    ),
    "a child in a namespace of its own": (
        "import ctypes\nraise ValueError(ctypes.CDLL(None).syscall(56, 0x10000000 | 17, 0, 0, 0, 0))",
        "it raised ValueError: -1",
    ),
    "another program": ("os.execv('/bin/true', ['true'])", REFUSED),
}


@pytest.mark.parametrize("what", FAMILIES)
def test_where_several_processes_are_allowed_they_share_the_limits(
    what: str, several: Bench, submit: Callable[..., Graded]
) -> None:
    code, words = FAMILIES[what]
    double = "def double(x):\n" + textwrap.indent(code, "    ")
    graded = submit(several, "import os, signal, time", double=double)
    assert student_reads(graded.result.checks[0]) == f"case 'three': {words}"
    assert (graded.result.score, graded.attention) == (4, [])


@pytest.fixture(scope="module")
def uncounted(opened: Opened, small_lab: Lab) -> Bench:
    """A run that allows four processes, where the kernel does not count them."""
    limits = msgspec.structs.replace(small_lab.manifest.limits, processes=4)
    run = opened(Lab(small_lab.folder, msgspec.structs.replace(small_lab.manifest, limits=limits)), "process")
    run.parent.running()
    if "own user" in run.parent.layers["inner"]:
        pytest.skip("here workers have a user of their own")
    return run


def test_where_processes_cannot_be_counted_none_is_allowed(uncounted: Bench, submit: Callable[..., Graded]) -> None:
    """Without a user of its own a fork bomb would have no bound that the kernel keeps."""
    graded = submit(uncounted, "import os", double="def double(x):\n    os.fork()\n    return x + x\n")
    assert student_reads(graded.result.checks[0]).startswith("case 'three': it raised PermissionError: [Errno 1]")


LEFT = {
    "a sleeper": "time.sleep(600)",
    "a sleeper that ignores its end": (
        "for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nos.closerange(0, 64)\ntime.sleep(600)"
    ),
    "a sleeper in a session of its own": "os.setsid()\nif os.fork() == 0: time.sleep(600)\nos._exit(0)",
}


def leaving(what: str) -> str:
    """A right double that leaves a process behind."""
    child = textwrap.indent(LEFT[what], " " * 8)
    return f"def double(x):\n    if x == 3.0 and os.fork() == 0:\n{child}\n    return x + x\n"


@pytest.mark.parametrize("what", LEFT)
def test_processes_that_are_left_behind_end_with_the_submission(
    what: str, several: Bench, submit: Callable[..., Graded]
) -> None:
    assert submit(several, "import os, signal, time", double=leaving(what)).result.score == 6


@pytest.fixture(params=[1, 4], scope="module")
def bare(request: pytest.FixtureRequest, opened: Opened, small_lab: Lab) -> Bench:
    """A run without a sandbox, where anybody may fork: all that counts and ends processes is the parent's watch."""
    limits = msgspec.structs.replace(small_lab.manifest.limits, processes=request.param)
    return opened(Lab(small_lab.folder, msgspec.structs.replace(small_lab.manifest, limits=limits)), "none")


@pytest.mark.parametrize("what", LEFT)
def test_without_a_sandbox_too_processes_that_are_left_behind_end_with_the_submission(
    what: str, bare: Bench, submit: Callable[..., Graded]
) -> None:
    graded = submit(bare, "import os, signal, time", double=leaving(what))
    assert (graded.result.score, graded.attention) == (6, [])


@pytest.mark.parametrize("bare", [4], indirect=True)
@pytest.mark.parametrize("what", ["sleepers", "sleepers that left their session", "memory of several"])
def test_without_a_sandbox_too_several_processes_share_the_limits(
    what: str, bare: Bench, submit: Callable[..., Graded]
) -> None:
    code, words = FAMILIES[what]
    graded = submit(bare, "import os, signal, time", double="def double(x):\n" + textwrap.indent(code, "    "))
    assert student_reads(graded.result.checks[0]) == f"case 'three': {words}"
    assert (graded.result.score, graded.attention) == (4, [])


# --- what is left of a sandbox ---------------------------------------------------------------------------------------

GRADER = """
import os, sys, tempfile, time
tempfile.tempdir = sys.argv[2]
from grader import sandboxes
from grader.lab import Limits
started = sandboxes.start(sys.argv[1], Limits(), ["json"])
words = [*started.process.args, "--name", "-"]
print(started.process.pid, words[words.index("--name") + 1], flush=True)
time.sleep(600)
"""


@pytest.fixture
def orphan(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str], int, str]]:
    """A grader of our own that has started a sandbox: the backend, the process, what it started, its container."""
    backend = request.param
    if reason := sandboxes.why_not(backend, Limits()):
        pytest.skip(reason)
    temporary = tempfile.mkdtemp(dir=tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", GRADER, backend, temporary], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with process:
        assert process.stdout is not None
        pid, name = process.stdout.readline().split()
        yield backend, process, int(pid), name
        process.kill()


@pytest.mark.parametrize("orphan", backends(), indirect=True)
def test_a_grader_that_is_killed_leaves_no_process_no_container_and_no_folder(
    orphan: tuple[str, subprocess.Popen[str], int, str], tmp_path: Path
) -> None:
    backend, process, pid, name = orphan
    started = psutil.Process(pid)
    family = [started, *started.children(recursive=True)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    psutil.wait_procs(family, timeout=20)
    assert [left for left in family if left.is_running() and left.status() != psutil.STATUS_ZOMBIE] == []
    if name != "-":
        listing = [backend, "ps", "--all", "--quiet", "--filter", f"name={name}"]
        until = time.monotonic() + 20
        while (left := subprocess.check_output(listing, text=True)) and time.monotonic() < until:
            os.sched_yield()
        assert left == ""
    assert list(tmp_path.glob("*/labkit-*")) == []


def test_a_sandbox_that_was_stopped_leaves_nothing(inside: Bench, small_lab: Lab, tmp_path: Path) -> None:
    backend = inside.parent._backend
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        started = sandboxes.start(backend, small_lab.manifest.limits, None)
    family = [psutil.Process(started.process.pid)]
    family += family[0].children(recursive=True)
    started.stop()
    assert [left for left in family if left.is_running() and left.status() != psutil.STATUS_ZOMBIE] == []
    assert list(tmp_path.iterdir()) == []


# --- what a container is started from -------------------------------------------------------------------------------

# Notes what it is asked, and runs nothing: of a meeting, the modes of its folders, the inner one first.
ENGINE = """#!/bin/sh
cd {folder}
printf '%s\\n' "$@" > "$1"
for word; do case "$word" in */control) stat -c %a "${{word%/*}}" "${{word%/*/*}}" > modes 2> /dev/null;; esac; done
case "$1" in {failing}) echo "docker: $1 failed" >&2; echo "See 'docker --help'." >&2; exit {status};; esac
"""
HARDENED = [
    "--rm --name NAME --pull never --network none --read-only --ipc none --cap-drop ALL",
    "--security-opt no-new-privileges --user USER --cpus 1",
]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Asks an engine for a worker that fails at `failing`, of which `words` are said: the folder of its notes."""

    def ask(failing: str, words: str, status: int = 1) -> Path:
        engine = tmp_path / "docker"
        engine.write_text(ENGINE.format(folder=tmp_path, failing=failing, status=status))
        engine.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        assert sandboxes.why_not("docker", Limits()) == words
        return tmp_path

    return ask


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the volume, as in the grader's image; a short path, since the kernel takes 107 letters."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setattr(container, "MEETING", folder)
    monkeypatch.setattr(Path, "is_mount", lambda path: path == folder)
    monkeypatch.setenv("LABKIT_WORKER_IMAGE", "labkit-worker:cpu")
    monkeypatch.setenv("LABKIT_MEETING", "labkit-meeting")
    yield folder
    folder.rmdir()


def started(notes: Path) -> tuple[list[str], list[str], str, list[str]]:
    """Of the command of a container: its options, the volumes among them, the image, and what runs in it."""
    words = (notes / "run").read_text().splitlines()
    end = next(place for place, word in enumerate(words) if word.startswith("labkit-") and ":" in word)
    volumes = [word.removeprefix("--volume=") for word in words[:end] if word.startswith("--volume=")]
    return words[1:end], volumes, words[end], words[end + 1 :]


def hardening(options: list[str]) -> str:
    return " ".join(options[:18]).replace(options[2], "NAME").replace(options[15], "USER")


def test_on_the_machine_itself_a_container_is_an_empty_image_into_which_all_is_mounted_read_only(
    asked: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABKIT_WORKER_IMAGE", raising=False)
    options, volumes, image, command = started(asked("run", "docker: run failed"))
    assert hardening(options) == " ".join(HARDENED)
    assert image == container.EMPTY_IMAGE
    assert f"{ROOT / 'grader'}:{ROOT / 'grader'}:ro" in volumes
    assert not [volume for volume in volumes if not volume.endswith(":ro") or "solutions" in volume]
    assert command[:4] == [sys.executable, "-m", "grader.workers.worker", "/labkit/meeting/control"]


def test_a_container_is_bounded_and_removed_by_its_name(
    asked: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--rm removes one that ended; one that hangs, or whose engine lost it, is removed by us."""
    monkeypatch.delenv("LABKIT_WORKER_IMAGE", raising=False)
    notes = asked("run", "docker: run failed")
    options, _, _, _ = started(notes)
    limits, bounds = Limits(), dict(itertools.pairwise(options))
    assert bounds["--pids-limit"] == str(8 + limits.processes + limits.threads)
    assert int(bounds["--memory"]) == container.PARENT_BYTES + limits.memory_bytes + limits.disk_bytes
    assert bounds["--tmpfs"] == f"/labkit/work:size={limits.disk_bytes},mode=0777,nosuid,nodev,noexec"
    assert (notes / "rm").read_text().split() == ["rm", "--force", bounds["--name"]]


def test_in_the_graders_image_a_worker_is_the_workers_image_and_the_volume_where_they_meet(
    asked: Callable[..., Path], meeting: Path
) -> None:
    notes = asked("run", "docker: run failed")
    options, volumes, image, command = started(notes)
    assert hardening(options) == " ".join(HARDENED)
    assert (image, volumes) == ("labkit-worker:cpu", [f"labkit-meeting:{meeting}:ro"])
    assert not [word for word in options if "docker.sock" in word]
    folder = Path(command[3]).parent
    assert (folder.parent.parent, len(folder.name)) == (meeting, 32)
    assert (notes / "modes").read_text().split() == ["711", "711"], "another user goes through them, and cannot list"
    assert list(meeting.iterdir()) == [], "it is removed"


@pytest.mark.parametrize(
    ("failing", "words"),
    [
        ("image", "the engine has no image labkit-worker:cpu (make image-grader builds it)"),
        ("image|version", "its engine does not answer: docker: version failed"),
    ],
)
def test_an_engine_that_does_not_answer_or_lacks_the_image_is_named(
    failing: str, words: str, asked: Callable[..., Path], meeting: Path
) -> None:
    assert not (asked(failing, words) / "run").exists()


def test_a_folder_for_temporary_files_whose_name_is_too_long_for_a_socket_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "docker"
    engine.write_text("#!/bin/sh\n")
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / ("long" * 25)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 25)))
    assert "where TMPDIR leads: AF_UNIX path too long" in sandboxes.why_not("docker", Limits())


def test_a_volume_that_is_not_mounted_is_named(
    asked: Callable[..., Path], meeting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda _: False)
    option = f"docker run -v labkit-meeting:{meeting}"
    words = f"no volume where it can meet its workers is mounted and can be written ({option})"
    assert not (asked("run", words) / "run").exists()


def test_another_volume_than_the_one_that_is_mounted_is_named(asked: Callable[..., Path], meeting: Path) -> None:
    same = f"'labkit-meeting', which LABKIT_MEETING names, has to be what is mounted at {meeting}"
    asked("run", f"the worker's container did not find the meeting: {same}", NO_SOCKET)


def test_a_parent_whose_control_socket_is_not_there_says_so_by_its_exit_status(tmp_path: Path) -> None:
    options = ParentOptions(str(tmp_path / "work"), Limits(), InnerLayer(confined=True, own_user=True), None)
    address = str(tmp_path / "control")
    ended = subprocess.run(command(address, options), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (NO_SOCKET, f"there is no control socket at {address}\n")


def test_root_that_may_not_change_users_goes_without_a_user_of_the_workers_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that has no capability."""
    if reason := sandboxes.why_not("process", Limits()):
        pytest.skip(reason)

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", refused)
    monkeypatch.setattr(surroundings, "others_can_read", lambda: True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    started = sandboxes.start("process", Limits(), None)
    started.stop()
    assert str(started.inner) == "landlock, seccomp, rlimits"
    assert list(tmp_path.iterdir()) == []


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_an_unknown_sandbox_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(Refused, match="There is no sandbox 'jail': choose auto, docker, podman, bubblewrap, unshare"):
        sandboxes.choose("jail", Limits())


def test_the_strongest_that_works_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    why_not = {"docker": "docker is not installed", "podman": "no", "bubblewrap": "", "unshare": "", "process": ""}
    monkeypatch.setattr(sandboxes, "why_not", lambda backend, _: why_not[backend])
    assert sandboxes.choose("auto", Limits()) == "bubblewrap"
    assert sandboxes.choose("process", Limits()) == "process"


def test_where_none_works_every_reason_is_given_and_none_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "why_not", lambda backend, _: "" if backend == "none" else f"no {backend} here")
    with pytest.raises(Refused) as refused:
        sandboxes.choose("auto", Limits())
    for backend in backends():
        assert f"  {backend}: no {backend} here" in str(refused.value)
    assert "submissions are not run without one" in str(refused.value)
    assert refused.value.exit_code == 2
    assert sandboxes.choose("none", Limits()) == "none"


def test_one_that_is_asked_for_and_does_not_work_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "why_not", lambda backend, _: "it is not installed" if backend == "docker" else "")
    with pytest.raises(Refused, match="docker: it is not installed"):
        sandboxes.choose("docker", Limits())


@pytest.fixture
def unprotected(opened: Opened, small_lab: Lab) -> Bench:
    """A run without any sandbox."""
    return opened(small_lab, "none")


def test_without_a_sandbox_a_secret_is_read_and_the_result_says_that_there_was_none(
    unprotected: Bench, submit: Callable[..., Graded], canary: Path
) -> None:
    """So that the tests of reading mean something: a path that leads nowhere would pass them, too."""
    path = str(canary / "solutions/lab90/hidden.py")
    graded = submit(unprotected, double=f"def double(x):\n    raise ValueError(open({path!r}).read())\n")
    assert "canary-5d1f0c in solutions/lab90/hidden.py" in student_reads(graded.result.checks[0])
    assert graded.result.sandbox == {"outer": "none", "inner": "rlimits"}
    assert (graded.result.confined, graded.result.score, graded.attention) == (False, 4, [])
