"""What grading again changed: who gains or loses, by which check, on the screen and in files."""

import csv
import io
import json
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from grader.instructor.regrading import Compared, results_by_student
from grader.results import CheckResult, Outcome, Result, score_of, write_result
from grader.results.changes import COLUMNS, Change, CheckChange, as_csv, as_json, changes
from grader.results.marks import Mark, add_mark


def line(check: str, points: float | None, side: str = "hidden", outcome: Outcome | None = None) -> CheckResult:
    what: Outcome = outcome or ("error" if points is None else "passed" if points else "failed")
    return CheckResult("task", check, "", side, "code", what, points, 3.0)  # type: ignore[arg-type]


def result(student: str, *lines: CheckResult, submission: str = "same") -> Result:
    facts = (submission, 1, {}, {}, score_of([*lines]), 20.0, "2026-01-01T00:00:00+00:00", 1.0)
    return Result(2, "lab3", {}, student, *facts, [], [*lines])


BEFORE = {
    "ada": result("ada", line("a", 0.0), line("b", 3.0)),
    "ben": result("ben", line("a", 3.0), line("a", 3.0, "public")),
    "cy": result("cy", line("a", 0.0, outcome="failed")),
    "dan": result("dan", line("a", 3.0), line("gone", 2.0)),
    "eve": result("eve", line("a", 3.0)),
    "fay": result("fay", line("a", 3.0)),
}
AFTER = {
    "ada": result("ada", line("a", 3.0), line("b", 3.0)),
    "ben": result("ben", line("a", 0.0), line("a", 3.0, "public"), submission="other"),
    "cy": result("cy", line("a", 0.0, outcome="timeout")),
    "dan": result("dan", line("a", 3.0), line("new", 2.0)),
    "eve": result("eve", line("a", None)),
    "zoe": result("zoe", line("a", 3.0)),
}


def test_who_gains_or_loses_and_by_which_check() -> None:
    ada, ben, dan, eve = changes(BEFORE, AFTER)
    assert ada == Change("ada", 3, 6, False, [CheckChange("task", "a", "hidden", 0.0, 3.0, "failed", "passed")])
    assert ben == Change("ben", 6, 3, True, [CheckChange("task", "a", "hidden", 3.0, 0.0, "passed", "failed")])
    assert dan == Change(
        "dan",
        5,
        5,
        False,
        [
            CheckChange("task", "new", "hidden", None, 2.0, None, "passed"),
            CheckChange("task", "gone", "hidden", 2.0, None, "passed", None),
        ],
    ), "a score can stay while its checks do not"
    assert eve.checks == [CheckChange("task", "a", "hidden", 3.0, None, "passed", "error")]


def test_where_no_points_changed_nobody_is_named() -> None:
    assert changes(BEFORE, BEFORE) == []
    assert changes({"cy": BEFORE["cy"]}, {"cy": AFTER["cy"]}) == [], "another outcome for the same points"
    assert changes({}, AFTER) == changes(BEFORE, {}) == []


def test_the_files_hold_a_row_for_each_check_and_an_entry_for_each_student() -> None:
    found = changes(BEFORE, AFTER)
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert [*rows[0]] == [*COLUMNS] and len(rows) == 5
    assert rows[1] | {"student": "ben", "score_before": "6.0", "score_after": "3.0", "other_files": "yes"} == rows[1]
    assert rows[1]["outcome_after"] == "failed" and rows[-1]["points_after"] == ""
    assert msgspec.json.decode(as_json(found), type=list[Change]) == found


def test_a_person_reads_who_gains_by_what() -> None:
    said = StringIO()
    Compared(BEFORE, AFTER).print(Console(file=said, width=200, highlight=False))
    assert said.getvalue().splitlines() == [
        "",
        "4 of 5 students change: +1, −2, 1 with as many points as before",
        "  ada gains 3: 3 → 6 (a (hidden) +3)",
        "  ben loses 3: 6 → 3, other files were handed in (a (hidden) −3)",
        "  dan keeps 5 (new (hidden) +2, gone (hidden) −2)",
        "  eve loses 3: 3 → 0 (a (hidden) not judged any more)",
        "By check: a (hidden): 1 gain, 2 lose, new (hidden): 1 gain, 0 lose, gone (hidden): 0 gain, 1 lose",
    ]
    said = StringIO()
    Compared(BEFORE, BEFORE).print(Console(file=said, width=200))
    assert said.getvalue() == "\nNo check earns other points than before (6 compared).\n"


@pytest.mark.parametrize("name", ["changes", "changes.csv", "changes.json"])
def test_both_files_are_written_whatever_their_name_ends_with(name: str, tmp_path: Path) -> None:
    written = Compared(BEFORE, AFTER).write(tmp_path / "out" / name)
    assert [path.relative_to(tmp_path).as_posix() for path in written] == ["out/changes.csv", "out/changes.json"]
    assert json.loads(written[1].read_bytes())[0]["student"] == "ada"


def test_results_of_the_form_before_take_part_and_marks_are_counted(tmp_path: Path) -> None:
    old = msgspec.to_builtins(BEFORE["ada"]) | {"schema_version": 1, "notes": ["a sentence"], "lab_hash": "x"}
    lines = [check | {"message": "a value is wrong", "diagnosis": ""} for check in old["checks"]]
    path = tmp_path / "ada" / "lab3" / "result.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(old | {"checks": lines}), encoding="utf-8")
    report = CheckResult("report", "why", "", "public", "report", "pending", None, 6.0)
    write_result(tmp_path / "ben" / "lab3" / "result.json", result("ben", report))
    add_mark(tmp_path / "ben" / "lab3" / "result.json", Mark("why", 4, "eve", ""))
    (tmp_path / "cy" / "lab3").mkdir(parents=True)
    (tmp_path / "cy" / "lab3" / "result.json").write_text("{", encoding="utf-8")
    before = results_by_student(tmp_path, "lab3")
    assert {student: found.score for student, found in before.items()} == {"ada": 3, "ben": 4}
    assert [change.student for change in changes(before, AFTER | {"ben": before["ben"]})] == ["ada"]
