"""Micro-batches give the gradient of the whole batch; the estimate is near what is used, what cannot fit is refused."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import psutil
import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from grader.lab.loading import importing_from
from labs.common import memory
from labs.common.errors import CannotUse
from labs.common.language_model import completion_ids, load, log_likelihoods, prompt_ids
from labs.common.memory import estimate, free_memory, ready_to_learn, refuse_too_much, rows_at_once
from labs.common.sampling import Samples, all_at_once, completion_logits, generate
from labs.common.toys import arithmetic
from tests.conftest import SOLUTIONS

BENCHMARK = Path(__file__).parent / "benchmarks" / "step_memory.py"
NEAR = 1e-6  # of the largest number in the gradient, if that is above 1


@pytest.fixture
def model() -> PreTrainedModel:
    return load(arithmetic.TOY, "tiny")[0]


@pytest.fixture(params=["MICRO_BATCH=1", "MICRO_BATCH=3", "MICRO_BATCH=8", "MICRO_BATCH=5 CHECKPOINTING=1"])
def smaller(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Sets these variables, so that what is computed from then on is computed in parts."""

    def change() -> None:
        for setting in request.param.split():
            monkeypatch.setenv(*setting.split("="))

    return change


@pytest.fixture
def drawn(model: PreTrainedModel) -> Samples:
    """Four completions of each of three prompts, one of which is longer than the others."""
    tokenizer = load(arithmetic.TOY, "tiny")[1]
    asked = [prompt_ids(tokenizer, problem) for problem in ("1 + 2 * 3", "1 + 2 * 3 + 4", "9 + 8 * 7")]
    return generate(model, asked, 4, torch.Generator().manual_seed(0))


def gradients(model: PreTrainedModel, loss: Tensor) -> list[Tensor]:
    model.zero_grad()
    loss.backward()
    return [parameter.grad.clone() for parameter in model.parameters()]


def same(model: PreTrainedModel, loss: Callable[[PreTrainedModel], Tensor], smaller: Callable[[], None]) -> None:
    """The loss and its gradient come out as before, once it is computed in parts."""
    whole = loss(model)
    expected = gradients(model, whole)
    smaller()
    parts = loss(ready_to_learn(model))
    found = gradients(model, parts)
    torch.testing.assert_close(parts, whole, rtol=NEAR, atol=NEAR)
    largest = max(float(gradient.abs().max()) for gradient in expected)
    assert largest > 1e-3
    for some, of_all in zip(found, expected, strict=True):
        torch.testing.assert_close(some, of_all, rtol=0, atol=NEAR * max(1.0, largest))
    assert not model.training


# --- the same gradient ------------------------------------------------------------------------------------------------


@pytest.fixture
def lab7_loop() -> Iterator[ModuleType]:
    with importing_from(SOLUTIONS["lab7"]):
        yield importlib.import_module("grpo_loop")


def test_grpo_has_the_gradient_of_the_whole_batch(
    model: PreTrainedModel, drawn: Samples, smaller: Callable[[], None], lab7_loop: ModuleType
) -> None:
    rows = arithmetic.rows()[0]
    grpo = lab7_loop.GRPO(model, load(arithmetic.TOY, "tiny")[1], rows, 0, lab7_loop.Recipe())
    advantages = torch.linspace(-1, 1, len(drawn.completion_ids))
    mask = lab7_loop.completion_mask(drawn.completion_ids, grpo.end)

    def loss(policy: PreTrainedModel) -> Tensor:
        found: Tensor = lab7_loop.grpo_loss(
            grpo.logps(policy, drawn), drawn.logps, drawn.logps - 0.1, advantages, mask, eps=0.2, beta=0.04
        )
        return found

    same(model, loss, smaller)


def test_dpo_has_the_gradient_of_the_whole_batch(model: PreTrainedModel, smaller: Callable[[], None]) -> None:
    with importing_from(SOLUTIONS["lab5"]):
        training = importlib.import_module("preference_training")
        tokenizer = load(arithmetic.TOY, "tiny")[1]
        pairs = training.tokenized(arithmetic.preference_pairs(arithmetic.problems()[0][:15]), tokenizer)

        def loss(policy: PreTrainedModel) -> Tensor:
            chosen = training.log_probs(policy, pairs.prompts, pairs.chosen)
            rejected = training.log_probs(policy, pairs.prompts, pairs.rejected)
            found: Tensor = training.dpo_loss(chosen, rejected, chosen.detach() - 1, rejected.detach() + 1, beta=0.1)[0]
            return found.mean()

        same(model, loss, smaller)


def test_kto_has_the_gradient_of_the_whole_batch(model: PreTrainedModel, smaller: Callable[[], None]) -> None:
    tokenizer = load(arithmetic.TOY, "tiny")[1]
    pairs = arithmetic.preference_pairs(arithmetic.problems()[0][:12])
    prompts = [prompt_ids(tokenizer, pair["prompt"]) for pair in pairs]
    answers = [completion_ids(tokenizer, pair["chosen"]) for pair in pairs]
    same(model, lambda policy: -log_likelihoods(policy, prompts, answers).sigmoid().mean(), smaller)


def test_a_part_of_samples_is_of_whole_groups_where_it_has_room(drawn: Samples) -> None:
    assert [(part.G, len(part.logps)) for part in drawn.parts(100)] == [(4, 12)]
    assert [(part.G, len(part.logps)) for part in drawn.parts(11)] == [(4, 8), (4, 4)]
    assert [(part.G, len(part.logps)) for part in drawn.parts(4)] == [(4, 4)] * 3
    assert [(part.G, len(part.logps)) for part in drawn.parts(3)] == [(3, 3), (1, 1)] * 3
    for rows in (100, 11, 3):
        assert torch.equal(torch.cat([part.ids for part in drawn.parts(rows)]), drawn.ids)


