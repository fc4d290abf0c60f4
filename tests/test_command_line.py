"""The command `grader` as a user types it: what it says, and where, the exit code, and what is left on the disk."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader import codes
from grader.author.sync import sync
from grader.checks import Check
from grader.cli import main
from grader.findings import Finding
from grader.grading import work
from grader.grading.asking import WarmParent
from grader.judging.judge import Judged
from grader.lab import ROOT, Lab, read_lab
from grader.lab import manifest as labs
from grader.results import read_result
from grader.student.blame import at_fault
from grader.student.checking import Checked

OK, FAILED, CALLED_WRONGLY, GRADER_FAILED = 0, 1, 2, 3
NAME = "lab90_numbers"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Grader = Callable[..., Ended]


@pytest.fixture(scope="module")
def derived(small_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit with the small lab's source, and the lab as students get it."""
    kit = tmp_path_factory.mktemp("kit")
    shutil.copytree(small_lab.folder, kit / "solutions" / NAME, ignore=shutil.ignore_patterns("__pycache__"))
    sync(read_lab(kit / "solutions" / NAME), kit / "labs" / NAME)
    return kit


@pytest.fixture
def kit(derived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that kit, which is the one that the command works in."""
    copy = shutil.copytree(derived, tmp_path / "kit")
    monkeypatch.setattr(labs, "ROOT", copy)
    monkeypatch.chdir(copy)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return copy


@pytest.fixture
def lab(kit: Path) -> Path:
    """The folder in which the student works."""
    return kit / "labs" / NAME


@pytest.fixture
def grader(kit: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Grader:
    """Types a command. Whatever comes of it, no traceback of ours is shown."""

    def typed(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["grader", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return typed


def solve(lab: Path, *names: str) -> None:
    """Puts the reference in place of the skeleton."""
    for name in names or ("first.py", "second.py"):
        shutil.copyfile(lab.parent.parent / "solutions" / NAME / name, lab / name)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def outcomes(ended: Ended) -> dict[str, str]:
    return {check["check"]: check["outcome"] for check in json.loads(ended.out)}


# --- calling it -------------------------------------------------------------------------------------------------------


def test_the_command_itself_ends_with_the_documented_codes() -> None:
    """Two real processes; the other tests here call the same function in this one."""

    def typed(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "grader", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    listed = typed("--help")
    assert listed.returncode == OK
    assert all(f" {command} " in listed.stdout for command in ("check", "hint", "reset", "submit", "grade", "sync"))
    unknown = typed("check", "lab99")
    assert (unknown.returncode, unknown.stdout) == (CALLED_WRONGLY, "")
    assert unknown.stderr.startswith("There is no lab 'lab99' in labs/. The labs here are: lab0, ")


def test_a_terminal_that_has_no_such_sign_is_no_failure(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the language's encoding is an old one, of 256 letters."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1", write_through=True))
    monkeypatch.setattr(sys, "argv", ["grader", "check", "lab90"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == FAILED
    assert b"? todo" in written.getvalue()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check"], "Missing argument 'lab'"),
        (["check", "lab90", "--speed"], "No such option: --speed"),
        (["chekc", "lab90"], "No such command 'chekc'"),
        (["hint", "lab90"], "make lab90-hint TASK=... (or --task). They are: double, shift (shift_back), total"),
        (["grade", "lab90"], "Missing argument 'submissions'"),
        (["grade", "lab90", "x", "--seed", "many"], "Invalid value for '--seed'"),
        (["grade", "lab90", "x", "--seed", "-1"], "Invalid value for '--seed'"),
        (["check", "lab9"], "There is no lab 'lab9' in labs/. The labs here are: lab90"),
        (["check", ""], "There is no lab ''"),
        (["check", "../labs"], "There is no lab '../labs'"),
        (
            ["check", "lab90", "--task", "triple"],
            "lab90 has no task 'triple'. Its tasks are: double, shift (shift_back), total",
        ),
        (["hint", "lab90", "--task", "triple"], "has no task 'triple'"),
        (["reset", "lab90", "--task", "triple"], "has no task 'triple'"),
        (["reset", "lab90"], "say which: --task"),
        (["reset", "lab90", "--task", "double", "--file", "first.py"], "say which: --task"),
        (["reset", "lab90", "--file", "checks.py"], "'checks.py' is none of the files that lab90 hands in: first.py"),
        (["reset", "lab90", "--file", "../../solutions/lab90_numbers/first.py"], "is none of the files"),
        (["run", "lab90", "train"], "There is no make lab90-train. lab90 has no scripts; every lab has watch, hint,"),
        (["submit", "lab90", "--student", "../ada"], "'../ada' cannot be a student's id"),
        (["submit", "lab90", "--student", ""], "'' cannot be a student's id"),
        (["submit", "lab90", "--student", "ada\n"], "cannot be a student's id"),
        (["submit", "lab90", "--student", "-ada"], "cannot be a student's id"),
        (["submit", "lab90", "--student", "a" * 65], "cannot be a student's id"),
        (["sync", "lab91"], "There is no lab 'lab91' in solutions/"),
        (["grade", "lab90", "nowhere"], "nowhere is no folder: SUBMISSIONS="),
    ],
)
def test_a_wrong_call_is_a_sentence_on_stderr(arguments: list[str], words: str, kit: Path, grader: Grader) -> None:
    before = {
        path: path.stat().st_mtime_ns for path in kit.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    ended = grader(*arguments)
    assert (ended.code, ended.out) == (CALLED_WRONGLY, "")
    assert words in ended.err
    after = {
        path: path.stat().st_mtime_ns for path in kit.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert after == before, "nothing was written"


def test_make_grade_without_submissions_does_not_grade_the_kit() -> None:
    """An empty word would be the folder where make stands."""
    command = ["make", "grade", "LAB=lab0", f"LABKIT_PYTHON={sys.executable}"]
    typed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (typed.returncode, typed.stdout) == (CALLED_WRONGLY, "")
    assert typed.stderr.startswith("Missing argument 'submissions'")


def test_what_a_copy_without_solutions_cannot_do_is_said(kit: Path, grader: Grader) -> None:
    shutil.rmtree(kit / "solutions")
    for arguments in (["sync"], ["grade", "lab90", "labs"]):
        ended = grader(*arguments)
        assert ended.code == CALLED_WRONGLY
        assert "only an instructor's copy can do that" in ended.err


# --- check ------------------------------------------------------------------------------------------------------------


def test_a_bar_is_full_where_all_points_are_earned(lab: Path, grader: Grader) -> None:
    """Six times 2.8, over 2.8, is less than six in floating point."""
    solve(lab)
    record = json.loads((lab / "recorded.json").read_text(encoding="utf-8"))
    record["checks"]["doubled"]["public_points"] = 2.8
    (lab / "recorded.json").write_text(json.dumps(record), encoding="utf-8")
    out = grader("check", "lab90").out
    assert "2.8/2.8" in out and "□" not in out


def test_a_skeleton_is_all_todo(grader: Grader) -> None:
    ended = grader("check", "lab90")
    assert ended.code == FAILED
    assert ended.out.count("○ todo") == 3
    assert "✗" not in ended.out
    assert "0 of 2.4 points earned here. The other 3.6 of 6 come later: 3.6 by hidden cases.\n" in ended.out
    assert "Next: write double in " in ended.out
    assert set(outcomes(grader("check", "lab90", "--json")).values()) == {"todo"}


@pytest.mark.parametrize("name", ["lab90", "90", NAME])
def test_a_right_lab_passes_by_any_of_its_names(name: str, lab: Path, grader: Grader) -> None:
    solve(lab)
    ended = grader("check", name)
    assert ended.code == OK
    assert ended.out.count("✓ passed") == 3
    assert "Next: make lab90-submit" in ended.out


@pytest.mark.parametrize("task", ["shift", "90.2", "shift_back"])
def test_one_task_is_checked_by_its_name_its_number_or_a_function(task: str, lab: Path, grader: Grader) -> None:
    solve(lab, "first.py")
    assert outcomes(grader("check", "lab90", "--task", task, "--json")) == {"shifted": "passed"}
    assert grader("check", "lab90", "--task", task).code == OK
    assert grader("check", "lab90").code == FAILED


def test_a_task_of_which_a_part_is_written_has_begun_or_is_todo(lab: Path, grader: Grader) -> None:
    solve(lab)
    replace(lab / "first.py", "    return [x - by for x in xs]\n", "    raise NotImplementedError\n")
    ended = grader("check", "lab90")
    assert ended.code == FAILED
    assert "Next: write shift_back in " in ended.out
    assert outcomes(grader("check", "lab90", "--json")) == {"doubled": "passed", "shifted": "todo", "totals": "passed"}


def test_a_wrong_value_is_shown_with_what_to_do(lab: Path, grader: Grader) -> None:
    solve(lab)
    replace(lab / "first.py", "return x + x", "return x * x")
    ended = grader("check", "lab90")
    assert ended.code == FAILED
    assert "case 'three': another value is expected; expected 6, got 9" in ended.out
    assert "called with x = 3\n" in ended.out
    assert "→ You square: twice is a sum" in ended.out
    assert "stuck? make lab90-hint TASK=double" in ended.out


def test_the_next_step_names_the_function_that_fails_and_its_line(lab: Path, grader: Grader) -> None:
    solve(lab)
    right = "    return [x - by for x in xs]\n"
    replace(lab / "first.py", right, "    return [x - bye for x in xs]\n")
    line = next(n for n, text in enumerate((lab / "first.py").read_text().splitlines(), 1) if "def shift_back" in text)
    out = grader("check", "lab90").out
    assert "Next: fix shift_back in " in out
    assert f"labs/{NAME}/first.py:{line}  (stuck?" in out
    replace(lab / "first.py", "x - bye", "x * by")
    assert "Next: fix shift, shift_back in " in grader("check", "lab90").out, "either may be wrong there"


def test_a_function_that_fails_alone_is_what_is_wrong_with_checks_of_several(small_lab: Lab) -> None:
    def failed(*called: str, found: tuple[Finding, ...] = ()) -> Checked:
        return Checked(Check("", "shift", 1, "", print), 1, 0, Judged("failed", found), task, called=called)

    def of(*items: Checked, used: dict[str, set[str]] | None = None) -> list[str]:
        return at_fault(task, items, used or {})

    task = small_lab.task("shift")
    assert of(failed("shift", "shift_back")) == ["shift", "shift_back"]
    assert of(failed("shift", "shift_back"), failed("shift_back")) == ["shift_back"]
    assert of(failed("shift_back"), failed("shift")) == ["shift", "shift_back"]
    calls = {"shift": {"shift_back"}, "shift_back": set()}
    assert of(failed("shift_back"), failed("shift"), used=calls) == ["shift_back"], "the other one calls it"
    assert of(failed("double", "shift_back")) == ["shift_back"], "of another task"
    found = (codes.RESULT_ON_CPU(function="shift_back"),)
    assert of(failed("shift", "shift_back", found=found)) == ["shift_back"], "which the finding names"
    assert of(failed()) == ["shift", "shift_back"], "a file that cannot be used was asked for nothing"


SPOILT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (Path.unlink, "first.py is missing: it has to lie in the lab's own folder, under this name"),
    "renamed": (lambda path: path.rename(path.with_name("First.py")), "first.py is missing"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "first.py is missing"),
    "empty": (lambda path: path.write_bytes(b""), "first.py has no function double: was it renamed or deleted?"),
    "no Python": (lambda path: path.write_text("x = 1\ndef double(x:\n"), "first.py, line 2: syntax error: "),
    "badly indented": (lambda path: path.write_text("def double(x):\nreturn 1\n"), "first.py, line 2: syntax error: "),
    "Latin-1": (
        lambda path: path.write_bytes(b"# na\xefve\n"),
        "first.py is not UTF-8 (line 1, byte 4): save it again",
    ),
    "UTF-16": (
        lambda path: path.write_text("x = 1", encoding="utf-16"),
        "first.py is UTF-16: save it again with the encoding UTF-8",
    ),
    "with a null byte": (lambda path: path.write_bytes(b"x = 1\0"), "first.py"),
    "nested too deep": (lambda path: path.write_text("x = " + "(" * 5000), "first.py"),
    "failing": (lambda path: path.write_text("\n1 / 0\n"), "line 2: the file fails while it is imported: ZeroDivision"),
    "leaving": (lambda path: path.write_text("import sys; sys.exit(0)"), "while it is imported: SystemExit: 0"),
    "importing what is not there": (
        lambda path: path.write_text("from second import nothing"),
        "first.py, line 1: the file fails while it is imported: ImportError",
    ),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_file_that_cannot_be_used_costs_its_tasks_and_says_why(how: str, lab: Path, grader: Grader) -> None:
    solve(lab)
    spoil, words = SPOILT[how]
    spoil(lab / "first.py")
    ended = grader("check", "lab90")
    assert ended.code == FAILED
    assert words in ended.out
    assert ended.out.count("✓ passed") == 1
    assert outcomes(grader("check", "lab90", "--json")) == {
        "doubled": "failed",
        "shifted": "failed",
        "totals": "passed",
    }


def told_of_an_import(code: str, lab: Path, grader: Grader) -> str:
    """What a student reads who has solved all tasks, and imports in one file what is not allowed, without a use."""
    solve(lab)
    source = (lab / "first.py").read_text(encoding="utf-8")
    (lab / "first.py").write_text(f"{source}\n\n{code}\n", encoding="utf-8")
    ended = grader("check", "lab90")
    assert (ended.code, ended.out.count("✓ passed")) == (OK, 3), "nothing uses it"
    assert "first.py, line " in ended.out
    return ended.out


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import trl", "trl"),
        ("import trl.trainer.dpo_trainer as dpo", "trl.trainer.dpo_trainer"),
        ("import os, trl", "trl"),
        ("from trl import DPOTrainer", "trl"),
        ("from transformers.models import llama", "transformers.models"),
        ("def helper():\n    if True:\n        from peft import LoraConfig as L", "peft"),
        ("try:\n    import stable_baselines3\nexcept ImportError:\n    pass", "stable_baselines3"),
        ("class A:\n    import gymnasium", "gymnasium"),
        ("async def f():\n    import tqdm", "tqdm"),
        ("import grader.judging.judge", "grader.judging.judge"),
        ("from hidden import anything", "hidden"),
    ],
)
def test_an_import_that_the_lab_does_not_allow_is_named_wherever_it_stands(
    code: str, name: str, lab: Path, grader: Grader
) -> None:
    assert f"lab90 does not allow an import of {name}. It costs nothing" in told_of_an_import(code, lab, grader)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from labs.lab90_numbers.second import total", "labs.lab90_numbers.second"),
        ("import labs.lab90_numbers.second as other", "labs.lab90_numbers.second"),
        ("from labs import lab90_numbers", "labs.lab90_numbers"),
        ("from labs.lab3_policy_gradient import returns", "labs.lab3_policy_gradient"),
    ],
)
def test_an_import_that_works_in_a_students_copy_alone_is_named(
    code: str, name: str, lab: Path, grader: Grader
) -> None:
    """An editor writes it by itself. Where a submission is graded there are no other labs, nor this one's folder."""
    told = told_of_an_import(code, lab, grader)
    assert f"{name} cannot be imported where this is graded; the lab's own files are imported by their" in told


@pytest.mark.parametrize(
    "code",
    [
        "import torch.nn.functional as F",
        "import math, numpy as np",
        "import second",
        "from labs import common",
        "import labs.common.networks",
        "from labs.common.seeding import generator",
    ],
)
def test_an_import_that_is_allowed_passes(code: str, lab: Path, grader: Grader) -> None:
    solve(lab)
    source = (lab / "first.py").read_text(encoding="utf-8")
    (lab / "first.py").write_text(f"{code}\n{source}", encoding="utf-8")
    assert grader("check", "lab90").code == OK


@pytest.mark.parametrize(
    "new", ["def dubble(x):", "async_double = None\ndef twice(x):", "class Double:\n  def double(x):"]
)
def test_a_function_that_was_renamed_costs_its_own_task(new: str, lab: Path, grader: Grader) -> None:
    solve(lab)
    replace(lab / "first.py", "def double(x: float) -> float:", new)
    ended = grader("check", "lab90")
    assert ended.code == FAILED
    assert (
        "first.py has no function double: was it renamed or deleted? make lab90-reset FILE=first.py brings the skeleton"
        in ended.out
    )
    assert ended.out.count("✓ passed") == 2


def test_a_name_that_is_no_function_is_none(lab: Path, grader: Grader) -> None:
    solve(lab)
    with (lab / "first.py").open("a", encoding="utf-8") as file:
        file.write("\ndouble = 3\n")
    assert "first.py has no function double" in grader("check", "lab90").out


def test_a_file_saved_with_a_byte_order_mark_or_windows_line_ends_is_read(lab: Path, grader: Grader) -> None:
    solve(lab)
    for name in ("first.py", "second.py"):
        text = (lab / name).read_text(encoding="utf-8")
        (lab / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert grader("check", "lab90").code == OK


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 1 / 0", "it raised ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(0)", "it raised SystemExit: 0"),
        ("return undefined", "it raised NameError: name 'undefined' is not defined"),
        ("return double(x)", "it raised RecursionError"),
        ("return None", "None came back where a float is expected"),
        ("return lambda: x", "it returned an object of type function"),
        ("raise ValueError('\\x1b[2J\\ud800')", "it raised ValueError: �[2J�"),
        ("raise NotImplementedError('for Long')", "it raised NotImplementedError: for Long"),
        ("x.extend", "it raised AttributeError"),
        ("while True: pass", "it was stopped after 0.3 seconds"),
    ],
)
def test_what_a_function_does_wrong_is_a_sentence_of_its_check(
    body: str, words: str, lab: Path, grader: Grader
) -> None:
    solve(lab)
    replace(lab / "first.py", "return x + x", body)
    ended = grader("check", "lab90")
    assert ended.code == FAILED
    assert words in ended.out
    assert ended.out.count("✓ passed") == 2


