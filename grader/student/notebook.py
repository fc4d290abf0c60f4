"""What the cells of the report notebook show: the table of the checks, the milestones, the quiz, and pictures.

The checks run in a process of their own, as `make labN` runs them: what is saved in the files counts, and nothing that
a student's code does ends the notebook.

    python -m grader.student.notebook lab3      prints the table of the checks as HTML
"""

import base64
import contextlib
import dataclasses
import html
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.errors import Refused
from grader.judging.recorded import Record
from grader.lab import ROOT, Lab, find_lab, labs_folder
from grader.languages import say
from grader.student import checking, table
from grader.student.remembered import remember_all
from grader.student.uses import fingerprints

KINDS = {"milestones": "M", "quiz": "Q"}  # how the rows of the table that are no task begin


@dataclasses.dataclass(frozen=True)
class Shown:
    """HTML that a notebook shows as the value of a cell."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


def check_table(lab: str) -> Shown:
    """The table of a lab's public checks, and what to do next; where they do not come to an end, how they ended."""
    command = [sys.executable, "-m", "grader.student.notebook", lab]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    return Shown(done.stdout if done.returncode == 0 else _words(say("notebook_checks_ended", said=_last(done.stderr))))


def milestone_table(lab: str) -> Shown:
    """What training has saved, and what it measured; and the films of it, where `make labN-play` has made some."""
    films = sorted(find_lab(lab, labs_folder()).path("runs").glob("*.gif"))
    return Shown(_rows_of(_without_checks(lab).table(), KINDS["milestones"]) + "".join(map(_film, films)))


def quiz_table(lab: str) -> Shown:
    """How much of the quiz is answered."""
    return Shown(_rows_of(_without_checks(lab).table(), KINDS["quiz"]))


def pictures(lab: str, *names: str) -> None:
    """Shows these pictures of the lab's folder, or says which command draws them."""
    from IPython.display import Image, display

    the_lab = find_lab(lab, labs_folder())
    for name in names:
        if (path := the_lab.path(name)).is_file():
            display(Image(data=path.read_bytes(), alt=name))
        else:
            print(say("picture_is_missing", file=name, lab=the_lab.name))


def _film(path: Path) -> str:
    """A film as HTML that needs no other file; a word where it cannot be read."""
    try:
        data = base64.b64encode(path.read_bytes()).decode()
    except OSError:
        return _words(path.name)
    name = html.escape(path.stem)
    return f'<figure><img src="data:image/gif;base64,{data}" alt="{name}"><figcaption>{name}</figcaption></figure>'


def _without_checks(lab: str) -> table.Screen:
    the_lab = find_lab(lab, labs_folder())
    return _screen(checking.Session(the_lab, [], Record({}, {}), {}), [])


def _screen(session: checking.Session, checked: list[checking.Checked]) -> table.Screen:
    states, quiz = checking.milestone_states(session.lab), checking.quiz_state(session.lab)
    return table.Screen(session, checked, states, quiz, whole_lab=True)


def checks_as_html(lab: Lab) -> str:
    """All that `make labN` says, its table as HTML."""
    code = fingerprints(lab)
    session = checking.open_session(lab)
    checked = checking.run_public_checks(session)
    remember_all(lab, checked, code)
    screen = _screen(session, checked)
    # A kernel asks for colours (FORCE_COLOR), which HTML would show as the codes that they are.
    below = Console(file=io.StringIO(), force_terminal=False, highlight=False, markup=False, soft_wrap=True)
    screen.show_words_on(below)
    assert isinstance(below.file, io.StringIO)
    return _rows_of(screen.table()) + _words(below.file.getvalue())


def _rows_of(shown: Table, kind: str = "") -> str:
    """A table as HTML, or those of its rows that begin with this."""
    rows = [[_plain(cell) for cell in row] for row in zip(*(column.cells for column in shown.columns), strict=True)]
    head = [_plain(column.header) for column in shown.columns]
    body = [_row("td", row) for row in rows if kind in ("", row[0])]
    caption = f"<caption>{html.escape(_plain(shown.title))}</caption>" if not kind else ""
    return f"<table>{caption}<thead>{_row('th', head)}</thead><tbody>{''.join(body)}</tbody></table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    style = ' style="text-align: left"'
    return "<tr>" + "".join(f"<{tag}{style}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _plain(cell: object) -> str:
    """The text of a cell of rich's, which is a str or a Text."""
    return str(cell)


def _words(text: str) -> str:
    return f'<pre style="white-space: pre-wrap">{html.escape(text.strip())}</pre>'


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def main() -> None:
    """Prints the table of one lab; what a student's code prints goes to stderr."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            text = checks_as_html(find_lab(sys.argv[1], labs_folder()))
    except Refused as refused:
        text = _words(str(refused))
    print(text)


if __name__ == "__main__":
    main()
