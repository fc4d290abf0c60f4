"""Writes the same exam as an nbgrader course and as a master notebook for otter assign, and fills in submissions.

    python notebooks.py sources exam.json FOLDER        before `nbgrader generate_assignment` and `otter assign`
    python notebooks.py submissions exam.json FOLDER    afterwards, into the notebooks that a student got

Runs where nbformat is installed.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_raw_cell

Exam = dict[str, Any]
Notebook = nbformat.NotebookNode

NBGRADER_CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "course"
c.ExecutePreprocessor.timeout = 60
"""
OTTER_CONFIG = """\
# ASSIGNMENT CONFIG
tests:
    ok_format: false
export_cell: false
"""


def main() -> None:
    step, exam_file, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    exam = json.loads(exam_file.read_text())
    course, otter = folder / "nbgrader", folder / "otter"
    if step == "sources":
        write(nbgrader_source(exam), course / "source" / "lab3" / "lab3.ipynb")
        (course / "nbgrader_config.py").write_text(NBGRADER_CONFIG)
        write(otter_source(exam), otter / "lab3.ipynb")
    else:
        for submission in exam["submissions"]:
            student, functions = submission["student"], submission["functions"]
            release = course / "release" / "lab3" / "lab3.ipynb"
            write(filled(release, functions), course / "submitted" / student / "lab3" / "lab3.ipynb")
            release = otter / "dist" / "student" / "lab3.ipynb"
            write(filled(release, functions), otter / "submitted" / f"{student}.ipynb")


def write(notebook: Notebook, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def notebook_of(cells: list[Notebook]) -> Notebook:
    return new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )


def filled(release: Path, functions: dict[str, str]) -> Notebook:
    """A student's notebook with these functions in the place of the ones to be written."""
    notebook = nbformat.read(release, as_version=4)
    for name, source in functions.items():
        [cell] = [cell for cell in notebook.cells if cell.source.startswith(f"def {name}(")]
        cell.source = source
    return notebook


def nbgrader_source(exam: Exam) -> Notebook:
    """Each task's functions as solution cells, each test as a cell of its own with points."""
    cells = [new_code_cell(exam["preamble"])]
    for task, functions in exam["tasks"].items():
        cells += [
            new_code_cell(source, metadata=nbgrader_metadata(name, solution=True)) for name, source in functions.items()
        ]
        for test in tests_of(exam, task):
            call = f"{test['name']}(globals())"
            source = f"{test['source']}\n\n{call}"
            if test["hidden"]:
                source = f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS"
            cells.append(new_code_cell(source, metadata=nbgrader_metadata(test["name"], points=test["points"])))
    return notebook_of(cells)


def nbgrader_metadata(name: str, solution: bool = False, points: float = 0.0) -> dict[str, Any]:
    cell = {"grade_id": name, "solution": solution, "grade": not solution, "locked": not solution}
    if not solution:
        cell["points"] = points
    return {"nbgrader": cell | {"task": False, "schema_version": 3, "cell_type": "code"}}


def otter_source(exam: Exam) -> Notebook:
    """Each task as a question with exception-based tests."""
    cells = [new_raw_cell(OTTER_CONFIG), new_code_cell(exam["preamble"])]
    for task, functions in exam["tasks"].items():
        cells += [new_raw_cell(f"# BEGIN QUESTION\nname: {task}"), new_raw_cell("# BEGIN SOLUTION")]
        cells += [new_code_cell(source.replace("### ", "# ")) for source in functions.values()]
        cells += [new_raw_cell("# END SOLUTION"), new_raw_cell("# BEGIN TESTS")]
        for test in tests_of(exam, task):
            config = f"points: {test['points']}\nhidden: {str(test['hidden']).lower()}"
            cells.append(new_code_cell(f'""" # BEGIN TEST CONFIG\n{config}\n""" # END TEST CONFIG\n{test["source"]}'))
        cells += [new_raw_cell("# END TESTS"), new_raw_cell("# END QUESTION")]
    return notebook_of(cells)


def tests_of(exam: Exam, task: str) -> Iterator[dict[str, Any]]:
    return (test for test in exam["tests"] if test["task"] == task)


if __name__ == "__main__":
    main()
