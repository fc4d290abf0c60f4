"""The notebook that a person grades: run in the real sandbox, harmless to open, and whole whatever was handed in."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader import sandboxes
from grader.batch.batch import Options, grade_all
from grader.errors import Refused
from grader.grading import work
from grader.grading.asking import WarmParent, WorkerFailed
from grader.grading.reports import Reported, read_and_run, with_notebook
from grader.intake.staging import Staged
from grader.lab import ROOT, Lab, Limits
from grader.lab.report import read_report
from grader.lab.report_cells import AS_TEXT, FILE, report_cells
from grader.languages import say
from grader.notebooks import GRAMMAR, execution, outputs
from grader.results import Result, read_result

Notebook = dict[str, Any]
Code = Callable[..., Notebook]
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()
OWN = "first.py"  # of the small lab: double(x)


@pytest.fixture
def ran(lab: Lab, warm_parent: WarmParent, notebook: Notebook) -> Callable[[], Reported]:
    """The notebook as it is now, read and run in the sandbox."""

    def run() -> Reported:
        files = {name: lab.path(name).read_bytes() for name in ("checks.py", *lab.code_files)}
        return read_and_run(warm_parent, lab, staged(notebook), files)

    return run


def staged(notebook: Notebook, **more: bytes) -> Staged:
    return Staged({FILE: json.dumps(notebook).encode(), **more}, [])


def said(reported: Reported) -> list[str]:
    return list(map(say, reported.findings))


def text_of(nodes: list[Any]) -> str:
    return "".join(node.get("text", "") or node.get("data", {}).get("text/plain", "") for node in nodes)


def shown(reported: Reported) -> list[str]:
    """What each of the student's own cells shows, as text."""
    return [text_of(nodes) for nodes in reported.ran.outputs.values()]


def test_cells_run_one_after_another_with_the_submissions_code(code: Code, ran: Callable[[], Reported]) -> None:
    code("from first import double\nx = double(4)\nprint('doubled')")
    code("x + 1")
    code("x;")
    code("%matplotlib inline\n!ls\ndisplay(x)")
    assert shown(ran()) == ["doubled\n", "9", "", "8"]
    assert said(ran()) == []


def test_a_cell_that_fails_does_not_stop_the_next(code: Code, ran: Callable[[], Reported]) -> None:
    code("def f():\n    return 1 / 0\n\nf()")
    code("exit()")
    code("'reached'")
    reported = ran()
    assert shown(reported)[2] == "'reached'"
    assert shown(reported)[0].splitlines() == [
        '  File "report.ipynb, part 1", line 4, in <module>',
        "    f()",
        '  File "report.ipynb, part 1", line 2, in f',
        "    return 1 / 0",
        "           ~~^~~",
        "ZeroDivisionError: division by zero",
    ]
    number = max(cell.number for cell in reported.report.own) - 2 if reported.report else 0
    assert said(reported) == [
        f"report.ipynb, cell {number} fails where it is graded: it raised ZeroDivisionError: division by zero"
    ]


ENDED = "did not come to an end: "


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("while True: pass", "it was stopped after 0.5 seconds"),
        (
            "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
            "it was stopped after",
        ),
        ("import os\nos._exit(0)", "its process ended during the call"),
        ("import ctypes\nctypes.string_at(0)", "its process ended during the call by signal 11 (SIGSEGV)"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGABRT)", "by signal 6 (SIGABRT)"),
    ],
)
def test_a_cell_that_hangs_or_dies_costs_one_line(
    source: str, why: str, code: Code, ran: Callable[[], Reported], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "CELL_SECONDS", 0.5)
    code("'before'")
    code(source)
    code("'after'")
    reported = ran()
    assert shown(reported) == ["'before'"]
    [line] = said(reported)
    assert ENDED in line and why in line and line.endswith("The cells after it were not run")


@pytest.mark.parametrize(
    "source",
    [
        "print('x' * 20_000_000)",
        "for _ in range(1000): print('x' * 100_000)",
        "class Large:\n    def _repr_png_(self): return b'\\x89PNG' + b'x' * 5_000_000\nLarge()",
    ],
)
def test_output_without_end_is_cut(source: str, code: Code, ran: Callable[[], Reported]) -> None:
    code(source)
    code("'after'")
    reported = ran()
    assert [len(text) <= execution.MAX_KEPT and len(text) < 21_000 for text in shown(reported)] == [True, True]
    assert shown(reported)[1] == "'after'"
    [line] = said(reported)
    assert line.endswith("writes more than is kept: the rest was cut")


def test_a_notebook_has_its_seconds_too(
    code: Code, ran: Callable[[], Reported], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "NOTEBOOK_SECONDS", 0.0)
    code("1")
    assert ENDED in said(ran())[0]


