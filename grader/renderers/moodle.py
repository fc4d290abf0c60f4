"""Two files for an assignment in Moodle: the grading worksheet with grades, and a zip with each student's feedback.

Moodle reads them so (moodle/moodle, read at commits 452e36fc, 04975560 and 0203d8f2):
mod/assign/feedback/offline/importgradeslib.php needs the columns Identifier ("Participant 123"), Grade and Last
modified (grade), by their names in the site's language, and takes a comment from a column for comments, so there is
none here. offline/locallib.php skips, without a word, a grade above the assignment's maximum, one of a student who is
locked, and one that was changed after the worksheet was downloaded. file/importziplib.php takes a file whose folder is
called `<name>_<participant>_assignsubmission_file`; what comes before the first _ is the name, so it has none.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.renderers import Exported, html
from grader.renderers.recipients import Recipient, left_out, recipients
from grader.renderers.setting import Setting
from grader.renderers.words import Words
from grader.results.result import points_text
from grader.results.standing import Standing
from grader.results.tables import csv_text
from grader.results.view import harmless

DESCRIPTION = "Moodle's grading worksheet, and a zip of feedback files; ROSTER= the worksheet that Moodle gave"
COLUMNS = ("Identifier", "Full name", "Email address", "Grade", "Maximum Grade", "Last modified (grade)")
NEEDED = {"identifier", "last modified (grade)"}
UNFIT = re.compile(r"[_/\\:*?\"<>|]+")  # in the name of a folder; _ ends the name
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: equal results make equal files


def export(standings: Iterable[Standing], words: Words, setting: Setting) -> Iterator[Exported]:
    """lab3-moodle-grades.csv and lab3-moodle-feedback.zip. Refused where the roster is no grading worksheet."""
    if not setting.has_columns(*NEEDED):
        raise Refused("no_worksheet", 2, columns=[COLUMNS[0], COLUMNS[-1]])
    graded: list[Recipient] = []
    for one in recipients(standings, setting):
        if isinstance(one, Finding):
            yield one
        elif why := _why_skipped(one):
            yield left_out(one.result.student, why)
        else:
            graded.append(one)
    if not graded:
        return
    total = graded[0].result.max_score
    for maximum in sorted({_maximum(one) for one in graded} - {None, total}, key=str):
        yield codes.MAXIMUM_DIFFERS(maximum=points_text(maximum or 0), total=points_text(total))
    lab = setting.lab.name
    yield f"{lab}-moodle-grades.csv", csv_text([COLUMNS, *map(_row, graded)])
    yield f"{lab}-moodle-feedback.zip", _zip_of(graded, words)


def _row(one: Recipient) -> list[str | float]:
    cell = one.person.cell
    modified = cell("last modified (grade)")
    return [
        cell("identifier"),
        harmless(cell("full name")),
        harmless(cell("email address")),
        one.result.score,
        cell("maximum grade"),
        "" if modified == "-" else modified,
    ]


def _why_skipped(one: Recipient) -> Finding | None:
    """What Moodle would pass over in silence."""
    if not re.fullmatch(r"\D*\d+", one.person.cell("identifier")):
        return codes.NO_ID_FOR(columns=[COLUMNS[0]])
    if one.person.cell("grade can be changed").casefold() == "no":
        return codes.GRADE_LOCKED()
    maximum = _maximum(one)
    if maximum is not None and one.result.score > maximum:
        return codes.ABOVE_MAXIMUM(score=points_text(one.result.score), maximum=points_text(maximum))
    return None


def _maximum(one: Recipient) -> float | None:
    """The assignment's maximum; None where the worksheet does not say it, or has a scale there."""
    try:
        return float(one.person.cell("maximum grade").replace(",", "."))
    except ValueError:
        return None


def _zip_of(graded: Iterable[Recipient], words: Words) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in graded:
            for name, content in html.feedback(one.standing.view(), words):
                archive.writestr(zipfile.ZipInfo(f"{_folder(one)}/{name}", EPOCH), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def _folder(one: Recipient) -> str:
    number = re.sub(r"\D", "", one.person.cell("identifier"))
    name = UNFIT.sub(" ", harmless(one.person.name)).replace("\n", " ").strip(" .~") or "Participant"
    return f"{name}_{number}_assignsubmission_file"
