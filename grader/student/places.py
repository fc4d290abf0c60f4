"""Where a task's code stands, as editors and terminals link it."""

import os
from pathlib import Path

from rich.style import Style
from rich.text import Text

from grader.lab import ROOT, Lab, Task
from grader.lab.source import definitions_in


def open_functions(lab: Lab, task: Task) -> list[str]:
    """The functions and classes of a task that are still to be written; all of them where none is."""
    there = definitions_in(lab.path(task.file))
    return [name for name in task.functions if name in there and there[name].open] or task.functions


def line_of(lab: Lab, task: Task, name: str) -> int:
    """The line of a task's function, or of the first open method of a class; 0 where it is not there."""
    found = definitions_in(lab.path(task.file)).get(name)
    return (found.open or found).line if found else 0


def place(lab: Lab, task: Task, name: str) -> str:
    """file:line of it; the file alone where it is not there."""
    return at(lab.path(task.file), line_of(lab, task, name))


def at(path: Path, line: int) -> str:
    """file:line, or the file alone for line 0."""
    return f"{short(path)}:{line}" if line else short(path)


def short(path: Path) -> str:
    """A path as seen from the kit's folder."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def linked(text: Text, place: str, path: Path) -> Text:
    """The text in which a place is a link to its file, for terminals that follow links. The one of VS Code goes to the
    line by itself, unless there is a link."""
    start = text.plain.rfind(place)
    if os.environ.get("TERM_PROGRAM") != "vscode" and start >= 0:
        text.stylize(Style(link=path.absolute().as_uri()), start, start + len(place))
    return text
