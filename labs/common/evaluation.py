"""How often a language model is right, and how often it keeps to the format, with standard errors.

Two short judges are enough for the texts of the tiny model; the rewards that are written in lab 7 ask for more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from labs.common.arithmetic import Row, gold_answer
from labs.common.language_model import prompt_ids, texts
from labs.common.sampling import generate
from labs.common.seeding import generator

SMALL = 1_000_000  # weights; of a model that is fastest on one thread
TAGS = ("<think>", "</think>", "<answer>", "</answer>")


@dataclass(frozen=True)
class Evaluation:
    """Shares between 0 and 1, and their standard errors (over problems: samples of one problem are not independent)."""

    accuracy: float
    accuracy_se: float
    format: float
    format_se: float


def ends_right(text: str, gold: str) -> bool:
    """Whether a text closes with the right answer in its tag, letter by letter."""
    return text.rstrip().endswith(f"<answer>{gold}</answer>")


def in_format(text: str) -> bool:
    """Whether a text has the four tags once each, and in order."""
    places = [text.find(tag) for tag in TAGS]
    return all(text.count(tag) == 1 for tag in TAGS) and places == sorted(places)


def evaluate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[Row],
    samples: int = 4,
    seed: int = 0,
    temperature: float = 1.0,
) -> Evaluation:
    """Draw `samples` completions for each row and judge them; the same seed draws the same ones.

    With temperature 0 the likeliest completion is judged, and one sample is enough. ValueError where the model gives no
    probabilities to draw from: finite weights may still overflow.
    """
    was_training, threads = model.training, torch.get_num_threads()
    model.eval()
    if model.num_parameters() < SMALL:
        torch.set_num_threads(1)  # several round differently, and draw differently: a score must not depend on them
    prompts = [prompt_ids(tokenizer, row["problem"]) for row in rows]
    try:
        drawn = generate(model, prompts, samples, generator(seed, "evaluation", model.device), temperature)
    except RuntimeError as error:
        if "probability tensor" not in str(error):
            raise
        raise ValueError("these weights give NaN for probabilities: the training has diverged") from None
    finally:
        torch.set_num_threads(threads)
        model.train(was_training)

    completions = texts(tokenizer, drawn.completion_ids)
    golds = [gold_answer(row["solution"]) for row in rows for _ in range(samples)]
    accuracy, accuracy_se = mean_and_error(
        [ends_right(*pair) for pair in zip(completions, golds, strict=True)], samples
    )
    format_share, format_se = mean_and_error([in_format(text) for text in completions], samples)
    return Evaluation(accuracy, accuracy_se, format_share, format_se)


def mean_and_error(outcomes: Sequence[bool], samples: int) -> tuple[float, float]:
    """The share of true outcomes, and its standard error from the spread between problems (NaN for one problem)."""
    shares = torch.tensor(outcomes, dtype=torch.float64).view(-1, samples).mean(1)
    return shares.mean().item(), shares.std().item() / math.sqrt(len(shares))
