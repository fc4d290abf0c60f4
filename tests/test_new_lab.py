"""make new-lab: what it writes is a lab that is sound, derives, and is refused where it would overwrite one."""

from pathlib import Path

import pytest

from grader.author import lint, sync
from grader.author.new import new_lab
from grader.errors import Refused
from grader.lab import read_lab
from grader.student import checking


def test_a_new_lab_is_sound_and_can_be_worked_on(tmp_path: Path) -> None:
    (tmp_path / "solutions").mkdir()
    files = new_lab("lab42_many_words", tmp_path / "solutions")
    lab = read_lab(tmp_path / "solutions" / "lab42_many_words")
    assert {"lab.toml", "README.md", "checks.py", "hidden.py", "mistakes.py", "alternatives.py"} < {*files}
    assert (lab.name, lab.manifest.title, lab.manifest.tasks[0].number) == ("lab42", "Many words", "42.1")
    linted = lint.lint(lab)
    assert linted.faults == []
    assert (linted.mistakes, linted.alternatives) == ((2, 2), (2, 2))

    target = tmp_path / "labs" / "lab42_many_words"
    assert "recorded.json" in sync.sync(lab, target)
    for version, outcome in ((target, "todo"), (lab.folder, "passed")):
        (target / "running.py").write_bytes((version / "running.py").read_bytes())
        checked = checking.run_public_checks(checking.open_session(read_lab(target)))
        assert [item.judged and item.judged.outcome for item in checked] == [outcome]


def test_no_text_of_a_new_lab_still_asks_to_be_filled_in(tmp_path: Path) -> None:
    for name in new_lab("lab7_x", tmp_path):
        text = (tmp_path / "lab7_x" / name).read_text(encoding="utf-8")
        assert "NUMBER" not in text and "TITLE" not in text


@pytest.mark.parametrize(
    "name", ["", "lab", "lab42", "42_words", "lab42-words", "lab42_Words", "../lab42_words", "lab42_"]
)
def test_a_name_that_no_lab_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="it has to look like lab42_words"):
        new_lab(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lab_of_that_number_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "lab42_older").mkdir()
    with pytest.raises(Refused, match="there is lab42_older already"):
        new_lab("lab42_words", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lab42_older"]
