"""Every catalogue is whole: the messages of English, with what they say of their values, and no English but names."""

from pathlib import Path

import pytest
from fluent.syntax import ast
from fluent.syntax.visitor import Visitor

from grader import languages
from grader.author.messages_beside import message_faults, messages_in
from grader.author.pages_beside import english_in

FOLDER = Path(languages.__file__).parent
OTHERS = [name for name in languages.languages() if name != languages.FALLBACK]


class Literals(Visitor):
    """The texts of a message."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def visit_TextElement(self, node: ast.TextElement) -> None:
        self.texts.append(node.value)


def test_chinese_is_among_the_languages() -> None:
    assert "zh" in OTHERS


@pytest.mark.parametrize("name", OTHERS)
def test_a_catalogue_has_the_messages_of_english_with_their_variables(name: str) -> None:
    english, other = (sorted((FOLDER / each).glob("*.ftl")) for each in (languages.FALLBACK, name))
    assert [path.name for path in english] == [path.name for path in other]
    for one, beside in zip(english, other, strict=True):
        assert list(message_faults([one], [beside])) == []


@pytest.mark.parametrize("name", OTHERS)
def test_a_catalogue_leaves_no_sentence_in_english(name: str) -> None:
    for identifier, message in messages_in(sorted((FOLDER / name).glob("*.ftl"))).items():
        found = Literals()
        found.visit(message)
        left = [english for text in found.texts for english in english_in(text)]
        assert not left, f"{identifier}: {left}"


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("one = { $a }\n", "the message two is missing"),
        ("one = { $a }\ntwo = b\nthree = c\n", "there is a message three that English does not have"),
        ("one = a\ntwo = b\n", "the message one says nothing of: a"),
        ("one = { $a } { $b }\ntwo = b\n", "the message one says what English does not: b"),
        ("one = { $a }\none = { $a }\ntwo = b\n", "zh.ftl: there are two messages one"),
        ("one = { $a\ntwo = b\n", "zh.ftl: one = { $a"),
    ],
)
def test_what_a_catalogue_lacks_is_named(written: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "en.ftl").write_text("one = { $n ->\n    [one] { $a }\n   *[other] { $a }s\n}\ntwo = b\n", "utf-8")
    (tmp_path / "zh.ftl").write_text(written, "utf-8")
    [found] = message_faults([tmp_path / "en.ftl"], [tmp_path / "zh.ftl"])
    assert found.startswith(fault)
