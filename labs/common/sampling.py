"""Draws completions from a causal language model of transformers, and reads them again: with a key-value cache.

A prompt is read once for all its completions, and a completion that has ended costs nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from labs.common.language_model import forward
from labs.common.memory import whole_groups

FULL = 0.9  # a batch with a smaller share of unfinished completions is worth being made smaller


@dataclass(frozen=True)
class Samples:
    """Completions of P prompts, G for each; rows p*G to p*G+G-1 belong to prompt p, so B = P*G."""

    G: int
    prompt_ids: Tensor  # (B, L - C) int64, padded on the left
    prompt_mask: Tensor  # (B, L - C) int64, 0 on padding
    completion_ids: Tensor  # (B, C) int64: up to and with the first end-of-sequence token, padding after it
    logps: Tensor  # (B, C) float32: the log-probability with which each token was drawn; 0 on padding

    @property
    def ids(self) -> Tensor:
        """Prompt and completion, (B, L)."""
        return torch.cat([self.prompt_ids, self.completion_ids], dim=1)

    def parts(self, rows: int) -> list["Samples"]:
        """The same completions in parts of at most so many rows: of whole groups, or, where a group has more rows than
        that, of some completions of one prompt."""
        B, G = len(self.completion_ids), self.G
        size = whole_groups(rows, G)
        if size >= G:
            spans = [(start, start + size) for start in range(0, B, size)]
        else:
            spans = [(p + g, p + min(g + size, G)) for p in range(0, B, G) for g in range(0, G, size)]
        tensors = (self.prompt_ids, self.prompt_mask, self.completion_ids, self.logps)
        return [Samples(min(G, stop - start), *(tensor[start:stop] for tensor in tensors)) for start, stop in spans]


@torch.no_grad()
def generate(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    G: int = 1,
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
) -> Samples:
    """Draw G completions of each prompt; with temperature 0 the likeliest token is taken each time.

    How long a completion may be, and which tokens end it, stands in `model.generation_config`. `generator` lives on
    the model's device; without one, torch's own random numbers are used. ValueError for no prompts, an empty prompt or
    G < 1.
    """
    check(prompts, G)
    ends, pad, C = endings(model)
    prompt_ids, prompt_mask = padded(prompts, pad, model.device)
    logits, cache, position = read_prompts(model, prompt_ids, prompt_mask, G)
    prompt_ids, prompt_mask = prompt_ids.repeat_interleave(G, 0), prompt_mask.repeat_interleave(G, 0)

    completion_ids = torch.full((len(prompt_ids), C), pad, device=model.device)
    logps = torch.zeros(len(prompt_ids), C, device=model.device)
    row = torch.arange(len(prompt_ids), device=model.device)  # of those that are still in the batch ...
    mask = None if prompt_mask.all() else prompt_mask  # ... where there is padding, what they may look at ...
    going = torch.ones_like(row, dtype=torch.bool)  # ... and whether they have not ended
    for step in range(C):
        log_probs = (logits[:, -1].float() / (temperature or 1.0)).log_softmax(-1)
        if temperature:
            token = torch.multinomial(log_probs.exp(), 1, generator=generator)
        else:
            token = log_probs.argmax(-1, keepdim=True)
        logps[row, step] = log_probs.gather(1, token)[:, 0].where(going, 0.0)
        token = token.where(going[:, None], pad)
        completion_ids[row, step] = token[:, 0]

        going = going & ~torch.isin(token[:, 0], ends)
        if step == C - 1 or not going.any():
            break
        position = position + 1
        mask = None if mask is None else torch.cat([mask, torch.ones_like(token)], dim=1)
        if going.float().mean() < FULL:
            left = going.nonzero()[:, 0]
            cache.batch_select_indices(left)
            row, going, token, position = row[left], going[left], token[left], position[left]
            mask = None if mask is None else mask[left]
        logits = forward(
            model, input_ids=token, attention_mask=mask, position_ids=position, past_key_values=cache
        ).logits
    return Samples(G, prompt_ids, prompt_mask, completion_ids[:, : step + 1], logps[:, : step + 1])


def endings(model: PreTrainedModel) -> tuple[Tensor, int, int]:
    """The tokens that end a completion, (E,), the one that pads it, and its greatest length C: generation_config's."""
    settings = model.generation_config
    ends = torch.as_tensor(settings.eos_token_id, device=model.device).reshape(-1)
    pad = int(ends[0]) if settings.pad_token_id is None else settings.pad_token_id
    return ends, pad, settings.max_new_tokens


