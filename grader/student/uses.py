"""Which tasks a task's code calls, found by reading a student's files: a fault in one shows in all that call it."""

import ast
from collections.abc import Iterator

from grader.lab import Lab

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def tasks_used(lab: Lab) -> dict[str, set[str]]:
    """By the name of each task, the other tasks whose functions its own ones call, directly or through others."""
    calls = {name: set(_names_in(node)) for name, node in _definitions(lab)}
    task_of = {name: task.name for task in lab.manifest.tasks for name in task.functions}
    used: dict[str, set[str]] = {}
    for task in lab.manifest.tasks:
        reached, open_names = set[str](), list(task.functions)
        while open_names:
            new = calls.get(open_names.pop(), set()) & calls.keys() - reached
            reached |= new
            open_names += new
        used[task.name] = {task_of[name] for name in reached if name in task_of} - {task.name}
    return used


def _definitions(lab: Lab) -> Iterator[tuple[str, Definition]]:
    """The top-level functions and classes of all the files that students write; a file that is no Python has none."""
    for file in lab.code_files:
        try:
            tree = ast.parse(lab.path(file).read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        yield from ((node.name, node) for node in tree.body if isinstance(node, Definition))


def _names_in(node: Definition) -> Iterator[str]:
    for step in ast.walk(node):
        if isinstance(step, ast.Name):
            yield step.id
        elif isinstance(step, ast.Attribute):  # returns.reward_to_go, where the module was imported
            yield step.attr
