"""A JSON file that students fill in for a task: its blank, how it is read and graded, and that its key stays here."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.author import leaks, sync
from grader.author.skeleton import blank, cut
from grader.findings import kind_of
from grader.grading.asking import WarmParent
from grader.grading.reference import open_reference
from grader.grading.submission import Bench, Graded, open_bench
from grader.lab import Lab, lab_folders, read_lab, solutions_folder
from grader.lab.loading import MAX_ANSWER_BYTES, Blank, Broken, entries_of
from grader.results import Result
from grader.run.answers import answer_of_exception
from grader.student.reset import reset_task
from tests.reading import student_reads

FILE = "taxonomy.json"
Submitted = Callable[..., Path]
Grade = Callable[[Bench, Path], Graded]


@pytest.fixture(scope="module")
def lab2() -> Lab:
    [folder] = [folder for folder in lab_folders(solutions_folder()) if folder.name.startswith("lab2_")]
    return read_lab(folder)


@pytest.fixture(scope="module")
def lab2_run(lab2: Lab, warm_parent: WarmParent) -> Bench:
    return open_bench(lab2, warm_parent, seed=1)


def key(lab: Lab) -> dict[str, dict[str, object]]:
    return dict(json.loads(lab.path(FILE).read_text(encoding="utf-8")))


def code_points(result: Result) -> float:
    return round(sum(check.points or 0 for check in result.checks if check.kind == "code"), 2)


# --- the blank, and the key -------------------------------------------------------------------------------------------


def test_every_leaf_of_a_blank_is_null_lists_too() -> None:
    filled = blank('{"A": {"learns": ["policy", "V"], "stochastic": true}, "B": "a word"}')
    assert json.loads(filled) == {"A": {"learns": None, "stochastic": None}, "B": None}
    assert blank(filled) == filled


def test_students_get_the_blank_and_no_line_of_the_key(lab2: Lab, tmp_path: Path) -> None:
    files = sync.texts(lab2)
    assert files[FILE] == files[f".skeleton/{FILE}"] == blank(lab2.path(FILE).read_text(encoding="utf-8"))
    sync.write(files, tmp_path)
    assert leaks.leaks_in(tmp_path, [lab2]) == []
    (tmp_path / "notes.md").write_bytes(lab2.path(FILE).read_bytes())
    assert any(f"a line of the key lab2/{FILE}" in leak for leak in leaks.leaks_in(tmp_path, [lab2]))


def test_the_record_tells_nothing_of_the_key(lab2: Lab) -> None:
    reference = open_reference(lab2)
    reference.checks = [check for check in reference.checks if check.task == "taxonomy"]
    record = sync.record(reference)
    assert record.diagnoses == {}
    recorded = [case for check in record.checks.values() for case in check.cases.values()]
    assert [case["mistakes"] for case in recorded] == [{}]
    assert not {"offline", "model_free", "policy"} & set(json.dumps(recorded).replace('"', " ").split())


# --- reading ----------------------------------------------------------------------------------------------------------


def test_an_entry_is_what_stands_there_and_null_is_a_todo(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('\ufeff{"A": {"x": ["one"], "y": null}}', encoding="utf-8")
    entry = entries_of(tmp_path / FILE, "taxonomy", "lab2")
    assert not isinstance(entry, Broken)
    assert entry("A", "x") == ["one"]
    with pytest.raises(Blank) as blank_entry:
        entry("A", "y")
    found = answer_of_exception(blank_entry.value, tmp_path, 1)
    assert (found.status, found.todo) == ("todo", "taxonomy")
    for place in (("B", "x"), ("A", "z"), ("A", "x", "deeper")):
        with pytest.raises(Broken, match="has no entry"):
            entry(*place)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{'A': 1}", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 50_000, "not valid JSON"),
        (b" " * (MAX_ANSWER_BYTES + 1), "larger than"),
        (None, "is missing"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_a_sentence(content: bytes | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    broken = entries_of(tmp_path / FILE, "taxonomy", "lab2")
    assert isinstance(broken, Broken)
    assert says in str(broken)


def test_resetting_the_task_brings_the_blank_back_and_keeps_a_backup(lab2: Lab, tmp_path: Path) -> None:
    sync.write(sync.texts(lab2), tmp_path)
    (tmp_path / FILE).write_text("mine", encoding="utf-8")
    lab = read_lab(tmp_path)
    backup = reset_task(lab, lab.task("taxonomy"))
    assert backup is not None
    assert (backup / FILE).read_text(encoding="utf-8") == "mine"
    assert (tmp_path / FILE).read_text(encoding="utf-8") == blank(lab2.path(FILE).read_text(encoding="utf-8"))


# --- grading ----------------------------------------------------------------------------------------------------------


def test_the_reference_earns_everything(lab2_run: Bench, submitted: Submitted, graded: Grade) -> None:
    result = graded(lab2_run, submitted(lab2_run.lab)).result
    assert code_points(result) == sum(task.points for task in lab2_run.lab.manifest.tasks) == 72
    assert result.max_score == 100


def test_the_skeleton_earns_nothing(lab2_run: Bench, submitted: Submitted, graded: Grade) -> None:
    lab = lab2_run.lab
    source = lab.path("tabular.py").read_text(encoding="utf-8")
    empty = {"tabular.py": cut(source, "tabular.py"), FILE: sync.texts(lab)[FILE]}
    result = graded(lab2_run, submitted(lab, empty)).result
    assert code_points(result) == 0
    assert {check.outcome for check in result.checks if check.kind == "code"} == {"todo"}


def test_a_wrong_entry_costs_its_algorithm_alone_and_not_even_its_field_is_told(
    lab2_run: Bench, submitted: Submitted, graded: Grade
) -> None:
    answers = key(lab2_run.lab)
    answers["DPO"]["data"] = "on-policy"
    answers["AlphaZero"]["model"] = "model_free"
    answers["PPO"]["stochastic"] = "true"
    answers["SAC"]["learns"] = None
    result = graded(lab2_run, submitted(lab2_run.lab, {FILE: json.dumps(answers)})).result
    lost = {check.check: check for check in result.checks if check.kind == "code" and check.outcome != "passed"}
    assert set(lost) == {"dpo", "alphazero", "ppo", "sac"}
    assert code_points(result) == 72 - 0.5 - 0.75 - 0.5 - 0.5
    assert lost["dpo"].mistake == "preferences_on_policy" and lost["alphazero"].mistake
    told = {lost[name].mistake for name in ("dpo", "alphazero")}
    assert len({lab2_run.reference.diagnoses[mistake] for mistake in told}) == 1
    kinds = {kind_of(finding) for name in ("dpo", "alphazero") for finding in lost[name].findings}
    assert kinds == {"value"}
    assert lost["sac"].outcome == "todo"
    assert not any("policy" in student_reads(check) for check in lost.values()), "a hidden message holds no answer"


@pytest.mark.parametrize("content", [None, b"{", b"[]", b'"PPO"', b"[" * 50_000, b"{}"])
def test_a_file_without_answers_costs_its_own_task(
    content: bytes | None, lab2_run: Bench, submitted: Submitted, graded: Grade
) -> None:
    folder = submitted(lab2_run.lab)
    (folder / FILE).unlink()
    if content is not None:
        (folder / FILE).write_bytes(content)
    result = graded(lab2_run, folder).result
    assert code_points(result) == 62
    assert not any(check.outcome == "error" for check in result.checks)


def test_the_same_answer_everywhere_earns_little(lab2_run: Bench, submitted: Submitted, graded: Grade) -> None:
    answers = key(lab2_run.lab)
    best = max(
        code_points(graded(lab2_run, submitted(lab2_run.lab, {FILE: json.dumps(dict.fromkeys(answers, entry))})).result)
        for entry in (answers["PPO"], answers["DQN"])
    )
    assert best - 62 <= 2


def test_a_submission_packs_its_answers(lab2: Lab, tmp_path: Path) -> None:
    from grader.student.submit import files_to_hand_in

    shutil.copytree(lab2.folder, tmp_path / "lab", ignore=shutil.ignore_patterns("runs", "__pycache__"))
    assert FILE in [path.name for path in files_to_hand_in(read_lab(tmp_path / "lab"))]
