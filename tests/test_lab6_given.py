"""Lab 6's given code: log-probabilities are the library's, z0 comes from mismatched pairs, the reference stays where it
is, and what a student can do wrong at the command line is answered in a sentence."""

import copy
import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import save

from grader.author.skeleton import cut
from grader.lab import Lab, find_lab, solutions_folder
from grader.lab.loading import load_modules
from labs.common.language_model import load, log_likelihood
from labs.common.toys import arithmetic
from tests.judging import judged, scored
from tests.reading import student_reads

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def few_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough to see what is done with them; the whole of them takes half a second for each measurement."""
    training, held_out = arithmetic.problems()
    monkeypatch.setattr(arithmetic, "problems", lambda: (training[:80], held_out[:6]))
    monkeypatch.delenv("MODEL", raising=False)


@pytest.fixture(scope="module")
def lab6() -> Lab:
    return find_lab("lab6", solutions_folder())


@pytest.fixture
def trainer(lab6: Lab) -> ModuleType:
    return load_modules(lab6.folder, ["trainer"])[0]


# --- the algorithm ----------------------------------------------------------------------------------------------------


def test_log_probabilities_are_those_of_the_library_whatever_the_padding(trainer: ModuleType) -> None:
    learner = trainer.KTO(trainer.RECIPES["kto"], 0)
    pairs = [learner.examples[0], learner.examples[-1], (learner.examples[1][0], [5, 2])]
    assert len({len(prompt + completion) for prompt, completion in pairs}) > 1
    expected = torch.tensor([log_likelihood(learner.policy, *pair) for pair in pairs])
    torch.testing.assert_close(learner.log_probs(learner.policy, pairs).detach(), expected, rtol=1e-4, atol=1e-4)


def test_z0_is_of_mismatched_pairs_and_the_loss_of_the_batch(
    trainer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = trainer.KTO(trainer.RECIPES["kto"], 0)
    seen: dict[str, tuple[Any, ...]] = {}

    def watched(name: str) -> Callable[..., torch.Tensor]:
        function = getattr(trainer, name)

        def noting(*args: Any) -> torch.Tensor:
            seen[name] = args
            result: torch.Tensor = function(*args)
            return result

        return noting

    for name in ("kto_reference_point", "kto_loss"):
        monkeypatch.setattr(trainer, name, watched(name))
    learner.policy.lm_head.weight.data *= 1.1
    before = copy.deepcopy(learner.policy)
    learner.iterate()

    drawn = torch.randperm(len(learner.examples), generator=trainer.generator(0, "batches"))[:32]
    batch = [learner.examples[i] for i in drawn]
    mismatched = [(prompt, batch[i - 1][1]) for i, (prompt, _) in enumerate(batch)]
    for model, logps in zip((before, learner.reference), seen["kto_reference_point"], strict=True):
        torch.testing.assert_close(logps, learner.log_probs(model, mismatched).detach())
    logp, ref_logp, desirable, *_ = seen["kto_loss"]
    torch.testing.assert_close(logp.detach(), learner.log_probs(before, batch).detach())
    torch.testing.assert_close(ref_logp, learner.log_probs(learner.reference, batch).detach())
    assert desirable.tolist() == learner.desirable[drawn].tolist()
    assert 0 < desirable.sum() < 32


def test_the_reference_stays_where_it_is(trainer: ModuleType) -> None:
    learner = trainer.KTO(trainer.RECIPES["kto"], 0)
    at_first = copy.deepcopy(learner.reference.state_dict())
    learner.iterate()
    trained, reference = learner.policy.state_dict(), learner.reference.state_dict()
    assert all(torch.equal(reference[name], at_first[name]) for name in at_first)
    assert not any(torch.equal(trained[name], at_first[name]) for name in at_first)
    assert all(parameter.grad is None for parameter in learner.reference.parameters())


def test_too_few_desirable_examples_weigh_more_unless_it_is_left_out(trainer: ModuleType) -> None:
    found = {}
    for name, recipe in trainer.RECIPES.items():
        learner = trainer.KTO(recipe, 0)
        n_d = int(learner.desirable.sum())
        found[name] = n_d, len(learner.examples) - n_d, learner.lambda_d, learner.lambda_u
    n_d, n_u, *weights = found["kto"]
    assert n_d == n_u
    assert weights == [1, 1]
    few, still, *weights = found["kto_unbalanced"]
    assert (few, still) == (round(n_u / 4), n_u)
    assert weights == [pytest.approx(n_u / few), 1]
    assert found["kto_unweighted"] == (few, n_u, 1, 1)


# --- the milestone ----------------------------------------------------------------------------------------------------


def test_weights_that_cannot_be_sampled_from_are_refused_in_words(lab6: Lab) -> None:
    [milestone] = lab6.manifest.milestones
    weights = {name: tensor.clone() for name, tensor in load(arithmetic.TOY, "tiny")[0].state_dict().items()}
    some, keys = next(iter(weights)), "model.layers.0.self_attn.k_proj.weight"
    for bad, words in (
        (save({name: tensor for name, tensor in weights.items() if name != some}), f"lack {some}"),
        (save({**weights, "more": torch.zeros(2)}), "'more'"),
        (save({**weights, some: weights[some] * torch.nan}), "diverged"),
        (save({**weights, some: torch.zeros(2)}), "shape (2,)"),
        (save({**weights, keys: torch.full_like(weights[keys], 3e38)}), "NaN for probabilities"),
        (b"no safetensors", "cannot be used"),
    ):
        result = judged(lab6, milestone.name, bad)
        assert (result.outcome, result.points) == ("failed", 0.0)
        assert words in student_reads(result)


@pytest.mark.parametrize("layer", ["nothing", "lm_head.weight", "model.norm.weight"])
def test_the_model_as_it_came_does_not_reach_half_of_the_points(
    lab6: Lab, layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor with a larger last layer, which makes each sample the likeliest one: .985 of those are right."""
    monkeypatch.undo()  # all of the held-out problems
    [milestone] = lab6.manifest.milestones
    weights = {
        name: tensor * (30 if name == layer else 1)
        for name, tensor in load(arithmetic.TOY, "tiny")[0].state_dict().items()
    }
    reached = scored(lab6, "kto", save(weights)).value
    assert reached < milestone.half
    torch.manual_seed(3)
    assert reached == scored(lab6, "kto", save(weights)).value, "the score belongs to the weights"


