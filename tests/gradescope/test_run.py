"""run_autograder, as Gradescope runs it: what it leaves in results.json for a good submission, and whatever else comes.

A run that grades takes five seconds: torch is imported twice.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.gradescope import run
from grader.gradescope.memory import container_bytes, fitted
from grader.gradescope.metadata import Metadata, read_metadata
from grader.lab import Lab
from tests.exports.platforms import Gradescope, total_on_gradescope
from tests.gradescope.conftest import METADATA, SECRET, Place

Laid = Callable[..., Place]
LAST = {
    "submission_time": "2026-11-01T10:00:00-07:00",
    "autograder_error": False,
    "results": {"score": 4.0, "output": "4 of 6 points", "tests": [{"name": "double", "score": 4.0}]},
}


def test_a_right_submission_gets_all_points_and_says_whose_it_is(place: Laid, right: dict[str, str]) -> None:
    there = place(right)
    read, said = there.run()
    assert read.score == total_on_gradescope(read) == 6
    assert {test.visibility for test in read.tests} == {"visible", "after_due_date"}
    assert read.extra_data == {
        "students": "ada@example.com, ben@example.com",
        "handed_in": "2026-11-02T14:22:32.365935-07:00",
    }
    assert read.execution_time > 0 and read.stdout_visibility == "hidden"
    assert "seed" in said and "landlock, seccomp" in said
    # The zip was unpacked without its modes.
    assert there.mode(there.hidden) & 0o077 == there.mode(there.kit / "solutions") & 0o077 == 0
    assert there.mode(there.root / "results") == 0o700
    assert there.mode(there.root / "submission_metadata.json") & 0o077 == 0


HOSTILE = """
import os


def double(x):
    found = []
    for path in ({hidden!r}, {metadata!r}, {results!r}):
        try:
            found.append(open(path).read())
        except OSError as error:
            found.append(type(error).__name__)
    for path in ({results!r}, {results!r} + ".new"):
        try:
            open(path, "w").write('{{"score": 100}}')
            found.append("written")
        except OSError as error:
            found.append(type(error).__name__)
    try:
        if os.fork() == 0:
            while True:
                pass
        found.append("forked")
    except OSError as error:
        found.append(type(error).__name__)
    raise ValueError(" ".join(found))


def shift(xs, by):
    while True:
        pass


def shift_back(xs, by):
    os._exit(0)
