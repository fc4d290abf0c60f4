"""`make progress`: what the last checks left, and what was changed since."""

import json
import subprocess
import sys

import pytest

from tests.working.conftest import SKELETON, Kit


def grader(kit: Kit, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        cwd=kit.root, capture_output=True, text=True, check=False, env={"COLUMNS": "80", "PYTHONPATH": str(kit.root)},
    )  # fmt: skip
    assert done.returncode <= 1 and "Traceback" not in done.stderr
    return done.stdout


def test_what_was_checked_is_shown_and_what_changed_since_is_said(kit: Kit) -> None:
    assert "not begun" in grader(kit, "progress")
    kit.save("first.py", SKELETON, "    return x + x\n")
    grader(kit, "check", "90")
    shown = grader(kit, "progress")
    assert "■□□ 1/3 0.8" in shown and "changed" not in shown
    assert "Next: lab90, 90.2 shift in labs/lab90_numbers/first.py:11  (make lab90-watch)" in shown
    kit.save("first.py", "x + x", "x * x  # twice?")
    shown = grader(kit, "progress")
    assert "■□□ 1/3 0.8" in shown and "1 changed" in shown
    assert "Changed since they were checked: lab90 (double)" in shown
    shown = grader(kit, "progress", "--check")
    assert "□□□ 0/3 0" in shown and "changed" not in shown


def test_a_comment_changes_nothing_and_a_line_outside_of_functions_all(kit: Kit) -> None:
    grader(kit, "check", "90")
    kit.save("first.py", "def double", "# twice\ndef double")
    assert "changed" not in grader(kit, "progress")
    kit.save("second.py", "def total", "LARGE = 3\n\n\ndef total")
    assert "Changed since they were checked: lab90 (double, shift, total)" in grader(kit, "progress")


def test_what_submit_has_checked_is_not_changed(kit: Kit) -> None:
    grader(kit, "check", "90")
    kit.save("first.py", SKELETON, "    return x + x\n")
    assert "1 changed" in grader(kit, "progress")
    grader(kit, "submit", "90", "--student", "ada")
    shown = grader(kit, "progress")
    assert "■□□ 1/3" in shown and "changed" not in shown


def test_json_says_the_same_to_programs(kit: Kit) -> None:
    kit.save("first.py", SKELETON, "    return x + x\n")
    grader(kit, "check", "90", "--task", "double")
    [lab] = json.loads(grader(kit, "progress", "--json"))
    assert lab["tasks"]["double"] == {"passed": True, "checked": True, "changed": False}
    assert lab["tasks"]["total"] == {"passed": False, "checked": False, "changed": False}
    assert (lab["points_here"], lab["next"]) == (0.8, "shift")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"checked": {"double": 3}}', '{"checked": {"double": {"passed": true}}}']
)
def test_a_damaged_file_counts_as_none(content: str, kit: Kit) -> None:
    (kit.lab / ".progress.json").write_text(content, encoding="utf-8")
    assert "not begun" in grader(kit, "progress")


def test_progress_is_said_without_torch(kit: Kit) -> None:
    (kit.root / "torch.py").write_text("raise SystemExit('torch was imported')", encoding="utf-8")
    assert "lab90" in grader(kit, "progress")
