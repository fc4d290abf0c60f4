"""Fluent files beside those of another language: the same messages, with the same variables."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor


class _Variables(Visitor):
    def __init__(self) -> None:
        self.said: set[str] = set()
        self.asked: set[str] = set()

    def visit_Placeable(self, node: ast.Placeable) -> None:
        if isinstance(node.expression, ast.VariableReference):
            self.said.add(node.expression.id.name)
        elif isinstance(node.expression, ast.SelectExpression):
            if isinstance(node.expression.selector, ast.VariableReference):
                self.asked.add(node.expression.selector.id.name)
            for variant in node.expression.variants:
                self.visit(variant)


def variables_of(message: ast.Message) -> tuple[set[str], set[str]]:
    """The variables of a message that it says, and those by which it chooses between plurals and the like."""
    found = _Variables()
    found.visit(message)
    return found.said, found.asked


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
        (said, asked), (its_said, its_asked) = variables_of(one[name]), variables_of(other[name])
        if lacking := said - its_said:  # a language without plurals need not ask for the number, and may say it always
            yield f"the message {name} says nothing of: {', '.join(sorted(lacking))}"
        if unknown := (its_said | its_asked) - (said | asked):
            yield f"the message {name} says what English does not: {', '.join(sorted(unknown))}"
