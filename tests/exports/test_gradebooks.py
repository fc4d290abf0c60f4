"""Gradebooks that a platform imports: whose grade is whose, what is left out, and that no cell becomes a formula."""

import csv
import io
import zipfile
from pathlib import Path

import msgspec
import pytest

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.intake.roster import Person, read_roster
from grader.languages import say
from grader.renderers import html
from grader.renderers.setting import Setting
from grader.results.standing import Standing
from tests.exports import course
from tests.exports.golden import CANVAS, MOODLE, files, made, of_canvas, of_moodle
from tests.exports.platforms import LtiScore, read_by_canvas, read_by_moodle, unzipped_by_moodle

ENROLLED = {
    "ada": {"id": "101", "sis": "S-1", "login": "ada", "name": "Lovelace, Ada"},
    "ben": {"id": "102", "sis": "S-2", "login": "ben", "name": "Code, Ben"},
}


def left(platform: str, standings: list[Standing], setting: Setting) -> list[str]:
    """Who is left out and why, in words; no other student is."""
    findings = [one for one in made(platform, standings, setting) if isinstance(one, Finding)]
    return [say(finding) for finding in findings]


def student(name: str) -> Standing:
    return Standing(course.result(name, course.code("passed", 1.6, 1.6), course.PLOT))


# --- whose row is whose -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["canvas", "moodle", "lti"])
def test_who_is_not_in_the_roster_is_named_and_all_others_are_in_the_file(platform: str) -> None:
    setting = MOODLE if platform == "moodle" else CANVAS
    standings = [course.ada(), student("nobody"), course.ben()]
    [said] = left(platform, standings, setting)
    assert said.startswith("nobody is not in the file: no row of the roster is theirs")
    assert files(platform, standings, setting).keys() == files(platform, [course.ada(), course.ben()], setting).keys()
    with_nobody = files(platform, standings, setting)
    assert all(b"nobody" not in text for text in with_nobody.values())


def test_a_name_or_an_id_that_several_rows_have_is_nobodys() -> None:
    twins = course.setting(of_canvas("x1", "Doe, Jo"), of_canvas("x2", "Doe, Jo"))
    assert "several rows of the roster could be meant: x1, x2" in left("canvas", [student("jo doe")], twins)[0]
    both = left("canvas", [student("ada"), student("lovelaceada")], CANVAS)
    assert len(both) == 2 and all("these results are of one row of the roster" in one for one in both)


def test_only_ids_and_names_say_who_it_is() -> None:
    """A student who is called 5 is not the one who has 5 points."""
    row = {"SIS Login ID": "ada", "Student": "Ada", "Lab 1": "5"}
    with_points = course.setting(Person("ada", "Ada", "", frozenset(row.values()), row))
    assert "no row of the roster" in left("canvas", [student("5")], with_points)[0]


def test_the_number_that_a_platform_gives_counts_with_the_name_alone() -> None:
    assert left("canvas", [student("lovelaceada_101")], CANVAS) == []
    assert left("canvas", [student("lovelaceada_102")], CANVAS) != []
    assert left("moodle", [student("Ben Code_8")], MOODLE) == []


def test_a_result_that_cannot_stand_beside_the_others_is_left_out() -> None:
    old = Standing(course.result("eve", course.code("passed", 1.6, 1.6), of=20.0))
    [said] = left("canvas", [course.ada(), course.ben(), old], CANVAS)
    assert said.startswith("eve is not in the file: the result is out of 20 points, the others are out of 17")
    of_zoe = course.setting(of_canvas("zoe"))
    assert "the grader itself failed" in left("canvas", [course.failed()], of_zoe)[0]
    assert files("lti", [course.failed()], of_zoe) == {}, "Canvas would take the earlier score away"


# --- Canvas -----------------------------------------------------------------------------------------------------------


def test_canvas_finds_every_student_and_the_column_of_the_lab() -> None:
    [text] = files("canvas", [course.ada(), course.ben()], CANVAS).values()
    read = read_by_canvas(text.decode(), ENROLLED)
    assert read == {
        "points possible": {"Lab 3 (4711)": "17.0"},
        "ada": {"Lab 3 (4711)": "16.34"},
        "ben": {"Lab 3 (4711)": "2.0"},
    }


