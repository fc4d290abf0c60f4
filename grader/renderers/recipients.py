"""Whose result is whose row of a roster. A grade that could be another student's is nobody's."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from grader import codes
from grader.findings import Finding
from grader.intake.roster import EMAILS, IDS, Person
from grader.plain import one_line
from grader.renderers.setting import Setting
from grader.results.result import Result, points_text
from grader.results.standing import Standing

# What `collect` calls a student of Canvas or Moodle where it had no roster: the name, and the platform's number.
NAME_AND_NUMBER = re.compile(r"(?P<name>.+)_(?P<number>\d+)")


@dataclasses.dataclass(frozen=True)
class Recipient:
    """A result with its row of the roster. Without a roster the row has the student's id alone."""

    standing: Standing
    result: Result  # with what was marked by hand
    person: Person


def left_out(student: str, why: Finding) -> Finding:
    """The finding that a student is not in the files."""
    return codes.LEFT_OUT(student=one_line(student), why=why)


def recipients(standings: Iterable[Standing], setting: Setting) -> Iterator[Recipient | Finding]:
    """The students whose score can stand in a gradebook, each with their row, and why the others cannot.

    These are: who is in no row or in several, of whom there are several results, on whom the grader failed, and whose
    score is out of another total than that of most (the lab changed since they were graded).
    """
    results = [(standing, standing.result) for standing in standings]
    rows_with_ids = [(person, _ids_of(person)) for person in setting.people]
    meant = {result.student: _rows_of(result.student, rows_with_ids) for _, result in results}
    claims: dict[str, list[str]] = {}
    for student, rows in meant.items():
        if len(rows) == 1:
            claims.setdefault(rows[0].id, []).append(student)
    usual = max(Counter(result.max_score for _, result in results).items(), key=lambda item: (item[1], item[0]))[0]
    for standing, result in results:
        rows = meant[result.student]
        claimed = claims.get(rows[0].id, []) if len(rows) == 1 else []
        if why := _why_not(result, rows, claimed, usual):
            yield left_out(result.student, why)
        else:
            yield Recipient(standing, result, rows[0])


def _why_not(result: Result, rows: Sequence[Person], claimed: Sequence[str], usual: float) -> Finding | None:
    if not rows:
        return codes.IN_NO_ROW()
    if len(rows) > 1:
        return codes.IN_SEVERAL_ROWS(students=[one_line(row.id) for row in rows])
    if len(claimed) > 1:
        return codes.ONE_PERSONS(students=[one_line(student) for student in claimed])
    if result.errors():
        return codes.GRADER_FAILED_ON_IT()
    if result.max_score != usual:
        return codes.OUT_OF_ANOTHER_TOTAL(total=points_text(result.max_score), usual=points_text(usual))
    return None


def _rows_of(student: str, people: Sequence[tuple[Person, set[str]]]) -> list[Person]:
    """Whom a result's student means: by the id, by another id or the address, by name and number, else by the name.

    Other columns say nothing: a student who is called 5 is not the one who has 5 points.
    """
    if not people:
        return [Person(student, student, "", frozenset())]
    known = student.casefold()
    if exact := [person for person, _ in people if person.id.casefold() == known]:
        return exact
    if by_id := [person for person, ids in people if known in ids]:
        return by_id
    if (match := NAME_AND_NUMBER.fullmatch(student)) and (
        both := [person for person, ids in people if match["number"] in ids and person.is_called(match["name"])]
    ):
        return both
    return [person for person, _ in people if person.is_called(student)]


def _ids_of(person: Person) -> set[str]:
    """Ids, addresses, and what stands before their @. Of "Participant 123", as Moodle says, also the number."""
    emails = [person.cell(title) for title in EMAILS]
    found = {person.cell(title) for title in IDS[:-1]} | {*emails} | {email.partition("@")[0] for email in emails}
    if number := re.search(r"\d+$", person.cell("identifier")):
        found.add(number[0])
    return {text.casefold() for text in found if text}
