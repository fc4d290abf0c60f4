"""Tables of a page: cells of text and numbers, some with a bar beside them. templates/tables.html draws them.

A chart is such a table: a screen reader reads its numbers, it prints, it fits a phone, and it weighs as much as text.
"""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Link:
    """A text, and the address within the report that it leads to; no link without an address."""

    text: str
    href: str = ""


@dataclasses.dataclass(frozen=True)
class Cell:
    """`bar` is a share of the whole width, 0 to 1. `quiet` is a second line in smaller letters. `names` are folded away
    behind `summary`."""

    text: str = ""
    number: bool = False
    bar: float | None = None
    href: str = ""
    quiet: str = ""
    summary: str = ""
    names: Sequence[Link] = ()


@dataclasses.dataclass(frozen=True)
class Table:
    """The first cell of each row is its header. `key` tells the tables of a page apart."""

    key: str
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def numbers(self) -> list[bool]:
        """Whether a column holds numbers, which are aligned to the right."""
        return [all(row[column].number for row in self.rows) for column in range(len(self.head))]


def number(text: str) -> Cell:
    return Cell(text, number=True)
