"""What training a language model takes in memory: how it is kept small, how it is estimated, and when it is refused.

A step's rows are computed in micro-batches. Of each only the log-probabilities are kept; in the backward pass it is
computed again, with a graph, one micro-batch after the other. So the gradient is that of the whole batch, and neither
logits nor activations of more than one micro-batch are ever there.

MICRO_BATCH=4        rows of a micro-batch (default: as many as make half a gigabyte of float32 logits)
CHECKPOINTING=1      computes the layers again in the backward pass, too: their activations are not kept (slower)
"""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import psutil
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from labs.common.errors import CannotUse
from labs.common.translated import N_, _

LOGITS = 0.5e9  # bytes of a micro-batch's logits in float32
FULL = 0.95  # of the free memory may be planned for: the rest is what the allocator loses
Part = TypeVar("Part")


# --- keeping it small -------------------------------------------------------------------------------------------------


def micro_batch(model: PreTrainedModel, positions: int) -> int:
    """How many rows of `positions` logits each are computed at once; CannotUse where MICRO_BATCH is no number."""
    return rows_at_once(model.config.vocab_size, positions)


def rows_at_once(vocabulary: int, positions: int) -> int:
    """The same for a vocabulary of so many tokens."""
    asked = os.environ.get("MICRO_BATCH")
    if not asked:
        return max(1, int(LOGITS / (4 * positions * vocabulary)))
    if not asked.isdecimal() or int(asked) < 1:
        raise CannotUse(_("MICRO_BATCH={asked}: a whole number of rows, from 1 on, is expected").format(asked=asked))
    return int(asked)


def whole_groups(rows: int, group: int) -> int:
    """So many rows, or somewhat fewer: of whole groups, where one has room."""
    return rows if rows < group else rows // group * group


def checkpointing() -> bool:
    """Whether CHECKPOINTING asks that the activations of layers are not kept."""
    return os.environ.get("CHECKPOINTING", "0") not in ("", "0")


def ready_to_learn(model: PreTrainedModel) -> PreTrainedModel:
    """The model, with gradient checkpointing if CHECKPOINTING asks for it."""
    if checkpointing():
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model


def adam(network: torch.nn.Module, learning_rate: float) -> torch.optim.Adam:
    """Adam for all weights. On a GPU it is fused: else a step needs room for one more copy of the network."""
    weights = list(network.parameters())
    return torch.optim.Adam(weights, lr=learning_rate, fused=weights[0].is_cuda)


def in_micro_batches(model: PreTrainedModel, function: Callable[[Part], Tensor], parts: Sequence[Part]) -> Tensor:
    """function(part) of each part, one below the other, as if they had been computed at once.

    The graph of a part is thrown away, and made again when the gradient comes back. `function` has to be the same each
    time: no dice may be in it.
    """

    def compute(part: Part) -> Tensor:
        with learning(model):  # here, since this is what the backward pass calls again
            return function(part)

    if len(parts) == 1 or not torch.is_grad_enabled():
        return torch.cat([compute(part) for part in parts])
    again = functools.partial(checkpoint, compute, use_reentrant=False, preserve_rng_state=False)
    return torch.cat([again(part) for part in parts])


@contextlib.contextmanager
def learning(model: PreTrainedModel) -> Iterator[None]:
    """In train mode where the model has gradient checkpointing: transformers asks for both. Dropout has to be zero."""
    was = model.training
    if torch.is_grad_enabled() and model.is_gradient_checkpointing:
        model.train()
    try:
        yield
    finally:
        model.train(was)


# --- estimating it ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """What a step computes: rows of a prompt and a completion, in tokens."""

    rows: int
    prompt: int
    completion: int
    drawn: int  # completions that are sampled at once, to learn from or to measure
    group: int = 1  # rows that stay together in a micro-batch, if it has room for them
    others: int = 1  # models that stand beside it and do not learn: the reference, a reward model
    all_logits: bool = False  # of the prompt, too


