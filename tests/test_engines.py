"""What draws completions for training: the static sampler beside the dynamic one, vLLM where it is, and ENGINE."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import (
    DynamicCache,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from labs.common import static_sampling
from labs.common.engines import DynamicSampler, engine_for
from labs.common.errors import CannotUse
from labs.common.language_model import forward, load, prompt_ids
from labs.common.sampling import Samples, completion_logits, generate
from labs.common.seeding import generator
from labs.common.static_sampling import StaticSampler, Step
from labs.common.toys import arithmetic
from labs.common.toys.arithmetic import TOY

pytestmark = pytest.mark.usefixtures("one_thread")

_, HELD_OUT = arithmetic.problems()
RAGGED = ("2 + 3 * 4", "7", "9 + 9")
EVEN = tuple(problem.text for problem in HELD_OUT[:4])


@pytest.fixture(scope="module")
def tiny() -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    return load(TOY, "tiny")


def asked(tokenizer: PreTrainedTokenizerBase, problems: tuple[str, ...]) -> list[list[int]]:
    return [prompt_ids(tokenizer, problem) for problem in problems]


def lengths(drawn: Samples, end: int) -> list[int]:
    return [row.index(end) + 1 if end in row else len(row) for row in drawn.completion_ids.tolist()]


def assert_same(found: Samples, expected: Samples) -> None:
    assert torch.equal(found.completion_ids, expected.completion_ids)
    assert torch.equal(found.prompt_ids, expected.prompt_ids)
    assert torch.equal(found.prompt_mask, expected.prompt_mask)
    assert found.G == expected.G
    torch.testing.assert_close(found.logps, expected.logps, rtol=0, atol=1e-5)


# --- the static sampler -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problems", [RAGGED, EVEN])
def test_static_and_dynamic_find_the_same_likeliest_completions(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase], problems: tuple[str, ...]
) -> None:
    model, tokenizer = tiny
    prompts = asked(tokenizer, problems)
    assert_same(StaticSampler(model).generate(prompts, 2, temperature=0), generate(model, prompts, 2, temperature=0))


def test_static_draws_what_dynamic_draws_from_the_same_dice(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the dynamic one keeps all rows: a smaller batch takes fewer numbers from the generator."""
    monkeypatch.setattr("labs.common.sampling.FULL", 0.0)
    model, tokenizer = tiny
    prompts = asked(tokenizer, EVEN)
    found = StaticSampler(model).generate(prompts, 8, generator(0, "test"), 1.3)
    assert_same(found, generate(model, prompts, 8, generator(0, "test"), 1.3))


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_static_log_probabilities_are_those_of_reading_again(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase], temperature: float
) -> None:
    model, tokenizer = tiny
    drawn = StaticSampler(model).generate(asked(tokenizer, RAGGED), 5, generator(0, "test"), temperature)
    with torch.no_grad():
        log_probs = (completion_logits(model, drawn)[:, :-1] / temperature).log_softmax(-1)
    expected = log_probs.gather(2, drawn.completion_ids[..., None])[..., 0]
    counts = lengths(drawn, tokenizer.eos_token_id)
    assert len(set(counts)) > 1 and max(counts) == drawn.completion_ids.shape[1]
    for row, length in enumerate(counts):
        torch.testing.assert_close(drawn.logps[row, :length], expected[row, :length], rtol=0, atol=1e-4)
        assert not drawn.logps[row, length:].any()
        assert set(drawn.completion_ids[row, length:].tolist()) <= {tokenizer.pad_token_id}


def test_static_draws_tokens_as_often_as_the_model_says(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = tiny
    monkeypatch.setattr(model.generation_config, "max_new_tokens", 1)
    prompt, n = prompt_ids(tokenizer, "2 + 3 * 4"), 20_000
    firsts = StaticSampler(model).generate([prompt], n, generator(0, "test"), 2.0).completion_ids[:, 0]
    with torch.no_grad():
        expected = n * (model(torch.tensor([prompt])).logits[0, -1] / 2.0).softmax(-1)
    found = torch.bincount(firsts, minlength=len(expected))
    often = expected >= 5
    assert often.sum() >= 5
    chi_square = ((found - expected) ** 2 / expected)[often].sum()
    assert chi_square < often.sum() + 4 * (2 * often.sum()).sqrt()
    assert found[~often].sum() <= expected[~often].sum() + 20


def test_static_keeps_one_step_for_each_shape_and_only_the_newest(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase],
) -> None:
    model, tokenizer = tiny
    sampler = StaticSampler(model)
    steps = []
    for problems, G in ((RAGGED, 1), (EVEN, 2), (EVEN[:1], 3), (RAGGED, 4), (EVEN, 2)):
        prompts = asked(tokenizer, problems)
        found = sampler.generate(prompts, G, temperature=0)
        assert_same(found, generate(model, prompts, G, temperature=0))
        steps.append(list(sampler.steps.values())[-1])
        assert len(sampler.steps) <= static_sampling.KEPT
    assert steps[2] is steps[0]  # three rows again
    assert steps[4] is not steps[1]  # which had to go for the fourth


