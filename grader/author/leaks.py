"""Looks for what must not leave the instructor's side: text of solution regions, hidden cases, mistakes and keys."""

import ast
from collections.abc import Iterable
from pathlib import Path

from grader.author.skeleton import cut, regions
from grader.lab import Lab

SHORTEST = 20  # characters of code; shorter lines (`return loss`) say nothing
SECRET_FILES = ("hidden.py", "mistakes.py", "alternatives.py")


def secret_lines(lab: Lab) -> dict[str, str]:
    """Every telling line of code that is secret, without its blanks, and where it stands."""
    secret: dict[str, str] = {}
    for name in lab.code_files:
        for line in _telling(regions(_text(lab, name))):
            secret.setdefault(line, f"a solution region of {lab.name}/{name}")
    for name in SECRET_FILES:
        for line in _telling([_bodies(_text(lab, name))]):
            secret.setdefault(line, f"{lab.name}/{name}")
    return secret


def public_code(lab: Lab) -> str:
    """What students get on purpose, without blanks: skeletons, checks, given code. It is no secret elsewhere, too."""
    given = [name for name in ("checks.py", *lab.manifest.files.given) if name.endswith(".py")]
    texts = [*(_text(lab, name) for name in given), *(cut(_text(lab, name), name) for name in lab.code_files)]
    return "".join("".join(texts).split())


def _text(lab: Lab, name: str) -> str:
    return lab.path(name).read_text(encoding="utf-8")


def _bodies(source: str) -> str:
    """The bodies of a file's functions: a mistake's name and its diagnosis are made to be read."""
    lines = source.splitlines()
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return "\n".join(line for node in functions for line in lines[node.body[0].lineno - 1 : node.end_lineno])


def _telling(texts: Iterable[str]) -> Iterable[str]:
    """The lines of code that are long enough to say something, without their blanks."""
    for text in texts:
        for line in text.splitlines():
            squeezed = "".join(line.split())
            if len(squeezed) >= SHORTEST and not squeezed.startswith("#"):
                yield squeezed


def leaks_in(folder: Path, labs: Iterable[Lab]) -> list[str]:
    """A sentence for every secret line that stands in any file under `folder`, and for every secret file."""
    secret: dict[str, str] = {}
    public = ""
    for lab in labs:
        secret |= secret_lines(lab)
        public += public_code(lab)
    secret = {line: where for line, where in secret.items() if line not in public}
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        if path.name in SECRET_FILES:
            found.append(f"{path.relative_to(folder)} must not be there")
        squeezed = "".join(path.read_bytes().decode("utf-8", errors="replace").split())
        found += [
            f"{path.relative_to(folder)} holds a line of {where}" for line, where in secret.items() if line in squeezed
        ]
    return found