"""


def test_a_hostile_submission_gets_no_secret_no_point_and_writes_nothing(place: Laid, right: dict[str, str]) -> None:
    """It reads what is not its own, writes results, forks, hangs and exits; what it solved counts."""
    there = place(right)
    results = there.root / "results" / "results.json"
    paths = {"hidden": there.hidden, "results": results, "metadata": there.root / "submission_metadata.json"}
    (there.root / "submission" / "first.py").write_text(
        HOSTILE.format(**{name: str(path) for name, path in paths.items()}), encoding="utf-8"
    )
    read, said = there.run()
    assert read.score == 2, "total alone is right"
    assert {test.score for test in read.tests if test.name.startswith(("double", "shift"))} == {0}
    shown = next(test.output for test in read.tests if test.name.startswith("double") and test.visibility == "visible")
    assert shown.count("PermissionError") == 5 and "forked" not in shown and "written" not in shown
    assert SECRET not in results.read_text(encoding="utf-8") + said
    assert [path.name for path in results.parent.iterdir()] == ["results.json"]


def test_a_submission_without_a_file_of_the_lab_is_told_so_and_is_no_fault(place: Laid) -> None:
    read, _ = place({"notes.txt": "tomorrow"}).run()
    assert read.score == 0
    assert "first.py" in read.output


# --- faults of the grader's own ---------------------------------------------------------------------------------------


def test_a_grader_that_fails_says_so_and_gives_no_score(place: Laid, right: dict[str, str]) -> None:
    there = place(right)
    there.hidden.write_text("raise RuntimeError('the course is broken')\n", encoding="utf-8")
    read, said = there.run()
    assert total_on_gradescope(read) is None
    assert "autograder itself failed" in read.output and "broken" not in read.output
    assert read.tests[0].visibility == "visible" and read.tests[0].output == read.output
    assert "the course is broken" in said, "instructors find it"


def test_a_run_out_of_time_leaves_what_says_so(place: Laid, right: dict[str, str]) -> None:
    read, said = place(right, seconds=1).run()
    assert total_on_gradescope(read) is None
    assert "stopped before it was done" in read.output
    assert "status 124" in said


def test_a_python_that_does_not_start_leaves_what_says_so(
    place: Laid, right: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    read, _ = place(right).run()
    assert total_on_gradescope(read) is None
    assert "stopped before it was done" in read.output


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Gradescope]:
    """What is left where grading fails, by what Gradescope says of the submission."""

    def fails(root: Path, metadata: Metadata) -> dict[str, Any]:
        raise RuntimeError("the grader's own")

    monkeypatch.setattr(run, "graded", fails)

    def left(metadata: dict[str, Any]) -> Gradescope:
        (tmp_path / "submission_metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        run.run(tmp_path)
        return msgspec.json.decode((tmp_path / "results" / "results.json").read_bytes(), type=Gradescope)

    return left


def test_the_score_of_the_submission_before_stays_where_the_grader_fails(
    failing: Callable[[dict[str, Any]], Gradescope],
) -> None:
    read = failing(METADATA | {"previous_submissions": [LAST]})
    assert (total_on_gradescope(read), [test.name for test in read.tests]) == (4, ["double"])
    assert "autograder itself failed" in read.output and read.output.endswith("4 of 6 points")
    again = failing(METADATA | {"previous_submissions": [LAST | {"results": msgspec.to_builtins(read)}]})
    assert again.output == read.output, "it is said once"


@pytest.mark.parametrize(
    "last", [LAST | {"autograder_error": True}, LAST | {"results": None}, LAST | {"results": {"output": "no score"}}]
)
def test_an_earlier_submission_without_a_score_gives_none(
    failing: Callable[[dict[str, Any]], Gradescope], last: dict[str, Any]
) -> None:
    read = failing(METADATA | {"previous_submissions": [last]})
    assert total_on_gradescope(read) is None


# --- what Gradescope says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "[]", "{", '{"users": 3, "id": {}}'])
def test_metadata_of_another_form_is_as_if_it_were_not_there(text: str, tmp_path: Path) -> None:
    path = tmp_path / "submission_metadata.json"
    assert read_metadata(path) == Metadata()
    path.write_text(text, encoding="utf-8")
    assert read_metadata(path) == Metadata()


def test_hidden_cases_are_others_for_each_submission_and_the_same_when_it_is_graded_again(secret_lab: Lab) -> None:
    first, other = (run.seed_of(secret_lab, Metadata(id=number)) for number in (1, 2))
    assert first != other and first == run.seed_of(secret_lab, Metadata(id=1))
    secret_lab.path("hidden.py").write_text("# another secret\n", encoding="utf-8")
    assert run.seed_of(secret_lab, Metadata(id=1)) != first, "the number alone does not tell it"


# --- the container's memory -------------------------------------------------------------------------------------------


def test_a_submission_gets_no_more_memory_than_the_container_has_left(lab3: Lab) -> None:
    small = fitted(lab3, 768 * 1024**2)
    assert small.manifest.limits.memory_bytes == small.manifest.milestones[0].memory_bytes == 355_306_368
    assert fitted(lab3, 100_000_000).manifest.limits.memory_bytes == 150_000_000
    assert fitted(lab3, None) == fitted(lab3, 2**62) == lab3


def test_the_limit_is_read_of_both_versions_of_cgroups(tmp_path: Path) -> None:
    assert container_bytes(tmp_path) is None
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("805306368\n")
    assert container_bytes(tmp_path) == 805306368
    (tmp_path / "memory.max").write_text("1000\n")
    assert container_bytes(tmp_path) == 1000
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory" / "memory.limit_in_bytes").unlink()
    assert container_bytes(tmp_path) is None
