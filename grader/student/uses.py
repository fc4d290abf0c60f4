"""What a task's code is made of, found by reading a student's files and never by running them."""

import ast
import hashlib

from grader.lab import Lab
from grader.lab.source import Definition, Node, definitions_in


def tasks_used(lab: Lab) -> dict[str, set[str]]:
    """By the name of each task, the other tasks whose functions its own ones call, directly or through others: a fault
    in one shows in all that call it."""
    calls = _calls(lab)
    task_of = {name: task.name for task in lab.manifest.tasks for name in task.functions}
    return {
        task.name: {task_of[name] for name in _reached(task.functions, calls) if name in task_of} - {task.name}
        for task in lab.manifest.tasks
    }


def functions_used(lab: Lab) -> dict[str, set[str]]:
    """By the name of each function of a lab's files, those that it calls, directly or through others."""
    calls = _calls(lab)
    return {name: _reached([name], calls) - {name} for name in calls}


def _calls(lab: Lab) -> dict[str, set[str]]:
    """By the name of each function of a lab's files, those of them that it calls."""
    there = {name: found for file in lab.code_files for name, found in definitions_in(lab.path(file)).items()}
    return {name: found.names & there.keys() for name, found in there.items()}


def fingerprints(lab: Lab) -> dict[str, str]:
    """By the name of each task, a hash of what its checks depend on here: its functions and those that they call, what
    stands outside of functions, files that are no Python, the answers, and checks.py. Comments and layout are not."""
    every, parts = [_bytes(lab, "checks.py")], dict[str, list[Definition]]()
    for file in lab.code_files:
        text = _bytes(lab, file)
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            every.append(text)
            continue
        for node in tree.body:
            if isinstance(node, Node):
                parts.setdefault(node.name, []).append(Definition(node))
            else:
                every.append(ast.dump(node).encode())
    code = {name: b"".join(ast.dump(part.node).encode() for part in found) for name, found in parts.items()}
    calls = {name: set[str]().union(*(part.names for part in found)) & parts.keys() for name, found in parts.items()}
    return {task.name: _hash(every + _own(lab, task.file, task.functions, code, calls)) for task in lab.manifest.tasks}


def _own(lab: Lab, file: str, functions: list[str], code: dict[str, bytes], calls: dict[str, set[str]]) -> list[bytes]:
    if file in lab.answer_files:
        return [_bytes(lab, file)]
    names = {*functions, *_reached(functions, calls)} & code.keys()
    return [code[name] for name in sorted(names)]


def _reached(functions: list[str], calls: dict[str, set[str]]) -> set[str]:
    """What some functions call, directly or through others."""
    reached, open_names = set[str](), list(functions)
    while open_names:
        new = calls.get(open_names.pop(), set()) - reached
        reached |= new
        open_names += new
    return reached


def _bytes(lab: Lab, name: str) -> bytes:
    try:
        return lab.path(name).read_bytes()
    except OSError:
        return b""


def _hash(parts: list[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
