"""Ask a trained tiny model the 200 held-out problems by which the milestones are judged.

python labs/lab7_grpo/evaluate.py judges what training saved in runs/.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labs.common.artefacts import load_tensors
from labs.common.judging import say_milestones
from labs.common.manifest import milestones_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from labs.common.evaluation import Estimate
    from labs.common.toys.toy import Row

HERE = Path(__file__).parent
RUNS = HERE / "runs"
MILESTONES = milestones_of(HERE)
SAMPLES = 4  # completions of each problem
EVALUATION_SEED = 1_000_000  # decides what is drawn; no training run uses it


def held_out(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    rows: "Sequence[Row] | None" = None,
    samples: int | None = None,
) -> "dict[str, Estimate]":
    """Accuracy and format of completions that are drawn with temperature 1. The same weights always get the same."""
    from labs.common.evaluation import evaluate  # transformers takes seconds to import, and plots do without
    from labs.common.toys import arithmetic

    rows = rows or arithmetic.rows()[1]
    return evaluate(arithmetic.TOY, model, tokenizer, rows, samples=samples or SAMPLES, seed=EVALUATION_SEED)


def score(name: str, folder: Path) -> float:
    """The figure of a milestone, "accuracy" or "format", of the weights saved in `folder`. ValueError where they do not
    fit."""
    from labs.common.language_model import load_trained
    from labs.common.toys.arithmetic import TOY

    return held_out(*load_trained(TOY, load_tensors(MILESTONES[name].file(folder))))[name].mean


def main() -> int:
    return say_milestones(HERE, score, digits=3)


if __name__ == "__main__":
    sys.exit(main())
