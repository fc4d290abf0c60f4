"""What scripts say, in the reader's language: every sentence has a translation, and whoever runs first can say it."""

import ast
import os
import re
import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest

from grader.author import sentences
from grader.grading.depends import depends_on
from grader.lab import ROOT, Lab, read_lab
from grader.sandboxes import surroundings
from labs.common import translated
from labs.common.command_line import Parser
from labs.common.translated import N_, _, ngettext, padded, pgettext, width
from tests.conftest import SOLUTIONS

MARKED = ("_", "N_")
BEFORE_SET_UP = ("translated", "command_line", "listed")  # modules of labs/common that run where nothing is installed
KEPT = {"Python", "logits", "CPU", "min", "max", "log", "gamma", "runs", "rewards", "png", "SFT", "Dev"}  # alone


def fields(text: str) -> set[str]:
    """What a text has filled in: {name} and %(name)s, each with its format."""
    braces = {f"{name}!{how}:{form}" for _text, name, form, how in string.Formatter().parse(text) if name is not None}
    return braces | set(re.findall(r"%\(\w+\)\w|%s", text))


@pytest.mark.parametrize("language", sentences.languages())
def test_every_sentence_has_a_translation_with_the_same_values(language: str) -> None:
    for message in sentences.translations(language):
        if not message.id:
            continue
        english = message.id if isinstance(message.id, str) else message.id[1]
        found = sentences.texts_of(message)
        assert found, f"{english!r} has no translation"
        for text in found:
            assert fields(text) == fields(english), english
            assert text.startswith("\n") == english.startswith("\n"), english
            assert text.endswith("\n") == english.endswith("\n"), english


def test_the_chinese_is_chinese() -> None:
    for message in sentences.translations("zh"):
        for text in sentences.texts_of(message) if message.id else ():
            words = set(re.findall("[A-Za-z]{3,}", re.sub(r"\{.*?\}", "", text)))
            assert re.search("[一-鿿]", text) or words <= KEPT, text
            assert not re.search("[一-鿿][,;:!?]|[,;:!?][一-鿿]", text), f"half-width punctuation in {text!r}"


@pytest.mark.parametrize("language", sentences.languages())
def test_the_files_are_what_the_code_says_now(language: str) -> None:
    assert sentences.differing(language) == [], "make sync"


@pytest.mark.parametrize("path", sentences.scripts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_of_a_script_is_overlooked(path: Path) -> None:
    """babel reads none inside of an f-string; and a function whose `_` is a variable could not call it."""
    said = {message for message, _context in sentences.said_in(path)}
    tree = ast.parse(path.read_bytes())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in sentences.KEYWORDS:
            defined = path.name in ("translated.py", "install.py")
            assert defined or node.func.id in imported, f"{path.name}:{node.lineno} calls what it does not import"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKED:
            [sentence] = node.args
            assert not isinstance(sentence, ast.JoinedStr), f"{path.name}:{node.lineno} is an f-string"
            if isinstance(sentence, ast.Constant):
                assert sentence.value in said, f"{path.name}:{node.lineno}"
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            names = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == "_"]
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and node.func in names]
            stored = [name for name in names if isinstance(name.ctx, ast.Store)]
            assert not calls or all(in_comprehension(function, name) for name in stored), (
                f"{path.name}: {function.name}"
            )


def in_comprehension(function: ast.FunctionDef, name: ast.Name) -> bool:
    kinds = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return any(isinstance(node, kinds) and name in ast.walk(node) for node in ast.walk(function))


def test_make_sync_takes_a_new_sentence_over_and_leaves_a_gone_one_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "zh" / "LC_MESSAGES"
    place.mkdir(parents=True)
    for suffix in (".po", ".mo"):
        shutil.copy(sentences.file_of("zh", suffix), place)
    text = (place / "labkit.po").read_text(encoding="utf-8")
    gone = '#: Makefile\nmsgid "nobody says this"\nmsgstr "没有人说"\n\n'
    head, rest = text.split("\n\n", 1)
    without_first = rest.split("\n\n", 1)[1]
    (place / "labkit.po").write_text(f"{head}\n\n{gone}{without_first}", encoding="utf-8")
    monkeypatch.setattr(sentences, "locale_folder", lambda: tmp_path)
    assert set(sentences.update("zh")) == {"labkit.po", "labkit.mo"}
    assert "nobody says this" not in (place / "labkit.po").read_text(encoding="utf-8")
    assert [m.id for m in sentences.translations("zh") if m.id and not sentences.texts_of(m)] == [first_id(rest)]
    assert sentences.update("zh") == []


