"""Writes cells as a notebook file: the same cells give the same bytes."""

from collections.abc import Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.lab.report_cells import Cell

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def node_of(cell: Cell, source: str | None = None, outputs: Sequence[Any] = ()) -> NotebookNode:
    """A cell of the report as nbformat has it; `source` is what stands in it now, where that is another text."""
    text = cell.source if source is None else source
    if cell.type == "markdown":
        return nbformat.v4.new_markdown_cell(text, id=cell.name, metadata=cell.metadata)
    return nbformat.v4.new_code_cell(text, id=cell.name, metadata=cell.metadata, outputs=list(outputs))


def notebook_text(nodes: Sequence[NotebookNode]) -> str:
    """The text of a notebook of these cells. nbformat.ValidationError where they make none."""
    notebook = nbformat.v4.new_notebook(cells=list(nodes), metadata=KERNEL)
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"
