"""Points given by hand: they lie beside a result, are merged by one function, and no grading touches them."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader import cli, codes
from grader.batch.batch import Options, grade_all
from grader.errors import Refused
from grader.grading import work
from grader.grading.asking import WarmParent
from grader.grading.rows import Points, row_of
from grader.lab import Lab, read_lab
from grader.languages import say
from grader.results import CheckResult, Outcome, Result, marks, read_result, score_of, write_result
from grader.results.marks import Mark, add_mark, marks_beside, merged
from grader.results.standing import read_standing
from grader.results.view import view_of

CODE = CheckResult("reward_to_go", "every_step", "", "public", "code", "passed", 5.0, 5.0)
Typed = Callable[..., tuple[int, str]]


def report(part: str = "why", outcome: Outcome = "pending") -> CheckResult:
    found = [codes.GRADED_BY_HAND()]
    return CheckResult("report", part, part, "public", "report", outcome, None, 6.0, number="R", findings=found)


def result_of(*lines: CheckResult, student: str = "ada", lab: str = "lab3") -> Result:
    facts = ("hash", 1, {}, {"inner": "landlock"}, score_of([*lines]), 20.0, "2026-01-01T00:00:00+00:00", 1.0)
    return Result(2, lab, {"checks.py": "sha256:0"}, student, *facts, [], [*lines])


def mark(points: float, part: str = "why", comment: str = "", by: str = "ben") -> Mark:
    return Mark(part, points, by, "2026-02-02T00:00:00+00:00", comment)


# --- merged -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "points", "outcome"),
    [(6, 6.0, "passed"), (2.5, 2.5, "failed"), (0, 0.0, "failed"), (99, 6.0, "passed"), (-3, 0.0, "failed")],
)
def test_a_part_that_was_pending_is_judged_within_what_it_is_worth(given: float, points: float, outcome: str) -> None:
    whole = merged(result_of(CODE, report()), [mark(given)])
    assert (whole.score, whole.pending_points()) == (5 + points, 0)
    assert [(line.outcome, line.points) for line in whole.checks] == [("passed", 5.0), (outcome, points)]


def test_of_several_marks_of_a_part_the_last_counts() -> None:
    given = [mark(1), mark(4, part="how"), mark(3)]
    whole = merged(result_of(CODE, report(), report("how"), report("open")), given)
    assert [line.points for line in whole.checks] == [5, 3, 4, None] and whole.score == 12


@pytest.mark.parametrize("line", [CODE, msgspec.structs.replace(CODE, outcome="error", points=None), report("other")])
def test_nothing_but_a_pending_part_of_that_name_is_marked(line: CheckResult) -> None:
    result = result_of(line)
    assert merged(result, [mark(2, part="every_step"), mark(2)]) == result


def test_a_milestone_that_waits_is_marked_and_one_that_was_judged_is_not() -> None:
    waits = CheckResult("milestone", "pole", "", "hidden", "milestone", "pending", None, 6.0, number="M")
    judged = msgspec.structs.replace(waits, outcome="failed", points=0.0)
    for line, points, by_hand in ((waits, 6.0, True), (judged, 0.0, False)):
        [shown] = view_of(result_of(line), [mark(6, part="pole")]).tasks[0].checks
        assert (shown.points, shown.by_hand) == (points, by_hand)


def test_a_student_reads_points_and_comment_but_not_who_gave_them() -> None:
    view = view_of(result_of(CODE, report()), [mark(4, comment="say\u202e why")])
    line = view.tasks[1].checks[0]
    assert (line.points, line.by_hand, line.comment, view.score, view.by_hand) == (4, True, "say\ufffd why", 9, 0)
    assert "ben" not in str(view) and "2026-02-02" not in str(view)
    assert view.tasks[1].next_steps == []


# --- files ------------------------------------------------------------------------------------------------------------


def test_the_table_has_as_pending_what_nobody_has_given_yet() -> None:
    whole = merged(result_of(CODE, report(), report("plot")), [mark(4)])
    assert row_of(whole, "graded", []).points["report"] == Points("pending", 4, 6)


def test_marks_are_added_and_never_lost(tmp_path: Path) -> None:
    path = tmp_path / "ada" / "lab3" / "result.json"
    write_result(path, result_of(CODE, report()))
    before = path.read_bytes()
    assert add_mark(path, mark(2)) is None
    assert add_mark(path, mark(5, by="eve")) == mark(2)
    assert marks_beside(path) == [mark(2), mark(5, by="eve")], "the history stays"
    assert read_standing(path).result.score == 10 and path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["marks.json", "result.json"]


def test_two_who_mark_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first: while one writes, nobody else has read."""
    path = tmp_path / "ada" / "lab3" / "result.json"
    write_result(path, result_of(report()))
    held: list[int] = []
    monkeypatch.setattr(marks.fcntl, "flock", lambda _, how: held.append(how))
    read = marks.marks_beside
    monkeypatch.setattr(marks, "marks_beside", lambda result: (held.append(0), read(result))[1])
    add_mark(path, mark(1))
    assert held == [marks.fcntl.LOCK_EX, 0]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"marks": [{"part": "why"}]}', b'{"schema_version": 2}'])
