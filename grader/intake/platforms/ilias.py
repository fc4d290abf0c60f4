"""ILIAS: folders Lovelace_Ada_ada_1234 (surname, first name, login, number), in them 20261101120000_warmup.py."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from grader.intake.export import Export
from grader.intake.names import order_in
from grader.intake.platforms import Named, Piece

DESCRIPTION = "an exercise's submissions"
STUDENT = re.compile(r"(?P<last>[^_]+)_(?P<first>[^_]+(?:_[^_]+)*?)_(?P<login>[^_]+)_(?P<number>\d+)")
UPLOADED = re.compile(r"(?P<when>\d{14})_(?P<file>.+)")


def pieces(export: Export) -> Iterator[Piece]:
    """The files below each student's folder. A subfolder whose name is a moment is a version."""
    for path in sorted(export.files):
        place = next((place for place, part in enumerate(path.parts[:-1]) if STUDENT.fullmatch(part)), None)
        match = STUDENT.fullmatch(path.parts[place]) if place is not None else None
        if match is None or place is None:
            continue
        uploaded = UPLOADED.fullmatch(path.name)
        named = Named(
            student=path.parts[place],
            attempt=order_in(path.parts[place + 1]) if len(path.parts) > place + 2 else None,
            upload=int(uploaded["when"]) if uploaded else None,
            known_as=(match["login"], match["number"], f"{match['first']} {match['last']}"),
        )
        steps = path.parts[place + 1 + bool(named.attempt) : -1]
        yield Piece(path, named, PurePosixPath(*steps, uploaded["file"] if uploaded else path.name))
