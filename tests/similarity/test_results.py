"""What Dolos and JPlag found, as pairs to look at."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.errors import Refused
from grader.similarity import pairs
from grader.similarity.pairs import Pair, read, student_of
from grader.similarity.tools import jplag
from tests.similarity.results import DOLOS, JPLAG_TABLE, dolos, jplag5, jplag6, packed

LOSSES = "students/ada/losses.py", "students/ben/losses.py"


def test_the_tools_are_the_modules_of_their_folder() -> None:
    assert [tool.TITLE for tool in pairs.tools().values()] == ["Dolos", "JPlag"]


def test_dolos_s_pairs_are_those_of_two_students_with_something_in_common(tmp_path: Path) -> None:
    found = read(dolos(tmp_path / "dolos"), 10)
    assert (found.tool, found.unit, found.count) == ("Dolos", "fingerprints", 2)
    assert found.pairs == [
        Pair(("ada", "ben"), {"similarity": 0.5413533834586466}, 21, LOSSES),
        Pair(("ben", "eve"), {"similarity": 0.25}, 77, (LOSSES[1], "students/eve/losses.py")),
    ]
    assert read(tmp_path / "dolos" / "pairs.csv", 10) == found
    fewer = read(tmp_path / "dolos", 1)
    assert (fewer.count, fewer.pairs) == (2, found.pairs[:1])


def test_the_runs_of_dolos_on_each_file_are_one_table(tmp_path: Path) -> None:
    dolos(tmp_path / "dolos" / "losses")
    dolos(tmp_path / "dolos" / "agent", DOLOS.replace("losses.py", "agent.py").replace("0.25", "0.75"))
    found = read(tmp_path / "dolos", 10)
    assert [(pair.students, pair.files[0][-9:]) for pair in found.pairs] == [
        (("ben", "eve"), "/agent.py"),
        (("ada", "ben"), "/agent.py"),
        (("ada", "ben"), "losses.py"),
        (("ben", "eve"), "losses.py"),
    ]


def test_dolos_on_windows_gives_the_same_pairs(tmp_path: Path) -> None:
    found = read(dolos(tmp_path / "dolos", DOLOS.replace("/", "\\")), 10)
    assert found == read(dolos(tmp_path / "other"), 10)


@pytest.mark.parametrize("separator", ["/", "\\"], ids=["Linux", "Windows"])
def test_jplag_5_has_the_longest_match_in_the_file_of_a_comparison(separator: str, tmp_path: Path) -> None:
    found = read(jplag5(tmp_path / "jplag.zip", separator), 10)
    returns = "students/ada/returns.py", "students/ben/returns.py"
    assert (found.tool, found.unit, found.count) == ("JPlag", "tokens", 1)
    assert found.pairs == [Pair(("ada", "ben"), {"AVG": 0.5, "MAX": 0.9}, 70, returns)]


@pytest.mark.parametrize("separator", ["/", "\\"], ids=["Linux", "Windows"])
def test_jplag_6_has_it_in_the_overview(separator: str, tmp_path: Path) -> None:
    found = read(jplag6(tmp_path / "jplag.jplag", separator), 10)
    assert found.pairs == [Pair(("ada", "ben"), {"AVG": 0.99, "MAX": 1.0}, 315, LOSSES)]


def test_jplag_s_table_has_no_fragments(tmp_path: Path) -> None:
    (tmp_path / "jplag").mkdir()
    (tmp_path / "jplag" / "results.csv").write_text(JPLAG_TABLE, encoding="utf-8")
    found = read(tmp_path / "jplag", 10)
    assert found.pairs == [Pair(("ada", "ben"), {"AVG": 0.5, "MAX": 0.75}, None, ("students/ada", "students/ben"))]
    assert read(tmp_path / "jplag" / "results.csv", 10) == found


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("students/ada/returns.py", "ada"),
        ("/home/students/course/similar/students/ada/returns.py", "ada"),
        ("similar/students/students/returns.py", "students"),
        ("ada.py", "ada.py"),
        ("", ""),
    ],
)
def test_the_folder_below_students_says_whose_a_file_is(path: str, student: str) -> None:
    assert student_of(path) == student


Make = Callable[[Path], Path]


def table(text: str) -> Make:
    return lambda folder: dolos(folder / "dolos", text)


@pytest.mark.parametrize(
    "make",
    [
        table("leftFilePath,rightFilePath\na,b\n"),
        table(DOLOS.replace("0.25", "nan")),
        table(DOLOS.replace("0.25", "much")),
        table(DOLOS.replace("students/eve", '"students\x00')),
        table(DOLOS + "1,2\n"),
        lambda folder: packed(folder / "a.jplag", {"nothing.json": {}}),
        lambda folder: packed(folder / "a.zip", {"overview.json": "[" * 100_000}),
        lambda folder: packed(folder / "a.zip", {"overview.json": {"top_comparisons": 3}}),
        lambda folder: packed(folder / "a.jplag", {"submissionMappings.json": b"\xff", "topComparisons.json": []}),
        lambda folder: jplag6(folder / "a.jplag", longest=float("nan")),
    ],
)
def test_a_result_that_is_broken_is_said_so(make: Make, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read as a result of") as raised:
        read(make(tmp_path), 10)
    assert raised.value.exit_code == 1


def test_a_file_that_is_no_zip_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "jplag.jplag").write_bytes(b"PK\3\4 truncated")
    with pytest.raises(Refused, match=r"run it again, as the README\.md of the folder says"):
        read(tmp_path / "jplag.jplag", 10)


def test_a_result_that_unpacks_to_too_much_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jplag, "MAX_BYTES", 100)
    with pytest.raises(Refused, match=r"overview\.json has more than 100 bytes"):
        read(jplag5(tmp_path / "jplag.zip"), 10)


@pytest.mark.parametrize("name", ["nowhere", "README.md", "."])
def test_what_is_no_result_names_what_would_be_one(name: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no result")
    with pytest.raises(Refused, match=r"There are: Dolos, JPlag\."):
        read(tmp_path / name, 10)
