"""Whole screens and pages in Chinese: nothing is in English but names, code, and what a user types."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.author import sync
from grader.author.skeleton import cut
from grader.grading import work
from grader.grading.asking import WarmParent
from grader.instructor import commands
from grader.lab import read_lab
from tests.seams.test_language import without_data

Said = Callable[..., str]
TEXTS = """
title = "数"
[checks]
doubled = "一个数的两倍。"
shifted = "加上去，再减回来。"
totals = "一列数的和。"
[mistakes]
squared = "你算的是平方：两倍是相加，不是 x 乘以自己。"
shifted_down = "你移动的方向反了。"
shifted_up = "你没有移回来，而是移得更远。"
last_number_lost = "你漏掉了最后一个数。"
[hints]
double = ["两倍是多少？", "加上它自己。", "就是 x + x。"]
shift = ["移动多少？", "每一个都要。"]
total = ["全部都要。", "Python 有一个专门的函数。"]
[cases]
three = "三"
nothing = "零"
"two numbers" = "两个数"
"three numbers" = "三个数"
"""
# What stands in English everywhere: names of programs and formats, and what a user types.
NAMES = re.compile(
    r"""make|grader|python|pytest|torch|numpy|Python|JSON|README|UTF|TODO|NUL|NaN|None|True|False|float|int|dict|list|
    result|check|hint|reset|submit|verify|regrade|report|grade|seed|force|jobs|sandbox|trl|path|course|toml|watch|debug|
    notebook|labs|solutions|backup|skeleton|submissions|import|bool|nobody|none|nan|zip|error|info|FILE|TASK|STUDENT""",
    re.VERBOSE,
)


@pytest.fixture
def chinese(small_kit: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kit with its lab in Chinese."""
    source = small_kit / "solutions" / "lab90_numbers"
    (source / "texts.zh.toml").write_text(TEXTS, encoding="utf-8")
    (source / "README.zh.md").write_text("# 实验 90\n", encoding="utf-8")
    sync.sync(read_lab(source), small_kit / "labs" / source.name)
    monkeypatch.setenv("LAB_LANG", "zh")
    return small_kit


def english(text: str, lab: Path) -> list[str]:
    """The words of a screen that are neither data nor names."""
    return [word for word in re.findall(r"[A-Za-z]{3,}", without_data(text, lab)) if not NAMES.fullmatch(word)]


def test_a_student_reads_chinese(said: Said, chinese: Path) -> None:
    lab = chinese / "labs" / "lab90_numbers"
    first = cut((chinese / "solutions" / lab.name / "first.py").read_text(encoding="utf-8"), "first.py")
    screens = [
        said("check", "lab90"),
        said("progress"),
        said("hint", "lab90"),
        said("hint", "lab90", "--task", "total"),
    ]
    for body in ("return 5.0", "return x * x", "return x.nothing", "return [x]", "return float('nan')"):
        (lab / "first.py").write_text(first.replace("raise NotImplementedError", body, 1), encoding="utf-8")
        screens += [said("check", "lab90"), said("check", "lab90", "--task", "double")]
        assert "✗ double" in screens[-1] and "用例“三”：" in screens[-1]
        screens.append(said("check", "lab90", "--format", "lines"))
    assert any("→ 你算的是平方" in screen for screen in screens)
    screens += [said("submit", "lab90", "--out", "handed_in", "--student", who) for who in ("../学号", "ada")]
    [archive] = (chinese / "handed_in").iterdir()
    screens += [said("verify", str(archive)), said("reset", "lab90", "--task", "double"), said("run", "lab90", "train")]
    for screen in screens:
        assert screen.strip() and english(screen, lab) == [], screen


def test_an_instructor_reads_chinese_of_what_was_graded_in_english(
    said: Said, chinese: Path, warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "WarmParent", lambda *_: warm_parent)
    monkeypatch.setattr(WarmParent, "__exit__", lambda *_: None)
    monkeypatch.setattr(commands, "solutions_folder", lambda: chinese / "solutions")
    source = chinese / "solutions" / "lab90_numbers"
    for student in ("ada", "bob", "carol"):
        shutil.copytree(source, chinese / "submitted" / student / "lab90", ignore=shutil.ignore_patterns("*.toml"))
    (chinese / "submitted" / "bob" / "lab90" / "first.py").write_text("def double(x):\n    return x * x\n", "utf-8")
    (chinese / "submitted" / "carol" / "lab90" / "second.py").write_text("def total(xs):\n    return {}\n", "utf-8")
    grade = ("grade", "lab90", "submitted", "--sandbox", "none", "--jobs", "1")
    monkeypatch.setenv("LAB_LANG", "en")
    assert "student" in said(*grade)
    monkeypatch.setenv("LAB_LANG", "zh")
    screens = [said(*grade), said("feedback", "lab90"), said("report", "lab90"), said("mark", "lab90", "ada", "x", "1")]
    pages = sorted((chinese / "feedback").rglob("feedback.*"))
    pages += [chinese / "reports" / "index.html", *sorted((chinese / "reports" / "students").iterdir())]
    assert len(pages) == 7
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert '<html lang="zh">' in text or page.suffix == ".md"
        screens.append(re.sub(r"<style>.*?</style>|<[^>]*>|&\w+;", " ", text, flags=re.DOTALL))
    for screen in screens:
        assert screen.strip() and english(screen, chinese / "labs" / "lab90_numbers") == [], screen
    bobs = (chinese / "feedback" / "bob" / "lab90" / "feedback.html").read_text(encoding="utf-8")
    assert "你算的是平方" in bobs and "一个数的两倍。" in bobs and "用例“三”：" in bobs
    for platform in ("gradescope", "github", "junit"):
        said("export", "lab90", "--to", platform)
        [bobs_file] = [path for path in (chinese / "exports").rglob("*") if path.is_file() and "bob" in path.parts]
        exported = bobs_file.read_text(encoding="utf-8")
        assert "一个数的两倍。" in exported and "值不对；应为 6" in exported
        shutil.rmtree(chinese / "exports")
    monkeypatch.setenv("LAB_LANG", "en")
    said("feedback", "lab90")
    assert "You square" in (chinese / "feedback" / "bob" / "lab90" / "feedback.html").read_text(encoding="utf-8")
