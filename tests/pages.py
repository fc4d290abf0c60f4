"""The structure of an HTML page, for tests: elements with their attributes and text, read by Python's own parser."""

import dataclasses
import html.parser
from collections.abc import Iterator

VOID = {"meta", "br", "link", "img", "input", "hr"}


@dataclasses.dataclass
class Element:
    """An element; `text` is its own and that of all in it, in their order."""

    tag: str
    attributes: dict[str, str]
    children: list["Element"] = dataclasses.field(default_factory=list)
    pieces: list["str | Element"] = dataclasses.field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)

    def all(self, *tags: str) -> list["Element"]:
        """The elements with one of these tags, in the order of the page; all without any."""
        return [each for each in self._walk() if not tags or each.tag in tags]

    def _walk(self) -> Iterator["Element"]:
        for child in self.children:
            yield child
            yield from child._walk()


class _Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        self.open[-1].pieces.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].pieces.append(data)


def read_page(text: str) -> Element:
    """The page; AssertionError where an end tag does not fit."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is not closed"
    return reader.open[0]


def rows_of(page: Element, table: str) -> list[dict[str, str]]:
    """The rows of the table whose caption has this id, by the titles of the columns."""
    [found] = [each for each in page.all("table") if each.all("caption")[0].attributes["id"] == table]
    head, *rows = [[" ".join(cell.text.split()) for cell in row.all("th", "td")] for row in found.all("tr")]
    return [dict(zip(head, row, strict=True)) for row in rows]
