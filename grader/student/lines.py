"""What the checks found, a line for each task that does not pass, as editors read it:

    labs/lab3_policy_gradient/returns.py:28:1: error: 3.1 reward_to_go: case 'three steps': the values differ (...)

The severity is error, or info for what is still to be written.
"""

from pathlib import Path

from grader.lab import Task
from grader.student.blame import FAILED
from grader.student.checking import Checked
from grader.student.places import short
from grader.student.table import OPEN, Screen, sentence


def lines_of(screen: Screen) -> list[str]:
    """The lines of all tasks, in their order."""
    return [line for task in screen.tasks if (line := line_of(screen, task))]


def line_of(screen: Screen, task: Task) -> str:
    """The line of one task; empty where it passes, or where its file's fault is told of another one. An exception is
    placed where it was raised, all else at the function."""
    failure = next((item for item in screen.failures() if item.task == task), None)
    if failure and failure.judged and failure.judged.outcome in FAILED:
        path, line = _place(screen, failure)
        said = [sentence(screen.session, failure.judged), screen.session.diagnosis(failure.judged)]
        return _line(path, line, "error", f"{task.number} {task.name}: {' '.join(said)}")
    outcomes = screen.outcomes(task)
    if any(outcome in OPEN for outcome in outcomes) and not any(outcome in FAILED for outcome in outcomes):
        path, line, _ = screen.location(task)
        return _line(path, line, "info", screen.texts.say("task_is_todo", number=task.number, task=task.name))
    return ""


def _place(screen: Screen, failure: Checked) -> tuple[Path, int]:
    path, line, _ = screen.location(failure.task)
    if failure.judged and (frames := failure.judged.trace.splitlines()):
        file, _, rest = frames[-1].partition(":")  # the innermost: "returns.py:28 in reward_to_go: ..."
        return path.with_name(file), int(rest.split()[0])
    return path, line


def _line(path: Path, line: int, severity: str, words: str) -> str:
    return f"{short(path)}:{max(line, 1)}:1: {severity}: {' '.join(words.split())}"
