"""nbgrader's course folder: its configuration, and the notebooks that formgrader reads.

nbgrader_config.py
source/lab3/report.ipynb                  as the lab has it
release/lab3/report.ipynb                 the same
submitted/ada/lab3/                       empty: nbgrader finds nothing there that it could run
autograded/ada/lab3/report.ipynb          with her answers
"""

import os
import re
from pathlib import Path
from typing import Any

import msgspec

from grader.errors import Refused
from grader.gradebook.notebook import blank
from grader.lab import Lab
from grader.lab.report_cells import FILE, report_cells
from grader.results.whole import write_whole

CONFIG = "nbgrader_config.py"
# nbgrader writes an id into pages and scripts as it is, and into addresses and patterns of files.
FIT_ID = re.compile(r"[\w@+][\w .@+,()'-]{0,99}")

CONFIGURATION = '''\
"""nbgrader's settings, written by `grader nbgrader export`. Points are graded by `make grade`, not by nbgrader."""

c = get_config()  # noqa: F821
c.CourseDirectory.root = {root!r}
c.CourseDirectory.db_url = {url!r}
c.HTMLExporter.filters = {{"markdown2html": "grader.gradebook.markdown.markdown2html"}}  # no script of a student's
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = []  # no notebook is executed
c.ExecutePreprocessor.enabled = False
c.Execute.enabled = False
'''


def set_up(folder: Path, lab: Lab, url: str) -> None:
    """Writes what is the same for all students. Refused where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / CONFIG
        config.touch(mode=0o600)
        config.chmod(0o600)  # the URL may hold a password
        text = CONFIGURATION.format(root=str(folder.resolve()), url=url)
        config.write_text(text, encoding="utf-8")
        for step in ("source", "release"):
            write_notebook(folder / step / lab.name, blank(report_cells(lab)))
    except OSError as error:
        raise Refused("not_written", 3, path=str(folder), reason=error.strerror or "") from None


def write_student(folder: Path, lab: Lab, student: str, notebook: dict[str, Any]) -> None:
    """Writes a student's notebook; OSError where that cannot be."""
    (folder / "submitted" / student / lab.name).mkdir(parents=True, exist_ok=True)
    write_notebook(folder / "autograded" / student / lab.name, notebook)


def write_notebook(folder: Path, notebook: dict[str, Any]) -> None:
    """Writes report.ipynb where it is not the same already; OSError where that cannot be."""
    data = msgspec.json.format(msgspec.json.encode(notebook), indent=1)
    path = folder / FILE
    if not os.path.lexists(path) or path.read_bytes() != data:
        write_whole(path, data, durable=False)
