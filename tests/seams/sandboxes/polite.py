"""A sandbox of the tests' own: as `process`, but everything in it lets others go first."""

from collections.abc import Sequence

from grader.lab import Limits
from grader.sandboxes import launch
from grader.sandboxes.parent import RunningParent

DESCRIPTION = "a process that lets others go first"
OUTER = "polite"
STRENGTH = 1000


def start(limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent at the lowest priority."""
    within = ["nice", "-n", "19"]
    return launch.with_own_user(lambda user: launch.in_new_folder(limits, modules, user, within=within))
