"""How the grader's modules import each other: never in a circle."""

import ast
import graphlib
from pathlib import Path

from grader.lab import ROOT

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "grader").rglob("*.py"))
    if not {"escapes", "new_lab"} & {*path.parts}
}


def imported_by(path: Path) -> set[str]:
    """The modules of the grader that a module needs before it can be used; what a function imports comes later."""
    found = set[str]()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found & FILES.keys()


def test_no_two_modules_need_each_other() -> None:
    """A package does not count as needed by its own modules: Python begins with it."""
    graph = {
        name: {other for other in imported_by(path) if not name.startswith(f"{other}.")} for name, path in FILES.items()
    }
    assert len(graph) > 50
    circle: list[str] = []
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        circle = error.args[1]
    assert circle == []


def test_commands_do_not_know_the_command_line_they_are_added_to() -> None:
    users = [name for name, path in FILES.items() if "grader.cli" in imported_by(path)]
    assert users == ["grader.__main__"]
