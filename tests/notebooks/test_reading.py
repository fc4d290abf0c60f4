"""What of a handed-in report is read, whatever became of it; and what it costs to be sent a bad one."""

import copy
import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.grading.reports import Reported, report_lines
from grader.intake.staging import stage
from grader.lab import Lab
from grader.lab.report import MAX_BYTES, read_report
from grader.lab.report_cells import AS_TEXT, FILE
from grader.languages import say

Notebook = dict[str, Any]
Change = Callable[[Notebook], object]
PLOT, WHY = "my answer to plot", "my answer to why"


def answered(notebook: Notebook) -> Notebook:
    """The notebook with something written to both parts."""
    for cell in notebook["cells"]:
        if cell["id"] in ("plot", "why"):
            cell["source"] = [*cell["source"], "\n\n", f"my answer to {cell['id']}"]
    return notebook


def at(notebook: Notebook, name: str) -> Notebook:
    return next(each for each in notebook["cells"] if each["id"] == name)


def remove(notebook: Notebook, name: str) -> None:
    notebook["cells"].remove(at(notebook, name))


def copied(notebook: Notebook, name: str, text: str) -> None:
    """As JupyterLab copies a cell: with its metadata, and a new id."""
    notebook["cells"].append({**copy.deepcopy(at(notebook, name)), "id": "copied", "source": text})


def retype(notebook: Notebook, name: str, kind: str) -> None:
    at(notebook, name)["cell_type"] = kind


def read(lab: Lab, *files: tuple[str, bytes]) -> tuple[dict[str, str], list[str], list[str]]:
    """The answers by part, the parts that are blank, and what is said."""
    report = read_report(dict(files), lab)
    assert report
    answers = {name: "|".join(each.source for each in cells) for name, cells in report.answers.items() if cells}
    return answers, list(report.blank), list(map(say, report.findings))


def saved(notebook: Notebook) -> tuple[str, bytes]:
    return FILE, json.dumps(notebook).encode()


def test_a_notebook_that_was_not_touched_is_blank(lab: Lab, notebook: Notebook) -> None:
    assert read(lab, saved(notebook))[1:] == (["plot", "why"], [])


def test_answers_are_read_by_part(lab: Lab, notebook: Notebook) -> None:
    answers, blank, said = read(lab, saved(answered(notebook)))
    assert [text.splitlines()[-1] for text in answers.values()] == ["my answer to plot", "my answer to why"]
    assert (blank, said) == ([], [])


@pytest.mark.parametrize(
    ("change", "answers", "says"),
    [
        (lambda made: remove(made, "plot"), [WHY], "lacks the answer cells plot: look for these answers"),
        (lambda made: copied(made, "plot", "twice"), [PLOT, "twice", WHY], "the answer cells plot more than once"),
        (lambda made: retype(made, "why", "code"), [PLOT, WHY], "the answer cells why as cells of another type"),
        (lambda made: retype(made, "why", "raw"), [PLOT, WHY], "the answer cells why as cells of another type"),
        (lambda made: at(made, "plot").update(metadata={}), [PLOT, WHY], ""),  # its id is left
        (lambda made: at(made, "plot").update(metadata={"nbgrader": [1]}), [PLOT, WHY], ""),
        (lambda made: at(made, "plot").update(metadata=7), [PLOT, WHY], ""),
        (lambda made: at(made, "plot").pop("id"), [PLOT, WHY], ""),  # as notebooks before 4.5
        (lambda made: remove(made, "labkit-code"), [PLOT, WHY], ""),
        (lambda made: made["cells"].reverse(), [PLOT, WHY], ""),
        (lambda made: at(made, "why-question").update(source="mine"), [PLOT, WHY], "the lab's own cells why-question"),
    ],
)
def test_cells_that_were_changed_cost_a_line_and_no_answer(
    change: Change, answers: list[str], says: str, lab: Lab, notebook: Notebook
) -> None:
    change(answered(notebook))
    found, _, said = read(lab, saved(notebook))
    text = " ".join(found.values())
    assert [word for word in (PLOT, "twice", WHY) if word in text] == answers
    assert len(said) == bool(says)
    assert says in "".join(said)


def test_what_stands_in_other_cells_is_kept_at_its_place(lab: Lab, notebook: Notebook) -> None:
    remove(notebook, "plot")
    notebook["cells"].insert(3, {"cell_type": "markdown", "metadata": {}, "source": "by hand"})
    report = read_report(dict([saved(notebook)]), lab)
    assert report and [(cell.source, cell.after, cell.number) for cell in report.own] == [
        ("by hand", "plot-question", 4)
    ]


