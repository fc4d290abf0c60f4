"""The data that stages 2, 5, 7 and 8 collect from models with your functions. Given code.

A model is asked in portions, one a step; what is kept goes to a JSON file, from which the next stage learns.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from labs.common.language_model import prompt_ids, texts
from labs.common.sampling import generate
from labs.common.seeding import generator
from labs.common.toys.two_languages import (
    REFUSALS,
    LabRow,
    in_format,
    is_harmless,
    is_helpful,
    is_right,
    own_language,
    right_summary,
    said_at_last,
    solved,
    to_verify,
)
from labs.common.translated import N_
from pipeline import (
    distill_dataset,
    few_shot_prompt,
    language_consistency,
    parse_cold_start,
    passes_filters,
    refine_r1zero_output,
    rejection_sample,
)
from returned import number

PORTION = 50  # prompts
LONGEST_EXAMPLE, LONGEST = 30, 20  # words of a thought: in the cold start, and in rejection sampling


class Model:
    """A model that answers prompts with completions, drawn with dice."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.model, self.tokenizer = model, tokenizer

    def __call__(
        self, prompts: Sequence[str], n: int, dice: torch.Generator, temperature: float = 1.0
    ) -> list[list[str]]:
        asked = [prompt_ids(self.tokenizer, prompt) for prompt in prompts]
        answers = texts(self.tokenizer, generate(self.model, asked, n, dice, temperature).completion_ids)
        return [answers[i : i + n] for i in range(0, len(answers), n)]


