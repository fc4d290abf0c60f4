"""The same checks as pytest items: python -m pytest labs/lab3_policy_gradient."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.author.sync import derive, write
from grader.lab import ROOT, Lab


@pytest.fixture
def kit(lab0: Lab, tmp_path: Path) -> Path:
    """A kit with lab 0's skeleton in it."""
    write(derive(lab0), tmp_path / "labs" / lab0.folder.name)
    for name in ("grader", "labs/common"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy2(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(kit: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """In a process of its own, as a student types it: a few seconds, since torch is imported."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "labs/lab0_setup", *arguments],
        cwd=kit, input=typed, capture_output=True, text=True, check=False,
    )  # fmt: skip


def edit(kit: Path, old: str, new: str) -> None:
    """Writes a function body into the skeleton in place of a TODO after the text `old`."""
    path = kit / "labs" / "lab0_setup" / "warmup.py"
    before, after = path.read_text(encoding="utf-8").split(old, 1)
    after = after.replace("    raise NotImplementedError\n", new, 1)
    path.write_text(before + old + after, encoding="utf-8")


def test_a_skeleton_is_skipped_as_todo(kit: Path) -> None:
    done = run(kit, "-rs")
    assert done.returncode == pytest.ExitCode.OK
    assert "todo: moving_average" in done.stdout
    assert "failed" not in done.stdout
    assert "passed" not in done.stdout


def test_wrong_values_are_a_sentence_with_the_diagnosis_and_exceptions_the_students_own_lines(kit: Path) -> None:
    edit(kit, "def moving_average", "    return np.convolve(x, np.ones(w), 'valid')\n")
    edit(kit, "def classify_end", "    return words[terminated]\n")
    done = run(kit, "-k", "moving_average or classify_end")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "another value is expected" in done.stdout
    assert "These are sums of windows, not means." in done.stdout
    assert ">       return words[terminated]" in done.stdout or ">   return words[terminated]" in done.stdout
    assert "NameError: name 'words' is not defined" in done.stdout
    assert "run_probe" not in done.stdout


def test_a_debugger_stops_in_the_students_code(kit: Path) -> None:
    edit(kit, "def classify_end", "    answer = 42\n    return answer + 'x'\n")
    done = run(kit, "-k", "classify_end", "-x", "--pdb", typed="p answer * 2\nq\n")
    assert "84" in done.stdout


def test_a_debugger_stops_at_a_wrong_value_where_the_function_returned_it(kit: Path) -> None:
    edit(kit, "def classify_end", "    answer = 42\n    return 'never'\n")
    done = run(kit, "-k", "classify_end", "-x", "--pdb", typed="p answer * 2\nq\n")
    assert "84" in done.stdout
