"""Draws completions from a causal language model of transformers: a batch at once, with a key-value cache."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel


@dataclass(frozen=True)
class Samples:
    """Completions of P prompts, G for each; rows p*G to p*G+G-1 belong to prompt p, so B = P*G."""

    prompt_ids: Tensor  # (B, L - C) int64, padded on the left
    prompt_mask: Tensor  # (B, L - C) int64, 0 on padding
    completion_ids: Tensor  # (B, C) int64: up to and with the first end-of-sequence token, padding after it
    logps: Tensor  # (B, C) float32: the log-probability with which each token was drawn; 0 on padding

    @property
    def ids(self) -> Tensor:
        """Prompt and completion, (B, L)."""
        return torch.cat([self.prompt_ids, self.completion_ids], dim=1)


@torch.no_grad()
def generate(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    G: int = 1,
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
) -> Samples:
    """Draw G completions of each prompt; with temperature 0 the likeliest token is taken each time.

    A prompt is read once, and its cache repeated for the G completions. How long a completion may be, and which tokens
    end it, stands in `model.generation_config`. `generator` lives on the model's device; without one, torch's own
    random numbers are used. ValueError for no prompts, an empty prompt or G < 1.
    """
    if not prompts or not all(prompts) or G < 1:
        raise ValueError("generate needs prompts of at least one token each, and G of at least 1")
    settings = model.generation_config
    ends = torch.as_tensor(settings.eos_token_id, device=model.device).reshape(-1)
    pad = int(ends[0]) if settings.pad_token_id is None else settings.pad_token_id
    C = settings.max_new_tokens

    length = max(map(len, prompts))
    prompt_ids = torch.tensor([[pad] * (length - len(p)) + list(p) for p in prompts], device=model.device)
    prompt_mask = torch.tensor([[0] * (length - len(p)) + [1] * len(p) for p in prompts], device=model.device)
    ragged = bool((prompt_mask == 0).any())
    position = (prompt_mask.cumsum(1) - 1).clamp(min=0)

    cache = DynamicCache(config=model.config)
    mask = prompt_mask if ragged else None  # without padding there is nothing to mask, which is quicker
    logits = model(
        input_ids=prompt_ids, attention_mask=mask, position_ids=position, past_key_values=cache, logits_to_keep=1
    ).logits
    cache.batch_repeat_interleave(G)
    logits, position = logits[:, -1].repeat_interleave(G, 0), position[:, -1:].repeat_interleave(G, 0)
    prompt_ids, prompt_mask = prompt_ids.repeat_interleave(G, 0), prompt_mask.repeat_interleave(G, 0)
    mask = prompt_mask if ragged else None

    going = torch.ones(len(prompt_ids), dtype=torch.bool, device=model.device)
    drawn: list[Tensor] = []
    logps: list[Tensor] = []
    for step in range(C):
        log_probs = (logits.float() / (temperature or 1.0)).log_softmax(-1)
        if temperature:
            token = torch.multinomial(log_probs.exp(), 1, generator=generator)
        else:
            token = log_probs.argmax(-1, keepdim=True)
        logps.append(log_probs.gather(1, token)[:, 0].where(going, 0.0))
        token = token.where(going[:, None], pad)
        drawn.append(token[:, 0])
        going = going & ~torch.isin(token[:, 0], ends)
        if step == C - 1 or not going.any():
            break
        position = position + 1
        if mask is not None:
            mask = torch.cat([mask, torch.ones_like(token)], dim=1)
        logits = model(input_ids=token, attention_mask=mask, position_ids=position, past_key_values=cache).logits[:, -1]
    return Samples(prompt_ids, prompt_mask, torch.stack(drawn, 1), torch.stack(logps, 1))
