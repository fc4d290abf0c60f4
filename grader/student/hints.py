"""`make labN-hint`: the next hint for a task. Which ones were read is kept in the lab's .progress.json."""

import json
from pathlib import Path

from grader.lab import Lab, Task
from grader.lab.texts import translation_of
from grader.languages import language

FILE = ".progress.json"


def next_hint(lab: Lab, task: Task) -> tuple[int, str]:
    """The number (from 1) and text of the next hint; after the last one, the last one again."""
    path = lab.path(FILE)
    read = _hints_read(path)
    hints = translation_of(lab, language()).hints.get(task.name) or task.hints
    number = min(max(read.get(task.name, 0), 0) + 1, len(hints))
    read[task.name] = number
    path.write_text(json.dumps({"hints": read}, indent=1) + "\n", encoding="utf-8")
    return number, hints[number - 1]


def _hints_read(path: Path) -> dict[str, int]:
    """How many hints were read for each task; a missing or damaged file counts as none."""
    try:
        hints = json.loads(path.read_text(encoding="utf-8"))["hints"]
        return {str(name): int(number) for name, number in hints.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return {}
