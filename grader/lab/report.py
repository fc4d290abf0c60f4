"""Reads the report as a student leaves it: report.ipynb, or report.md in its place. Nothing in it is believed.

A notebook is read by its cells' names (grade_id, else id). Cells that are no longer as the lab has them cost a finding,
and no text: an answer counts whatever became of its cell, and what else was written is kept as a cell of the student's
own. Only what is looked at is built in memory; the rest of a file is skipped.
"""

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from grader import codes
from grader.errors import Found, Refused
from grader.findings import Code, Finding
from grader.lab.manifest import Lab
from grader.lab.report_cells import AS_TEXT, FILE, Cell, languages_of, pictures_of, report_cells
from grader.plain import one_line

MAX_BYTES = 8_000_000  # of either file: a notebook holds its pictures
MAX_PARTS = 100_000  # of a notebook's JSON: cells, outputs, entries, and commas of the text
FORMAT = 4  # nbformat's major version
MAX_WORDS = 200

Outputs = Sequence[msgspec.Raw]


@dataclasses.dataclass(frozen=True)
class Written:
    """A cell that a student wrote: an answer, or one of their own. `number` is its place in the notebook, from 1; it
    stands behind the lab's cell `after`; `outputs` and `attachments` are as they were saved."""

    type: Literal["markdown", "code"]
    source: str
    number: int = 0
    after: str = ""
    outputs: Outputs = ()
    attachments: msgspec.Raw = dataclasses.field(default_factory=lambda: msgspec.Raw(b"{}"))


@dataclasses.dataclass(frozen=True)
class Report:
    """What of a report can be read. `pictures` are the saved outputs of the lab's own cells, by name; `blank` names the
    parts to which nothing is written."""

    file: str
    answers: Mapping[str, Sequence[Written]]
    own: Sequence[Written]
    pictures: Mapping[str, Outputs]
    blank: Sequence[str]
    findings: Sequence[Finding]


def report_files(lab: Lab) -> dict[str, int]:
    """The files of a report, with the bytes that each may have: the notebook, the text, and the pictures that the
    handout names, as long as it is there."""
    if not lab.manifest.report:
        return {}
    with contextlib.suppress(Refused):
        return dict.fromkeys([FILE, AS_TEXT, *pictures_of(lab)], MAX_BYTES)
    return dict.fromkeys([FILE, AS_TEXT], MAX_BYTES)


def read_report(files: Mapping[str, bytes], lab: Lab) -> Report | None:
    """The report among these files; None where there is none. One that cannot be read has findings and nothing else.

    Of two the notebook counts, unless it cannot be read. Refused where the lab's handout has no such report.
    """
    if not lab.manifest.report:
        return None
    found: list[Finding] = []
    if FILE in files:
        try:
            report = _read_notebook(files[FILE], lab)
        except Unreadable as error:
            found.append(error.finding)
        else:
            other = [codes.TWO_REPORTS(file=FILE, other=AS_TEXT)] if AS_TEXT in files else []
            return dataclasses.replace(report, findings=[*report.findings, *other])
    if AS_TEXT in files:
        return dataclasses.replace(_read_text(files[AS_TEXT], lab), findings=found)
    return Report(FILE, {}, [], {}, [], found) if found else None


class Unreadable(Found):
    """This is no notebook that can be read."""


def _read_text(data: bytes, lab: Lab) -> Report:
    """A report that is one text: it stands before the first question, and answers all."""
    text = data.decode("utf-8-sig", errors="replace")
    names = [cell.name for cell in report_cells(lab)]
    place = names[names.index(f"{lab.manifest.report[0].name}-question") - 1]
    blank = [] if text.strip() else [part.name for part in lab.manifest.report]
    return Report(AS_TEXT, {}, [Written("markdown", text, 1, place)], {}, blank, [])


# --- a notebook -------------------------------------------------------------------------------------------------------


