"""The notebook that formgrader shows: the lab's cells with the student's words, and nothing else of theirs."""

import base64
import json
from typing import Any

import pytest

from grader import codes
from grader.gradebook import notebook
from grader.gradebook.notebook import filled
from grader.lab.report_cells import report_cells
from grader.languages import say
from grader.results.view import view_of
from tests.gradebook.course import lab3, notebook_with, result_of

CELLS = report_cells(lab3())
VIEW = view_of(result_of("ada"))
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n picture").decode()


def shown(submitted: bytes) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The cells by their ids, and what was found, in words."""
    made, found = filled(CELLS, submitted, VIEW)
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    graded = [cell["metadata"]["nbgrader"]["grade_id"] for cell in made["cells"] if cell["metadata"]]
    assert sorted(graded) == sorted(cell.name for cell in CELLS), "each cell of the lab's is there once"
    return {cell["id"]: cell for cell in made["cells"]}, [say(each) for each in found]


def own(name: str, **more: Any) -> dict[str, Any]:
    marked = {"nbgrader": {"grade_id": name, "grade": True, "solution": True, "points": 99, "schema_version": 3}}
    return {"cell_type": "markdown", "id": "x", "metadata": marked, "source": "", **more}


def test_answers_stand_in_the_labs_cells_and_points_are_the_labs() -> None:
    cells, found = shown(
        notebook_with({"plot": "my words", "plot-question": "other question", "labkit-code": "import os"})
    )
    assert found == []
    assert cells["plot"]["source"] == "my words"
    assert "other question" not in cells["plot-question"]["source"]
    assert "os" not in cells["labkit-code"]["source"]
    assert cells["plot"]["metadata"]["nbgrader"]["points"] == 5
    assert "40.25 of 65" in cells["labkit-code"]["outputs"][0]["text"]
    assert "actor_critic" in cells["labkit-milestones"]["outputs"][0]["text"]


def test_a_cell_that_is_there_twice_counts_once_and_is_still_shown() -> None:
    cells, found = shown(notebook_with({"plot": "first"}, own("plot", source="second")))
    assert cells["plot"]["source"] == "first"
    assert [cell["source"] for name, cell in cells.items() if name.startswith("student-")] == ["second"]
    assert found == ["report.ipynb has cells twice (plot); the first of each counts"]


def test_missing_cells_are_put_back_and_named() -> None:
    whole = json.loads(notebook_with({"plot": "mine"}))
    whole["cells"] = [cell for cell in whole["cells"] if cell["id"] in ("plot", "labkit-code")]
    cells, [said] = shown(json.dumps(whole).encode())
    assert cells["plot"]["source"] == "mine"
    assert "lacks cells" in said and "labkit-quiz" in said and "more" in said


def test_a_cell_made_code_is_read_as_the_text_it_was() -> None:
    retyped = own("plot", cell_type="code", source=["a", "b"], outputs=[{"output_type": "stream", "text": "no"}])
    cells, _ = shown(json.dumps({"nbformat": 4, "cells": [retyped]}).encode())
    assert (cells["plot"]["cell_type"], cells["plot"]["source"]) == ("markdown", "ab")


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b'{"nbformat": 3, "worksheets": []}',
        b'{"nbformat": 4, "cells": 7}',
        b'{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": 3}]}',
        b"\xff\xfe",
        b'{"nbformat": 4, "cells": ' + b"[" * 100_000,
    ],
)
def test_a_broken_notebook_is_one_line_and_an_empty_report(broken: bytes) -> None:
    made, found = filled(CELLS, broken, VIEW)
    assert [codes.REPORT_UNREADABLE.made(each) for each in found] == [True]
    assert "cannot be read" in made["cells"][0]["source"]
    assert [cell["id"] for cell in made["cells"][1:]] == [cell.name for cell in CELLS]


def test_a_notebook_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "MAX_BYTES", 1000)
    _, [found] = filled(CELLS, notebook_with({"plot": "x" * 1000}), VIEW)
    assert "1,000 are allowed" in say(found)


def test_of_outputs_only_text_and_real_pictures_stay() -> None:
    data = [
        {"text/html": "<script>1</script>", "text/plain": "<Figure>"},
        {"image/png": PNG, "text/html": "<b>"},
        {"image/png": 'x"><script>'},
        {"image/png": base64.b64encode(b"<svg onload=1>").decode()},
        {"image/svg+xml": "<svg onload=1>", "application/javascript": "1"},
    ]
    outputs = [{"output_type": "display_data", "data": each, "metadata": {"width": '"><'}} for each in data]
    more = {"cell_type": "code", "source": "1", "metadata": {"tags": ["<"]}, "outputs": outputs, "id": '"><'}
    cells, _ = shown(notebook_with({}, more))
    [cell] = [cell for name, cell in cells.items() if name.startswith("student-")]
    assert cell["metadata"] == {}
    assert cell["outputs"] == [
        {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": "<Figure>"},
    ]


def test_a_huge_output_is_cut() -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": "y" * 3_000_000} for _ in range(3)]
    more = [{"cell_type": "code", "source": "z" * 300_000, "metadata": {}, "outputs": outputs}] * 600
    made, found = filled(CELLS, notebook_with({}, more[0]), VIEW)
    assert len(json.dumps(made)) < 4 * notebook.MAX_TEXT
    made, found = filled(CELLS, notebook_with({}, *[{**more[0], "outputs": [], "source": "z"}] * 600), VIEW)
    assert len(made["cells"]) == notebook.MAX_CELLS
    assert codes.REPORT_CELLS_LEFT_OUT.made(found[0])