@pytest.mark.parametrize(
    ("row", "column"),
    [("id;name\nada;Lovelace\nben;Code\n", "login"), ("SID,Name,Email\nS-1,Ada L,a@x\nS-2,Ben C,b@x\n", "sis")],
)
def test_of_another_roster_no_number_is_taken_for_canvass_own(row: str, column: str, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(row, encoding="utf-8")
    people = read_roster(tmp_path / "roster.csv")
    standings = [student(person.id) for person in people]
    [text] = files("canvas", standings, course.setting(*people)).values()
    assert {who: grades["lab3"] for who, grades in read_by_canvas(text.decode(), ENROLLED).items()} == {
        "points possible": "17.0",
        "ada": "1.6",
        "ben": "1.6",
    }
    assert {cells["ID"] for cells in csv.DictReader(io.StringIO(text.decode()))} == {""}


def test_without_a_roster_the_student_is_the_login() -> None:
    [text] = files("canvas", [course.ada()], course.setting()).values()
    assert read_by_canvas(text.decode(), ENROLLED)["ada"] == {"lab3": "16.34"}


@pytest.mark.parametrize("login", ["=1+1", "+49", "-x", "@me", "1.234.567", "12,5", "a\x1bb", "Points Possible"])
def test_an_id_that_canvas_would_read_as_another_is_left_out(login: str) -> None:
    [said] = left("canvas", [student(login)], course.setting())
    assert "the platform would read the id" in said and files("canvas", [student(login)], course.setting()) == {}


@pytest.mark.parametrize("login", ["12345", "12.5", "a.b,c", "é;x"])
def test_an_id_that_canvas_reads_as_it_is_is_kept(login: str) -> None:
    [text] = files("canvas", [student(login)], course.setting()).values()
    assert read_by_canvas(text.decode(), {"one": {"login": login}})["one"] == {"lab3": "1.6"}


def test_a_name_that_is_a_formula_or_a_row_of_canvass_own_is_harmless() -> None:
    people = (of_canvas("a", '=HYPERLINK("x")'), of_canvas("b", "Points Possible"), of_canvas("c", "x\r\n=1"))
    [text] = files("canvas", [student("a"), student("b"), student("c")], course.setting(*people)).values()
    names = [row[0] for row in csv.reader(io.StringIO(text.decode(), newline=""))][2:]
    assert names == ['\'=HYPERLINK("x")', "b", "x\ufffd =1"]


def test_several_columns_of_one_lab_are_refused() -> None:
    row = {"Student": "A", "ID": "1", "Section": "", "Lab 3 (1)": "", "lab03 report (2)": "", "Lab 3 Final Score": ""}
    two = course.setting(Person("1", "A", "", frozenset(), row))
    with pytest.raises(Refused, match=r"several columns for lab3: Lab 3 \(1\), lab03 report \(2\)\."):
        made("canvas", [student("1")], two)


# --- Moodle -----------------------------------------------------------------------------------------------------------


def test_moodle_takes_every_grade_and_every_feedback_file() -> None:
    both = files("moodle", [course.ada(), course.ben()], MOODLE)
    participants = {7: "ada", 8: "ben"}
    assert read_by_moodle(both["lab3-moodle-grades.csv"].decode(), participants, 17) == {"ada": 16.34, "ben": 2.0}
    archive = both["lab3-moodle-feedback.zip"]
    assert unzipped_by_moodle(archive, participants) == {"ada": ["feedback.html"], "ben": ["feedback.html"]}
    [(_, page)] = html.feedback(course.ben().view(), course.WORDS)
    folder = "Ben Code_8_assignsubmission_file"
    assert zipfile.ZipFile(io.BytesIO(archive)).read(f"{folder}/feedback.html").decode() == page
    assert course.SECRET not in page
    assert archive == files("moodle", [course.ada(), course.ben()], MOODLE)["lab3-moodle-feedback.zip"]


def test_no_comment_of_the_worksheet_is_written_back() -> None:
    """The escaping of formulas would change it, and Moodle would take the change."""
    text = files("moodle", [course.ada()], MOODLE)["lab3-moodle-grades.csv"].decode()
    assert "well done" not in text and "Feedback" not in text


@pytest.mark.parametrize("name", ["../../x", "a/b_c", "..", "_", "~x", "\u202egnp", "A\nB", ""])
def test_no_name_leads_out_of_its_folder_in_the_zip(name: str) -> None:
    odd = course.setting(of_moodle("ada", 7, name))
    archive = files("moodle", [course.ada()], odd)["lab3-moodle-feedback.zip"]
    [path] = zipfile.ZipFile(io.BytesIO(archive)).namelist()
    assert path.count("/") == 1 and path.isprintable() and ".." not in path.split("/")
    assert unzipped_by_moodle(archive, {7: "ada"}) == {"ada": ["feedback.html"]}


def test_what_moodle_would_skip_in_silence_is_said() -> None:
    locked = course.setting(of_moodle("ada", 7, locked=True))
    assert "cannot be changed" in left("moodle", [course.ada()], locked)[0]
    low = course.setting(of_moodle("ada", 7, maximum="10,00"), of_moodle("ben", 8, maximum="10,00"))
    above, differs = left("moodle", [course.ada(), course.ben()], low)
    assert "16.34 points are more than 10" in above and "maximum is 10, the lab's total is 17" in differs
    assert read_by_moodle(
        files("moodle", [course.ada(), course.ben()], low)["lab3-moodle-grades.csv"].decode(), {7: "ada", 8: "ben"}, 10
    ) == {"ben": 2.0}
    nameless = course.setting(of_moodle("ada", 7))
    row = {**nameless.people[0].row, "Identifier": "Participant"}
    other = course.setting(Person("x", "ada", "", frozenset(), row))
    assert "nothing usable under Identifier" in left("moodle", [student("ada")], other)[0]


def test_moodle_needs_its_worksheet() -> None:
    with pytest.raises(Refused, match="needs its grading worksheet: --roster FILE") as refused:
        made("moodle", [course.ada()], CANVAS)
    assert refused.value.exit_code == 2


def test_a_worksheet_is_a_roster(tmp_path: Path) -> None:
    """With comments of several lines, as Moodle writes them."""
    (tmp_path / "sheet.csv").write_text(
        '\ufeffIdentifier,"Full name","Email address",Grade,"Last modified (grade)","Feedback comments"\n'
        'Participant 7,"Ada Lovelace",ada@uni.edu,,-,"two\nlines"\nParticipant 8,Ben,ben@uni.edu,,-,\n',
        encoding="utf-8",
    )
    people = read_roster(tmp_path / "sheet.csv")
    assert [person.id for person in people] == ["Participant 7", "Participant 8"]
    setting = course.setting(*people)
    text = files("moodle", [course.ada(), course.ben()], setting)["lab3-moodle-grades.csv"].decode()
    assert read_by_moodle(text, {7: "ada", 8: "ben"}, 17) == {"ada": 16.34, "ben": 2.0}


# --- LTI --------------------------------------------------------------------------------------------------------------


def test_every_line_is_a_score_and_says_whether_a_person_still_has_to_grade() -> None:
    [text] = files("lti", [course.ada(), course.ben()], CANVAS).values()
    scores = [msgspec.json.decode(line, type=LtiScore) for line in text.splitlines()]
    assert [(score.user_id, score.score_given, score.grading_progress) for score in scores] == [
        ("101", 16.34, "FullyGraded"),
        ("102", 2.0, "PendingManual"),
    ]
    assert scores[0].timestamp > scores[1].timestamp, "a mark that came later is newer"


def test_a_student_without_an_id_for_lti_is_named() -> None:
    [said] = left("lti", [course.ada()], course.setting())
    assert said == f"ada is not in the file: {say(codes.NO_ID_FOR(columns=['lti_user_id']))}"
    row = {"id": "ada", "lti_user_id": "9f-2"}
    own = course.setting(Person("ada", "", "", frozenset(), row))
    [text] = files("lti", [course.ada()], own).values()
    assert msgspec.json.decode(text, type=LtiScore).user_id == "9f-2"
