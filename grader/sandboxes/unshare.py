"""Namespaces made by util-linux's unshare: no network and no other processes; Landlock alone hides the files."""

from collections.abc import Sequence
from pathlib import Path

from grader.lab import ROOT, Limits
from grader.run.confine import InnerLayer
from grader.sandboxes import launch
from grader.sandboxes.parent import NotStarted, RunningParent, need
from grader.sandboxes.surroundings import TMPFS_FLAGS, shown_paths
from grader.workers.worker import ParentOptions
from labs.common.translated import _

DESCRIPTION = "namespaces, in the machine's own file system"
OUTER = "unshare"
STRENGTH = 20


def start(limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent in namespaces of its own; they end with it, and its folder with them."""
    need("unshare")
    work = spare_folder()

    def launched(user: int | None) -> RunningParent:
        inner = InnerLayer(confined=True, own_user=user is not None)
        return launch.launch(ParentOptions(str(work), limits, inner, modules), user, namespaces(work, limits))

    return launch.with_own_user(launched)


def spare_folder() -> Path:
    """A folder of the system that a worker does not need: in the namespaces its own is mounted there."""
    needed = [ROOT, *shown_paths()]
    for folder in (Path("/srv"), Path("/mnt"), Path("/media")):
        if folder.is_dir() and not any(path.is_relative_to(folder) for path in needed):
            return folder
    raise NotStarted(_("there is neither /srv nor /mnt nor /media to mount a folder on"))


def namespaces(work: Path, limits: Limits) -> list[str]:
    """The command that runs another in the namespaces, with a folder of its own at `work`.

    It makes two, one in the other: the outer one may mount that folder, the inner one has no capability left.
    """
    script = (
        'mount -t tmpfs -o "$1" labkit "$2" && shift 2 && exec unshare --user --map-user=65534 --map-group=65534 "$@"'
    )
    options = f"size={limits.disk_bytes},mode=0700,{TMPFS_FLAGS}"
    return [
        *("unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork"),
        *("--kill-child", "--mount-proc", "sh", "-c", script, "sh", options, str(work)),
    ]
