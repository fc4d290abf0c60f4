"""How much memory Gradescope's container has, and what of it is left to a submission."""

from pathlib import Path

import msgspec

from grader.lab import Lab

CGROUP = Path("/sys/fs/cgroup")
LIMITS = ("memory.max", "memory/memory.limit_in_bytes")  # of cgroups version 2 and 1, as a container sees its own
OF_THE_GRADER = 450_000_000  # bytes: it and the warm parent of workers take some 350 MB, and files that are mapped
LEAST = 150_000_000


def fitted(lab: Lab, container: int | None) -> Lab:
    """The lab with no more memory for a submission and for a milestone than a container of so many bytes leaves. Then
    what takes too much is told the limit; without it the kernel would end the process, and nobody could say why."""
    if container is None:
        return lab
    room = max(container - OF_THE_GRADER, LEAST)
    manifest = lab.manifest
    limits = msgspec.structs.replace(manifest.limits, memory_bytes=min(manifest.limits.memory_bytes, room))
    milestones = [
        msgspec.structs.replace(milestone, memory_bytes=min(milestone.memory_bytes, room))
        for milestone in manifest.milestones
    ]
    return msgspec.structs.replace(
        lab, manifest=msgspec.structs.replace(manifest, limits=limits, milestones=milestones)
    )


def container_bytes(cgroup: Path = CGROUP) -> int | None:
    """The bytes that this container may use; None where nothing limits it."""
    for name in LIMITS:
        try:
            return int((cgroup / name).read_text())
        except (OSError, ValueError):  # "max" is no number
            continue
    return None