def test_the_sandbox_keeps_a_cell_from_the_machine(code: Code, ran: Callable[[], Reported], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden", encoding="utf-8")
    secret.chmod(0o600)
    code(f"open({str(secret)!r}).read()")
    code("import socket\nsocket.create_connection(('127.0.0.1', 1), 1)")
    code("import subprocess\nsubprocess.run(['true'])")
    reported = ran()
    assert [text.splitlines()[-1].split(":")[0] for text in shown(reported)] == [
        *("PermissionError", "grader.lab.limits.Hit", "grader.lab.limits.Hit")
    ]
    assert "PermissionError" in said(reported)[0]


def test_a_limit_is_told_as_it_is_of_code(code: Code, ran: Callable[[], Reported]) -> None:
    code("input()")
    [line] = said(ran())
    assert line.endswith(say("limit_terminal"))


def test_a_figure_is_shown_as_a_picture(code: Code, ran: Callable[[], Reported]) -> None:
    code("class Figure:\n    def savefig(self, file, format): file.write(b'\\x89PNG\\r\\n\\x1a\\n...')\n\nFigure()")
    code("from IPython.display import Image, display\ndisplay(Image(data=b'\\xff\\xd8\\xff...'), 3)")
    kinds = [[*node.get("data", {"": 0})] for nodes in ran().ran.outputs.values() for node in nodes]
    assert kinds == [["image/png"], ["image/jpeg"], ["text/plain"]]


def test_a_worker_that_does_not_start_is_told(
    code: Code, ran: Callable[[], Reported], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise WorkerFailed("no memory")

    code("1")
    monkeypatch.setattr(execution, "Worker", fails)
    assert said(ran()) == ["report.ipynb was not run: the grader failed: no memory"]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {"outputs": 3},
        {"outputs": [3, {"kind": 4, "data": ""}, {"kind": "text/html", "data": "<b>"}, {"kind": "stdout"}]},
        {"outputs": [{"kind": "image/png", "data": "<script>"}, {"kind": "image/svg+xml", "data": PNG}]},
        {"outputs": [{"kind": "application/javascript", "data": "alert(1)"}]},
    ],
)
def test_an_answer_that_no_worker_of_ours_gives_shows_nothing(answer: Any) -> None:
    assert outputs.of_worker(answer)[0] == []


# --- the file ---------------------------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[31m"


def result_of(lab: Lab) -> Result:
    return Result(2, lab.name, {}, "ada", "", 1, {}, {}, 0.0, 8.5, "2026-01-01T00:00:00+00:00", 0.0, [], [])


def made(lab: Lab, taken: Staged, reported: Reported | None = None) -> Any:
    """The notebook that is written of a hand-in, which is valid whatever that was."""
    reported = reported or Reported(read_report(taken.files, lab))
    result, text = with_notebook(lab, taken, reported, result_of(lab))
    assert result.notes == []
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    return notebook


def by_name(notebook: Any) -> dict[str, Any]:
    return {cell.id: cell for cell in notebook.cells}


def test_the_labs_cells_are_there_once_whatever_was_handed_in(lab: Lab, notebook: Notebook) -> None:
    names = [cell.name for cell in report_cells(lab)]
    for cells in ([], notebook["cells"] * 2, notebook["cells"][:3], [{"cell_type": "code", "source": "1"}] * 3):
        found = made(lab, staged({"nbformat": 4, "cells": cells}))
        assert [cell.id for cell in found.cells if not cell.id.startswith("own-")] == names
    assert [cell.id for cell in made(lab, Staged({}, [])).cells] == names, "nothing was handed in"


def test_answers_stand_in_their_cells_with_the_pictures_pasted_into_them(
    lab: Lab, notebook: Notebook, cell: Callable[[str], Notebook]
) -> None:
    cell("why")["source"] = "It is ![](attachment:a.png)"
    cell("why")["attachments"] = {
        "a.png": {"image/png": PNG, "image/svg+xml": PNG},
        '"><b>.png': {"image/png": PNG},
        "b.png": {'image/png" onerror="': PNG},
        "c.png": {"image/png": "<script>"},
    }
    found = by_name(made(lab, staged(notebook)))
    assert found["why"].source == "It is ![](attachment:a.png)"
    assert found["why"].attachments == {"a.png": {"image/png": PNG}}
    assert found["why"].metadata.nbgrader.points == 2.5


def test_nothing_in_it_is_active(lab: Lab, notebook: Notebook, code: Code, cell: Callable[[str], Notebook]) -> None:
    cell("plot")["source"] = HOSTILE
    notebook["cells"].append({"cell_type": "markdown", "source": HOSTILE, "metadata": {"x": HOSTILE}, "id": HOSTILE})
    notebook["metadata"]["language_info"] = {"name": HOSTILE}
    bundle = {"text/html": HOSTILE, "application/javascript": "alert(1)", "image/svg+xml": "<svg/>"}
    code(
        "1",
        {"output_type": "display_data", "data": bundle},
        {"output_type": "execute_result", "data": {**bundle, "text/plain": HOSTILE}},
        {"output_type": "stream", "name": HOSTILE, "text": [HOSTILE]},
        {"output_type": "error", "ename": HOSTILE, "evalue": "", "traceback": [HOSTILE]},
        {"output_type": "display_data", "data": {"image/png": f'"><script>{PNG}'}},
        {"output_type": HOSTILE},
    )
    found = made(lab, staged(notebook))
    text = nbformat.writes(found)
    assert "\u202e" not in text and "\\u001b" not in text
    kinds = {kind for each in found.cells for output in each.get("outputs", []) for kind in output.get("data", {})}
    assert kinds == {"text/plain"}
    texts = "".join(each.source for each in found.cells if each.cell_type == "markdown")
    assert "< script>alert(1)< /script>< img src=x" in texts and "<script" not in texts and "<img" not in texts
    assert found.metadata.language_info == {"name": "python"}


