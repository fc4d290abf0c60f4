"""How good the completions of a language model are, in each figure that its toy's judges take, with standard errors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from labs.common.language_model import prompt_ids, texts
from labs.common.sampling import generate
from labs.common.seeding import generator
from labs.common.toys.toy import Row, Toy
from labs.common.translated import _

SMALL = 1_000_000  # weights; of a model that is fastest on one thread


@dataclass(frozen=True)
class Estimate:
    """A share between 0 and 1, and its standard error (over problems: samples of one problem are not independent)."""

    mean: float
    error: float


def evaluate(
    toy: Toy[Any],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[Row],
    samples: int = 4,
    seed: int = 0,
    temperature: float = 1.0,
) -> dict[str, Estimate]:
    """Draw `samples` completions for each row, and judge them by each of the toy's judges. The same seed draws the
    same ones.

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
        raise ValueError(_("these weights give NaN for probabilities: the training has diverged")) from None
    finally:
        torch.set_num_threads(threads)
        model.train(was_training)

    completions = texts(tokenizer, drawn.completion_ids)
    judged = list(zip(completions, [row for row in rows for _ in range(samples)], strict=True))
    return {name: estimate([judge(*pair) for pair in judged], samples) for name, judge in toy.judges.items()}


def estimate(figures: Sequence[float], samples: int) -> Estimate:
    """The mean, and its standard error from the spread between problems (NaN for one problem)."""
    shares = torch.tensor(figures, dtype=torch.float64).view(-1, samples).mean(1)
    error = shares.std().item() / math.sqrt(len(shares)) if len(shares) > 1 else math.nan
    return Estimate(shares.mean().item(), error)
