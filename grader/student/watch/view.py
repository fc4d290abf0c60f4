"""Draws what watch knows: the one thing to do next, how far the lab is, and the keys."""

import io
import time

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.lab import Task
from grader.languages import Catalogue, texts_of
from grader.results.result import points_text
from grader.student.places import linked, place
from grader.student.printed import first_lines
from grader.student.watch.state import State
from grader.student.watch.told import text_of

STYLES = {"passed": "green", "failed": "red"}


def lines_of(state: State, columns: int, rows: int) -> list[str]:
    """The whole screen. What does not fit is left out of the middle, and that is said."""
    texts = texts_of(state.lab.folder)
    above, below = _lines(_heading(state, texts), columns), _lines(_foot(state, texts), columns)
    middle = _lines({"list": _list, "task": _task, "reset": _reset}[state.look](state, texts), columns)
    room = rows - len(above) - len(below) - 2
    if len(middle) > room:
        middle = [*middle[: max(room - 1, 0)], *_lines(Text(texts.say("watch_more"), style="dim"), columns)[:1]]
    return [*above, "", *middle, *[""] * (room - len(middle)), "", *below][-rows:]


def block(state: State) -> RenderableType:
    """What is said after a save where there is no screen to draw upon."""
    texts = texts_of(state.lab.folder)
    return Group(_heading(state, texts), _task(state, texts), _bar(state, texts), "")


# --- parts ------------------------------------------------------------------------------------------------------------


def _heading(state: State, texts: Catalogue) -> RenderableType:
    title = Text(f"{state.lab.name}  {state.task.number} {state.task.name}", style="bold")
    row = Table.grid(expand=True)
    row.add_column(no_wrap=True, overflow="ellipsis")
    row.add_column(justify="right", no_wrap=True)
    row.add_row(title, _now(state, texts))
    return row


def _now(state: State, texts: Catalogue) -> Text:
    if state.loading:
        return Text(texts.say("watch_loading"), style="yellow")
    if state.since is not None:
        seconds = int(time.monotonic() - state.since)
        return Text(texts.say("watch_checking_long" if seconds else "watch_checking", seconds=seconds), style="yellow")
    return Text(texts.say("watch_checked", time=state.checked_at), style="dim")


def _task(state: State, texts: Catalogue) -> Group:
    parts: list[RenderableType] = []
    if state.last.refused or state.last.died:
        parts.append(Text(state.last.refused or texts.say("watch_died", signal=state.last.died), style="red"))
    elif here := state.here:
        parts += {"passed": _passed, "failed": _failed, "open": _open}.get(here.state, _nothing)(state, texts)
        if here.printed:
            parts += ["", text_of(here.printed)]
    if state.printed:
        printed = [texts.say("watch_printed"), *first_lines(state.printed)]
        parts += ["", Text("\n    ".join(printed), style="dim")]
    parts += [Text("\n! " + note, style="yellow") for note in state.last.notes]
    if state.hint:
        parts += ["", Text(state.hint, style="cyan")]
    if state.said:
        parts += ["", Text(state.said)]
    return Group(*parts)


def _failed(state: State, texts: Catalogue) -> list[RenderableType]:
    assert state.here
    return [text_of(state.here.explanation), "", _next(texts, text_of(state.here.step))]


def _open(state: State, texts: Catalogue) -> list[RenderableType]:
    assert state.here
    said = Text(texts.say("watch_open", number=state.task.number, task=state.task.name), style="yellow")
    about = Text(state.here.about)
    return [said, about, "", _next(texts, text_of(state.here.step))]


def _passed(state: State, texts: Catalogue) -> list[RenderableType]:
    assert state.here
    found = state.here.found
    said = "watch_passed_quick" if state.here.slower else "watch_passed"
    points = {"earned": points_text(found.earned), "whole": points_text(state.task.points)}
    parts: list[RenderableType] = [
        Text(texts.say(said, number=state.task.number, task=state.task.name, **points), style="green"),
        Text(texts.say("watch_learnt", about=state.here.about) if state.here.about else ""),
        "",
    ]
    if task := state.next_task():
        where = place(state.lab, task, task.functions[0])
        words = texts.say("watch_next", number=task.number, task=task.name, place=where)
        return [*parts, linked(Text(words, style="bold"), where, state.lab.path(task.file))]
    after = state.last.after
    return [*parts, Text(texts.together(texts.say("watch_all_pass"), after), style="bold")] if after else parts


def _nothing(state: State, texts: Catalogue) -> list[RenderableType]:
    said = "watch_only_slower" if state.here and state.here.slower else "watch_nothing"
    return [Text(texts.say(said, number=state.task.number, task=state.task.name))]


def _next(texts: Catalogue, step: Text) -> Text:
    return Text.assemble(texts.together(texts.say("next"), ""), step)


def _list(state: State, texts: Catalogue) -> RenderableType:
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    for row, task in enumerate(state.lab.manifest.tasks):
        told = state.told.get(task.name)
        mark = ">" if row == state.chosen else "*" if task == state.task else ""
        style = "reverse" if row == state.chosen else ""
        table.add_row(
            mark,
            task.number,
            Text(task.name, style=style),
            *map(text_of, (told.points, told.status) if told else ("", "")),
        )
    return table


def _reset(state: State, texts: Catalogue) -> Text:
    return Text(texts.say("watch_reset", functions=state.task.functions, file=state.task.file), style="yellow")


def _bar(state: State, texts: Catalogue) -> Text:
    tasks = [task for task in state.lab.manifest.tasks if not task.bonus]
    cells = [_cell(state, task) for task in tasks]
    earned = sum(state.told[task.name].found.earned for task in tasks if task.name in state.told)
    done = sum(task.name in state.told and state.passes(task) for task in tasks)
    return Text.assemble(*cells, " " + texts.say("watch_bar", done=done, count=len(tasks), earned=points_text(earned)))


def _cell(state: State, task: Task) -> Text:
    told = state.told.get(task.name)
    return Text("■", style=STYLES[told.state]) if told and told.state in STYLES else Text("□", style="dim")


def _foot(state: State, texts: Catalogue) -> RenderableType:
    slow = [Text(texts.say("watch_slow", seconds=round(state.slow, 1)), style="yellow")] if state.slow else []
    return Group(*slow, _bar(state, texts), Text(texts.say(f"watch_keys_{state.look}"), style="dim"))


def _lines(what: RenderableType, columns: int) -> list[str]:
    """What rich makes of it, in the colours that the terminal has."""
    drawn = Console(file=io.StringIO(), width=columns, force_terminal=True, highlight=False, markup=False)
    with drawn.capture() as captured:
        drawn.print(what)
    return captured.get().rstrip("\n").split("\n")