def test_marks_that_cannot_be_read_are_refused_and_stay(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ada" / "lab3" / "result.json"
    write_result(path, result_of(report()))
    path.with_name("marks.json").write_bytes(content)
    with pytest.raises(Refused, match=r"marks\.json holds no marks of this grader"):
        add_mark(path, mark(1))
    with pytest.raises(Refused, match=r"marks\.json holds no marks of this grader"):
        read_standing(path)
    assert path.with_name("marks.json").read_bytes() == content


# --- grading ----------------------------------------------------------------------------------------------------------


def test_marks_survive_grading_again_and_are_in_the_table(
    small_lab: Lab, tmp_path: Path, warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "WarmParent", lambda *_: warm_parent)
    monkeypatch.setattr(WarmParent, "__exit__", lambda *_: None)
    lab = _with_report(small_lab, tmp_path / "lab")
    folder = tmp_path / "submitted" / "ada" / lab.name
    folder.mkdir(parents=True)
    for name in ("first.py", "second.py"):
        (folder / name).write_bytes(lab.path(name).read_bytes())
    options = Options(tmp_path / "submitted", tmp_path / "graded", "none", jobs=1)
    [row] = grade_all(lab, options, lambda *_: None).rows
    assert row.points["report"] == Points("pending", 0, 3) and row.score == 6
    path = options.out / "ada" / lab.name / "result.json"
    add_mark(path, mark(2, part="why"))
    given = path.with_name("marks.json").read_bytes()
    [row] = grade_all(lab, options, lambda *_: None).rows
    assert (row.what, row.score, row.points["report"]) == ("unchanged", 8, Points("judged", 2, 3))
    (folder / "second.py").write_text("def total(xs):\n    return 0.0\n", encoding="utf-8")
    [row] = grade_all(lab, options, lambda *_: None).rows
    assert (row.what, row.score, row.points["report"]) == ("graded", 6, Points("judged", 2, 3))
    assert read_result(path).score == 4 and path.with_name("marks.json").read_bytes() == given
    path.with_name("marks.json").write_text("{", encoding="utf-8")
    [row] = grade_all(lab, options, lambda *_: None).rows
    assert (row.what, row.score) == ("unchanged", 4)
    [told] = row.attention
    assert "what was graded by hand is not in the score" in say(told)


def _with_report(lab: Lab, folder: Path) -> Lab:
    """A copy of a lab with a part that is graded by hand."""
    shutil.copytree(lab.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "lab.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[report]]\nname = "why"\ntitle = "Why it works"\npoints = 3\n')
    with (folder / "README.md").open("a", encoding="utf-8") as file:
        file.write("\n## Why (3 points, graded by hand)\n")
    return read_lab(folder)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lab3: Lab) -> Typed:
    monkeypatch.chdir(tmp_path)
    parts = [report(part.name) for part in lab3.manifest.report]
    write_result(tmp_path / "graded" / "ada" / "lab3" / "result.json", result_of(CODE, *parts))

    def type_it(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["grader", "mark", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), (said.out + said.err).strip()

    return type_it


def test_the_command_marks_and_says_what_was_there(typed: Typed, lab3: Lab, tmp_path: Path) -> None:
    part = lab3.manifest.report[0]
    worth = f"{part.points:g}"
    first = typed("lab3", "ada", part.name, "1", "--by", "ben")
    assert first == (0, f"ada, {part.name}: 1 of {worth} points, given by ben")
    again = typed("lab3", "ada", part.name, "1.5", "--by", "eve", "--comment", "better")
    assert again == (0, f"ada, {part.name}: 1.5 of {worth} points, given by eve (before: 1, by ben)")
    [_, last] = json.loads((tmp_path / "graded/ada/lab3/marks.json").read_bytes())["marks"]
    assert {**last, "when": ""} == {"part": part.name, "points": 1.5, "by": "eve", "when": "", "comment": "better"}


def test_the_command_takes_the_login_name(typed: Typed, lab3: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "hannah")
    assert typed("lab3", "ada", lab3.manifest.report[0].name, "0")[1].endswith("given by hannah")


def test_a_milestone_that_does_not_wait_is_not_marked(typed: Typed, lab3: Lab, tmp_path: Path) -> None:
    waits = CheckResult("milestone", "simple_pg", "", "hidden", "milestone", "pending", None, 1.0, number="M")
    for line, code in ((waits, 0), (msgspec.structs.replace(waits, outcome="failed", points=0.0), 2)):
        write_result(tmp_path / "graded" / "ada" / "lab3" / "result.json", result_of(line))
        assert typed("lab3", "ada", "simple_pg", "1", "--by", "ben")[0] == code


def test_a_wrong_mark_is_refused_in_words(typed: Typed, lab3: Lab, tmp_path: Path) -> None:
    part = lab3.manifest.report[0]
    names = ", ".join(each.name for each in (*lab3.manifest.report, *lab3.manifest.milestones))
    assert typed("lab3", "ada", "essay", "1") == (
        2,
        f"lab3 has no part 'essay' that is graded by hand. There are: {names}",
    )
    assert typed("lab3", "ada", part.name, "99") == (
        2,
        f"{part.name} is worth 0 to {part.points:g} points, not 99",
    )
    assert typed("lab3", "zoe", part.name, "1")[0] == 1
    assert typed("lab3", "../ada", part.name, "1")[0] == 1
    assert not list(tmp_path.rglob("marks.json"))
