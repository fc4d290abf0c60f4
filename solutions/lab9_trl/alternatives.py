"""Right versions that look different from the reference, and have to earn every point."""

import collections
import functools
import itertools
import math
import re

import numpy as np
import torch

from grader.checks import alternative
from rewards import (
    TAGS,
    accuracy_reward,
    format_reward,
    get_cosine_scaled_reward,
    get_repetition_penalty_reward,
    reasoning_steps_reward,
)
from training import SYSTEM_PROMPT, make_grpo_config

# --- 9.1, 9.2: the data -----------------------------------------------------------------------------------------------


@alternative("make_conversation")
def by_exceptions(example):
    try:
        problem = example["problem"]
    except KeyError:
        try:
            problem = next(turn for turn in example["conversations"] if turn["from"] == "user")["value"]
        except (KeyError, StopIteration) as error:
            raise ValueError("this row has no problem") from error
    contents = {"system": SYSTEM_PROMPT, "user": problem}
    return {"prompt": [{"role": role, "content": content} for role, content in contents.items()]}


@alternative("make_conversation")
def by_a_loop(example):
    found = example.get("problem")
    for turn in example.get("conversations") or []:
        if found is None and turn.get("from") == "user":
            found = turn["value"]
    if found is None:
        raise ValueError("neither a problem nor a question")
    return dict(prompt=[dict(content=SYSTEM_PROMPT, role="system"), dict(content=found, role="user")])


@alternative("validate_dataset")
def in_other_words(ds):
    found = []
    for name in ds:
        rows = ds[name].to_list()
        for column in ("solution", "prompt"):
            if column not in ds[name].features:
                found.append(f"Split '{name}': please add `{column}`!")
        if ds[name].num_rows == 0:
            found.append(f"Split '{name}' is EMPTY")
        for number, row in enumerate(rows):
            prompt = row.get("prompt", ...)
            if prompt is not ... and not _is_conversation(prompt):
                found.append(f"Row {number} ({name}): {type(prompt)!s} is not a list of a system and a user message")
                break
    return found


def _is_conversation(prompt):
    try:
        (first, second), rest = prompt[:2], prompt[2:]
        roles = first["role"], second["role"]
        said = [message["content"] for message in (first, second, *rest)]
    except (TypeError, ValueError, KeyError):
        return False
    return roles == ("system", "user") and all(isinstance(content, str) and content != "" for content in said)


@alternative("validate_dataset")
def by_columns(ds):
    sentences = []
    for name, split in ds.items():
        lacking = {"prompt", "solution"} - set(split.column_names)
        sentences.extend(f"{name} lacks the column {column}" for column in sorted(lacking))
        if len(split) == 0:
            sentences.append(f"There are no rows in {name}.")
        if "prompt" not in lacking:
            bad = (i for i, prompt in enumerate(split["prompt"]) if not _is_conversation(prompt))
            first = next(bad, None)
            if first is not None:
                sentences.append(f"{name}, row {first}: not a conversation")
    return tuple(sentences)


# --- 9.3 accuracy_reward ----------------------------------------------------------------------------------------------


@alternative("accuracy_reward")
def by_findall(*, completions, solution, **kwargs):
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    configs = (ExprExtractionConfig(), LatexExtractionConfig(boxed_match_priority=0))
    rewards = []
    for [message], gold in zip(completions, solution, strict=True):
        found = re.findall(r"<answer>(.*?)</answer>", message["content"], flags=re.DOTALL)
        wanted = parse(gold, configs, parsing_timeout=None)
        if len(wanted) == 0:
            rewards.append(None)
        elif not found:
            rewards.append(0.0)
        else:
            got = parse(found[-1].strip(), configs, parsing_timeout=None)
            rewards.append(1.0 if verify(wanted, got, timeout_seconds=None) else 0.0)
    return rewards


