"""Lab 1's given code: V* with an optimal policy passes the milestone and nothing else does, and the scripts end in a
sentence where a student has to mend something."""

import importlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch

from grader.author.skeleton import cut
from grader.lab import ROOT, Lab, read_lab, solutions_folder
from grader.lab.loading import importing_from, load_modules
from grader.results import CheckResult
from tests.judging import judged
from tests.reading import student_reads

Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def lab1() -> Lab:
    return read_lab(solutions_folder() / "lab1_concepts")


@pytest.fixture(scope="module")
def grids(lab1: Lab) -> ModuleType:
    return load_modules(lab1.folder, ["grids"])[0]


@pytest.fixture(scope="module")
def concepts(lab1: Lab) -> ModuleType:
    return load_modules(lab1.folder, ["concepts"])[0]


def solved(grids: ModuleType, concepts: ModuleType, name: str, which: slice = slice(None)) -> Arrays:
    """V* of a grid and a policy that chooses among the optimal actions, or only among `which` of them."""
    grid = grids.GRIDS[name]
    P, R, _ = grid.arrays()
    V, Q = concepts.value_iteration(P, R, grid.terminal, grid.gamma)
    policy = np.zeros_like(Q)
    for state, q in enumerate(Q):
        actions = concepts.greedy_actions(q)[which]
        policy[state, actions] = 1 / len(actions)
    return {"V": V, "policy": policy}


def judged_arrays(lab: Lab, name: str, arrays: Arrays) -> CheckResult:
    return judged(lab, name, safetensors.numpy.save(arrays))


# --- the grids --------------------------------------------------------------------------------------------------------


def test_the_grids_are_sound(grids: ModuleType, concepts: ModuleType) -> None:
    for grid in grids.GRIDS.values():
        assert concepts.validate_mdp(*grid.arrays()) == []


def test_a_slippery_step_goes_straight_on_or_to_either_side(grids: ModuleType) -> None:
    grid = grids.GRIDS["slippery"]
    at = {cell: state for state, cell in enumerate(grid.cells)}
    up = grids.ACTIONS.index("up")
    outcomes = {after: probability for probability, after, _ in grid.outcomes(at[3, 1], up)}
    assert outcomes == {at[2, 1]: 0.7, at[2, 0]: 0.15, at[2, 2]: 0.15}
    [(_, _, reward)] = [outcome for outcome in grid.outcomes(at[3, 1], up) if outcome[1] == at[2, 2]]
    assert reward == grids.PIT_REWARD


# --- the milestone ----------------------------------------------------------------------------------------------------

NAMES = ("grid3", "grid5", "slippery")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", [slice(None), slice(0, 1), slice(-1, None)], ids=["all", "first", "last"])
def test_the_optimal_values_with_any_optimal_policy_earn_everything(
    lab1: Lab, grids: ModuleType, concepts: ModuleType, name: str, which: slice
) -> None:
    result = judged_arrays(lab1, name, solved(grids, concepts, name, which))
    assert (result.outcome, result.points) == ("passed", 5.0), student_reads(result)


@pytest.mark.parametrize("name", NAMES)
def test_values_that_are_a_millionth_off_earn_nothing(
    lab1: Lab, grids: ModuleType, concepts: ModuleType, name: str
) -> None:
    arrays = solved(grids, concepts, name)
    arrays["V"][2] += 1e-6
    assert judged_arrays(lab1, name, arrays).points == 0.0


