"""A course's roster: a CSV with a header, a row for each student. What its columns are called differs by platform."""

import csv
import dataclasses
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from grader.errors import Refused
from grader.intake.encodings import chinese

# What the columns of Canvas, Moodle, Blackboard and Gradescope are called; the first that is there and filled counts.
# "identifier" is that of Moodle's grading worksheets.
IDS = (
    *("sis login id", "login", "username", "student id", "student_id", "sid", "id number", "id", "identifier"),
    *("学号", "学生编号", "用户名", "student"),
)
A_NAME = "student"  # in that column, where another one has ids
NAMES = ("name", "full name", "student name", "姓名", "学生姓名", "student")
FIRST, LAST = ("first name", "first_name"), ("last name", "last_name", "surname")
EMAILS = ("email", "e-mail", "email address", "mail", "邮箱", "电子邮箱", "电子邮件")


@dataclasses.dataclass(frozen=True)
class Person:
    """One student: the id that results go by, the name, the address, and all that else stands in the row.

    `row` has the cells by the titles of their columns, as the file spells them.
    """

    id: str
    name: str
    email: str
    cells: frozenset[str]
    row: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    def cell(self, *titles: str) -> str:
        """The first of these columns that is there and filled, whatever the case of its title; else ""."""
        return _first(_casefolded(self.row), titles)

    def is_known_as(self, known: str) -> bool:
        """Whether a platform's id, login name or address is one of this row's."""
        return known.casefold() in self.cells

    def is_called(self, name: str) -> bool:
        """Whether a platform's form of a name is this one's: "Ada Lovelace", "Lovelace, Ada" or "lovelaceada"."""
        words = [_letters(word) for word in self.name.split()]
        turned = {"".join([*words[place:], *words[:place]]) for place in range(len(words))}
        return bool(_letters(name)) and _letters(name) in turned


def read_roster(path: Path) -> list[Person]:
    """The students of a roster; Refused where it cannot be read, or has no column for ids."""
    try:
        text = _decoded(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("cannot_be_read", path=str(path), reason=str(error)) from None
    first = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    titles = {title.strip().casefold() for title in rows.fieldnames or [] if title}
    if titles.isdisjoint(IDS):
        raise Refused("roster_without_ids", path=str(path), columns=list(IDS))
    ids = [title for title in IDS if title in titles and (title != A_NAME or titles.isdisjoint(IDS[:-1]))]
    people = [_person(_tidy(row), ids) for row in rows]
    return [person for person in people if person.id]


def _decoded(data: bytes) -> str:
    """UTF-8, or what a spreadsheet writes on a Chinese Windows; the UnicodeDecodeError of UTF-8 where it is neither."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if text := chinese(data):
            return text
        raise


def find(people: Iterable[Person], known_as: Sequence[str]) -> list[Person]:
    """Whom a platform means: by an id, a login name or an address, else by the name."""
    by_id = [person for person in people if any(map(person.is_known_as, known_as))]
    return by_id or [person for person in people if any(map(person.is_called, known_as))]


def _tidy(row: Mapping[str | None, object]) -> dict[str, str]:
    return {(title or "").strip(): str(cell or "").strip() for title, cell in row.items()}


def _casefolded(row: Mapping[str, str]) -> dict[str, str]:
    return {title.casefold(): cell for title, cell in row.items()}


def _person(spelt: dict[str, str], ids: Sequence[str]) -> Person:
    row = _casefolded(spelt)
    email = _first(row, EMAILS)
    cells = {cell.casefold() for cell in row.values() if cell} | {email.partition("@")[0].casefold()}
    name = " ".join(filter(None, (_first(row, FIRST), _first(row, LAST)))) or _first(row, NAMES)
    return Person(_first(row, ids), name, email, frozenset(cells - {""}), spelt)


def _first(row: dict[str, str], titles: Sequence[str]) -> str:
    return next((row[title] for title in titles if row.get(title)), "")


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())
