"""The memory of a training step beside its estimate (labs/common/memory.py), for networks of real models' shapes.

    python tests/benchmarks/step_memory.py --device fake          tensors with shapes and no values, on any machine
    python tests/benchmarks/step_memory.py --device cuda --json   what a GPU's allocator counted

Weights are random: memory depends on shapes alone. On a GPU completions are drawn first, as in lab 7; with fake tensors
there are none to draw, so only the gradient step is counted, and estimated. Prints a Markdown table, or rows as JSON.
"""

import argparse
import copy
import json
import sys
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import AutoModelForCausalLM, GenerationConfig, LlamaConfig, PreTrainedModel, Qwen2Config

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from labs.common.memory import Work, estimate, in_micro_batches, micro_batch, ready_to_learn, rows_at_once  # noqa: E402
from labs.common.sampling import Samples, all_at_once, completion_logits, generate  # noqa: E402

GROUP = 8
QWEN = Qwen2Config(
    vocab_size=151_936,
    hidden_size=896,
    intermediate_size=4864,
    num_hidden_layers=24,
    num_attention_heads=14,
    num_key_value_heads=2,
    tie_word_embeddings=True,
)
SMOLLM2 = LlamaConfig(
    vocab_size=49_152,
    hidden_size=576,
    intermediate_size=1536,
    num_hidden_layers=30,
    num_attention_heads=9,
    num_key_value_heads=3,
    tie_word_embeddings=True,
)
SHAPES: dict[str, tuple[Any, Work]] = {
    "Qwen2.5-0.5B, 128 x (150 + 256)": (QWEN, Work(128, 150, 256, drawn=128, group=GROUP)),
    "SmolLM2-135M, 256 x (80 + 64)": (SMOLLM2, Work(256, 80, 64, drawn=256, group=GROUP)),
}


class Counted(TorchDispatchMode):
    """Counts the bytes of all tensors that live while it is active."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[int, int] = {}
        self.now = self.peak = 0

    def note(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self.gone, key)

    def gone(self, key: int) -> None:
        self.now -= self.sizes.pop(key)

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.note(leaf)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "fake"), default="fake")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = [measure(name, args.device) for name in SHAPES]
    if args.json:
        print(json.dumps(rows))
        return
    print("| shape | estimated, GB | used, GB | used / estimated |\n| --- | --- | --- | --- |")
    for row in rows:
        ratio = row["used_gb"] / row["estimated_gb"]
        print(f"| {row['shape']} | {row['estimated_gb']:.1f} | {row['used_gb']:.1f} | {ratio:.2f} |")


def measure(name: str, device: str) -> dict[str, Any]:
    config, work = SHAPES[name]
    used = on_gpu(config, work) if device == "cuda" else with_fake_tensors(config, work)
    work = work if device == "cuda" else replace(work, drawn=0)
    with torch.device("meta"):
        weights = AutoModelForCausalLM.from_config(config).num_parameters()
    expected = sum(estimate(config, weights, work).values())
    return {"shape": name, "estimated_gb": expected / 1e9, "used_gb": used / 1e9, "device": device}


def with_fake_tensors(config: Any, work: Work) -> float:
    """The peak of the gradient step. Of its rows a few are enough: a micro-batch after the third adds nothing."""
    groups = max(1, 3 * rows_at_once(config.vocab_size, work.completion + 1) // GROUP)
    rows = min(work.rows, groups * GROUP)
    with FakeTensorMode(), Counted() as counted, torch.autocast("cpu", torch.bfloat16):
        model, reference = (AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval() for _ in range(2))
        optimizer = torch.optim.Adam(ready_to_learn(model).parameters(), fused=True)
        drawn = samples_of(work, rows)
        counted.peak = counted.now
        for _ in range(2):  # from the second on Adam has its moments
            step(model, reference.requires_grad_(False), optimizer, drawn, all_at_once)
    return float(counted.peak)


def on_gpu(config: Any, work: Work) -> float:
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).cuda().eval()
    model.generation_config = GenerationConfig(eos_token_id=-1, pad_token_id=0, max_new_tokens=work.completion)
    reference = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.Adam(ready_to_learn(model).parameters(), fused=True)
    prompts = torch.randint(1000, (work.rows // GROUP, work.prompt)).tolist()
    torch.cuda.reset_peak_memory_stats()
    for _ in range(2):  # from the second on Adam has its moments
        step(model, reference, optimizer, generate(model, prompts, GROUP), completion_logits)
    return float(torch.cuda.max_memory_allocated())


def samples_of(work: Work, rows: int) -> Samples:
    prompt = torch.zeros(rows, work.prompt, dtype=torch.int64)
    completion = torch.zeros(rows, work.completion, dtype=torch.int64)
    return Samples(GROUP, prompt, torch.ones_like(prompt), completion, torch.zeros(rows, work.completion))


def step(
    model: PreTrainedModel,
    reference: PreTrainedModel,
    optimizer: torch.optim.Optimizer,
    drawn: Samples,
    read: Callable[[PreTrainedModel, Samples], Tensor],
) -> None:
    """Log-probabilities of both models, a loss, and a step, as lab 7 does it."""
    C = drawn.completion_ids.shape[1]

    def logps(which: PreTrainedModel) -> Tensor:
        def some(part: Samples) -> Tensor:
            log_probs = read(which, part).float()[:, :-1].log_softmax(-1)
            return log_probs.gather(-1, part.completion_ids[..., None]).squeeze(-1)

        return in_micro_batches(which, some, drawn.parts(micro_batch(which, C + 1)))

    with torch.no_grad():
        reference_logps = logps(reference)
    optimizer.zero_grad()
    (logps(model) - reference_logps).mean().backward()
    optimizer.step()


if __name__ == "__main__":
    main()