def test_a_students_own_lines_are_shown_where_an_exception_arose(lab: Path, grader: Grader) -> None:
    solve(lab)
    replace(lab / "first.py", "return x + x", "return helper(x)\n\ndef helper(x):\n    return x / 0")
    out = grader("check", "lab90").out
    assert "in double: return helper(x)" in out
    assert "in helper: return x / 0" in out
    assert "checks.py" not in out
    assert "grader/" not in out


def test_what_a_student_prints_does_not_mix_with_json(lab: Path, grader: Grader) -> None:
    solve(lab)
    replace(lab / "first.py", "    return x + x", "    print('debugging', x)\n    return x + x")
    with (lab / "second.py").open("a", encoding="utf-8") as file:
        file.write("\nprint('importing')\n")
    ended = grader("check", "lab90", "--json")
    assert ended.code == OK
    assert set(outcomes(ended).values()) == {"passed"}
    assert "debugging 3.0" in ended.err
    assert "importing" in ended.err


def test_stopping_it_is_no_failure_of_the_grader(lab: Path, grader: Grader) -> None:
    solve(lab)
    replace(lab / "first.py", "return x + x", "raise KeyboardInterrupt")
    ended = grader("check", "lab90")
    assert (ended.code, ended.err) == (130, "Stopped.\n")