BROKEN = {
    "nothing": b"",
    "no JSON": b"{",
    "no notebook": b"[]",
    "no text": b"\xff\xfe{}",
    "deep": b'{"nbformat": 4, "cells": [' + b"[" * 90_000,
    "deep inside": b'{"nbformat": 4, "cells": [{"metadata": ' + b"[" * 90_000,
    "cells of another kind": b'{"nbformat": 4, "cells": [7]}',
    "sources of another kind": b'{"nbformat": 4, "cells": [{"source": {"a": 1}}]}',
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_notebook_is_one_line(data: bytes, lab: Lab) -> None:
    answers, _, said = read(lab, (FILE, data))
    assert answers == {}
    assert len(said) == 1
    assert said[0].startswith("report.ipynb cannot be read as a notebook: ")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"nbformat": 3, "worksheets": []}', "report.ipynb is a notebook of format 3; format 4 can be read"),
        (b'{"nbformat": 4, "cells": [' + b"{}," * 400_000 + b"{}]}", "has more than 100,000 cells, outputs and other"),
    ],
)
def test_a_notebook_of_another_format_or_without_end_is_one_line(data: bytes, says: str, lab: Lab) -> None:
    [said] = read(lab, (FILE, data))[2]
    assert says in said


def test_of_a_notebook_and_a_text_the_notebook_counts(lab: Lab, notebook: Notebook) -> None:
    text = (AS_TEXT, "Meine Antwort: größer\r\n".encode("utf-8-sig"))
    assert read(lab, saved(answered(notebook)), text)[2] == ["report.ipynb counts, not report.md"]
    report = read_report(dict([text]), lab)
    assert report and (report.own[0].source, report.own[0].after) == ("Meine Antwort: größer\r\n", "labkit-code")
    assert (report.blank, report.findings) == ([], [])
    report = read_report({FILE: b"{", **dict([text])}, lab)
    assert report and (report.file, len(report.findings)) == (AS_TEXT, 1), "what can be read counts"


def test_a_blank_part_says_so_in_the_result(lab: Lab, notebook: Notebook) -> None:
    at(notebook, "plot")["source"] += "written"
    report = read_report(dict([saved(notebook)]), lab)
    lines = report_lines(lab, Reported(report))
    assert [(line.check, line.outcome, line.points, line.max_points) for line in lines] == [
        ("plot", "pending", None, 5),
        ("why", "pending", None, 2.5),
    ]
    assert [say(line.findings[0]) for line in lines] == ["graded by hand", "nothing is written for it"]


# --- taken from a hand-in ---------------------------------------------------------------------------------------------


@pytest.fixture
def folder(lab: Lab, tmp_path: Path) -> Path:
    """A hand-in with the lab's code, and no report yet."""
    path = tmp_path / "ada" / lab.name
    path.mkdir(parents=True)
    for name in lab.manifest.files.handed_in:
        (path / name).write_bytes(lab.path(name).read_bytes())
    return path


def test_a_report_is_taken_with_the_pictures_that_the_handout_names(lab: Lab, folder: Path) -> None:
    (folder / "runs").mkdir()
    for name in (FILE, AS_TEXT, "runs/curve.png", "runs/other.png"):
        (folder / name).write_bytes(b"{}")
    staged = stage(folder, lab)
    assert staged.files.keys() == {*lab.manifest.files.handed_in, FILE, AS_TEXT, "runs/curve.png"}
    assert list(map(say, staged.findings)) == ["not in lab.toml, ignored: runs/other.png"]


def test_a_report_alone_is_something(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "ada.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{lab.name}/{FILE}", "{}")
    staged = stage(path, lab)
    assert staged.files == {FILE: b"{}"}
    assert list(map(say, staged.findings)) == ["first.py is missing", "second.py is missing"]


def test_a_notebook_with_100_mb_of_output_is_not_read(lab: Lab, folder: Path) -> None:
    with (folder / FILE).open("wb") as file:
        file.truncate(100_000_000)
    staged, most = traced(lambda: stage(folder, lab))
    assert most < 1_000_000
    assert FILE not in staged.files
    [said] = map(say, staged.findings)
    assert said.startswith(f"{FILE} has ")
    assert read_report(staged.files, lab) is None


def test_the_largest_notebook_that_is_read_takes_little_memory(lab: Lab) -> None:
    """Where it is most expensive: as many parts as are allowed, and the rest of it text."""
    parts = b"{}," * 49_990
    data = b'{"nbformat": 4, "cells": [' + parts + b'{"source": "' + b"x" * (MAX_BYTES - len(parts) - 100) + b'"}]}'
    report, most = traced(lambda: read_report({FILE: data}, lab))
    assert report and (len(report.own), report.findings[0].code) == (1, "answer_cells_missing")
    assert most < 5 * MAX_BYTES


def traced(call: Callable[[], Any]) -> tuple[Any, int]:
    """What a call returns, and the most bytes of memory that it took."""
    tracemalloc.start()
    try:
        return call(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_link_is_not_followed_and_a_folder_is_none(lab: Lab, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text('{"nbformat": 4}', encoding="utf-8")
    os.symlink(tmp_path / "secret", folder / FILE)
    staged = stage(folder, lab)
    assert FILE not in staged.files
    assert list(map(say, staged.findings)) == [f"refused: {FILE} is a link or no regular file"]
    (folder / FILE).unlink()
    (folder / FILE).mkdir()
    (folder / FILE / "cells.json").write_text("{}", encoding="utf-8")
    staged = stage(folder, lab)
    assert FILE not in staged.files
    assert list(map(say, staged.findings)) == [f"not in lab.toml, ignored: {FILE}/cells.json"]
