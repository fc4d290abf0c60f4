"""The course's rules at the desk: graded for real, shown, overridden, regraded after a check was mended, and logged."""

import csv
import io
import json
from pathlib import Path

import msgspec

from grader.languages import say
from grader.results import audit, read_result, write_result
from grader.results.whole import write_whole
from tests.policy.conftest import ONE_MORE, RIGHT, Desk

LATE, LATER = "2026-11-03T12:00:00+01:00", "2026-11-04T12:00:00+01:00"
GROUP = '[[groups]]\nmembers = ["cy", "dan"]\n'


def table(desk: Desk) -> dict[str, tuple[str, str]]:
    """The score and the reason of each student, as the table for a gradebook has them."""
    desk.type("report", "--to", "csv")
    rows = csv.DictReader(io.StringIO((desk.folder / "reports/lab90.csv").read_text(encoding="utf-8")))
    return {row["student"]: (row["score"], row.get("why", "")) for row in rows}


def log(desk: Desk) -> list[tuple[str, str, float | None, float | None]]:
    return [
        (line.student, line.why, line.before, line.after) for line in audit.read(desk.folder / "graded/audit.jsonl")
    ]


def override(desk: Desk, student: str, text: str) -> Path:
    path = desk.folder / "overrides" / student / "lab90.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_late_is_what_the_hand_in_says_and_everything_shows_the_same_points(desk: Desk) -> None:
    desk.hand_in("ada", RIGHT)
    desk.hand_in("ben", RIGHT, LATE)
    (desk.folder / "submitted/eve/lab90").mkdir(parents=True)
    for name in ("first.py", "second.py"):
        (desk.folder / "submitted/eve/lab90" / name).write_bytes(
            (desk.folder / "solutions/lab90_numbers" / name).read_bytes()
        )
    desk.rules('[[holds]]\nstudent = "ada"\nreason = "we talk first"\n')
    code, said = desk.grade()
    assert code == 1 and "  eve: Nothing says when this was handed in." in said and "  ada:" not in said
    [ada, ben, eve] = [line.split() for line in said.splitlines() if line.strip().startswith(("ada", "ben", "eve  "))]
    assert ada[1] == eve[1] == "held" and ben[1:3] == ["3", "6"] and " ".join(ben).endswith("1 day late: −50 %.")
    kept = read_result(desk.folder / "graded/ben/lab90/result.json")
    assert (kept.score, kept.handed_in) == (6, LATE), "what grading found stays as it is"
    shown = table(desk)
    assert shown["ben"] == ("3.0", "1 day late: −50 %.")
    assert shown["ada"] == ("", "The points are held back: we talk first") and shown["eve"][0] == ""

    code, said = desk.type("feedback", "lab90", "--format", "md")
    assert code == 1 and "ada is left out: The points are held back: we talk first" in said
    assert [path.parts[-3] for path in (desk.folder / "feedback").rglob("feedback.md")] == ["ben"]
    feedback = (desk.folder / "feedback/ben/lab90/feedback.md").read_text(encoding="utf-8")
    assert "**3 of 6 points**" in feedback and "1 day late: −50 %" in feedback

    code, said = desk.type("export", "--to", "canvas")
    assert code == 1 and "eve is left out" in said
    canvas = (desk.folder / "exports/lab90-canvas.csv").read_text(encoding="utf-8").splitlines()
    assert [line for line in canvas if line.startswith(("ada", "ben", "eve"))] == ["ben,,,ben,,3.0"]

    desk.type("report")
    page = (desk.folder / "reports/index.html").read_text(encoding="utf-8")
    assert "1 day late: −50 %." in page and ">held<" in page and "we talk first" in page
    assert [path.stem for path in (desk.folder / "reports/students").iterdir()] == ["ben"]
    assert "1 day late: −50 %." in (desk.folder / "reports/students/ben.html").read_text(encoding="utf-8")
    desk.type("report", "--to", "json")
    assert [each["score"] for each in json.loads((desk.folder / "reports/lab90.json").read_bytes())] == [3.0]

    desk.rules('[[hand_ins]]\nstudent = "eve"\nlab = "lab90"\ntime = 2026-11-02T20:00:00\nreason = "by mail"\n')
    assert {name: points for name, (points, _) in table(desk).items()} == {"ada": "6.0", "ben": "3.0", "eve": "6.0"}
    assert log(desk)[-2:] == [("ada", "rule change", None, 6.0), ("eve", "rule change", None, 6.0)]
    (desk.folder / "course.toml").unlink()
    assert table(desk) == {"ada": ("6.0", ""), "ben": ("6.0", ""), "eve": ("6.0", "")}, "without rules nothing changes"