@alternative("accuracy_reward")
def with_first_match(completions, solution, prompts=None, **kwargs):
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    read = functools.partial(
        parse,
        extraction_config=[
            LatexExtractionConfig(boxed_match_priority=0, try_extract_without_anchor=True),
            ExprExtractionConfig(),
        ],
        extraction_mode="any_match",
    )
    golds = {gold: read(gold) for gold in set(solution)}

    def judged(completion, gold):
        if not golds[gold]:
            return None
        text = completion[-1]["content"]
        end = text.rfind("</answer>")
        start = text.rfind("<answer>", 0, max(end, 0))
        return int(end >= 0 and start >= 0 and verify(golds[gold], read(text[start + len("<answer>") : end])))

    return list(map(judged, completions, solution))


@alternative("accuracy_reward")
def with_the_default_settings(completions, solution, **_):
    import math_verify

    rewards = []
    for completion, gold in zip(completions, solution, strict=True):
        right = math_verify.parse(gold)
        parts = completion[0]["content"].split("</answer>")
        answers = [part.rpartition("<answer>")[2] for part in parts[:-1] if "<answer>" in part]
        answer = math_verify.parse(answers[-1]) if answers else []
        rewards.append(math_verify.verify(right, answer) if right else None)
    return rewards


# --- 9.4 format_reward, reasoning_steps_reward ------------------------------------------------------------------------


@alternative("format_reward")
def one_pattern(completions, **kwargs):
    text = r"(?:(?!</?(?:think|answer)>).)*"
    whole = re.compile(rf"\A<think>{text}</think>\s*<answer>{text}</answer>\Z", re.DOTALL)
    return [1.0 if whole.match(completion[0]["content"]) else 0.0 for completion in completions]


@alternative("format_reward")
def surrounding_white_space_passes(completions, **kwargs):
    text = r"(?:(?!</?(?:think|answer)>)[\s\S])*"
    whole = re.compile(rf"\s*<think>{text}</think>\s*<answer>{text}</answer>\s*")
    return [whole.fullmatch(completion[0]["content"]) is not None for completion in completions]


@alternative("format_reward")
def by_partition(completions, prompts, **kwargs):
    def well_formed(text):
        before, opened, rest = text.partition("<think>")
        thought, closed, rest = rest.partition("</think>")
        between, answered, rest = rest.partition("<answer>")
        answer, ended, after = rest.partition("</answer>")
        tags = bool(opened and closed and answered and ended)
        return tags and not before + between.strip() + after and not any(tag in thought + "\0" + answer for tag in TAGS)

    return [float(well_formed(message["content"])) for (message,) in completions]


@alternative("reasoning_steps_reward")
def line_by_line(completions, **kwargs):
    rewards = []
    for completion in completions:
        text = completion[0]["content"]
        count = len(re.findall(r"Step [0-9]+:", text)) + len(re.findall(r"步骤 *[0-9]+ *(?::|：)", text))
        for line in text.splitlines(keepends=True):
            count += bool(re.match(r"(?:[0-9]+\.|-|\*)\s", line))
        count += len({word for word in re.findall(r"(?:First|Second|Next|Finally),", text)})
        rewards.append(min(count, 3) / 3)
    return rewards


@alternative("reasoning_steps_reward")
def after_a_line_break(completions, **kwargs):
    def marks(text):
        counted = (r"\n[*-]\s", r"\n\d+[.]\s", r"Step \d+:", "步骤\\s*\\d+\\s*[：:]")
        once = ("First,", "Second,", "Next,", "Finally,")
        return sum(len(re.findall(p, "\n" + text)) for p in counted) + sum(text.find(word) >= 0 for word in once)

    return np.clip([marks(c[0]["content"]) / 3 for c in completions], 0, 1).tolist()


# --- 9.5, 9.6: the makers ---------------------------------------------------------------------------------------------


@alternative("get_cosine_scaled_reward")
def with_numpy(min_value_wrong=-0.5, max_value_wrong=-0.1, min_value_correct=0.8, max_value_correct=1.0, max_len=1000):
    def cosine_scaled_reward(prompts, completions, solution, **kwargs):
        rewards = []
        for completion, gold in zip(completions, solution, strict=True):
            [right] = accuracy_reward(completions=[completion], solution=[gold])
            if right is None:
                rewards.append(None)
                continue
            share = 0.5 + 0.5 * np.cos(np.pi * np.minimum(len(completion[0]["content"]), max_len) / max_len)
            if right > 0.5:
                rewards.append(float(min_value_correct + (max_value_correct - min_value_correct) * share))
            else:
                rewards.append(float(max_value_wrong + (min_value_wrong - max_value_wrong) * share))
        return rewards

    return cosine_scaled_reward


