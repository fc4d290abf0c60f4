"""Judge a trained language model as the milestone does: by sampled answers to the problems that were held out.

python labs/lab6_kto/evaluate.py judges what is saved in runs/.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.torch import load_file
from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from labs.common.evaluation import Evaluation

RUNS = Path(__file__).parent / "runs"
TARGET, HALF = 0.75, 0.68
SAMPLES = 4  # of each of the 200 held-out problems
EVALUATION_SEED = 1_000_000  # decides what is sampled; no training run uses it


def judged(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> "Evaluation":
    """How a model answers the held-out problems, by the samples that the milestone takes."""
    from labs.common.arithmetic import rows  # here, since transformers takes seconds to import
    from labs.common.evaluation import evaluate

    _, held_out = rows()
    return evaluate(model, tokenizer, held_out, SAMPLES, EVALUATION_SEED)


def score(name: str, weights: dict[str, Tensor]) -> float:
    """The milestone's figure: the share of sampled answers that are right. ValueError where the weights do not fit."""
    from labs.common.language_model import tiny_with

    return judged(*tiny_with(weights)).accuracy


def main() -> None:
    file = RUNS / "kto.safetensors"
    if not file.exists():
        print("kto  not trained yet")
        return
    print(f"kto  {score('kto', load_file(file)):.3f} of the sampled answers are right, target {TARGET}")


if __name__ == "__main__":
    main()
