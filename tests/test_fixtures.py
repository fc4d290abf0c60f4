"""A lab whose probes ask for fixtures, whose task is a class, and in which a check needs one of another task."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader import codes, sandboxes
from grader.author.lint import lint
from grader.author.sync import derive, write
from grader.checks import Check
from grader.checks.fixtures import fixtures_in, source_of, with_fixtures
from grader.grading.asking import WarmParent, WorkerFailed, workers_for
from grader.grading.reference import open_reference
from grader.grading.submission import Graded, grade, open_bench
from grader.intake.submissions import Submission
from grader.lab import ROOT, Lab, read_lab
from grader.languages import texts_of
from grader.student.checking import Session, open_session, run_public_checks

NAME = "lab92_counters"
Solve = Callable[..., Session]


@pytest.fixture(scope="module")
def lab() -> Lab:
    return read_lab(Path(__file__).parent / "lab_of_parts" / NAME)


@pytest.fixture(scope="module")
def parent(lab: Lab) -> Iterator[WarmParent]:
    """Three seconds: it imports torch."""
    limits = lab.manifest.limits
    with WarmParent(limits, sandboxes.choose("auto", limits), fixtures=source_of(lab)) as warm:
        yield warm


@pytest.fixture
def kit(lab: Lab, tmp_path: Path) -> Path:
    """A kit with the lab's skeleton in it."""
    write(derive(lab), tmp_path / "labs" / NAME)
    return tmp_path


