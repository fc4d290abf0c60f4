"""A language is a folder of catalogues, and nothing of the grader has to be changed for a new one.

The pseudo-language here is English in accents, made from the catalogues by Fluent's own parser. Whatever comes out of a
command without accents was not made by a catalogue.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, FluentSerializer, ast
from fluent.syntax.visitor import Transformer, Visitor

from grader import codes, languages
from grader.author.skeleton import cut
from grader.batch import runlog
from grader.findings import CODES, Finding
from grader.grading import work
from grader.grading.asking import WarmParent
from grader.instructor import commands
from grader.languages import bundle_of, say

ACCENTS = str.maketrans("aceiouyACEIOUYns", "áçéíóúýÁÇÉÍÓÚÝñš")
CATALOGUES = sorted((Path(languages.__file__).parent / "en").glob("*.ftl"))
Said = Callable[..., str]


class Accents(Transformer):
    """Puts accents on the literal text of every message."""

    def visit_TextElement(self, node: ast.TextElement) -> ast.TextElement:
        node.value = node.value.translate(ACCENTS)
        return node


class Variables(Visitor):
    """The variables of a message."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.names.add(node.id.name)


def messages() -> dict[str, ast.Message]:
    """Every message of the English catalogues, by its id."""
    found: dict[str, ast.Message] = {}
    for file in CATALOGUES:
        for entry in FluentParser().parse(file.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, ast.Junk), f"{file.name}: {entry.content}"
            if isinstance(entry, ast.Message):
                assert entry.id.name not in found, f"there are two messages {entry.id.name}"
                found[entry.id.name] = entry
    return found


@pytest.fixture
def accented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pseudo-language, in a folder of the tests, chosen by LAB_LANG."""
    (tmp_path / "languages" / "xx").mkdir(parents=True)
    for file in CATALOGUES:
        resource = Accents().visit(FluentParser().parse(file.read_text(encoding="utf-8")))
        target = tmp_path / "languages" / "xx" / file.name
        target.write_text(FluentSerializer().serialize(resource), encoding="utf-8")
    monkeypatch.setattr(languages, "__path__", [*languages.__path__, str(tmp_path / "languages")])
    monkeypatch.setenv("LAB_LANG", "xx")
    languages._catalogue.cache_clear()
    yield
    languages._catalogue.cache_clear()


def test_every_code_has_its_message_with_its_values_and_no_others() -> None:
    there = messages()
    for name, code in CODES.items():
        variables = Variables()
        variables.visit(there[name])
        assert variables.names <= set(code.values), name
    assert set(codes.HIDDEN.values()) <= set(CODES.values())


@pytest.mark.usefixtures("accented")
def test_every_message_comes_out_in_the_language_that_was_chosen() -> None:
    bundle = bundle_of("xx")
    assert "xx" in languages.languages()
    for name, message in messages().items():
        assert bundle.has_message(name)
        variables = Variables()
        variables.visit(message)
        said = say(name, **dict.fromkeys(variables.names, 7))
        assert not re.search(f"{name} \\(", said), f"{name} cannot be made from its values"


def test_what_a_language_lacks_is_said_in_english_and_what_none_has_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "yy").mkdir()
    (tmp_path / "yy" / "some.ftl").write_text("died = muerto\n", encoding="utf-8")
    monkeypatch.setattr(languages, "__path__", [*languages.__path__, str(tmp_path)])
    monkeypatch.setenv("LAB_LANG", "yy")
    languages._catalogue.cache_clear()
    try:
        assert say(codes.DIED()) == "muerto"
        assert say(codes.TODO()) == "still to do"
        assert say(Finding("of_another_version", {"value": 3})) == "of_another_version (value: 3)"
    finally:
        languages._catalogue.cache_clear()


def test_a_language_that_is_not_there_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANG", "../../etc")
    assert say(codes.TODO()) == "still to do"


# --- whole screens ----------------------------------------------------------------------------------------------------


# What is data: names of labs, tasks, functions, files and people, what the author of the lab wrote, numbers, and what a
# user types. Everything else has to come from a catalogue.
DATA = re.compile(
    r"""lab90\w*|double|shift(_back)?|total(s|led)?|\w+\.py|quiz\.json|
    README(\.md)?|Numbers|make\ [\w-]+|TASK=\S+|FILE=\S+|STUDENT=\S+|OUT=\S+|SUBMISSIONS=\S*|--?\w[\w-]*|
    \w+_bytes|(lab|equivalents)\.toml|invalid\ syntax|train|
    'utf-8'\ codec.*|case\ '[^']*'|'[^']*'|"[^"]*"|ada|bob|carol|nobody|nowhere|csv|json|dict|seed|in\ \w+:\ .*|
    \w+Error\b.*|return\ .*|https?://\S+""",
    re.VERBOSE,
)


def without_data(text: str, lab: Path) -> str:
    """The text without what is data."""
    written = [line.strip() for line in (lab / "lab.toml").read_text(encoding="utf-8").splitlines()]
    written += re.findall(r'"""(.*?)\n?(?:"""|$)', (lab / "checks.py").read_text(encoding="utf-8"))
    written += re.findall(r'"([^"]+)"', (lab / "recorded.json").read_text(encoding="utf-8"))
    written += [text for line in written for text in re.findall(r'"([^"]+)"', line)]
    text = re.sub(r"\S*/\S*", " ", text)  # paths
    for piece in sorted(filter(None, written), key=len, reverse=True):
        text = text.replace(piece, " ")
    return DATA.sub(" ", text)