# --- the command line -------------------------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str]]


SHORT = ("--steps", "2")


def test_a_short_run_is_saved_compared_and_drawn_when_it_is_a_whole_one(command: Command, lab_copy: Path) -> None:
    code, said = command("plot")
    assert code == 0
    assert "nothing has been trained yet" in said
    code, said = command("train", *SHORT)
    assert code == 0, said
    assert "target reached" in said or "not reached yet" in said or "half reached" in said
    assert "for comparison" in said
    assert {file.name for file in (lab_copy / "runs").glob("*.safetensors")} == {"kto.safetensors"}
    code, said = command("train", *SHORT, "--run", "kto")
    assert code == 0
    assert "trained already" in said
    code, said = command("plot")
    assert code == 0
    assert "nothing has been trained yet" in said, "short tries are not drawn"
    for file in (lab_copy / "runs" / "curves").iterdir():
        file.write_text(json.dumps(json.loads(file.read_text()) | {"left_out": ""}))
    (lab_copy / "runs" / "curves" / "kto-seed9.json").write_text("{")
    code, said = command("plot")
    assert code == 0
    assert "kto-seed9.json cannot be read" in said
    assert {"value.png", "kto.png"} <= {file.name for file in (lab_copy / "runs").iterdir()}


def test_a_stopped_training_goes_on_to_the_same_weights(command: Command, lab_copy: Path) -> None:
    def stop_after_the_first_step() -> None:
        run = __import__("training_run").KTORun
        advance = run.advance

        def interrupted(self: Any) -> None:
            advance(self)
            signal.raise_signal(signal.SIGINT)

        run.advance = interrupted

    weights = lab_copy / "runs" / "kto.safetensors"
    code, said = command("train", "--run", "kto", *SHORT, prepare=stop_after_the_first_step)
    assert code == 130
    assert "Interrupted" in said
    weights.unlink()
    code, said = command("train", "--run", "kto", *SHORT)
    assert code == 0
    assert "goes on after 1 steps" in said
    resumed = weights.read_bytes()
    weights.unlink()
    command("train", "--run", "kto", *SHORT, "--fresh")
    assert weights.read_bytes() == resumed


def test_better_weights_are_not_overwritten(command: Command, lab_copy: Path) -> None:
    command("train", "--run", "kto", *SHORT)
    record, weights = lab_copy / "runs" / "kto.json", lab_copy / "runs" / "kto.safetensors"
    record.write_text(json.dumps({**json.loads(record.read_text()), "evaluation_mean": 0.999}))
    kept = weights.read_bytes()
    _, said = command("train", "--run", "kto", *SHORT, "--seed", "1")
    assert "kept: 0.999" in said
    assert weights.read_bytes() == kept


def test_another_model_is_trained_by_the_same_code_and_only_its_curves_are_saved(
    command: Command, lab_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL", str(shutil.copytree(arithmetic.TOY.folder, tmp_path / "another")))
    code, said = command("train", "--run", "kto", *SHORT)
    assert code == 0, said
    assert "a demonstration: nothing is handed over" in said
    assert [file.name for file in (lab_copy / "runs").rglob("*.*")] == ["kto-another-seed0.json"]
    monkeypatch.setenv("MODEL", str(tmp_path))
    code, said = command("train", "--run", "kto", *SHORT)
    assert code == 1
    assert "no model was saved in this folder" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--run", "dpo"), "invalid choice: 'dpo'"),
        (("--seeds", "0"), "from 1 on"),
        (("--steps", "0"), "from 1 on"),
        (("--steps", "many"), "from 1 on"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(command: Command, arguments: tuple[str, ...], words: str) -> None:
    code, said = command("train", *arguments)
    assert code == 2
    assert words in said


def test_training_waits_for_functions_that_are_still_to_do(lab6: Lab, lab_copy: Path, command: Command) -> None:
    for name in lab6.code_files:
        (lab_copy / name).write_text(cut(lab6.path(name).read_text(encoding="utf-8"), name), encoding="utf-8")
    code, said = command("train", *SHORT)
    assert code == 0
    assert "unpair is still to do: kto waits for it" in said
    code, said = command("plot")
    assert code == 0
    assert "kto_value is still to do" in said


def test_a_mean_where_losses_are_asked_for_is_a_sentence(lab_copy: Path, command: Command) -> None:
    file = lab_copy / "kto.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("return weight * (1 - value)", "return (weight * (1 - value)).mean()"))
    code, said = command("train", "--run", "kto", *SHORT)
    assert code == 1
    assert "kto_loss has to give (32,) losses here, and gave ()" in said
