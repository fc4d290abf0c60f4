"""Turns a platform's export into the kit's layout, <student>/<lab>/..., with a table of who is who.

Of several attempts the newest is taken, and of a file that was uploaded again the last. What belongs to nobody, and who
is not in the roster, is said: nothing is left out in silence.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import ModuleType

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.intake import roster
from grader.intake.archives import BROKEN, is_archive
from grader.intake.export import Export, opened
from grader.intake.names import readable, time_in
from grader.intake.platforms import Named, Piece
from grader.intake.roster import Person
from grader.plain import one_line
from grader.results.tables import csv_rows, csv_text

COLUMNS = ("student", "name", "email", "on the platform", "handed in", "taken", "older", "remark")


@dataclasses.dataclass(frozen=True)
class Placed:
    """One student of the export: who it is, what was taken, what is older, and why a person should look."""

    student: str
    person: Person | None
    named: Named
    taken: list[Piece]
    older: list[Piece]
    doubt: Finding | None = None

    @property
    def when(self) -> str:
        """When the newest of what was taken was handed in, in ISO 8601; "" where the platform does not say it."""
        return max((piece.named.when or time_in(piece.named.attempt) for piece in self.taken), default="")


@dataclasses.dataclass(frozen=True)
class Collected:
    """What came of an export: the students, those of the roster who handed nothing in, and what could not be placed."""

    placed: list[Placed]
    absent: list[Person]
    left: list[Finding]

    @property
    def is_whole(self) -> bool:
        return not self.left and not any(one.doubt for one in self.placed)

    def rows(self) -> Iterator[list[str | Finding]]:
        """The table, a list of cells for each student."""
        for one in self.placed:
            who = [one.student, one.person.name if one.person else "", one.person.email if one.person else ""]
            files = [", ".join(sorted({str(piece.path) for piece in pieces})) for pieces in (one.taken, one.older)]
            yield [*who, one.named.student, one.when, *files, one.doubt or ""]
        for person in self.absent:
            yield [person.id, person.name, person.email, "", "", "", "", codes.HANDED_NOTHING_IN()]


def collect(
    source: Path, platform: ModuleType, people: Sequence[Person], to: Path, lab: str | None = None
) -> Collected:
    """Writes what an export holds into `to`, a folder that is not there yet or is empty."""
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise Refused("is_there_already", path=str(to))
    with opened(source) as export:
        pieces = list(_pieces(platform, export))
        known = {piece.path for piece in pieces}
        left = [
            *export.refused,
            *(codes.NOT_PLACED(file=one_line(str(path))) for path in sorted(export.files.keys() - known)),
        ]
        placed = _placed((piece for piece in pieces if piece.named.student), people)
        for one in placed:
            folder = to / one.student / lab if lab else to / one.student
            for piece in one.taken:
                path = folder / piece.inside
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(export.files[piece.path]())
                except BROKEN:  # of one student's file, or its name: the others' are not lost over it
                    left.append(codes.NOT_PLACED(file=one_line(str(piece.path))))
    ids = {one.student for one in placed}
    return Collected(placed, [person for person in people if person.id not in ids], left)


def table(collected: Collected, words: Callable[[Finding], str]) -> str:
    """The table as CSV."""
    rows = [[words(cell) if isinstance(cell, Finding) else cell for cell in row] for row in collected.rows()]
    return csv_text([COLUMNS, *rows])


def times_beside(submissions: Path) -> dict[str, str]:
    """When each student handed in, as the table says that collect has written beside a folder; empty where there is
    none, or another's. Refused where it cannot be read."""
    path = submissions.resolve().with_name(f"{submissions.resolve().name}.csv")
    try:
        head, *rows = csv_rows(path.read_text(encoding="utf-8")) or [[]]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Refused("cannot_be_read", path=str(path), reason=str(error)) from None
    if tuple(head) != COLUMNS:
        return {}
    return {row[0]: row[COLUMNS.index("handed in")] for row in rows if len(row) == len(COLUMNS)}


def _pieces(platform: ModuleType, export: Export) -> Iterator[Piece]:
    """What the platform knows of the files. A folder around the whole export is no obstacle."""
    if hasattr(platform, "pieces"):
        yield from platform.pieces(export)
        return
    named: dict[str, Named] = platform.named(export.tops)
    if not named and all(len(path.parts) > 1 for path in export.files) and len(export.tops) == 1:
        around = PurePosixPath(export.tops[0])
        for piece in _pieces(platform, export.below(around)):
            yield dataclasses.replace(piece, path=around / piece.path)
        return
    for path in sorted(export.files):
        if found := named.get(path.parts[0]):
            below = PurePosixPath(*path.parts[1:]) if len(path.parts) > 1 else PurePosixPath(found.file)
            yield Piece(path, found, below)


def _placed(pieces: Iterable[Piece], people: Sequence[Person]) -> list[Placed]:
    """The pieces by student. Two accounts that could be one person's stay apart: a name can be chosen."""
    accounts: dict[str, list[Piece]] = {}
    for piece in pieces:
        accounts.setdefault(piece.named.student, []).append(piece)
    meant = {account: roster.find(people, own[0].named.known_as) for account, own in accounts.items()}
    claims = Counter(found[0].id for found in meant.values() if len(found) == 1)
    placed = []
    for account, own in accounts.items():
        person, doubt = _who(meant[account], claims) if people else (None, None)
        student = _folder_name(person.id if person else account)
        placed.append(Placed(student, person, own[0].named, *_newest(own), doubt))
    return sorted(placed, key=lambda one: one.student)


def _who(found: Sequence[Person], claims: Mapping[str, int]) -> tuple[Person | None, Finding | None]:
    """The one person of the roster whom an account means; else why it is nobody's."""
    if not found:
        return None, codes.NOT_IN_ROSTER()
    if len(found) > 1:
        return None, codes.SEVERAL_IN_ROSTER(students=[one_line(one.id) for one in found])
    if claims[found[0].id] > 1:
        return None, codes.SEVERAL_ACCOUNTS(student=one_line(found[0].id))
    return found[0], None


def _folder_name(student: str) -> str:
    """A student's name as that of one folder: it may be typed by the student."""
    name = readable(student).replace("/", "_")
    return f"_{name}" if name.startswith(".") or not name else name


def _newest(pieces: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """What counts of one student's pieces, and what does not: older attempts, and what was uploaded again."""
    last = max((piece.named.attempt for piece in pieces if piece.named.attempt), default=None)
    counting: dict[PurePosixPath | str, Piece] = {}
    for piece in sorted(pieces, key=lambda piece: piece.named.upload or 0):
        if piece.named.attempt in (None, last):
            loose_archive = piece.named.upload is not None and is_archive(Path(piece.inside.name))
            counting["archive" if loose_archive else piece.inside] = piece
    taken = list(counting.values())
    return taken, [piece for piece in pieces if piece not in taken]
