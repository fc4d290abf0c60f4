"""Draws two questions for a student about code of theirs that earned full points. The code is read and never run."""

import ast
import dataclasses
import functools
import io
import random
import tokenize
import warnings
from collections.abc import Iterator, Mapping, Sequence

from grader.author.skeleton import cut
from grader.defence.kinds import KINDS, SPECIFIC, Values
from grader.lab import Lab, Task
from grader.lab.source import Definition, definitions, lines_of
from grader.results.result import Result

EACH = 2  # questions for a student
LONGEST = 120  # characters of a line, or of a part of it, that are shown
NOT_PYTHON = (SyntaxError, ValueError, RecursionError, LookupError)


@dataclasses.dataclass(frozen=True)
class Question:
    """A question about one line: the message ask_<kind> with `values`. `text` is the line; line numbers begin at 1."""

    task: str
    file: str
    line: int
    text: str
    kind: str
    values: Values


@dataclasses.dataclass(frozen=True)
class _Place:
    task: str
    file: str
    line: int
    text: str
    kind: str
    node: ast.AST


@dataclasses.dataclass(frozen=True)
class _Source:
    text: str
    definitions: Mapping[str, Definition]


def solved(result: Result, lab: Lab) -> list[Task]:
    """The tasks in Python whose checks have all their points, on both sides."""
    found = []
    for task in lab.manifest.tasks:
        checks = [check for check in result.checks if check.task == task.name and check.kind in ("code", "bonus")]
        if checks and task.file in lab.code_files and all(check.points == check.max_points for check in checks):
            found.append(task)
    return found


def questions_for(
    lab: Lab,
    student: str,
    tasks: Sequence[Task],
    files: Mapping[str, bytes],
    seed: int = 0,
    beside: Sequence[Question] = (),
) -> list[Question]:
    """At most two questions about what a student wrote for these tasks: the same ones for the same lab, student, code
    and seed, and none of those that a neighbour is asked (`beside`) as long as there are others.

    They differ in task, line and kind as far as the code allows. What stands in the skeleton is not asked about; nor is
    a file that is no Python.
    """
    of_tasks = sorted({task.file for task in tasks} & {*lab.code_files})
    sources = {file: source for file in of_tasks if (source := _source_of(files.get(file, b""))) is not None}
    left = [place for task in tasks if task.file in sources for place in _places(lab, task, sources[task.file])]
    dice = random.Random(f"{lab.name}\0{student}\0{seed}")
    asked = {(question.kind, question.text) for question in beside}
    left = [place for place in left if (place.kind, place.text) not in asked] or left
    drawn: list[_Place] = []
    while left and len(drawn) < EACH:
        place = _drawn(dice, left, drawn)
        drawn.append(place)
        left = [other for other in left if (other.file, other.line, other.kind) != (place.file, place.line, place.kind)]
    return [_question(place, sources[place.file].text) for place in drawn]


def _drawn(dice: random.Random, left: Sequence[_Place], drawn: Sequence[_Place]) -> _Place:
    """One place: of another task, line and kind than those before where there is one; first its task and kind are
    drawn, so that a long function is not asked about more often than a short one."""
    for same in ("task", "line", "kind"):
        before = {getattr(place, same) for place in drawn}
        left = [place for place in left if getattr(place, same) not in before] or left
    left = [place for place in left if place.kind in SPECIFIC] or left
    for part in ("task", "kind"):
        choice = dice.choice(sorted({getattr(place, part) for place in left}))
        left = [place for place in left if getattr(place, part) == choice]
    return dice.choice(left)


def _places(lab: Lab, task: Task, source: _Source) -> Iterator[_Place]:
    """What can be asked about a task's functions, and about those of the student's own that they use."""
    given, known = _skeleton(lab, task.file)
    lines = lines_of(source.text)
    for definition in _with_helpers(task, source.definitions, known):
        own = [part for part in ast.walk(definition.node) if part is not definition.node]
        for node in own:
            line = getattr(node, "lineno", 0)
            if not definition.body.start < line <= definition.body.stop or lines[line - 1].strip() in given:
                continue
            for kind, finds in KINDS.items():
                if finds(node, lambda _: "") is not None:
                    yield _Place(task.name, task.file, line, _short(lines[line - 1]), kind, node)


def _with_helpers(task: Task, there: Mapping[str, Definition], known: frozenset[str]) -> list[Definition]:
    """A task's functions, and by way of them the functions that are not in the skeleton."""
    wanted = [name for name in task.functions if name in there]
    for name in wanted:  # which grows meanwhile
        new = there[name].names & there.keys() - known
        wanted += [other for other in sorted(new) if other not in wanted]
    return [there[name] for name in wanted]


@functools.cache
def _skeleton_of(text: str, name: str) -> tuple[frozenset[str], frozenset[str]]:
    skeleton = cut(text, name)
    lines = frozenset(line.strip() for line in lines_of(skeleton))
    return lines, frozenset(definitions(skeleton))


def _skeleton(lab: Lab, file: str) -> tuple[frozenset[str], frozenset[str]]:
    """The lines of a skeleton, and the names of what it defines."""
    return _skeleton_of(lab.path(file).read_text(encoding="utf-8"), file)


def _source_of(data: bytes) -> _Source | None:
    """A file as text and as definitions; None where it is no Python."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
        with warnings.catch_warnings(action="ignore"):  # Python's remarks on the code are for its author
            return _Source(text, definitions(text))
    except NOT_PYTHON:  # UnicodeDecodeError is a ValueError
        return None


def _question(place: _Place, text: str) -> Question:
    values = KINDS[place.kind](place.node, lambda node: _short(ast.get_source_segment(text, node) or ""))
    return Question(place.task, place.file, place.line, place.text, place.kind, values or {})


def _short(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= LONGEST else f"{one[: LONGEST - 1]}…"
