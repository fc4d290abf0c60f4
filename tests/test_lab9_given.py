"""Lab 9's given code: TRL's trainer under the course's bar, its checkpoints, the chat; what a student can do wrong at
the command line is answered in a sentence, and no other lab imports any of it."""

import ast
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save

from grader.author.skeleton import cut
from grader.lab import ROOT, Lab, find_lab, solutions_folder
from grader.lab.loading import load_modules
from labs.common import language_model, parallel, recipes
from labs.common.errors import CannotUse
from labs.common.toys import arithmetic
from tests.judging import judged, scored
from tests.reading import student_reads

pytestmark = pytest.mark.usefixtures("one_thread")

LIBRARIES = {"datasets", "latex2sympy2_extended", "math_verify", "peft", "pyarrow", "tensorboardX", "trl"}


@pytest.fixture(scope="module")
def lab9() -> Lab:
    return find_lab("lab9", solutions_folder())


# --- what the other labs pay for it -----------------------------------------------------------------------------------


def test_no_other_lab_imports_what_lab_9_shows() -> None:
    """But for vLLM's server, whose client is TRL's: it is imported where VLLM_SERVER is set, and nowhere else. And for
    `make tensorboard`, which no lab imports."""
    files = [
        file for file in (ROOT / "labs").rglob("*.py") if "lab9_trl" not in file.parts and "runs" not in file.parts
    ]
    for name in ("vllm_sampling", "tensorboard"):
        files.remove(ROOT / "labs" / "common" / f"{name}.py")
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            assert not LIBRARIES & {name.partition(".")[0] for name in names}, file


def test_a_language_model_is_there_without_any_of_it() -> None:
    """transformers looks whether some of them are installed; that costs nothing, an import would."""
    program = "import sys, labs.common.engines; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not LIBRARIES & set(done.stdout.split())


def test_the_students_files_are_there_without_any_of_it(lab9: Lab) -> None:
    program = "import sys, training; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=lab9.folder, capture_output=True, text=True, check=True)
    assert not (LIBRARIES | {"torch", "transformers", "sympy"}) & set(done.stdout.split())


# --- the milestones ---------------------------------------------------------------------------------------------------

WEIGHTS = "runs/trained/model.safetensors"


def test_weights_that_cannot_be_asked_are_refused_in_words(lab9: Lab) -> None:
    weights = language_model.load(arithmetic.TOY, "tiny")[0].state_dict()
    lacking = {name: tensor for name, tensor in weights.items() if name != "lm_head.weight"}
    for found, words in (
        ({WEIGHTS: save(lacking)}, "lack lm_head.weight"),
        ({WEIGHTS: b"no safetensors"}, "cannot be used"),
        ({"runs/trained/config.json": b"{}"}, "cannot be used"),
    ):
        result = judged(lab9, "accuracy", found)
        assert (result.outcome, result.points) == ("failed", 0.0)
        assert words in student_reads(result)


def test_the_shipped_model_does_not_reach_half_of_the_points(lab9: Lab) -> None:
    weights = {WEIGHTS: save(language_model.load(arithmetic.TOY, "tiny")[0].state_dict())}
    for milestone in lab9.manifest.milestones:
        assert 0 < scored(lab9, milestone.name, weights).value < milestone.half


# --- the command line -------------------------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str]]
SHORT = ("--steps", "2")


