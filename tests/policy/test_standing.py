"""Where a student stands: what lies in the folder of results, under the rules."""

import threading
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from grader.errors import Refused
from grader.intake.collect import COLUMNS, times_beside
from grader.languages import say
from grader.policy.course import parsed
from grader.results import CheckResult, Result, audit, write_result
from grader.results.marks import Mark, add_mark
from grader.results.rules import Rules
from grader.results.standing import read_standing
from grader.results.tables import csv_text
from grader.student.submit import of_the_time

COURSE = """
time_zone = "Europe/Berlin"
late_days = 2
percent_a_day = 10
[labs.lab1]
due = 2026-10-12T23:59:00
[labs.lab2]
due = 2026-10-26T23:59:00
[labs.lab3]
due = 2026-11-02T23:59:00
cut_off = 2026-11-09T23:59:00
"""
REPORT = CheckResult("report", "why", "", "public", "report", "pending", None, 10.0, number="R")


def result(lab: str, handed_in: str, points: float = 10.0, files: str = "files") -> Result:
    check = CheckResult("task", "check", "", "public", "code", "failed", points, 20.0)
    facts = (files, 1, {}, {}, points, 30.0, "2026-12-01T00:00:00+00:00", 1.0)
    return Result(2, lab, {}, "ada", *facts, [], [check, REPORT], handed_in)


def put(out: Path, lab: str, handed_in: str, points: float = 10.0) -> Path:
    path = out / "ada" / lab / "result.json"
    write_result(path, result(lab, handed_in, points))
    return path


def rules(out: Path, more: str = "", **changed: object) -> Rules:
    course = parsed(COURSE + more)
    return Rules(msgspec.structs.replace(course, **changed), out / "overrides")


def test_late_days_that_an_earlier_lab_needed_are_gone(tmp_path: Path) -> None:
    put(tmp_path, "lab1", "2026-10-13T10:00:00+02:00")
    put(tmp_path, "lab3", "2026-11-05T10:00:00+01:00")
    second = put(tmp_path, "lab2", "2026-10-28T10:00:00+01:00")
    found = read_standing(second, rules(tmp_path))
    assert found.ruling and (found.ruling.days, found.ruling.covered, found.result.score) == (2, 1, 9)
    assert [say(each) for each in found.why()] == ["2 days late, 1 late day used: −10 %."]
    third = read_standing(tmp_path / "ada/lab3/result.json", rules(tmp_path))
    assert third.ruling and (third.ruling.covered, third.result.score) == (0, 7)
    assert read_standing(second).result.score == 10, "without rules"


def test_the_best_of_an_earlier_lab_decides_which_late_days_are_left(tmp_path: Path) -> None:
    path = put(tmp_path, "lab1", "2026-10-14T10:00:00+02:00", points=10)
    in_time = result("lab1", "2026-10-12T10:00:00+02:00", 10, "others")
    write_result(path.parent / "earlier" / "others.json", in_time)
    second = put(tmp_path, "lab2", "2026-10-28T10:00:00+01:00")
    best = read_standing(second, rules(tmp_path, counts="best"))
    assert (
        best.ruling
        and best.ruling.covered == 2
        and read_standing(path, rules(tmp_path, counts="best")).graded == in_time
    )
    last = read_standing(second, rules(tmp_path))
    assert last.ruling and last.ruling.covered == 0


def test_marks_are_in_what_the_rules_take_from_and_are_there_once(tmp_path: Path) -> None:
    path = put(tmp_path, "lab3", "2026-11-06T10:00:00+01:00")
    add_mark(path, Mark("why", 10, "ben", "2026-11-20T00:00:00+00:00"))
    found = read_standing(path, rules(tmp_path))
    assert (found.earned.score, found.result.score) == (20, 16), "four days late, two of them covered"
    view = found.view()
    assert (view.score, [say(each) for each in view.why]) == (16, ["4 days late, 2 late days used: −20 %."])


def test_what_is_held_cannot_become_a_view(tmp_path: Path) -> None:
    path = put(tmp_path, "lab3", "")
    found = read_standing(path, rules(tmp_path))
    assert found.held and found.result.score == 10
    with pytest.raises(Refused, match="ada is left out: Nothing says when this was handed in"):
        found.view()


