"""Names in Chinese: students, archives as a Chinese Windows writes them, rosters, rules, and the folder of the kit."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import handin
from grader.author import sync
from grader.intake.archives import archive_entries
from grader.intake.encodings import chinese
from grader.intake.names import labs_in
from grader.intake.roster import find, read_roster
from grader.intake.submissions import find_submissions
from grader.lab import ROOT, Lab, read_lab
from grader.policy.course import read_course


@pytest.mark.parametrize("name", ["张三", "2026张三", "李四_01", "é"])
def test_an_id_may_be_of_any_script(name: str) -> None:
    assert handin.is_student_id(name)
    key = handin.student_key("secret", name)
    manifest = handin.signed({"student": name}, key)
    assert handin.owner_of(key) == name and handin.is_signed_by(manifest, "secret", name)


@pytest.mark.parametrize("name", ["张 三", "张/三", "１２３", "e\u0301", "_张三", "", "三" * 65, "张\u202e三"])
def test_an_id_has_one_spelling_and_no_signs(name: str) -> None:
    assert not handin.is_student_id(name)


@pytest.mark.parametrize(
    ("name", "encoding", "read"),
    [
        ("张三/实验三.py", "gbk", "张三/实验三.py"),
        ("张玥/作业.py", "gbk", "张玥/作业.py"),
        ("张三/实验三.py", "utf-8", "张三/实验三.py"),
        ("Müller/größe.py", "cp437", "Müller/größe.py"),
        ("señor.py", "cp437", "señor.py"),
        ("plain/returns.py", "gbk", "plain/returns.py"),
    ],
)
def test_a_zip_without_the_flag_of_utf_8_has_its_names(name: str, encoding: str, read: str, tmp_path: Path) -> None:
    raw = name.encode(encoding)
    stand_in = "x" * len(raw)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(stand_in, "x = 1\n")
    data = (tmp_path / "a.zip").read_bytes().replace(stand_in.encode(), raw)
    [entry] = archive_entries("a.zip", data)
    assert (str(entry.path), entry.read()) == (read, b"x = 1\n")


def test_what_does_not_read_as_chinese_is_none() -> None:
    assert chinese("姓名".encode("gbk")) == "姓名"
    assert chinese(b"\xff\xfe") == chinese("Müller".encode("latin-1")) == chinese(b"plain") == ""


def test_a_submission_in_an_archive_of_a_chinese_windows_is_taken(small_lab: Lab, tmp_path: Path) -> None:
    folder, codes = "作业".encode("gbk"), {name: small_lab.path(name).read_bytes() for name in small_lab.code_files}
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as file:
        for name, data in codes.items():
            file.writestr(f"{'f' * len(folder)}/{name}", data)
    data = (tmp_path / "made.zip").read_bytes().replace(b"f" * len(folder) + b"/", folder + b"/")
    (tmp_path / "submitted").mkdir()
    (tmp_path / "submitted" / "张三_lab90_20261101-120000.zip").write_bytes(data)
    [submission] = find_submissions(tmp_path / "submitted", small_lab).submissions
    assert submission.student == "张三"
    assert [str(entry.path) for entry in archive_entries("a.zip", data)] == [f"作业/{name}" for name in codes]


def test_a_lab_is_known_by_its_chinese_name() -> None:
    assert labs_in("张三_实验3") == labs_in("实验 03") == {"lab3"}
    assert labs_in("实验报告") == set()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_roster_of_a_chinese_spreadsheet_is_read(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("学号,姓名,邮箱\n2026001,张三,zhang@example.edu\n", encoding=encoding)
    [person] = read_roster(tmp_path / "roster.csv")
    assert (person.id, person.name, person.email) == ("2026001", "张三", "zhang@example.edu")
    assert find([person], ["张三"]) == [person]


def test_the_rules_of_a_course_may_be_in_chinese(tmp_path: Path) -> None:
    rules = 'time_zone = "Asia/Shanghai"  # 截止时间\npercent_a_day = 50\n[labs.lab3]\ndue = 2026-11-02T23:59:00\n'
    (tmp_path / "课程.toml").write_text(rules, encoding="utf-8-sig")
    assert read_course(tmp_path / "课程.toml", ["lab3"]).time_zone == "Asia/Shanghai"


# --- the kit in a folder with a Chinese name, in several locales ------------------------------------------------------


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit in a folder with a Chinese name and a blank in it."""
    folder = tmp_path_factory.mktemp("课程 套件") / "实验"
    source = ROOT / "tests" / "small_lab" / "lab90_numbers"
    shutil.copytree(ROOT / "grader", folder / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        ROOT / "labs" / "common", folder / "labs" / "common", ignore=shutil.ignore_patterns("__pycache__", "*_model")
    )
    sync.sync(read_lab(source), folder / "labs" / source.name)
    (folder / "labs" / source.name / "texts.zh.toml").write_text('title = "数"\n', encoding="utf-8")
    return folder


Typed = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def typed(kit: Path) -> Typed:
    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
        left = {name: text for name, text in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
        return subprocess.run(
            [sys.executable, "-m", "grader", *arguments],
            cwd=kit,
            env={**left, "LAB_LANG": "zh", "PYTHONPATH": ".", **variables},
            capture_output=True,
            check=False,
        )

    return run


LOCALES = [{"LANG": "C", "LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "POSIX"}]


@pytest.mark.parametrize("variables", LOCALES, ids=str)
def test_chinese_comes_out_in_every_locale(typed: Typed, variables: dict[str, str]) -> None:
    done = typed("check", "lab90", **variables)
    assert done.returncode == 1 and done.stderr == b"", "nothing is written yet"
    assert "lab90：数" in done.stdout.decode() and "○ 待完成" in done.stdout.decode()


def test_a_hand_in_is_packed_and_unpacked_under_chinese_names(typed: Typed, kit: Path) -> None:
    done = typed("submit", "lab90", "--student", "张三", "--out", "提交", LC_ALL="C")
    [archive] = (kit / "提交").iterdir()
    assert done.returncode == 0 and f"提交/{archive.name}" in done.stdout.decode()
    verified = typed("verify", str(archive), LC_ALL="C")
    assert verified.returncode == 1 and "张三" in verified.stdout.decode()


def test_a_terminal_without_chinese_letters_is_spoken_to_in_english_and_told_why(typed: Typed) -> None:
    done = typed("check", "lab90", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"This terminal shows ascii, which has no characters for the language zh")
    assert b"Next: write double" in done.stdout
