"""Lab 5's given code: the reference stays where it was, a reward is of the whole text, and what a student can do wrong
at the command line is answered in a sentence."""

import json
import math
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save

from grader.author.skeleton import cut
from grader.lab import Lab, find_lab, solutions_folder
from grader.lab.loading import load_modules
from labs.common.sampling import generate
from labs.common.toys import arithmetic
from tests.judging import judged, scored
from tests.reading import student_reads


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, one_thread: None) -> None:
    """Twenty problems are held out in place of 200."""
    monkeypatch.setattr(arithmetic, "HELD_OUT", 20)
    monkeypatch.delenv("MODEL", raising=False)


@pytest.fixture(scope="module")
def lab5() -> Lab:
    return find_lab("lab5", solutions_folder())


@pytest.fixture(scope="module")
def given(lab5: Lab) -> tuple[ModuleType, ModuleType]:
    """preference_training and rlhf."""
    modules = load_modules(lab5.folder, ["preference_training", "rlhf"])
    return modules[0], modules[1]


# --- the algorithms ---------------------------------------------------------------------------------------------------


def test_the_reference_is_a_model_of_its_own_that_never_moves(given: tuple[ModuleType, ModuleType]) -> None:
    training, _ = given
    learner = training.PreferenceTraining(training.RECIPES["dpo"], seed=0)
    assert learner.reference is not learner.network
    assert not learner.reference.training, "dropout would blur the reference"
    assert not any(parameter.requires_grad for parameter in learner.reference.parameters())
    before = {name: tensor.clone() for name, tensor in learner.reference.state_dict().items()}
    assert learner.measure(samples=1)["loss"] == pytest.approx(math.log(2), abs=1e-4)
    learner.iterate()
    learner.iterate()
    after = learner.measure(samples=1)
    assert after["loss"] < math.log(2) - 1e-3, "a reference that follows the policy keeps the loss at log 2 for ever"
    assert after["reward_margin"] > 0
    for name, tensor in learner.reference.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_runs_do_not_train_each_others_model(given: tuple[ModuleType, ModuleType]) -> None:
    training, _ = given
    first = training.PreferenceTraining(training.RECIPES["dpo_nll"], seed=0)
    first.iterate()
    second = training.PreferenceTraining(training.RECIPES["dpo_nll"], seed=0)
    assert second.measure(samples=1)["chosen_log_ratio"] == pytest.approx(0, abs=1e-4)


