"""The checks of a view one after another, each with its sentences: for formats that are lists of tests.

They are made of the view, so a hidden check says in every such format what it says in the student's feedback.
"""

import dataclasses
from collections.abc import Iterator

from grader.renderers.pages import line_of
from grader.renderers.words import Words
from grader.results.result import Kind, Outcome
from grader.results.view import View


@dataclasses.dataclass(frozen=True)
class Item:
    """One check. `points` is None while nobody has judged it; those of a bonus are not in the score."""

    task: str
    number: str  # of the task, and the check's place in it: 3.1.2
    name: str
    kind: Kind
    hidden: bool
    outcome: Outcome
    points: float | None
    max_points: float
    points_said: str
    text: str  # what was found, and the diagnosis of a known mistake; may be ""

    @property
    def bonus(self) -> bool:
        return self.kind == "bonus"


def items_of(view: View, words: Words) -> Iterator[Item]:
    """The checks of a view in its order."""
    for task in view.tasks:
        for place, check in enumerate(task.checks, start=1):
            line = line_of(check, words)
            title = " ".join(line.title.split()) or check.check
            yield Item(
                task=task.task,
                number=f"{task.number or task.task}.{place}",
                name=f"{task.task}: {title}" + (f" ({line.cases})" if line.cases else ""),
                kind=check.kind,
                hidden=check.cases == "hidden",
                outcome=check.outcome,
                points=check.points,
                max_points=check.max_points,
                points_said=line.points,
                text="\n".join(filter(None, (line.message, line.diagnosis))),
            )


def summary_of(view: View, words: Words) -> str:
    """The score, why it is not what was earned, what is still to come, and what is said of the files: a line each."""
    from grader.renderers.pages import page_of

    page = page_of(view, words)
    return "\n".join([page.score, *page.why, *page.to_come, *page.notes])
