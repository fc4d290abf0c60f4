"""A sandbox is a module in the folder of sandboxes, and nothing of the grader has to be changed for a new one."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from grader import cli, parts, sandboxes
from grader.errors import Refused
from grader.grading.asking import WarmParent
from grader.grading.submission import grade, open_bench
from grader.instructor import doctor
from grader.intake.submissions import Submission
from grader.lab import ROOT, Lab, Limits

OURS = ["docker", "podman", "bubblewrap", "unshare", "process", "none", "user"]


@pytest.fixture
def polite(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a sandbox that lies in a folder of the tests."""
    folder = Path(__file__).parent / "sandboxes"
    monkeypatch.setattr(sandboxes, "__path__", [*sandboxes.__path__, str(folder)])
    yield "polite"
    if sys.modules.pop("grader.sandboxes.polite", None):
        del sandboxes.polite  # type: ignore[attr-defined]


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What the command says, with all white space as one space."""
    monkeypatch.setattr(sys, "argv", ["grader", *words])
    with pytest.raises(SystemExit):
        cli.main()
    return " ".join(capsys.readouterr().out.split())


def test_the_sandboxes_are_the_modules_that_say_how_a_parent_starts_the_strongest_first() -> None:
    assert list(sandboxes.backends()) == OURS
    assert [name for name in OURS if not sandboxes.protects(name)] == ["none", "user"]


def test_a_submission_is_graded_in_a_new_sandbox(polite: str, small_lab: Lab) -> None:
    """Three seconds: its parent imports torch."""
    with WarmParent(small_lab.manifest.limits, polite) as parent:
        started = parent._started
        assert started is not None
        graded = grade(open_bench(small_lab, parent, seed=1), Submission("ada", small_lab.folder, []))
        assert psutil.Process(started.process.pid).nice() == 19
    assert (graded.result.score, graded.attention) == (6, [])
    assert graded.result.sandbox["outer"] == polite and graded.result.confined
    assert started.process.returncode is not None, "it has ended"


def test_a_new_sandbox_is_tried_in_its_turn(polite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sandboxes.choose("auto", Limits()) == polite
    monkeypatch.setattr(sandboxes, "why_not", lambda backend, _: f"no {backend} here")
    with pytest.raises(Refused) as refused:
        sandboxes.choose("auto", Limits())
    tried = [line.strip().partition(":")[0] for line in str(refused.value).splitlines() if line.startswith("  ")]
    assert tried == [polite, *OURS[:-2]]


def test_the_doctor_says_of_a_new_sandbox_that_is_stronger_that_it_works_here_too(
    polite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "checks_of", lambda _: [])  # nothing is tried in `none`
    assert doctor.examine("none").not_here[polite] == ""


@pytest.mark.usefixtures("polite")
def test_the_help_describes_the_sandboxes_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("doctor", "grade", "regrade"):
        said = told(monkeypatch, capsys, command, "--help")
        assert "auto (the strongest that works here), polite (a process that lets others go first), docker (" in said
        assert "none (no protection; marks every result)" in said


def test_a_students_copy_has_no_sandboxes_and_its_help_names_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parts, "are_there", lambda _: False)
    assert "--sandbox <str> for instructors [default: auto]" in told(monkeypatch, capsys, "doctor", "--help")


def test_checking_at_home_imports_no_sandbox() -> None:
    script = "import sys, grader.cli, grader.student.checking, grader.student.table; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", script], text=True, cwd=ROOT).split()
    assert "grader.student.checking" in modules
    assert [name for name in modules if name.startswith("grader.sandboxes")] == []
