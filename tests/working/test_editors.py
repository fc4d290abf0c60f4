"""What editors read of the checks: one line for each problem, and VS Code's tasks that match them."""

import json
import re
import subprocess
import sys

from grader.lab import ROOT
from tests.working.conftest import SKELETON, Kit

TASKS = json.loads((ROOT / ".vscode" / "tasks.json").read_text(encoding="utf-8"))["tasks"]


def lines(kit: Kit) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "grader", "check", "lab90_numbers", "--format", "lines"],
        cwd=kit.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.splitlines()


def matched(line: str) -> dict[str, str]:
    """The parts of a line as VS Code takes them."""
    pattern = TASKS[0]["problemMatcher"]["pattern"]
    found = re.match(pattern["regexp"], line)
    assert found, line
    return {name: found[pattern[name]] for name in ("file", "line", "column", "severity", "message")}


def test_each_problem_is_a_line_that_the_editor_places(kit: Kit) -> None:
    kit.save("first.py", SKELETON, "    print('x is', x)\n    y = x * x\n    return y\n")
    for body in ("    return [x / 0 for x in xs]\n", "    return xs\n"):
        kit.save("first.py", SKELETON, body)
    wrong, raised, todo = map(matched, lines(kit))
    assert (wrong["file"], wrong["line"], wrong["severity"]) == ("labs/lab90_numbers/first.py", "6", "error")
    assert wrong["message"].startswith("90.1 double: case 'three': ") and "You square" in wrong["message"]
    assert (raised["line"], raised["severity"]) == ("15", "error"), "the line that raised"
    assert "ZeroDivisionError" in raised["message"]
    assert todo == {"file": "labs/lab90_numbers/second.py", "line": "6", "column": "1", "severity": "info",
                    "message": "90.3 total is still a TODO"}  # fmt: skip


def test_a_syntax_error_is_one_line_at_its_own_place(kit: Kit) -> None:
    kit.save("first.py", SKELETON, "    return (x\n")
    first, *others = map(matched, lines(kit))
    assert (first["line"], first["severity"]) == ("8", "error") and "was never closed" in first["message"]
    assert [other["severity"] for other in others] == ["info"]


def test_where_all_is_right_there_is_no_line(kit: Kit) -> None:
    bodies = {"first.py": ["x + x", "[x + by for x in xs]", "[x - by for x in xs]"], "second.py": ["float(sum(xs))"]}
    for file, body in ((file, body) for file, found in bodies.items() for body in found):
        kit.save(file, SKELETON, f"    return {body}\n")
    assert [line for line in lines(kit) if line] == []


def test_watch_writes_the_lines_of_all_tasks_at_each_save_between_two_that_the_editor_knows(kit: Kit) -> None:
    background = TASKS[1]["problemMatcher"]["background"]
    with subprocess.Popen(
        [sys.executable, "-m", "grader", "watch", "90", "--format", "lines"],
        cwd=kit.root, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        for severity in ("info", "error"):
            assert re.match(background["beginsPattern"], process.stdout.readline())
            problems = [matched(process.stdout.readline()) for _ in range(3)]
            assert [problem["severity"] for problem in problems] == [severity, "info", "info"]
            assert re.match(background["endsPattern"], process.stdout.readline())
            if severity == "info":
                kit.save("first.py", SKELETON, "    return x * x\n")
        process.terminate()
