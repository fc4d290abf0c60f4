"""Changes the files of a copy, all of them or none, and keeps what was there.

.backup/update-<time>/   of the copy
    new/         what is to come, written whole before anything is changed
    before/      what is replaced or removed, and every file of the student's
    plan.json    is there while files are changed: an update that was killed is brought to its end by the next one
"""

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from grader.errors import Refused
from grader.student.reset import BACKUP_FOLDER
from grader.student.update.plan import Plan

PLAN_FILE, NEW, BEFORE = "plan.json", "new", "before"


def carry_out(root: Path, plan: Plan, keep: Iterable[str]) -> Path:
    """Carries a plan out; returns the folder of what was there: all that it changes, and the files to `keep`.

    Refused where the disk is full or a file may not be changed: then nothing is changed.
    """
    backup = root / BACKUP_FOLDER / f"update-{datetime.now():%Y-%m-%d-%H%M%S-%f}"
    try:
        for path, content in plan.write.items():
            _written(backup / NEW / path, content)
        for path in {*plan.write, *plan.remove, *keep}:
            if (root / path).is_file():
                (backup / BEFORE / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / path, backup / BEFORE / path)
        plan_file = {"write": _makefile_last(plan.write), "remove": plan.remove}
        _written(backup / "plan.part", json.dumps(plan_file).encode())
        (backup / "plan.part").replace(backup / PLAN_FILE)
        with _undisturbed():
            _changed(root, backup)
    except OSError as error:
        _put_back(root, backup)
        shutil.rmtree(backup, ignore_errors=True)
        reason = f"{error.filename or ''}: {error.strerror or error}"
        raise Refused("update_refused", 3, reason=reason) from None
    return backup / BEFORE


def finish_earlier(root: Path) -> bool:
    """Brings an update to its end that was killed on its way; whether there was one."""
    unfinished = sorted((root / BACKUP_FOLDER).glob(f"update-*/{PLAN_FILE}"))
    for plan_file in unfinished:
        with _undisturbed():
            _changed(root, plan_file.parent)
    return bool(unfinished)


def _changed(root: Path, backup: Path) -> None:
    """Every step may have been done before, by an update that was killed."""
    todo = json.loads((backup / PLAN_FILE).read_text(encoding="utf-8"))
    for path in todo["write"]:
        if (backup / NEW / path).exists():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(backup / NEW / path, root / path)
    for path in todo["remove"]:
        (root / path).unlink(missing_ok=True)
    (backup / PLAN_FILE).unlink()
    shutil.rmtree(backup / NEW, ignore_errors=True)


def _put_back(root: Path, backup: Path) -> None:
    if not (backup / PLAN_FILE).exists():  # nothing was changed yet
        return
    todo = json.loads((backup / PLAN_FILE).read_text(encoding="utf-8"))
    for path in [*todo["write"], *todo["remove"]]:
        before = backup / BEFORE / path
        if before.exists():
            shutil.copy2(before, root / path)
        elif not (backup / NEW / path).exists():  # it is there by this update
            with contextlib.suppress(OSError):
                (root / path).unlink(missing_ok=True)


def _makefile_last(paths: Iterable[str]) -> list[str]:
    """Labs first, then the grader, the Makefile at the end: whoever is killed between can type the command again."""
    return sorted(paths, key=lambda path: (path == "Makefile", path.startswith("grader/"), path))


def _written(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits: it takes no second."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