def test_static_results_do_not_change_when_it_draws_again(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase],
) -> None:
    model, tokenizer = tiny
    sampler, prompts = StaticSampler(model), asked(tokenizer, RAGGED)
    first = sampler.generate(prompts, 4, generator(0, "test"))
    ids, logps = first.completion_ids.clone(), first.logps.clone()
    second = sampler.generate(prompts, 4, generator(1, "test"))
    assert torch.equal(first.completion_ids, ids) and torch.equal(first.logps, logps)
    assert ids.tolist() != second.completion_ids.tolist()


def test_static_reads_the_weights_where_they_lie_now() -> None:
    """Changed in place, as an optimizer does, and replaced by others, which needs another graph."""
    model, tokenizer = load(TOY, "tiny")
    sampler, prompts = StaticSampler(model), asked(tokenizer, RAGGED)
    before = sampler.generate(prompts, temperature=0)
    [step] = sampler.steps.values()
    with torch.no_grad():
        model.lm_head.weight.mul_(-1.0)
    changed = sampler.generate(prompts, temperature=0)
    assert changed.completion_ids.tolist() != before.completion_ids.tolist()
    assert_same(changed, generate(model, prompts, temperature=0))
    assert [*sampler.steps.values()] == [step]
    model.lm_head.weight.data = model.lm_head.weight.data * -1.0
    assert_same(sampler.generate(prompts, temperature=0), before)
    assert [*sampler.steps.values()] != [step]


def test_static_says_that_a_model_gives_no_probabilities() -> None:
    model, tokenizer = load(TOY, "tiny")
    with torch.no_grad():
        model.lm_head.weight.fill_(torch.nan)
    with pytest.raises(RuntimeError, match="probability tensor"):
        StaticSampler(model).generate(asked(tokenizer, RAGGED))


SHAPE = dict(
    vocab_size=50, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, eos_token_id=2
)


@pytest.mark.parametrize(
    "network",
    [
        lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, num_key_value_heads=2)),
        lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, num_key_value_heads=1, head_dim=16, attn_implementation="eager")),
        lambda: Qwen2ForCausalLM(Qwen2Config(**SHAPE, num_key_value_heads=2)),
    ],
)
@pytest.mark.parametrize("autocast", [False, True])
def test_static_knows_heads_that_share_keys_and_autocast(
    network: Callable[[], PreTrainedModel], autocast: bool
) -> None:
    """Autocast of the CPU in place of the GPU's: keys are float32 there, too, where values are bfloat16."""
    torch.manual_seed(0)
    model = network().eval()
    model.generation_config.max_new_tokens = 40
    before = model.config._attn_implementation
    prompts = [[5, 6, 7], [8], [9, 10, 11, 12, 13, 14, 15]]
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        found = StaticSampler(model).generate(prompts, 3, generator(0, "test"))
        again = completion_logits(model, found)[:, :-1].float().log_softmax(-1)
        expected = again.gather(2, found.completion_ids[..., None])[..., 0].detach()
    real = found.logps != 0
    assert real.sum() > 50
    torch.testing.assert_close(found.logps[real], expected[real], rtol=0, atol=0.02 if autocast else 1e-4)
    assert model.config._attn_implementation == before


def test_a_model_on_a_cpu_is_read_as_it_is(tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase]) -> None:
    model, tokenizer = tiny
    ids = torch.tensor(asked(tokenizer, EVEN[:1]))
    assert torch.equal(forward(model, input_ids=ids).logits, model(ids).logits)


