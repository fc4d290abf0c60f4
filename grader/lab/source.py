"""What the kit knows of Python source without running it: its top-level functions and classes, by name.

definitions(source)["reward_to_go"].line
"""

import ast
import io
from pathlib import Path

Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Definition:
    """A top-level function or class as it stands in a file.

    node        its syntax tree
    name        its name
    kind        "function" or "class"
    line        the line of its `def` or `class`, from 1
    lines       its lines, decorators included, as a slice of `lines_of(source)`
    body        the same for its body, which begins with the docstring
    docstring   its docstring, or ""
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self.name, self.line = node.name, node.lineno
        self.kind = "class" if isinstance(node, ast.ClassDef) else "function"
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        self.lines = slice(first - 1, node.end_lineno)
        self.body = slice(node.body[0].lineno - 1, node.end_lineno)
        self.docstring = ast.get_docstring(node) or ""

    @property
    def methods(self) -> "list[Definition]":
        """The methods of a class; none for a function."""
        body = self.node.body if isinstance(self.node, ast.ClassDef) else []
        return [Definition(step) for step in body if isinstance(step, ast.FunctionDef | ast.AsyncFunctionDef)]

    @property
    def open(self) -> "Definition | None":
        """What is still to be written, where anything is: of a class the first method that is a stub, of a function
        itself. A stub raises NotImplementedError."""
        stub = next((method for method in self.methods if method.open), None)
        raises = (step for step in ast.walk(self.node) if isinstance(step, ast.Raise) and step.exc is not None)
        return stub or (self if any(_is_not_implemented(step.exc) for step in raises) else None)

    @property
    def names(self) -> set[str]:
        """Every name and attribute in it: what it may use."""
        steps = list(ast.walk(self.node))
        names = {step.id for step in steps if isinstance(step, ast.Name)}
        return names | {step.attr for step in steps if isinstance(step, ast.Attribute)}


def definitions(source: str | bytes) -> dict[str, Definition]:
    """The top-level functions and classes of a source; of two with one name the last, which is the one that counts.

    SyntaxError, ValueError or RecursionError where it is no Python.
    """
    try:
        tree = ast.parse(source)
    except MemoryError:  # which is what the parser says of what is nested deeper still
        raise RecursionError("it is nested too deep") from None
    return {node.name: Definition(node) for node in tree.body if isinstance(node, Node)}


def definitions_in(path: Path) -> dict[str, Definition]:
    """The same for a file; empty where it is missing or no Python."""
    try:
        return definitions(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return {}


def lines_of(source: str) -> list[str]:
    """Lines as Python numbers them: str.splitlines also splits at form feeds and the like."""
    return list(io.StringIO(source, newline=""))


def replaced(source: str, other: str, names: list[str]) -> str:
    """`source` with some of its definitions as `other` has them. KeyError where one of the two lacks one."""
    originals, new = definitions(other), lines_of(other)
    for name in names:
        lines = lines_of(source)
        lines[definitions(source)[name].lines] = new[originals[name].lines]
        source = "".join(lines)
    return source


def _is_not_implemented(raised: ast.expr | None) -> bool:
    called = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(called, ast.Name) and called.id == "NotImplementedError"