def test_an_override_of_the_whole_counts_whenever_it_was_handed_in(tmp_path: Path) -> None:
    path = put(tmp_path, "lab3", "")
    (tmp_path / "overrides/ada").mkdir(parents=True)
    text = 'reason = "sent by mail"\nby = "eve"\nwhen = 2026-11-20\npoints = 12.5\n[tasks]\nreport = 4\n'
    (tmp_path / "overrides/ada/lab3.toml").write_text(text, encoding="utf-8")
    found = read_standing(path, rules(tmp_path))
    assert (found.held, found.result.score, found.result.pending_points(), found.earned.score) == (None, 12.5, 0, 14)
    held = rules(tmp_path, '[[holds]]\nstudent = "ada"\nreason = "we talk"\n')
    assert read_standing(path, held).held, "but a hold holds"


def test_two_writers_log_each_change_once_and_in_whole_lines(tmp_path: Path) -> None:
    standings = [
        read_standing(put(tmp_path, lab, "2026-10-13T10:00:00"), rules(tmp_path)) for lab in ("lab1", "lab2", "lab3")
    ]
    writers = [threading.Thread(target=audit.record, args=(tmp_path, standings, "eve", "now")) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [line.lab for line in audit.read(tmp_path / audit.FILE)] == ["lab1", "lab2", "lab3"]
    assert audit.record(tmp_path, standings, "eve", "now") == []


def test_the_log_says_what_changed_and_who(tmp_path: Path) -> None:
    path = put(tmp_path, "lab3", "2026-11-02T10:00:00")
    audit.record(tmp_path, [read_standing(path, rules(tmp_path))], "ada@host", "1")
    add_mark(path, Mark("why", 4, "ben", "2026-11-20T00:00:00+00:00"))
    audit.record(tmp_path, [read_standing(path, rules(tmp_path))], "ada@host", "2")
    strict = rules(tmp_path, '[[hand_ins]]\nstudent = "ada"\nlab = "lab3"\ntime = 2026-11-06T10:00:00\nreason = "r"\n')
    audit.record(tmp_path, [read_standing(path, strict)], "cy@host", "3")
    put(tmp_path, "lab3", "2026-11-02T10:00:00", points=12)
    [last] = audit.record(tmp_path, [read_standing(path, strict)], "dan@host", "4")
    said = [(line.why, line.who, line.before, line.after) for line in audit.read(tmp_path / audit.FILE)]
    assert said == [
        ("graded", "ada@host", None, 10),
        ("mark", "ben", 10, 14),
        ("rule change", "cy@host", 14, 11.2),
        ("regraded", "dan@host", 11.2, 12.8),
    ]
    assert (last.graded, last.marked, last.earned, last.when) == (12, 16, 16, "4")


def test_the_table_of_collect_says_when(tmp_path: Path) -> None:
    assert times_beside(tmp_path / "submitted") == {}
    rows = [COLUMNS, ("ada", "", "", "al1", "2026-11-02T10:00:00", "a.py", "", ""), ("ben", *[""] * 7)]
    (tmp_path / "submitted.csv").write_text(csv_text(rows), encoding="utf-8")
    assert times_beside(tmp_path / "submitted") == {"ada": "2026-11-02T10:00:00", "ben": ""}
    (tmp_path / "submitted.csv").write_text("name,points\nada,3\n", encoding="utf-8")
    assert times_beside(tmp_path / "submitted") == {}, "somebody else's table"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-11-02T23:58:00+01:00", "lab3 is due on 2026-11-02 23:59 (Europe/Berlin): this hand-in is in time."),
        (
            "2026-11-04T23:00:00+01:00",
            "lab3 was due on 2026-11-02 23:59 (Europe/Berlin): this hand-in is 2 days late. "
            "It uses late days, if you have any left.",
        ),
        (
            "2026-11-10T23:00:00+01:00",
            "lab3 was due on 2026-11-02 23:59 (Europe/Berlin): "
            "this hand-in comes after the cut-off and earns no points.",
        ),
    ],
)
def test_who_hands_in_is_told_whether_it_is_in_time(now: str, said: str) -> None:
    course = parsed(COURSE)
    assert of_the_time(course, "ada", "lab3", datetime.fromisoformat(now)) == said
    assert of_the_time(course, "ada", "lab7", datetime.fromisoformat(now)) == ""