def test_without_the_cache_of_a_prompt_the_logits_are_the_same(model: PreTrainedModel, drawn: Samples) -> None:
    with torch.no_grad():
        torch.testing.assert_close(all_at_once(model, drawn), completion_logits(model, drawn), rtol=0, atol=1e-4)


def test_where_nothing_learns_nothing_is_computed_twice(
    model: PreTrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICRO_BATCH", "2")
    calls = 0

    def count(part: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return part.float() * next(model.parameters()).sum()

    parts = list(torch.arange(6).split(2))
    with torch.no_grad():
        assert memory.in_micro_batches(model, count, parts).requires_grad is False
    assert calls == 3
    memory.in_micro_batches(model, count, parts).sum().backward()
    assert calls == 3 + 2 * 3


@pytest.mark.parametrize("asked", ["0", "-1", "many", "1.5"])
def test_a_micro_batch_that_is_no_number_is_refused(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICRO_BATCH", asked)
    with pytest.raises(CannotUse, match=f"MICRO_BATCH={asked}"):
        rows_at_once(1000, 100)


def test_the_tiny_model_is_computed_at_once_and_a_large_vocabulary_is_not() -> None:
    assert rows_at_once(21, 64) > 10_000
    assert 1 <= rows_at_once(151_936, 257) < 8
    assert rows_at_once(10**9, 1000) == 1


# --- the estimate -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("step_memory", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore:Accessing the data pointer of FakeTensor")
@pytest.mark.parametrize(
    ("shape", "layers", "settings"),
    [
        ("Qwen2.5-0.5B, 128 x (150 + 256)", 4, {}),
        ("SmolLM2-135M, 256 x (80 + 64)", 4, {}),
        ("SmolLM2-135M, 256 x (80 + 64)", 8, {"MICRO_BATCH": "16", "CHECKPOINTING": "1"}),
    ],
)
def test_the_estimate_is_near_what_a_step_takes(
    shape: str, layers: int, settings: dict[str, str], benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of fewer layers, to be quick; the benchmark has all of them. Tensors have shapes and no values."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    config, work = benchmark.SHAPES[shape]
    fewer = type(config)(**{**config.to_dict(), "num_hidden_layers": layers, "layer_types": None})
    monkeypatch.setitem(benchmark.SHAPES, "fewer layers", (fewer, work))
    row = benchmark.measure("fewer layers", "fake")
    assert 0.85 < row["used_gb"] / row["estimated_gb"] < 1.1, row


def test_a_network_of_half_a_billion_weights_learns_in_twenty_gigabytes(benchmark: ModuleType) -> None:
    """128 completions of 256 tokens after prompts of 150, with a vocabulary of 151,936."""
    config, work = benchmark.SHAPES["Qwen2.5-0.5B, 128 x (150 + 256)"]
    assert (work.rows, work.prompt, work.completion) == (128, 150, 256)
    assert 10e9 < sum(estimate(config, 494_032_768, work).values()) < 20e9


def test_what_is_sampled_at_once_counts_where_it_is_more(benchmark: ModuleType) -> None:
    config, work = benchmark.SHAPES["SmolLM2-135M, 256 x (80 + 64)"]
    step = estimate(config, 134_515_008, replace(work, drawn=0))
    sampling = estimate(config, 134_515_008, replace(work, drawn=4000))
    assert "activations" in step
    assert "keys and values" in sampling
    assert sum(sampling.values()) > sum(step.values())


def needed(**sizes: float) -> dict[str, float]:
    return {"weights": 10e9} | {name.replace("_", " "): size for name, size in sizes.items()}


@pytest.mark.parametrize(
    ("found", "lower"),
    [
        (needed(logits=9e9, activations=6e9), "Set MICRO_BATCH=1, and if that is not enough CHECKPOINTING=1"),
        (needed(keys_and_values=12e9, logits=1e9), "Lower the prompts of a step"),
        (needed(gradients=20e9, logits=1e9), "take a smaller one"),
    ],
)
def test_what_cannot_fit_is_refused_and_what_to_lower_is_named(
    found: dict[str, float], lower: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MICRO_BATCH", raising=False)
    refuse_too_much(found, 50e9)
    with pytest.raises(CannotUse, match=lower) as refused:
        refuse_too_much(found, 20e9)
    assert f"about {sum(found.values()) / 1e9:.1f} GB" in str(refused.value)
    assert "20.0 GB are free" in str(refused.value)


def test_memory_that_models_take_already_counts_as_free(
    model: PreTrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    weights = 4 * sum(parameter.numel() for parameter in model.parameters())
    assert free_memory(model, 2) == 1000 + 2 * weights
    assert memory.measured(model) is None


def test_a_real_model_that_cannot_fit_is_not_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other: Any = load(arithmetic.TOY, "tiny")
    for part in other:
        part.save_pretrained(tmp_path / "other")
    monkeypatch.setenv("MODEL", str(tmp_path / "other"))
    monkeypatch.setattr(memory, "free_memory", lambda model, models: 1e6)
    with importing_from(SOLUTIONS["lab7"]):
        run = importlib.import_module("training_run").GRPORun("grpo", 0, 1)
        with pytest.raises(CannotUse, match="GB of memory"), run.watched():
            pytest.fail("it was trained")
