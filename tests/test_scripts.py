"""A lab's own scripts: lab.toml names them, `grader run` and `make labN-NAME` run them, `make` lists them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.cli import main
from grader.errors import Refused
from grader.lab import ROOT, Script, lab_folders, labs_folder, manifest, read_lab, solutions_folder
from grader.student.before_training import nothing_written, warnings
from grader.student.remembered import Found, remember
from grader.student.uses import fingerprints

LAB = """format = 2
lab = "lab91"
title = "Means"
allowed_imports = []

[scripts]
play = { file = "main.py", arguments = ["--mode", "play"], help = 'play (ARGS="--fast")' }
train = { file = "main.py", help = 'train' }
gone = { file = "gone.py", help = 'a file that is deleted' }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kit with one lab, which has scripts."""
    folder = tmp_path / "labs" / "lab91_means"
    shutil.copytree(Path(__file__).parent / "class_lab" / "lab91_means", folder)
    whole = (folder / "lab.toml").read_text(encoding="utf-8")
    (folder / "lab.toml").write_text(LAB + whole[whole.index("[files]") :], encoding="utf-8")
    (folder / "main.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(manifest, "ROOT", tmp_path)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    """The command that `grader run lab91` hands over to."""
    handed_over: list[list[str]] = []

    def execv(_program: str, command: list[str]) -> None:
        handed_over.append(command)

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(sys, "argv", ["grader", "run", "lab91", *arguments])
    monkeypatch.setenv("PYTHONPATH", "")
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    [command] = handed_over
    return command


def test_a_script_gets_its_own_arguments_and_then_the_students(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(folder / "main.py")
    started = [sys.executable, "-m", "labs.common.started", file]
    assert run(monkeypatch, "train") == started
    assert run(monkeypatch, "play", "--", "--seed", "3") == [*started, "--mode", "play", "--seed", "3"]


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("paly", 2, "There is no make lab91-paly. The scripts of lab91 are play, train, gone; every lab has watch, "),
        ("paly", 2, "reset, submit and notebook. Did you mean make lab91-play?"),
        ("hints", 2, "Did you mean make lab91-hint?"),
        ("zzz", 2, "There is no make lab91-zzz. "),
        ("gone", 1, "gone.py is missing: take it from the course's copy again"),
    ],
)
def test_a_script_that_is_not_there_is_told_with_those_that_are(
    name: str, code: int, says: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["grader", "run", "lab91", name])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    assert says in capsys.readouterr().err


def test_a_script_without_a_line_of_help_is_refused(folder: Path) -> None:
    text = (folder / "lab.toml").read_text(encoding="utf-8").replace(", help = 'train' }", " }")
    (folder / "lab.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="help"):
        read_lab(folder)


# --- make -------------------------------------------------------------------------------------------------------------


def make(*arguments: str) -> str:
    environment = {**os.environ, "LABKIT_PYTHON": "python"}
    typed = ["make", *arguments]
    return subprocess.run(typed, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("lab4", "grader check lab4"),
        ("lab4-test", "script lab4 test -- --render"),
        ("lab12-look-back", "script lab12 look-back -- --render"),
        ("lab4-hint", "grader hint lab4"),
        ("lab4-reset", "grader reset lab4"),
        ("lab4-submit", "grader submit lab4"),
    ],
)
def test_a_target_is_a_lab_and_what_to_do_with_it(target: str, command: str) -> None:
    assert make("--dry-run", target, "ARGS=--render").strip().endswith(f"; {command}")


def test_options_may_be_typed_in_small_letters() -> None:
    assert make("--dry-run", "lab4", "task=ratio").strip().endswith('; grader check lab4 --task "ratio"')


def test_a_lab_and_its_number_apart_are_told_how_they_belong_together() -> None:
    environment = {**os.environ, "LABKIT_PYTHON": "python"}
    done = subprocess.run(["make", "lab", "4"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "make lab4" in done.stderr


def test_a_file_called_like_a_module_stops_a_script_in_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "random.py").write_text("")
    monkeypatch.setattr(sys, "argv", ["grader", "run", "lab91", "play"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2, "make fails with it: nothing was done"
    assert "random.py in the lab's folder has the name of the module random" in capsys.readouterr().err


def test_make_lists_every_script_of_every_lab() -> None:
    """By the first lab that has it: what several have in the same words is listed once."""
    listed = [line.split(maxsplit=2)[1:] for line in make().splitlines() if line.startswith("  make ")]
    scripts: dict[tuple[str, str], list[str]] = {}
    for lab in map(read_lab, lab_folders(labs_folder())):
        for name, script in lab.manifest.scripts.items():
            scripts.setdefault((name, script.help), []).append(f"{lab.name}-{name}")
    for (_, words), targets in scripts.items():
        assert [target for target in targets if [target, words] in listed] == [targets[0]] or (
            ["lab3-" + targets[0].partition("-")[2], words] in listed
        )


def test_lab_4_plays_and_goes_on_by_its_own_scripts() -> None:
    [lab] = [read_lab(folder) for folder in lab_folders(solutions_folder()) if folder.name.startswith("lab4_")]
    scripts = lab.manifest.scripts
    assert scripts.keys() == {"train", "play", "plot", "test", "resume"}
    assert isinstance(scripts["test"], Script)
    assert (scripts["test"].file, scripts["test"].arguments) == ("train.py", ["--mode", "test"])
    assert (scripts["resume"].file, scripts["resume"].arguments) == ("train.py", ["--resume"])


def test_before_a_training_is_said_what_is_to_do_what_fails_and_what_was_not_checked(folder: Path) -> None:
    lab = read_lab(folder)
    [file] = lab.code_files
    [unchecked] = warnings(lab)
    assert unchecked.startswith("Not checked since")
    code = fingerprints(lab)
    found = {task.name: Found(task.number.endswith(".1"), 0, 1, code[task.name]) for task in lab.manifest.tasks}
    remember(lab, checked=found)
    failing = [f"{task.number} {task.name}" for task in lab.manifest.tasks if not found[task.name].passed]
    [said] = warnings(lab)
    assert said.startswith(", ".join(failing)) and "not pass the checks (make lab91)" in said
    assert not nothing_written(lab)
    names = [name for task in lab.manifest.tasks for name in task.functions]
    lab.path(file).write_text("".join(f"def {name}():\n    raise NotImplementedError\n" for name in names))
    assert warnings(lab)[0].startswith(f"Still to do: {names[0]} (")
    assert nothing_written(lab)


def test_where_nothing_is_written_no_training_begins(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = read_lab(folder)
    names = [name for task in lab.manifest.tasks for name in task.functions]
    lab.path(lab.code_files[0]).write_text("".join(f"def {name}():\n    raise NotImplementedError\n" for name in names))
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("it began"))
    monkeypatch.setattr(sys, "argv", ["grader", "run", "lab91", "train"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert "Nothing of lab91 is written yet" in capsys.readouterr().out


def test_ctrl_c_while_a_script_imports_is_a_word(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import sys\nprint(sys.argv[1:], __name__)\nraise KeyboardInterrupt\n")
    command = [sys.executable, "-m", "labs.common.started", str(tmp_path / "script.py"), "--seed", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "['--seed', '3'] __main__\n")
    assert done.stderr == "Stopped before anything was done. The same command begins again.\n"
