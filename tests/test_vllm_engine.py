"""ENGINE=vllm: what it says where vLLM is not, what it asks a server for, and vLLM itself where it is installed."""

import dataclasses
import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerBase
from trl import GRPOConfig

from labs.common import vllm_sampling
from labs.common.engines import engine_for, trl_settings
from labs.common.errors import CannotUse
from labs.common.language_model import load
from labs.common.sampling import Samples, completion_logits, generate
from labs.common.seeding import generator
from labs.common.toys.arithmetic import TOY
from labs.common.vllm_sampling import Colocated, Connected

HAS_VLLM = importlib.util.find_spec("vllm") is not None
PROMPTS = [[5, 6, 7], [8], [9, 10, 11, 12, 13]]
END, PAD = 2, 0


def network(seed: int) -> LlamaForCausalLM:
    """Heads of 32, below which vLLM knows none on a CPU; weights large enough for probabilities that differ."""
    config = LlamaConfig(
        vocab_size=24,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=128,
        initializer_range=0.3,
        eos_token_id=END,
        pad_token_id=PAD,
    )
    torch.manual_seed(seed)
    model = LlamaForCausalLM(config).eval()
    model.generation_config.max_new_tokens = 12
    return model


def tokenizer() -> PreTrainedTokenizerBase:
    """That of the tiny model, whose 21 tokens are among the network's."""
    return load(TOY, "tiny")[1]


@pytest.fixture
def without_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VLLM_SERVER", raising=False)


@pytest.mark.usefixtures("without_server")
def test_without_vllm_the_engine_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_sampling.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CannotUse, match=r"ENGINE=vllm: vLLM is not installed here.*ENGINE=auto"):
        engine_for(network(0), tokenizer(), "vllm")


@pytest.mark.usefixtures("without_server")
def test_trl_is_told_its_own_mode_of_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENGINE", raising=False)
    assert trl_settings() == {"use_vllm": False}
    monkeypatch.setenv("ENGINE", "static")
    assert trl_settings() == {"use_vllm": False}
    monkeypatch.setenv("ENGINE", "vllm")
    monkeypatch.setattr(vllm_sampling.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CannotUse, match="vLLM is not installed here"):
        trl_settings()
    monkeypatch.setattr(vllm_sampling.importlib.util, "find_spec", lambda name: object())
    assert trl_settings() == {"use_vllm": True, "vllm_mode": "colocate"}
    monkeypatch.setenv("VLLM_SERVER", "http://localhost:8000")
    settings = {"use_vllm": True, "vllm_mode": "server", "vllm_server_base_url": "http://localhost:8000"}
    assert trl_settings() == settings
    assert settings.keys() <= {field.name for field in dataclasses.fields(GRPOConfig)}
    monkeypatch.setenv("ENGINE", "fast")
    with pytest.raises(CannotUse, match="no such engine"):
        trl_settings()


# --- a server, as TRL's client gives its answers ----------------------------------------------------------------------


