"""Prints answers that a trained tiny model draws to held-out problems: python labs/common/look.py FILE

FILE is what training saved: weights (runs/grpo.safetensors) or a checkpoint (runs/checkpoints/dpo-seed0.pt). Without
a file the untrained model answers.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import Tensor

from labs.common.artefacts import load_tensors
from labs.common.command_line import Parser
from labs.common.errors import CannotUse
from labs.common.language_model import load, load_trained, prompt_ids, texts
from labs.common.sampling import generate
from labs.common.seeding import generator
from labs.common.toys.toy import toy_named
from labs.common.translated import _


def main() -> int:
    parser = Parser(__doc__)
    parser.add_argument("file", nargs="?", type=Path, help=_("weights or a checkpoint of the tiny model"))
    parser.add_argument("--problems", type=int, default=8, help=_("how many (default 8)"))
    parser.add_argument("--samples", type=int, default=8, help=_("answers to each (default 8)"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--toy", default="arithmetic", help=_("the model's world (default: arithmetic)"))
    args = parser.parse_args()
    try:
        toy = toy_named(args.toy)
        model, tokenizer = load_trained(toy, weights_in(args.file)) if args.file else load(toy, "tiny")
    except CannotUse as sentence:
        print(sentence, file=sys.stderr)
        return 1
    except ValueError as error:
        print(_("{file} cannot be used: {error}").format(file=args.file, error=error), file=sys.stderr)
        return 1
    asked = toy.rows()[1][: max(1, args.problems)]
    prompts = [prompt_ids(tokenizer, row["problem"]) for row in asked]
    samples = max(1, args.samples)
    answers = texts(tokenizer, generate(model, prompts, samples, generator(args.seed, "look")).completion_ids)
    for i, row in enumerate(asked):
        print(f"{row['problem']} = {toy.gold(row)}")
        for text, times in Counter(answers[i * samples : (i + 1) * samples]).most_common():
            print(f"  {times} x  {text}")
    return 0


def weights_in(file: Path) -> Mapping[str, Tensor]:
    """The tiny model's weights in a file of either kind; ValueError where there are none."""
    if file.suffix != ".pt":
        return load_tensors(file)
    try:
        state = torch.load(file, weights_only=True)
    except Exception:  # of a damaged file, whatever it may be
        raise ValueError(_("it is no checkpoint, or a damaged one")) from None
    for found in mappings(state):
        if isinstance(found.get("lm_head.weight"), Tensor):
            return found
    raise ValueError(_("no language model is in it"))


def mappings(state: Any) -> Iterator[Mapping[str, Any]]:
    """A dict and all dicts in it."""
    if isinstance(state, Mapping):
        yield state
        for value in state.values():
            yield from mappings(value)


if __name__ == "__main__":
    sys.exit(main())
