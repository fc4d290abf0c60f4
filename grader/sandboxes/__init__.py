"""The outer layers of the sandbox, a module each: a container, namespaces, a process of its own, or nothing.

A sandbox starts the warm parent of workers inside what it makes. The inner layer (grader/run/confine.py) comes on top.
A module of this folder is a sandbox if it defines what `Backend` names. A new one is listed nowhere else.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from grader.errors import Refused
from grader.lab import Limits
from grader.registry import modules_of
from grader.sandboxes.parent import NotStarted, RunningParent

__all__ = ["Backend", "NotStarted", "RunningParent", "backends", "choose", "outer", "protects", "start", "why_not"]


@runtime_checkable
class Backend(Protocol):
    """What a module defines to be a sandbox. Its name is the module's."""

    DESCRIPTION: str  # a few words for the command's help
    OUTER: str  # the outer layer, as results name it
    STRENGTH: int  # "auto" takes the largest that works here; 0 is too little, and is taken only if asked for

    def start(self, limits: Limits, modules: Sequence[str] | None) -> RunningParent:
        """Starts a warm parent that goes on to import `modules`, or (None) only shows that it could.

        NotStarted where this machine does not allow it; its text says why. The parent knows how it is ended.
        """


def backends() -> dict[str, Backend]:
    """All sandboxes by their names, the strongest first."""
    found = {name: module for name, module in modules_of(__name__).items() if isinstance(module, Backend)}
    return dict(sorted(found.items(), key=lambda item: -item[1].STRENGTH))


def outer(backend: str) -> str:
    """The outer layer of a backend, as results name it."""
    return backends()[backend].OUTER


def protects(backend: str) -> bool:
    """Whether a backend keeps enough from a submission to be taken unasked. "auto" takes no other."""
    return backend == "auto" or backends()[backend].STRENGTH > 0


def choose(asked: str, limits: Limits) -> str:
    """The backend to use: the one asked for, or for "auto" the strongest that works here; Refused where none does."""
    found = backends()
    if asked != "auto" and asked not in found:
        raise Refused("no_such_sandbox", name=asked, there=["auto", *found])
    unprotected = [name for name in found if not protects(name)]
    reasons = {}
    for backend in [name for name in found if name not in unprotected] if asked == "auto" else [asked]:
        reasons[backend] = why_not(backend, limits)
        if not reasons[backend]:
            return backend
    listed = "\n".join(f"  {backend}: {reason}" for backend, reason in reasons.items())
    raise Refused("no_sandbox_works", listed=listed, unprotected=" / ".join(unprotected))


def why_not(backend: str, limits: Limits) -> str:
    """Why a backend does not work here, found by trying; empty where it does."""
    try:
        start(backend, limits, None).stop()
    except NotStarted as error:
        return str(error)
    return ""


def start(backend: str, limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent in `backend`; `modules` and NotStarted as `Backend.start` says."""
    return backends()[backend].start(limits, modules)
