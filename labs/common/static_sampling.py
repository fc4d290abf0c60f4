"""Draws completions on a GPU in steps of fixed shapes, each of which is one CUDA graph.

A step of sampling.py starts more than forty small kernels for each layer, one after the other, from Python, and the GPU
waits for them. Here all tensors of a step have fixed shapes and addresses, so its kernels are recorded once and then
started together. The pattern is that of PyTorch's notes on CUDA graphs and of gpt-fast: a warm-up on another stream,
capture, replay; https://pytorch.org/docs/stable/notes/cuda.html#cuda-graphs.

Tested on a CPU, without capture. It has not run on a GPU: no figure of its speed there is known.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, StaticLayer

from labs.common.errors import CannotUse
from labs.common.language_model import forward
from labs.common.sampling import Samples, check, endings, padded, read_prompts
from labs.common.translated import _

EVERY = 16  # steps, from one look whether all completions have ended to the next: a look waits for the GPU
ROUND = 64  # a cache's length is a multiple of it: prompts of other lengths need no other graph
KEPT = 2  # shapes whose graphs are kept: a training's and an evaluation's
GROUPED = "one_query_for_each_group"  # the name of our attention in transformers


class StaticSampler:
    """Draws from one model. Its weights are shared: after a step of the optimizer there is nothing to do.

    What is kept between calls is memory: keys and values of B rows in the longest length, the noise of B x V float32,
    and what a step computes, about four times B x V float32.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        """CannotUse for a model with other layers than those of full attention."""
        layers = DynamicCache(config=model.config).layers
        if not {type(layer) for layer in layers} <= {DynamicLayer}:
            raise CannotUse(
                _(
                    "ENGINE=static: {model} does not attend to everything in all of its layers, and the static "
                    "sampler knows no other kind of cache. Use ENGINE=dynamic."
                ).format(model=type(model).__name__)
            )
        self.model = model
        self.steps: dict[tuple[object, ...], Step] = {}

    @torch.no_grad()
    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        G: int = 1,
        generator: torch.Generator | None = None,
        temperature: float = 1.0,
    ) -> Samples:
        """What sampling.generate does, by the same rules and with the same errors."""
        check(prompts, G)
        ends, pad, C = endings(self.model)
        prompt_ids, prompt_mask = padded(prompts, pad, self.model.device)
        logits, cache, position = read_prompts(self.model, prompt_ids, prompt_mask, G)
        prompt_ids, prompt_mask = prompt_ids.repeat_interleave(G, 0), prompt_mask.repeat_interleave(G, 0)

        step = self.step_for(logits, cache, ends, pad, C)
        step.begin(logits, cache, prompt_mask, position, temperature)
        for number in range(C):
            if temperature:
                step.noise.exponential_(generator=generator)
            step()
            if (number + 1) % EVERY == 0 and not step.going.any():
                break
        longest = int(step.lengths.max())
        completion_ids, logps = step.completion_ids[:, :longest].clone(), step.logps[:, :longest].clone()
        if temperature and not logps.isfinite().all():
            raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")  # torch.multinomial's
        return Samples(G, prompt_ids, prompt_mask, completion_ids, logps)

    def sync(self) -> None:
        """Nothing: a graph reads the model's weights where they lie, and is made anew where they lie elsewhere."""

    def step_for(self, logits: Tensor, cache: DynamicCache, ends: Tensor, pad: int, C: int) -> "Step":
        """The step for these shapes, kept or new."""
        length = -(-(cache.get_seq_length() + C) // ROUND) * ROUND
        weights = tuple(weight.data_ptr() for weight in self.model.parameters())
        key = (len(logits), length, C, tuple(ends.tolist()), pad, weights)
        if (step := self.steps.pop(key, None)) is None:
            while len(self.steps) >= KEPT:
                self.steps.pop(next(iter(self.steps)))  # before the new one, which may need its memory
            step = Step(self.model, logits, cache, length, ends, pad, C)
            if logits.device.type == "cuda":
                step.capture()
        self.steps[key] = step  # the newest is the last
        return step


class Step:
    """Draws a token of each row, and reads it: all tensors of it have their addresses for good.

    B rows, completions of at most C tokens, a cache of L tokens. A token takes two launches on a GPU: the noise's and
    the graph's. The noise is drawn outside of the graph, so that any generator serves, and none has to be registered.
    """

    def __init__(
        self, model: PreTrainedModel, logits: Tensor, cache: DynamicCache, L: int, ends: Tensor, pad: int, C: int
    ) -> None:
        B, V, device = len(logits), logits.shape[-1], logits.device
        self.model, self.ends, self.pad = model, ends, pad
        self.logits = torch.zeros(B, V, device=device)  # of what comes next
        self.noise = torch.ones(B, V, device=device)
        self.temperature = torch.ones((), device=device)
        self.completion_ids = torch.full((B, C), pad, device=device)
        self.logps = torch.zeros(B, C, device=device)
        self.lengths = torch.zeros(B, dtype=torch.int64, device=device)
        self.going = torch.ones(B, dtype=torch.bool, device=device)  # have not ended
        self.drawn = torch.zeros(1, dtype=torch.int64, device=device)  # tokens of each row so far
        self.place = torch.zeros(1, dtype=torch.int64, device=device)  # in the cache, of the next token
        self.places = torch.arange(L, device=device)
        self.position = torch.zeros(B, 1, dtype=torch.int64, device=device)
        self.mask = torch.ones(B, 1, 1, L, dtype=torch.bool, device=device)  # what a row may look at
        self.cache = Cache(layers=[FixedLayer(layer, L, self.place) for layer in cache.layers])
        self.graph: torch.cuda.CUDAGraph | None = None

    def begin(
        self, logits: Tensor, cache: DynamicCache, prompt_mask: Tensor, position: Tensor, temperature: float
    ) -> None:
        """Set everything as it is after the prompts."""
        for layer, prompt in zip(self.cache.layers, cache.layers, strict=True):
            layer.fill(prompt.keys, prompt.values)
        prompt_length = prompt_mask.shape[1]
        self.logits.copy_(logits[:, -1])
        self.temperature.fill_(temperature or 1.0)
        self.noise.fill_(1.0)  # the logarithm is 0: without other noise the likeliest token is drawn
        self.mask.zero_()
        self.mask[:, 0, 0, :prompt_length] = prompt_mask.bool()
        self.position.copy_(position)
        self.completion_ids.fill_(self.pad)
        self.logps.zero_()
        self.lengths.zero_()
        self.going.fill_(True)
        self.drawn.zero_()
        self.place.fill_(prompt_length)

    def __call__(self) -> None:
        """One token more for all rows; one that has ended gets padding."""
        if self.graph is not None:
            self.graph.replay()
        else:
            self.run()

    @torch.no_grad()
    def run(self) -> None:
        """What a graph records: nothing in it depends on a value that Python would have to wait for.

        A token is drawn as torch.multinomial draws one: probabilities are divided by exponential noise, and the largest
        quotient wins (here by logarithms, which makes the likeliest token of noise 1).
        """
        log_probs = (self.logits / self.temperature).log_softmax(-1)
        token = (log_probs - self.noise.log()).argmax(-1, keepdim=True)
        logp = log_probs.gather(1, token)

        ended = ~self.going[:, None]
        token = token.masked_fill(ended, self.pad)
        self.completion_ids.index_copy_(1, self.drawn, token)
        self.logps.index_copy_(1, self.drawn, logp.masked_fill(ended, 0.0))
        self.lengths.add_(self.going)
        self.going.logical_and_((token != self.ends).all(-1))
        self.drawn.add_(1)

        self.position.add_(1)
        self.mask.logical_or_(self.places == self.place)
        with attention(self.model, GROUPED):
            read = forward(
                self.model,
                input_ids=token,
                attention_mask=self.mask,
                position_ids=self.position,
                past_key_values=self.cache,
            )
        self.logits.copy_(read.logits[:, -1])
        self.place.add_(1)

    def capture(self) -> None:
        """Records `run`. Where that fails, steps go on without a graph, which is said."""
        stream: torch.cuda.Stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _warm in range(3):  # libraries set themselves up in their first calls, which cannot be recorded
                self.drawn.zero_()
                self.place.zero_()
                self.run()
        torch.cuda.current_stream().wait_stream(stream)
        self.drawn.zero_()
        self.place.zero_()
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self.run()
        except RuntimeError as error:
            torch.cuda.synchronize()
            reason = str(error).strip().splitlines()[0]
            print(
                _("No CUDA graph could be made of a step of sampling, which is slower without ({reason}).").format(
                    reason=reason
                ),
                file=sys.stderr,
            )
            return
        self.graph = graph


class FixedLayer(StaticLayer):  # type: ignore[misc]
    """Keys and values of one layer, (B, heads, L, width), written at a place that all layers share.

    transformers' own StaticLayer counts its place in each layer, and takes the dtype of the keys for the values, too.
    Under autocast they differ: a rotation in float32 makes keys float32, while attention is computed in bfloat16.
    """

    def __init__(self, like: DynamicLayer, L: int, place: Tensor) -> None:
        super().__init__(max_cache_len=L)
        B, heads, _, width = like.keys.shape
        self.keys = like.values.new_zeros(B, heads, L, width)
        self.values = like.values.new_zeros(B, heads, L, like.values.shape[-1])
        self.place = place
        self.is_initialized = True

    def fill(self, keys: Tensor, values: Tensor) -> None:
        """The prompts' keys and values, and zeros after them: what is masked still has to be finite."""
        for mine, theirs in ((self.keys, keys), (self.values, values)):
            mine[:, :, : theirs.shape[2]] = theirs
            mine[:, :, theirs.shape[2] :] = 0

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        self.keys.index_copy_(2, self.place, key_states.to(self.keys.dtype))
        self.values.index_copy_(2, self.place, value_states.to(self.values.dtype))
        return self.keys, self.values


def grouped_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Attention of one token, (B, heads, 1, width), to keys that groups of heads share, (B, groups, L, width).

    The heads of a group become its queries. So keys and values are not copied for each head, which transformers does
    wherever there is a mask. Returns (B, 1, heads, width).
    """
    B, heads, _, width = query.shape
    query = query.reshape(B, key.shape[1], heads // key.shape[1], width)
    found = scaled_dot_product_attention(query, key, value, attn_mask=attention_mask, scale=scaling)
    return found.reshape(B, 1, heads, value.shape[-1]), None


AttentionInterface.register(GROUPED, grouped_attention)


@contextmanager
def attention(model: PreTrainedModel, name: str) -> Iterator[None]:
    """Within it the model attends by that function of transformers' AttentionInterface."""
    config = model.config
    before = config._attn_implementation
    config._attn_implementation = name
    try:
        yield
    finally:
        config._attn_implementation = before