def estimate(config: Any, weights: int, work: Work, autocast: bool = True) -> dict[str, float]:
    """Bytes of GPU memory by component, at the peak of a step with Adam in float32.

    From the shapes alone: `config` is that of a Llama, Qwen or a like model, `weights` their number. `autocast` is
    bfloat16 in the forward pass. Measured with tensors that have shapes and no values it is within a tenth of the peak
    (tests/test_memory.py).
    """
    tokens, positions = work.prompt + work.completion, work.completion + 1
    rows = rows_at_once(config.vocab_size, tokens if work.all_logits else positions)
    rows = min(work.rows, whole_groups(rows, work.group))
    number = 2 if autocast else 4
    logits = rows * (tokens if work.all_logits else positions) * config.vocab_size
    found = {
        N_("weights"): 4.0 * weights,
        N_("gradients"): 4.0 * weights,
        N_("Adam's moments"): 8.0 * weights,
        N_("models beside it"): 4.0 * weights * work.others,
    }
    step = {
        N_("weights in bfloat16"): 2.0 * weights * autocast,
        N_("logits"): (3 * 4.0 + 2 * autocast) * logits,
        N_("activations"): rows * tokens * activations(config, number),
    }
    heads = config.num_key_value_heads * head_size(config)
    sampling = {
        N_("weights in bfloat16"): 2.0 * weights * autocast,
        N_("keys and values"): work.drawn * tokens * config.num_hidden_layers * 2 * heads * float(number),
        "logits": 6 * 4.0 * work.drawn * config.vocab_size,  # and as much of the noise, by a static engine
    }
    return found | max(step, sampling, key=lambda part: sum(part.values()))


def activations(config: Any, number: int) -> float:
    """Bytes of a token's activations that the backward pass needs; `number` is the size of one."""
    width, layers = config.hidden_size, config.num_hidden_layers
    heads = head_size(config) * (config.num_attention_heads + config.num_key_value_heads)
    of_layer = 4 * 4 * width + number * (4 * width + 3 * heads + 4 * config.intermediate_size)
    return float(4 * width * layers + of_layer if checkpointing() else of_layer * layers)


def head_size(config: Any) -> int:
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


# --- refusing what cannot fit -----------------------------------------------------------------------------------------


def refuse_too_much(needed: Mapping[str, float], free: float) -> None:
    """CannotUse, with what to lower, where more bytes are needed than may be planned for."""
    total = sum(needed.values())
    if total <= FULL * free:
        return
    largest = sorted(needed.items(), key=lambda item: -item[1])
    listed = _(", ").join(f"{_(name)} {size / 1e9:.1f}" for name, size in largest if size > 0)
    raise CannotUse(
        _("A step takes about {total:.1f} GB of memory ({listed}), and {free:.1f} GB are free. ").format(
            total=total / 1e9, listed=listed, free=free / 1e9
        )
        + what_to_lower(needed, free)
    )


def what_to_lower(needed: Mapping[str, float], free: float) -> str:
    step = sum(needed.get(name, 0.0) for name in ("logits", "activations", "keys and values"))
    if sum(needed.values()) - step > FULL * free:
        return _("The model alone is too large here: take a smaller one (MODEL=smollm2, MODEL=tiny).")
    if "keys and values" in needed:
        return _("Lower the prompts of a step, or its completions of each, in labs/common/recipes.py.")
    asked = os.environ.get("MICRO_BATCH")
    lower = (
        _("Lower MICRO_BATCH (it is {asked})").format(asked=asked) if asked and asked != "1" else _("Set MICRO_BATCH=1")
    )
    return _("{lower}, and if that is not enough CHECKPOINTING=1.").format(lower=lower)


def free_memory(model: PreTrainedModel, models: int = 2) -> float:
    """Bytes that training the model may use where it is. What is used already is counted as free, since the estimate
    has it, too: the weights of so many models."""
    weights = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    on_gpu = model.device.type == "cuda"
    free = torch.cuda.mem_get_info(model.device)[0] if on_gpu else psutil.virtual_memory().available
    return float(free + models * weights)


def begin_to_measure(model: PreTrainedModel) -> None:
    if model.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(model.device)


def measured(model: PreTrainedModel) -> float | None:
    """The most bytes that were in use since `begin_to_measure`; None where torch does not count them, as on a CPU."""
    return float(torch.cuda.max_memory_allocated(model.device)) if model.device.type == "cuda" else None
