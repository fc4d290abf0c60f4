"""A CSV for Canvas: Grades > Import.

Canvas reads the file so (instructure/canvas-lms, lib/gradebook_importer.rb, read at commit 00b222d7): the first title
has "Student" in it and the second "ID"; then SIS User ID and SIS Login ID; the last column about the student has
"Section" in its title. What follows are assignments, `Title (id)` or the title alone; an unknown title offers to make a
new one. A row whose first cell holds "Points Possible" is of the assignments. A student is found by Canvas's own id, by
the SIS user id, by the login id, else by the name. A blank cell takes a score away, so there is a row for nobody who
has no result, and a file for each lab. A cell that looks like a number with several commas or points in it is changed,
ids included.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.intake.names import labs_in
from grader.intake.roster import Person
from grader.renderers import Exported
from grader.renderers.recipients import left_out, recipients
from grader.renderers.setting import Setting
from grader.renderers.words import Words
from grader.results.standing import Standing
from grader.results.tables import FORMULA, csv_text
from grader.results.view import harmless

DESCRIPTION = "Canvas's gradebook: a CSV for each lab; ROSTER= the gradebook that Canvas exported"
ABOUT_STUDENTS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POINTS_POSSIBLE = "Points Possible"
CHANGED_NUMBER = re.compile(r"-?(?!\d+(?:\.\d+)?%?$)[0-9.,]+%?")  # what Canvas would read as another number
OF_GROUPS = re.compile(r"(Current|Final|Override) (Score|Points|Grade|Status)")  # no assignments
SIS_USER_IDS = ("sis user id", "sid", "student id", "student_id", "id number")


def export(standings: Iterable[Standing], words: Words, setting: Setting) -> Iterator[Exported]:
    """lab3-canvas.csv, with a row for each student who has a result."""
    rows: list[Sequence[str | float]] = []
    total = 0.0
    for one in recipients(standings, setting):
        if isinstance(one, Finding):
            yield one
        elif unfit := _unfit_id(row := _about(one.person, setting)):
            yield left_out(one.result.student, codes.ID_READ_OTHERWISE(id=unfit))
        else:
            total = one.result.max_score
            rows.append([*row, one.result.score])
    if rows:
        possible: Sequence[str | float] = [f"    {POINTS_POSSIBLE}", *[""] * (len(ABOUT_STUDENTS) - 1), total]
        head: Sequence[str | float] = [*ABOUT_STUDENTS, _title(setting)]
        yield f"{setting.lab.name}-canvas.csv", csv_text([head, possible, *rows])


def _about(person: Person, setting: Setting) -> list[str]:
    """The cells about a student. Only of an exported gradebook the number is Canvas's own: it has a Section column."""
    own = setting.has_columns("student", "id", "section")
    name = harmless(person.name).replace("\n", " ") or person.id
    return [
        person.id if POINTS_POSSIBLE in name else name,
        person.cell("id") if own else "",
        person.cell(*SIS_USER_IDS),
        person.cell("sis login id") if own else person.id,
        person.cell("section") if own else "",
    ]


def _unfit_id(row: Sequence[str]) -> str:
    """An id that Canvas, or the escaping of formulas, would make another of; or ""."""
    name, *ids, _ = row
    for text in filter(None, ids):
        if text.startswith(FORMULA) or CHANGED_NUMBER.fullmatch(text) or harmless(text) != text:
            return text
    return name if POINTS_POSSIBLE in name else ""


def _title(setting: Setting) -> str:
    """The assignment's title as the exported gradebook has it, else the lab's name. Refused where it has several."""
    lab = setting.lab.name
    mine = [title for title in setting.columns if labs_in(title) == {lab} and not OF_GROUPS.search(title)]
    if len(mine) > 1:
        raise Refused("several_columns", 2, lab=lab, columns=mine)
    return mine[0] if mine else lab
