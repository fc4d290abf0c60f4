"""Shows how held-out problems are answered before and after training: what `make lab7-play` prints."""

from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.text import Text
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from labs.common.artefacts import load_tensors
from labs.common.command_line import Parser
from labs.common.language_model import load, load_trained, prompt_ids, texts
from labs.common.manifest import milestones_of
from labs.common.recipes import is_tiny, model_name
from labs.common.sampling import generate
from labs.common.seeding import generator
from labs.common.toys.toy import Row, Toy
from labs.common.translated import _, padded, width


def show_before_and_after(doc: str | None, folder: Path, toy: Toy[Any], judged: str = "accuracy") -> int:
    """Answers a few held-out problems, drawn with the same dice, by the model as it came and by the one that the lab's
    milestones judge; says which are right. Returns the exit code."""
    parser = Parser(doc)
    parser.add_argument("--problems", type=int, default=6, help=_("how many (default 6)"))
    parser.add_argument("--seed", type=int, default=0, help=_("of the dice that draw problems and answers (default 0)"))
    args = parser.parse_args()
    if not is_tiny():
        print(
            _("This shows the tiny model, whose weights are kept: MODEL={model} cannot be played.").format(
                model=model_name()
            )
        )
        return 1
    weights = next(iter(milestones_of(folder).values())).file(folder)
    if not weights.exists():
        print(
            _("{file} is not there yet (make {lab}-train).").format(
                file=weights.name, lab=folder.name.partition("_")[0]
            )
        )
        return 1
    try:
        trained = load_trained(toy, load_tensors(weights))
    except ValueError as error:
        print(_("{file} cannot be used: {error}").format(file=weights.name, error=error))
        return 1
    held_out = toy.rows()[1]
    dice = generator(args.seed, "play")
    rows = [held_out[i] for i in torch.randperm(len(held_out), generator=dice)[: max(1, args.problems)].tolist()]
    sides = {_("before"): answers(*load(toy, "tiny"), rows, args.seed), _("after"): answers(*trained, rows, args.seed)}
    console, right = Console(highlight=False, soft_wrap=True), dict.fromkeys(sides, 0)
    longest = max(6, *map(width, sides))
    for place, row in enumerate(rows):
        console.print(f"\n{row['problem']} = {toy.gold(row)}", markup=False)
        for side, said in sides.items():
            is_right = toy.judges[judged](said[place], row) > 0
            right[side] += is_right
            mark = ("✓", "green") if is_right else ("✗", "red")
            console.print(Text.assemble(f"  {padded(side, longest)} ", mark, f" {said[place]}"))
    counts = [
        _("{count} of {all} {side}").format(count=count, all=len(rows), side=side) for side, count in right.items()
    ]
    console.print(_("\nRight: {counts}.").format(counts=_(", ").join(counts)))
    return 0


def answers(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows: list[Row], seed: int) -> list[str]:
    """One answer to each problem, drawn."""
    torch.set_num_threads(1)
    prompts = [prompt_ids(tokenizer, row["problem"]) for row in rows]
    return texts(tokenizer, generate(model, prompts, 1, generator(seed, "answers")).completion_ids)
