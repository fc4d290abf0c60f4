"""What crosses from the process that runs the checks to the one that shows them: a line of JSON for each step."""

import msgspec
from rich.text import Text

from grader.lab import Task
from grader.lab.source import definitions_in
from grader.student.blame import FAILED
from grader.student.lines import line_of
from grader.student.places import place
from grader.student.remembered import Found, found_by
from grader.student.table import OPEN, Screen


class Request(msgspec.Struct, frozen=True):
    """What is to be checked: one task first, then what changed since the code with these fingerprints (by task)."""

    number: int
    task: str
    known: dict[str, str]
    everything: bool = False  # all tasks, with the slower checks


class Told(msgspec.Struct, frozen=True):
    """What the checks of one task found. Texts with styles are rich's markup."""

    task: str
    state: str  # passed, failed, open (still to be written); "" where none was run
    found: Found
    points: str
    status: str
    step: str  # what is to be done, and where
    explanation: str = ""  # of a failure
    line: str = ""  # the same for an editor
    printed: str = ""  # where nothing failed
    about: str = ""  # the first line of its docstring; in another language the title of its first check
    slower: bool = False  # some checks that are slower were not run yet


class Report(msgspec.Struct, frozen=True):
    """What one step found; the last one of a request is `whole`."""

    number: int
    told: list[Told] = []
    notes: list[str] = []
    after: str = ""  # what comes when all tasks pass
    printed: str = ""  # by what is outside of the checks, an import for one
    refused: str = ""
    died: str = ""  # the name of the signal that ended the process, "" where it ended by itself
    whole: bool = False
    ready: bool = False  # libraries are loaded; nothing was asked yet


def told_of(screen: Screen, task: Task, code: str) -> Told:
    """What a screen of some tasks says of one of them."""
    outcomes, items = screen.outcomes(task), screen.of(task)
    failed = any(outcome in FAILED for outcome in outcomes)
    is_open = any(outcome in OPEN for outcome in outcomes)
    told = [item for item in screen.failures() if item.task == task]  # none where its file's fault is another's
    failure = next(iter([*told, *(item for item in items if item.judged and item.judged.outcome in FAILED)]), None)
    definition = definitions_in(screen.lab.path(task.file)).get(task.functions[0])
    translated = screen.session.translation.checks.get(items[0].check.name) if items else None
    return Told(
        task=task.name,
        state="failed" if failed else "open" if is_open else "passed" if outcomes else "",
        found=found_by(items, code),
        points=screen.points(task).markup,
        status=screen.status(task).markup,
        step=screen.step(task).markup if failed or is_open else place(screen.lab, task, task.functions[0]),
        explanation=screen.explanation(failure).markup.strip() if failure else "",
        line=line_of(screen, task),
        printed="\n".join(text.markup for text in screen.prints_of(task) if not failed and not is_open).strip(),
        about=translated or (definition.docstring.partition("\n")[0] if definition else ""),
        slower=any(item.judged is None and item.check.cases for item in items),
    )


def text_of(markup: str) -> Text:
    """The text of a markup as it was made."""
    return Text.from_markup(markup, emoji=False)
