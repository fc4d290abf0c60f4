"""No sandbox: a process with the grader's own rights, and the limits on what it uses."""

from collections.abc import Sequence

from grader.lab import Limits
from grader.sandboxes import launch
from grader.sandboxes.parent import RunningParent

DESCRIPTION = "no protection; marks every result"
OUTER = "none"
STRENGTH = 0


def start(limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent whose children are not confined."""
    return launch.in_new_folder(limits, modules, user=None, confined=False)
