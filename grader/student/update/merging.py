"""A file that the student edits, when its skeleton has changed: both changes, where they do not touch each other."""

import ast
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Literal

Became = Literal["new", "kept", "merged", "conflict"]


def merged(name: str, mine: bytes, before: bytes | None, after: bytes) -> tuple[bytes, Became]:
    """What becomes of a student's file. `before` and `after` are its skeletons in the old release and in the new one.

    What cannot be merged, and what would not be readable afterwards, stays the student's.
    """
    if mine == before:
        return after, "new"
    if before == after or mine == after:
        return mine, "kept"
    if before is None:
        return mine, "conflict"
    together = _both(mine, before, after)
    return (together, "merged") if together is not None and _readable(name, together) else (mine, "conflict")


def _both(mine: bytes, before: bytes, after: bytes) -> bytes | None:
    """As `git merge-file` puts it together; None where the changes touch each other, or there is no git."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("mine", mine), ("before", before), ("after", after)):
            (Path(folder) / name).write_bytes(content)
        try:
            done = subprocess.run(
                ["git", "merge-file", "-p", "mine", "before", "after"], cwd=folder, capture_output=True, check=False
            )
        except OSError:
            return None
    return done.stdout if done.returncode == 0 else None


def _readable(name: str, content: bytes) -> bool:
    try:
        if name.endswith(".py"):
            ast.parse(content)
        elif name.endswith(".json"):
            json.loads(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
