"""The notebook that a person grades: the lab's cells as they are, the student's answers, and what all of it shows.

It always has each of the lab's cells once, whatever became of them in the hand-in.
"""

from collections.abc import Iterator, Mapping, Sequence

import nbformat
from nbformat import NotebookNode

from grader.lab import Lab
from grader.lab.report import Report, Written
from grader.lab.report_cells import AS_TEXT, KINDS, Cell, report_cells
from grader.lab.texts import LabTexts, texts_of_lab
from grader.languages import language, say
from grader.notebooks import outputs
from grader.notebooks.execution import Ran
from grader.notebooks.writing import node_of, notebook_text
from grader.results.result import points_text
from grader.results.view import QUIZ, CheckView, TaskView, View

NOTHING = Report("", {}, [], {}, [], [])


def graded_notebook(lab: Lab, files: Mapping[str, bytes], report: Report | None, ran: Ran, view: View) -> str:
    """The text of the notebook: of `files` it shows the pictures, and of the grading what the student may see."""
    report = report or NOTHING
    nodes = list(_own(report, "", ran))
    for cell in report_cells(lab, language()):
        if cell.solution:
            nodes.append(_answer(cell, report))
        else:
            nodes.append(node_of(cell, outputs=_shown(lab, cell, files, report, view)))
        nodes += _own(report, cell.name, ran)
    return notebook_text(nodes)


def _answer(cell: Cell, report: Report) -> NotebookNode:
    written = report.answers.get(cell.name, [])
    text = "\n\n".join(outputs.markdown_of(each.source) for each in written)
    if not written and report.file:
        text = say("answer_in_text", file=AS_TEXT) if report.file == AS_TEXT else say("answer_missing")
    node = node_of(cell, text or say("answer_missing"))
    if pasted := {name: data for each in written for name, data in outputs.attachments(each.attachments).items()}:
        node.attachments = pasted
    return node


def _shown(lab: Lab, cell: Cell, files: Mapping[str, bytes], report: Report, view: View) -> list[NotebookNode]:
    """What a cell of the lab's own shows: points, or pictures."""
    for kind, name in KINDS.items():
        if name == cell.name:
            texts = texts_of_lab(lab, language())
            lines = [_line(task, each, texts) for task in view.tasks for each in task.checks if each.kind == kind]
            return [outputs.stream("stdout", "\n".join(lines))]
    handed_in = [outputs.picture_file(files[name]) for name in cell.pictures if name in files]
    shown = [node for node in handed_in if node] or outputs.saved(report.pictures.get(cell.name, ()))
    if cell.pictures and not shown:
        return [outputs.stream("stdout", say("pictures_missing", files=list(cell.pictures)))]
    return shown


def _line(task: TaskView, check: CheckView, texts: LabTexts) -> str:
    possible = points_text(check.max_points)
    points = say("points_to_come", possible=possible)
    if check.points is not None:
        points = say("points_of", earned=points_text(check.points), possible=possible)
    title = say("quiz") if check.check == QUIZ else {**texts.checks, **texts.milestones}.get(check.check, check.title)
    side = f" ({say(f'cases_{check.cases}')})" if check.cases else ""
    found = f": {say(texts.put_into(check.findings[0]))}" if check.findings else ""
    return f"{task.number}  {points}  {say(f'sign_{check.outcome}')}  {title}{side}{found}"


def _own(report: Report, after: str, ran: Ran) -> Iterator[NotebookNode]:
    """The student's own cells that stand behind a cell of the lab's."""
    for cell in report.own:
        if cell.after == after:
            yield _own_cell(cell, ran.outputs.get(cell.number))


def _own_cell(cell: Written, shown: Sequence[NotebookNode] | None) -> NotebookNode:
    """A cell of the student's. Where it shows nothing here, because it failed or was not run, what it was saved with
    comes after that."""
    name = f"own-{cell.number}"
    if cell.type == "markdown":
        pasted = outputs.attachments(cell.attachments)
        more = {"attachments": pasted} if pasted else {}
        return nbformat.v4.new_markdown_cell(outputs.markdown_of(cell.source), id=name, **more)
    nodes = list(shown or [])
    saved = outputs.saved(cell.outputs) if not any(node.output_type == "display_data" for node in nodes) else []
    if saved and saved != nodes:
        nodes += [outputs.stream("stdout", say("output_as_saved")), *saved]
    return nbformat.v4.new_code_cell(outputs.text_of(cell.source, outputs.MAX_SOURCE), id=name, outputs=nodes)
