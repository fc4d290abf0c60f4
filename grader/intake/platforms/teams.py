"""Teams: Submitted files/Ada Lovelace/Lab 0/Version 2/warmup.py, without the version where there is only one."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from grader.intake.export import Export
from grader.intake.names import order_in
from grader.intake.platforms import TEAMS, Named, Piece

DESCRIPTION = "the class's folder of submitted files"


def pieces(export: Export) -> Iterator[Piece]:
    """The files below each student's folder for the assignment. "Working files" are not handed in."""
    for path in sorted(export.files):
        place = path.parts.index(TEAMS) + 1 if TEAMS in path.parts else -1
        if place < 0 or len(path.parts) < place + 3:
            continue
        student, version = path.parts[place], path.parts[place + 2]
        attempt = order_in(version) if version.startswith("Version ") and len(path.parts) > place + 3 else None
        named = Named(student, attempt=attempt, known_as=(student,))
        yield Piece(path, named, PurePosixPath(*path.parts[place + 2 + bool(attempt) :]))