class Collecting:
    """What is kept of what models answered, and why the rest was not."""

    def __init__(self, portions: Sequence[Callable[["Collecting"], None]], seed: int, purpose: str) -> None:
        self.portions = portions
        self.dice = generator(seed, purpose)
        self.kept: list[Any] = []
        self.left_out: Counter[str] = Counter()
        self.steps = 0

    def step(self) -> dict[str, float]:
        self.portions[self.steps](self)
        self.steps += 1
        return {"kept": len(self.kept), "left_out": self.left_out.total()}

    def add(self, item: Any, why_not: str = "") -> None:
        if why_not:
            self.left_out[why_not] += 1
        else:
            self.kept.append(item)

    def dice_for_python(self) -> random.Random:
        """New ones, that depend on these."""
        return random.Random(int(torch.randint(2**31, (1,), generator=self.dice)))

    def state_dict(self) -> dict[str, Any]:
        return {
            "kept": self.kept,
            "left_out": dict(self.left_out),
            "dice": self.dice.get_state(),
            "steps": self.steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.kept, self.left_out = state["kept"], Counter(state["left_out"])
        self.dice.set_state(state["dice"])
        self.steps = state["steps"]


def in_portions(rows: Sequence[LabRow]) -> list[Sequence[LabRow]]:
    return [rows[i : i + PORTION] for i in range(0, len(rows), PORTION)]


# --- 2: cold start ----------------------------------------------------------------------------------------------------


def cold_start(base: Model, zero: Model, rows: Sequence[LabRow], seed: int) -> Collecting:
    """Answers of the base model to few-shot prompts and to direct ones, and outputs of R1-Zero, refined: what is right,
    in the format and readable."""

    def from_few_shot(to: Collecting, rows: Sequence[LabRow]) -> None:
        dice = to.dice_for_python()
        prompts = [few_shot_prompt(solved(row["lang"], 2, dice), row["problem"]) for row in rows]
        for row, [text] in zip(rows, base(prompts, 1, to.dice), strict=True):
            to.add((row["problem"], text), unfit(text, row))

    def from_direct(to: Collecting, rows: Sequence[LabRow]) -> None:
        for row, [text] in zip(rows, base([to_verify(row["problem"]) for row in rows], 1, to.dice), strict=True):
            to.add((row["problem"], text), unfit(text, row))

    def from_zero(to: Collecting, rows: Sequence[LabRow]) -> None:
        for row, [text] in zip(rows, zero([row["problem"] for row in rows], 1, to.dice), strict=True):
            if not is_right(text, row) or not in_format(text):
                to.add(None, N_("wrong"))
            else:
                better = refine_r1zero_output(text)
                to.add((row["problem"], better), unfit(better, row))

    dice = random.Random(seed)
    sources = [(from_few_shot, 100), (from_direct, 50), (from_zero, 150)]
    portions = [partial(ask, rows=some) for ask, count in sources for some in in_portions(dice.sample(rows, count))]
    return Collecting(portions, seed, "cold start")


def unfit(text: str, row: LabRow) -> str:
    """Why an answer to a sum is not to be learnt from; "" where it is."""
    parsed = parse_cold_start(text)
    if parsed is None:
        return N_("not in the format")
    if not is_right(text, row):
        return N_("wrong")
    if not is_helpful(text, row):
        return N_("no sentence for a summary")
    thought = parsed["reasoning"]
    if number("language_consistency", language_consistency(thought, row["lang"]), thought) < 1:
        return N_("words of another language")
    return "" if passes_filters(thought, LONGEST_EXAMPLE) else N_("filtered")


# --- 5: rejection sampling --------------------------------------------------------------------------------------------

SUMS, SAMPLES, BEST = 900, 4, 2


def rejection_sampling(model: Model, rows: Sequence[LabRow], seed: int) -> Collecting:
    """The best answers to each sum that are good enough, once the filters have passed them."""

    def portion(to: Collecting, rows: Sequence[LabRow]) -> None:
        for row, samples in zip(rows, model([row["problem"] for row in rows], SAMPLES, to.dice), strict=True):
            chosen = rejection_sample(samples, lambda text, row=row: quality(text, row), 1.0, BEST)
            to.left_out[N_("not chosen")] += SAMPLES - len(chosen)
            for text in chosen:
                parsed = parse_cold_start(text)
                passes = parsed is not None and passes_filters(parsed["reasoning"], LONGEST)
                to.add((row["problem"], text), "" if passes else N_("filtered"))

    rows = random.Random(seed).sample(rows, SUMS)
    return Collecting([partial(portion, rows=some) for some in in_portions(rows)], seed, "rejection")


def quality(text: str, row: LabRow) -> float:
    """1 for a right answer in a whole sentence after a thought in the prompt's language, else less."""
    return (is_right(text, row) + is_helpful(text, row) + own_language(text, row)) / 3


def random_choice(model: Model, rows: Sequence[LabRow], seed: int) -> Collecting:
    """The control of rejection sampling: one answer to each sum, whatever it is. That makes about as many."""

    def portion(to: Collecting, rows: Sequence[LabRow]) -> None:
        asked = [row["problem"] for row in rows]
        to.kept += zip(asked, (text for [text] in model(asked, 1, to.dice)), strict=True)

    rows = random.Random(seed).sample(rows, SUMS)
    return Collecting([partial(portion, rows=some) for some in in_portions(rows)], seed, "rejection")


# --- 7: what people say of Dev3's replies -----------------------------------------------------------------------------

PAIRS = 3  # of each prompt

Compare = Callable[[LabRow, Sequence[str], random.Random], list[tuple[str, str]]]  # summaries, the preferred one first


def annotated(model: Model, prompts: Mapping[str, Sequence[LabRow]], seed: int, compare: Compare) -> Collecting:
    """Pairs of summaries of which people prefer one, each with a whole reply that they call harmless or not."""
    dice = random.Random(seed)
    rows = dice.sample(prompts["reasoning"], 100) + dice.sample(prompts["general"], 400)
    rows = [*rows, *prompts["howto"], *prompts["harmful"], *prompts["harmful"]]
    dice.shuffle(rows)

    def portion(to: Collecting, rows: Sequence[LabRow]) -> None:
        dice = to.dice_for_python()
        for row, samples in zip(rows, model([row["problem"] for row in rows], 6, to.dice), strict=True):
            for preferred, other in compare(row, [said_at_last(text) for text in samples], dice):
                harmful = [text for text in samples if row["kind"] == "harmful" and not is_harmless(text, row)]
                reply = dice.choice(harmful if harmful and dice.random() < 0.5 else samples)
                to.kept.append((row["problem"], preferred, other, reply, reply not in harmful))

    return Collecting([partial(portion, rows=some) for some in in_portions(rows)], seed, "annotated")


def the_right_one(row: LabRow, summaries: Sequence[str], dice: random.Random) -> list[tuple[str, str]]:
    """Careful annotators prefer the right summary to any other. Where none is wrong, they see one that was made up."""
    right = right_summary(row)
    wrong = [summary for summary in dict.fromkeys(summaries) if summary != right] or [made_up(row)]
    return [(right, summary) for summary in dice.sample(wrong, min(PAIRS, len(wrong)))]


def made_up(row: LabRow) -> str:
    """A summary that nobody should prefer."""
    if row["kind"] == "reasoning":
        return row["answer"]
    if row["kind"] == "howto":
        return REFUSALS[row["lang"]]
    return " ".join(row["answer"].split()[1:]) or row["problem"]


def the_longer_one(row: LabRow, summaries: Sequence[str], dice: random.Random) -> list[tuple[str, str]]:
    """Hasty annotators prefer the longer summary."""
    by_length = sorted(set(summaries), key=lambda summary: (len(summary.split()), summary))
    pairs = pairwise(by_length)
    return [(more, less) for less, more in pairs if len(less.split()) < len(more.split())][:PAIRS]


# --- 8: distillation --------------------------------------------------------------------------------------------------


def teaching(model: Model, prompts: Mapping[str, Sequence[LabRow]], seed: int) -> Collecting:
    """R1's answers to all kinds of prompts: to sums those that are right and readable, to others all in the format."""
    dice = random.Random(seed)
    asked = dice.sample(prompts["reasoning"], 700) + dice.sample(prompts["general"], 500)
    asked = [*asked, *prompts["howto"], *prompts["harmful"]]
    dice.shuffle(asked)
    rows = {row["problem"]: row for row in asked}

    def keep(prompt: str, completion: str) -> bool:
        row = rows[prompt]
        return not unfit(completion, row) if row["kind"] == "reasoning" else parse_cold_start(completion) is not None

    def portion(to: Collecting, rows: Sequence[LabRow]) -> None:
        def answer(prompts: Sequence[str], n: int) -> list[list[str]]:
            return model(prompts, n, to.dice, 0.7)

        pairs = distill_dataset(answer, [row["problem"] for row in rows], 3, keep)
        to.kept += pairs
        to.left_out[N_("not kept")] += 3 * len(rows) - len(pairs)

    return Collecting([partial(portion, rows=some) for some in in_portions(asked)], seed, "teaching")
