"""The held-out problems of arithmetic, asked as the milestones of labs 5 to 7 and 9 ask them.

transformers takes seconds to import, and what only draws curves does without it: so it is imported in the function.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from labs.common.evaluation import Estimate
    from labs.common.toys.toy import Row

SAMPLES = 4  # completions of each of the 200 problems
EVALUATION_SEED = 1_000_000  # decides what is drawn; no training run uses it


def held_out(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    rows: "Sequence[Row] | None" = None,
    samples: int | None = None,
) -> "dict[str, Estimate]":
    """Accuracy and format of completions that are drawn with temperature 1. The same weights always get the same."""
    from labs.common.evaluation import evaluate
    from labs.common.toys import arithmetic

    rows = rows or arithmetic.rows()[1]
    return evaluate(arithmetic.TOY, model, tokenizer, rows, samples=samples or SAMPLES, seed=EVALUATION_SEED)
