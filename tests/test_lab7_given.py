"""Lab 7's given code: GRPO draws, credits and scores as the paper says, and what a student can do wrong at the command
line is answered in a sentence."""

import json
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
from labs.common import language_model
from labs.common.toys import arithmetic
from tests.judging import judged, scored
from tests.reading import student_reads

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def lab7() -> Lab:
    return find_lab("lab7", solutions_folder())


@pytest.fixture(scope="module")
def loop(lab7: Lab) -> ModuleType:
    return load_modules(lab7.folder, ["grpo_loop"])[0]


def small(loop: ModuleType, variant: str = "grpo", **changes: Any) -> Any:
    """A GRPO whose steps take a tenth of a second."""
    recipe = loop.Recipe(**{"variant": variant, "prompts": 4, "G": 3, "steps": 5} | changes)
    return loop.GRPO(*language_model.load(arithmetic.TOY, "tiny"), arithmetic.rows()[0], seed=0, recipe=recipe)


def watch(loop: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[tuple[Any, ...], Any]]:
    """Notes what a function of the student's is called with, and what it returns."""
    calls: list[tuple[tuple[Any, ...], Any]] = []
    function = getattr(loop, name)

    def noting(*args: Any, **kwargs: Any) -> Any:
        calls.append((args, function(*args, **kwargs)))
        return calls[-1][1]

    monkeypatch.setattr(loop, name, noting)
    return calls


# --- the algorithm ----------------------------------------------------------------------------------------------------