# --- damaged files of the kit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"lab = ", b"\xff\xfe\0", b"lab = 3", b"title = 'x'", b'lab = "lab90"\nlab = "lab90"', b"[[tasks]]\n" * 2],
)
def test_a_damaged_lab_toml_is_a_sentence(content: bytes, lab: Path, grader: Grader) -> None:
    (lab / "lab.toml").write_bytes(content)
    for arguments in (["check", "lab90"], ["hint", "lab90", "--task", "double"], ["submit", "lab90"]):
        ended = grader(*arguments)
        assert (ended.code, ended.out) == (FAILED, "")
        assert f"{NAME}/lab.toml: " in ended.err


@pytest.mark.parametrize(("line", "found"), [("", 1), ("format = 3\n", 3)])
def test_a_lab_of_another_format_is_refused_in_words(line: str, found: int, lab: Path, grader: Grader) -> None:
    replace(lab / "lab.toml", "format = 2\n", line)
    ended = grader("check", "lab90")
    assert (ended.code, ended.out) == (FAILED, "")
    assert f"this lab is written in format {found}; the grader reads format 2" in ended.err


def test_an_unknown_word_in_lab_toml_is_named(lab: Path, grader: Grader) -> None:
    replace(lab / "lab.toml", "allowed_imports", "alowed_imports")
    assert "alowed_imports" in grader("check", "lab90").err