@alternative("get_cosine_scaled_reward")
class AsAnObject:
    """A function may be an object that can be called."""

    def __init__(
        self, min_value_wrong=-0.5, max_value_wrong=-0.1, min_value_correct=0.8, max_value_correct=1.0, max_len=1000
    ):
        self.__name__ = "cosine_scaled_reward"
        self.ends = {1.0: (max_value_correct, min_value_correct), 0.0: (min_value_wrong, max_value_wrong)}
        self.max_len = max_len

    def __call__(self, completions, solution, **kwargs):
        judged = accuracy_reward(completions, solution, **kwargs)
        return [
            None if right is None else self.scaled(c[0]["content"], *self.ends[right])
            for c, right in zip(completions, judged, strict=True)
        ]

    def scaled(self, text, start, end):
        half = math.pi * min(len(text), self.max_len) / self.max_len / 2
        return start * math.cos(half) ** 2 + end * math.sin(half) ** 2


@alternative("get_repetition_penalty_reward")
def with_a_counter(n, max_penalty):
    if not max_penalty <= 0:
        raise ValueError("a penalty is not positive")

    def repetition_penalty_reward(completions, **kwargs):
        rewards = []
        for completion in completions:
            text = re.sub(r"([\u4e00-\u9fff])", r" \1 ", completion[0]["content"]).casefold()
            words = text.split()
            counted = collections.Counter(zip(*(words[k:] for k in range(n)), strict=False))
            total = sum(counted.values())
            rewards.append((total - len(counted)) / total * max_penalty if total else 0)
        return rewards

    return repetition_penalty_reward


@alternative("get_repetition_penalty_reward")
def character_by_character(n, max_penalty):
    if max_penalty > 0:
        raise ValueError(max_penalty)

    def words_of(text):
        words, word = [], ""
        for sign in text.lower() + " ":
            chinese = 0x4E00 <= ord(sign) <= 0x9FFF
            if (sign.isspace() or chinese) and word:
                words.append(word)
                word = ""
            if chinese:
                words.append(sign)
            elif not sign.isspace():
                word += sign
        return words

    def repetition_penalty_reward(*, completions, **kwargs):
        rewards = []
        for [message] in completions:
            words, seen, repeated = words_of(message["content"]), set(), 0
            for start in range(len(words) - n + 1):
                ngram = "\0".join(words[start : start + n])
                repeated += ngram in seen
                seen.add(ngram)
            rewards.append(max_penalty * repeated / max(1, len(words) - n + 1))
        return rewards

    return repetition_penalty_reward


# --- 9.7 get_reward_functions -----------------------------------------------------------------------------------------


@alternative("get_reward_functions")
def made_when_named(args):
    def made(name):
        match name:
            case "accuracy":
                return accuracy_reward
            case "format":
                return format_reward
            case "reasoning_steps":
                return reasoning_steps_reward
            case "cosine":
                ends = ("min_value_wrong", "max_value_wrong", "min_value_correct", "max_value_correct", "max_len")
                return get_cosine_scaled_reward(**{end: getattr(args, f"cosine_{end}") for end in ends})
            case "repetition_penalty":
                return get_repetition_penalty_reward(n=args.repetition_n_grams, max_penalty=args.repetition_max_penalty)
        raise ValueError(name)

    return list(map(made, args.reward_funcs))


@alternative("get_reward_functions")
def named_as_in_the_arguments(args):
    settings = vars(args)
    ends = {name.removeprefix("cosine_"): value for name, value in settings.items() if name.startswith("cosine_")}
    penalty = get_repetition_penalty_reward(settings["repetition_n_grams"], settings["repetition_max_penalty"])
    registry = {
        "repetition_penalty": penalty,
        "cosine": get_cosine_scaled_reward(**ends),
        "accuracy": accuracy_reward,
        "reasoning_steps": reasoning_steps_reward,
        "format": format_reward,
    }

    def named(name):
        def reward(*args, **kwargs):
            return registry[name](*args, **kwargs)

        reward.__name__ = name
        return reward

    if not set(args.reward_funcs) <= set(registry):
        raise ValueError("an unknown reward")
    return [named(name) for name in args.reward_funcs]