class Client:
    """Answers as TRL's VLLMClient does: the likeliest token may stand before the one that was drawn."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.told: list[object] = []

    def generate(self, prompts: Sequence[Sequence[int]], **how: Any) -> dict[str, Any]:
        self.asked.append({"prompts": prompts, **how})
        return {
            "prompt_ids": prompts,
            "completion_ids": [[3, END], [4, 5, 6], [END], [7, END]],
            "logprobs": [[[-0.5], [-0.25]], [[-0.1, -3.0], [-1.5], [-2.0]], [[-0.75]], [[-1.0], [-1.25]]],
            "logprob_token_ids": [[[3], [END]], [[9, 4], [5], [6]], [[END]], [[7], [END]]],
        }

    def update_model_params(self, model: PreTrainedModel) -> None:
        self.told.append(model)

    def reset_prefix_cache(self) -> None:
        self.told.append("forget")


def test_a_servers_answers_become_samples() -> None:
    client, model = Client(), network(0)
    engine = Connected(model, client)
    drawn = engine.generate(PROMPTS[:2], 2, temperature=0.7)
    assert client.asked == [
        dict(
            prompts=PROMPTS[:2],
            n=2,
            temperature=0.7,
            max_tokens=12,
            logprobs=0,
            generation_kwargs={"stop_token_ids": [END]},
        )
    ]
    assert drawn.G == 2
    assert drawn.prompt_ids.tolist() == [[5, 6, 7], [5, 6, 7], [PAD, PAD, 8], [PAD, PAD, 8]]
    assert drawn.prompt_mask.tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 1], [0, 0, 1]]
    assert drawn.completion_ids.tolist() == [[3, END, PAD], [4, 5, 6], [END, PAD, PAD], [7, END, PAD]]
    assert drawn.logps.tolist() == [[-0.5, -0.25, 0], [-3.0, -1.5, -2.0], [-0.75, 0, 0], [-1.0, -1.25, 0]]
    engine.sync()
    assert client.told == [model, "forget"]


def test_a_server_is_asked_with_a_seed_of_the_generators() -> None:
    client = Client()
    for seed in (1, 1, 2):
        Connected(network(0), client).generate(PROMPTS[:2], 2, generator(seed, "test"))
    first, second, third = (asked["generation_kwargs"]["seed"] for asked in client.asked)
    assert first == second != third


@pytest.mark.skipif(not HAS_VLLM, reason="vLLM is not installed")
def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_sampling, "SERVER_TIMEOUT", 0.0)
    monkeypatch.setenv("VLLM_SERVER", "http://localhost:9")
    with pytest.raises(CannotUse, match="the server at VLLM_SERVER=http://localhost:9 cannot be used"):
        engine_for(network(0), tokenizer(), "vllm")


# --- vLLM itself, a minute to start -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def colocated() -> Iterator[Colocated]:
    if not HAS_VLLM:
        pytest.skip("vLLM is not installed")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("VLLM_SERVER", raising=False)
        environment.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        environment.setenv("VLLM_CPU_OMP_THREADS_BIND", "nobind")
        environment.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        model = network(0)
        engine = engine_for(model.cuda() if torch.cuda.is_available() else model, tokenizer(), "vllm")
        assert isinstance(engine, Colocated)
        yield engine


def read_again(model: PreTrainedModel, drawn: Samples, temperature: float = 1.0) -> torch.Tensor:
    with torch.no_grad():
        log_probs = (completion_logits(model, drawn)[:, :-1].float() / temperature).log_softmax(-1)
    return log_probs.gather(2, drawn.completion_ids[..., None])[..., 0]


def tolerance(model: PreTrainedModel) -> float:
    """Of log-probabilities; bfloat16 on a GPU."""
    return 0.2 if model.device.type == "cuda" else 1e-2


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_vllm_draws_from_the_models_distribution(colocated: Colocated, temperature: float) -> None:
    model = colocated.model
    colocated.sync()
    drawn = colocated.generate(PROMPTS, 400, generator(0, "test"), temperature)
    expected = read_again(model, drawn, temperature)
    real = drawn.logps != 0
    assert 2000 < real.sum() < real.numel()
    torch.testing.assert_close(drawn.logps[real], expected[real], rtol=0, atol=tolerance(model))
    for row, logps in zip(drawn.completion_ids.tolist(), drawn.logps, strict=True):
        length = row.index(END) + 1 if END in row else len(row)
        assert not logps[length:].any() and set(row[length:]) <= {PAD}
    again = colocated.generate(PROMPTS, 400, generator(0, "test"), temperature)
    assert torch.equal(again.completion_ids, drawn.completion_ids)

    firsts = drawn.completion_ids[:400, 0]
    with torch.no_grad():
        logits = model(torch.tensor(PROMPTS[:1], device=model.device)).logits[0, -1].float()
    frequent = 400 * (logits / temperature).softmax(-1)
    found = torch.bincount(firsts, minlength=len(frequent))
    often = frequent >= 5
    chi_square = ((found - frequent) ** 2 / frequent)[often].sum()
    assert often.sum() >= 3 and chi_square < often.sum() + 5 * (2 * often.sum()).sqrt()


def test_vllm_draws_with_the_weights_of_the_last_sync(colocated: Colocated) -> None:
    model = colocated.model
    colocated.sync()
    before = colocated.generate(PROMPTS, temperature=0)
    assert torch.equal(before.completion_ids, generate(model, PROMPTS, temperature=0).completion_ids)
    model.load_state_dict(network(1).state_dict())
    assert torch.equal(colocated.generate(PROMPTS, temperature=0).completion_ids, before.completion_ids)
    colocated.sync()
    after = colocated.generate(PROMPTS, temperature=0)
    assert after.completion_ids.tolist() != before.completion_ids.tolist()
    assert torch.equal(after.completion_ids, generate(model, PROMPTS, temperature=0).completion_ids)
    real = after.logps != 0
    torch.testing.assert_close(after.logps[real], read_again(model, after)[real], rtol=0, atol=tolerance(model))


@pytest.mark.skipif(not HAS_VLLM, reason="vLLM is not installed")
def test_what_vllm_cannot_run_is_refused_with_its_reason(colocated: Colocated, monkeypatch: pytest.MonkeyPatch) -> None:
    model = network(0)
    model.config.architectures = ["NobodyForCausalLM"]
    monkeypatch.setattr(model, "save_pretrained", model.config.save_pretrained)
    with pytest.raises(CannotUse, match="ENGINE=vllm: vLLM cannot run this model here"):
        engine_for(model, tokenizer(), "vllm")
