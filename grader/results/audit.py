"""audit.jsonl in the folder of results: a line for every change of a student's points, and none is ever changed.

A line is found by comparing where students stand with the last lines about them, never remembered between writing a
result and writing the log. So a grader that is killed in between loses none: whoever reads or writes results next adds
it. The points on the way (as graded, with marks, with the points that were set for tasks) tell what changed.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from grader.errors import Refused
from grader.results.marks import merged
from grader.results.standing import Standing
from grader.results.whole import append_whole, read_lines

FILE = "audit.jsonl"
Why = Literal["graded", "regraded", "mark", "override", "rule change"]


class Line(msgspec.Struct, frozen=True):
    """One change. `before` and `after` are the points that are shown; None where none are, or were. `graded`, `marked`
    and `earned` are those of grading, with the marks, and with what an instructor set for tasks; `set_to` is what an
    instructor set for the whole. `when` is UTC."""

    when: str
    who: str
    why: Why
    student: str
    lab: str
    before: float | None
    after: float | None
    graded: float
    marked: float
    earned: float
    set_to: float | None = None


def record(out: Path, standings: Iterable[Standing], who: str, when: str) -> list[Line]:
    """Adds a line for each student whose points are not those of the last line, and gives these lines. `who` is whoever
    runs this; a mark and an override say themselves who gave them. Refused where the log cannot be read or written."""
    log = out / FILE
    try:
        with _alone(out):
            last = {(line.student, line.lab): line for line in read(log)}
            lines = [
                line
                for each in standings
                if (line := _line(each, last.get((each.graded.student, each.graded.lab)), who, when))
            ]
            if lines:
                append_whole(log, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    except OSError as error:
        raise Refused("not_written", 3, path=str(log), reason=error.strerror or "") from None
    return lines


def read(log: Path) -> list[Line]:
    """The lines in their order; empty where there is no log. A line that a machine went down in is left out: what it
    said is found again. Refused where it cannot be read."""
    return read_lines(log, Line)


def _line(standing: Standing, last: Line | None, who: str, when: str) -> Line | None:
    """The line about a standing; None where the last one still says it."""
    graded, earned = standing.graded, standing.earned.score
    marked = merged(graded, standing.marks).score
    set_to = standing.override.points if standing.override else None
    after = None if standing.held else standing.result.score
    points = (graded.score, marked, earned, set_to)
    if last and (last.graded, last.marked, last.earned, last.set_to, last.after) == (*points, after):
        return None
    why: Why
    if last is None or last.graded != graded.score:
        why = "regraded" if last else "graded"
    elif last.marked != marked:
        why, who = "mark", standing.marks[-1].by if standing.marks else who
    elif (last.earned, last.set_to) != (earned, set_to):
        why, who = "override", standing.override.by if standing.override else who
    else:
        why = "rule change"
    before = last.after if last else None
    return Line(when, who, why, graded.student, graded.lab, before, after, *points)


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """One writer at a time; each waits for the other."""
    folder = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
