"""Lab 4's given code: PPO stores what really followed, old log-probabilities stay old, and what a student can do
wrong at the command line is answered in a sentence."""

import dataclasses
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save, save_file

from grader.author.skeleton import cut
from grader.grading.reference import open_reference, record_of
from grader.judging.diagnosis import Heard, mistake_told
from grader.judging.judge import judge
from grader.lab import Lab, find_lab, solutions_folder
from grader.lab.loading import load_modules, replaced
from grader.run.answers import answer
from tests.judging import judged, scored
from tests.reading import say_all, student_reads

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def lab4() -> Lab:
    return find_lab("lab4", solutions_folder())


@pytest.fixture(scope="module")
def ppo(lab4: Lab) -> ModuleType:
    return load_modules(lab4.folder, ["ppo"])[0]


def small(ppo: ModuleType, name: str, **changes: Any) -> Any:
    """A PPO whose iterations take milliseconds."""
    recipe = dataclasses.replace(
        ppo.RECIPES[name], **{"envs": 3, "horizon": 20, "minibatch": 16, "epochs": 2} | changes
    )
    return ppo.PPO(name, 0, recipe)


# --- the algorithm ----------------------------------------------------------------------------------------------------


class CountingEnvs:
    """Two environments that observe how many steps they took: the first one is cut after three, and restarts at 100."""

    def __init__(self) -> None:
        self.steps = np.zeros(2)

    def observation(self) -> np.ndarray:
        return np.repeat(self.steps[:, None], 3, axis=1).astype(np.float32)

    def reset(self, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
        return self.observation(), {}

    def step(self, action: np.ndarray) -> tuple[Any, ...]:
        self.steps += 1
        truncated = np.array([self.steps[0] == 3, False])
        info: dict[str, Any] = {}
        if truncated.any():
            info["final_obs"] = np.array([self.observation()[0], None], dtype=object)
            self.steps[0] = 100
        return self.observation(), np.ones(2), np.zeros(2, dtype=bool), truncated, info


def test_the_next_observation_is_the_real_one_also_where_the_environment_was_reset(ppo: ModuleType) -> None:
    learner = small(ppo, "pendulum", envs=2, horizon=4)
    learner.envs = CountingEnvs()
    segment = learner.collect()
    assert segment.observations[:, 0, 0].tolist() == [0, 1, 2, 100]
    assert segment.next_observations[:, 0, 0].tolist() == [1, 2, 3, 101]
    assert segment.next_observations[:, 1, 0].tolist() == [1, 2, 3, 4]
    assert segment.truncated[:, 0].tolist() == [False, False, True, False]
    assert not segment.terminated.any()
    assert learner.ended == [3.0], "returns are reported as the environment pays them"
    assert segment.rewards[0, 0] == pytest.approx(0.1), "and scaled for learning"


def test_each_log_probability_is_that_of_the_action_as_it_was_drawn(ppo: ModuleType) -> None:
    for name in ("pendulum", "cartpole"):
        learner = small(ppo, name)
        if name == "pendulum":
            learner.actor.log_std.data.fill_(1.0)  # most actions are then outside of the bounds
        segment = learner.collect()
        observations, actions = segment.observations.flatten(0, 1), segment.actions.flatten(0, 1)
        torch.testing.assert_close(segment.logp.flatten(), learner.actor.log_prob(observations, actions).detach())
        if name == "pendulum":
            assert (segment.actions.abs() > 1).any()


def test_old_log_probabilities_and_advantages_are_computed_once(
    ppo: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratios, old, credited = [], [], []
    loss, gae = ppo.ppo_clip_loss, ppo.compute_gae

    def watched_loss(logp_new: torch.Tensor, logp_old: torch.Tensor, adv: torch.Tensor, clip: float) -> torch.Tensor:
        ratios.append((logp_new - logp_old).exp().detach())
        old.append(sorted(zip(logp_old.tolist(), adv.tolist(), strict=True)))
        result: torch.Tensor = loss(logp_new, logp_old, adv, clip)
        return result

    def watched_gae(*args: Any) -> torch.Tensor:
        credited.append(1)
        result: torch.Tensor = gae(*args)
        return result

    monkeypatch.setattr(ppo, "ppo_clip_loss", watched_loss)
    monkeypatch.setattr(ppo, "compute_gae", watched_gae)
    learner = small(ppo, "pendulum", learning_rate=1e-2)
    learner.iterate()
    assert len(credited) == 1
    assert [len(batch) for batch in ratios] == [16, 16, 16, 12] * 2
    torch.testing.assert_close(ratios[0], torch.ones(16))
    assert (ratios[1] - 1).abs().max() > 1e-3, "after one step the policy is another one, within the first epoch, too"
    epochs = [sorted(pair for batch in old[start : start + 4] for pair in batch) for start in (0, 4)]
    assert epochs[0] == epochs[1], "the old log-probabilities and advantages stay what they are"
    assert old[0] != old[4], "each epoch has minibatches of its own"


def test_learning_stops_at_the_end_of_the_schedule(ppo: ModuleType) -> None:
    learner = small(ppo, "cartpole", env_steps=120)
    assert learner.learning_rate() == pytest.approx(ppo.RECIPES["cartpole"].learning_rate)
    learner.iterate()
    assert learner.learning_rate() == pytest.approx(ppo.RECIPES["cartpole"].learning_rate / 2)
    learner.iterate()
    assert learner.learning_rate() == 0


# --- the diagnosis ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recorded", [True, False])
def test_a_forgotten_device_is_no_diagnosis_of_anything_else(lab4: Lab, recorded: bool) -> None:
    """Many mistakes draw noise without a device. A device check knows only mistakes that pass every other check."""
    reference = open_reference(lab4)
    reference.record = record_of(lab4) if recorded else None
    assert not recorded or reference.record, "make sync"
    check = next(check for check in reference.checks if check.name == "gaussian_device")

    def noise_without_a_device(mean, log_std, generator=None):  # type: ignore[no-untyped-def]
        action = (mean + log_std.exp() * torch.randn(mean.shape, generator=generator)).detach()
        return action, -(((action - mean) / log_std.exp()) ** 2 / 2 + log_std).sum(-1)

    functions = replaced(reference.functions, "gaussian_policy", noise_without_a_device)
    answers = [answer(check, functions, case.arguments, lab4.folder, 10.0) for case in check.cases]
    known = reference.known(check, "public", 0)
    judged = judge(check, lab4, check.cases, known, answers)
    assert judged.outcome == "failed"
    assert "on a GPU gaussian_policy fails" in say_all(judged.findings)
    heard = Heard(check, check.cases, known, answers)
    assert mistake_told(lab4, check, [heard], reference.diagnoses) == "noise_on_the_cpu"
    assert set(known[0].mistakes) == {"noise_on_the_cpu"}


# --- the milestone ----------------------------------------------------------------------------------------------------


def test_weights_that_cannot_be_played_are_refused_in_words(lab4: Lab) -> None:
    [nets] = load_modules(lab4.folder, ["nets"])
    weights = nets.make_actor("pendulum").state_dict()
    diverged = {**weights, "log_std": torch.tensor([float("nan")])}
    for bad, words in (
        (save(nets.make_actor("cartpole").state_dict()), "lack log_std"),
        (save(diverged), "diverged"),
        (save({**weights, "log_std": torch.zeros(2)}), "shape (2,)"),
        (b"no safetensors", "cannot be used"),
    ):
        result = judged(lab4, "pendulum", bad)
        assert (result.outcome, result.points) == ("failed", 0.0)
        assert words in student_reads(result)


def test_an_untrained_actor_does_not_reach_half_of_the_points(lab4: Lab) -> None:
    [nets] = load_modules(lab4.folder, ["nets"])
    for milestone in lab4.manifest.milestones:
        torch.manual_seed(0)  # of twenty seeds one has an actor that balances the pole as it comes
        weights = save(nets.make_actor(milestone.name).state_dict())
        reached = scored(lab4, milestone.name, weights).value
        assert reached < milestone.half
        assert reached == scored(lab4, milestone.name, weights).value, "the score belongs to the weights"


# --- the command line -------------------------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str]]


SHORT = ("--steps", "2048")


def test_a_short_run_is_saved_tested_trained_on_and_drawn(command: Command, lab_copy: Path) -> None:
    code, said = command("train", *SHORT)
    assert code == 0, said
    assert said.count("not reached yet") == 2
    record = json.loads((lab_copy / "runs" / "pendulum.json").read_text())
    code, said = command("train", "--mode", "test")
    assert code == 0
    assert f"pendulum.safetensors: mean return {record['evaluation_mean']:.1f} of 100" in said
    code, said = command("train", *SHORT, "--environment", "cartpole")
    assert code == 0
    assert "trained already" in said
    code, said = command("train", *SHORT, "--environment", "cartpole", "--resume")
    assert code == 0
    assert "trains cartpole.safetensors and cartpole_critic.safetensors on" in said
    code, said = command("train", *SHORT, "--environment", "cartpole", "--clip", "1e9")
    assert code == 0
    assert "for comparison" in said
    code, said = command("plot")
    assert code == 0
    assert "nothing has been trained yet" in said, "short tries are not drawn"
    for file in (lab_copy / "runs" / "curves").iterdir():
        file.write_text(json.dumps(json.loads(file.read_text()) | {"left_out": ""}))
    code, said = command("plot")
    assert code == 0
    assert "no clipping" in said
    assert {"clip_objective.png", "pendulum.png", "cartpole.png"} <= {
        file.name for file in (lab_copy / "runs").iterdir()
    }


def test_a_stopped_training_is_saved_and_goes_on(command: Command, lab_copy: Path) -> None:
    def stop_after_the_first_iteration() -> None:
        run = __import__("training_run").PPORun
        advance = run.advance

        def interrupted(self: Any) -> None:
            advance(self)
            signal.raise_signal(signal.SIGINT)

        run.advance = interrupted

    code, said = command("train", "--environment", "cartpole", *SHORT, prepare=stop_after_the_first_iteration)
    assert code == 130
    assert "Interrupted" in said
    assert (lab_copy / "runs" / "cartpole.safetensors").exists()
    code, said = command("train", "--environment", "cartpole", *SHORT)
    assert code == 0
    assert "goes on after 512 steps" in said
    (lab_copy / "runs" / "checkpoints" / "cartpole-seed0-steps2048.pt").write_bytes(b"damaged")
    code, said = command("train", "--environment", "cartpole", *SHORT)
    assert code == 0
    assert "no going on from the checkpoint" in said


def test_a_better_network_is_not_overwritten(command: Command, lab_copy: Path) -> None:
    command("train", "--environment", "cartpole", *SHORT)
    record, weights = lab_copy / "runs" / "cartpole.json", lab_copy / "runs" / "cartpole.safetensors"
    record.write_text(json.dumps({**json.loads(record.read_text()), "evaluation_mean": 499.0}))
    kept = weights.read_bytes()
    _, said = command("train", "--environment", "cartpole", *SHORT, "--seed", "1")
    assert "kept: 499.0" in said
    assert weights.read_bytes() == kept


def test_files_that_cannot_be_used_are_named_in_a_sentence(command: Command, lab_copy: Path) -> None:
    code, said = command("train", "--mode", "test")
    assert code == 1
    assert said.count("does not exist: train first (make lab4-train)") == 2
    code, said = command("train", "--resume")
    assert code == 1
    assert "does not exist" in said
    command("train", "--environment", "cartpole", *SHORT)
    code, said = command("train", "--mode", "test", "--actor_model", str(lab_copy / "runs" / "cartpole.safetensors"))
    assert code == 1
    assert "of another network" in said
    junk = lab_copy / "runs" / "junk.safetensors"
    junk.write_bytes(b"junk")
    code, said = command("train", "--actor_model", str(junk), "--critic_model", str(junk))
    assert code == 1
    assert "is no safetensors file" in said
    weights = load_file(lab_copy / "runs" / "cartpole.safetensors")
    save_file({name: tensor * float("nan") for name, tensor in weights.items()}, junk)
    code, said = command("train", "--mode", "test", "--environment", "cartpole", "--actor_model", str(junk))
    assert code == 1
    assert "diverged" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--environment", "acrobot"), "invalid choice: 'acrobot'"),
        (("--actor_model", "a"), "name both"),
        (("--seeds", "0"), "from 1 on"),
        (("--steps", "0"), "from 1 on"),
        (("--clip", "-1"), "from 0 on"),
        (("--mode", "play"), "invalid choice: 'play'"),
        (("--resume", "--mode", "test"), "--resume"),
        (
            ("--actor_model", "a", "--critic_model", "c", "--environment", "pendulum", "--environment", "cartpole"),
            "one environment",
        ),
    ],
)
def test_arguments_that_make_no_sense_are_refused(command: Command, arguments: tuple[str, ...], words: str) -> None:
    code, said = command("train", *arguments)
    assert code == 2
    assert words in said