def test_a_name_in_the_rules_that_nobody_has_is_told(desk: Desk) -> None:
    desk.hand_in("ada", RIGHT)
    desk.rules('[[holds]]\nstudent = "adaa"\nreason = "we talk first"\n')
    assert desk.grade()[0] == 0
    code, said = desk.type("report")
    assert code == 1 and "course.toml names students who have no result: adaa" in said
    desk.rules()
    override(desk, "adaa", "")
    for command in (["report"], ["feedback", "lab90"], ["export"]):
        code, said = desk.type(*command)
        assert code == 1 and "which are <student>/<lab>.toml: overrides/adaa/lab90.toml" in said
    (desk.folder / "course.toml").unlink()
    code, said = desk.type("report")
    assert code == 2 and "overrides lies here without a course.toml" in said


def test_a_group_shares_the_newest_hand_in_its_marks_and_questions(desk: Desk) -> None:
    desk.hand_in("cy", "def total(xs):\n    return 0.0\n")
    desk.hand_in("dan", RIGHT, "2026-11-02T12:00:00+01:00")
    desk.hand_in("zoe", ONE_MORE)
    desk.rules(GROUP)
    _, said = desk.grade()
    cy, dan = (read_result(desk.folder / f"graded/{name}/lab90/result.json") for name in ("cy", "dan"))
    assert (cy.score, cy.submission_hash, cy.handed_in) == (dan.score, dan.submission_hash, dan.handed_in)
    assert cy.score == 6 and "Alike" not in said
    assert say(dan.notes[0]) == "handed in by cy, dan for the group cy, dan"
    _, said = desk.type("questions", "lab90", "--submissions", "submitted", "--json")
    asked = json.loads(said)["students"]
    assert [question["task"] for question in asked["cy"]] and asked["cy"] != asked["dan"]
    assert all(question["file"] in ("first.py", "second.py") for question in asked["cy"])


def test_the_best_hand_in_counts_after_the_rules(desk: Desk) -> None:
    desk.hand_in("ada", RIGHT)
    desk.hand_in("ada", ONE_MORE, "2026-11-02T12:00:00+01:00")
    desk.hand_in("ben", ONE_MORE)
    desk.hand_in("ben", RIGHT, LATE)
    desk.rules()
    course = desk.folder / "course.toml"
    course.write_text('counts = "best"\n' + course.read_text(encoding="utf-8"), encoding="utf-8")
    desk.grade()
    assert {name: points for name, (points, _) in table(desk).items()} == {"ada": "6.0", "ben": "4.0"}
    desk.rules()
    assert {name: points for name, (points, _) in table(desk).items()} == {"ada": "4.0", "ben": "3.0"}, "the last"


def test_an_override_needs_a_reason_and_says_it(desk: Desk) -> None:
    desk.hand_in("ada", ONE_MORE, LATE)
    desk.rules()
    desk.grade()
    assert table(desk) == {"ada": ("2.0", "1 day late: −50 %.")}
    path = override(desk, "ada", 'by = "eve"\nwhen = 2026-11-20\ntasks = { total = 2 }\n')
    for text, said in (
        ('by = "eve"\nwhen = 2026-11-20\ntasks = { total = 2 }\n', "Object missing required field `reason`"),
        ('reason = " "\nby = "eve"\nwhen = 2026-11-20\npoints = 1\n', "reason: Expected"),
        ('reason = "r"\nby = "eve"\nwhen = 2026-11-20\n', "it sets no points"),
        ('reason = "r"\nby = "eve"\nwhen = 2026-11-20\npoints = 7\n', "points: the lab is worth 6, not 7"),
        (
            'reason = "r"\nby = "eve"\nwhen = 2026-11-20\ntasks = { total = 3 }\n',
            "tasks.total: it is worth 2 points, not 3",
        ),
        (
            'reason = "r"\nby = "eve"\nwhen = 2026-11-20\ntasks = { totals = 1 }\n',
            "tasks.totals: lab90 has no such task",
        ),
    ):
        path.write_text(text, encoding="utf-8")
        code, told = desk.type("report", "lab90", "--to", "csv")
        assert code == 1 and f"overrides/ada/lab90.toml: {said}" in told
    path.write_text(
        'reason = "the case was wrong"\nby = "eve"\nwhen = 2026-11-20\ntasks = { total = 2 }\n', encoding="utf-8"
    )
    why = "Your instructor set the points of total to 2: the case was wrong"
    assert table(desk) == {"ada": ("3.0", f"{why} 1 day late: −50 %.")}, "the rules hold for what was set for a task"
    path.write_text('reason = "we agreed"\nby = "eve"\nwhen = 2026-11-20\npoints = 5\n', encoding="utf-8")
    assert table(desk) == {"ada": ("5.0", "Your instructor set the points to 5: we agreed")}
    path.unlink()
    assert table(desk)["ada"][0] == "2.0"
    assert log(desk) == [
        ("ada", "graded", None, 2.0),
        ("ada", "override", 2.0, 3.0),
        ("ada", "override", 3.0, 5.0),
        ("ada", "override", 5.0, 2.0),
    ]
    assert {line.who for line in audit.read(desk.folder / "graded/audit.jsonl")[1:3]} == {"eve"}


