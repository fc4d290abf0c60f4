"""A small lab with a report of two parts, and its notebook as students fill it in."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.author.sync import texts
from grader.lab import Lab, read_lab
from grader.lab.report_cells import FILE

PARTS = """
[[report]]
name = "plot"
title = "the curve"
points = 5

[[report]]
name = "why"
title = "open questions"
points = 2.5
"""
HANDOUT = """# Numbers

## Plot (5 points, graded by hand)

`make lab90-plot` draws `runs/curve.png`, and again `runs/curve.png`. What do you see?

| points | for |
| --- | --- |
| 5 | what is there |

## Open questions (2.5 points, graded by hand)

1. **Why?** Because $a<b$.
2. **Why not?**

## Literature

None.
"""
Notebook = dict[str, Any]


@pytest.fixture
def lab(small_lab: Lab, tmp_path: Path) -> Lab:
    """The small lab's source, with a report."""
    folder = shutil.copytree(small_lab.folder, tmp_path / "lab90_numbers", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "lab.toml").open("a", encoding="utf-8") as file:
        file.write(PARTS)
    (folder / "README.md").write_text(HANDOUT, encoding="utf-8")
    return read_lab(folder)


@pytest.fixture
def notebook(lab: Lab) -> Notebook:
    """Its notebook as students get it."""
    made: Notebook = json.loads(texts(lab)[FILE])
    return made


@pytest.fixture
def cell(notebook: Notebook) -> Callable[[str], Notebook]:
    """A cell of the notebook by its name."""
    return lambda name: next(each for each in notebook["cells"] if each["id"] == name)


@pytest.fixture
def code(notebook: Notebook) -> Callable[..., Notebook]:
    """Adds a code cell of the student's own at the end, saved with these outputs."""

    def add(source: str, *outputs: Notebook) -> Notebook:
        made = {"cell_type": "code", "id": f"mine{len(notebook['cells'])}", "metadata": {}, "execution_count": None}
        notebook["cells"].append({**made, "source": source, "outputs": list(outputs)})
        return notebook

    return add
