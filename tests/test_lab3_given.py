"""Lab 3's given code: roll-outs keep what happened apart from what did not, and training saves what is judged."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from grader.author.skeleton import cut
from grader.grading.milestones import judge_milestone
from grader.grading.submission import Bench
from grader.lab import ROOT, Lab
from grader.lab.loading import load_modules
from labs.common.networks import mlp
from tests.judging import milestone_of
from tests.reading import student_reads


@pytest.fixture(scope="module")
def rollout(lab3: Lab) -> ModuleType:
    return load_modules(lab3.folder, ["rollout"])[0]


@pytest.fixture
def policy() -> torch.nn.Module:
    torch.manual_seed(0)
    return mlp((4, 16, 2), gain_last=0.01)


def test_steps_after_the_end_of_an_episode_are_not_counted(rollout: ModuleType, policy: torch.nn.Module) -> None:
    episodes = rollout.collect_episodes(policy, rollout.episode_envs(5), 3, torch.Generator().manual_seed(0))
    ends = episodes.dones.nonzero().flatten()
    lengths = torch.diff(ends, prepend=torch.tensor([-1]))
    assert len(ends) == 5
    assert lengths.tolist() == episodes.returns, "CartPole pays 1 for each step"
    assert len(episodes.rewards) == sum(episodes.returns)


def test_each_log_probability_is_the_one_of_the_action_that_was_taken(
    rollout: ModuleType, policy: torch.nn.Module
) -> None:
    episodes = rollout.collect_episodes(policy, rollout.episode_envs(3), 3, torch.Generator().manual_seed(0))
    logp = torch.log_softmax(policy(episodes.observations), -1)
    torch.testing.assert_close(episodes.logp, logp.gather(1, episodes.actions[:, None]).squeeze(1))


def test_the_next_observation_is_the_real_one_also_where_the_environment_was_reset(
    rollout: ModuleType, policy: torch.nn.Module
) -> None:
    collector = rollout.StepCollector(4, seed=0)
    segment = collector.collect(policy, 80, torch.Generator().manual_seed(0))
    within = ~segment.dones[:-1]
    assert torch.equal(segment.next_observations[:-1][within], segment.observations[1:][within])
    fallen = segment.next_observations[segment.terminated]
    assert len(fallen) > 0
    out_of_bounds = (fallen[:, 0].abs() > 2.4) | (fallen[:, 2].abs() > 0.2095)
    assert out_of_bounds.all(), "after a fall the pole lies: a fresh start would stand"


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def lab_copy(lab3: Lab, tmp_path: Path) -> Path:
    """The lab's folder with the reference in it, as a student has it when all is written."""
    return Path(
        shutil.copytree(lab3.folder, tmp_path / lab3.folder.name, ignore=shutil.ignore_patterns("runs", "__pycache__"))
    )


def train(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(folder / "train.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_training_with_the_reference_reaches_the_milestone(lab_copy: Path, lab3_run: Bench) -> None:
    """Some eight seconds: a policy is trained, and then played by the grader. Recipe and seed were tried: 16 of 16."""
    done = train(lab_copy, "--algorithm", "reinforce")
    assert done.returncode == 0, done.stderr
    milestone = milestone_of(lab3_run.lab, "reinforce")
    artefacts = {name: (lab_copy / name).read_bytes() for name in milestone.artefacts}
    judged = judge_milestone(milestone, lab3_run.score, artefacts, {})
    assert (judged.outcome, judged.points) == ("passed", milestone.points), student_reads(judged)
    metrics = json.loads((lab_copy / "runs" / "reinforce.json").read_text(encoding="utf-8"))
    assert f"reached {metrics['evaluation_mean']:.1f}" in student_reads(judged), "training says what the grader finds"
    again = train(lab_copy, "--algorithm", "reinforce")
    assert again.returncode == 0
    assert json.loads((lab_copy / "runs" / "reinforce.json").read_text(encoding="utf-8")) == metrics


def test_a_stopped_training_is_saved_and_goes_on(lab_copy: Path) -> None:
    """Some ten seconds: stopped as soon as there is a checkpoint."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, str(lab_copy / "train.py"), "--algorithm", "actor_critic"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    checkpoint = lab_copy / "runs" / "checkpoints" / "actor_critic-seed0.pt"
    while not checkpoint.exists():
        assert process.poll() is None, process.stdout and process.stdout.read()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130
    assert "Interrupted" in said
    assert (lab_copy / "runs" / "actor_critic.safetensors").exists()
    went_on = train(lab_copy, "--algorithm", "actor_critic")
    assert went_on.returncode == 0
    assert "goes on after" in went_on.stdout
    assert json.loads((lab_copy / "runs" / "actor_critic.json").read_text(encoding="utf-8"))["finished"]


def test_training_waits_for_functions_that_are_still_to_do(lab3: Lab, lab_copy: Path) -> None:
    for name in lab3.code_files:
        (lab_copy / name).write_text(cut(lab3.path(name).read_text(encoding="utf-8"), name), encoding="utf-8")
    done = train(lab_copy, "--algorithm", "simple_pg")
    assert "get_action is still to do" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not (lab_copy / "runs" / "simple_pg.safetensors").exists()
