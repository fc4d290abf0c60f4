"""`make update`: a newer release takes the place of the older one, or nothing changes; the student's work stays."""

import io
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from grader import contents
from grader.errors import Refused
from grader.student.update import swap
from grader.student.update.plan import Plan, plan, student_files
from grader.student.update.released import read_release
from grader.student.update.swap import carry_out, finish_earlier
from grader.student.update.words import sentences

LAB = "labs/lab90_numbers"
SKELETON = '''def double(x):
    """Twice x."""
    raise NotImplementedError


def half(x):
    """x / 2."""
    raise NotImplementedError
'''
MINE = SKELETON.replace("    raise NotImplementedError\n\n\ndef half", "    return 2 * x\n\n\ndef half")
FILES = {
    "Makefile": "old:\n",
    "grader/cli.py": "old = 1\n",
    "grader/gone.py": "gone = 1\n",
    f"{LAB}/lab.toml": '[files]\ncode = ["numbers.py", "more.py"]\nanswers = ["quiz.json"]\n',
    f"{LAB}/README.md": "old handout\n",
    f"{LAB}/given.py": "given = 1\n",
    f"{LAB}/quiz.json": '{"one": null}\n',
    f"{LAB}/.skeleton/quiz.json": '{"one": null}\n',
    f"{LAB}/numbers.py": SKELETON,
    f"{LAB}/.skeleton/numbers.py": SKELETON,
    f"{LAB}/more.py": SKELETON,
    f"{LAB}/.skeleton/more.py": SKELETON,
}
NEWER = SKELETON.replace("x / 2.", "x / 2, a float.")


