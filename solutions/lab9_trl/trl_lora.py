"""GRPO with LoRA (Hu et al. 2021), your rewards and your configuration, beside lab 7's GRPO on all weights. Given code.

python labs/lab9_trl/trl_lora.py                seed 0: some 90 seconds of CPU
python labs/lab9_trl/trl_lora.py --seeds 3      seeds 0 to 2
python labs/lab9_trl/trl_lora.py --steps 5      a first look

A weight matrix W stays as it is, and two thin ones beside it are trained: W + (alpha / r) B A, with B = 0 at the start.
So the KL term needs no second model: the reference is the same model without A and B. The learning rate is ten times
that of lab 7; all else is the same.

What was trained lies in runs/trl/lora/seed0/ afterwards: adapter/ has A and B alone, merged/ a whole model with
W + (alpha / r) B A in place of W, which is loaded without peft. Both are read again, and the last row of the table is
the largest difference of a logit to the model that was trained.
"""

from pathlib import Path
from typing import Any

from beside import Beside, Figure, Trial, compare, problems_to_solve, sampled
from labs.common.training.script import end_with
from labs.common.translated import _

BESIDE = Beside(
    trainer=_("GRPOTrainer with LoRA"),
    lab="lab7_grpo",
    run="grpo",
    steps=60,
    figures=[
        Figure("accuracy", _("right among samples"), 0.947),
        Figure("format", _("in the format"), 0.997),
        Figure("weights", _("weights trained"), 134_080, ",.0f"),
        Figure("difference", _("largest difference of a logit"), None, ".0e"),
    ],
    options="",
    seeds=20,
)
P, G = 32, 8  # problems of a step, completions of each
RANK, ALPHA = 8, 16


def train(trial: Trial) -> dict[str, float]:
    from peft import LoraConfig
    from trl import GRPOTrainer

    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY
    from training import GRPOScriptArguments, get_reward_functions, make_grpo_config

    model, tokenizer = load(TOY)
    settings = trial.settings(learning_rate=7e-3, lr_scheduler_type="linear", per_device_train_batch_size=P * G)
    trainer = GRPOTrainer(
        model=model,
        args=make_grpo_config(
            **settings, num_generations=G, max_completion_length=TOY.new_tokens, reward_weights=[1.0, 0.1]
        ),
        reward_funcs=get_reward_functions(GRPOScriptArguments(reward_funcs=["accuracy", "format"])),
        train_dataset=problems_to_solve(),
        processing_class=tokenizer,
        peft_config=LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    weights = sum(weight.numel() for weight in trainer.model.parameters() if weight.requires_grad)
    trial.run(trainer)
    difference = saved(trainer.model, tokenizer, trial.folder / f"seed{trial.seed}")
    return {
        **sampled(trainer.model, tokenizer, samples=1, seed=1_000_000),
        "weights": weights,
        "difference": difference,
    }


def saved(trained: Any, tokenizer: Any, folder: Path) -> float:
    """Write the adapter and the merged model. The largest difference of a logit, as trained and as both are read."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY

    trained.save_pretrained(folder / "adapter")
    adapted = PeftModel.from_pretrained(load(TOY)[0], folder / "adapter")
    as_trained, as_read = logits(trained, tokenizer), logits(adapted, tokenizer)

    merged = adapted.merge_and_unload()
    merged.save_pretrained(folder / "merged")
    tokenizer.save_pretrained(folder / "merged")
    as_merged = logits(AutoModelForCausalLM.from_pretrained(folder / "merged"), tokenizer)
    return max((found - as_trained).abs().max().item() for found in (as_read, as_merged))


def logits(model: Any, tokenizer: Any) -> Any:
    """Of every token of a right answer to a held-out problem."""
    import torch

    from labs.common.language_model import completion_ids, prompt_ids
    from labs.common.toys.arithmetic import preference_pairs, problems

    pair = preference_pairs(problems()[1])[0]
    ids = [*prompt_ids(tokenizer, pair["prompt"]), *completion_ids(tokenizer, pair["chosen"])]
    with torch.no_grad():
        return model.eval()(torch.tensor([ids])).logits


def main() -> int:
    return compare(__file__, __doc__, BESIDE, train, needs="training")


if __name__ == "__main__":
    end_with(main)
