"""The notebook that formgrader shows of a student: the lab's own cells with the student's answers in them.

It is written anew from what the student's notebook says: texts, pictures, and nothing else. No metadata, no HTML, no
script and no name of a cell comes from a student.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from grader import codes
from grader.findings import Finding
from grader.lab.report_cells import KINDS, Cell
from grader.plain import printable
from grader.results.result import points_text
from grader.results.view import View

MAX_BYTES = 50_000_000  # of a notebook: a larger one is not read
MAX_CELLS = 500
MAX_TEXT = 50_000  # characters of one cell, or of its output
MAX_PICTURE = 4_000_000  # bytes
MAX_PICTURES = 20
NAMED = 5  # of the cells that are missing
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}  # how such a file begins
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of a traceback

Text = str | list[str]


class _Output(msgspec.Struct):
    text: Text = ""
    data: dict[str, Any] = {}
    traceback: list[str] = []


class _Cell(msgspec.Struct):
    cell_type: str
    source: Text = ""
    metadata: dict[str, Any] = {}
    outputs: list[_Output] = []
    attachments: dict[str, dict[str, Any]] = {}

    @property
    def name(self) -> str:
        """Its grade_id; "" for a cell of the student's own."""
        marked = self.metadata.get("nbgrader")
        name = marked.get("grade_id") if isinstance(marked, dict) else None
        return name if isinstance(name, str) else ""


class _Notebook(msgspec.Struct):
    nbformat: Literal[4]
    cells: list[_Cell]


def blank(cells: Sequence[Cell], note: str = "") -> dict[str, Any]:
    """The notebook as the lab has it, with a note above for whoever reads it."""
    first = [_markdown("note", note)] if note else []
    return _notebook([*first, *(_own(cell) for cell in cells)])


def filled(cells: Sequence[Cell], submitted: bytes, view: View) -> tuple[dict[str, Any], list[Finding]]:
    """The notebook with what a student wrote, and what is wrong with theirs. What can be read counts."""
    try:
        if len(submitted) > MAX_BYTES:
            raise msgspec.ValidationError(f"it has {len(submitted):,} bytes, and {MAX_BYTES:,} are allowed")
        theirs = msgspec.json.decode(submitted, type=_Notebook).cells
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = printable(str(error), 200)
        return blank(cells, f"**The notebook that was handed in cannot be read:** {reason}"), [
            codes.REPORT_UNREADABLE(reason=reason)
        ]
    missing = {cell.name: cell for cell in cells}
    made: list[dict[str, Any]] = []
    twice = list[str]()
    for number, cell in enumerate(theirs[:MAX_CELLS]):
        if own := missing.pop(cell.name, None):
            made.append(_own(own, cell, view))
            continue
        if any(cell.name == each.name for each in cells):
            twice.append(cell.name)
        made.append(_theirs(f"student-{number}", cell))
    found = [codes.REPORT_CELLS_TWICE(cells=codes.some_of(twice, NAMED))] if twice else []
    found += [codes.REPORT_CELLS_MISSING(cells=codes.some_of([*missing], NAMED))] if missing else []
    if len(theirs) > MAX_CELLS:
        found.append(codes.REPORT_CELLS_LEFT_OUT(count=len(theirs) - MAX_CELLS, allowed=MAX_CELLS))
    return _notebook([*made, *(_own(cell, None, view) for cell in missing.values())]), found


def from_text(cells: Sequence[Cell], text: str) -> dict[str, Any]:
    """The notebook of a student who handed in a text: the whole of it stands above the cells that are graded."""
    return _notebook([_markdown("handed-in", _cut(text)), *(_own(cell) for cell in cells)])


def _notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _own(cell: Cell, theirs: _Cell | None = None, view: View | None = None) -> dict[str, Any]:
    """A cell of the lab's: of an answer the student's text, of a picture the student's output."""
    source = _cut(theirs.source) if theirs and cell.solution else cell.source
    if cell.type == "markdown":
        made = _markdown(cell.name, source)
        if theirs and cell.solution and (pictures := _attachments(theirs)):
            made["attachments"] = pictures
    else:
        made = _code(cell.name, source)
        if cell.name in KINDS.values():
            made["outputs"] = [_stream(_table(view, cell.name))] if view else []
        elif theirs:
            made["outputs"] = [*_outputs(theirs)]
    return {**made, "metadata": cell.metadata}


def _theirs(name: str, cell: _Cell) -> dict[str, Any]:
    """A cell that the student added."""
    source = _cut(cell.source)
    if cell.cell_type != "code":
        made = _markdown(name, source)
        return {**made, "attachments": pictures} if (pictures := _attachments(cell)) else made
    return {**_code(name, source), "outputs": [*_outputs(cell)]}


def _markdown(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _code(name: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": list[Any](),
        "source": source,
    }


def _outputs(cell: _Cell) -> Iterator[dict[str, Any]]:
    """Texts (of which all together are cut), and pictures."""
    texts, pictures = list[str](), 0
    for output in cell.outputs:
        shown = _pictures(output.data) if pictures < MAX_PICTURES else {}
        if shown:
            pictures += 1
            yield {"output_type": "display_data", "data": shown, "metadata": {}}
        else:
            plain = output.data.get("text/plain", "")
            texts += [_joined(output.text), plain if isinstance(plain, str) else "", *output.traceback]
    if text := _cut("\n".join(filter(None, texts))):
        yield _stream(text)


def _stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def _attachments(cell: _Cell) -> dict[str, dict[str, str]]:
    found = {name: _pictures(data) for name, data in [*cell.attachments.items()][:MAX_PICTURES]}
    return {printable(name, 200): data for name, data in found.items() if data}


def _pictures(data: dict[str, Any]) -> dict[str, str]:
    """The pictures among data by MIME type, each encoded anew; only what begins as such a file does."""
    found = {}
    for kind, begin in PICTURES.items():
        text = data.get(kind)
        if isinstance(text, str) and len(text) <= MAX_PICTURE * 4 // 3:
            try:
                picture = base64.b64decode(text)
            except (binascii.Error, ValueError):
                continue
            if picture.startswith(begin):
                found[kind] = base64.b64encode(picture).decode()
    return found


def _joined(text: Text) -> str:
    return text if isinstance(text, str) else "".join(text)


def _cut(text: Text) -> str:
    plain = COLOURS.sub("", _joined(text)[: 2 * MAX_TEXT]).replace("\r\n", "\n").replace("\xa0", " ")
    return printable(plain.expandtabs(4), MAX_TEXT)


def _table(view: View, name: str) -> str:
    """The points of one kind, as the student may see them: of each task, or milestone, or of the quiz."""
    kind = next(each for each, cell in KINDS.items() if cell == name)
    lines = []
    for task in view.tasks:
        if not task.bonus and any(check.kind == kind for check in task.checks):
            each = [(check.title, check.points, check.max_points) for check in task.checks]
            whole = [(task.task, task.points, task.max_points)]
            for title, points, possible in each if kind == "milestone" else whole:
                earned = "-" if points is None else points_text(points)
                lines.append(f"{task.number:<6}{title:<36}{earned:>6} of {points_text(possible)}")
    return "\n".join(lines)
