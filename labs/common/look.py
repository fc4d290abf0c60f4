"""Prints answers that a trained tiny model draws to held-out problems: python labs/common/look.py FILE

FILE is what training saved: weights (runs/grpo.safetensors) or a checkpoint (runs/checkpoints/dpo-seed0.pt). Without
one the model answers as it came.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from labs.common.arithmetic import problems
from labs.common.language_model import load, prompt_ids, texts, tiny_with
from labs.common.sampling import generate
from labs.common.seeding import generator


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, help="weights or a checkpoint of the tiny model")
    parser.add_argument("--problems", type=int, default=8, help="how many (default 8)")
    parser.add_argument("--samples", type=int, default=8, help="answers to each (default 8)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    try:
        model, tokenizer = tiny_with(weights_in(args.file)) if args.file else load("tiny")
    except (OSError, ValueError, SafetensorError) as error:
        print(f"{args.file} cannot be used: {error}", file=sys.stderr)
        return 1
    asked = problems()[1][: max(1, args.problems)]
    prompts = [prompt_ids(tokenizer, problem.text) for problem in asked]
    samples = max(1, args.samples)
    answers = texts(tokenizer, generate(model, prompts, samples, generator(args.seed, "look")).completion_ids)
    for i, problem in enumerate(asked):
        print(f"{problem.text} = {problem.answer}")
        for text, times in Counter(answers[i * samples : (i + 1) * samples]).most_common():
            print(f"  {times} x  {text}")
    return 0


def weights_in(file: Path) -> Mapping[str, Tensor]:
    """The tiny model's weights in a file of either kind; ValueError where there are none."""
    if file.suffix != ".pt":
        return load_file(file)
    try:
        state = torch.load(file, weights_only=True)
    except OSError:
        raise
    except Exception:  # of a damaged file, whatever it may be
        raise ValueError("no checkpoint, or a damaged one") from None
    for found in mappings(state):
        if isinstance(found.get("lm_head.weight"), Tensor):
            return found
    raise ValueError("no language model is in it")


def mappings(state: Any) -> Iterator[Mapping[str, Any]]:
    """A dict and all dicts in it."""
    if isinstance(state, Mapping):
        yield state
        for value in state.values():
            yield from mappings(value)


if __name__ == "__main__":
    sys.exit(main())