def without(*path: str) -> Callable[[dict[str, Any]], object]:
    """Removes one entry of a record."""

    def remove(record: dict[str, Any]) -> None:
        for key in path[:-1]:
            record = record[key]
        del record[path[-1]]

    return remove


@pytest.mark.parametrize(
    "damage",
    [
        without("checks"),
        without("diagnoses"),
        without("checks", "doubled"),
        without("checks", "doubled", "public_points"),
        without("checks", "doubled", "cases", "three"),
        without("checks", "doubled", "cases", "three", "expected", "status"),
        without("checks", "doubled", "cases", "three", "mistakes", "squared", "status"),
        lambda record: record["checks"]["doubled"]["cases"]["three"].update(expected=None),
        lambda record: record["checks"]["doubled"]["cases"]["three"].update(mistakes=[]),
        lambda record: record["checks"]["doubled"]["cases"]["three"]["expected"].update(
            value={"tensor": "float32", "shape": [2], "values": [1]}
        ),
        lambda record: record["checks"]["doubled"]["cases"]["three"]["expected"].update(
            value={"tensor": "float99", "shape": [1], "values": [1]}
        ),
    ],
)
def test_a_damaged_record_is_a_sentence(damage: Callable[[Any], object], lab: Path, grader: Grader) -> None:
    solve(lab)
    record = json.loads((lab / "recorded.json").read_text(encoding="utf-8"))
    damage(record)
    (lab / "recorded.json").write_text(json.dumps(record), encoding="utf-8")
    ended = grader("check", "lab90")
    assert ended.code == FAILED
    assert "recorded.json" in ended.err
    assert "take it from the course's copy again" in ended.err or "make sync" in ended.err


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_a_record_that_cannot_be_read_is_a_sentence(content: bytes | None, lab: Path, grader: Grader) -> None:
    (lab / "recorded.json").unlink()
    if content is not None:
        (lab / "recorded.json").write_bytes(content)
    ended = grader("check", "lab90")
    assert (ended.code, ended.out) == (FAILED, "")
    assert "recorded.json cannot be used (" in ended.err
    assert ended.err.endswith("take it from the course's copy again\n")


@pytest.mark.parametrize("content", ["def f(:", "import no_such_module", "1 / 0"])
def test_a_damaged_checks_file_is_a_sentence(content: str, lab: Path, grader: Grader) -> None:
    (lab / "checks.py").write_text(content, encoding="utf-8")
    ended = grader("check", "lab90")
    assert (ended.code, ended.out) == (FAILED, "")
    assert "checks.py cannot be used (" in ended.err
    assert ended.err.endswith("take it from the course's copy again\n")


# --- hint -------------------------------------------------------------------------------------------------------------


def test_hints_advance_and_stop_at_the_last(lab: Path, grader: Grader) -> None:
    said = [grader("hint", "lab90", "--task", "90.1") for _ in range(5)]
    assert {ended.code for ended in said} == {OK}
    assert [ended.out.splitlines() for ended in said] == [
        ["90.1 double, hint 1 of 3:", "What is twice?"],
        ["90.1 double, hint 2 of 3:", "Add it to itself."],
        *[["90.1 double, hint 3 of 3 (the last one):", "It is x + x."]] * 3,
    ]
    out = grader("hint", "lab90", "--task", "shift").out
    assert "90.2 shift, shift_back, hint 1 of 2" in out, "each task has its own, and says of which functions they are"
    assert "hint 3 of 3" in grader("hint", "lab90", "--task", "double").out


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"hints": []}', '{"hints": {"double": "x"}}', '{"hints": {"double": -9}}',
                '{"hints": {"double": Infinity}}', '{"hints": {"double": null}}', '{"hints": {"other": 2}}']
)  # fmt: skip
def test_damaged_progress_starts_with_the_first_hint(content: str, lab: Path, grader: Grader) -> None:
    (lab / ".progress.json").write_text(content, encoding="utf-8")
    assert "hint 1 of 3" in grader("hint", "lab90", "--task", "double").out
    assert "hint 2 of 3" in grader("hint", "lab90", "--task", "double").out


def test_progress_beyond_the_last_hint_gives_the_last(lab: Path, grader: Grader) -> None:
    (lab / ".progress.json").write_text('{"hints": {"double": 99}}', encoding="utf-8")
    assert "hint 3 of 3" in grader("hint", "lab90", "--task", "double").out


# --- reset ------------------------------------------------------------------------------------------------------------


def backups(lab: Path) -> list[Path]:
    return sorted(path for path in (lab / ".backup").rglob("*") if path.is_file())