@pytest.fixture
def command(command: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """With four prompts a step, a tenth of the problems held out, and a quarter of the samples."""
    monkeypatch.delenv("MODEL", raising=False)
    train, held_out = arithmetic.rows()
    monkeypatch.setattr(arithmetic, "rows", lambda: (train, held_out[:20]))
    monkeypatch.setattr("labs.common.held_out.SAMPLES", 1)

    def run(script: str, *arguments: str, prepare: Callable[[], None] = lambda: None) -> tuple[int, str]:
        def small() -> None:
            if script == "train":
                written = __import__("training_run").Recipe
                __import__("training_run").Recipe = lambda: written(prompts=4)
                prepare()

        return command(script, *arguments, prepare=small)

    return run


@pytest.fixture
def edited(lab_copy: Path) -> Callable[..., None]:
    """Changes a file of the student's."""

    def change(name: str, before: str, after: str) -> None:
        text = (lab_copy / name).read_text(encoding="utf-8")
        assert text.count(before) == 1
        (lab_copy / name).write_text(text.replace(before, after), encoding="utf-8")

    return change


def test_a_short_run_is_saved_and_drawn_and_can_be_talked_with(command: Command, lab_copy: Path) -> None:
    code, said = command("chat", "2 + 3 * 4")
    assert (code, "make lab9-train" in said) == (1, True)
    code, said = command("plot")
    assert (code, "nothing has been trained yet" in said) == (0, True)

    code, said = command("train", *SHORT)
    assert code == 0, said
    assert "not reached yet" in said
    runs = lab_copy / "runs"
    record = json.loads((runs / "trained.json").read_text())
    assert set(record["evaluations"]) == {"accuracy", "format"}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {
        file.name for file in (runs / "trained").iterdir()
    }
    assert list((runs / "tensorboard" / "trl-seed0-steps2").glob("events.*"))
    code, said = command("train", *SHORT)
    assert (code, "trained already" in said) == (0, True)

    code, said = command("chat", "2 + 3 * 4 = what?")
    assert code == 0
    assert "The model has no token for w h a t ?" in said
    assert "2 + 3" not in said, "the reply alone"

    code, said = command("plot")
    assert (code, "nothing has been trained yet" in said) == (0, True), "short tries are not drawn"
    [curve] = (runs / "curves").iterdir()
    curve.write_text(json.dumps(json.loads(curve.read_text()) | {"left_out": ""}))
    code, said = command("plot")
    assert (code, "trl: seed 0, up to 2 steps" in said) == (0, True)
    assert "the report asks for 3 seeds of trl" in said
    assert (runs / "trl.png").exists()


def test_a_stopped_training_goes_on_from_trls_checkpoint_to_the_same_end(command: Command, lab_copy: Path) -> None:
    four = ("--steps", "4")
    command("train", *four)
    curve = lab_copy / "runs" / "curves" / "trl-seed0-steps4.json"
    expected = json.loads(curve.read_text())["curves"]
    assert len(expected["reward"][0]) == 4

    def stop_after_two_steps() -> None:
        run = __import__("training_run").GRPORun
        logged = run.logged

        def interrupted(self: Any, step: int, logs: dict[str, float]) -> None:
            logged(self, step, logs)
            if step == 2:
                signal.raise_signal(signal.SIGINT)

        run.logged = interrupted

    code, said = command("train", *four, "--fresh", prepare=stop_after_two_steps)
    assert (code, "Interrupted" in said) == (130, True)
    checkpoints = lab_copy / "runs" / "checkpoints" / "trl-seed0-steps4"
    assert (checkpoints / "checkpoint-2" / "trainer_state.json").exists()
    assert not (checkpoints / "checkpoint-4").exists(), "of the earlier run, from which this one must not go on"

    code, said = command("train", *four)
    assert (code, "goes on after 2 steps" in said) == (0, True)
    assert json.loads(curve.read_text())["curves"] == expected

    (checkpoints / "checkpoint-4" / "model.safetensors").write_bytes(b"damaged")
    code, said = command("train", *four)
    assert (code, "no going on from the checkpoint" in said) == (0, True)


def test_other_rewards_are_for_comparison(command: Command, lab_copy: Path) -> None:
    options = ("--reward_funcs", "accuracy", "cosine", "--cosine_max_len", "60")
    code, said = command("train", "--steps", "1", *options)
    assert (code, "for comparison" in said) == (0, True), said
    assert not (lab_copy / "runs" / "trained").exists()
    [curve] = (lab_copy / "runs" / "curves").iterdir()
    assert curve.stem == "accuracy-cosine-cosine_max_len-60-seed0-steps1"


def test_another_model_trains_by_the_same_code_and_is_not_handed_over(
    command: Command, lab_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(arithmetic.TOY.folder, tmp_path / "my model")
    monkeypatch.setenv("MODEL", str(tmp_path / "my model"))
    shorter = {**recipes.DEMONSTRATION["lab9"], "max_completion_length": 24}
    monkeypatch.setattr(recipes, "DEMONSTRATION", {"lab9": shorter})
    code, said = command("train", "--steps", "1")
    assert (code, "nothing is handed over" in said) == (0, True), said
    assert not (lab_copy / "runs" / "trained").exists()
    monkeypatch.setenv("MODEL", str(tmp_path / "nowhere"))
    code, said = command("train", "--steps", "1")
    assert (code, "no model was saved in this folder" in said) == (1, True)


def test_several_processes_share_the_batch_of_one(lab9: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TRL multiplies what a process computes by their number."""
    training, training_run = load_modules(lab9.folder, ["training", "training_run"])
    for processes, micro_batch in ((1, 256), (2, 128), (4, 16)):
        monkeypatch.setattr(parallel, "processes", lambda processes=processes: processes)
        monkeypatch.setenv("MICRO_BATCH", str(micro_batch))
        run = training_run.GRPORun(training.GRPOScriptArguments(), seed=0)
        config = run.config(tmp_path)
        assert config.per_device_train_batch_size == micro_batch
        assert config.per_device_train_batch_size * config.gradient_accumulation_steps * processes == 32 * 8
    monkeypatch.setattr(parallel, "processes", lambda: 3)
    with pytest.raises(CannotUse, match="256 completions of a step cannot be divided among 3 processes"):
        training_run.GRPORun(training.GRPOScriptArguments(), seed=0)


def test_no_code_of_a_model_is_trusted() -> None:
    """errata 126: a model's folder may hold Python, which transformers runs where it is asked to."""
    asked = [
        f"{file}:{node.value.lineno}"
        for file in [*ROOT.glob("solutions/**/*.py"), *ROOT.glob("labs/common/**/*.py")]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "trust_remote_code"
    ]
    assert asked == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--reward_funcs", "beauty"), "invalid choice: 'beauty'"),
        (("--cosine_max_len", "long"), "invalid int value: 'long'"),
        (("--steps", "0"), "from 1 on"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(command: Command, arguments: tuple[str, ...], words: str) -> None:
    code, said = command("train", *arguments)
    assert (code, words in said) == (2, True)


def test_training_waits_for_functions_that_are_still_to_do(lab9: Lab, lab_copy: Path, command: Command) -> None:
    for name in lab9.code_files:
        (lab_copy / name).write_text(cut(lab9.path(name).read_text(encoding="utf-8"), name), encoding="utf-8")
    code, said = command("train", *SHORT)
    assert (code, "make_conversation is still to do: trl waits for it" in said) == (0, True)
    shutil.copytree(arithmetic.TOY.folder, lab_copy / "runs" / "trained")
    code, said = command("chat", "2 + 3 * 4")
    assert (code, "generate_reply is still to do: The chat waits for it" in said) == (0, True)


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        ("training.py", 'self.rows.append({"step": state.global_step, **logs})', "pass", "the last row of LossLogger"),
        ("training.py", '{"role": "user", "content": problem}', '{"role": "user", "content": ""}', "validate_dataset"),
        ("training.py", "remove_unused_columns=False", "remove_unused_columns=True", "solution"),
        ("training.py", "settings |= over", "settings |= over | {'bf16': True, 'use_cpu': False}", "There is no GPU"),
        ("training.py", "settings |= over", "settings |= over | {'num_generations': 7}", "num_generations = 7"),
        ("rewards.py", "return [float(well_formed", "return [1.0] + [float(well_formed", "format_reward"),
    ],
)  # fmt: skip
def test_what_a_student_gets_wrong_is_said_in_a_sentence(
    command: Command, edited: Callable[..., None], file: str, before: str, after: str, words: str
) -> None:
    edited(file, before, after)
    code, said = command("train", "--steps", "1")
    assert (code, words in said) == (1, True), said
