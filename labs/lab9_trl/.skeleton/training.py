"""Tasks 9.1, 9.2 and 9.7 to 9.9: the data, the rewards by name, the configuration, what is logged, and a reply.

Import trl and transformers inside of the functions that need them: it takes seconds, and checks of the other functions
should not wait for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rewards import (
    accuracy_reward,
    format_reward,
    get_cosine_scaled_reward,
    get_repetition_penalty_reward,
    reasoning_steps_reward,
)

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedModel, PreTrainedTokenizerBase
    from trl import GRPOConfig

SYSTEM_PROMPT = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The assistant "
    "first thinks about the reasoning process in the mind and then provides the user with the answer. The reasoning "
    "process and answer are enclosed within <think> </think> and <answer> </answer> tags, respectively, i.e., <think> "
    "reasoning process here </think> <answer> answer here </answer>"
)
REWARDS = ("accuracy", "format", "reasoning_steps", "cosine", "repetition_penalty")


@dataclass
class GRPOScriptArguments:
    """Which rewards a run has, and their settings. Given; train.py makes options of the fields."""

    reward_funcs: list[str] = field(
        default_factory=lambda: ["accuracy", "format"],
        metadata={"help": "the rewards, by name, in this order", "choices": REWARDS},
    )
    cosine_min_value_wrong: float = field(default=-0.5, metadata={"help": "of a wrong answer without a character"})
    cosine_max_value_wrong: float = field(default=-0.1, metadata={"help": "of a wrong answer of cosine_max_len"})
    cosine_min_value_correct: float = field(default=0.8, metadata={"help": "of a right answer of cosine_max_len"})
    cosine_max_value_correct: float = field(default=1.0, metadata={"help": "of a right answer without a character"})
    cosine_max_len: int = field(default=1000, metadata={"help": "characters from which on length changes nothing"})
    repetition_n_grams: int = field(default=3, metadata={"help": "words of what must not be repeated"})
    repetition_max_penalty: float = field(default=-0.1, metadata={"help": "of a reply that only repeats; 0 or less"})


def make_conversation(example: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """The prompt column of a row, as TRL reads conversations.

    Args:
        example: a row of one of two data sets. NuminaMath-TIR has the problem in `problem` (and messages with role and
            content, which are not needed here). Bespoke-Stratos-17k has `system` and `conversations`, a list of
            {"from": "user" or "assistant", "value": text}, in which the user's first turn is the problem.

    Returns:
        {"prompt": [system message, user message]}, each {"role": ..., "content": ...}, with SYSTEM_PROMPT as the first
        content, since the rewards ask for its tags, and the problem as it is as the second. The row is left as it is.

    Raises:
        ValueError: the row has neither of the two forms, or no turn of the user's.
    """
    # TODO: your code
    raise NotImplementedError


def validate_dataset(ds: Mapping[str, "Dataset"]) -> list[str]:
    """What is wrong with a data set, in a sentence each, before a training is spent on it.

    Args:
        ds: the splits by name, {"train": ..., "test": ...} or a DatasetDict. Each has `column_names`, a length, and
            rows ds["train"][i], which are dicts.

    Returns:
        [] where nothing is wrong. Else one sentence for each fault of each split, with the split's name in it:

        * a column that is missing: `prompt`, or `solution`, which the rewards need; the sentence has the column's name;
        * no rows;
        * rows whose prompt is no conversation as make_conversation writes it: a list of two messages or more, the first
          of role "system", the second of role "user", and all of them dicts with a content that is a string and not
          empty. All rows are looked at; one sentence for the split, with the number of the first such row (from 0).
    """

    # TODO: your code
    raise NotImplementedError


def get_reward_functions(args: GRPOScriptArguments) -> list[Callable[..., Any]]:
    """The reward functions that the arguments name, made with their settings.

    Args:
        args: reward_funcs names some of "accuracy", "format", "reasoning_steps", "cosine" and "repetition_penalty"; the
            other fields are the settings of the last two.

    Returns:
        The functions, in the order of args.reward_funcs. Each has a `__name__` of its own: TRL logs by it.

    Raises:
        ValueError: a name that is none of the five.
    """
    # TODO: your code
    raise NotImplementedError


def make_grpo_config(**over: Any) -> "GRPOConfig":
    """The settings of GRPO as lab 7 has it, on the machine that there is.

    TRL's own defaults are another algorithm, and change from release to release; so every setting on which the lab
    depends is stated:

        beta = .04, loss_type = "grpo", scale_rewards = "group", epsilon = .2, num_iterations = 1,
        use_bias_correction_kl = False                                       the objective of Shao et al. 2024
        num_generations = 8, max_completion_length = 512, temperature = 1.0  what is sampled
        learning_rate = 1e-6                                                 that of a large model
        remove_unused_columns = False                                        the rewards need `solution`
        bf16, gradient_checkpointing: whether there is a GPU; use_cpu: whether there is none
        report_to = "none"
        per_device_train_batch_size: num_generations, the completions of one prompt, so that it can be divided by them

    Args:
        over: settings that take the place of these, or that are set besides; any field of GRPOConfig.

    Returns:
        A trl.GRPOConfig.

    Raises:
        ValueError: the completions of a step cannot be divided by num_generations (TRL finds that out).
        TypeError: there is no such field.
    """
    # TODO: your code
    raise NotImplementedError


class LossLogger:
    """Keeps what training logs, step by step. train.py makes a TrainerCallback of it.

    Attributes:
        rows: a dict for each training step that was logged, in order: "step", and all that was logged with it ("loss",
            "reward", ...).
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        """Called by the trainer whenever it logs; at the end of a step that would be too early, nothing is logged yet.

        Args:
            args: the trainer's configuration.
            state: the trainer's state; state.global_step is the step. state.log_history may be empty.
            control: what a callback may ask of the trainer; it is left as it is.
            logs: what is logged. Only of a training step it has a "loss"; what else is logged (an evaluation, the
                summary at the end, None) is not kept. It belongs to the trainer, which may change it later.
        """
        # TODO: your code
        raise NotImplementedError


def generate_reply(model: "PreTrainedModel", tok: "PreTrainedTokenizerBase", messages: list[dict[str, str]]) -> str:
    """What the model answers to a conversation.

    Args:
        model: a causal language model, on any device. How it draws, and how long a reply may be, stands in its
            generation_config, and nothing else is set here.
        tok: its tokenizer, with a chat template, which writes the conversation, and at its end the beginning of the
            model's own turn.
        messages: the conversation, whose last turn is the user's; left as it is.

    Returns:
        The reply alone: neither the prompt, which `generate` returns before it, nor special tokens.
    """
    # TODO: your code
    raise NotImplementedError
