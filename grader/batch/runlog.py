"""graded/runs.jsonl: a line when a run starts and one when it ends, never changed afterwards.

It says who graded what with which seed, from where a run that was stopped goes on, and how to repeat one exactly.
"""

import getpass
import os
import secrets
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from grader.results.whole import append_whole, read_lines

FILE = "runs.jsonl"


class Start(msgspec.Struct, frozen=True, tag_field="event", tag="start"):
    """A run begins. `students` is None for all that were found in `submissions`; `when` is UTC."""

    run: str
    when: str
    who: str
    lab: str
    seed: int
    sandbox: str
    submissions: str
    students: list[str] | None
    milestones: bool
    force: bool
    depends: dict[str, str] = {}  # what its results depend on; empty in lines of earlier versions


class End(msgspec.Struct, frozen=True, tag_field="event", tag="end"):
    """A run has ended by itself. `counts`: submissions graded, unchanged, left (not reached), needing attention, and
    those on which the grader failed (errors). `outcomes`: how many checks ended in which."""

    run: str
    when: str
    seconds: float
    counts: dict[str, int]
    outcomes: dict[str, int]
    exit_code: int


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def new_run() -> str:
    """A name for a run that no other has."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def user() -> str:
    """The login name of whoever runs this process; its number where it has no name (in a container)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def who() -> str:
    """user@host of this process."""
    return f"{user()}@{socket.gethostname()}"


def append(log: Path, record: Start | End) -> None:
    """Adds a line and waits until the disk has it. OSError where it cannot be written."""
    append_whole(log, msgspec.json.encode(record) + b"\n")


def read(log: Path) -> list[Start | End]:
    """The records in their order; damaged lines are left out. Empty where there is no log; Refused where it
    cannot be read."""
    return read_lines(log, Start | End)


def stopped(records: list[Start | End], lab: str, depends: Mapping[str, str]) -> Start | None:
    """The run of this lab, as it is now, that was stopped with submissions left and not gone on with to the end."""
    found = last_stopped(records, lab)
    return found if found and found.depends == depends else None


def last_stopped(records: list[Start | End], lab: str) -> Start | None:
    """The same, whatever the lab was then."""
    whole = {record.run for record in records if isinstance(record, End) and not record.counts.get("left")}
    found: Start | None = None
    for record in records:
        if isinstance(record, Start) and record.lab == lab:
            if record.run not in whole:
                found = record
            elif found and record.students in (None, found.students):
                found = None
    return found


def with_seed(records: list[Start | End], lab: str, seed: int) -> Start | None:
    """The last run of this lab that graded with a seed; of all students before one of some."""
    found = [start for start in _that_graded(records, lab) if start.seed == seed]
    return max(reversed(found), key=lambda start: start.students is None, default=None)


def last(records: list[Start | End], lab: str) -> Start | None:
    """The last run of this lab that graded; of all students before one of some."""
    return max(reversed(_that_graded(records, lab)), key=lambda start: start.students is None, default=None)


def seeds(records: list[Start | End], lab: str) -> list[int]:
    """The seeds that a lab was graded with, the last first."""
    return list(dict.fromkeys(start.seed for start in reversed(_that_graded(records, lab))))


def _that_graded(records: list[Start | End], lab: str) -> list[Start]:
    """The runs of a lab but for those that ended without having graded anything: no result has their seed."""
    idle = {record.run for record in records if isinstance(record, End) and record.counts.get("graded") == 0}
    return [record for record in records if isinstance(record, Start) and record.lab == lab and record.run not in idle]
