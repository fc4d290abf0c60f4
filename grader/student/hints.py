"""`make labN-hint`: the next hint for a task. Which ones were read is kept in the lab's .progress.json."""

from grader.lab import Lab, Task
from grader.lab.texts import translation_of
from grader.languages import language
from grader.student.remembered import remember, remembered


def next_hint(lab: Lab, task: Task) -> tuple[int, str]:
    """The number (from 1) and text of the next hint; after the last one, the last one again."""
    read = remembered(lab).hints
    hints = translation_of(lab, language()).hints.get(task.name) or task.hints
    number = min(max(read.get(task.name, 0), 0) + 1, len(hints))
    remember(lab, hints={**read, task.name: number})
    return number, hints[number - 1]
