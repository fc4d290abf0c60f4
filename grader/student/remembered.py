"""What is kept of a student's work between commands, in the lab's .progress.json: the hints that were read, what the
last checks found, and the task that watch was at."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from grader.lab import Lab
from grader.student.checking import Checked, public_points
from grader.student.uses import fingerprints

FILE = ".progress.json"


class Found(msgspec.Struct, frozen=True):
    """What the last checks of a task found: whether all that ran passed, the points here, and the code they ran."""

    passed: bool
    earned: float
    possible: float
    code: str  # its fingerprint


class Remembered(msgspec.Struct, frozen=True):
    """The file's contents; what is missing in it or damaged is empty."""

    hints: dict[str, int] = {}
    checked: dict[str, Found] = {}
    watching: str = ""


def remembered(lab: Lab) -> Remembered:
    """What is kept of this lab."""
    kept = _read(lab)
    found: dict[str, Any] = {}
    for name, kind in Remembered.__annotations__.items():
        try:
            found[name] = msgspec.convert(kept[name], kind, strict=False)
        except (KeyError, msgspec.ValidationError, OverflowError):
            continue
    return Remembered(**found)


def remember(lab: Lab, **changed: Any) -> None:
    """Keeps new values of some fields of Remembered. The file is replaced whole."""
    path = lab.path(FILE)
    new = path.with_name(FILE + ".new")
    new.write_bytes(msgspec.json.format(msgspec.json.encode(_read(lab) | changed), indent=1) + b"\n")
    new.replace(path)


def found_by(checked: list[Checked], code: str) -> Found:
    """What some checks of one task found in the code with this fingerprint, which is taken before they run: what is
    saved meanwhile counts as changed."""
    earned, possible = public_points(checked)
    return Found(all(item.judged.outcome == "passed" for item in checked if item.judged), earned, possible, code)


def remember_all(lab: Lab, checked: Sequence[Checked], code: Mapping[str, str]) -> None:
    """Keeps what all these checks found, those of each task in the code with its fingerprint."""
    ran = {item.task.name: [other for other in checked if other.task == item.task] for item in checked if item.judged}
    remember_checks(lab, {name: found_by(items, code[name]) for name, items in ran.items()})


def remember_checks(lab: Lab, new: dict[str, Found]) -> None:
    """Keeps what the checks of some tasks found. In a folder that cannot be written they are shown all the same."""
    found = remembered(lab).checked
    for task, now in new.items():
        before = found.get(task)
        if before is None or before.code != now.code or before.possible <= now.possible:  # else slower ones ran, too
            found[task] = now
    with contextlib.suppress(OSError):
        remember(lab, checked=found)


def stale(lab: Lab) -> list[str]:
    """The names of the tasks whose code was changed since it was last checked."""
    found, code = remembered(lab).checked, fingerprints(lab)
    return [name for name in code if name in found and found[name].code != code[name]]


def _read(lab: Lab) -> dict[str, Any]:
    try:
        kept = json.loads(lab.path(FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
