"""RewardTrainer beside lab 5's run `reward_model`: Bradley and Terry's likelihood of the same pairs. Given code.

python labs/lab9_trl/trl_reward.py              seed 0: some 15 seconds of CPU, most of them imports
python labs/lab9_trl/trl_reward.py --seeds 3    seeds 0 to 2
python labs/lab9_trl/trl_reward.py --steps 5    a first look

The loss is your bradley_terry_loss. What differs: TRL makes a model for sequence classification with one class, whose
head begins with small random weights and has no bias, where lab 5's begins with zeros; and that model looks for the end
of a text by its last token that is no padding, by the pad token's id, where lab 5 counts the mask. A tokenizer
whose pad token is its end-of-sequence token makes these two differ. Rewards have no zero of their own, so the
margin is what can be compared.
"""

from beside import Beside, Figure, Trial, compare, preferences
from labs.common.training.script import end_with
from labs.common.translated import _

BESIDE = Beside(
    trainer="RewardTrainer",
    lab="lab5_dpo",
    run="reward_model",
    steps=40,
    figures=[
        Figure("preference_accuracy", _("ranked right"), 1.0),
        Figure("reward_margin", _("reward margin"), 5.50, ".2f"),
        Figure("loss", "loss", 0.0041, ".4f"),
    ],
    options="--run reward_model",
)


def train(trial: Trial) -> dict[str, float]:
    from trl import RewardConfig, RewardTrainer

    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY

    model, tokenizer = load(TOY)  # RewardTrainer loads the weights once more, into a network with another head
    training, held_out = preferences()
    settings = trial.settings(learning_rate=1e-3, per_device_train_batch_size=16)
    trainer = RewardTrainer(
        model=model.name_or_path,
        args=RewardConfig(**settings, per_device_eval_batch_size=len(held_out)),
        train_dataset=training,
        eval_dataset=held_out,
        processing_class=tokenizer,
    )
    trial.run(trainer)
    found = trainer.evaluate()
    return {
        "preference_accuracy": found["eval_accuracy"],
        "reward_margin": found["eval_margin"],
        "loss": found["eval_loss"],
    }


def main() -> int:
    return compare(__file__, __doc__, BESIDE, train)


if __name__ == "__main__":
    end_with(main)
