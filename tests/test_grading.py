"""Grading one submission: what the reference, the skeleton and half-done work earn, and what a result says."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import save

from grader import codes
from grader.checks import Case, Check
from grader.grading.asking import WarmParent
from grader.grading.milestones import judge_milestone
from grader.grading.submission import Bench, Graded, open_bench
from grader.judging.diagnosis import Heard, mistake_told
from grader.judging.judge import Known
from grader.lab import Lab
from grader.languages import say
from grader.results import CheckResult, Result, read_result, write_result
from grader.results.view import view_of
from grader.run.answers import Answer
from labs.common.networks import mlp
from tests.judging import milestone_of
from tests.reading import student_reads

Submitted = Callable[..., Path]
Grade = Callable[[Bench, Path], Graded]


def code_points(result: Result) -> tuple[float, float]:
    code = [check for check in result.checks if check.kind == "code"]
    return round(sum(check.points or 0 for check in code), 2), round(sum(check.max_points for check in code), 2)


@pytest.mark.parametrize("run_name", ["lab0_run", "lab3_run"])
def test_the_reference_earns_every_point_of_public_and_hidden_checks(
    run_name: str, submitted: Submitted, graded: Grade, request: pytest.FixtureRequest
) -> None:
    run: Bench = request.getfixturevalue(run_name)
    result = graded(run, submitted(run.lab)).result
    earned, possible = code_points(result)
    assert earned == possible == sum(task.points for task in run.lab.manifest.tasks)
    assert {check.visibility for check in result.checks if check.kind == "code"} == {"public", "hidden"}


@pytest.mark.parametrize("run_name", ["lab0_run", "lab3_run"])
def test_the_skeleton_earns_nothing_and_is_all_todo(
    run_name: str, submitted: Submitted, graded: Grade, request: pytest.FixtureRequest
) -> None:
    run: Bench = request.getfixturevalue(run_name)
    result = graded(run, submitted(run.lab, skeleton=True)).result
    assert code_points(result)[0] == 0
    assert {check.outcome for check in result.checks if check.kind == "code"} == {"todo"}


def test_a_score_does_not_depend_on_the_seed(lab3_run: Bench, submitted: Submitted, graded: Grade) -> None:
    source = lab3_run.lab.path("losses.py").read_text(encoding="utf-8")
    folder = submitted(lab3_run.lab, {"losses.py": source.replace("* ~terminated", "")})
    scores = {graded(dataclasses.replace(lab3_run, seed=seed), folder).result.score for seed in range(5)}
    assert len(scores) == 1


def test_every_check_of_the_lab_appears_exactly_once_whatever_was_handed_in(
    lab3_run: Bench, submitted: Submitted, graded: Grade, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()

    def names(folder: Path) -> list[tuple[str, str, str]]:
        return [(check.kind, check.check, check.visibility) for check in graded(lab3_run, folder).result.checks]

    complete = names(submitted(lab3_run.lab))
    assert len(set(complete)) == len(complete)
    assert names(submitted(lab3_run.lab, {"losses.py": "import os; os._exit(0)"})) == complete
    assert names(tmp_path / "nothing") == complete


def test_points_of_a_result_add_up_to_the_labs(lab3_run: Bench, submitted: Submitted, graded: Grade) -> None:
    result = graded(lab3_run, submitted(lab3_run.lab)).result
    assert round(sum(check.max_points for check in result.checks), 2) == result.max_score == 100
    assert result.pending_points() == 15
    report = [check for check in result.checks if check.kind == "report"]
    assert [(check.outcome, check.points) for check in report] == [("pending", None)] * 2


def test_a_mistake_is_diagnosed_on_both_sides(lab3_run: Bench, submitted: Submitted, graded: Grade) -> None:
    source = lab3_run.lab.path("losses.py").read_text(encoding="utf-8")
    wrong = source.replace("return -(logp * weights.detach()).sum()", "return (logp * weights.detach()).sum()")
    assert wrong != source
    result = graded(lab3_run, submitted(lab3_run.lab, {"losses.py": wrong})).result
    failed = [check for check in result.checks if check.outcome == "failed" and check.check == "one_episode"]
    assert {check.visibility for check in failed} == {"public", "hidden"}
    assert {lab3_run.reference.diagnoses[check.mistake].count("likel") > 0 for check in failed} == {True}


def test_a_hidden_check_tells_no_value_and_nothing_the_submission_chose(
    lab3_run: Bench, submitted: Submitted, graded: Grade
) -> None:
    source = lab3_run.lab.path("returns.py").read_text(encoding="utf-8")
    tell = "class Leak(Exception): ...\n\n\ndef reward_to_go(rewards, gamma):\n    raise Leak(f'{rewards} {gamma}')\n"
    result = graded(lab3_run, submitted(lab3_run.lab, {"returns.py": source + "\n\n" + tell})).result
    [hidden] = [c for c in result.checks if c.check == "every_step" and c.visibility == "hidden"]
    [public] = [c for c in result.checks if c.check == "every_step" and c.visibility == "public"]
    assert hidden.outcome == public.outcome == "failed"
    assert "Leak" in student_reads(public)
    assert student_reads(hidden) == "it raised an exception"


def test_a_function_that_waits_for_another_task_is_skipped_not_failed(
    lab3_run: Bench, submitted: Submitted, graded: Grade
) -> None:
    source = lab3_run.lab.path("losses.py").read_text(encoding="utf-8")
    waiting = source.replace("return (r + gamma * v_next * ~terminated).detach()", "raise NotImplementedError")
    assert waiting != source
    checks = graded(lab3_run, submitted(lab3_run.lab, {"losses.py": waiting})).result.checks
    outcomes = {(check.task, check.outcome) for check in checks if check.check in ("one_step_target", "both_losses")}
    assert outcomes == {("td_target", "todo"), ("actor_critic_losses", "skipped")}


def test_a_check_that_takes_long_is_not_asked_of_a_function_that_hangs_on_three_rewards(
    lab3_run: Bench, submitted: Submitted, graded: Grade
) -> None:
    source = lab3_run.lab.path("returns.py").read_text(encoding="utf-8")
    hanging = source + "\n\ndef reward_to_go(rewards, gamma):\n    while True:\n        pass\n"
    result = graded(lab3_run, submitted(lab3_run.lab, {"returns.py": hanging})).result
    found = {(check.check, check.visibility): check for check in result.checks}
    assert found["every_step", "public"].outcome == "timeout"
    for side in ("public", "hidden"):
        long_episode = found["long_episode", side]
        assert (long_episode.outcome, long_episode.points, long_episode.seconds) == ("skipped", 0, 0)
        assert student_reads(long_episode) == "counts once this passes: G_t for every step of one episode."


def test_quiz_answers_are_compared_with_the_key(lab3_run: Bench, submitted: Submitted, graded: Grade) -> None:
    answers = {**lab3_run.key, "1": None, "2": "z"}
    quiz_of = lambda text: [  # noqa: E731
        check.points
        for check in graded(lab3_run, submitted(lab3_run.lab, {"quiz.json": text})).result.checks
        if check.kind == "quiz"
    ]
    assert sum(quiz_of(msgspec.json.encode(lab3_run.key))) == 5
    assert sum(quiz_of(msgspec.json.encode({**answers, "2": lab3_run.key["2"].upper()}))) == 4
    assert sum(quiz_of(msgspec.json.encode(answers))) == 0  # a letter that is no choice: the whole form is wrong
    assert sum(quiz_of(b"{")) == 0
    assert sum(quiz_of(b"\xef\xbb\xbf" + msgspec.json.encode(lab3_run.key))) == 5  # as editors on Windows save it


# --- the milestone ----------------------------------------------------------------------------------------------------


def weights(**changes: torch.Tensor) -> bytes:
    return save({**{name: tensor.contiguous() for name, tensor in mlp((4, 64, 2)).state_dict().items()}, **changes})


def written(dtype: str, shape: list[int], size: int) -> bytes:
    """A file of safetensors with one tensor, as its format allows it to be written by hand."""
    header = json.dumps({"0.weight": {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(size)


def reinforce(run: Bench, data: bytes | None) -> CheckResult:
    """The milestone of that name, judged in a confined process."""
    files = {} if data is None else {"runs/reinforce.safetensors": data}
    return judge_milestone(milestone_of(run.lab, "reinforce"), run.score, files, {})


@pytest.mark.parametrize(("reached", "points"), [(500, 2), (475, 2), (474.9, 1), (300, 1), (299.9, 0)])
def test_a_milestone_gives_all_points_at_the_target_and_half_at_the_bar(
    reached: float, points: float, lab3: Lab
) -> None:
    milestone = milestone_of(lab3, "reinforce")
    files = {"runs/reinforce.safetensors": weights()}
    judged = judge_milestone(milestone, lambda _milestone, _files: Answer("value", float(reached)), files, {})
    assert (judged.points, judged.kind, judged.number) == (points, "milestone", "M")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "was not handed in"),
        (b"", "cannot be used"),
        (b"\xff" * 100, "cannot be used"),
        (weights(**{"0.weight": torch.zeros(3, 3)}), "shape (3, 3)"),
        (weights(**{"0.weight": torch.full((64, 4), float("nan"))}), "NaN or infinity"),
        (weights(**{"0.weight": torch.zeros(64, 4, dtype=torch.int64)}), "float32 is expected"),
        (weights(**{"0.weight": torch.zeros(64, 4, dtype=torch.float8_e4m3fn)}), "float32 is expected"),
        (written("F4", [64, 4], 128), "cannot be used"),
        (weights(extra=torch.zeros(1)), "extra"),
        (save({"0.bias": torch.zeros(64)}), "lack 0.weight"),
        (weights(**{"0.weight": torch.full((64, 4), 1e300, dtype=torch.float64)}), "NaN or infinity"),
        (written("F8_E8M0", [4], 4), "cannot be used"),
        (written("F32", [0, 2**62, 4], 0), "cannot be used"),
        (written("F32", [2**63, 0], 0), "cannot be used"),
        (written("\x1b[2J" * 100_000, [1], 4), "unknown variant `�[2J"),
    ],
)
def test_weights_that_cannot_be_played_are_a_sentence(data: bytes | None, words: str, lab3_run: Bench) -> None:
    judged = reinforce(lab3_run, data)
    assert (judged.outcome, judged.points) == ("failed", 0)
    assert words in student_reads(judged)
    assert len(student_reads(judged)) < 300


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_weights_of_other_float_types_are_played(dtype: torch.dtype, lab3_run: Bench) -> None:
    others = weights(**{"0.weight": torch.zeros(64, 4, dtype=dtype)})
    assert student_reads(reinforce(lab3_run, others)).startswith("reached ")


def test_two_milestones_judge_the_same_weights_each_for_its_own(
    lab3_run: Bench, submitted: Submitted, graded: Grade
) -> None:
    """As where a language model has to be right, and to keep to a form; a score below 1 is told to three decimals."""
    first = lab3_run.lab.manifest.milestones[0]
    fractions = [
        msgspec.structs.replace(first, name=name, points=points, target=target, half=0.5, max_bytes=size)
        for name, points, target, size in (
            ("right", 6, 0.8, 4_000_000),
            ("in_form", 4, 0.95, 3_000),
            ("small", 1, 0, 9),
        )
    ]
    manifest = msgspec.structs.replace(lab3_run.lab.manifest, milestones=fractions)
    lab = msgspec.structs.replace(lab3_run.lab, manifest=manifest)
    reached = {"right": 0.8734, "in_form": 0.94}
    run = dataclasses.replace(lab3_run, lab=lab, score=lambda one, _files: Answer("value", reached[one.name]))
    folder = submitted(lab)
    [name] = first.artefacts
    (folder / name).parent.mkdir()
    (folder / name).write_bytes(weights())
    result = graded(run, folder).result
    found = {check.check: (check.points, student_reads(check)) for check in result.checks if check.kind == "milestone"}
    assert found == {
        "right": (6, "reached 0.873; target 0.8, half at 0.5"),
        "in_form": (2, "reached 0.940; target 0.95, half at 0.5"),
        "small": (0, f"{name}: {len(weights())} bytes in all; 9 are allowed"),
    }
    assert [note for note in result.notes if name in say(note)] == []


def test_milestones_that_a_run_does_not_play_are_skipped_and_still_listed(
    lab3_run: Bench, submitted: Submitted, graded: Grade
) -> None:
    result = graded(dataclasses.replace(lab3_run, score=None), submitted(lab3_run.lab)).result
    milestones = [check for check in result.checks if check.kind == "milestone"]
    assert [(check.outcome, check.points) for check in milestones] == [("skipped", None)] * 4


def test_weights_that_are_too_large_are_not_taken_and_the_milestone_says_so(
    lab3_run: Bench, submitted: Submitted, graded: Grade
) -> None:
    folder = submitted(lab3_run.lab)
    (folder / "runs").mkdir()
    (folder / "runs" / "reinforce.safetensors").write_bytes(bytes(4_000_001))
    checks = {check.check: check for check in graded(lab3_run, folder).result.checks if check.kind == "milestone"}
    assert student_reads(checks["reinforce"]).endswith("4,000,001 bytes; 4,000,000 are allowed: it was not taken")
    assert student_reads(checks["simple_pg"]) == "runs/simple_pg.safetensors was not handed in"


def test_an_untrained_policy_is_played_and_earns_nothing(lab3_run: Bench) -> None:
    torch.manual_seed(0)
    judged = reinforce(lab3_run, weights())
    assert judged.points == 0
    assert student_reads(judged).startswith("reached ")


# --- bonus ------------------------------------------------------------------------------------------------------------


def test_bonus_points_are_listed_apart_from_the_score(
    small_lab: Lab, warm_parent: WarmParent, submitted: Submitted, graded: Grade
) -> None:
    tasks = [msgspec.structs.replace(task, bonus=task.name == "total") for task in small_lab.manifest.tasks]
    manifest = msgspec.structs.replace(small_lab.manifest, tasks=tasks)
    lab = msgspec.structs.replace(small_lab, manifest=manifest)
    result = graded(open_bench(lab, warm_parent, seed=1), submitted(lab)).result
    assert (result.score, result.max_score) == (4, 4)
    bonus = [check for check in result.checks if check.kind == "bonus"]
    assert {check.task for check in bonus} == {"total"}
    assert sum(check.points or 0 for check in bonus) == 2
    assert [task.task for task in view_of(result).tasks if task.bonus] == ["total"]
    failed = graded(open_bench(lab, warm_parent, seed=1), submitted(lab, {"second.py": "total = None\n"})).result
    assert (failed.score, failed.max_score) == (4, 4)
    assert not any(check.points for check in failed.checks if check.kind == "bonus")


# --- result.json ------------------------------------------------------------------------------------------------------


def test_a_result_survives_its_file(lab0_run: Bench, submitted: Submitted, graded: Grade, tmp_path: Path) -> None:
    result = graded(lab0_run, submitted(lab0_run.lab)).result
    assert write_result(tmp_path / "out" / "result.json", result)
    assert read_result(tmp_path / "out" / "result.json") == result
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["result.json"]


def test_the_graders_own_fault_never_replaces_a_good_result(
    lab0_run: Bench, submitted: Submitted, graded: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    good = graded(lab0_run, submitted(lab0_run.lab)).result
    write_result(path, good)

    def broken_reference(*_: object) -> Answer:
        raise RuntimeError("the reference is broken")

    run = dataclasses.replace(lab0_run, seed=99)
    monkeypatch.setattr(run.reference, "answer", broken_reference)
    bad = graded(run, submitted(lab0_run.lab))
    assert {check.outcome for check in bad.result.checks if check.visibility == "hidden"} == {"error"}
    assert all(check.points is None for check in bad.result.checks if check.outcome == "error")
    assert bad.attention
    assert not write_result(path, bad.result)
    assert read_result(path) == good
    assert write_result(tmp_path / "first.json", bad.result), "without an earlier result it is kept for a person"


# --- diagnoses --------------------------------------------------------------------------------------------------------


def test_being_too_slow_is_diagnosed_only_where_a_single_known_mistake_is(lab0: Lab) -> None:
    [case] = [Case("long", {})]
    check = Check("slow", lab0.manifest.tasks[0].name, 1, "Takes no time.", lambda lab: None, cases=[case])
    slow, right = Answer("timeout", finding=codes.OUT_OF_TIME(seconds=1)), Answer("value", value=1.0)

    def diagnosis(**mistakes: Answer) -> str:
        return mistake_told(lab0, check, [Heard(check, [case], [Known(right, mistakes)], [slow])], {})

    assert diagnosis(insert=slow, wrong=right) == "insert"
    assert diagnosis(insert=slow, nested_loop=slow) == ""
    assert diagnosis(wrong=right) == ""
