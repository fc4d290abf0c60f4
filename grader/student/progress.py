"""`make progress`: how far each lab is, from what its last checks left. Nothing is checked here."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from grader.lab import Lab, Task, lab_folders, labs_folder, read_lab
from grader.lab.texts import translation_of
from grader.languages import language, say
from grader.results.result import points_text
from grader.student.checking import MilestoneState, QuizState, milestone_states, quiz_state
from grader.student.places import linked, open_functions, place
from grader.student.remembered import FILE, Remembered, remembered, stale

TITLE = 18  # characters


@dataclasses.dataclass(frozen=True)
class Progress:
    """One lab. Bonus tasks are left out."""

    lab: Lab
    kept: Remembered
    stale: list[str]  # tasks whose code was changed since they were checked
    milestones: list[MilestoneState]
    quiz: QuizState

    @property
    def tasks(self) -> list[Task]:
        return [task for task in self.lab.manifest.tasks if not task.bonus]

    @property
    def open(self) -> list[Task]:
        """The tasks that did not pass when they were checked, or never were."""
        return [
            task for task in self.tasks if task.name not in self.kept.checked or not self.kept.checked[task.name].passed
        ]

    @property
    def earned(self) -> float:
        return sum(self.kept.checked[task.name].earned for task in self.tasks if task.name in self.kept.checked)

    @property
    def trained(self) -> int:
        """The milestones whose artefacts training saved, and that reached their target as far as it measured that."""
        reached = [
            state for state in self.milestones
            if not state.missing and (state.measured is None or state.measured >= state.milestone.target)
        ]  # fmt: skip
        return len(reached)

    @property
    def next(self) -> str:
        """The message of what comes next: a task, training, the quiz, or handing in."""
        quiz = self.lab.manifest.quiz
        if self.open:
            return "progress_task"
        if self.trained < len(self.milestones):
            return "next_train"
        if quiz and (self.quiz.fault or self.quiz.answered < quiz.questions):
            return "next_quiz"
        return "next_submit"

    def facts(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "lab": self.lab.name,
            "tasks": {
                task.name: {
                    "passed": task not in self.open,
                    "checked": task.name in self.kept.checked,
                    "changed": task.name in self.stale,
                }
                for task in self.tasks
            },
            "points_here": self.earned,
            "trained": self.trained,
            "milestones": len(self.milestones),
            "answered": self.quiz.answered,
            "next": self.open[0].name if self.open else self.next.removeprefix("next_"),
        }


def progress() -> list[Progress]:
    """Of every lab that is here."""
    labs = map(read_lab, lab_folders(labs_folder()))
    return [Progress(lab, remembered(lab), stale(lab), milestone_states(lab), quiz_state(lab)) for lab in labs]


def at_hand(labs: list[Progress]) -> Progress | None:
    """The lab to go on with: of those that are not finished the one that was checked last, else the first."""
    unfinished = [each for each in labs if each.next != "next_submit"]
    begun = [each for each in unfinished if each.kept.checked]
    last = max(begun, key=lambda each: each.lab.path(FILE).stat().st_mtime, default=None)
    return last or next(iter(unfinished), None)


def screen(labs: list[Progress]) -> Iterator[RenderableType]:
    """All of it, on 80 columns and 24 rows."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("", "title", "column_tasks", "column_earned", "column_trained", "quiz", ""):
        most = TITLE if name == "title" else None
        table.add_column(say(name) if name not in ("", "title") else "", no_wrap=True, max_width=most)
    for each in labs:
        table.add_row(*_row(each))
    yield from (table, "")
    if changed := [each for each in labs if each.stale]:
        names = [say("progress_changed_in", lab=each.lab.name, tasks=each.stale) for each in changed]
        yield Text(say("progress_changed", labs=names), style="yellow")
    if here := at_hand(labs):
        yield Text.assemble(say("next") + say("sentence_separator"), _next(here))
    elif labs:
        yield say("progress_finished")


def _row(each: Progress) -> tuple[str | Text, ...]:
    manifest, done = each.lab.manifest, len(each.tasks) - len(each.open)
    cells = [Text("□", style="dim") if task in each.open else Text("■", style="green") for task in each.tasks]
    return (
        each.lab.name,
        re.split("[:：]", translation_of(each.lab, language()).title or manifest.title)[0],
        Text.assemble(*cells, f" {done}/{len(each.tasks)}"),
        points_text(each.earned) if each.kept.checked else "",
        f"{each.trained}/{len(each.milestones)}" if each.milestones else "",
        f"{each.quiz.answered}/{manifest.quiz.questions}" if manifest.quiz else "",
        Text(say("progress_stale", count=len(each.stale)), style="yellow") if each.stale else _begun(each),
    )


def _begun(each: Progress) -> Text:
    return Text("" if each.kept.checked else say("progress_not_checked"), style="dim")


def _next(here: Progress) -> Text:
    if here.next != "progress_task":
        return Text(say(here.next, lab=here.lab.name), style="bold")
    task = here.open[0]
    where = place(here.lab, task, open_functions(here.lab, task)[0])
    words = say("progress_task", lab=here.lab.name, number=task.number, task=task.name, place=where)
    return linked(Text(words, style="bold"), where, here.lab.path(task.file))
