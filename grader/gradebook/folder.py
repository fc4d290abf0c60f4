"""nbgrader's course folder: its configuration, and the notebooks that formgrader reads.

nbgrader_config.py
source/lab3/report.ipynb                  as the lab has it
release/lab3/report.ipynb                 the same
submitted/ada/lab3/                       empty: nbgrader finds nothing there that it could run
autograded/ada/lab3/report.ipynb          with her answers
"""

import re
from pathlib import Path

from grader.errors import Refused
from grader.lab import Lab
from grader.lab.report_cells import FILE, report_cells
from grader.languages import language
from grader.notebooks.writing import node_of, notebook_text
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
        report = notebook_text([node_of(cell) for cell in report_cells(lab, language())])
        for step in ("source", "release"):
            write_notebook(folder / step / lab.name, report)
    except OSError as error:
        raise Refused("not_written", 3, path=str(folder), reason=error.strerror or "") from None


def write_student(folder: Path, lab: Lab, student: str, notebook: str) -> None:
    """Writes a student's notebook; OSError where that cannot be."""
    (folder / "submitted" / student / lab.name).mkdir(parents=True, exist_ok=True)
    write_notebook(folder / "autograded" / student / lab.name, notebook)


def write_notebook(folder: Path, notebook: str) -> None:
    """Writes report.ipynb; OSError where that cannot be."""
    write_whole(folder / FILE, notebook.encode(), durable=False)
