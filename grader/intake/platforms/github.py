"""GitHub: a folder of clones, lab0-submissions/lab0-ada/, each called after the assignment and the account."""

import os
from collections.abc import Iterator
from pathlib import PurePosixPath

from grader.intake.export import Export
from grader.intake.platforms import Named, Piece

DESCRIPTION = "a folder of clones, as gh classroom clone makes it"


def pieces(export: Export) -> Iterator[Piece]:
    """The files of each clone. What all clones' names begin with is the assignment's."""
    if all(len(path.parts) > 2 for path in export.files) and len(export.tops) == 1:
        yield from (
            Piece(export.tops[0] / piece.path, piece.named, piece.inside)
            for piece in _clones(export.below(PurePosixPath(export.tops[0])))
        )
    else:
        yield from _clones(export)


def _clones(export: Export) -> Iterator[Piece]:
    clones = sorted({path.parts[0] for path in export.files if len(path.parts) > 1})
    assignment = os.path.commonprefix(clones).rpartition("-")[0] if len(clones) > 1 else ""  # noqa: RUF071
    for path in sorted(export.files):
        clone = path.parts[0]
        if len(path.parts) > 1 and clone != assignment:
            account = clone[len(assignment) + 1 :] if assignment else clone
            ends = account.split("-")
            known = [account, *("-".join(ends[place:]) for place in range(1, len(ends) if not assignment else 1))]
            yield Piece(path, Named(account, known_as=tuple(known)), PurePosixPath(*path.parts[1:]))
