"""Sees which files were saved, by looking at each of them many times a second.

A lab has some ten files, so that a look costs less than a millisecond, and file events do not arrive everywhere: not
from the host of a container, from Windows below WSL, or over NFS. A slow folder is looked at less often.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path

LOOK_SECONDS = 0.05
MOST_SECONDS = 2.0
SHARE = 0.05  # of the time may be spent on looking
SLOW_SECONDS = 0.5  # between looks: from here on it is said

Stamp = tuple[int, ...]


class Files:
    """Some files, and when each of them was changed."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self.pause = LOOK_SECONDS  # seconds until the next look
        self._seen: dict[Path, Stamp] = {}
        self._changing: dict[Path, Stamp] = {}
        self.take()

    def saved(self) -> bool:
        """Whether any was saved, deleted or put back since the last time. What changed at the last look and since then
        is still being written."""
        now = self._look()
        if now == self._seen:
            return False
        if now != self._changing:
            self._changing = now
            return False
        self._seen = now
        return True

    def take(self) -> None:
        """Takes the files as they are now for seen."""
        self._seen = self._changing = self._look()

    @property
    def slow(self) -> bool:
        """Whether the folder answers so slowly that a save is noticed late."""
        return self.pause > SLOW_SECONDS

    def _look(self) -> dict[Path, Stamp]:
        started = time.perf_counter()
        found = {path: _stamp(path) for path in self._paths}
        self.pause = min(max(LOOK_SECONDS, (time.perf_counter() - started) / SHARE), MOST_SECONDS)
        return found


def _stamp(path: Path) -> Stamp:
    """What a save changes; empty for a missing file. It is opened, since NFS asks its server only then."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ()
    try:
        found = os.fstat(opened)
        return found.st_mtime_ns, found.st_size, found.st_ino
    finally:
        os.close(opened)
