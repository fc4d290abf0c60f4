"""What a submission can say reaches people as plain text: on the instructor's screen, and in result.json."""

import io
import unicodedata
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from grader import codes
from grader.grading.rows import row_of
from grader.grading.submission import Bench, Graded, grade
from grader.instructor.table import print_summary
from grader.intake.submissions import find_submissions
from grader.languages import say
from grader.results import read_result, write_result
from tests.reading import student_reads

HOSTILE = {
    "an escape": "\x1b[2J\x1b]0;title\x07",
    "an escape of eight bits": "\x9b2J",
    "a line end": "\r\nalice 100/100\n",
    "a backspace": "\b\b\b\b100",
    "text from right to left": "\u202e001\u2066\u200f",
    "what cannot be seen": "\u200b\ufeff\u2060\U000e0041",
    "markup": "[red]100[/red][link=http://example.org]x[/link]",
    "HTML": "<script>alert(1)</script><!--",
    "a formula": "=cmd|' /C calc'!A0",
    "a zero": "a\0b",
    "line separators": "a\u2028b\u2029c\x85d",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_a_submission_says_reaches_no_terminal_as_control(
    what: str, attacked: Bench, submit: Callable[..., Graded]
) -> None:
    said = HOSTILE[what]
    graded = submit(
        attacked, double=f"def double(x):\n    raise type({said!r}.replace('\\0', ''), (Exception,), {{}})({said!r})"
    )
    assert (graded.result.score, graded.attention) == (4, [])
    shown = "".join(student_reads(check) + check.mistake for check in graded.result.checks)
    assert "it raised" in shown
    assert controls(shown.replace("\n", "")) == []
    for check in graded.result.checks:
        if check.visibility == "hidden":
            assert student_reads(check) in ("", "it raised an exception")


def test_the_graders_words_in_a_submissions_mouth_call_no_person(attack: Callable[..., str]) -> None:
    words = say(codes.KILLED(times=3))
    assert attack(f"raise ValueError({words!r})") == f"it raised ValueError: {words}"


def controls(text: str) -> list[str]:
    """Characters that a terminal would obey, or a reader would not see."""
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")]


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_name_is_one_plain_line_on_the_instructors_screen(what: str, attacked: Bench, tmp_path: Path) -> None:
    """Of a student's folder, and of a file in it."""
    name = HOSTILE[what].replace("/", "_").replace("\0", "")
    folder = tmp_path / "submitted" / f"m{name}" / "lab90"
    folder.mkdir(parents=True)
    (folder / f"n{name}").write_text("")
    (folder / f"l{name}").symlink_to("/etc/passwd")
    [submission] = find_submissions(tmp_path / "submitted", attacked.lab).submissions
    graded = grade(attacked, submission)
    result = graded.result
    assert controls(result.student + "".join(map(say, [*graded.attention, *result.notes]))) == []
    assert result.score == 0 and graded.attention, "nothing of it can be used, which a person should see"
    screen = rendered(graded)
    assert controls(screen.replace("\n", "")) == []
    assert [line for line in screen.splitlines() if line.strip().startswith("alice")] == []
    path = tmp_path / "result.json"
    assert write_result(path, result)
    assert "\x1b" not in path.read_text(encoding="utf-8")
    assert read_result(path) == msgspec.convert(msgspec.to_builtins(result), type(result))


def rendered(graded: Graded) -> str:
    """The instructor's table and list, as a terminal without colours gets it."""
    file = io.StringIO()
    console = Console(file=file, width=10_000, highlight=False, soft_wrap=True, markup=False, color_system=None)
    print_summary(console, [row_of(graded.result, "graded", graded.attention)])
    return file.getvalue()
