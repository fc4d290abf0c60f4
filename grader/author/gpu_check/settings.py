"""What all items are told, and what they say: plain data, since each has a process of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.author.gpu_check.report import Table, Verdict


@dataclass(frozen=True)
class Settings:
    """Where the items run, and on what. Seconds are of wall time."""

    device: str  # "cuda", or "cpu" for a rehearsal
    labs: Sequence[Path]  # their folders in solutions/
    start_seconds: float = 180.0  # for a process to import torch and a lab
    variant_seconds: float = 30.0  # for one function in one device check
    item_seconds: float = 600.0  # for the item that is told this

    @property
    def rehearsal(self) -> bool:
        """Whether it only shows that the script works."""
        return self.device == "cpu"


@dataclass(frozen=True)
class Found:
    """What an item has found so far; the last one that it sends counts."""

    verdict: Verdict
    figure: str = ""
    reason: str = ""
    tables: Sequence[Table] = ()
    texts: Sequence[str] = ()


Tell = Callable[[Found], None]
