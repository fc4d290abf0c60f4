"""A container of Podman: container.py says what is in it."""

from collections.abc import Sequence

from grader.lab import Limits
from grader.sandboxes import container
from grader.sandboxes.parent import RunningParent

DESCRIPTION = "a container"
OUTER = "podman"
STRENGTH = 40


def start(limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent in a container of Podman."""
    return container.start("podman", limits, modules)
