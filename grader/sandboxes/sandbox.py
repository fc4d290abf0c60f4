"""The outer layer of the sandbox: starts the warm parent of workers inside what this machine allows.

A container (docker or podman), else namespaces (bubblewrap or unshare), else a process of its own; the inner layer
(grader/run/confine.py) comes on top of each. This is the one place that decides what a worker may see of the machine.
"""

import contextlib
import dataclasses
import io
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import psutil

from grader.errors import Refused
from grader.lab import ROOT, Limits
from grader.plain import NotPlain
from grader.run import confine
from grader.run.confine import Inner
from grader.workers import frames
from grader.workers.worker import Start

# In the order in which they are tried. "process": the inner layer alone; "none": not even that, only if asked for.
BACKENDS = ("docker", "podman", "bubblewrap", "unshare", "process", "none")
PASSED_ON = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHASHSEED")
EMPTY_IMAGE = "labkit-sandbox:empty"  # an image without a file: what is needed is mounted into it, read-only
TMPFS_FLAGS = "nosuid,nodev,noexec"
CONTAINER_FOLDER = Path("/labkit")
MEETING = Path("/run/labkit")  # where the grader's image has the volume that it shares with its workers
TRIAL_SECONDS = 60.0
STOP_SECONDS = 10.0
PARENT_BYTES = 2_000_000_000  # of a container's memory, for torch and what else a warm parent imports
OTHER_USERS = range(60_000, 65_000)  # ids that no account of the machine should have


class NotStarted(Exception):
    """This backend does not work on this machine; the text says why."""


def outer(backend: str) -> str:
    """The outer layer of a backend, as results name it."""
    return "none" if backend in ("process", "none") else backend


@dataclasses.dataclass(frozen=True)
class Started:
    """A warm parent that confines its children: its control socket, and how to be rid of it."""

    backend: str
    inner: Inner
    control: socket.socket
    process: subprocess.Popen[bytes]
    folder: Path | None = None
    container: str = ""

    @property
    def layers(self) -> dict[str, str]:
        """Both layers, as results name them."""
        return {"outer": outer(self.backend), "inner": str(self.inner)}

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
        if self.container:
            _quietly([self.backend, "rm", "--force", self.container])
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def choose(asked: str, limits: Limits) -> str:
    """The backend to use: the one asked for, or for "auto" the strongest that works here; Refused where none does."""
    if asked not in ("auto", *BACKENDS):
        raise Refused(f"There is no sandbox {asked!r}: choose auto, {', '.join(BACKENDS)}")
    reasons = {}
    for backend in BACKENDS[:-1] if asked == "auto" else [asked]:
        reasons[backend] = why_not(backend, limits)
        if not reasons[backend]:
            return backend
    listed = "\n".join(f"  {backend}: {reason}" for backend, reason in reasons.items())
    raise Refused(
        f"No sandbox works on this machine, and submissions are not run without one:\n{listed}\n"
        "Grade in the grader's container image, on Linux 5.13 or later. --sandbox none runs submissions with your own "
        "rights all the same, and marks every result."
    )


def why_not(backend: str, limits: Limits) -> str:
    """Why a backend does not work here, found by trying; empty where it does."""
    try:
        start(backend, limits, None).stop()
    except NotStarted as error:
        return str(error)
    return ""


def start(backend: str, limits: Limits, modules: Sequence[str] | None) -> Started:
    """Starts a warm parent in `backend` that goes on to import `modules`, or (None) only shows that it could.

    NotStarted where the machine does not allow it.
    """
    if backend not in BACKENDS:
        raise NotStarted(f"there is no sandbox {backend!r}")
    other_user = os.geteuid() == 0 and backend != "none" and _others_can_read()
    try:
        return _start(backend, limits, modules, other_user)
    except NotStarted:
        if not other_user:
            raise
        return _start(backend, limits, modules, other_user=False)


