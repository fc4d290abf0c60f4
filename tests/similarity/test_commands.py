"""`grader similar`, `grader questions`, and their make targets, as an instructor types them."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import cli
from grader.intake.staging import stage
from grader.lab import ROOT, Lab
from grader.languages import say
from grader.results import CheckResult, Result, write_result
from grader.screen import console
from tests.handins import in_folder
from tests.similarity.results import dolos, jplag6

Typed = Callable[..., tuple[int, str]]
NO_VERDICT = "These are pairs to look at, and no verdict."


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Typed:
    """Types a command in an empty folder, and gives the exit code and all that was said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "_width", 200)  # COLUMNS is read once, when the first test of a process needs it

    def type_it(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["grader", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return type_it


def hand_in(lab: Lab, folder: Path, student: str, **replaced: bytes) -> Path:
    files = {name: lab.path(name).read_bytes() for name in lab.manifest.files.handed_in}
    return in_folder(folder / student / lab.name, files | {f"{name}.py": data for name, data in replaced.items()})


def graded(lab: Lab, out: Path, student: str, source: Path, **lost: float) -> None:
    """A result with all points, but for the tasks that are named."""
    checks = [
        CheckResult(task.name, "check", "", "public", "code", "passed", lost.get(task.name, task.points), task.points)
        for task in lab.manifest.tasks
    ]
    facts = (1, {}, {}, 0.0, lab.max_score, "2026-01-01T00:00:00+00:00", 1.0, [], checks)
    result = Result(2, lab.name, {}, student, stage(source, lab).digest(), *facts)
    write_result(out / student / lab.name / "result.json", result)


# --- similar ----------------------------------------------------------------------------------------------------------


def test_the_folder_comes_with_the_commands_that_are_typed_in_it(typed: Typed, lab3: Lab, tmp_path: Path) -> None:
    hand_in(lab3, tmp_path / "submitted", "ada")
    code, said = typed("similar", "lab3", "submitted", "--dest", "out")
    assert (code, said) == (0, "The code of one student is in out/; README.md has the commands for JPlag and Dolos\n")
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    commands = [line.strip() for line in readme.splitlines() if line.startswith("    ")]
    assert commands == [
        "java -jar jplag.jar -M RUN -l python3 -bc base -r jplag students",
        "grader similar --read jplag.jplag",
        "npx @dodona/dolos run -l python -i base/returns.py -f csv -o dolos/returns info-returns.csv",
        "npx @dodona/dolos run -l python -i base/losses.py -f csv -o dolos/losses info-losses.csv",
        "npx @dodona/dolos run -l python -i base/agent.py -f csv -o dolos/agent info-agent.csv",
        "grader similar --read dolos",
        "npx @dodona/dolos serve dolos/returns",
        "npx @dodona/dolos serve dolos/losses",
        "npx @dodona/dolos serve dolos/agent",
    ]
    for command in commands:
        for path in re.findall(r"base(?:/\w+\.py)?|info-\w+\.csv|students", command):
            assert (tmp_path / "out" / path).exists(), path
    assert NO_VERDICT in readme
    assert "pseudonyms" not in readme


def test_what_is_missing_is_listed_and_ends_with_1(typed: Typed, lab3: Lab, tmp_path: Path) -> None:
    hand_in(lab3, tmp_path / "submitted", "ada")
    (tmp_path / "submitted" / "\x1b[2Jeve.zip").write_bytes(b"PK")
    (tmp_path / "submitted" / "notes.txt").write_bytes(b"")
    code, said = typed("similar", "lab3", "submitted", "--blind")
    assert code == 1
    assert "\x1b" not in said
    assert "Of one student something is missing:\n  \\x1b[2Jeve: nothing could be taken from it: " in said
    assert "  notes.txt was not graded: nothing says whose it is" in said
    assert "similar-names.csv says whose each folder is" in said
    assert "Names may still stand in the code" in (tmp_path / "similar" / "README.md").read_text(encoding="utf-8")
    shutil.rmtree(tmp_path / "similar")
    code, said = typed("similar", "lab3", "submitted", "--json")
    assert code == 1
    told = json.loads(said)
    assert (told["students"], told["names"]) == (1, None)
    assert [problem["student"] for problem in told["problems"]] == ["\\x1b[2Jeve"]
    assert len(told["left"]) == 1


def test_a_result_is_a_table_of_pairs_and_no_verdict(typed: Typed, tmp_path: Path) -> None:
    dolos(tmp_path / "dolos")
    code, said = typed("similar", "--read", "dolos", "--most", "1")
    assert code == 0
    assert said.startswith(
        "Dolos compared the code. 2 pairs have something in common. Listed are 1, the most similar first.\n"
    )
    lines = said.splitlines()
    assert " ".join(lines[1].split()) == "student and student similarity longest fragment (fingerprints) files"
    assert lines[2].split() == ["ada", "ben", "0.541", "21", "students/ada/losses.py"]
    assert lines[3].split() == ["students/ben/losses.py"]
    assert lines[4].startswith(NO_VERDICT)
    assert not re.search("plagiari|cheat|copied|guilty|suspicious", said, re.IGNORECASE)


def test_a_result_as_json_has_the_measures_by_the_tool_s_own_names(typed: Typed, tmp_path: Path) -> None:
    jplag6(tmp_path / "jplag.jplag")
    code, said = typed("similar", "--read", "jplag.jplag", "--json")
    told = json.loads(said)
    assert code == 0
    assert told["note"] == say("no_verdict")
    assert (told["tool"], told["unit"], told["count"]) == ("JPlag", "tokens", 1)
    assert told["pairs"] == [
        {
            "students": ["ada", "ben"],
            "similarity": {"AVG": 0.99, "MAX": 1.0},
            "longest": 315,
            "files": ["students/ada/losses.py", "students/ben/losses.py"],
        }
    ]


def test_names_in_a_result_are_text_on_the_screen(typed: Typed, tmp_path: Path) -> None:
    table = "leftFilePath,rightFilePath,similarity,longestFragment\n"
    row = "students/\x1b[2J[red]eve/a.py,students/\u202eben/a.py,0.5,3\n"
    dolos(tmp_path / "dolos", table + row)
    said = typed("similar", "--read", "dolos")[1]
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[red]eve" in said


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["similar"], 2, "say what to do: grader similar LAB SUBMISSIONS"),
        (["similar", "lab3"], 2, "say what to do"),
        (["similar", "lab77", "submitted"], 2, "There is no lab 'lab77'"),
        (["similar", "lab3", "nowhere"], 2, "nowhere is no folder"),
        (["similar", "--read", "nowhere"], 2, "nowhere is no result that can be read here"),
        (["similar", "--read", "empty"], 1, "empty is no result that can be read here"),
        (["similar", "--read", "empty", "--most", "0"], 2, "--most"),
        (["questions", "lab3", "--submissions", "nowhere"], 1, "there is no result of lab3 in graded"),
        (["questions", "lab3"], 2, "--submissions"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_its_code(
    words: list[str], code: int, sentence: str, typed: Typed, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    ended, said = typed(*words)
    assert ended == code
    assert sentence in said
    assert "Traceback" not in said


# --- questions --------------------------------------------------------------------------------------------------------


def test_each_student_is_asked_about_own_code_that_earned_all_points(typed: Typed, lab3: Lab, tmp_path: Path) -> None:
    submitted, out = tmp_path / "submitted", tmp_path / "graded"
    others = {task.name: 0.0 for task in lab3.manifest.tasks if task.name != "reward_to_go"}
    graded(lab3, out, "ada", hand_in(lab3, submitted, "ada"))
    graded(lab3, out, "ben", hand_in(lab3, submitted, "ben"), **others)
    graded(lab3, out, "cem", hand_in(lab3, submitted, "cem"), **others, reward_to_go=0.0)
    code, said = typed("questions", "lab3", "--submissions", "submitted")
    assert code == 0
    assert said.splitlines() == [
        "Without questions:",
        "  cem: No task in Python has full points, so there is nothing to ask about.",
        "Questions for 2 students are in questions.md",
    ]
    sections = (tmp_path / "questions.md").read_text(encoding="utf-8").split("\n## ")[1:]
    assert [section.split("\n")[0] for section in sections] == ["` ada `", "` ben `", "` cem `"]
    assert [len(re.findall(r"^\d\. ", section, re.MULTILINE)) for section in sections] == [2, 2, 0]
    assert sections[1].count("` reward_to_go ` in ` returns.py `, line ") == 2
    typed("questions", "lab3", "--submissions", "submitted", "--student", "ben", "--dest", "ben.md")
    assert (tmp_path / "ben.md").read_text(encoding="utf-8").split("\n## ")[1].strip() == sections[1].strip()
    typed("questions", "lab3", "--submissions", "submitted", "--seed", "9", "--dest", "nine.md")
    assert (tmp_path / "nine.md").read_text(encoding="utf-8").split("\n## ")[1] != sections[0]


def test_whoever_cannot_be_asked_is_named_and_ends_with_1(typed: Typed, lab3: Lab, tmp_path: Path) -> None:
    submitted, out = tmp_path / "submitted", tmp_path / "graded"
    graded(lab3, out, "ada", hand_in(lab3, submitted, "ada"))
    graded(lab3, out, "again", hand_in(lab3, submitted, "again"))
    (submitted / "again" / "lab3" / "agent.py").write_text("def f(:\n", encoding="utf-8")
    graded(lab3, out, "gone", hand_in(lab3, submitted, "gone"))
    shutil.rmtree(submitted / "gone")
    graded(lab3, out, "linked", hand_in(lab3, submitted, "linked"))
    shutil.rmtree(submitted / "linked")
    (submitted / "linked").symlink_to(submitted / "ada", target_is_directory=True)
    hand_in(lab3, submitted, "new")
    graded(lab3, out, "torn", hand_in(lab3, submitted, "torn"))
    (out / "torn" / "lab3" / "result.json").write_text("{", encoding="utf-8")
    code, said = typed("questions", "lab3", "--submissions", "submitted")
    assert code == 1
    for sentence in (
        "again: other files lie in submitted than were graded. Grade again, then ask",
        "gone: there is no submission of theirs in submitted",
        "linked: nothing could be taken from it: linked is a link",
        "new: there is no result of theirs. Grade first, then ask",
        "torn: graded/torn/lab3/result.json is no result of this grader",
        "Questions for one student are in questions.md",
    ):
        assert sentence in said
    assert "def f(" not in (tmp_path / "questions.md").read_text(encoding="utf-8")


def test_questions_as_json_have_the_sentence_and_what_it_is_about(typed: Typed, lab3: Lab, tmp_path: Path) -> None:
    graded(lab3, tmp_path / "graded", "ada", hand_in(lab3, tmp_path / "submitted", "ada"))
    code, said = typed("questions", "lab3", "--submissions", "submitted", "--json")
    told = json.loads(said)
    assert code == 0
    assert (told["lab"], told["seed"]) == ("lab3", 0)
    for question in told["students"]["ada"]:
        line = lab3.path(question["file"]).read_text(encoding="utf-8").splitlines()[question["line"] - 1]
        assert question["text"] == line.strip()
        assert question["values"]["code"] in question["question"]
    assert not (tmp_path / "questions.md").exists()


def test_a_file_that_cannot_be_written_ends_with_3(typed: Typed, lab3: Lab, tmp_path: Path) -> None:
    graded(lab3, tmp_path / "graded", "ada", hand_in(lab3, tmp_path / "submitted", "ada"))
    (tmp_path / "file").write_text("no folder")
    code, said = typed("questions", "lab3", "--submissions", "submitted", "--dest", "file/questions.md")
    assert code == 3
    assert "file/questions.md could not be written" in said


# --- make -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "command"),
    [
        (
            ["similar", "LAB=lab3", "SUBMISSIONS=submitted", "DEST=out", "BLIND=1"],
            'similar "lab3" "submitted" --dest "out" --blind',
        ),
        (["similar", "READ=dolos", "MOST=5"], 'similar --read "dolos" --most "5"'),
        (
            ["questions", "LAB=lab3", "SUBMISSIONS=submitted", "STUDENT=ada", "SEED=3"],
            'questions "lab3" --submissions "submitted" --out "graded" --student "ada" --seed "3"',
        ),
    ],
)
def test_make_types_the_command(target: list[str], command: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "LABKIT_PYTHON=python", *target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert " ".join(done.stdout.replace("\\\n", "").split()).endswith(f"grader {command}")
