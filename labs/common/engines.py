"""What draws completions for training, by ENGINE of the environment.

ENGINE=auto (the default)   dynamic on a CPU, static on a GPU
ENGINE=dynamic              labs/common/sampling.py: a cache that grows, and a batch that shrinks
ENGINE=static               labs/common/static_sampling.py: steps of a fixed shape, on a GPU as CUDA graphs
ENGINE=vllm                 labs/common/vllm_sampling.py: vLLM in this process, or at the address VLLM_SERVER
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from labs.common import sampling
from labs.common.errors import CannotUse
from labs.common.sampling import Samples
from labs.common.static_sampling import StaticSampler
from labs.common.translated import _
from labs.common.vllm_sampling import require_vllm, server_address, vllm_engine


class Engine(Protocol):
    """Draws completions from one model."""

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        G: int = 1,
        generator: torch.Generator | None = None,
        temperature: float = 1.0,
    ) -> Samples:
        """G completions of each prompt, as sampling.generate draws them; with temperature 0 the likeliest ones."""

    def sync(self) -> None:
        """Take over the model's weights, after a step of the optimizer and before the next `generate`."""


@dataclass(frozen=True)
class DynamicSampler:
    """sampling.generate. It shares the model's weights: there is nothing to take over."""

    model: PreTrainedModel

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        G: int = 1,
        generator: torch.Generator | None = None,
        temperature: float = 1.0,
    ) -> Samples:
        return sampling.generate(self.model, prompts, G, generator, temperature)

    def sync(self) -> None:
        pass


def engine_name() -> str:
    """What ENGINE of the environment says; "auto" where it says nothing, or names what runs containers (docker.md)."""
    name = os.environ.get("ENGINE") or "auto"
    return "auto" if name in ("docker", "podman") else name


def engine_for(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str | None = None) -> Engine:
    """The engine of that name, or of ENGINE's. CannotUse, in words, for an unknown one or one that cannot be had."""
    return ENGINES[known(name or engine_name())](model, tokenizer)


def trl_settings() -> dict[str, object]:
    """The fields of GRPOConfig for ENGINE: vLLM in one of TRL's own modes, or none, which is transformers' generate."""
    if known(engine_name()) != "vllm":
        return {"use_vllm": False}
    require_vllm()
    if server := server_address():
        return {"use_vllm": True, "vllm_mode": "server", "vllm_server_base_url": server}
    return {"use_vllm": True, "vllm_mode": "colocate"}


def known(name: str) -> str:
    """The name; CannotUse where there is no such engine."""
    if name not in ENGINES:
        raise CannotUse(
            _("ENGINE={name}: no such engine. There are {engines}.").format(name=name, engines=", ".join(ENGINES))
        )
    return name


def automatic(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Engine:
    """On a GPU the static engine, if it knows the model's kind of cache; else the dynamic one."""
    if model.device.type == "cuda":
        try:
            return StaticSampler(model)
        except CannotUse:
            pass
    return DynamicSampler(model)


ENGINES: dict[str, Callable[[PreTrainedModel, PreTrainedTokenizerBase], Engine]] = {
    "auto": automatic,
    "dynamic": lambda model, tokenizer: DynamicSampler(model),
    "static": lambda model, tokenizer: StaticSampler(model),
    "vllm": vllm_engine,
}