def _start(backend: str, limits: Limits, modules: Sequence[str] | None, other_user: bool) -> Started:
    if backend in ("docker", "podman"):
        return _start_container(backend, limits, modules)
    program = {"bubblewrap": "bwrap", "unshare": "unshare"}.get(backend)
    if program and not shutil.which(program):
        raise NotStarted(f"{program} is not installed")
    user = secrets.choice(OTHER_USERS) if other_user else None
    folder = None
    if backend == "bubblewrap":
        work = CONTAINER_FOLDER
    elif backend == "unshare":
        work = _spare_folder()
    else:
        folder = work = Path(tempfile.mkdtemp(prefix="labkit-"))  # which the parent removes, should we be killed
    inner = Inner(confined=backend != "none", own_user=user is not None)
    ours, theirs = socket.socketpair()
    with theirs:
        command = _python(str(theirs.fileno()), Start(str(work), limits, inner, modules))
        if backend == "bubblewrap":
            command = [*_bubblewrap(work, limits), *command]
        if backend == "unshare":
            command = [*_unshare(work, limits), *command]
        try:
            if folder and user is not None:
                os.chown(folder, user, user)
            process = subprocess.Popen(
                command,
                cwd="/",
                env=_environment(work) | {"PATH": os.environ.get("PATH", os.defpath)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE if modules is None else subprocess.DEVNULL,
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=[] if user is not None else None,
            )
        except OSError as error:  # root of a container may have lost the right to change users
            ours.close()
            if folder:
                shutil.rmtree(folder, ignore_errors=True)
            raise NotStarted(f"its process cannot be started: {error.strerror}") from None
    return _welcome(Started(backend, inner, ours, process, folder))


def _welcome(started: Started) -> Started:
    """Waits for what a parent says of its trial."""
    started.control.settimeout(TRIAL_SECONDS)
    try:
        fault = frames.receive(started.control)["fault"]
    except (frames.Gone, NotPlain, TypeError, KeyError):
        started.control.close()
        said = started.process.communicate(timeout=STOP_SECONDS)[1] if started.process.stderr else b""
        fault = _complaint(said or b"") or "it ended without a word"
    if fault:
        started.stop()
        raise NotStarted(fault)
    return started


def _spare_folder() -> Path:
    """A folder of the system that a worker does not need: in a namespace of its own another can be mounted there."""
    needed = [ROOT, *_mounted()]
    for folder in (Path("/srv"), Path("/mnt"), Path("/media")):
        if folder.is_dir() and not any(path.is_relative_to(folder) for path in needed):
            return folder
    raise NotStarted("there is neither /srv nor /mnt nor /media to mount a folder on")


def _python(address: str, start: Start) -> list[str]:
    return [sys.executable, "-m", "grader.workers.worker", address, msgspec.json.encode(start).decode()]


def _environment(work: Path) -> dict[str, str]:
    """All the variables that a worker has."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {
        "HOME": str(work),
        "TMPDIR": str(work),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",  # each arena takes 64 MB of address space, which is what memory_bytes limits
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _mounted() -> list[Path]:
    """What the outer layers show of the file system: the system's programs and libraries, Python, and of the kit what
    workers need."""
    paths = {Path(sys.prefix), Path(sys.base_prefix), *confine.readable_paths()}
    paths |= {Path(name) for name in ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/alternatives")}
    shown = [path for path in sorted(paths) if path.exists() and not ROOT.is_relative_to(path)]
    inside = [path for path in shown if not path.is_relative_to("/dev") and not path.is_relative_to("/sys")]
    return [path for path in inside if not any(path != other and path.is_relative_to(other) for other in inside)]


def _others_can_read() -> bool:
    """Whether another user reaches Python and the kit: often not where they lie in a home folder."""
    folders = {parent for path in _mounted() for parent in [path, *path.resolve().parents] if parent.is_dir()}
    return all(folder.stat().st_mode & 0o001 for folder in folders)


# --- namespaces -------------------------------------------------------------------------------------------------------


def _bubblewrap(work: Path, limits: Limits) -> list[str]:
    binds = [word for path in _mounted() for word in ("--ro-bind", str(path), str(path))]
    return [
        *("bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--uid", "65534", "--gid", "65534", "--hostname", "labkit"),
        *binds,
        *("--proc", "/proc", "--dev", "/dev", "--perms", "0700", "--size", str(limits.disk_bytes)),
        *("--tmpfs", str(work), "--chdir", "/", "--"),
    ]


def _unshare(work: Path, limits: Limits) -> list[str]:
    """Namespaces of util-linux. They do not hide the file system, which is Landlock's to do here; in the inner one no
    capability is left."""
    script = (
        'mount -t tmpfs -o "$1" labkit "$2" && shift 2 && exec unshare --user --map-user=65534 --map-group=65534 "$@"'
    )
    options = f"size={limits.disk_bytes},mode=0700,{TMPFS_FLAGS}"
    return [
        *("unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork"),
        *("--kill-child", "--mount-proc", "sh", "-c", script, "sh", options, str(work)),
    ]


# --- containers -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Ground:
    """What a worker's container is started from, and the folder where it meets the grader, as either sees it."""

    image: str
    volumes: list[str]
    here: Path
    there: Path


@contextlib.contextmanager
def _ground(engine: str) -> Iterator[Ground]:
    """On the machine itself what workers need is mounted into an empty image. In the grader's image, whose paths mean
    nothing to the engine, it is the worker's image that has all of it, and they meet in a volume."""
    image = os.environ.get("LABKIT_WORKER_IMAGE")
    if image:
        _have_worker_image(engine, image)
        with tempfile.TemporaryDirectory(prefix="labkit-", dir=MEETING) as folder:
            Path(folder).chmod(0o711)
            # All workers mount the whole volume, and none can list it: a folder is found by who is told its name.
            meeting = Path(folder) / secrets.token_hex(16)
            meeting.mkdir()
            meeting.chmod(0o711)
            yield Ground(image, [f"--volume={_meeting_volume()}:{MEETING}:ro"], meeting, meeting)
    else:
        _have_empty_image(engine)
        with tempfile.TemporaryDirectory(prefix="labkit-") as folder:  # closed to other users of this machine
            meeting, mounted = Path(folder) / "meeting", CONTAINER_FOLDER / "meeting"
            meeting.mkdir()
            meeting.chmod(0o711)
            binds = [f"--volume={path}:{path}:ro" for path in _mounted()]
            yield Ground(EMPTY_IMAGE, [f"--volume={meeting}:{mounted}:ro", *binds], meeting, mounted)


def _start_container(engine: str, limits: Limits, modules: Sequence[str] | None) -> Started:
    if not shutil.which(engine):
        raise NotStarted(f"{engine} is not installed")
    name = f"labkit-{secrets.token_hex(8)}"
    user = secrets.choice(OTHER_USERS)
    inner = Inner(confined=True, own_user=True)
    # A container inherits no descriptor: the parent connects to a socket in a folder of its own.
    with _ground(engine) as ground, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(str(ground.here / "control"))
        except OSError as error:
            raise NotStarted(f"no socket can be made in {ground.here}, where TMPDIR leads: {error}") from None
        (ground.here / "control").chmod(0o666)
        listener.listen(1)
        listener.settimeout(0.2)
        work = CONTAINER_FOLDER / "work"
        environment = [f"--env={key}={value}" for key, value in _environment(work).items()]
        command = [
            *(engine, "run", "--rm", "--name", name, "--pull", "never"),
            *("--network", "none", "--read-only", "--ipc", "none"),
            *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{user}:{user}", "--cpus", "1"),
            *("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"),
            *("--pids-limit", str(8 + limits.processes + limits.threads), "--log-driver", "none"),
            *("--memory", str(PARENT_BYTES + limits.memory_bytes + limits.disk_bytes)),
            *("--tmpfs", f"{work}:size={limits.disk_bytes},mode=0777,{TMPFS_FLAGS}"),  # there is no other user in it
            *ground.volumes,
            *environment,
            ground.image,
            *_python(str(ground.there / "control"), Start(str(work), limits, inner, modules)),
        ]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if modules is None else subprocess.DEVNULL,
            start_new_session=True,
        )
        control = _accept(listener, process)
    try:
        return _welcome(Started(engine, inner, control, process, container=name))
    except NotStarted as error:
        if ground.image == EMPTY_IMAGE or "FileNotFoundError" not in str(error):
            raise
        same = f"{_meeting_volume()!r}, which LABKIT_MEETING names, has to be what is mounted at {MEETING}"
        raise NotStarted(f"the worker's container did not find the meeting: {same}") from None


