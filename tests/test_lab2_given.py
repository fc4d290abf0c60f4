"""Lab 2's given code: the milestone's table is judged without luck, and what goes wrong is said in words."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

from grader.author.skeleton import cut
from grader.checks import Variant
from grader.grading.reference import open_reference
from grader.judging.judge import fault
from grader.lab import ROOT, Lab, lab_folders, read_lab, solutions_folder
from grader.lab.loading import load_modules
from tests.judging import judged, scored
from tests.reading import student_reads

FOLDER = next(folder for folder in lab_folders(solutions_folder()) if folder.name.startswith("lab2_"))


@pytest.fixture(scope="module")
def lab2() -> Lab:
    return read_lab(FOLDER)


@pytest.fixture(scope="module")
def modules() -> list[ModuleType]:
    return load_modules(FOLDER, ["cliff_walk", "evaluate"])


def walk_up_and_over(evaluate: ModuleType, row: int) -> torch.Tensor:
    """A table whose greedy policy walks along `row`."""
    up, right, down = 0, 1, 2
    Q = torch.full((48, 4), -1.0, dtype=torch.float64)
    for s in range(48):
        best = up if s % 12 == 0 and s // 12 > row else down if s % 12 == 11 else right
        Q[s, best] = 0.0
    return Q


@pytest.mark.parametrize(("row", "reached", "points"), [(2, -13.0, 8.0), (1, -15.0, 4.0), (0, -17.0, 4.0)])
def test_a_table_is_judged_by_its_walk(
    row: int, reached: float, points: float, lab2: Lab, modules: list[ModuleType]
) -> None:
    table = save({"Q": walk_up_and_over(modules[1], row)})
    assert scored(lab2, "q_learning", table).value == reached
    assert judged(lab2, "q_learning", table).points == points


def test_ties_are_never_broken_in_favour_of_the_table(lab2: Lab, modules: list[ModuleType]) -> None:
    def reached(Q: torch.Tensor) -> float:
        return float(scored(lab2, "q_learning", save({"Q": Q})).value)

    assert reached(torch.zeros(48, 4)) < -100
    right = walk_up_and_over(modules[1], 2)
    falls = right.clone()
    falls[30, 2] = falls[30, 1]  # above the cliff, down is as good as right
    assert reached(falls) < -100
    nearly = right.clone()
    nearly[30, 2] = nearly[30, 1] - 1e-12
    assert reached(nearly) < -100


@pytest.mark.parametrize(
    "weights",
    [
        {},
        {"q": torch.zeros(48, 4)},
        {"Q": torch.zeros(4, 48)},
        {"Q": torch.zeros(48, 4, dtype=torch.int64)},
        {"Q": torch.full((48, 4), torch.nan)},
        {"Q": torch.full((48, 4), torch.inf)},
        {"Q": torch.zeros(48, 4), "more": torch.zeros(1)},
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(weights: dict[str, torch.Tensor], lab2: Lab) -> None:
    result = judged(lab2, "q_learning", save(weights))
    assert result.points == 0
    assert "cannot be used: " in student_reads(result)


def test_the_model_of_the_cliff_is_what_its_steps_do(modules: list[ModuleType]) -> None:
    env = modules[0].CliffWalk()
    assert np.allclose(env.P.sum(axis=2), 1)
    for s in set(range(48)) - {env.goal, *env.cliff}:
        for a in range(4):
            env.reset(s)
            reward, s2, terminated = env.step(a)
            assert (env.P[s, a, s2], env.R[s, a, s2], env.terminal[s2]) == (1, reward, terminated)


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def lab_copy(tmp_path: Path) -> Path:
    """The lab's folder with the reference in it, as a student has it when all is written."""
    return Path(shutil.copytree(FOLDER, tmp_path / FOLDER.name, ignore=shutil.ignore_patterns("runs", "__pycache__")))


