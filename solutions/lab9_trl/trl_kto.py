"""KTOTrainer beside lab 6's run `kto`: a thumb up or down for each completion of the same pairs. Given code.

python labs/lab9_trl/trl_kto.py                 seed 0: some 30 seconds of CPU
python labs/lab9_trl/trl_kto.py --seeds 3       seeds 0 to 2
python labs/lab9_trl/trl_kto.py --steps 5       a first look

The columns are those of your unpair. For its reference point TRL puts completion i - 1 of a batch behind prompt i, as
your mismatched_pairs does; so a batch needs two examples at least. Its `rewards/chosen` is beta times the log-ratio of
the desirable completions. What differs: TRL mismatches once, before training, and takes the examples in the order of
the data set. So they are shuffled here, and each epoch has the same batches.
"""

import copy
import random
from typing import Any

from beside import Beside, Figure, Trial, answered, asked, compare, sampled
from labs.common.training.script import end_with
from labs.common.translated import _

BETA = 0.1
BESIDE = Beside(
    trainer="KTOTrainer",
    lab="lab6_kto",
    run="kto",
    steps=100,
    figures=[
        Figure("accuracy", _("right among samples"), 0.942),
        Figure("format", _("in the format"), 0.993),
        Figure("desirable", _("log-ratio, desirable"), 0.68, ".2f"),
        Figure("undesirable", _("log-ratio, undesirable"), -93.6, ".1f"),
    ],
    options="--run kto",
)


def train(trial: Trial) -> dict[str, float]:
    from trl import KTOConfig, KTOTrainer

    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY, problems

    model, tokenizer = load(TOY)
    training, held_out = (examples(among, trial.seed) for among in problems())
    settings = trial.settings(learning_rate=3e-4, per_device_train_batch_size=32)
    trainer = KTOTrainer(
        model=model,
        ref_model=copy.deepcopy(model),
        args=KTOConfig(**settings, per_device_eval_batch_size=len(held_out), beta=BETA),
        train_dataset=training,
        eval_dataset=held_out,
        processing_class=tokenizer,
    )
    trial.run(trainer)
    found = trainer.evaluate()
    return {
        **sampled(model, tokenizer, samples=2),
        "desirable": found["eval_rewards/chosen"] / BETA,
        "undesirable": found["eval_rewards/rejected"] / BETA,
    }


def examples(among: Any, seed: int) -> Any:
    """The completions one by one, in an order of the seed's: two of one pair seldom follow each other."""
    from datasets import Dataset

    from labs.common.toys.arithmetic import preference_pairs

    rows = [
        {"prompt": asked(pair["prompt"]), "completion": answered(text), "label": label}
        for pair in preference_pairs(among)
        for text, label in ((pair["chosen"], True), (pair["rejected"], False))
    ]
    random.Random(seed).shuffle(rows)
    return Dataset.from_list(rows)


def main() -> int:
    return compare(__file__, __doc__, BESIDE, train)


if __name__ == "__main__":
    end_with(main)