def test_reset_puts_one_task_back_and_keeps_what_was_there(lab: Path, grader: Grader) -> None:
    solve(lab)
    note = "\n\n# A note of mine.\nMINE = 1\n\n\ndef helper():\n    return 2\n"
    written = (lab / "first.py").read_text(encoding="utf-8").replace("\n\n\ndef shift(", f"{note}\n\ndef shift(")
    (lab / "first.py").write_text(written, encoding="utf-8")
    second = (lab / "second.py").read_bytes()
    ended = grader("reset", "lab90", "--task", "shift")
    assert ended.code == OK
    assert "shift, shift_back in first.py: back to the skeleton. They are one task, shift: they go back" in ended.out
    [backup] = backups(lab)
    assert backup.read_text(encoding="utf-8") == written
    assert str(backup.parent.relative_to(lab)) in ended.out
    text = (lab / "first.py").read_text(encoding="utf-8")
    assert note in text
    assert "return x + x" in text
    assert text.count("raise NotImplementedError") == 2
    assert (lab / "second.py").read_bytes() == second
    assert outcomes(grader("check", "lab90", "--json")) == {"doubled": "passed", "shifted": "todo", "totals": "passed"}


def test_resetting_every_task_gives_the_skeleton(lab: Path, grader: Grader) -> None:
    skeleton = {name: (lab / name).read_bytes() for name in ("first.py", "second.py")}
    solve(lab)
    for name in skeleton:  # a student's file has no marks of solution regions
        lines = (lab / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (lab / name).write_text("".join(line for line in lines if "# BEGIN" not in line and "# END" not in line))
        assert (lab / name).read_bytes() != skeleton[name]
    for task in ("double", "shift", "total"):
        assert grader("reset", "lab90", "--task", task).code == OK
    assert {name: (lab / name).read_bytes() for name in skeleton} == skeleton


def test_reset_counts_lines_as_python_does(lab: Path, grader: Grader) -> None:
    """Form feeds and separators that other programs take for line ends are none."""
    solve(lab)
    odd = 'PAGE = """one\x0ctwo\u2028three\x1cfour\x85"""\n\x0c\n'
    text = odd + (lab / "first.py").read_text(encoding="utf-8")
    (lab / "first.py").write_text(text, encoding="utf-8")
    assert grader("reset", "lab90", "--task", "shift").code == OK
    after = (lab / "first.py").read_text(encoding="utf-8")
    assert after.startswith(odd)
    assert outcomes(grader("check", "lab90", "--json"))["doubled"] == "passed"
    assert after.count("raise NotImplementedError") == 2


def test_reset_takes_decorators_along_and_the_definition_that_counts(lab: Path, grader: Grader) -> None:
    solve(lab)
    with (lab / "first.py").open("a", encoding="utf-8") as file:
        file.write("\n\nimport functools\n\n\n@functools.cache\ndef double(x):\n    return 2 * x\n")
    assert grader("reset", "lab90", "--task", "double").code == OK
    assert outcomes(grader("check", "lab90", "--json"))["doubled"] == "todo"
    assert "@functools.cache" not in (lab / "first.py").read_text(encoding="utf-8")


def test_reset_reads_a_file_with_a_byte_order_mark_and_windows_line_ends(lab: Path, grader: Grader) -> None:
    solve(lab)
    text = (lab / "first.py").read_text(encoding="utf-8")
    (lab / "first.py").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert grader("reset", "lab90", "--task", "double").code == OK
    assert outcomes(grader("check", "lab90", "--json")) == {"doubled": "todo", "shifted": "passed", "totals": "passed"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"def double(x:\n", "first.py cannot be read as Python ("),
        (b"\xff", "first.py cannot be read as Python ("),
        (b"x = 1\0", "first.py cannot be read as Python ("),
        (b"def shift():\n    pass\n", "first.py has no function double any more."),
        (None, "first.py cannot be read (No such file or directory)."),
    ],
)
def test_a_task_that_cannot_be_reset_is_left_alone_and_the_way_out_is_said(
    content: bytes | None, words: str, lab: Path, grader: Grader
) -> None:
    (lab / "first.py").unlink()
    if content is not None:
        (lab / "first.py").write_bytes(content)
    ended = grader("reset", "lab90", "--task", "double")
    assert (ended.code, ended.out) == (FAILED, "")
    assert words in ended.err
    assert ended.err.endswith("make lab90-reset FILE=first.py puts the whole file back\n")
    assert (lab / "first.py").exists() == (content is not None)
    assert content is None or (lab / "first.py").read_bytes() == content
    whole = grader("reset", "lab90", "--file", "first.py")
    assert whole.code == OK
    assert (lab / "first.py").read_bytes() == (lab / ".skeleton" / "first.py").read_bytes()
    assert [backup.read_bytes() for backup in backups(lab)] == ([] if content is None else [content])


def test_each_reset_keeps_a_backup_of_its_own(lab: Path, grader: Grader) -> None:
    for text in ("one = 1", "two = 2", "three = 3"):
        (lab / "first.py").write_text(text, encoding="utf-8")
        assert grader("reset", "lab90", "--file", "first.py").code == OK
    assert [backup.read_text(encoding="utf-8") for backup in backups(lab)] == ["one = 1", "two = 2", "three = 3"]


def test_a_missing_skeleton_is_a_sentence(lab: Path, grader: Grader) -> None:
    shutil.rmtree(lab / ".skeleton")
    before = (lab / "first.py").read_bytes()
    for option in (("--task", "double"), ("--file", "first.py")):
        ended = grader("reset", "lab90", *option)
        assert ended.code == FAILED
        assert "is missing: take it from the course's copy again" in ended.err
    assert (lab / "first.py").read_bytes() == before


# --- verify -----------------------------------------------------------------------------------------------------------


def test_verify_unpacks_an_archive_as_grading_does_and_checks_it_again(lab: Path, kit: Path, grader: Grader) -> None:
    solve(lab)
    grader("submit", "lab90", "--student", "ada", "--out", str(kit / "out"))
    [archive] = (kit / "out").iterdir()
    ended = grader("verify", str(archive))
    assert ended.code == OK
    assert f"{archive.name}, of ada: grading takes first.py, second.py\n" in ended.out
    assert "2.4 of 2.4 points checked here." in ended.out
    replace(lab / "first.py", "return [x - by", "return [x + by")
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("lab90/../../evil.py", "x = 1")
        file.writestr("lab90/notes.txt", "for me")
    ended = grader("verify", str(archive))
    assert ended.code == FAILED, "something in it is not taken"
    for note in (
        "evil.py lies outside of the folder",
        "ignored: lab90/notes.txt",
        "first.py is another one in your lab",
    ):
        assert note in ended.out
    assert "2.4 of 2.4 points checked here." in ended.out, "the archive's files count, not those of the folder"


