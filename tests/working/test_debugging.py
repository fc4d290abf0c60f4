"""`make lab90-debug`: Python's debugger in the student's own function, with the case that fails."""

import subprocess
import sys

import pytest

from tests.working.conftest import SKELETON, Kit


def debug(kit: Kit, typed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "grader", "debug", "90", *arguments],
        cwd=kit.root, input=typed, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_wrong_value_stops_at_the_functions_first_line_with_the_inputs_of_the_case(kit: Kit) -> None:
    kit.save("first.py", SKELETON, "    y = x * x\n    return y\n")
    done = debug(kit, "p ('x', x)\nn\np ('y', y)\nc\n")
    assert "case 'three'" in done.stdout and "You square" in done.stdout
    assert "first.py(8)double()\n-> y = x * x" in done.stdout
    assert "('x', 3.0)" in done.stdout and "('y', 9.0)" in done.stdout and "The call is over." in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_an_exception_stops_where_it_was_raised_as_things_were_then(kit: Kit) -> None:
    kit.save("first.py", SKELETON, "    halves = [x / 2]\n    return sum(halves) + halves[1]\n")
    done = debug(kit, "p halves\nup\nq\n", "--task", "double")
    assert "first.py(9)double()\n-> return sum(halves) + halves[1]" in done.stdout
    assert "[1.5]" in done.stdout and "Oldest frame" in done.stdout, "nothing of the grader's lies above"
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("body", ["    while x: pass\n", "    return object()\n"], ids=["endless", "no value"])
def test_what_gives_no_value_stops_at_the_first_line_too(body: str, kit: Kit) -> None:
    kit.save("first.py", SKELETON, body)
    done = debug(kit, "p ('x', x)\nq\n", "--task", "double")
    assert "first.py(8)double()" in done.stdout and "('x', 3.0)" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (SKELETON, "double does not fail a check here: there is nothing to debug."),
        ("    return (x\n", "No call can be debugged before that is right: labs/lab90_numbers/first.py:8"),
    ],
    ids=["todo", "no Python"],
)
def test_where_no_call_can_be_debugged_it_says_so(body: str, said: str, kit: Kit) -> None:
    kit.save("first.py", SKELETON, body)
    done = debug(kit, "", "--task", "double")
    assert said in done.stderr and done.returncode == 1