def run(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(folder / script), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_training_with_the_reference_reaches_the_milestone(lab2: Lab, lab_copy: Path) -> None:
    """Seed 0 of recipes that 300 seeds were tried of."""
    done = run(lab_copy, "train.py", "--algorithm", "q_learning")
    assert done.returncode == 0, done.stderr
    assert "Milestone reached" in done.stdout
    result = judged(lab2, "q_learning", (lab_copy / "runs" / "q_learning.safetensors").read_bytes())
    assert (result.outcome, result.points) == ("passed", 8)
    assert "an earlier run" not in done.stdout
    again = run(lab_copy, "train.py", "--algorithm", "q_learning")
    assert "trained already" in again.stdout
    assert "Milestone reached with the table of an earlier run" in again.stdout
    assert "q_learning: -13; target -13, half of the points from -17" in run(lab_copy, "evaluate.py").stdout


def test_a_short_run_goes_on_as_if_it_had_never_stopped(lab_copy: Path) -> None:
    assert run(lab_copy, "train.py", "--episodes", "3").returncode == 0
    went_on = run(lab_copy, "train.py", "--episodes", "6")
    assert went_on.stdout.count("goes on after 3 episodes") == 4
    curves = {file.name: json.loads(file.read_text()) for file in (lab_copy / "runs" / "curves").glob("*.json")}
    tables = load_file(lab_copy / "runs" / "q_learning.safetensors")
    shutil.rmtree(lab_copy / "runs")
    run(lab_copy, "train.py", "--episodes", "6")
    for name, curve in curves.items():
        assert json.loads((lab_copy / "runs" / "curves" / name).read_text()) == curve
    assert torch.equal(load_file(lab_copy / "runs" / "q_learning.safetensors")["Q"], tables["Q"])


def test_a_short_try_leaves_the_whole_run_as_it_was(lab_copy: Path) -> None:
    run(lab_copy, "train.py", "--algorithm", "mpc")
    runs = lab_copy / "runs"
    files = [runs / "curves" / "mpc-seed0.json", runs / "checkpoints" / "mpc-seed0.json"]
    before = [file.read_bytes() for file in files]
    assert run(lab_copy, "train.py", "--algorithm", "mpc", "--fresh", "--episodes", "3").returncode == 0
    assert [file.read_bytes() for file in files] == before
    drawn = run(lab_copy, "plot.py")
    assert drawn.returncode == 0
    assert "mpc: seed 0, up to" in drawn.stdout
    assert "cannot be read" not in drawn.stdout
    assert "14: -13" in drawn.stdout
    assert (runs / "returns.png").stat().st_size > 10_000


def test_a_stopped_training_is_saved(lab_copy: Path) -> None:
    slow = lab_copy / "tabular.py"
    text = slow.read_text(encoding="utf-8").replace("Q[s, a] += alpha", "sum(range(20_000)); Q[s, a] += alpha")
    slow.write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(lab_copy / "train.py"), "--algorithm", "q_learning"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not (lab_copy / "runs" / "checkpoints" / "q_learning-seed0.json").exists():
        assert process.poll() is None, process.stdout and process.stdout.read()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130
    assert "Interrupted" in said
    assert (lab_copy / "runs" / "q_learning.safetensors").exists()


def test_training_waits_for_functions_that_are_still_to_do(lab_copy: Path) -> None:
    file = lab_copy / "tabular.py"
    file.write_text(cut(file.read_text(encoding="utf-8"), "tabular.py"), encoding="utf-8")
    done = run(lab_copy, "train.py")
    assert done.returncode == 0
    assert "epsilon_greedy is still to do" in done.stdout
    assert "fit_model is still to do" in done.stdout
    assert not (lab_copy / "runs" / "q_learning.safetensors").exists()


@pytest.mark.parametrize(
    ("script", "arguments", "code", "says"),
    [
        ("evaluate.py", [], 1, "not trained yet"),
        ("plot.py", [], 1, "nothing has been trained yet"),
        ("train.py", ["--algorithm", "dqn"], 2, "invalid choice"),
        ("train.py", ["--seed", "-1"], 2, "--seed: takes"),
        ("train.py", ["--episodes", "0"], 2, "--episodes: takes"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    script: str, arguments: list[str], code: int, says: str, lab_copy: Path
) -> None:
    done = run(lab_copy, script, *arguments)
    assert done.returncode == code
    assert says in done.stdout + done.stderr


def test_damaged_files_are_said_and_left_out(lab_copy: Path) -> None:
    runs = lab_copy / "runs"
    run(lab_copy, "train.py", "--algorithm", "sarsa")
    for name in ("checkpoints/sarsa-seed0.json", "curves/sarsa-seed0.json", "q_learning.safetensors"):
        (runs / name).write_text("[", encoding="utf-8")
    assert "sarsa-seed0.json cannot be read" in run(lab_copy, "plot.py").stdout
    assert "q_learning.safetensors cannot be used" in run(lab_copy, "evaluate.py").stdout
    again = run(lab_copy, "train.py", "--algorithm", "sarsa")
    assert "there is no going on from the checkpoint" in again.stdout


def test_a_mistake_that_makes_training_fail_is_shown_with_its_lines(lab_copy: Path) -> None:
    file = lab_copy / "tabular.py"
    text = file.read_text(encoding="utf-8").replace("target = r if terminated", "target = rr if terminated", 1)
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(lab_copy / "train.py"), "--algorithm", "q_learning"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "q_learning stopped." in done.stdout
    assert "'rr' is not defined" in done.stdout
    assert "make lab2 TASK=q_learning_update says more" in done.stdout
    file.write_text("def (", encoding="utf-8")
    assert "cannot be imported" in run(lab_copy, "train.py").stdout


# --- the walk with mpc_action -----------------------------------------------------------------------------------------


def test_a_way_that_is_known_by_heart_is_no_plan(lab2: Lab) -> None:
    """Up, right and down by the numbers of the cells: it earned all of the task's points."""
    reference = open_reference(lab2)
    [walk] = [check for check in reference.checks if check.name == "walk"]

    def by_heart(P: np.ndarray, R: np.ndarray, terminal: np.ndarray, s: int, H: int, gamma: float) -> int:
        columns = max(int(P[0, 2].argmax()), 1)
        return 0 if s == len(P) - columns else 2 if s % columns == columns - 1 else 1

    for seed in range(5):
        for case in reference.cases(walk, "hidden", seed):
            learnt = reference.answer(walk, case, Variant("by_heart", "mpc_action", by_heart))
            assert fault(walk, lab2, case, None, learnt) is not None
            assert fault(walk, lab2, case, None, reference.answer(walk, case)) is None
