"""TRL's GRPOTrainer on the tiny model, with lab 7's settings and rewards. Run by grpo_step.py, which says when it may
take a step, and reads what each one cost.

    python tests/benchmarks/others/lm_grpo_trl.py SEED
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from datasets import Dataset
from grpo_step import Turns, lab7
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from labs.common.language_model import load
from labs.common.toys.arithmetic import TOY, gold_answer, rows

loop, rewards = lab7()
recipe = loop.Recipe()


class OneStepATurn(TrainerCallback):
    def __init__(self, turns: Turns) -> None:
        self.turns = turns

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.turns.start()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.turns.done()


def accuracy(completions: list[Any], gold: list[str], **_: Any) -> list[float]:
    return [rewards.accuracy_reward(c[0]["content"], g) for c, g in zip(completions, gold, strict=True)]


def in_format(completions: list[Any], **_: Any) -> list[float]:
    return [rewards.format_reward(c[0]["content"]) for c in completions]


def main() -> None:
    turns = Turns()
    torch.set_num_threads(1)
    seed = int(sys.argv[1])
    model, tokenizer = load(TOY, "tiny")
    data = [
        {"prompt": [{"role": "user", "content": row["problem"]}], "gold": gold_answer(row["solution"])}
        for row in rows()[0]
    ]
    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            seed=seed,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            report_to="none",
            disable_tqdm=True,
            logging_strategy="no",
            save_strategy="no",
            max_steps=recipe.steps,
            per_device_train_batch_size=recipe.prompts * recipe.G,
            num_generations=recipe.G,
            num_iterations=recipe.iterations,
            max_completion_length=model.generation_config.max_new_tokens,
            temperature=1.0,
            learning_rate=recipe.learning_rate,
            lr_scheduler_type="linear",  # without warm-up, as ours
            max_grad_norm=recipe.max_grad_norm,
            loss_type="grpo",
            epsilon=recipe.eps,
            beta=recipe.beta,
            use_bias_correction_kl=False,
            reward_weights=[1.0, recipe.w_format],
        )
        trainer = GRPOTrainer(
            model=model,
            args=config,
            reward_funcs=[accuracy, in_format],
            train_dataset=Dataset.from_list(data),
            processing_class=tokenizer,
            callbacks=[OneStepATurn(turns)],
        )
        trainer.train()
    turns.finish(model, tokenizer)


if __name__ == "__main__":
    main()
