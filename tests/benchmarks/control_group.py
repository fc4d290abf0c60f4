"""CPU seconds of everything that a program starts, as the kernel's control groups count them.

getrusage knows only processes that were waited for: what ran in a sandbox that is killed at the end is missing in it.
"""

import contextlib
import dataclasses
import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
EMPTY_SECONDS = 10.0  # for killed processes to be gone

_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Group:
    """A control group, in which every process stays with all that it starts."""

    folder: Path
    first_version: bool

    def used(self) -> float:
        """The CPU seconds that it has used so far."""
        if self.first_version:
            return int((self.folder / "cpuacct.usage").read_text()) / 1e9
        return int((self.folder / "cpu.stat").read_text().split()[1]) / 1e6  # its first line is usage_usec

    def enter(self) -> None:
        """Puts this process into it."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def send(self, signal: int) -> None:
        """Sends a signal to all processes in it."""
        for line in (self.folder / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line), signal)

    def remove(self) -> None:
        end = time.monotonic() + EMPTY_SECONDS
        while time.monotonic() < end and (self.folder / "cgroup.procs").read_text():
            time.sleep(0.05)
        self.folder.rmdir()


@contextmanager
def control_group() -> Iterator[Group]:
    """A new group beside this process, which is not in it."""
    own = _own()
    group = Group(own.folder / f"benchmark-{os.getpid()}-{next(_numbers)}", own.first_version)
    try:
        group.folder.mkdir()
    except OSError as error:
        raise SystemExit(f"CPU seconds are counted by a control group, which takes root on Linux: {error}") from None
    try:
        yield group
    finally:
        group.remove()


@contextmanager
def cpu_clock() -> Iterator[Callable[[], float]]:
    """Puts this process, and so all that it starts, into a group of its own; gives what the group has used so far."""
    before = _own()
    with control_group() as group:
        group.enter()
        try:
            yield group.used
        finally:
            before.enter()


def _own() -> Group:
    """The group that this process is in."""
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    paths = {name: path.lstrip("/") for _, names, path in lines for name in names.split(",")}
    first_version = "cpuacct" in paths
    return Group(GROUPS / "cpuacct" / paths["cpuacct"] if first_version else GROUPS / paths[""], first_version)