def released(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    contents.write_list(folder)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A student's copy of the older release, with work in it."""
    root = released(tmp_path / "copy", FILES)
    (root / LAB / "numbers.py").write_text(MINE)
    (root / LAB / "quiz.json").write_text('{"one": "a"}\n')
    (root / LAB / "runs").mkdir()
    (root / LAB / "runs" / "policy").write_bytes(b"weights")
    (root / LAB / "notes.md").write_text("mine")
    (root / "student.key").write_text("ada:key")
    return root


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    changed = {
        "Makefile": "new:\n",
        "grader/cli.py": "new = 1\n",
        f"{LAB}/README.md": "new handout\n",
        f"{LAB}/numbers.py": NEWER,
        f"{LAB}/.skeleton/numbers.py": NEWER,
        f"{LAB}/more.py": NEWER,
        f"{LAB}/.skeleton/more.py": NEWER,
        "labs/lab91_words/lab.toml": '[files]\ncode = ["words.py"]\n',
        "labs/lab91_words/words.py": "",
    }
    files = {name: text for name, text in (FILES | changed).items() if name != "grader/gone.py"}
    return released(tmp_path / "newer", files)


def snapshot(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file() and ".backup" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def planned(copy: Path, newer: Path) -> Plan:
    return plan(copy, read_release(newer))


def test_the_kit_is_the_newer_one_and_the_students_work_is_as_it_was(copy: Path, newer: Path) -> None:
    before = snapshot(copy)
    todo = planned(copy, newer)
    backup = carry_out(copy, todo, student_files(read_release(newer)))
    after = snapshot(copy)
    kept = ("quiz.json", "runs/policy", "notes.md")
    assert {name: after[f"{LAB}/{name}"] for name in kept} == {name: before[f"{LAB}/{name}"] for name in kept}
    assert after["student.key"] == b"ada:key"
    assert after[f"{LAB}/numbers.py"].decode() == MINE.replace("x / 2.", "x / 2, a float."), "both changes"
    assert after[f"{LAB}/more.py"].decode() == NEWER, "it was not begun"
    assert after["Makefile"] == b"new:\n" and "labs/lab91_words/words.py" in after and "grader/gone.py" not in after
    assert (backup / LAB / "numbers.py").read_text() == MINE and (backup / "grader" / "gone.py").exists()
    told = "\n".join(sentences(todo, copy, backup))
    assert "lab91_words is new." in told
    assert "lab90_numbers has changed: the handout, the skeleton of what you have not begun." in told
    assert f"{LAB}/numbers.py: what has changed in the skeleton (half) was merged into your file" in told
    assert "The rest of the kit: Makefile, grader." in told
    assert not planned(copy, newer).changes, "the same release again changes nothing"


def test_a_skeleton_that_changed_where_the_student_wrote_is_left_to_the_student(copy: Path, newer: Path) -> None:
    other = SKELETON.replace("    raise NotImplementedError\n\n\ndef half", "    raise TypeError\n\n\ndef half")
    files = FILES | {f"{LAB}/numbers.py": other, f"{LAB}/.skeleton/numbers.py": other}
    shutil.rmtree(newer)
    todo = planned(copy, released(newer, files))
    backup = carry_out(copy, todo, [])
    assert (copy / LAB / "numbers.py").read_text() == MINE
    [told] = [sentence for sentence in sentences(todo, copy, backup) if "numbers.py" in sentence]
    assert "is yours as it was" in told and f"compare with {LAB}/.skeleton/numbers.py" in told


def test_without_git_a_file_with_work_in_it_is_left_as_it_is(
    copy: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    todo = planned(copy, newer)
    assert (todo.became[f"{LAB}/numbers.py"], todo.became[f"{LAB}/more.py"]) == ("conflict", "new")
    carry_out(copy, todo, [])
    assert (copy / LAB / "numbers.py").read_text() == MINE


def test_a_copy_from_before_there_were_lists_loses_only_the_kits_old_files(copy: Path, newer: Path) -> None:
    (copy / "release.json").unlink()
    carry_out(copy, planned(copy, newer), [])
    assert not (copy / "grader" / "gone.py").exists()
    assert (copy / LAB / "notes.md").exists() and (copy / LAB / "runs" / "policy").exists()


def test_given_code_that_was_changed_is_the_courses_again_and_in_the_backup(copy: Path, newer: Path) -> None:
    (copy / LAB / "given.py").write_text("mine = 1\n")
    todo = planned(copy, newer)
    backup = carry_out(copy, todo, [])
    assert (copy / LAB / "given.py").read_text() == "given = 1\n"
    assert (backup / LAB / "given.py").read_text() == "mine = 1\n"
    assert any("given.py is given code that you had changed" in line for line in sentences(todo, copy, backup))


def test_where_a_file_cannot_be_changed_nothing_is(copy: Path, newer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, todo, replace = snapshot(copy), planned(copy, newer), os.replace

    def fails(source: Path, target: Path) -> None:
        if Path(target).name == "Makefile":  # the last one
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    monkeypatch.setattr(swap.os, "replace", fails)
    with pytest.raises(Refused, match=r"Nothing was updated: .*Makefile: Permission denied"):
        carry_out(copy, todo, [])
    assert snapshot(copy) == before
    assert list((copy / ".backup").iterdir()) == []


@pytest.mark.parametrize("after", [1, 5])
def test_an_update_that_is_killed_is_brought_to_its_end_by_the_next_one(copy: Path, newer: Path, after: int) -> None:
    todo = planned(copy, newer)
    child = os.fork()
    if child == 0:
        replace, done = os.replace, 0

        def dies(source: Path, target: Path) -> None:
            nonlocal done
            done += 1
            if done > after:
                os._exit(9)
            replace(source, target)

        swap.os.replace = dies  # type: ignore[assignment]
        carry_out(copy, todo, [])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert finish_earlier(copy)
    assert not planned(copy, newer).changes
    assert not finish_earlier(copy)


def test_a_zip_is_read_with_or_without_a_folder_around_it(copy: Path, newer: Path, tmp_path: Path) -> None:
    for around in ("", "release/"):
        with zipfile.ZipFile(tmp_path / "release.zip", "w") as archive:
            for name, content in snapshot(newer).items():
                archive.writestr(around + name, content)
        assert read_release(tmp_path / "release.zip") == read_release(newer)


def test_what_is_no_release_or_a_changed_one_is_refused(copy: Path, newer: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not exist"):
        read_release(tmp_path / "nothing.zip")
    (tmp_path / "folder").mkdir()
    with pytest.raises(Refused, match=r"it has no release\.json"):
        read_release(tmp_path / "folder")
    with pytest.raises(Refused, match=r"not as it was released: labs/lab90_numbers/numbers\.py and others are"):
        read_release(copy)  # a copy in which somebody worked
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4 no zip")
    with pytest.raises(Refused, match="cannot be read"):
        read_release(tmp_path / "broken.zip")


def test_no_file_of_a_zip_leads_out_of_the_folder(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("release.json", '{"files": {"../outside": "0"}}')
        archive.writestr("../outside", "x")
    (tmp_path / "evil.zip").write_bytes(packed.getvalue())
    with pytest.raises(Refused, match="leads out of the folder"):
        read_release(tmp_path / "evil.zip")
    link = zipfile.ZipInfo("Makefile")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr("release.json", f'{{"files": {{"Makefile": "{contents.hash_of(b"/etc/passwd")}"}}}}')
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(Refused, match="Makefile is"):
        read_release(tmp_path / "link.zip")


@pytest.mark.parametrize(
    ("mine", "becomes"),
    [("English\n", "newer\n"), ("中文\n", "newer\n"), ("English\nmy answer\n", "English\nmy answer\n")],
)
def test_a_report_that_was_begun_stays_and_a_blank_one_in_any_language_is_the_newer(
    mine: str, becomes: str, tmp_path: Path
) -> None:
    report, blank, chinese = f"{LAB}/report.ipynb", f"{LAB}/.skeleton/report.ipynb", f"{LAB}/.skeleton/report.zh.ipynb"
    before = FILES | {report: "English\n", blank: "English\n", chinese: "中文\n"}
    root = released(tmp_path / "copy", before)
    newer = released(tmp_path / "newer", before | {report: "newer\n", blank: "newer\n"})
    (root / report).write_text(mine, encoding="utf-8")
    release = read_release(newer)
    carry_out(root, plan(root, release), student_files(release))
    assert (root / report).read_text(encoding="utf-8") == becomes