def plain_words(text: str) -> list[str]:
    """Words of three letters and more that hold a letter which would have an accent, and have none."""
    return [
        word
        for word in re.findall(r"[^\W\d_]{3,}", text)
        if word.isascii() and word != word.translate(ACCENTS) and not word.isupper()
    ]


@pytest.mark.usefixtures("accented")
def test_a_students_screens_are_in_the_language_that_was_chosen(said: Said, small_kit: Path) -> None:
    lab = small_kit / "labs" / "lab90_numbers"
    screens = [said("check", "lab90"), said("hint", "lab90", "--task", "double"), said("hint", "lab90")]
    first = cut((small_kit / "solutions" / lab.name / "first.py").read_text(encoding="utf-8"), "first.py")
    wrong = {
        "a wrong value": first.replace("raise NotImplementedError", "return 5.0", 1),
        "an exception": first.replace("raise NotImplementedError", "return x.nothing", 1),
        "no Python": "def double(:\n",
        "no function": "other = 1\n",
        "an import that is not allowed": first + "\nimport trl\n",
        "a file that fails": first + "\n1 / 0\n",
        "not UTF-8": None,
    }
    for text in wrong.values():
        (lab / "first.py").write_bytes(b"\xff" if text is None else text.encode())
        screens += [said("check", "lab90"), said("check", "lab90", "--task", "double")]
    screens += [said("submit", "lab90", "--out", "handed_in", "--student", who) for who in ("ada", "../ada")]
    screens += [
        said("reset", "lab90", "--task", "double"),
        said("reset", "lab90"),
        said("reset", "lab90", "--file", "x"),
    ]
    (lab / "first.py").write_text(first, encoding="utf-8")
    screens += [
        said("reset", "lab90", "--task", "shift"),
        said("check", "lab91"),
        said("check", "lab90", "--task", "no"),
    ]
    screens += [said("run", "lab90", "train")]
    for screen in screens:
        assert plain_words(without_data(screen, lab)) == [], screen


def test_what_the_author_of_a_lab_wrote_is_said_in_the_language_that_was_chosen(
    said: Said, small_kit: Path, accented: None
) -> None:
    lab = small_kit / "labs" / "lab90_numbers"
    (lab / "texts.xx.toml").write_text(
        'title = "Nombres"\n[checks]\ndoubled = "Le double."\n[hints]\ndouble = ["Encore."]\n', encoding="utf-8"
    )
    first = cut((small_kit / "solutions" / lab.name / "first.py").read_text(encoding="utf-8"), "first.py")
    (lab / "first.py").write_text(first.replace("raise NotImplementedError", "return 5.0", 1), encoding="utf-8")
    screen = said("check", "lab90")
    assert "lab90: Nombres" in screen and "✗ double · Le double." in screen
    assert said("hint", "lab90", "--task", "double").rstrip().endswith("Encore.")


@pytest.mark.usefixtures("accented")
def test_an_instructors_screens_are_in_the_language_that_was_chosen(
    said: Said, small_kit: Path, warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "WarmParent", lambda *_: warm_parent)
    monkeypatch.setattr(WarmParent, "__exit__", lambda *_: None)
    monkeypatch.setattr(commands, "solutions_folder", lambda: small_kit / "solutions")
    source = small_kit / "solutions" / "lab90_numbers"
    for student in ("ada", "bob", "carol"):
        ignored = shutil.ignore_patterns("equivalents.toml")  # a name that students have never seen
        shutil.copytree(source, small_kit / "submitted" / student / "lab90", ignore=ignored)
    (small_kit / "submitted" / "bob" / "lab90" / "second.py").unlink()
    (small_kit / "submitted" / "carol" / "lab90" / "first.py").write_text(
        "def double(x):\n    return {}\n", encoding="utf-8"
    )
    grade = ("grade", "lab90", "submitted", "--sandbox", "none", "--jobs", "1")
    screens = [
        said(*grade),
        said(*grade),
        said("feedback", "lab90"),
        said("grade", "lab90", "nowhere", "--sandbox", "none"),
    ]
    [first, *_] = runlog.read(small_kit / "graded" / runlog.FILE)
    assert isinstance(first, runlog.Start)
    (small_kit / "submitted" / "ada" / "lab90" / "second.py").write_text("total = len\n", encoding="utf-8")
    checks = source / "checks.py"
    checks.write_text(checks.read_text(encoding="utf-8").replace("x=3.0", "x=5.0"), encoding="utf-8")
    again = ("regrade", "lab90", "--sandbox", "none", "--jobs", "1", "--seed")
    screens += [
        said(*again, "12345678"),
        said(*again, str(first.seed)),
        said("report", "lab90"),
        said("report", "lab90", "--to", "nowhere"),
        said("mark", "lab90", "ada", "x", "1"),
    ]
    pages = [small_kit / "feedback" / student / "lab90" / "feedback.html" for student in ("ada", "bob", "carol")]
    pages += [small_kit / "reports" / "index.html", *sorted((small_kit / "reports" / "students").iterdir())]
    assert len(pages) == 7
    for page in pages:
        text = page.read_text(encoding="utf-8")
        screens.append(re.sub(r"<style>.*?</style>|<[^>]*>|&\w+;", " ", text, flags=re.DOTALL))
    for screen in screens:
        assert plain_words(without_data(screen, small_kit / "labs" / "lab90_numbers")) == [], screen