def test_the_pictures_are_those_handed_in_or_else_those_saved(
    lab: Lab, notebook: Notebook, cell: Callable[[str], Notebook]
) -> None:
    cell("plot-pictures")["outputs"] = [{"output_type": "display_data", "data": {"image/png": PNG}}]
    drawn = b"\x89PNG\r\n\x1a\n drawn"
    taken = Staged({**staged(notebook).files, "runs/curve.png": drawn}, [])
    assert by_name(made(lab, taken))["plot-pictures"].outputs[0].data == {"image/png": base64.b64encode(drawn).decode()}
    no_picture = Staged({**staged(notebook).files, "runs/curve.png": b"<svg>"}, [])
    for files in (staged(notebook), no_picture):
        assert by_name(made(lab, files))["plot-pictures"].outputs[0].data == {"image/png": PNG}
    assert "runs/curve.png not handed in" in by_name(made(lab, Staged({}, [])))["plot-pictures"].outputs[0].text


def test_what_was_saved_follows_where_a_cell_shows_no_picture_here(
    lab: Lab, notebook: Notebook, code: Code, ran: Callable[[], Reported]
) -> None:
    code("open('runs/curves.json')", {"output_type": "display_data", "data": {"image/png": PNG}})
    [own] = [cell for cell in made(lab, staged(notebook), ran()).cells if cell.id.startswith("own-")]
    assert "FileNotFoundError" in own.outputs[0].text
    assert own.outputs[1].text == "(as it was handed in:)"
    assert own.outputs[2].data == {"image/png": PNG}


def test_a_report_of_text_stands_before_the_first_question(lab: Lab) -> None:
    found = made(lab, Staged({AS_TEXT: b"# Mine\n\nI <b>saw</b> it."}, []))
    names = [cell.id for cell in found.cells]
    assert names[names.index("own-1") + 1] == "plot-question"
    assert by_name(found)["own-1"].source == "# Mine\n\nI < b>saw< /b> it."
    assert AS_TEXT in by_name(found)["why"].source


def test_a_handout_without_the_reports_parts_is_told_before_grading(lab: Lab, tmp_path: Path) -> None:
    lab.path("README.md").write_text("# Numbers\n", encoding="utf-8")
    with pytest.raises(Refused, match="needs a heading in the handout"):
        grade_all(lab, Options(tmp_path / "submitted", tmp_path / "graded", "none"), lambda *_: None)


def test_grading_writes_it_beside_the_result_and_keeps_it(
    lab: Lab, notebook: Notebook, code: Code, tmp_path: Path, warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "WarmParent", lambda *_: warm_parent)
    monkeypatch.setattr(WarmParent, "__exit__", lambda *_: None)
    work.bench_of.cache_clear()
    code("import os\nos._exit(1)")
    for student in ("ada", "ben"):
        folder = tmp_path / "submitted" / student / lab.name
        folder.mkdir(parents=True)
        for name in lab.code_files:
            shutil.copyfile(lab.path(name), folder / name)
    (tmp_path / "submitted" / "ada" / lab.name / FILE).write_text(json.dumps(notebook), encoding="utf-8")
    options = Options(tmp_path / "submitted", tmp_path / "graded", sandboxes.choose("auto", Limits()), jobs=1)
    first = grade_all(lab, options, lambda *_: None)
    again = grade_all(lab, options, lambda *_: None)
    for done in (first, again):
        assert {row.student: len(row.attention) for row in done.rows} == {"ada": 1, "ben": 0}
    assert [row.what for row in again.rows] == ["unchanged", "unchanged"]
    for student, score in (("ada", 6), ("ben", 6)):
        graded = tmp_path / "graded" / student / lab.name
        assert read_result(graded / "result.json").score == score, "no report changes the points of code"
        found = by_name(nbformat.read(graded / FILE, as_version=4))
        assert found["labkit-code"].outputs[0].text.startswith("90.1  0.8 of 0.8 points  ✓ passed  ")


def test_a_grader_starts_without_reading_the_grammar_of_addresses(tmp_path: Path) -> None:
    (tmp_path / f"{GRAMMAR}.py").write_text("raise SystemExit('the grammar is read')")
    searched = os.pathsep.join([str(tmp_path), str(ROOT)])
    command = [sys.executable, "-c", f"import grader.grading.work; print('started'); import {GRAMMAR}"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": searched}, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("started\n", "the grammar is read\n")
