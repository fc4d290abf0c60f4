"""What docker and podman share: the command line that starts a hardened container for a warm parent.

On the machine itself the container's image is empty, and what workers need is mounted into it, read-only. In the
grader's image, whose paths mean nothing to the engine, it is the worker's image, which has all of that.
"""

import contextlib
import dataclasses
import io
import os
import secrets
import socket
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.lab import Limits
from grader.run.confine import InnerLayer
from grader.sandboxes.parent import TRIAL_SECONDS, NotStarted, RunningParent, command, complaint, need, tried
from grader.sandboxes.surroundings import FOLDER, OTHER_USERS, TMPFS_FLAGS, environment, shown_paths
from grader.workers.worker import NO_SOCKET, ParentOptions
from labs.common.translated import _

EMPTY_IMAGE = "labkit-sandbox:empty"  # an image without a file
MEETING = Path("/run/labkit")  # where the grader's image has the volume that it shares with its workers
PARENT_BYTES = 2_000_000_000  # of a container's memory, for torch and what else a warm parent imports


@dataclasses.dataclass(frozen=True)
class Origin:
    """What a worker's container is made from, and the folder where it meets the grader, as either sees it."""

    image: str
    volumes: list[str]
    here: Path
    there: Path


def start(engine: str, limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent in a container of `engine`; it is removed by its name, should the engine not do that."""
    need(engine)
    name = f"labkit-{secrets.token_hex(8)}"
    user = secrets.choice(OTHER_USERS)
    options = ParentOptions(str(FOLDER / "work"), limits, InnerLayer(confined=True, own_user=True), modules)
    # A container inherits no descriptor: the parent connects to a socket in a folder of its own.
    with _origin(engine) as origin, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(str(origin.here / "control"))
        except OSError as error:
            raise NotStarted(
                _("no socket can be made in {folder}, where TMPDIR leads: {error}").format(
                    folder=origin.here, error=error
                )
            ) from None
        (origin.here / "control").chmod(0o666)
        listener.listen(1)
        listener.settimeout(0.2)
        process = subprocess.Popen(
            [
                *(engine, "run", "--rm", "--name", name, "--pull", "never"),
                *("--network", "none", "--read-only", "--ipc", "none"),
                *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{user}:{user}"),
                *_bounds(limits),
                *("--tmpfs", f"{options.work}:size={limits.disk_bytes},mode=0777,{TMPFS_FLAGS}"),  # for its one user
                *origin.volumes,
                *(f"--env={key}={value}" for key, value in environment(FOLDER / "work").items()),
                origin.image,
                *command(str(origin.there / "control"), options),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if modules is None else subprocess.DEVNULL,
            start_new_session=True,
        )
        control = _accept(listener, process)
    parent = RunningParent(options.inner, control, process, lambda: _run([engine, "rm", "--force", name]))
    try:
        return tried(parent)
    except NotStarted:
        if origin.image == EMPTY_IMAGE or process.returncode != NO_SOCKET:
            raise
        same = f"{_meeting_volume()!r}, which LABKIT_MEETING names, has to be what is mounted at {MEETING}"
        raise NotStarted(_("the worker's container did not find the meeting: {reason}").format(reason=same)) from None


def _bounds(limits: Limits) -> list[str]:
    """What the container may use: all that its parent and one child at a time may."""
    return [
        *("--cpus", "1", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"),
        *("--pids-limit", str(8 + limits.processes + limits.threads), "--log-driver", "none"),
        *("--memory", str(PARENT_BYTES + limits.memory_bytes + limits.disk_bytes)),
    ]


@contextlib.contextmanager
def _origin(engine: str) -> Iterator[Origin]:
    """What a container is made from here; the folder where they meet exists until its parent has connected."""
    image = os.environ.get("LABKIT_WORKER_IMAGE")
    if image:
        _check_worker_image(engine, image)
        with tempfile.TemporaryDirectory(prefix="labkit-", dir=MEETING) as folder:
            Path(folder).chmod(0o711)
            # All workers mount the whole volume, and none can list it: a folder is found by who is told its name.
            meeting = Path(folder) / secrets.token_hex(16)
            meeting.mkdir()
            meeting.chmod(0o711)
            yield Origin(image, [f"--volume={_meeting_volume()}:{MEETING}:ro"], meeting, meeting)
    else:
        _import_empty_image(engine)
        with tempfile.TemporaryDirectory(prefix="labkit-") as folder:  # closed to other users of this machine
            meeting, mounted = Path(folder) / "meeting", FOLDER / "meeting"
            meeting.mkdir()
            meeting.chmod(0o711)
            binds = [f"--volume={path}:{path}:ro" for path in shown_paths()]
            yield Origin(EMPTY_IMAGE, [f"--volume={meeting}:{mounted}:ro", *binds], meeting, mounted)


def _accept(listener: socket.socket, process: subprocess.Popen[bytes]) -> socket.socket:
    """The connection of the parent in the container; a closed socket where the container ended before."""
    for _trial in range(int(TRIAL_SECONDS / 0.2)):
        with contextlib.suppress(TimeoutError):
            return listener.accept()[0]
        if process.poll() is not None:
            break
    ended, theirs = socket.socketpair()
    theirs.close()
    return ended


def _meeting_volume() -> str:
    return os.environ.get("LABKIT_MEETING", "labkit-meeting")


def _check_worker_image(engine: str, image: str) -> None:
    if not _has_image(engine, image):
        raise NotStarted(_("the engine has no image {image} (make image-grader builds it)").format(image=image))
    if not (MEETING.is_mount() and os.access(MEETING, os.W_OK | os.X_OK)):
        option = f"{engine} run -v {_meeting_volume()}:{MEETING}"
        raise NotStarted(
            _("no volume where it can meet its workers is mounted and can be written ({option})").format(option=option)
        )


def _has_image(engine: str, image: str) -> bool:
    if not _run([engine, "image", "inspect", image]):
        return True
    if fault := _run([engine, "version"]):
        raise NotStarted(_("its engine does not answer: {fault}").format(fault=fault.partition(": Get ")[0]))
    return False


def _import_empty_image(engine: str) -> None:
    """Makes the empty image where the engine does not have it yet."""
    if _has_image(engine, EMPTY_IMAGE):
        return
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        folder = tarfile.TarInfo(FOLDER.name)
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(folder)
    if fault := _run([engine, "import", "-", EMPTY_IMAGE], archive.getvalue()):
        raise NotStarted(fault)


def _run(command: list[str], given: bytes = b"") -> str:
    """Runs a command: what it complained of, or an empty string where it worked."""
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (
        ""
        if done.returncode == 0
        else complaint(done.stderr) or _("{program} ended with {code}").format(program=command[0], code=done.returncode)
    )
