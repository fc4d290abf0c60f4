"""`make labN-reset`: puts a task's functions and classes, or a whole file, back to the skeleton, and keeps a backup."""

import shutil
from datetime import datetime
from pathlib import Path

from grader.errors import Refused
from grader.lab import Lab, Task, source
from grader.lab.report_cells import FILE as REPORT_FILE
from grader.lab.report_cells import NOTEBOOK, file_in
from grader.languages import language

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
    """Puts the functions and classes of one task (or the file that is filled in for it) back and returns the backup's
    folder, if there was something to keep; Refused where that cannot be done."""
    if task.file in lab.answer_files:
        return reset_file(lab, task.file)
    path, skeleton = lab.path(task.file), _skeleton(lab, task.file)
    file = {"file": task.file, "lab": lab.name}
    try:
        text = path.read_bytes().decode("utf-8-sig")
        there = source.definitions(text)
    except OSError as error:
        raise Refused("reset_unreadable", 1, **file, reason=error.strerror) from None
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Refused("reset_not_python", 1, **file, reason=str(error)) from None
    if missing := [name for name in task.functions if name not in there]:
        kind = source.definitions(skeleton)[missing[0]].kind
        raise Refused("reset_no_function", 1, **file, function=missing[0], kind=kind)
    backup = back_up(lab.folder, [task.file])
    path.write_text(source.replaced(text, skeleton, task.functions), encoding="utf-8")
    return backup


def reset_file(lab: Lab, name: str) -> Path | None:
    """Puts a whole file that is handed in back; the backup's folder, or None where there was nothing to keep."""
    files = [*lab.manifest.files.handed_in, *([REPORT_FILE] if lab.manifest.report else [])]
    if name not in files:
        known = ", ".join(files)
        raise Refused("not_handed_in_by_lab", file=name, lab=lab.name, files=known)
    skeleton = _skeleton(lab, name)
    backup = back_up(lab.folder, [name]) if lab.path(name).is_file() else None
    lab.path(name).write_text(skeleton, encoding="utf-8")
    return backup


def report_in_the_readers_language(lab: Lab) -> None:
    """Puts the blank report in the reader's language in the place of one in another to which nothing was written."""
    blank = {path.read_bytes() for path in lab.path(SKELETON_FOLDER).glob(f"{NOTEBOOK}*.ipynb")}
    if lab.path(REPORT_FILE).read_bytes() in blank:
        lab.path(REPORT_FILE).write_text(_skeleton(lab, REPORT_FILE), encoding="utf-8")


def _skeleton(lab: Lab, name: str) -> str:
    path = lab.path(SKELETON_FOLDER) / name
    if name == REPORT_FILE and (translated := path.with_name(file_in(language()))).is_file():
        path = translated
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise Refused("given_missing", 1, path=str(path)) from None
