"""Judge a trained language model as the milestone does: by sampled answers to the problems that were held out.

python labs/lab6_kto/evaluate.py judges what is saved in runs/.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from labs.common.artefacts import load_tensors
from labs.common.judging import say_milestones
from labs.common.manifest import milestones_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from labs.common.evaluation import Estimate

HERE = Path(__file__).parent
RUNS = HERE / "runs"
MILESTONES = milestones_of(HERE)
SAMPLES = 4  # of each of the 200 held-out problems
EVALUATION_SEED = 1_000_000  # decides what is sampled; no training run uses it


def judged(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> "dict[str, Estimate]":
    """How a model answers the held-out problems, by the samples that the milestone takes."""
    from labs.common.evaluation import evaluate  # here, since transformers takes seconds to import
    from labs.common.toys.arithmetic import TOY, rows

    return evaluate(TOY, model, tokenizer, rows()[1], SAMPLES, EVALUATION_SEED)


def score(name: str, folder: Path) -> float:
    """The milestone's figure: the share of answers that are right, sampled with the weights saved in `folder`.
    ValueError where these do not fit."""
    from labs.common.language_model import load_trained
    from labs.common.toys.arithmetic import TOY

    return judged(*load_trained(TOY, load_tensors(MILESTONES[name].file(folder))))["accuracy"].mean


def main() -> int:
    return say_milestones(HERE, score, digits=3)


if __name__ == "__main__":
    sys.exit(main())
