"""The tutorial's lines in docs/errata.md and in the handouts: which numbers a cell names, and where each leads."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# "77 to 83", and in Chinese 77 至 83; several in a cell with commas between them.
LINES = re.compile(r"(?P<first>\d+)(?:\s*(?:to|至|到|[-–~])\s*(?P<last>\d+))?")
CELL = re.compile(rf"{LINES.pattern.replace('?P<first>', '').replace('?P<last>', '')}(?:\s*[,，、]\s*\d.*)?")
ROW = re.compile(r"\|\s*(?P<lines>\d[^|]*?)\s*\|")
HEADING = re.compile(r"## (?P<title>.*?(?P<lab>\d).*)")
# The lines at which the tutorial's chapters begin, and what they are about; it numbers two of them 3.
CHAPTERS = {
    **{1: ("1", "lab1"), 754: ("2", "lab2"), 835: ("3", "lab3"), 1528: ("3, PPO", "lab4"), 2434: ("4, DPO", "lab5")},
    **{2527: ("5, KTO", "lab6"), 2529: ("6, GRPO", "lab7"), 2809: ("6, R1", "lab8"), 3085: ("6, TRL", "lab9")},
}


@dataclass(frozen=True)
class Place:
    """Lines of the tutorial that a row of docs/errata.md names, and the row's anchor for them."""

    first: int
    last: int
    anchor: str
    lab: str

    @property
    def lines(self) -> str:
        """As a number, or as two with a dash."""
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


class Anchors:
    """Gives each line an anchor of its own: L1505, and L2478-2 where a second row names line 2478."""

    def __init__(self) -> None:
        self.given: Counter[int] = Counter()

    def next(self, line: int) -> str:
        """The anchor for the next row that begins with this line."""
        self.given[line] += 1
        return f"L{line}" if self.given[line] == 1 else f"L{line}-{self.given[line]}"


def lines_in(cell: str) -> Iterator[tuple[str, int, int]]:
    """The lines that a cell names, as written and as numbers; none where it is another kind of cell."""
    if CELL.fullmatch(cell.strip()):
        for found in LINES.finditer(cell):
            yield found[0], int(found["first"]), int(found["last"] or found["first"])


def read_errata(path: Path) -> list[Place]:
    """Every place that docs/errata.md (in either language) names, in the order of its rows."""
    anchors, lab, places = Anchors(), "", list[Place]()
    for line in path.read_text(encoding="utf-8").splitlines():
        if heading := HEADING.fullmatch(line):
            lab = f"lab{heading['lab']}"
        elif row := ROW.match(line):
            places += [Place(first, last, anchors.next(first), lab) for _, first, last in lines_in(row["lines"])]
    return places


def place_of(first: int, last: int, lab: str, places: list[Place]) -> Place | None:
    """The row for some lines: the lab's own before another's, one that begins with them before one that shares some."""
    sharing = [place for place in places if place.first <= last and first <= place.last]
    return min(sharing, key=lambda place: (place.lab != lab, abs(place.first - first)), default=None)
