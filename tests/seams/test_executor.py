"""An executor is a module in the folder of executors, and nothing of the grader has to be changed for a new one."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from grader import cli, executors
from grader.batch.batch import Batch, Options, grade_all
from grader.errors import Refused
from grader.grading import work
from grader.grading.asking import WarmParent
from grader.grading.job import Job
from grader.grading.rows import Row
from grader.intake.submissions import find_submissions
from grader.lab import Lab
from grader.results import read_result


@pytest.fixture
def in_turn(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an executor that lies in a folder of the tests."""
    folder = Path(__file__).parent / "executors"
    monkeypatch.setattr(executors, "__path__", [*executors.__path__, str(folder)])
    yield "in_turn"
    if sys.modules.pop("grader.executors.in_turn", None):
        del executors.in_turn  # type: ignore[attr-defined]


@pytest.fixture
def submitted(small_lab: Lab, tmp_path: Path, warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two right submissions and one without a file. The tests' warm parent grades them: a new one takes seconds."""
    monkeypatch.setattr(work, "WarmParent", lambda *_: warm_parent)
    monkeypatch.setattr(WarmParent, "__exit__", lambda *_: None)
    for student in ("ada", "bob", "carol"):
        shutil.copytree(small_lab.folder, tmp_path / "submitted" / student / small_lab.name)
    (tmp_path / "submitted" / "bob" / small_lab.name / "second.py").unlink()
    return tmp_path / "submitted"


def graded(lab: Lab, submitted: Path, executor: str) -> tuple[Batch, dict[str, object]]:
    """What came of a batch, and the results but for their times."""
    out = submitted.parent / executor
    done = grade_all(lab, Options(submitted, out, "none", seed=7, jobs=1, executor=executor), lambda *_: None)
    results = {path.parent.parent.name: read_result(path) for path in out.glob("*/*/result.json")}

    def timeless(result: object) -> object:
        data = msgspec.to_builtins(result) | {"started": "", "seconds": 0}
        return data | {"checks": [check | {"seconds": 0} for check in data["checks"]]}

    return done, {student: timeless(result) for student, result in results.items()}


def test_a_new_executor_gives_the_results_of_the_local_one(in_turn: str, small_lab: Lab, submitted: Path) -> None:
    ours, local = graded(small_lab, submitted, in_turn), graded(small_lab, submitted, "local")
    assert ours[1] == local[1] and set(local[1]) == {"ada", "bob", "carol"}
    assert (ours[0].rows, ours[0].exit_code) == (local[0].rows, local[0].exit_code) and ours[0].exit_code == 1
    again, results = graded(small_lab, submitted, in_turn)
    assert [row.what for row in again.rows] == ["unchanged"] * 3 and results == local[1]


def test_an_executor_that_is_not_there_is_named(small_lab: Lab, submitted: Path) -> None:
    with pytest.raises(Refused, match="There is no executor 'cluster': choose dask, local"):
        graded(small_lab, submitted, "cluster")


def test_a_job_and_a_submission_and_a_row_are_plain_data(small_lab: Lab, submitted: Path) -> None:
    """Nothing live is in them: what is read on another machine is what was sent."""
    job = Job(str(small_lab.folder), 7, "none", str(submitted.parent / "out"))
    assert msgspec.json.decode(msgspec.json.encode(job), type=Job) == job
    for submission in find_submissions(submitted, small_lab).submissions:
        row = work.grade_one(job, submission)
        assert msgspec.json.decode(msgspec.json.encode(row), type=Row) == row


def test_the_help_describes_the_executors_there_are(
    in_turn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["grader", "grade", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    said = " ".join(capsys.readouterr().out.split())
    assert f"{in_turn} (one after the other, in this process), local (processes on this machine, one for" in said