def check(prompts: Sequence[Sequence[int]], G: int) -> None:
    """ValueError for no prompts, an empty prompt or G < 1."""
    if not prompts or not all(prompts) or G < 1:
        raise ValueError("generate needs prompts of at least one token each, and G of at least 1")


def padded(prompts: Sequence[Sequence[int]], pad: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Prompts as rows that are padded on the left, and their mask, 0 on padding; both (P, longest) int64."""
    length = max(map(len, prompts))
    ids = torch.tensor([[pad] * (length - len(p)) + list(p) for p in prompts], device=device)
    mask = torch.tensor([[0] * (length - len(p)) + [1] * len(p) for p in prompts], device=device)
    return ids, mask


def completion_logits(model: PreTrainedModel, samples: Samples) -> Tensor:
    """The logits at the last token of each prompt and at every token of its completion, (B, C + 1, V), with a graph.

    Those at position t are about the token at t + 1, the last ones about what would come after the completion. They
    are what the model gives for `samples.ids` in its last C + 1 positions; but a prompt is read once for its G rows,
    unless the model learns with gradient checkpointing, where transformers keeps no cache.
    """
    completion = samples.completion_ids
    if model.training and model.is_gradient_checkpointing:
        return all_at_once(model, samples)
    first, cache, position = read_prompts(
        model, samples.prompt_ids[:: samples.G], samples.prompt_mask[:: samples.G], samples.G
    )
    mask = None
    if not samples.prompt_mask.all():
        mask = torch.cat([samples.prompt_mask, torch.ones_like(completion)], dim=1)
    position = position + 1 + torch.arange(completion.shape[1], device=position.device)
    rest = forward(
        model, input_ids=completion, attention_mask=mask, position_ids=position, past_key_values=cache
    ).logits
    return torch.cat([first, rest], dim=1)


def all_at_once(model: PreTrainedModel, samples: Samples) -> Tensor:
    """The same as completion_logits, with each prompt read again for each of its completions."""
    completion = samples.completion_ids
    mask = torch.cat([samples.prompt_mask, torch.ones_like(completion)], dim=1)
    position = (mask.cumsum(1) - 1).clamp(min=0)
    kept = completion.shape[1] + 1
    inputs = {"input_ids": samples.ids, "attention_mask": mask, "position_ids": position, "logits_to_keep": kept}
    logits: Tensor = forward(model, **inputs).logits
    return logits


def read_prompts(
    model: PreTrainedModel, prompt_ids: Tensor, prompt_mask: Tensor, G: int
) -> tuple[Tensor, DynamicCache, Tensor]:
    """Logits at the last token of each prompt (P, L - C), their cache and position, each repeated G times."""
    cache = DynamicCache(config=model.config)
    position = (prompt_mask.cumsum(1) - 1).clamp(min=0)
    logits = forward(
        model,
        input_ids=prompt_ids,
        attention_mask=None if prompt_mask.all() else prompt_mask,  # without padding there is nothing to mask: quicker
        position_ids=position,
        past_key_values=cache,
        logits_to_keep=1,
    ).logits
    cache.batch_repeat_interleave(G)
    return logits.repeat_interleave(G, 0), cache, position[:, -1:].repeat_interleave(G, 0)
