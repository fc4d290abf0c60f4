"""RLOOTrainer beside lab 7's `--variant rloo`, with your rewards of this lab. Given code.

python labs/lab9_trl/trl_rloo.py                seed 0: some 75 seconds of CPU
python labs/lab9_trl/trl_rloo.py --seeds 3      seeds 0 to 2
python labs/lab9_trl/trl_rloo.py --steps 5      a first look

Both take the mean reward of a completion's siblings as its baseline (Ahmadian et al. 2024). What differs: lab 7 puts
that advantage into the loss of GRPO, with a ratio for each token, a mean over each completion's tokens, and k3 in
the loss. TRL has one ratio for the whole completion, whose log-probabilities are summed, and subtracts beta times
their log-ratio to the reference from the reward, before the baseline.
"""

from beside import Beside, Figure, Trial, compare, problems_to_solve, sampled
from labs.common.training.script import end_with
from labs.common.translated import _

BESIDE = Beside(
    trainer="RLOOTrainer",
    lab="lab7_grpo",
    run="rloo",
    steps=60,
    figures=[
        Figure("accuracy", _("right among samples"), 0.936),
        Figure("format", _("in the format"), 0.980),
    ],
    options="--variant rloo",
)
P, G = 32, 8  # problems of a step, completions of each


def train(trial: Trial) -> dict[str, float]:
    from trl import RLOOConfig, RLOOTrainer

    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY
    from training import GRPOScriptArguments, get_reward_functions

    model, tokenizer = load(TOY)
    settings = trial.settings(learning_rate=7e-4, lr_scheduler_type="linear", per_device_train_batch_size=P * G)
    config = RLOOConfig(
        **settings,
        num_generations=G,
        max_completion_length=TOY.new_tokens,
        beta=0.04,
        epsilon=0.2,
        reward_weights=[1.0, 0.1],
    )
    trainer = RLOOTrainer(
        model=model,
        args=config,
        reward_funcs=get_reward_functions(GRPOScriptArguments(reward_funcs=["accuracy", "format"])),
        train_dataset=problems_to_solve(),
        processing_class=tokenizer,
    )
    trial.run(trainer)
    return sampled(model, tokenizer, samples=1, seed=1_000_000)


def main() -> int:
    return compare(__file__, __doc__, BESIDE, train, needs="training")


if __name__ == "__main__":
    end_with(main)