class Elsewhere(TorchDispatchMode):
    """Counts operations, and remembers those that had a tensor on another device than meta."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.operations += 1
        tensors = [x for x in tree_leaves((args, kwargs, result)) if isinstance(x, torch.Tensor)]
        if any(x.device.type != "meta" for x in tensors):
            self.found.append(str(func))
        return result


def test_a_step_looks_at_no_value_and_brings_none_from_the_cpu() -> None:
    """A graph that is captured requires both. Tensors on meta have no values, and raise where Python asks for one."""
    with torch.device("meta"), torch.no_grad():
        model = LlamaForCausalLM(LlamaConfig(**SHAPE, num_key_value_heads=2)).eval()
        cache = DynamicCache(config=model.config)
        logits = model(torch.ones(6, 5, dtype=torch.int64), past_key_values=cache).logits[:, -1:]
        step = Step(model, logits, cache, 64, torch.tensor([2, 3]), 0, 8)
    with Elsewhere() as elsewhere:
        step.run()
    assert elsewhere.operations > 50 and elsewhere.found == []


@pytest.mark.parametrize("refused", ["", "operation not permitted when stream is capturing\nand more"])
def test_a_step_is_recorded_after_it_was_warmed_up_or_goes_on_without(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    refused: str,
) -> None:
    """With a graph that runs what it stands for, since there is none on a CPU; recording runs nothing."""
    model, tokenizer = tiny
    sampler, prompts = StaticSampler(model), asked(tokenizer, RAGGED)
    sampler.generate(prompts, 2)
    [step] = sampler.steps.values()
    run, runs, replays = step.run, [], []

    @contextmanager
    def recording(graph: object) -> Iterator[None]:
        monkeypatch.setattr(step, "run", lambda: runs.append("recorded"))
        yield
        monkeypatch.setattr(step, "run", counted)
        if refused:
            raise RuntimeError(refused)

    def counted() -> None:
        runs.append("run")
        run()

    monkeypatch.setattr(step, "run", counted)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: SimpleNamespace(wait_stream=lambda other: None))
    monkeypatch.setattr(torch.cuda, "current_stream", torch.cuda.Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: nullcontext())
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(torch.cuda, "graph", recording)
    monkeypatch.setattr(
        torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=lambda: (replays.append("replay"), run()))
    )
    step.capture()
    assert runs == ["run"] * 3 + ["recorded"]
    assert_same(sampler.generate(prompts, 2, temperature=0), generate(model, prompts, 2, temperature=0))
    said = capsys.readouterr().err
    if refused:
        assert said.count("\n") == 1 and "operation not permitted when stream is capturing)" in said
        assert not replays and len(runs) > 4
    else:
        assert said == "" and len(replays) > 4 and len(runs) == 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU, of which CUDA graphs are made")
def test_a_graph_on_a_gpu_draws_what_the_model_says(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase], capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer = tiny[1]
    model = load(TOY, "tiny")[0].cuda()
    sampler, prompts = StaticSampler(model), asked(tokenizer, RAGGED)
    for seed in range(3):  # a graph that is replayed after the first
        drawn = sampler.generate(prompts, 5, generator(seed, "test", model.device))
        with torch.no_grad():
            log_probs = completion_logits(model, drawn)[:, :-1].float().log_softmax(-1)
        expected = log_probs.gather(2, drawn.completion_ids[..., None])[..., 0]
        real = drawn.logps != 0
        torch.testing.assert_close(drawn.logps[real], expected[real], rtol=0, atol=0.3)  # bfloat16
    [step] = sampler.steps.values()
    assert step.graph is not None and capsys.readouterr().err == ""


# --- ENGINE -----------------------------------------------------------------------------------------------------------


def test_the_engine_is_the_one_that_the_environment_names(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENGINE", raising=False)
    assert engine_for(*tiny) == DynamicSampler(tiny[0])
    monkeypatch.setenv("ENGINE", "static")
    assert isinstance(engine_for(*tiny), StaticSampler)
    assert engine_for(*tiny, name="dynamic") == DynamicSampler(tiny[0])
    monkeypatch.setenv("ENGINE", "podman")  # for `make shell`
    assert engine_for(*tiny) == DynamicSampler(tiny[0])
    monkeypatch.setenv("ENGINE", "fast")
    with pytest.raises(CannotUse, match=r"ENGINE=fast: no such engine.*auto, dynamic, static, vllm"):
        engine_for(*tiny)


def test_the_engine_of_a_cpu_draws_from_the_same_dice_as_the_sampler(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENGINE", raising=False)
    model, tokenizer = tiny
    engine, prompts = engine_for(model, tokenizer), asked(tokenizer, RAGGED)
    engine.sync()
    found = engine.generate(prompts, 3, generator(0, "test"), 0.8)
    expected = generate(model, prompts, 3, generator(0, "test"), 0.8)
    assert torch.equal(found.completion_ids, expected.completion_ids) and torch.equal(found.logps, expected.logps)


def test_a_model_with_another_kind_of_cache_is_refused_in_words(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase],
) -> None:
    config = Qwen2Config(**SHAPE, num_key_value_heads=2, use_sliding_window=True, max_window_layers=0)
    with pytest.raises(CannotUse, match="Use ENGINE=dynamic"):
        engine_for(Qwen2ForCausalLM(config), tiny[1], "static")