def test_a_window_that_cannot_be_opened_is_a_sentence(
    command: Command, lab_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("train", "--environment", "cartpole", *SHORT)
    monkeypatch.setitem(sys.modules, "pygame", None)
    code, said = command("train", "--mode", "test", "--environment", "cartpole", "--render")
    assert code == 1
    assert "--render needs pygame" in said


def test_training_waits_for_functions_that_are_still_to_do(lab4: Lab, lab_copy: Path, command: Command) -> None:
    for name in lab4.code_files:
        (lab_copy / name).write_text(cut(lab4.path(name).read_text(encoding="utf-8"), name), encoding="utf-8")
    code, said = command("train", *SHORT)
    assert code == 0
    assert "gaussian_policy is still to do" in said
    assert "compute_gae is still to do: cartpole waits for it" in said
    assert not (lab_copy / "runs" / "pendulum.safetensors").exists()
    code, said = command("plot")
    assert code == 0
    assert "ppo_clip_loss is still to do" in said
    assert "nothing has been trained yet" in said


def test_what_a_function_returned_is_said_where_given_code_fails_of_it(lab_copy: Path, command: Command) -> None:
    file = lab_copy / "ppo_core.py"
    text = file.read_text(encoding="utf-8")
    start = text.index("def minibatch_indices(")
    file.write_text(text[:start] + text[start:].replace("    return ", "    forgotten = ", 1), encoding="utf-8")
    code, said = command("train", "--environment", "cartpole", *SHORT)
    assert code == 1
    assert "The last that ran is minibatch_indices (ppo_core.py): it returned None." in said
    assert "make lab4 TASK=minibatch_indices says whether that is right" in said
