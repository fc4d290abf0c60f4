"""What the checks found, one line for each task that does not pass, as editors read it:

    labs/lab3_policy_gradient/returns.py:28:1: error: 3.1 reward_to_go: case 'three steps': the values differ (...)

The severity is error, or info for what is still to be written.
"""

from grader.student.checking import Checked, QuizState, Session
from grader.student.places import short
from grader.student.table import FAILED, OPEN, Screen, sentence


def of(session: Session, checked: list[Checked]) -> list[str]:
    """The lines, in the order of the tasks. An exception is placed where it was raised, all else at the function."""
    screen = Screen(session, checked, [], QuizState(0), whole_lab=False)
    found = []
    for item in screen.failures():
        if item.judged is None or item.judged.outcome not in FAILED:  # of which nothing can be told here
            continue
        path, line, _ = screen.location(item.task)
        if frames := item.judged.trace.splitlines():  # the innermost is the last: "returns.py:28 in reward_to_go: ..."
            file, _, rest = frames[-1].partition(":")
            path, line = path.with_name(file), int(rest.split()[0])
        said = [sentence(session.texts, item.judged), session.diagnosis(item.judged)]
        found.append(_line(short(path), line, "error", f"{item.task.number} {item.task.name}: {' '.join(said)}"))
    for task in screen.tasks:
        outcomes = screen.outcomes(task)
        if any(outcome in OPEN for outcome in outcomes) and not any(outcome in FAILED for outcome in outcomes):
            path, line, _ = screen.location(task)
            words = session.texts.say("task_is_todo", number=task.number, task=task.name)
            found.append(_line(short(path), line, "info", words))
    return found


def _line(file: str, line: int, severity: str, words: str) -> str:
    return f"{file}:{max(line, 1)}:1: {severity}: {' '.join(words.split())}"
