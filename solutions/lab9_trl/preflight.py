"""What can be known of a training before it starts, and what its logs mean, in a sentence each. Given code.

Most of what is asked about TRL on the web ends in one of these sentences: a setting that it refuses, a reward that it
calls in another way than was thought, a model that never ends, a loss of 0.
"""

import inspect
import math
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labs.common.errors import CannotUse
from labs.common.translated import _

Reward = Callable[..., Any]

FROM_TRL = ("prompts", "completions", "completion_ids", "trainer_state", "log_extra", "log_metric")
ROWS, REHEARSED = 1000, 4  # that are looked at, and on which the rewards are called: of 70,000 it would take minutes


@dataclass
class Findings:
    """Sentences for the reader: with a fault the training cannot succeed, a warning is only a worry."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def preflight(model: Any, tokenizer: Any, config: Any, dataset: Any, rewards: Sequence[Reward]) -> Findings:
    """All that can be known before trainer.train(). It calls the rewards, and so may take as long as they do.

    Args:
        model, tokenizer: as GRPOTrainer gets them.
        config: a GRPOConfig. What GRPOConfig itself refuses, `refused` explains.
        dataset: the rows to train on, with a column `prompt`, in conversations or in plain text.
        rewards: the reward functions; those of a Bounded come to an end.
    """
    rows = [dataset[i] for i in range(min(len(dataset), ROWS))]
    if not rows or "prompt" not in rows[0]:
        return Findings(
            [
                _("The data set has no column prompt: there is nothing to ask.")
                if rows
                else _("The data set has no rows: there is nothing to ask.")
            ]
        )
    blocking = no_template(tokenizer, rows) + no_end_token(model, tokenizer)
    asks_too_much = missing_columns(config, rows, rewards)
    found = Findings(blocking + asks_too_much)
    more = [unparsable(rows)]
    if not asks_too_much:
        more.append(rehearsal(rows, rewards))
    if not blocking:
        more += [too_long(model, tokenizer, config, rows), Findings([], turn_without_end(model, tokenizer, rows))]
    for findings in more:
        found.faults += findings.faults
        found.warnings += findings.warnings
    found.warnings += bf16_on_cpu(config) + too_little_memory(model, config)
    return found


# --- the configuration ------------------------------------------------------------------------------------------------


def refused(error: Exception) -> list[str]:
    """What GRPOConfig's ValueError means, and what to choose instead; [] where it is about none of this."""
    text = str(error)
    numbers = [int(number) for number in re.findall(r"(\d+)", text)]
    if "must be divisible by num_generations" in text:
        completions, group = numbers
        fit = [str(n) for n in range(2, completions + 1) if completions % n == 0]
        choose = _(", or num_generations = {fit}").format(fit=_(" or ").join(fit)) if fit else ""
        return [
            _(
                "A step has {completions} completions (per_device_train_batch_size * "
                "gradient_accumulation_steps), which groups of num_generations = {group} do not fill. Choose "
                "{group} or {double} completions{choose}."
            ).format(completions=completions, group=group, double=2 * group, choose=choose)
        ]
    if "must be divisible by the global batch size" in text:
        return [
            _(
                "generation_batch_size = {batch} is no multiple of {completions} completions, the batch of a "
                "gradient step. Leave generation_batch_size out: TRL computes it."
            ).format(batch=numbers[0], completions=numbers[1])
        ]
    if "global eval batch size" in text:
        return [
            _(
                "An evaluation's batch of {completions} completions cannot be divided into groups of {group}. "
                "Choose per_device_eval_batch_size = {group}."
            ).format(completions=numbers[0], group=numbers[-1])
        ]
    if "at least 2 generations" in text:
        return [_("GRPO compares the completions of a group, so num_generations is 2 or more.")]
    if "can not be both configured" in text:
        return [_("generation_batch_size and steps_per_generation say the same thing. Set one of them, or none.")]
    if "auto_find_batch_size" in text:
        return [_("GRPO takes no auto_find_batch_size. Where memory is short, lower per_device_train_batch_size.")]
    if "bf16/gpu" in text:
        return [_("There is no GPU, and TRL computes in bf16 unless told otherwise. Set use_cpu=True and bf16=False.")]
    return []