def test_a_mended_check_changes_three_students_and_a_dry_run_nothing(desk: Desk) -> None:
    reference = desk.folder / "solutions/lab90_numbers/second.py"
    mended = reference.read_text(encoding="utf-8")
    reference.write_text(mended.replace("float(sum(xs))", "float(sum(xs)) + 1.0"), encoding="utf-8")
    desk.hand_in("ada", RIGHT)
    desk.hand_in("ben", RIGHT, LATE)
    desk.hand_in("cy", ONE_MORE)
    desk.rules()
    override(desk, "cy", 'reason = "r"\nby = "eve"\nwhen = 2026-11-20\ntasks = { double = 0 }\n')
    desk.grade()
    assert {name: points for name, (points, _) in table(desk).items()} == {"ada": "4.0", "ben": "2.0", "cy": "4.0"}
    reference.write_text(mended, encoding="utf-8")
    before = {path: path.read_bytes() for path in (desk.folder / "graded").rglob("*") if path.is_file()}

    code, said = desk.type("regrade", "lab90", "--sandbox", "none", "--jobs", "1", "--dry-run")
    assert "3 of 3 students change: +2, −1\n" in said and "This was a dry run: nothing was written." in said
    for line in (
        "ada gains 2: 4 → 6 (total (public) +0.8, total (hidden) +1.2)",
        "ben gains 1: 2 → 3",
        "cy loses 2: 4 → 2",
    ):
        assert f"  {line}" in said.replace("totals", "total")
    assert "(public): 2 gain, 1 lose" in said and code == 0
    assert {path: path.read_bytes() for path in (desk.folder / "graded").rglob("*") if path.is_file()} == before

    code, again = desk.type("regrade", "lab90", "--sandbox", "none", "--jobs", "1")
    assert "3 of 3 students change: +2, −1\n" in again and "The changes are in" in again
    assert {name: points for name, (points, _) in table(desk).items()} == {"ada": "6.0", "ben": "3.0", "cy": "2.0"}
    assert ("ben", "regraded", 2.0, 3.0) in log(desk)
    code, third = desk.type("regrade", "lab90", "--sandbox", "none", "--jobs", "1")
    assert "No check earns other points than before (3 compared)." in third


def test_a_grader_that_is_killed_between_a_result_and_the_log_loses_no_line(desk: Desk) -> None:
    desk.hand_in("ada", RIGHT)
    desk.rules()
    desk.grade()
    path = desk.folder / "graded/ada/lab90/result.json"
    killed = read_result(path)
    worse = [msgspec.structs.replace(check, points=0.0) for check in killed.checks]
    write_result(path, msgspec.structs.replace(killed, score=0.0, checks=worse))  # and no line for it
    with (desk.folder / "graded/audit.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"when":"2026-')  # a machine went down in the middle of a line
    desk.grade("--force")
    assert log(desk) == [("ada", "graded", None, 6.0), ("ada", "regraded", 6.0, 0.0), ("ada", "regraded", 0.0, 6.0)]


def test_requests_are_listed_with_their_points_until_they_are_answered(desk: Desk) -> None:
    desk.hand_in("ada", ONE_MORE)
    desk.rules()
    desk.grade()
    folder = desk.folder / "requests"
    asks = {
        "ada/lab90.toml": 'task = "total"\ntext = "sum() is right, [bold]look[/bold] \\u001b[2J"\n',
        "ada/lab90-2.toml": 'text = "all of it"\n',
        "ben/lab90.toml": 'text = "where are mine?"\n',
        "cy/lab90.toml": 'text = "done"\nanswer = "yes"\n',
    }
    for name, text in asks.items():
        write_whole(folder / name, text.encode())
    (folder / "dan").mkdir()
    (folder / "dan/lab90.toml").symlink_to("/etc/passwd")
    code, said = desk.type("requests")
    assert code == 1 and "3 requests in requests/ wait for an answer:" in said
    assert "0 of 2 points" in said and "4 of 6 points" in said and "[bold]look[/bold]" in said and "\x1b" not in said
    assert "dan/lab90.toml is no request that can be read: it is no file called <lab>.toml" in said
    assert "there is no result of lab90 for ben" in said and "done" not in said
    code, said = desk.type("requests", "--json")
    assert [each["points"] for each in json.loads(said)["open"]] == ["4 of 6 points", "0 of 2 points", "?"]
    assert desk.type("requests", "nowhere")[0] == 2
