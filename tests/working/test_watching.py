"""What watch is made of: looking at files, what is drawn, and what crosses between its processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.text import Text

from grader.lab import Lab
from grader.student.printed import MOST_LINES, Printed, first_lines
from grader.student.remembered import Found
from grader.student.uses import fingerprints
from grader.student.watch import view
from grader.student.watch.files import LOOK_SECONDS, MOST_SECONDS, Files
from grader.student.watch.state import State
from grader.student.watch.told import Report, Told, text_of
from tests.working.conftest import SKELETON, Kit


def told(task: str, state: str, **more: object) -> Told:
    return Told(task, state, Found(state == "passed", 0.8, 0.8, ""), "", "", "", **more)  # type: ignore[arg-type]


@pytest.fixture
def state(small_lab: Lab, tmp_path: Path) -> State:
    return State(Lab(tmp_path, small_lab.manifest), small_lab.manifest.tasks[0], loading=False)


# --- files ------------------------------------------------------------------------------------------------------------


def seen(files: Files) -> list[bool]:
    """What three looks say."""
    return [files.saved() for _ in range(3)]


def test_a_save_is_seen_once_and_only_when_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1", encoding="utf-8")
    files = Files([path, tmp_path / "missing.py"])
    assert seen(files) == [False, False, False]
    path.write_text("x = 1\ny", encoding="utf-8")
    assert not files.saved()
    path.write_text("x = 1\ny = 2", encoding="utf-8")  # it was still being written
    assert seen(files) == [False, True, False]


def test_a_file_that_is_replaced_or_deleted_or_put_back_counts_as_saved(tmp_path: Path) -> None:
    path, other = tmp_path / "a.py", tmp_path / "a.py.new"
    path.write_text("x = 1", encoding="utf-8")
    files = Files([path])
    other.write_text("x = 2", encoding="utf-8")
    os.replace(other, path)  # as many editors save
    assert seen(files) == [False, True, False]
    path.unlink()
    assert seen(files) == [False, True, False]
    path.write_text("x = 2", encoding="utf-8")
    assert seen(files) == [False, True, False]


def test_a_slow_folder_is_looked_at_less_often_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 0.001, 1.0, 1.05, 2.0, 5.0])
    monkeypatch.setattr("grader.student.watch.files.time.perf_counter", lambda: next(clock))
    files = Files([tmp_path])
    assert (files.pause, files.slow) == (LOOK_SECONDS, False)
    files.saved()
    assert (round(files.pause, 3), files.slow) == (1.0, True)
    files.saved()
    assert files.pause == MOST_SECONDS


# --- state and view ---------------------------------------------------------------------------------------------------


def test_next_is_the_next_task_that_does_not_pass_and_comes_round(state: State) -> None:
    double, shift, total = state.lab.manifest.tasks
    assert state.next_task() == shift
    state.take(Report(1, [told("shift", "passed")]))
    assert state.next_task() == total
    state.go_to(total)
    assert state.next_task() == double
    state.take(Report(1, [told("double", "passed")]))
    assert state.next_task() is None


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 10), (20, 6)])
def test_the_screen_is_never_larger_than_the_terminal_and_ends_with_the_keys(
    columns: int, rows: int, state: State
) -> None:
    state.take(Report(1, [told("double", "failed", explanation="wrong\n" * 60)], whole=True))
    shown = [Text.from_ansi(line).plain for line in view.lines_of(state, columns, rows)]
    assert len(shown) == rows and all(len(line) <= columns for line in shown)
    assert "checks again" in " ".join(shown[-3:])
    assert any("larger window" in line for line in shown) or rows < 10


def test_what_is_being_checked_is_said_at_once_and_how_long(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.student.watch.view.time.monotonic", lambda: 17.5)
    for since, said in ((17.4, "checking …"), (10.0, "checking … 7 s")):
        state.since = since
        assert view.lines_of(state, 80, 24)[0].rstrip().removesuffix("\x1b[0m").endswith(said)


@pytest.mark.parametrize("words", ["[bold]", "x[a][b]", "\\[red] \\", ":smile: [/]", "[link=x]y", "got [1., 2.]\\"])
def test_words_of_a_student_cross_as_they_are(words: str) -> None:
    text = Text.assemble(("✗ ", "bold red"), words, ("dim", "dim"))
    assert text_of(text.markup).plain == text.plain


# --- code and prints --------------------------------------------------------------------------------------------------


def changed(kit: Kit, lab: Lab, file: str, old: str, new: str) -> set[str]:
    before = fingerprints(lab)
    kit.save(file, old, new)
    return {name for name, code in fingerprints(lab).items() if code != before[name]}


def test_a_change_touches_the_tasks_that_call_it(kit: Kit, small_lab: Lab) -> None:
    lab = Lab(kit.lab, small_lab.manifest)
    assert changed(kit, lab, "first.py", "def double", "# a comment\ndef double") == set()
    assert changed(kit, lab, "second.py", SKELETON, "    return double(sum(xs))\n") == {"total"}
    assert changed(kit, lab, "first.py", SKELETON, "    return 2 * x\n") == {"double", "total"}
    assert changed(kit, lab, "first.py", SKELETON, "    return [x\n") == {"double", "shift", "total"}


def test_prints_are_kept_as_far_as_they_are_read() -> None:
    printed = Printed()
    with printed.into():
        for number in range(100_000):
            print("line", number)
        sys.stdout.buffer.write(b"bytes")
    lines = first_lines(printed.text())
    assert lines[0] == "line 0" and lines[-1] == "…" and len(lines) == MOST_LINES + 1
    assert len(first_lines("x" * 100_000)[0]) < 300


def test_where_there_is_no_terminal_each_save_is_a_block(kit: Kit) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "grader", "watch", "90"],
        cwd=kit.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout and process.stderr
        for body, said in (("", "90.1 double is still to be written"), ("    return x * x\n", "→ You square")):
            if body:
                kit.save("first.py", SKELETON, body)
            block = ""
            while "tasks pass" not in block:
                block += process.stdout.readline() or pytest.fail(f"it ended: {block}")
            assert said in block and "\x1b" not in block
        process.terminate()


def check(kit: Kit, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "grader", "check", "90", *arguments],
        cwd=kit.root, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip


def test_prints_stand_with_their_failure_and_are_named_where_all_passes(kit: Kit) -> None:
    kit.save("first.py", SKELETON, "    print('x is', x)\n    return x + x\n")
    kit.save("second.py", SKELETON, "    print('xs are', xs)\n    return 0.0\n")
    whole = check(kit)
    assert "It printed:\n    xs are [1.0, 2.0, 4.0]" in whole and "x is" not in whole
    assert "Printed while it was checked: by double, which passes. make lab90 TASK=double shows it." in whole
    assert "Twice a number.\nIt printed:\n    x is 3.0\n    x is 0.0" in check(kit, "--task", "double")