def bf16_on_cpu(config: Any) -> list[str]:
    import torch

    if not config.bf16 or torch.cuda.is_available():
        return []
    return [_("Without a GPU bf16 makes nothing faster and rounds to three digits. Set bf16=False: use_cpu keeps it.")]


def too_little_memory(model: Any, config: Any) -> list[str]:
    """Only what is certain: TRL computes the logits piece by piece, and activations depend on much."""
    import psutil
    import torch

    def size(parameters: Any) -> int:
        return sum(parameter.numel() * parameter.element_size() for parameter in parameters)

    gpu = torch.cuda.is_available() and not config.use_cpu
    free = torch.cuda.mem_get_info()[0] if gpu else psutil.virtual_memory().available
    learnt = size(p for p in model.parameters() if p.requires_grad)
    reference = size(model.parameters()) if config.beta and not hasattr(model, "peft_config") else 0
    needed = 3 * learnt + reference
    if needed < free:
        return []
    return [
        _(
            "Training takes at least {needed:.1f} GB besides the model (gradients and the optimizer's two "
            "moments {learnt:.1f}, the reference model {reference:.1f}), and what a step computes; "
            "{free:.1f} GB are free. Take LoRA or a smaller model; a smaller per_device_train_batch_size "
            "shrinks only the step."
        ).format(needed=needed / 1e9, learnt=3 * learnt / 1e9, reference=reference / 1e9, free=free / 1e9)
    ]


# --- the model and its tokenizer --------------------------------------------------------------------------------------