def first_id(text: str) -> str:
    found = re.search(r'^msgid "(.*)"$', text, re.MULTILINE)
    assert found
    return found[1]


# --- as it is said ----------------------------------------------------------------------------------------------------


def test_a_sentence_is_said_in_the_language_of_the_variable_or_of_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = N_("Stopping after this step; Ctrl-C again stops at once.")
    assert _(stop) == stop
    monkeypatch.setenv("LAB_LANG", "zh-CN")
    assert _(stop) == "这一步做完就停；再按一次 Ctrl-C 立即停止。"
    assert ngettext("{count} seed", "{count} seeds", 3).format(count=3) == "3 个种子"
    assert pgettext("where to", "right") == "右"
    assert _("right") == "答对"
    assert _("nobody says this") == "nobody says this"
    monkeypatch.setenv("LAB_LANG", "fr")
    assert ngettext("{count} seed", "{count} seeds", 1) == "{count} seed"
    monkeypatch.delenv("LAB_LANG")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert translated.language() == "zh"


def test_chinese_takes_two_columns_each() -> None:
    assert width("训练前 3/6") == 10
    assert padded("训练前", 8) == "训练前  "
    assert padded("before", 8) == "before  "


def test_a_command_line_is_explained_and_refused_in_chinese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_LANG", "zh")
    parser = Parser("Show six held-out problems as the model answers them before and after GRPO. Given code.", prog="p")
    parser.add_argument("--problems", type=int, help=_("how many (default 6)"))
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    said = capsys.readouterr().out
    assert said.startswith("用法：p")
    assert "多少道题（默认 6）" in said
    with pytest.raises(SystemExit):
        parser.parse_args(["--problems", "x"])
    assert "p：错误：参数 --problems：无效的 int 值：'x'" in capsys.readouterr().err


def make(*words: str, **variables: str) -> str:
    environment = {**os.environ, **variables}
    done = subprocess.run(["make", *words], cwd=ROOT, env=environment, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}])
def test_make_lists_what_can_be_typed_in_chinese_whatever_the_locale(locale: dict[str, str]) -> None:
    said = make(LAB_LANG="zh", **locale)
    assert said.startswith("lab3 可以换成任何一个实验：lab0 lab1")
    assert "  make lab3-plot                        画出训练中测量的结果\n" in said
    assert not re.search(r"^  make .{33}[a-z ]+$", said, re.MULTILINE)
    assert "数字要和单词连在一起：make lab4" in make("lab", "4", LAB_LANG="zh", **locale)


def test_make_lists_it_in_english_where_there_is_no_python() -> None:
    said = make(LAB_LANG="zh", LABKIT_PYTHON="/nonexistent/python")
    assert said == make(LAB_LANG="en")
    assert "  make lab3-plot                        draw what training measured\n" in said


def test_what_runs_before_the_set_up_needs_the_standard_library_of_python_3_8_alone() -> None:
    for name in BEFORE_SET_UP:
        code = (ROOT / "labs" / "common" / f"{name}.py").read_text(encoding="utf-8")
        imported = [node for node in ast.walk(ast.parse(code, feature_version=(3, 8))) if is_import(node)]
        modules = {alias.name for node in imported if isinstance(node, ast.Import) for alias in node.names}
        modules |= {node.module or "" for node in imported if isinstance(node, ast.ImportFrom)}
        own = {"labs.common.translated"}
        assert {module.partition(".")[0] for module in modules - own} <= sys.stdlib_module_names
    for old in ("python3.8", "python3.9", "python3.12"):
        command = [old, "-S", "-c", "from labs.common import command_line, translated; print(translated._('done'))"]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env={**os.environ, "LAB_LANG": "zh"}, capture_output=True, text=True, check=False
            )
        except OSError:
            continue
        if "command not found" not in done.stderr:  # as pyenv says it of a version that is not chosen
            assert done.stdout == "完成\n", done.stderr


def is_import(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


# --- what a score depends on ------------------------------------------------------------------------------------------


def test_a_worker_says_everything_in_english_and_no_translation_changes_a_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_LANG", "zh")
    assert surroundings.environment(tmp_path)["LAB_LANG"] == "en"
    lab: Lab = read_lab(SOLUTIONS["lab3"])
    assert not [name for name in depends_on(lab) if "locale" in name or "translated" in name]
