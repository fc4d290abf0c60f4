"""A container of Docker: container.py says what is in it."""

from collections.abc import Sequence

from grader.lab import Limits
from grader.sandboxes import container
from grader.sandboxes.parent import RunningParent

DESCRIPTION = "a container"
OUTER = "docker"
STRENGTH = 50


def start(limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent in a container of Docker."""
    return container.start("docker", limits, modules)