def test_the_likelihood_term_is_per_token_of_the_chosen_answer(
    given: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    training, _ = given
    learner = training.PreferenceTraining(training.Recipe(dpo=0.0, nll=1.0, batch=5), seed=3)
    pairs = learner.data.train.drawn(5, training.generator(3, "pairs"))
    expected = -sum(
        training.log_probs(learner.network, [p], [c]).item() / len(c)
        for p, c in zip(pairs.prompts, pairs.chosen, strict=True)
    )
    seen = []
    backward = torch.Tensor.backward
    monkeypatch.setattr(torch.Tensor, "backward", lambda loss: (seen.append(loss.item()), backward(loss))[1])
    learner.iterate()
    assert seen == [pytest.approx(expected / 5, rel=1e-4)]


def test_a_reward_is_of_the_text_and_not_of_its_padding(given: tuple[ModuleType, ModuleType]) -> None:
    training, rlhf = given
    torch.manual_seed(0)
    reward_model = rlhf.RewardModel()
    torch.nn.init.normal_(reward_model.head.weight)
    data = training.arithmetic_data(training.reference_model()[1])
    prompts, completions = data.held_out.prompts[:3], [data.held_out.chosen[0], [5, 2], data.held_out.rejected[2]]
    together = reward_model(prompts, completions)
    alone = [reward_model([p], [c]).item() for p, c in zip(prompts, completions, strict=True)]
    assert together.tolist() == pytest.approx(alone, abs=1e-4)
    assert len({round(reward, 3) for reward in alone}) == 3


def test_what_was_sampled_is_what_is_learnt_from(given: tuple[ModuleType, ModuleType]) -> None:
    _, rlhf = given
    learner = rlhf.Rlhf(rlhf.RLHF, 0, rlhf.RewardModel())
    prompts = [prompt for prompt in learner.prompts[:3] for _ in range(2)]
    samples = generate(learner.network, learner.prompts[:3], 2, learner.dice)
    logp = rlhf.log_probs(learner.network, prompts, learner.without_padding(samples))
    torch.testing.assert_close(logp.detach(), samples.logps.sum(1), rtol=1e-4, atol=1e-3)
    assert rlhf.until_end([5, 2, 0, 2, 0], [2]) == [5, 2]
    assert rlhf.until_end([5, 6], [2, 3]) == [5, 6]


# --- the milestone ----------------------------------------------------------------------------------------------------


def test_weights_that_cannot_be_judged_are_refused_in_words(lab5: Lab) -> None:
    weights = load_file(arithmetic.TOY.folder / "model.safetensors")
    name = next(iter(weights))
    for bad, words in (
        (save({key: tensor for key, tensor in weights.items() if key != name}), "lack"),
        (save({**weights, name: weights[name] * float("nan")}), "diverged"),
        (save({**weights, name: torch.zeros(2)}), "shape (2,)"),
        (save({**weights, "more": torch.zeros(2)}), "hold 'more'"),
        (b"no safetensors", "cannot be used"),
    ):
        for milestone in lab5.manifest.milestones:
            result = judged(lab5, milestone.name, bad)
            assert (result.outcome, result.points) == ("failed", 0.0)
            assert words in student_reads(result)


@pytest.mark.parametrize("larger", [1, 1.001, 30])
def test_the_model_as_it_came_earns_nothing(lab5: Lab, larger: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor with a larger last layer, which makes each sample the likeliest one: .985 of those are right."""
    monkeypatch.setattr(arithmetic, "HELD_OUT", 200)
    weights = load_file(arithmetic.TOY.folder / "model.safetensors")
    weights["lm_head.weight"] *= larger
    for milestone in lab5.manifest.milestones:
        reached = scored(lab5, milestone.name, save(weights)).value
        assert reached < milestone.half
        assert reached == scored(lab5, milestone.name, save(weights)).value, "the score belongs to the weights"


# --- the command line -------------------------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str]]


SHORT = ("--steps", "2")


def test_short_runs_are_saved_and_drawn(command: Command, lab_copy: Path) -> None:
    code, said = command("train", *SHORT)
    assert code == 0, said
    assert "not reached yet" in said
    assert "for comparison" in said
    runs = lab_copy / "runs"
    record = json.loads((runs / "dpo.json").read_text())
    assert record["evaluations"].keys() == {"sampled_accuracy", "preference_accuracy"}
    assert load_file(runs / "dpo.safetensors").keys() == load_file(arithmetic.TOY.folder / "model.safetensors").keys()
    curves = json.loads((runs / "curves" / "dpo-seed0-steps2.json").read_text())["curves"]
    steps, log_ratios = curves["chosen_log_ratio"]
    assert steps == [0, 2]
    assert log_ratios[0] == pytest.approx(0, abs=1e-4)
    code, said = command("train", *SHORT, "--run", "rlhf")
    assert code == 0
    assert said.count("trained already") == 2
    code, said = command("evaluate")
    assert code == 0
    assert f"{record['evaluations']['sampled_accuracy']:.3f}; target 0.8, half" in said
    code, said = command("plot")
    assert code == 0
    assert "nothing has been trained yet" in said, "short tries are not drawn"
    for file in (runs / "curves").iterdir():
        file.write_text(json.dumps(json.loads(file.read_text()) | {"left_out": ""}))
    code, said = command("plot")
    assert code == 0
    assert "missing: 1 seed of nll" in said
    assert (runs / "dpo.png").exists()


def test_a_stopped_training_goes_on_as_if_it_had_not_been_stopped(command: Command, lab_copy: Path) -> None:
    command("train", "--run", "dpo_nll", "--steps", "3")
    whole = load_file(lab_copy / "runs" / "dpo.safetensors")
    shutil.rmtree(lab_copy / "runs")

    def stop_after_the_first_step() -> None:
        run = __import__("training_run").PreferenceRun
        advance = run.advance

        def interrupted(self: Any) -> None:
            advance(self)
            signal.raise_signal(signal.SIGINT)

        run.advance = interrupted

    code, said = command("train", "--run", "dpo_nll", "--steps", "3", prepare=stop_after_the_first_step)
    assert code == 130
    assert "Interrupted" in said
    code, said = command("train", "--run", "dpo_nll", "--steps", "3")
    assert code == 0
    assert "goes on after 1 steps" in said
    for name, tensor in load_file(lab_copy / "runs" / "dpo.safetensors").items():
        torch.testing.assert_close(tensor, whole[name], rtol=0, atol=0)
    (lab_copy / "runs" / "checkpoints" / "dpo_nll-seed0-steps3.pt").write_bytes(b"damaged")
    code, said = command("train", "--run", "dpo_nll", "--steps", "3")
    assert code == 0
    assert "no going on from the checkpoint" in said


def test_a_better_model_is_not_overwritten(command: Command, lab_copy: Path) -> None:
    command("train", "--run", "dpo_nll", *SHORT)
    record, weights = lab_copy / "runs" / "dpo.json", lab_copy / "runs" / "dpo.safetensors"
    record.write_text(json.dumps({**json.loads(record.read_text()), "evaluation_mean": 0.99}))
    kept = weights.read_bytes()
    _, said = command("train", "--run", "dpo_nll", *SHORT, "--seed", "1")
    assert "kept: 0.990" in said
    assert weights.read_bytes() == kept


def test_another_model_runs_the_same_code_and_hands_nothing_over(
    command: Command, lab_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL", str(tmp_path / "nowhere"))
    code, said = command("train", *SHORT)
    assert code == 1
    assert said.count("no model was saved in this folder") == 1
    monkeypatch.setenv("MODEL", str(shutil.copytree(arithmetic.TOY.folder, tmp_path / "other model")))
    code, said = command("train", *SHORT)
    assert code == 0
    assert "nothing is handed over" in said
    assert not (lab_copy / "runs" / "dpo.safetensors").exists()
    assert not (lab_copy / "runs" / "checkpoints").exists()
    assert all("-other-model-" in file.name for file in (lab_copy / "runs" / "curves").iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--run", "ppo"), "invalid choice: 'ppo'"),
        (("--seeds", "0"), "from 1 on"),
        (("--steps", "0"), "from 1 on"),
        (("--seed", "-1"), "from 0 on"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(command: Command, arguments: tuple[str, ...], words: str) -> None:
    code, said = command("train", *arguments)
    assert code == 2
    assert words in said


def test_training_waits_for_functions_that_are_still_to_do(lab5: Lab, lab_copy: Path, command: Command) -> None:
    reference = lab5.path("dpo.py").read_text(encoding="utf-8")
    skeleton = cut(reference, "dpo.py")
    (lab_copy / "dpo.py").write_text(skeleton, encoding="utf-8")
    code, said = command("train", *SHORT)
    assert code == 0
    assert said.count("collate is still to do") == 3
    assert not (lab_copy / "runs" / "dpo.safetensors").exists()
    # All but the reward model's loss: the milestone does not wait for it.
    start, end = (text.index("def bradley_terry_loss(") for text in (reference, skeleton))
    (lab_copy / "dpo.py").write_text(reference[:start] + skeleton[end:], encoding="utf-8")
    code, said = command("train", *SHORT)
    assert code == 0
    assert "bradley_terry_loss is still to do: reward_model, rlhf waits for it" in said
    assert (lab_copy / "runs" / "dpo.safetensors").exists()


def test_what_a_function_returned_is_said_where_given_code_fails_of_it(lab_copy: Path, command: Command) -> None:
    file = lab_copy / "dpo.py"
    text = file.read_text(encoding="utf-8")
    start = text.index("def sequence_logprobs(")
    file.write_text(text[:start] + text[start:].replace("    return ", "    forgotten = ", 1), encoding="utf-8")
    code, said = command("train", "--run", "dpo", *SHORT)
    assert code == 1
    assert "a log-probability for each completion is expected" in said
    assert "The last that ran is sequence_logprobs (dpo.py): it returned None." in said
