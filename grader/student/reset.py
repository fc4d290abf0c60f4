"""`make labN-reset`: puts a task's functions, or a whole file, back to the skeleton, and keeps a backup."""

import ast
import io
import shutil
from datetime import datetime
from pathlib import Path

from grader.errors import Refused
from grader.lab import Lab, Task

SKELETON_FOLDER = ".skeleton"
BACKUP_FOLDER = ".backup"


def back_up(folder: Path, names: list[str]) -> Path:
    """Copies files of a lab into its .backup/ under the time of now, and returns the folder of the copies."""
    backup = folder / BACKUP_FOLDER / datetime.now().strftime("%Y-%m-%d-%H%M%S-%f")
    for name in names:
        (backup / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / name, backup / name)
    return backup


def reset_task(lab: Lab, task: Task) -> Path | None:
    """Puts the functions of one task (or the file that is filled in for it) back and returns the backup's folder, if
    there was something to keep; Refused where that cannot be done."""
    if task.file in lab.answer_files:
        return reset_file(lab, task.file)
    path, skeleton = lab.path(task.file), _skeleton(lab, task.file)
    file = {"file": task.file, "lab": lab.name}
    try:
        source = path.read_bytes().decode("utf-8-sig")
        lines = {name: _lines(source, name) for name in task.functions}
    except OSError as error:
        raise Refused("reset_unreadable", 1, **file, reason=error.strerror) from None
    except (SyntaxError, ValueError) as error:
        raise Refused("reset_not_python", 1, **file, reason=str(error)) from None
    missing = [name for name, found in lines.items() if found is None]
    if missing:
        raise Refused("reset_no_function", 1, **file, function=missing[0])
    backup = back_up(lab.folder, [task.file])
    for name in task.functions:
        original = _lines(skeleton, name)
        place = _lines(source, name)
        assert original is not None and place is not None
        old, new = _numbered_lines(source), _numbered_lines(skeleton)
        source = "".join([*old[: place[0]], *new[original[0] : original[1]], *old[place[1] :]])
    path.write_text(source, encoding="utf-8")
    return backup


def reset_file(lab: Lab, name: str) -> Path | None:
    """Puts a whole file that is handed in back; the backup's folder, or None where there was nothing to keep."""
    if name not in lab.manifest.files.handed_in:
        known = ", ".join(lab.manifest.files.handed_in)
        raise Refused("not_handed_in_by_lab", file=name, lab=lab.name, files=known)
    skeleton = _skeleton(lab, name)
    backup = back_up(lab.folder, [name]) if lab.path(name).is_file() else None
    lab.path(name).write_text(skeleton, encoding="utf-8")
    return backup


def _skeleton(lab: Lab, name: str) -> str:
    path = lab.path(SKELETON_FOLDER) / name
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise Refused("given_missing", 1, path=str(path)) from None


def _numbered_lines(source: str) -> list[str]:
    """Lines as Python numbers them: str.splitlines also splits at form feeds and the like."""
    return list(io.StringIO(source, newline=""))


def _lines(source: str, function: str) -> tuple[int, int] | None:
    """The lines of a top-level function (of two, the one that counts) with its decorators, as a slice of the file's."""
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            assert node.end_lineno is not None
            return first - 1, node.end_lineno
    return None
