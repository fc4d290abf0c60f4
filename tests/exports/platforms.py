"""How platforms read what is exported, in a few lines each: the rules that the renderers' docstrings cite.

Each reader does what the platform's importer does with these columns or names, and nothing more forgiving.
"""

import csv
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

# --- Canvas: lib/gradebook_importer.rb --------------------------------------------------------------------------------


def read_by_canvas(text: str, students: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Grades by the key of a student and the assignment's title. `students` have an id, a sis, a login and a name, of
    which the first that fits is taken. ValueError where Canvas says that the header is invalid."""
    head, *rows = [[_canvas_number(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    if not (len(head) > 3 and "Student" in head[0] and "ID" in head[1]):
        raise ValueError("invalid header row")
    about = 3
    if "SIS Login ID" in head[2]:
        about = 4
    elif "SIS User ID" in head[2] and "SIS Login ID" in head[3]:
        about = 5
    if "Section" not in head[about - 1]:
        raise ValueError("invalid header row")
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        grades = dict(zip(head[about:], row[about:], strict=True))
        if "Points Possible" in row[0]:
            found["points possible"] = grades
            continue
        keys = {"id": row[1], "sis": row[2] if about == 5 else "", "login": row[about - 2], "name": row[0]}
        who = next(
            (key for how, cell in keys.items() for key, one in students.items() if cell and one.get(how) == cell), None
        )
        found[who or f"new: {row[0]}"] = grades
    return found


def _canvas_number(cell: str) -> str:
    if not re.fullmatch(r"-?[0-9.,]+%?", cell):
        return cell
    *parts, last = re.split("[,.]", cell)
    return f"{''.join(parts)}.{last}" if parts else last


# --- Moodle: mod/assign/feedback -------------------------------------------------------------------------------------


def read_by_moodle(text: str, participants: Mapping[int, str], maximum: float) -> dict[str, float]:
    """Grades by student. ValueError where the worksheet is refused; what is skipped in silence is not there."""
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    if missing := {"Identifier", "Grade", "Last modified (grade)"}.difference(head):
        raise ValueError(f"no {missing}")
    grades = {}
    for row in rows:
        cells = dict(zip(head, row, strict=True))
        number, grade = cells["Identifier"][len("Participant ") :], float(cells["Grade"])
        if number.isdigit() and int(number) in participants and 0 <= grade <= maximum:
            grades[participants[int(number)]] = grade
    return grades


def unzipped_by_moodle(data: bytes, participants: Mapping[int, str]) -> dict[str, list[str]]:
    """The feedback files by student."""
    files: dict[str, list[str]] = {}
    for path in zipfile.ZipFile(io.BytesIO(data)).namelist():
        folder, _, name = path.partition("/")
        info = folder.split("_", 4)
        if len(info) < 4 or not info[1].isdigit() or int(info[1]) not in participants or name[:1] in (".", "~", ""):
            continue
        if (info[2], info[3]) == ("assignsubmission", "file"):
            files.setdefault(participants[int(info[1])], []).append(name)
    return files


# --- JUnit: junit-10.xsd ----------------------------------------------------------------------------------------------

# What an element has to have, what else it may have, and what may be in it.
JUNIT: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    **{name: (set(), {"type", "message"}, set()) for name in ("failure", "error", "skipped")},
    "system-out": (set(), set(), set()),
}


def faults_of_junit(data: bytes) -> list[str]:
    """What in a document is not of the schema; a document that is no XML raises ParseError."""

    def faults(element: ET.Element) -> list[str]:
        needed, allowed, inside = JUNIT[element.tag]
        found = [f"{element.tag} lacks {name}" for name in needed.difference(element.keys())]
        found += [f"{element.tag} has {name}" for name in {*element.keys()} - needed - allowed]
        for child in element:
            found += [f"{child.tag} in {element.tag}"] if child.tag not in inside else faults(child)
        return found

    root = ET.fromstring(data)
    return faults(root) if root.tag == "testsuites" else [f"the root is {root.tag}"]


# --- JSON: the forms of Gradescope, PrairieLearn, Classroom 50 and LTI -----------------------------------------------

Show = Literal["hidden", "after_due_date", "after_published", "visible"]
Format = Literal["text", "html", "simple_format", "md", "ansi"]
Share = Annotated[float, Meta(ge=0, le=1)]
Points = Annotated[float, Meta(ge=0)]
Whole = Annotated[int, Meta(ge=0)]
Filled = Annotated[str, Meta(min_length=1)]
Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$")]


class Place(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    value: float | str
    order: Literal["asc", "desc"] = "desc"


class GradescopeTest(msgspec.Struct, forbid_unknown_fields=True):
    score: float | None = None
    max_score: float | None = None
    status: Literal["passed", "failed"] | None = None
    name: str = ""
    name_format: Format = "text"
    number: str = ""
    output: str = ""
    output_format: Format = "text"
    tags: list[str] = []
    visibility: Show = "visible"
    extra_data: dict[str, str] = {}


class Gradescope(msgspec.Struct, forbid_unknown_fields=True):
    score: float | None = None
    tests: list[GradescopeTest] = []
    output: str = ""
    output_format: Format = "simple_format"
    test_output_format: Format = "text"
    test_name_format: Format = "text"
    visibility: Show = "visible"
    stdout_visibility: Show = "hidden"
    execution_time: float = 0
    extra_data: dict[str, str] = {}
    leaderboard: list[Place] = []


def total_on_gradescope(results: Gradescope) -> float | None:
    """What counts: the score at the top, else the sum of the tests'; None where nothing says a score."""
    scores = [test.score for test in results.tests if test.score is not None]
    return results.score if results.score is not None else sum(scores) if scores else None


class PrairieLearnTest(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    points: float
    max_points: float
    description: str = ""
    message: str = ""
    output: str = ""


class PrairieLearn(msgspec.Struct, forbid_unknown_fields=True):
    score: Share
    tests: list[PrairieLearnTest]
    gradable: bool = True
    message: str = ""
    output: str = ""


class Classroom50Test(msgspec.Struct, rename="kebab"):
    test_name: Filled
    passed: bool
    score: Whole
    max_score: Whole


class Classroom50(msgspec.Struct, rename={"max_score": "max-score"}, forbid_unknown_fields=True):
    schema: Literal["classroom50/result/v1"]
    classroom: Filled
    assignment: Filled
    assignment_type: Literal["individual", "group"]
    owner: Filled
    submission: Annotated[str, Meta(pattern="^submit/")]
    commit: Filled
    release: Filled
    review: Filled
    datetime: Moment
    score: Whole
    max_score: Whole
    tests: list[Classroom50Test]
    graded_at: Moment | None = None


class LtiScore(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    user_id: Filled
    score_given: Points
    score_maximum: Annotated[float, Meta(gt=0)]
    activity_progress: Literal["Initialized", "Started", "InProgress", "Submitted", "Completed"]
    grading_progress: Literal["NotReady", "Failed", "Pending", "PendingManual", "FullyGraded"]
    timestamp: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$")]
    comment: str = ""
