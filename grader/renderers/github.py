"""For GitHub: a workflow that checks a lab on every push, and annotations of one result for a workflow to print.

An annotation is a line that a step prints, `::error file=...,title=...::message`. It is escaped as in actions/toolkit
(packages/core/src/command.ts, read at commit a9442516): % and line ends everywhere, : and , in properties too. GitHub
shows only the first annotations of a step beside the code; all of them stand in its log.
"""

import json
from collections.abc import Iterable, Iterator

from grader.renderers import Exported
from grader.renderers.items import Item, items_of, summary_of
from grader.renderers.setting import Setting
from grader.renderers.words import Words
from grader.results.standing import Standing

DESCRIPTION = "a workflow that checks on every push, and annotations for each student"
WORKFLOW = "workflow.yml"
LEVELS = {"passed": "", "pending": "notice", "skipped": "warning", "todo": "warning"}  # all others are errors


def export(standings: Iterable[Standing], words: Words, setting: Setting) -> Iterator[Exported]:
    """<student>/<lab>/annotations.txt, and .github/workflows/<lab>.yml for the students' repository."""
    for standing in standings:
        view = standing.view()
        files = {task.name: _in_repository(task.file, setting) for task in setting.lab.manifest.tasks}
        lines = [annotation("notice", summary_of(view, words), title=view.lab)]
        lines += [_of(item, files.get(item.task, "")) for item in items_of(view, words) if item.outcome != "passed"]
        yield f"{standing.graded.student}/{view.lab}/annotations.txt", "\n".join(lines) + "\n"
    yield f".github/workflows/{setting.lab.name}.yml", workflow(setting)


def annotation(level: str, message: str, **properties: str) -> str:
    """The line for one annotation; empty properties are left out, as GitHub's own tool does."""
    said = ",".join(f"{name}={_escaped(text, ',:')}" for name, text in properties.items() if text)
    return f"::{level}{' ' if said else ''}{said}::{_escaped(message)}"


def workflow(setting: Setting) -> str:
    """The workflow file. It needs nothing but the students' copy, and checks what students can check themselves."""
    from grader.renderers.pages import TEMPLATES

    files = {task.name: _in_repository(task.file, setting) for task in setting.lab.manifest.tasks}
    lab = setting.lab
    return TEMPLATES.get_template(WORKFLOW).render(lab=lab.name, folder=lab.folder.name, files=json.dumps(files))


def _of(item: Item, file: str) -> str:
    title = f"{item.number} {item.name}"
    message = "\n".join([f"{item.outcome}, {item.points_said}", *filter(None, [item.text])])
    return annotation(LEVELS.get(item.outcome, "error"), message, file=file, title=title)


def _in_repository(file: str, setting: Setting) -> str:
    return f"labs/{setting.lab.folder.name}/{file}"


def _escaped(text: str, also: str = "") -> str:
    """% first, so that no escape is escaped again."""
    for letter in f"%\r\n{also}":
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