class _Cell(msgspec.Struct):
    cell_type: str = ""
    id: msgspec.Raw = msgspec.Raw(b'""')
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    source: str | list[str] = ""
    outputs: list[msgspec.Raw] = []
    attachments: msgspec.Raw = msgspec.Raw(b"{}")

    @property
    def name(self) -> str:
        """Its grade_id, else its id; "" where it has neither."""
        marked: _Metadata = decoded(self.metadata, _Metadata, _Metadata())
        return marked.nbgrader.grade_id or str(decoded(self.id, str, ""))

    @property
    def text(self) -> str:
        return self.source if isinstance(self.source, str) else "".join(self.source)


class _Marked(msgspec.Struct):
    grade_id: str = ""


class _Metadata(msgspec.Struct):
    nbgrader: _Marked = msgspec.field(default_factory=_Marked)


class _Notebook(msgspec.Struct):
    nbformat: int
    cells: list[_Cell] = []


def decoded(data: msgspec.Raw, kind: Any, otherwise: Any) -> Any:
    """A part of a notebook, if it has this form; else `otherwise`."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return otherwise


def _cells_of(data: bytes) -> list[_Cell]:
    """The cells of a notebook; Unreadable where it is none, or of another format."""
    if sum(map(data.count, (b"{", b"[", b","))) > MAX_PARTS:
        raise Unreadable(codes.NOTEBOOK_TOO_LARGE(file=FILE, parts=MAX_PARTS))
    try:
        notebook = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Notebook)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(codes.NOTEBOOK_BROKEN(file=FILE, message=one_line(str(error), MAX_WORDS))) from None
    if notebook.nbformat != FORMAT:
        raise Unreadable(codes.NOTEBOOK_FORMAT(file=FILE, format=notebook.nbformat, wanted=FORMAT))
    return notebook.cells


def _read_notebook(data: bytes, lab: Lab) -> Report:
    in_each = [{cell.name: cell for cell in report_cells(lab, language)} for language in languages_of(lab)]
    ours = in_each[0]
    parts = [part.name for part in lab.manifest.report]
    answers: dict[str, list[Written]] = {part: [] for part in parts}
    own: list[Written] = []
    pictures: dict[str, Outputs] = {}
    changed, retyped, after = list[str](), list[str](), ""
    for number, cell in enumerate(_cells_of(data), 1):
        kind: Literal["markdown", "code"] = "code" if cell.cell_type == "code" else "markdown"
        written = Written(kind, cell.text, number, after, cell.outputs, cell.attachments)
        if (known := ours.get(cell.name)) is None:
            own += [written] if cell.text.strip() else []
            continue
        after = known.name
        if known.solution:
            answers[known.name].append(written)
            retyped += [known.name] if cell.cell_type != known.type else []
            continue
        if known.pictures:
            pictures[known.name] = cell.outputs
        if all(cell.text.split() != cells[known.name].source.split() for cells in in_each):
            changed.append(known.name)
            own.append(dataclasses.replace(written, after=after))
    given = {part: [cells[part] for cells in in_each] for part in parts}
    blank = [part for part in parts if not any(_is_written(each, given[part]) for each in answers[part])]
    findings = [
        *_told(codes.ANSWER_CELLS_MISSING, [part for part in parts if not answers[part]]),
        *_told(codes.ANSWER_CELLS_TWICE, [part for part in parts if len(answers[part]) > 1]),
        *_told(codes.ANSWER_CELLS_RETYPED, retyped),
        *_told(codes.LOCKED_CELLS_CHANGED, changed),
    ]
    return Report(FILE, answers, own, pictures, blank, findings)


def _is_written(answer: Written, cells: Sequence[Cell]) -> bool:
    """Whether an answer says more than the lab's own cell does, in any language."""
    given = {line.strip() for cell in cells for line in cell.source.splitlines()}
    return any(line.strip() not in given for line in answer.source.splitlines() if line.strip())


def _told(code: Code, names: list[str]) -> list[Finding]:
    return [code(file=FILE, cells=list(dict.fromkeys(names)))] if names else []
