"""DPOTrainer beside lab 5's run `dpo_nll`: DPO with the likelihood term, on the same pairs. Given code.

python labs/lab9_trl/trl_dpo.py                 seed 0: some 25 seconds of CPU
python labs/lab9_trl/trl_dpo.py --seeds 3       seeds 0 to 2
python labs/lab9_trl/trl_dpo.py --steps 5       a first look

In TRL 1.16 `loss_type` is a list, and `loss_weights` says what each of its losses counts: "sigmoid" is your dpo_loss,
"sft" the likelihood of the chosen completion. Its `rewards/chosen` is your implicit_reward, beta times the log-ratio.
What differs: the mean of "sft" is over all tokens of a batch, lab 5's over each completion and then over the
completions; and TRL goes through the pairs in epochs, where lab 5 draws each batch anew.
"""

import copy

from beside import Beside, Figure, Trial, compare, preferences, sampled
from labs.common.training.script import end_with
from labs.common.translated import _

BETA = 0.1
BESIDE = Beside(
    trainer="DPOTrainer",
    lab="lab5_dpo",
    run="dpo_nll",
    steps=100,
    figures=[
        Figure("sampled_accuracy", _("right among samples"), 0.950),
        Figure("preference_accuracy", _("ranked right"), 1.0),
        Figure("chosen_log_ratio", _("log-ratio, chosen"), 0.69, ".2f"),
        Figure("rejected_log_ratio", _("log-ratio, rejected"), -94.7, ".1f"),
    ],
    options="--run dpo_nll",
)


def train(trial: Trial) -> dict[str, float]:
    from trl import DPOConfig, DPOTrainer

    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY

    model, tokenizer = load(TOY)
    training, held_out = preferences()
    settings = trial.settings(learning_rate=3e-4, per_device_train_batch_size=16)
    config = DPOConfig(
        **settings,
        per_device_eval_batch_size=len(held_out),
        beta=BETA,
        loss_type=["sigmoid", "sft"],
        loss_weights=[1.0, 1.0],
    )
    trainer = DPOTrainer(
        model=model,
        ref_model=copy.deepcopy(model),
        args=config,
        train_dataset=training,
        eval_dataset=held_out,
        processing_class=tokenizer,
    )
    trial.run(trainer)
    found = trainer.evaluate()
    return {
        "sampled_accuracy": sampled(model, tokenizer, samples=2)["accuracy"],
        "preference_accuracy": found["eval_rewards/accuracies"],
        "chosen_log_ratio": found["eval_rewards/chosen"] / BETA,
        "rejected_log_ratio": found["eval_rewards/rejected"] / BETA,
    }


def main() -> int:
    return compare(__file__, __doc__, BESIDE, train)


if __name__ == "__main__":
    end_with(main)
