"""Fluent files beside those of another language: the same messages, with the same variables."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor


class _Variables(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.names.add(node.id.name)


def variables_of(message: ast.Message) -> set[str]:
    """The variables of a message, wherever in it."""
    found = _Variables()
    found.visit(message)
    return found.names


def messages_in(files: Iterable[Path]) -> dict[str, ast.Message]:
    """The messages of these files by their ids. ValueError where one is no message, or there twice."""
    found: dict[str, ast.Message] = {}
    for file in files:
        for entry in FluentParser().parse(file.read_text(encoding="utf-8")).body:
            if isinstance(entry, ast.Junk):
                raise ValueError(f"{file.name}: {entry.content}")
            if isinstance(entry, ast.Message):
                if entry.id.name in found:
                    raise ValueError(f"{file.name}: there are two messages {entry.id.name}")
                found[entry.id.name] = entry
    return found


def message_faults(english: Iterable[Path], translated: Iterable[Path]) -> Iterator[str]:
    """A sentence for each message that one language has and the other has not, or has with other variables."""
    try:
        one, other = messages_in(english), messages_in(translated)
    except ValueError as error:
        yield str(error)
        return
    yield from (f"the message {name} is missing" for name in one.keys() - other.keys())
    yield from (f"there is a message {name} that English does not have" for name in other.keys() - one.keys())
    for name in one.keys() & other.keys():
        if variables_of(one[name]) != variables_of(other[name]):
            yield f"the message {name} has the variables {sorted(variables_of(other[name]))}"