def no_template(tokenizer: Any, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if isinstance(rows[0]["prompt"], str) or tokenizer.chat_template:
        return []
    return [
        _(
            "The tokenizer has no chat template, and the prompts are conversations, which nobody can then "
            "write as a text. Take a model that was made for conversations (its name often ends with "
            "Instruct)."
        )
    ]


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """The ids that end a completion, as TRL finds them."""
    ids = model.generation_config.eos_token_id
    ids = [] if ids is None else [ids] if isinstance(ids, int) else list(ids)
    return [*ids, *({tokenizer.eos_token_id} - {None, *ids})]


def no_end_token(model: Any, tokenizer: Any) -> list[str]:
    size = model.get_output_embeddings().weight.shape[0]
    if tokenizer.eos_token_id is None:
        return [
            _("The tokenizer has no end token (eos_token), so no completion can end, and TRL stops with a TypeError.")
        ]
    if all(i >= size for i in end_tokens(model, tokenizer)):
        return [
            _("The end token {token!r} is none of the {size} that the model can write.").format(
                token=tokenizer.eos_token, size=size
            )
        ]
    return []


def turn_without_end(model: Any, tokenizer: Any, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if isinstance(rows[0]["prompt"], str):
        return []
    reply = {"role": "assistant", "content": "1"}
    before, after = (
        tokenizer.apply_chat_template([*rows[0]["prompt"], *more], tokenize=False) for more in ([], [reply])
    )
    ends = tokenizer.convert_ids_to_tokens(end_tokens(model, tokenizer))
    if any(end in after[len(before) :] for end in ends):
        return []
    return [
        _(
            "In the chat template the model's turn does not end with {ends}: a model that learnt from it "
            "never saw the end token, and its completions run on to max_completion_length."
        ).format(ends=_(" or ").join(ends))
    ]


def too_long(model: Any, tokenizer: Any, config: Any, rows: Sequence[Mapping[str, Any]]) -> Findings:
    def tokens(prompt: Any) -> int:
        if isinstance(prompt, str):
            return len(tokenizer(prompt)["input_ids"])
        return len(tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=False))

    limit = getattr(model.config, "max_position_embeddings", None) or math.inf
    lengths = [tokens(row["prompt"]) for row in rows]
    longest, room = max(lengths), config.max_completion_length
    over = sum(length + room > limit for length in lengths)
    if not over:
        return Findings()
    sentence = _(
        "The model has {limit} positions. {over} of {all} prompts leave fewer than max_completion_length "
        "= {room} of them for the completion (the longest prompt has {longest} tokens)."
    ).format(limit=limit, over=over, all=len(rows), room=room, longest=longest)
    if longest >= limit:
        return Findings(
            [_("{sentence} Leave out the prompts that are too long: TRL does not cut them.").format(sentence=sentence)]
        )
    return Findings(
        [],
        [
            _("{sentence} Choose {longest} or less: behind them a model writes nonsense.").format(
                sentence=sentence, longest=limit - longest
            )
        ],
    )


# --- the data and the rewards -----------------------------------------------------------------------------------------


def missing_columns(config: Any, rows: Sequence[Mapping[str, Any]], rewards: Sequence[Reward]) -> list[str]:
    """What a function asks for and nobody passes, and functions that do not take what TRL passes."""
    columns = [] if config.remove_unused_columns else [key for key in rows[0] if key not in ("prompt", "completion")]
    passed = {*FROM_TRL, *columns}
    found = []
    for reward in rewards:
        name, parameters = reward.__name__, inspect.signature(reward).parameters.values()
        asked = [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        if missing := [column for column in asked if column not in passed]:
            why = _("remove_unused_columns=True takes all away but the prompt: set it to False.")
            why = (
                why
                if config.remove_unused_columns
                else _("The data set has {columns}.").format(columns=", ".join(rows[0]))
            )
            found.append(
                _("{name} asks for {missing}, which nobody passes. {why}").format(
                    name=name, missing=_(" and ").join(missing), why=why
                )
            )
        elif not any(p.kind is p.VAR_KEYWORD for p in parameters) and (rest := passed - {p.name for p in parameters}):
            found.append(
                _("{name} has no **kwargs, and TRL calls it with {rest}, too.").format(
                    name=name, rest=", ".join(sorted(rest))
                )
            )
    return found


def unparsable(rows: Sequence[Mapping[str, Any]]) -> Findings:
    """Gold answers in which math-verify reads nothing."""
    if "solution" not in rows[0]:
        return Findings()
    from math_verify import parse

    golds = [row["solution"] for row in rows]
    readable = {gold: isinstance(gold, str) and bool(parse(gold)) for gold in set(golds)}
    wrong = [i for i, gold in enumerate(golds) if not readable[gold]]
    if not wrong:
        return Findings()
    sentence = _(
        "math-verify reads no answer in {wrong} of {all} solutions, the first of them in row {row}: {gold!r}."
    ).format(wrong=len(wrong), all=len(rows), row=wrong[0], gold=str(golds[wrong[0]])[-100:])
    if len(wrong) == len(rows):
        return Findings([_("{sentence} Nothing could be judged.").format(sentence=sentence)])
    return Findings(
        [], [_("{sentence} They cannot be judged: accuracy_reward gives None for them.").format(sentence=sentence)]
    )


def rehearsal(rows: Sequence[Mapping[str, Any]], rewards: Sequence[Reward]) -> Findings:
    """Calls each reward as TRL does, on a few rows with completions that are right, empty, and without tags."""
    from transformers import TrainerState

    rows = rows[:REHEARSED]
    texts = [f"<think>1</think><answer>{rows[0].get('solution', 1)}</answer>", "", "14", "<answer>1"][: len(rows)]
    spoken = not isinstance(rows[0]["prompt"], str)
    columns = {key: [row[key] for row in rows] for key in rows[0] if key not in ("prompt", "completion")} | {
        "prompts": [row["prompt"] for row in rows],
        "completions": [[{"role": "assistant", "content": text}] if spoken else text for text in texts],
        "completion_ids": [[0]] * len(rows),
        "trainer_state": TrainerState(),
        "log_extra": lambda column, values: None,
        "log_metric": lambda name, value: None,
    }
    found, silent = Findings(), []
    for reward in rewards:
        try:
            returned = reward(**columns)
            found.faults += unusable(reward.__name__, returned, len(rows))
        except NotImplementedError:  # the function is still to do: train.py says so
            raise
        except Exception as error:
            found.faults.append(raised(reward.__name__, error))
            continue
        if isinstance(returned, list) and returned and all(value is None for value in returned):
            silent.append(
                _("{name} returned None for all of {count} completions: it judges none of them.").format(
                    name=reward.__name__, count=len(rows)
                )
            )
    (found.faults if len(silent) == len(rewards) else found.warnings).extend(silent)
    return found


def raised(name: str, error: Exception) -> str:
    """The error, and the line of the lab's that it came from."""
    if isinstance(error, CannotUse):
        return str(error)
    here = Path(__file__)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == here.parent]
    lines = traceback.format_list([f for f in frames if Path(f.filename) != here][-1:])
    return "".join([f"{name} raised ", *traceback.format_exception_only(error), *lines]).rstrip()


def unusable(name: str, returned: Any, completions: int) -> list[str]:
    """What is wrong with a reward's list."""
    wanted = _("{name} returned {what} where TRL takes a list of {count} numbers, one for each completion.")
    if hasattr(returned, "tolist"):  # a tensor or an array
        returned = returned.tolist()
    if not isinstance(returned, list | tuple):
        return [
            wanted.format(
                name=name,
                count=completions,
                what="None" if returned is None else _("a {kind}").format(kind=type(returned).__name__),
            )
        ]
    if len(returned) != completions:
        return [wanted.format(name=name, count=completions, what=_("a list of {count}").format(count=len(returned)))]
    for i, value in enumerate(returned):
        value = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
        if value is not None and not isinstance(value, int | float):
            return [
                _("{name} returned a {kind} for completion {i}: a number or None is expected.").format(
                    name=name, kind=type(value).__name__, i=i
                )
            ]
        if value is not None and not math.isfinite(value):
            return [
                _(
                    "{name} returned {value} for completion {i}: TRL would drop it, or its group, without a word."
                ).format(name=name, value=value, i=i)
            ]
    return []


# --- while it runs ----------------------------------------------------------------------------------------------------

MEANINGS = {
    "lost": _(
        "A reward became NaN or infinite, or was None for every completion ({lost}). Nothing is learnt "
        "from those: look at what the function divides by, and at gold answers that cannot be read."
    ),
    "no spread": _(
        "In every group of the last {steps} logs all completions earned the same, so the advantages are "
        "0 and nothing is learnt. The problems are too easy or too hard, or the reward does not tell "
        "good from bad."
    ),
    "no end": _(
        "In the last {steps} logs no completion came to its end: all were cut off at "
        "max_completion_length, most before their answer. Raise it, or see whether the model knows its "
        "end token."
    ),
    "loss": _(
        "A loss of about 0 is no fault. With one gradient step for each batch the ratio is 1, so the "
        "loss is minus the mean advantage, which is 0 in every group, plus beta * KL. Its gradient is "
        "not 0: watch the reward."
    ),
}


class Watch:
    """Says, once each, what the logs of training steps mean."""

    def __init__(self, steps: int = 3) -> None:
        """steps: in how many logs in a row there is no spread, or no end, before it is said; in one it is chance."""
        self.steps = {"lost": 1, "no spread": steps, "no end": steps, "loss": 1}
        self.seen = dict.fromkeys(MEANINGS, 0)  # in how many logs in a row
        self.said: set[str] = set()

    def __call__(self, logs: Mapping[str, Any]) -> list[str]:
        """The sentences that a step's logs give rise to for the first time; [] for logs without a "loss"."""
        if "loss" not in logs:
            return []
        means = {name: logs[name] for name in logs if name == "reward" or re.fullmatch("rewards/.*/mean", name)}
        lost = [name for name, value in means.items() if value is None or not math.isfinite(value)]
        spread = logs.get("frac_reward_zero_std") != 1
        there = {
            "lost": bool(lost),
            "no spread": not spread,
            "no end": logs.get("completions/clipped_ratio") == 1,  # and so the mean_terminated_length is 0
            "loss": spread and not lost and abs(logs["loss"]) < 0.01,
        }
        self.seen = {name: self.seen[name] + 1 if there[name] else 0 for name in MEANINGS}
        due = [name for name in MEANINGS if self.seen[name] >= self.steps[name] and name not in self.said]
        self.said.update(due)
        return [MEANINGS[name].format(lost=", ".join(lost), steps=self.steps[name]) for name in due]