@pytest.mark.parametrize("value", [1e7, 1e18, -1e18, 1e300])
@pytest.mark.parametrize("name", NAMES)
def test_values_so_large_that_rewards_are_lost_by_rounding_earn_nothing(
    lab1: Lab, grids: ModuleType, concepts: ModuleType, name: str, value: float
) -> None:
    """1e18 - 1 is 1e18: in every state but the last it solved the Bellman equation where gamma is 1."""
    arrays = solved(grids, concepts, name)
    arrays["V"] = np.where(grids.GRIDS[name].terminal, 0.0, value)
    result = judged_arrays(lab1, name, arrays)
    assert (result.outcome, result.points) == ("failed", 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_value_of_a_terminal_state_earns_nothing(
    lab1: Lab, grids: ModuleType, concepts: ModuleType, name: str
) -> None:
    arrays = solved(grids, concepts, name)
    arrays["V"][-1] = 1.0
    assert judged_arrays(lab1, name, arrays).points == 0.0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", [0, 5])
def test_a_policy_that_is_almost_never_wrong_does_not_pass_by_luck(
    lab1: Lab, grids: ModuleType, concepts: ModuleType, name: str, state: int
) -> None:
    """In 10,000 roll-outs the wrong action would hardly be taken once."""
    arrays = solved(grids, concepts, name, slice(0, 1))
    left = grids.ACTIONS.index("left")
    assert arrays["policy"][state, left] == 0
    arrays["policy"][state] *= 1 - 1e-6
    arrays["policy"][state, left] = 1e-6
    result = judged_arrays(lab1, name, arrays)
    assert (result.outcome, result.points) == ("failed", 2.5), student_reads(result)


def test_a_policy_that_never_ends_is_judged_too(lab1: Lab, grids: ModuleType, concepts: ModuleType) -> None:
    arrays = solved(grids, concepts, "grid3")
    arrays["policy"][:] = np.eye(4)[grids.ACTIONS.index("up")]
    assert judged_arrays(lab1, "grid3", arrays).points == 2.5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda arrays: arrays.pop("policy"), "has to hold the arrays V and policy"),
        (lambda arrays: arrays.update(more=np.zeros(2)), "has to hold the arrays V and policy"),
        (lambda arrays: arrays.update(V=np.zeros(4)), "V has the shape (4,); on this grid it is (9,)"),
        (lambda arrays: arrays.update(policy=arrays["policy"].T.copy()), "policy has the shape (4, 9)"),
        (lambda arrays: arrays.update(V=arrays["V"].astype(np.float32)), "float64 is expected"),
        (lambda arrays: arrays["V"].fill(np.nan), "V holds NaN or infinity"),
        (lambda arrays: arrays["policy"].fill(0.3), "no probability distribution"),
        (lambda arrays: arrays.update(policy=np.tile([2.0, -1.0, 0.0, 0.0], (9, 1))), "no probability distribution"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_a_sentence(
    lab1: Lab, grids: ModuleType, concepts: ModuleType, change: object, said: str
) -> None:
    arrays = solved(grids, concepts, "grid3")
    assert callable(change)
    change(arrays)
    result = judged_arrays(lab1, "grid3", arrays)
    assert result.points == 0.0
    assert said in student_reads(result)


def test_numbers_that_numpy_does_not_know_are_refused_too(lab1: Lab) -> None:
    weights = {"V": torch.zeros(9, dtype=torch.bfloat16), "policy": torch.full((9, 4), 0.25, dtype=torch.bfloat16)}
    result = judged(lab1, "grid3", safetensors.torch.save(weights))
    assert (result.outcome, result.points) == ("failed", 0.0)
    assert "numpy cannot hold what it holds" in student_reads(result)


# --- the scripts ------------------------------------------------------------------------------------------------------


@pytest.fixture
def lab_copy(lab1: Lab, tmp_path: Path) -> Path:
    """The lab's folder with the reference in it, as a student has it when all is written."""
    ignored = shutil.ignore_patterns("runs", "__pycache__")
    return Path(shutil.copytree(lab1.folder, tmp_path / lab1.folder.name, ignore=ignored))


def run(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of a script's main, in this process, since importing torch takes seconds."""
    monkeypatch.setattr(sys, "argv", [f"{script}.py", *arguments])
    monkeypatch.setenv("COLUMNS", "200")
    with importing_from(folder):
        return int(importlib.import_module(script).main())


def rewrite(folder: Path, old: str, new: str) -> None:
    """Puts a mistake into the student's file."""
    text = (folder / "concepts.py").read_text(encoding="utf-8")
    assert old in text
    (folder / "concepts.py").write_text(text.replace(old, new), encoding="utf-8")


def test_training_solves_what_is_not_solved_yet(
    lab1: Lab, lab_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(lab_copy, "train", monkeypatch, "--grid", "grid3") == 0
    assert "solved already" not in capsys.readouterr().out
    assert run(lab_copy, "train", monkeypatch) == 0
    said = capsys.readouterr().out
    assert said.count("3 of 3 ") == 4  # the grids, and the milestones of the last line
    assert said.count("solved already") == 1
    for milestone in lab1.manifest.milestones:
        result = judged(lab1, milestone.name, (lab_copy / milestone.artefacts[0]).read_bytes())
        assert result.outcome == "passed", student_reads(result)
    rewrite(lab_copy, "Lab 1", "My lab 1")
    assert run(lab_copy, "train", monkeypatch) == 0
    assert "solved already" not in capsys.readouterr().out, "the code has changed"


def test_a_worse_result_does_not_replace_a_better_one(
    lab_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(lab_copy, "train", monkeypatch, "--grid", "slippery")
    before = (lab_copy / "runs" / "slippery.safetensors").read_bytes()
    assert run(lab_copy, "train", monkeypatch, "--grid", "slippery", "--tol", "0.1") == 0
    said = capsys.readouterr().out
    assert "0 of 3" in said
    assert "kept: the earlier result with 3" in said
    assert (lab_copy / "runs" / "slippery.safetensors").read_bytes() == before


def test_a_damaged_file_is_replaced(
    lab_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(lab_copy, "train", monkeypatch, "--grid", "grid3")
    (lab_copy / "runs" / "grid3.safetensors").write_bytes(b"not weights")
    capsys.readouterr()
    assert run(lab_copy, "plot", monkeypatch) == 1
    assert "grid3.safetensors cannot be used" in capsys.readouterr().out
    assert run(lab_copy, "train", monkeypatch, "--grid", "grid3") == 0
    assert "solved already" not in capsys.readouterr().out


def test_the_plot_is_drawn_and_shows_the_erratum(
    lab_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(lab_copy, "plot", monkeypatch) == 0
    assert "Nothing is drawn" in capsys.readouterr().out
    run(lab_copy, "train", monkeypatch)
    capsys.readouterr()
    assert run(lab_copy, "plot", monkeypatch) == 0
    said = capsys.readouterr().out
    assert "Q* of (1,1): right 7, down 7, left 6, up 6; the tutorial: right 7, down 6, left 5, up 4" in said
    assert "Q* of (2,2): right 9, down 9, left 7, up 7; the tutorial: right 5, down 3, left 2, up 5" in said
    assert (lab_copy / "runs" / "values.png").read_bytes().startswith(b"\x89PNG")


def test_training_waits_for_functions_that_are_still_to_do(
    lab1: Lab, lab_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    skeleton = cut(lab1.path("concepts.py").read_text(encoding="utf-8"), "concepts.py")
    (lab_copy / "concepts.py").write_text(skeleton, encoding="utf-8")
    assert run(lab_copy, "train", monkeypatch) == 0
    assert "value_iteration is still to do: grid3 waits for it" in capsys.readouterr().out
    assert not (lab_copy / "runs").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return V, Q\n", "return Q, V\n", "value_iteration returned a Q of shape (9,); on this grid it is (9, 4)"),
        ("return V, Q\n", "return V\n", "value_iteration (concepts.py): it returned an ndarray of the shape (9,)"),
        ("return V, Q\n", "return V[:4], Q\n", "V has the shape (4,); on this grid it is (9,)"),
        ("return V, Q\n", "return V * np.nan, Q\n", "V holds NaN or infinity"),
        ("if best - value <= tol", "if best - value > 1e9", "greedy_actions found no best action"),
        ("import math\n", "import math math\n", "The lab's files cannot be imported"),
        ("import math\n", "import maths\n", "No module named 'maths'"),
    ],
)
def test_what_cannot_be_trained_with_ends_in_a_sentence(
    lab_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    rewrite(lab_copy, old, new)
    assert run(lab_copy, "train", monkeypatch, "--grid", "grid3") == 1
    printed = capsys.readouterr().out
    assert said in printed
    assert "Traceback" not in printed


def test_an_unknown_grid_is_refused(lab_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(lab_copy, "train", monkeypatch, "--grid", "grid9")
    assert stopped.value.code == 2


def test_an_endless_function_is_stopped_and_what_was_solved_stays(lab_copy: Path) -> None:
    """Stopped as soon as the second grid has begun."""
    begun = lab_copy / "begun"
    endless = (
        f'    while len(P) > 9:\n        open("{begun}", "w").close()\n    V = np.zeros(len(P))\n    while True:\n'
    )
    rewrite(lab_copy, "    V = np.zeros(len(P))\n    while True:\n", endless)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(lab_copy / "train.py")]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not begun.exists():
        assert process.poll() is None, process.stdout and process.stdout.read()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130
    assert "Interrupted" in said
    assert "Traceback" not in said
    assert [file.name for file in (lab_copy / "runs").glob("*.safetensors")] == ["grid3.safetensors"]


def test_the_networks_of_the_three_policies_run(lab_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with importing_from(lab_copy):
        importlib.import_module("policies").main()
    assert "log pi(a|s): tensor([" in capsys.readouterr().out