@pytest.fixture
def solve(kit: Path, monkeypatch: pytest.MonkeyPatch) -> Solve:
    """Writes counters.py, and opens the student's lab."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def opened(text: str) -> Session:
        (kit / "labs" / NAME / "counters.py").write_text(text, encoding="utf-8")
        return open_session(read_lab(kit / "labs" / NAME))

    return opened


def reference(lab: Lab) -> str:
    return lab.path("counters.py").read_text(encoding="utf-8")


def named(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def outcomes(session: Session, task: str | None = None) -> dict[str, str]:
    checked = run_public_checks(session, session.lab.task(task) if task else None)
    return {item.check.name: item.judged.outcome for item in checked if item.judged}


# --- fixtures ---------------------------------------------------------------------------------------------------------


def test_a_fixture_is_built_once_and_no_call_sees_what_another_did_to_it(lab: Lab) -> None:
    fixtures = fixtures_in("from grader.checks import fixture\nbuilt = []\n\n@fixture\ndef numbers():\n"
                           "    built.append(1)\n    return [built]\n")  # fmt: skip
    check = named(open_reference(lab).checks, "totals")
    first, second = (with_fixtures(check, {"more": 4}, fixtures) for _ in range(2))
    assert first == second == {"more": 4, "numbers": [[1]]}
    first["numbers"].append("spoilt")
    assert with_fixtures(check, {}, fixtures) == {"numbers": [[1]]}


def test_the_lab_is_sound_and_students_get_the_fixtures_and_the_messages(lab: Lab) -> None:
    linted = lint(lab)
    assert (linted.faults, linted.mistakes, linted.alternatives) == ([], (2, 2), (2, 2))
    assert {"fixtures.py", "messages.en.ftl"} <= derive(lab).keys()


def test_a_student_is_checked_with_fixtures(lab: Lab, solve: Solve) -> None:
    assert outcomes(solve(reference(lab))) == dict.fromkeys(("counted", "totals", "made_before"), "passed")


def test_a_submission_is_asked_with_fixtures_that_the_warm_parent_made(lab: Lab, parent: WarmParent) -> None:
    checks = open_reference(lab).checks
    files = {name: lab.path(name).read_bytes() for name in ("checks.py", "counters.py", "fixtures.py")}
    with workers_for(parent, lab, files) as workers:
        assert [workers.ask(named(checks, "totals"), {"more": more}).value for more in (10, 20)] == [16, 26]
        found = workers.ask(named(checks, "made_before"), {}).value
    assert found["made in"] not in (found["asked in"], os.getpid())
    assert grade(open_bench(lab, parent, seed=1), Submission("ada", lab.folder, [])).result.score == 6


def test_a_parent_whose_fixtures_fail_does_not_start(lab: Lab) -> None:
    limits = lab.manifest.limits
    fixtures = "from grader.checks import fixture\n\n@fixture\ndef broken():\n    return 1 / 0\n"
    with pytest.raises(WorkerFailed, match="does not start"):
        WarmParent(limits, sandboxes.choose("auto", limits), fixtures=fixtures).running()


# --- a class as a task ------------------------------------------------------------------------------------------------


def test_a_class_that_is_still_to_do_is_a_todo_of_its_task(lab: Lab, solve: Solve, kit: Path) -> None:
    skeleton = (kit / "labs" / NAME / "counters.py").read_text(encoding="utf-8")
    assert outcomes(solve(skeleton)) == {"counted": "todo", "totals": "skipped", "made_before": "todo"}
    half = reference(lab).replace("self.value += number", "raise NotImplementedError")
    assert outcomes(solve(half), "Counter") == {"counted": "todo"}


def test_what_a_class_does_wrong_is_known_by_its_mistake(lab: Lab, parent: WarmParent, solve: Solve) -> None:
    wrong = reference(lab).replace("self.value = start", "self.value = 0")
    [checked] = run_public_checks(solve(wrong), lab.task("Counter"))
    assert checked.judged and (checked.judged.outcome, checked.judged.mistake) == ("failed", "FromZero")


# --- needs across tasks -----------------------------------------------------------------------------------------------


def test_a_check_counts_only_where_the_one_of_another_task_that_it_needs_passes(
    lab: Lab, solve: Solve, parent: WarmParent, tmp_path: Path
) -> None:
    wrong = reference(lab).replace("self.value = start", "self.value = 0")
    session = solve(wrong)
    assert outcomes(session, "total") == {"totals": "skipped", "made_before": "passed"}
    [totals, _] = run_public_checks(session, lab.task("total"))
    assert totals.judged and codes.COUNTS_ONCE.made(totals.judged.findings[0])
    (tmp_path / "counters.py").write_text(wrong, encoding="utf-8")
    graded: Graded = grade(open_bench(lab, parent, seed=1), Submission("ada", tmp_path, []))
    by_side = {(check.check, check.visibility): check.outcome for check in graded.result.checks}
    assert by_side["totals", "public"] == by_side["totals", "hidden"] == "skipped"
    assert by_side["made_before", "public"] == "passed"


def test_pytest_skips_a_check_whose_need_fails_and_says_so(lab: Lab, kit: Path) -> None:
    """In a process of its own, as a student types it."""
    for name in ("grader", "labs/common"):
        shutil.copytree(ROOT / name, kit / name)
    shutil.copy2(ROOT / "pyproject.toml", kit)
    wrong = reference(lab).replace("self.value = start", "self.value = 0")
    (kit / "labs" / NAME / "counters.py").write_text(wrong, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", f"labs/{NAME}", "-rs"], cwd=kit, capture_output=True, text=True, check=False
    )
    assert "1 failed, 1 passed, 2 skipped" in done.stdout
    assert "counts once this passes: What a counter has come to." in done.stdout


# --- messages of the lab's own ----------------------------------------------------------------------------------------


def test_what_a_check_finds_is_said_by_the_labs_own_catalogue(lab: Lab, solve: Solve) -> None:
    session = solve(reference(lab).replace("sum(numbers)", "0"))
    checked = session.checked(named(session.checks, "made_before"))
    assert checked.judged and [texts_of(lab.folder).say(f) for f in checked.judged.findings] == [
        "0 is no sum of one and two"
    ]


def test_lint_finds_messages_that_lack_and_those_that_nobody_uses(lab: Lab, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(lab.folder, tmp_path / NAME))
    (copy / "messages.en.ftl").write_text("lab92_no_som = { $got }\n", encoding="utf-8")
    assert [fault for fault in lint(read_lab(copy)).faults if "message" in fault] == [
        "checks.py uses a message lab92_no_sum that messages.en.ftl lacks",
        "messages.en.ftl has a message lab92_no_som that checks.py does not use",
    ]
