"""Which students' work is alike, as a file beside the results has it: <out>/<lab>-alike.csv."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from grader.errors import Refused
from grader.results.tables import csv_rows, csv_text

CODE = "code"
COLUMNS = ("group", "what", "student")


@dataclasses.dataclass(frozen=True)
class Alike:
    """Students whose code, or whose file of that name, is alike."""

    what: str
    students: tuple[str, ...]


def groups_file(out: Path, lab: str) -> Path:
    """Where the groups of a lab lie; there is no such file where nobody's work is alike."""
    return out / f"{lab}-alike.csv"


def as_csv(found: Sequence[Alike]) -> str:
    """A row for each student of each group, under COLUMNS."""
    rows = [(number, each.what, student) for number, each in enumerate(found, 1) for student in each.students]
    return csv_text([COLUMNS, *rows])


def read_groups(path: Path) -> list[Alike]:
    """What as_csv has written to a file; empty where there is none. Refused where it holds something else."""
    try:
        head, *rows = csv_rows(path.read_text(encoding="utf-8")) or [[]]
        if tuple(head) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
            raise ValueError(f"its columns are not {', '.join(COLUMNS)}")
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise Refused("cannot_be_read", 1, path=str(path), reason=str(error)) from None
    groups: dict[str, tuple[str, list[str]]] = {}
    for number, what, student in rows:
        groups.setdefault(number, (what, []))[1].append(student)
    return [Alike(what, tuple(students)) for what, students in groups.values()]
