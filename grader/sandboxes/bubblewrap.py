"""Namespaces made by bubblewrap: no network, no other processes, and of the files only what a worker needs."""

from collections.abc import Sequence
from pathlib import Path

from grader.lab import Limits
from grader.run.confine import InnerLayer
from grader.sandboxes import launch
from grader.sandboxes.parent import RunningParent, need
from grader.sandboxes.surroundings import FOLDER, shown_paths
from grader.workers.worker import ParentOptions

DESCRIPTION = "namespaces, with only the files that workers need"
OUTER = "bubblewrap"
STRENGTH = 30


def start(limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent in namespaces of its own; they end with it, and its folder with them."""
    need("bwrap")

    def launched(user: int | None) -> RunningParent:
        inner = InnerLayer(confined=True, own_user=user is not None)
        return launch.launch(ParentOptions(str(FOLDER), limits, inner, modules), user, namespaces(FOLDER, limits))

    return launch.with_own_user(launched)


def namespaces(work: Path, limits: Limits) -> list[str]:
    """The command that runs another in the namespaces, with a folder of its own at `work`."""
    binds = [word for path in shown_paths() for word in ("--ro-bind", str(path), str(path))]
    return [
        *("bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--uid", "65534", "--gid", "65534", "--hostname", "labkit"),
        *binds,
        *("--proc", "/proc", "--dev", "/dev", "--perms", "0700", "--size", str(limits.disk_bytes)),
        *("--tmpfs", str(work), "--chdir", "/", "--"),
    ]
