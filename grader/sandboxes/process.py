"""A process of its own: the inner layer alone closes in what it forks."""

from collections.abc import Sequence

from grader.lab import Limits
from grader.sandboxes import launch
from grader.sandboxes.parent import RunningParent

DESCRIPTION = "the inner layer alone"
OUTER = "none"
STRENGTH = 10


def start(limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent as a process of this machine."""
    return launch.with_own_user(lambda user: launch.in_new_folder(limits, modules, user))
