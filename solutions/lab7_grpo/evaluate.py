"""Ask a trained tiny model the 200 held-out problems by which the milestones are judged.

python labs/lab7_grpo/evaluate.py judges what training saved in runs/.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from labs.common.arithmetic import Row
    from labs.common.evaluation import Evaluation

RUNS = Path(__file__).parent / "runs"
WEIGHTS = RUNS / "grpo.safetensors"
TARGETS = {"accuracy": 0.90, "format": 0.98}
HALVES = {"accuracy": 0.80, "format": 0.95}
SAMPLES = 4  # completions of each problem
EVALUATION_SEED = 1_000_000  # decides what is drawn; no training run uses it


def held_out(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    rows: "Sequence[Row] | None" = None,
    samples: int | None = None,
) -> "Evaluation":
    """Accuracy and format of completions that are drawn with temperature 1. The same weights always get the same."""
    from labs.common import arithmetic  # transformers takes seconds to import, and plots do without
    from labs.common.evaluation import evaluate

    return evaluate(model, tokenizer, rows or arithmetic.rows()[1], samples=samples or SAMPLES, seed=EVALUATION_SEED)


def score(name: str, weights: dict[str, Tensor]) -> float:
    """The figure of a milestone, "accuracy" or "format", from saved weights. ValueError where they do not fit."""
    from labs.common.language_model import tiny_with

    found = held_out(*tiny_with(weights))
    return {"accuracy": found.accuracy, "format": found.format}[name]


def main() -> None:
    from safetensors.torch import load_file

    if not WEIGHTS.exists():
        print("runs/grpo.safetensors does not exist: nothing has been trained yet (make lab7-train).")
        return
    weights = load_file(WEIGHTS)
    for name, target in TARGETS.items():
        print(f"{name:8} {score(name, weights):.3f}, target {target:.2f}")


if __name__ == "__main__":
    main()
