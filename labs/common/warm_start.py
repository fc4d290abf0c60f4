"""Teaches a real model the format, so that it begins where the tiny one does: `make warm-start MODEL=smollm2`.

A model that does not answer in <think> and <answer> tags earns no reward, and nothing can be reinforced. So it is shown
the training problems of arithmetic for 200 steps, answered in the four styles of the tiny model's mixture. The result
is kept in the cache, by model and data, and every lab that trains the model on a GPU begins with it.
"""

import hashlib
import json
import os
import random
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import track
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from labs.common.command_line import Parser
from labs.common.errors import CannotUse
from labs.common.evaluation import Estimate, evaluate
from labs.common.language_model import cache, completion_ids, load, log_likelihoods, prompt_ids
from labs.common.memory import ready_to_learn
from labs.common.parallel import main_first
from labs.common.recipes import NEW_TOKENS, is_tiny, model_name, purpose
from labs.common.toys import arithmetic
from labs.common.toys.toy import Toy, drawn_answer
from labs.common.translated import _

LACKS = 0.5  # the share of answers in the format below which a model is said to lack it
ASKED = 64  # held-out problems, to find that out
Model = tuple[PreTrainedModel, PreTrainedTokenizerBase]


@dataclass(frozen=True)
class Recipe:
    """With these SmolLM2 came to .53 right and .91 in the format in half a minute of an H200 (docs/gpu.md)."""

    steps: int = 200
    batch: int = 64
    learning_rate: float = 2e-4
    seed: int = 0


def starting_point(toy: Toy[Any], recipe: Recipe = Recipe()) -> Model:
    """The model that MODEL names, as training begins with it: where it is trained on a GPU and lacks the format, after
    a warm start. CannotUse where it cannot be had."""
    if is_tiny():
        return load(toy)
    with main_first():  # what it downloads or teaches, other processes find in the cache
        model, tokenizer = load(toy)
        model.generation_config.max_new_tokens = NEW_TOKENS
        if purpose() == "trained":
            warm(toy, model, tokenizer, recipe)
    return model, tokenizer


def warm(toy: Toy[Any], model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, recipe: Recipe) -> None:
    """Gives the model the weights of its warm start: those in the cache, else new ones. A model that knows the format
    is left as it is, which is noted in the cache, too."""
    console = Console(stderr=True)
    folder = cached(model, recipe)
    if not (folder / "warm_start.json").is_file():
        before = in_format(toy, model, tokenizer)
        facts: dict[str, Any] = {"model": model_name(), "recipe": asdict(recipe), "format_before": before.mean}
        if before.mean < LACKS:
            console.print(
                _("{model} answers in the format in {share:.0%} of the cases: a warm start.").format(
                    model=model_name(), share=before.mean
                )
            )
            train(toy, model, tokenizer, recipe, console)
            facts["format_after"] = in_format(toy, model, tokenizer).mean
        keep(folder, facts, model if before.mean < LACKS else None)
    facts = json.loads((folder / "warm_start.json").read_text(encoding="utf-8"))
    if "format_after" not in facts:
        console.print(_("{model} knows the format: no warm start.").format(model=model_name()))
        return
    warmed = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    model.load_state_dict(warmed.state_dict())
    before, after = facts["format_before"], facts["format_after"]
    console.print(
        _("{model} after its warm start: {after:.0%} in the format, {before:.0%} before. {folder}").format(
            model=model_name(), after=after, before=before, folder=folder
        )
    )


def in_format(toy: Toy[Any], model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Estimate:
    return evaluate(toy, model, tokenizer, toy.rows()[1][:ASKED], samples=1)["format"]


def train(
    toy: Toy[Any], model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, recipe: Recipe, console: Console
) -> None:
    """Supervised fine-tuning on the training problems, each time in a style drawn anew."""
    dice = random.Random(recipe.seed)
    training, _held_out = toy.problems()
    optimiser = torch.optim.AdamW(ready_to_learn(model).parameters(), lr=recipe.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=recipe.steps)
    for _step in track(range(recipe.steps), description=_("warm start"), console=console, transient=True):
        chosen = dice.choices(training, k=recipe.batch)
        prompts = [prompt_ids(tokenizer, toy.row(problem)["problem"]) for problem in chosen]
        answers = [completion_ids(tokenizer, drawn_answer(toy, problem, dice)) for problem in chosen]
        loss = -log_likelihoods(model, prompts, answers).sum() / sum(map(len, answers))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()


# --- the cache --------------------------------------------------------------------------------------------------------


def cached(model: PreTrainedModel, recipe: Recipe) -> Path:
    """The folder for this model, whose weights count, and for what it is taught."""
    found = hashlib.sha256()
    for name, parameter in model.named_parameters():
        found.update(name.encode())
        found.update(parameter.detach().cpu().contiguous().view(torch.uint8).numpy())
    found.update(Path(arithmetic.__file__).read_bytes())
    found.update(json.dumps(asdict(recipe)).encode())
    return cache() / f"warm-start-{found.hexdigest()[:16]}"


def keep(folder: Path, facts: dict[str, Any], model: PreTrainedModel | None) -> None:
    """Whole or not at all; in a folder of another run nothing is changed."""
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        if model is not None:
            model.save_pretrained(made)
        (made / "warm_start.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        if not folder.exists():
            os.replace(made, folder)


def main() -> int:
    parser = Parser(__doc__)
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    args = parser.parse_args()
    if is_tiny():
        print(
            _("The tiny model knows the format. MODEL=smollm2 or MODEL=qwen names a model to warm up."), file=sys.stderr
        )
        return 2
    if purpose() != "trained":
        print(
            _("There is no GPU here, and a CPU takes too long for a warm start. RECIPE=gpu does it all the same."),
            file=sys.stderr,
        )
        return 2
    try:
        starting_point(arithmetic.TOY, Recipe(steps=args.steps))
    except CannotUse as sentence:
        print(sentence, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
