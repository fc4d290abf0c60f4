"""A renderer is a module in the folder of renderers, and nothing of the grader has to be changed for a new one."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader import cli, renderers
from grader.errors import Refused
from grader.renderers import writing
from grader.results import CheckResult, Result, write_result

Typed = Callable[..., tuple[int, str]]


@pytest.fixture
def cohort(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a renderer that lies in a folder of the tests."""
    folder = Path(__file__).parent / "renderers"
    monkeypatch.setattr(renderers, "__path__", [*renderers.__path__, str(folder)])
    yield "cohort"
    if sys.modules.pop("grader.renderers.cohort", None):
        del renderers.cohort  # type: ignore[attr-defined]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Typed:
    """Types a command in a folder that holds graded/, and gives the exit code and all that was said in one line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for student, points in (("ada", 5.0), ("ben", 3.0), ("eve", 5.0)):
        line = CheckResult("reward_to_go", "every_step", "G_t.", "public", "code", "passed", points, 5.0, number="3.1")
        write_result(tmp_path / "graded" / student / "lab3" / "result.json", result(student, line))

    def type_it(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["grader", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), " ".join((said.out + said.err).split())

    return type_it


def result(student: str, *lines: CheckResult) -> Result:
    score = sum(line.points or 0 for line in lines)
    return Result(
        2, "lab3", {}, student, "hash", 1, {}, {}, score, 60.0, "2026-01-01T00:00:00+00:00", 1.0, [], [*lines]
    )


def test_the_renderers_are_the_modules_that_write_something_for_a_command() -> None:
    assert list(renderers.renderers("feedback")) == ["html", "json", "markdown"]
    assert list(renderers.renderers("report")) == ["csv", "html", "json"]


def test_a_new_renderer_writes_feedback_and_a_report(cohort: str, typed: Typed, tmp_path: Path) -> None:
    assert typed("feedback", "lab3", "--format", cohort, "--student", "ben")[0] == 0
    title = "Policy gradient: from the simplest estimate to actor-critic"
    assert (tmp_path / "feedback/ben/lab3/line.txt").read_text() == f"{title}: 3\n"
    assert (tmp_path / "feedback/ben/lab3/pictures/score.bin").read_bytes() == b"\3"
    assert typed("report", "lab3", "--to", "all", "--dest", "out") == (0, "1 written: out/cohort.txt")
    assert (tmp_path / "out/cohort.txt").read_text() == "3: 1\n5: 2\n"


def test_the_help_of_both_commands_is_what_the_renderers_say_of_themselves(cohort: str, typed: Typed) -> None:
    described = {"feedback": "markdown or md (text for a repository or a chat)", "report": "csv (a table"}
    for command, other in described.items():
        code, said = typed(command, "--help")
        assert code == 0 and "cohort or all (how the whole cohort did)" in said and other in said


@pytest.mark.parametrize("command", [("feedback", "lab3", "--format", "csv"), ("report", "lab3", "--to", "markdown")])
def test_a_renderer_that_is_not_there_is_named(command: tuple[str, ...], typed: Typed) -> None:
    there = "html, json, markdown" if command[0] == "feedback" else "csv, html, json"
    assert typed(*command) == (2, f"There is no '{command[-1]}': choose {there}")


@pytest.mark.parametrize("name", ["../ben/lab3/feedback.html", "/tmp/x.html", "a/../../../x"])
def test_no_renderer_writes_outside_of_the_folder_it_was_given(name: str, tmp_path: Path) -> None:
    mine = tmp_path / "ada" / "lab3"
    with pytest.raises(Refused, match="leads out of"):
        writing.write_files([("ok.txt", "fine"), (name, "text")], mine, mine)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["ok.txt"]


# --- the table for gradebooks -----------------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_student_and_points_by_kind_and_task(typed: Typed, tmp_path: Path) -> None:
    lines = [
        CheckResult("reward_to_go", "a", "", "public", "code", "passed", 2.0, 2.0, number="3.1"),
        CheckResult("reward_to_go", "a", "", "hidden", "code", "failed", 0.0, 3.0, number="3.1"),
        CheckResult("extra", "b", "", "hidden", "bonus", "passed", 4.0, 4.0, number="3.9"),
        CheckResult("milestone", "play", "", "hidden", "milestone", "skipped", None, 5.0),
        CheckResult("report", "why", "", "public", "report", "pending", None, 6.0),
    ]
    write_result(tmp_path / "graded" / "=1+cmd|x!A0" / "lab3" / "result.json", result("=1+cmd|x!A0", *lines))
    assert typed("report", "lab3", "--to", "csv", "--dest", "marks.csv") == (0, "1 written: marks.csv")
    head, hostile, ada, *_ = (tmp_path / "marks.csv").read_text(encoding="utf-8").splitlines()
    assert head == "student,score,of,pending,code,milestone,report,bonus,3.1 reward_to_go,3.9 extra"
    assert hostile == "'=1+cmd|x!A0,2.0,60.0,6.0,2.0,,,4.0,2.0,4.0", "no spreadsheet computes it"
    assert ada == "ada,5.0,60.0,0,5.0,,,,5.0,"


def test_results_as_data_are_read_by_other_programs(typed: Typed, tmp_path: Path) -> None:
    assert typed("report", "lab3", "--to", "json", "--student", "ada") == (0, "1 written: reports/lab3.json")
    [ada] = json.loads((tmp_path / "reports/lab3.json").read_bytes())
    assert (ada["student"], ada["score"], ada["seed"]) == ("ada", 5, 1)
    assert typed("feedback", "lab3", "--format", "json", "--student", "ada")[0] == 0
    view = json.loads((tmp_path / "feedback/ada/lab3/feedback.json").read_bytes())
    assert view["score"] == 5 and not {"seed", "submission_hash", "started", "sandbox"} & view.keys()


def test_a_report_of_what_can_be_read_says_what_cannot(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "graded/ben/lab3/result.json").write_text("{", encoding="utf-8")
    code, said = typed("report", "lab3", "--to", "csv")
    assert code == 1 and "graded/ben/lab3/result.json is no result" in said and "1 written: reports/lab3.csv" in said
    assert (tmp_path / "reports/lab3.csv").read_text().count("\n") == 3