def test_verify_says_what_is_open_in_an_archive(lab: Path, kit: Path, grader: Grader) -> None:
    solve(lab)
    replace(lab / "first.py", "return [x - by for x in xs]", "return [x - by for x in xs")
    packed = grader("submit", "lab90", "--student", "ada", "--out", str(kit / "out"))
    [archive] = (kit / "out").iterdir()
    ended = grader("verify", str(archive))
    assert ended.code == FAILED
    for said in (packed.out, ended.out):
        assert said.count("syntax error") == 1
        assert "Until that is fixed, none of these tasks can be checked: 90.1" in said
    assert "make verify FILE=" in packed.out and "Nothing has been sent" in packed.out


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("ada.zip", b"PK", "does not say of which lab it is"),
        ("ada_lab90.zip", b"no archive", "cannot be read"),
        ("ada_lab90_missing.zip", None, "does not exist"),
    ],
)
def test_what_cannot_be_verified_is_a_sentence(
    kit: Path, grader: Grader, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (kit / name).write_bytes(content)
    ended = grader("verify", str(kit / name))
    assert ended.code in (FAILED, CALLED_WRONGLY)
    assert words in ended.err


# --- submit -----------------------------------------------------------------------------------------------------------


def test_submit_packs_what_is_handed_in_with_a_manifest(lab: Path, kit: Path, grader: Grader) -> None:
    solve(lab)
    (lab / "notes.txt").write_text("for me", encoding="utf-8")
    ended = grader("submit", "lab90", "--student", "ada.l@uni+x", "--out", str(kit / "out" / "deep"))
    assert ended.code == OK
    assert "2.4 of 2.4 points checked here." in ended.out
    assert "Packed for ada.l@uni+x:\n" in ended.out
    assert "Still open" not in ended.out
    [archive] = (kit / "out" / "deep").iterdir()
    assert archive.name in ended.out
    assert archive.match("ada.l@uni+x_lab90_????????-??????.zip")
    with zipfile.ZipFile(archive) as file:
        assert sorted(file.namelist()) == ["lab90/first.py", "lab90/manifest.json", "lab90/second.py"]
        manifest = json.loads(file.read("lab90/manifest.json"))
        for name in ("first.py", "second.py"):
            data = file.read(f"lab90/{name}")
            assert data == (lab / name).read_bytes()
            assert manifest["sha256"][name] == hashlib.sha256(data).hexdigest()
    assert (manifest["lab"], manifest["student"], len(manifest["sha256"])) == ("lab90", "ada.l@uni+x", 2)


def test_submit_says_what_is_open_and_packs_all_the_same(lab: Path, kit: Path, grader: Grader) -> None:
    (lab / "second.py").unlink()
    replace(
        lab / "first.py", '    """Twice x."""\n    # TODO: your code\n    raise NotImplementedError', "    return x * x"
    )
    ended = grader("submit", "lab90", "--student", "ada", "--out", str(kit / "out"))
    assert ended.code == OK
    for sentence in (
        "second.py is missing",
        "90.1 double does not pass its checks",
        "90.2 shift is still a TODO",
        "90.3 total does not pass its checks",
    ):
        assert f"  - {sentence}\n" in ended.out
    [archive] = (kit / "out").iterdir()
    with zipfile.ZipFile(archive) as file:
        assert file.namelist() == ["lab90/first.py", "lab90/manifest.json"]


def test_submit_takes_the_login_name_where_no_other_is_given(
    kit: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    ended = grader("submit", "lab90", "--out", str(kit / "out"))
    assert ended.code == OK
    assert "Packed for grace, your login name; if it is not your id, type STUDENT=your-id:" in ended.out
    [archive] = (kit / "out").iterdir()
    assert archive.name.startswith("grace_lab90_")
    monkeypatch.setenv("LOGNAME", "CAMPUS\\grace")
    ended = grader("submit", "lab90", "--out", str(kit / "out"))
    assert ended.code == CALLED_WRONGLY
    assert "cannot be a student's id: use letters" in ended.err


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users without a name exist where users have numbers")
def test_a_user_without_a_name_is_asked_for_one(kit: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under any number."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 1_234_567_890)
    ended = grader("submit", "lab90", "--out", str(kit / "out"))
    assert ended.code == CALLED_WRONGLY
    assert "say who hands in: --student your-id" in ended.err
    assert not (kit / "out").exists()


def test_nothing_to_hand_in_is_a_sentence(lab: Path, kit: Path, grader: Grader) -> None:
    for name in ("first.py", "second.py"):
        (lab / name).unlink()
    ended = grader("submit", "lab90", "--student", "ada", "--out", str(kit / "out"))
    assert ended.code == FAILED
    assert "there is nothing to hand in" in ended.err
    assert not (kit / "out").exists()


TWO_CONDITIONS = """
[quiz]
questions = 3

[[milestones]]
name = "right"
title = "answers that are right"
points = 6
tasks = ["total"]
artefacts = ["runs/model.safetensors"]
target = 0.8
half = 0.6

[[milestones]]
name = "in_form"
title = "answers in the form"
points = 4
artefacts = ["runs/model.safetensors"]
target = 0.95
half = 0.9
"""


MODEL_IN_A_FOLDER = """
[[milestones]]
name = "model"
title = "a model in a folder"
points = 4
artefacts = ["runs/model/", "runs/notes.json"]
target = 0.8
half = 0.6
max_bytes = 1_000
"""


@pytest.fixture
def with_milestones(lab: Path) -> Path:
    """The lab with a quiz, and two milestones that judge the same weights."""
    with (lab / "lab.toml").open("a", encoding="utf-8") as file:
        file.write(TWO_CONDITIONS)
    (lab / "quiz.json").write_text('{"1": "a", "2": "b", "3": null}', encoding="utf-8")
    solve(lab)
    return lab


def test_two_milestones_of_the_same_weights_are_handed_in_once(
    with_milestones: Path, kit: Path, grader: Grader
) -> None:
    ended = grader("submit", "lab90", "--student", "ada", "--out", str(kit / "out"))
    assert ended.out.count("runs/model.safetensors is missing (make lab90-train)") == 1
    assert "1 quiz question is not answered" in ended.out
    runs = with_milestones / "runs"
    runs.mkdir()
    (runs / "model.safetensors").write_bytes(b"weights")
    (runs / "model.json").write_text('{"evaluation_mean": 0.5, "evaluations": {"right": 0.8735, "in_form": 0.94}}')
    ended = grader("submit", "lab90", "--student", "bob", "--out", str(kit / "out"))
    assert ended.out.count("  + runs/model.safetensors") == 1
    [archive] = (kit / "out").glob("bob*")
    with zipfile.ZipFile(archive) as file:
        assert sorted(file.namelist()) == sorted(set(file.namelist()))
        assert {"lab90/runs/model.safetensors", "lab90/runs/model.json"} <= set(file.namelist())


def test_the_table_has_each_milestones_own_figure(
    with_milestones: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (with_milestones / "runs").mkdir()
    (with_milestones / "runs" / "model.safetensors").write_bytes(b"weights")
    record = with_milestones / "runs" / "model.json"
    record.write_text('{"evaluation_mean": 0.5, "evaluations": {"right": 0.873, "in_form": 0.94}}')
    out = grader("check", "lab90").out
    assert "✓ 0.873 (target 0.8)" in out
    assert "○ 0.940 (target 0.95)" in out
    (with_milestones / "second.py").write_text("def total(xs):\n    return 0.0\n", encoding="utf-8")
    out = grader("check", "lab90").out
    assert "○ 0.873: counts with 90.3 right" in out and "○ 0.940 (target 0.95)" in out
    record.write_text('{"evaluation_mean": 0.5}')
    out = grader("check", "lab90").out
    assert (out.count("saved; judged when it is graded"), out.count("saved: counts with 90.3 right")) == (1, 1)


def test_what_is_below_its_target_is_to_be_trained_again_before_the_quiz(with_milestones: Path, grader: Grader) -> None:
    solve(with_milestones)
    (with_milestones / "runs").mkdir()
    (with_milestones / "runs" / "model.safetensors").write_bytes(b"weights")
    record = with_milestones / "runs" / "model.json"
    record.write_text('{"evaluations": {"right": 0.9, "in_form": 0.94}}')
    assert "Next: make lab90-train: what is saved is below the target." in grader("check", "lab90").out
    record.write_text('{"evaluations": {"right": 0.9, "in_form": 0.95}}')
    assert "Next: the quiz in README.md" in grader("check", "lab90").out


def test_a_folder_that_training_saved_is_handed_in_whole(lab: Path, kit: Path, grader: Grader) -> None:
    with (lab / "lab.toml").open("a", encoding="utf-8") as file:
        file.write(MODEL_IN_A_FOLDER)
    solve(lab)
    ended = grader("submit", "lab90", "--student", "ada", "--out", str(kit / "out"))
    assert "runs/model/ is missing (make lab90-train)" in ended.out
    assert "runs/notes.json is missing (make lab90-train)" in ended.out
    assert "make lab90-train" in grader("check", "lab90").out
    for name, size in (("model/config.json", 2), ("model/parts/1.safetensors", 500), ("notes.json", 499)):
        (lab / "runs" / name).parent.mkdir(parents=True, exist_ok=True)
        (lab / "runs" / name).write_bytes(b"0" * size)
    (lab / "runs" / "model.json").write_text('{"evaluation_mean": 0.25}')
    ended = grader("submit", "lab90", "--student", "bob", "--out", str(kit / "out"))
    assert "the grader does not accept so many bytes of runs/model/, runs/notes.json" in ended.out
    [archive] = (kit / "out").glob("bob*")
    with zipfile.ZipFile(archive) as file:
        names = {name.removeprefix("lab90/runs/") for name in file.namelist() if name.startswith("lab90/runs/")}
    assert names == {"model/config.json", "model/parts/1.safetensors", "notes.json", "model.json"}
    assert "○ 0.250 (target 0.8)" in grader("check", "lab90").out


def test_the_points_under_the_table_add_up(with_milestones: Path, grader: Grader) -> None:
    out = grader("check", "lab90").out
    assert "2.4 of 2.4 points earned here. The other 16.6 of 19 come later: 3.6 by hidden cases" in out
    assert "10 by what training saves, 3 by the quiz." in out


def test_a_bonus_task_counts_apart_and_nobody_is_sent_to_it(lab: Path, kit: Path, grader: Grader) -> None:
    replace(lab / "lab.toml", 'name = "total"\n', 'name = "total"\nbonus = true\n')
    solve(lab, "first.py")
    out = grader("check", "lab90").out
    assert "total (bonus)" in out
    assert "The other 2.4 of 4" in out
    assert "Bonus: 0 of 0.8 points earned here" in out
    assert "Next: write total" not in out
    assert "total" not in grader("submit", "lab90", "--student", "ada", "--out", str(kit / "out")).out
    solve(lab)
    assert "Bonus: 0.8 of 0.8 points earned here" in grader("check", "lab90").out


def test_slower_checks_are_named_by_the_tasks_with_which_they_run(lab: Path, grader: Grader) -> None:
    solve(lab)
    replace(lab / "checks.py", '@check("total", points=2)', '@check("total", points=2, quick=False)')
    out = grader("check", "lab90").out
    assert (
        "1.6 of 1.6 points earned here. The other 4.4 of 6 come later: 0.8 by slower checks, 3.6 by hidden cases" in out
    )
    assert "(make lab90 TASK=total) and at make lab90-submit." in out
    [row] = [line.split() for line in out.splitlines() if " total " in line]
    assert row == ["90.3", "total", "checked", "more", "slowly,", "see", "below"]
    alone = grader("check", "lab90", "--task", "total").out
    assert "0.8 of 0.8 points earned here. The other 1.2 of 2 come later: 1.2 by hidden cases." in alone
    assert "lower" not in alone


def test_all_answers_that_no_question_has_are_named(with_milestones: Path, grader: Grader, kit: Path) -> None:
    (with_milestones / "quiz.json").write_text('{"1": "e", "2": "b", "3": 7}', encoding="utf-8")
    out = grader("submit", "lab90", "--student", "ada", "--out", str(kit / "out")).out
    assert "quiz.json: every answer has to be one of a, b, c, d; look at 1, 3" in out


# --- sync -------------------------------------------------------------------------------------------------------------


def test_sync_overwrites_edits_only_when_it_is_told_to(lab: Path, grader: Grader) -> None:
    derived = (lab / "first.py").read_bytes()
    assert grader("sync").out == "lab90: nothing to change\n"
    (lab / "first.py").write_text("mine = 1", encoding="utf-8")
    ended = grader("sync")
    assert ended.code == FAILED
    assert "was edited since it was last derived (first.py): nothing was written" in ended.err
    assert (lab / "first.py").read_text(encoding="utf-8") == "mine = 1"
    assert grader("sync", "--check").code == grader("sync", "--look").code == FAILED
    assert grader("sync", "lab90", "--force").out == "lab90: first.py\n"
    assert (lab / "first.py").read_bytes() == derived
    assert [backup.read_text(encoding="utf-8") for backup in backups(lab)] == ["mine = 1"]
    assert grader("sync", "--check").code == OK
    assert grader("sync", "--look") == (OK, "lab90: as derived\n", "")


@pytest.mark.parametrize("content", [None, "", "[]", "[1]", "null", "{}"])
def test_sync_takes_what_it_does_not_know_for_edited(content: str | None, lab: Path, grader: Grader) -> None:
    """Without the hashes of the last derivation nobody can say that a file was not edited."""
    (lab / ".derived.json").unlink()
    if content is not None:
        (lab / ".derived.json").write_text(content, encoding="utf-8")
    (lab / "first.py").write_text("mine = 1", encoding="utf-8")
    assert grader("sync").code == FAILED
    assert (lab / "first.py").read_text(encoding="utf-8") == "mine = 1"


# --- grade ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hand_in(kit: Path) -> Callable[..., Path]:
    """Puts a student's files, by default the reference's, where submissions are looked for."""

    def put(student: str, files: dict[str, str] | None = None) -> Path:
        folder = kit / "submitted" / student / "lab90"
        folder.mkdir(parents=True)
        for name in ("first.py", "second.py"):
            shutil.copyfile(kit / "solutions" / NAME / name, folder / name)
        for name, text in (files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return put


@pytest.fixture
def quick_parent(warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch) -> None:
    """The warm parent that other tests use, too: a new one would take three seconds."""
    monkeypatch.setattr(work, "WarmParent", lambda *_: warm_parent)
    monkeypatch.setattr(WarmParent, "__exit__", lambda *_: None)


@pytest.mark.usefixtures("quick_parent")
def test_grade_ends_well_where_all_were_graded_whatever_their_scores(
    kit: Path, grader: Grader, hand_in: Callable[..., Path]
) -> None:
    hand_in("ada")
    hand_in("bob", {"first.py": "def double(x):\n    return x * x\n"})
    ended = grader("grade", "lab90", "submitted", "--jobs", "1", "--seed", "7")
    assert ended.code == OK
    scores = {student: read_result(kit / "graded" / student / "lab90" / "result.json") for student in ("ada", "bob")}
    assert [(result.score, result.seed, result.notes) for result in scores.values()] == [(6, 7, []), (2, 7, [])]
    assert [line.split()[:3] for line in ended.out.splitlines() if line.startswith((" ada", " bob"))] == [
        ["ada", "6", "6"],
        ["bob", "2", "6"],
    ]
    assert "2 graded with seed 7; the results are in graded/<student>/lab90/" in ended.out
    again = json.loads(grader("grade", "lab90", "submitted", "--jobs", "1", "--out", "again", "--json").out)
    assert [result["score"] for result in again] == [6, 2]


@pytest.mark.usefixtures("quick_parent")
def test_grade_says_which_submissions_need_a_person(kit: Path, grader: Grader, hand_in: Callable[..., Path]) -> None:
    hand_in("ada")
    (hand_in("bob") / "first.py").unlink()
    (kit / "submitted" / "carol").mkdir()
    (kit / "submitted" / "dave.zip").write_bytes(b"no zip")
    (hand_in("eve\x1b[2J") / "second.py").unlink()
    ended = grader("grade", "lab90", "submitted", "--jobs", "1")
    assert ended.code == FAILED
    assert "4 submissions need a person:" in ended.out
    assert "  bob: first.py is missing" in ended.out
    assert "  carol: nothing could be taken from it: there is nothing in it" in ended.out
    assert "  dave: nothing could be taken from it: dave.zip cannot be read: " in ended.out
    assert "  eve\\x1b[2J: second.py is missing" in ended.out
    assert "\x1b" not in ended.out
    scores = {path.parent.parent.name: read_result(path).score for path in (kit / "graded").rglob("result.json")}
    assert scores == {"ada": 6, "bob": 2, "carol": 0, "dave": 0, "eve\\x1b[2J": 4}


@pytest.mark.usefixtures("quick_parent")
def test_grade_tells_its_own_failure_from_a_students(kit: Path, grader: Grader, hand_in: Callable[..., Path]) -> None:
    hand_in("ada")
    assert grader("grade", "lab90", "submitted", "--jobs", "1").code == OK
    good = read_result(kit / "graded" / "ada" / "lab90" / "result.json")
    replace(kit / "solutions" / NAME / "hidden.py", "yield dict(x=float(rng.normal()))", "yield dict(x=1.0 / 0)")
    hand_in("bob")
    ended = grader("grade", "lab90", "submitted", "--jobs", "1")
    assert ended.code == GRADER_FAILED
    assert "2 submissions need a person:" in ended.out
    assert "doubled (hidden): the grader failed: ZeroDivisionError: float division by zero" in ended.out
    assert "ada: the grader failed this time; the earlier result was kept" in ended.out
    assert read_result(kit / "graded" / "ada" / "lab90" / "result.json") == good
    bob = read_result(kit / "graded" / "bob" / "lab90" / "result.json")
    assert {(check.check, check.outcome, check.points) for check in bob.checks if check.outcome != "passed"} == {
        ("doubled", "error", None)
    }


def test_grade_without_submissions_is_a_sentence(kit: Path, grader: Grader) -> None:
    (kit / "submitted").mkdir()
    ended = grader("grade", "lab90", "submitted", "--jobs", "1")
    assert (ended.code, ended.out) == (CALLED_WRONGLY, "")
    assert "there is no submission in submitted: a folder or an archive" in ended.err
    assert not (kit / "graded").exists()


def test_a_file_called_like_a_module_is_named_and_packing_goes_on(lab: Path, kit: Path, grader: Grader) -> None:
    solve(lab)
    (lab / "random.py").write_text("def helper(): return 1\n")
    checked = grader("check", "lab90")
    assert (checked.code, checked.out.count("✓ passed")) == (OK, 3)
    assert "random.py in the lab's folder has the name of the module random" in checked.out
    ended = grader("submit", "lab90", "--student", "ada", "--out", str(kit / "out"))
    assert ended.code == OK and "random.py in the lab's folder" in ended.out
    [archive] = (kit / "out").glob("*.zip")
    assert "lab90/random.py" not in zipfile.ZipFile(archive).namelist()


def test_what_is_wrong_with_a_file_is_said_once_and_what_is_next_is_its_line(lab: Path, grader: Grader) -> None:
    solve(lab)
    (lab / "first.py").write_text("x = 1\ndef double(x:\n")
    said = grader("check", "lab90").out
    assert said.count("syntax error") == 1
    assert "none of these tasks can be checked: 90.1, 90.2" in said
    assert "Next: fix first.py in " in said and "first.py:2" in said