def _accept(listener: socket.socket, process: subprocess.Popen[bytes]) -> socket.socket:
    """The connection of the parent in the container; a closed socket where the container ended before."""
    for _ in range(int(TRIAL_SECONDS / 0.2)):
        with contextlib.suppress(TimeoutError):
            return listener.accept()[0]
        if process.poll() is not None:
            break
    ended, theirs = socket.socketpair()
    theirs.close()
    return ended


def _meeting_volume() -> str:
    return os.environ.get("LABKIT_MEETING", "labkit-meeting")


def _have_worker_image(engine: str, image: str) -> None:
    if not _has_image(engine, image):
        raise NotStarted(f"the engine has no image {image} (make image-grader builds it)")
    if not (MEETING.is_mount() and os.access(MEETING, os.W_OK | os.X_OK)):
        option = f"{engine} run -v {_meeting_volume()}:{MEETING}"
        raise NotStarted(f"no volume where it can meet its workers is mounted and can be written ({option})")


def _has_image(engine: str, image: str) -> bool:
    if not _quietly([engine, "image", "inspect", image]):
        return True
    if fault := _quietly([engine, "version"]):
        raise NotStarted(f"its engine does not answer: {fault.partition(': Get ')[0]}")
    return False


def _have_empty_image(engine: str) -> None:
    if _has_image(engine, EMPTY_IMAGE):
        return
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        folder = tarfile.TarInfo(CONTAINER_FOLDER.name)
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(folder)
    fault = _quietly([engine, "import", "-", EMPTY_IMAGE], archive.getvalue())
    if fault:
        raise NotStarted(fault)


def _quietly(command: list[str], given: bytes = b"") -> str:
    """Runs a command: what it complained of, or an empty string."""
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else _complaint(done.stderr) or f"{command[0]} ended with {done.returncode}"


def _complaint(said: bytes) -> str:
    """The last line of what a program said that says why; an engine goes on to name its --help."""
    lines = said.decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip() and "--help" not in line), "")
