"""SFTTrainer beside lab 5's run `nll`: the likelihood of the preferred answers alone, on the same pairs. Given code.

python labs/lab9_trl/trl_sft.py                 seed 0: some 20 seconds of CPU, half of them imports
python labs/lab9_trl/trl_sft.py --seeds 3       seeds 0 to 2
python labs/lab9_trl/trl_sft.py --steps 5       a first look

With the columns prompt and completion, SFTTrainer counts the completion's tokens only, as your sequence_logprobs does
with its mask. What differs: TRL goes through the pairs in epochs, where lab 5 draws each batch anew; and it takes the
mean over all tokens of a batch, lab 5 the mean of each completion and then over the completions. TRL's lead of some .02
comes from the epochs: with them lab 5's own loop reached .975, with the other mean alone .961 (docs/benchmarks.md).
"""

from typing import Any

from beside import Beside, Figure, Trial, answered, asked, compare, sampled
from labs.common.training.script import end_with
from labs.common.translated import _

BESIDE = Beside(
    trainer="SFTTrainer",
    lab="lab5_dpo",
    run="nll",
    steps=100,
    figures=[
        Figure("sampled_accuracy", _("right among samples"), 0.960),
        Figure("chosen_log_ratio", _("log-ratio, chosen"), 0.65, ".2f"),
        Figure("rejected_log_ratio", _("log-ratio, rejected"), -7.64, ".2f"),
    ],
    options="--run nll",
)


def train(trial: Trial) -> dict[str, float]:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY, preference_pairs, problems

    model, tokenizer = load(TOY)
    rows = [
        {"prompt": asked(pair["prompt"]), "completion": answered(pair["chosen"])}
        for pair in preference_pairs(problems()[0])
    ]
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(**trial.settings(learning_rate=3e-4, per_device_train_batch_size=16)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    trial.run(trainer)
    return {
        "sampled_accuracy": sampled(model, tokenizer, samples=2)["accuracy"],
        "chosen_log_ratio": log_ratio(model, tokenizer, "chosen"),
        "rejected_log_ratio": log_ratio(model, tokenizer, "rejected"),
    }


def log_ratio(model: Any, tokenizer: Any, side: str) -> float:
    """log pi(y|x)/pi_ref(y|x), the mean over the held-out pairs."""
    import torch

    from labs.common.language_model import completion_ids, load, log_likelihoods, prompt_ids
    from labs.common.toys.arithmetic import TOY, preference_pairs, problems

    pairs = preference_pairs(problems()[1])
    prompts = [prompt_ids(tokenizer, pair["prompt"]) for pair in pairs]
    completions = [completion_ids(tokenizer, str(pair[side])) for pair in pairs]  # type: ignore[literal-required]
    with torch.no_grad():
        before = log_likelihoods(load(TOY)[0], prompts, completions)
        return (log_likelihoods(model, prompts, completions) - before).mean().item()


def main() -> int:
    return compare(__file__, __doc__, BESIDE, train)


if __name__ == "__main__":
    end_with(main)