def test_the_policy_that_draws_and_the_one_that_is_trained_begin_as_one(
    loop: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = watch(loop, monkeypatch, "grpo_loss")
    learner = small(loop, iterations=2, learning_rate=1e-2)
    for _ in range(2):
        learner.step()
    drifts = []
    for (logp, old_logp, _, adv, mask), _ in losses:
        drifts.append(((logp - old_logp).abs() * mask).max().item())
        assert adv.shape == (12,)
    assert drifts[0] < 1e-4, "at the first step the ratios are 1: sampling and scoring agree, temperature included"
    assert drifts[1] > 1e-3, "after it they are not: the old log-probabilities stay what they were"
    assert drifts[2] < 1e-4, "and the next completions come from the policy as it is then"


def test_completions_are_compared_with_others_of_their_own_prompt(
    loop: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "accuracy_reward", lambda text, gold: float(gold))  # one reward for all of a prompt
    monkeypatch.setattr(loop, "format_reward", lambda text: 0.0)
    advantages = watch(loop, monkeypatch, "group_advantages")
    measured = small(loop).step()
    [((rewards, G), adv)] = advantages
    assert G == 3
    assert len(set(rewards.tolist())) > 1
    assert adv.abs().max() < 1e-3
    assert measured["no_spread"] == 1.0


def test_the_token_that_ends_a_completion_is_learned(loop: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    masks = watch(loop, monkeypatch, "completion_mask")
    measured = small(loop).step()
    [((completions, eos), mask)] = masks
    ended = (completions == eos).any(dim=1)
    assert ended.any()
    last = mask.sum(dim=1) - 1
    assert (completions[torch.arange(len(mask)), last][ended] == eos).all()
    assert measured["length"] == pytest.approx(mask.sum(dim=1).float().mean().item())


def test_the_reference_stays_the_model_that_was_shipped(loop: ModuleType) -> None:
    shipped = language_model.load(arithmetic.TOY, "tiny")[0].state_dict()
    learner = small(loop, learning_rate=1e-2)
    measured = [learner.step() for _ in range(2)]
    assert all(torch.equal(tensor, shipped[name]) for name, tensor in learner.reference.state_dict().items())
    assert not any(parameter.requires_grad for parameter in learner.reference.parameters())
    assert any(not torch.equal(tensor, shipped[name]) for name, tensor in learner.policy.state_dict().items())
    assert measured[0]["kl"] == pytest.approx(0, abs=1e-6), "the first completions are the reference's own"
    assert measured[1]["kl"] > 1e-4


@pytest.mark.parametrize("variant", ["rloo", "dr_grpo", "dapo", "gspo"])
def test_the_variants_train_by_their_own_functions(
    loop: ModuleType, monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    own = {"rloo": "rloo_advantages", "dapo": "keep_informative"}.get(variant, f"{variant}_loss")
    calls = watch(loop, monkeypatch, own)
    measured = small(loop, variant).step()
    assert len(calls) == 1
    assert measured["reward"] > 0


def test_dapo_makes_no_step_where_no_group_has_a_spread(loop: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "accuracy_reward", lambda text, gold: 1.0)
    monkeypatch.setattr(loop, "format_reward", lambda text: 1.0)
    learner = small(loop, "dapo")
    before = {name: tensor.clone() for name, tensor in learner.policy.state_dict().items()}
    measured = learner.step()
    assert measured["no_spread"] == 1.0
    assert all(torch.equal(tensor, before[name]) for name, tensor in learner.policy.state_dict().items())
    assert "kl" in measured, "every step has all of its figures, or curves would shift against each other"


def test_a_model_without_a_template_is_asked_by_the_students_prompt(loop: ModuleType) -> None:
    class Plain:
        chat_template = None

        def __call__(self, text: str) -> dict[str, list[str]]:
            return {"input_ids": [text]}

    learner = small(loop)
    learner.tokenizer = Plain()
    [prompt] = learner.ask("2 + 3 * 4")
    assert prompt.endswith("User: 2 + 3 * 4. Assistant:")


def test_a_run_goes_on_as_if_it_had_not_been_stopped(loop: ModuleType) -> None:
    whole = small(loop)
    expected = [whole.step() for _ in range(3)][-1]
    begun, resumed = small(loop), small(loop)
    for _ in range(2):
        begun.step()
    resumed.load_state_dict(begun.state_dict())
    assert resumed.step() == expected


def test_a_loss_that_is_nan_ends_the_training_in_words(loop: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "grpo_loss", lambda logp, *_, **__: logp.sum() * float("nan"))
    with pytest.raises(ValueError, match="the loss of step 1 is nan"):
        small(loop).step()


# --- the milestones ---------------------------------------------------------------------------------------------------


def test_weights_that_cannot_be_asked_are_refused_in_words(lab7: Lab) -> None:
    weights = language_model.load(arithmetic.TOY, "tiny")[0].state_dict()
    name, keys = "model.embed_tokens.weight", "model.layers.0.self_attn.k_proj.weight"
    for bad, words in (
        ({key: tensor for key, tensor in weights.items() if key != name}, f"lack {name}"),
        ({**weights, name: torch.full_like(weights[name], float("nan"))}, "diverged"),
        ({**weights, name: torch.zeros(2, 3)}, "shape (2, 3)"),
        ({**weights, keys: torch.full_like(weights[keys], 3e38)}, "NaN for probabilities"),
    ):
        for milestone in lab7.manifest.milestones:
            result = judged(lab7, milestone.name, save(bad))
            assert (result.outcome, result.points) == ("failed", 0.0)
            assert words in student_reads(result)
    assert "cannot be used" in student_reads(judged(lab7, "accuracy", b"no safetensors"))


def test_the_shipped_model_does_not_reach_half_of_the_points(lab7: Lab) -> None:
    weights = language_model.load(arithmetic.TOY, "tiny")[0].state_dict()
    for milestone in lab7.manifest.milestones:
        reached = scored(lab7, milestone.name, save(weights)).value
        assert 0 < reached < milestone.half
        assert reached == scored(lab7, milestone.name, save(weights)).value, "the score belongs to the weights"


# --- the command line -------------------------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(command: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """With a tenth of the problems held out, and a quarter of the samples."""
    monkeypatch.delenv("MODEL", raising=False)
    train, held_out = arithmetic.rows()
    monkeypatch.setattr(arithmetic, "rows", lambda: (train, held_out[:20]))

    monkeypatch.setattr("labs.common.held_out.SAMPLES", 1)
    return command


SHORT = ("--steps", "2")


def test_a_short_run_is_saved_and_drawn(command: Command, lab_copy: Path) -> None:
    code, said = command("plot")
    assert (code, "nothing has been trained yet" in said) == (0, True)
    code, said = command("train", *SHORT)
    assert code == 0, said
    assert "not reached yet" in said
    record = json.loads((lab_copy / "runs" / "grpo.json").read_text())
    assert set(record["evaluations"]) == {"accuracy", "format"}
    weights = load_file(lab_copy / "runs" / "grpo.safetensors")
    assert weights.keys() == language_model.load(arithmetic.TOY, "tiny")[0].state_dict().keys()
    code, said = command("train", *SHORT)
    assert (code, "trained already" in said) == (0, True)
    code, said = command("train", *SHORT, "--variant", "dapo")
    assert (code, "for comparison" in said) == (0, True)
    code, said = command("plot")
    assert (code, "nothing has been trained yet" in said) == (0, True), "short tries are not drawn"
    for file in (lab_copy / "runs" / "curves").iterdir():
        file.write_text(json.dumps(json.loads(file.read_text()) | {"left_out": ""}))
    (lab_copy / "runs" / "curves" / "broken.json").write_text("{}")
    code, said = command("plot")
    assert code == 0
    assert "grpo: seed 0" in said
    assert "dapo: seed 0" in said
    assert "broken.json cannot be read" in said
    assert (lab_copy / "runs" / "grpo.png").exists()


def test_a_stopped_training_is_saved_and_goes_on(command: Command, lab_copy: Path) -> None:
    def stop_after_the_first_step() -> None:
        run = __import__("training_run").GRPORun
        advance = run.advance

        def interrupted(self: Any) -> None:
            advance(self)
            signal.raise_signal(signal.SIGINT)

        run.advance = interrupted

    code, said = command("train", *SHORT, prepare=stop_after_the_first_step)
    assert (code, "Interrupted" in said) == (130, True)
    assert (lab_copy / "runs" / "grpo.safetensors").exists()
    code, said = command("train", *SHORT)
    assert (code, "goes on after 1 steps" in said) == (0, True)
    (lab_copy / "runs" / "checkpoints" / "grpo-seed0-steps2.pt").write_bytes(b"damaged")
    code, said = command("train", *SHORT)
    assert (code, "no going on from the checkpoint" in said) == (0, True)


def test_better_weights_are_not_overwritten(command: Command, lab_copy: Path) -> None:
    command("train", *SHORT)
    record, weights = lab_copy / "runs" / "grpo.json", lab_copy / "runs" / "grpo.safetensors"
    record.write_text(json.dumps({**json.loads(record.read_text()), "evaluation_mean": 1.05}))
    kept = weights.read_bytes()
    _, said = command("train", *SHORT, "--seed", "1")
    assert "a better run's weights are kept" in said
    assert weights.read_bytes() == kept


def test_another_model_trains_by_the_same_code_and_is_not_handed_over(
    command: Command, lab_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(arithmetic.TOY.folder, tmp_path / "my model")
    monkeypatch.setenv("MODEL", str(tmp_path / "my model"))
    code, said = command("train", "--steps", "1")
    assert (code, "nothing is handed over" in said) == (0, True), said
    assert not (lab_copy / "runs" / "grpo.safetensors").exists()
    [curve] = (lab_copy / "runs" / "curves").iterdir()
    assert "my-model" in curve.name
    assert "nothing has been trained yet" in command("plot")[1]
    monkeypatch.setenv("MODEL", str(tmp_path / "nowhere"))
    code, said = command("train", "--steps", "1")
    assert code == 1
    assert "no model was saved in this folder" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--variant", "ppo"), "invalid choice: 'ppo'"),
        (("--steps", "0"), "from 1 on"),
        (("--seeds", "0"), "from 1 on"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(command: Command, arguments: tuple[str, ...], words: str) -> None:
    code, said = command("train", *arguments)
    assert code == 2
    assert words in said


def test_training_waits_for_functions_that_are_still_to_do(lab7: Lab, lab_copy: Path, command: Command) -> None:
    grpo = (lab_copy / "grpo.py").read_text(encoding="utf-8")
    main, _, bonus = grpo.partition("# --- bonus ---")
    (lab_copy / "grpo.py").write_text(main + "# --- bonus ---" + cut(bonus, "grpo.py"), encoding="utf-8")
    code, said = command("train", *SHORT, "--variant", "gspo", "--variant", "grpo")
    assert code == 0
    assert "gspo_loss is still to do: gspo waits for it" in said
    assert (lab_copy / "runs" / "grpo.safetensors").exists(), "the lab can be done without its bonus tasks"
    for name in lab7.code_files:
        (lab_copy / name).write_text(cut(lab7.path(name).read_text(encoding="utf-8"), name), encoding="utf-8")
    code, said = command("train", *SHORT, "--fresh")
    assert code == 0
    assert "accuracy_reward is still to do: grpo waits for it" in said


def test_a_result_of_another_shape_is_named(lab_copy: Path, command: Command) -> None:
    file = lab_copy / "grpo.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("return centred.flatten()", "return centred"), encoding="utf-8")
    code, said = command("train", *SHORT)
    assert code == 1
    assert "the advantages: a tensor of the shape (256,) is expected, and (32, 8) came" in said
    assert "make lab7 TASK=group_advantages says whether that is right" in said