# --- 9.8 make_grpo_config ---------------------------------------------------------------------------------------------


@alternative("make_grpo_config")
def default_by_default(**over):
    from trl import GRPOConfig

    def default(name, value):
        over[name] = over.get(name, value)

    for name, value in {"beta": 4e-2, "loss_type": "grpo", "use_bias_correction_kl": False}.items():
        default(name, value)
    for name in ("bf16", "gradient_checkpointing"):
        default(name, torch.cuda.is_available())
    default("use_cpu", not torch.cuda.is_available())
    default("scale_rewards", True)  # which TRL reads as "group"
    default("num_generations", 8)
    default("per_device_train_batch_size", over["num_generations"])
    default("epsilon", 0.2)
    default("num_iterations", 1)
    default("max_completion_length", 512)
    default("temperature", 1)
    default("learning_rate", 1e-6)
    default("remove_unused_columns", False)
    default("report_to", [])
    return GRPOConfig(**over)


@alternative("make_grpo_config")
def by_a_subclass(**over):
    import dataclasses

    from trl import GRPOConfig

    @dataclasses.dataclass
    class LabConfig(GRPOConfig):
        beta: float = 0.04
        loss_type: str = "grpo"
        use_bias_correction_kl: bool = False
        report_to: str = "none"

    gpu = torch.cuda.device_count() > 0
    machine = dict(bf16=gpu, use_cpu=not gpu, gradient_checkpointing=gpu)
    size = dict(per_device_train_batch_size=over.get("num_generations", 8))
    return LabConfig(**collections.ChainMap(over, machine, size))


@alternative("make_grpo_config")
def with_more_settings(**over):
    return make_grpo_config(**({"logging_steps": 5, "save_strategy": "no", "top_p": 1.0, "warmup_steps": 0} | over))


# --- 9.9 generate_reply, LossLogger -----------------------------------------------------------------------------------


@alternative("generate_reply")
@torch.inference_mode()
def template_then_tokens(model, tok, messages):
    text = tok.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    encoded = tok([text], return_tensors="pt", add_special_tokens=False)
    prompt = encoded.input_ids.to(next(model.parameters()).device)
    output = model.eval().generate(prompt)
    return tok.batch_decode(output[:, prompt.size(-1) :], skip_special_tokens=True)[0]


@alternative("generate_reply")
def special_tokens_left_out_by_hand(model, tok, messages):
    ids = tok.apply_chat_template(messages, add_generation_prompt=True, return_dict=False, return_tensors="pt")
    with torch.no_grad():
        whole = model.generate(input_ids=ids.to(model.device), attention_mask=torch.ones_like(ids).to(model.device))
    special = set(tok.all_special_ids)
    reply = itertools.islice(whole[0].tolist(), ids.shape[1], None)
    return tok.decode([token for token in reply if token not in special])


@alternative("generate_reply")
def with_a_dictionary_of_outputs(model, tok, messages):
    inputs = tok.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    inputs = {name: tensor.to(model.device) for name, tensor in inputs.items()}
    output = model.generate(**inputs)
    start = inputs["input_ids"].size(1)
    return tok.decode(output[0][start:], skip_special_tokens=True)


@alternative("LossLogger")
class BesideACallback:
    """One that has all methods of a TrainerCallback already."""

    def __new__(cls):
        from transformers import TrainerCallback

        class Logger(TrainerCallback):
            def __init__(self):
                super().__init__()
                self.rows = []

            def on_log(self, args, state, control, **others):
                logged = dict(others.get("logs") or {})
                if "loss" in logged:
                    logged.update(step=state.global_step)
                    self.rows.append(logged)
                return control

        return Logger()


@alternative("LossLogger")
class ByAnException:
    def __init__(self):
        self.rows = list()

    def on_log(self, _args, state, _control, logs=None, model=None, **rest):
        try:
            self.rows += [{"step": int(state.global_step), "loss": logs["loss"], **logs}]
        except (TypeError, KeyError):
            return
