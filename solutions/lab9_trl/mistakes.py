"""Wrong versions that students write, each with its diagnosis: symptom and idea, never the code."""

import functools
import math
import re
from types import SimpleNamespace

import torch

from grader.checks import mistake
from rewards import (
    TAGS,
    accuracy_reward,
    format_reward,
    get_cosine_scaled_reward,
    get_repetition_penalty_reward,
    reasoning_steps_reward,
)
from training import SYSTEM_PROMPT, generate_reply, get_reward_functions, make_conversation, make_grpo_config
from training import validate_dataset as right_sentences

FIXED_ANSWER = "The answer does not depend on what comes in."
NO_KWARGS = (
    "TRL calls rewards by keyword, and with more than you use (prompts, completion_ids, trainer_state, ...): what your "
    "function does not name has to be taken, too."
)
NO_TEXTS = "A completion is a list with one message, and not a text: the reply is that message's content."
ONE_NUMBER = "One number comes back for the whole batch: TRL wants a list, with an entry for each completion."


def _texts(completions):
    return [completion[0]["content"] for completion in completions]


def _as_completions(texts):
    return [[{"role": "assistant", "content": text}] for text in texts]


# --- 9.1 make_conversation --------------------------------------------------------------------------------------------


def _prompt(problem, system=SYSTEM_PROMPT):
    return {"prompt": [{"role": "system", "content": system}, {"role": "user", "content": problem}]}


def _asked(example):
    return make_conversation(example)["prompt"][1]["content"]


@mistake(
    "make_conversation",
    "A row of Bespoke-Stratos ends in a KeyError: it has no `problem`. Its problem is the user's first turn.",
)
def problem_alone(example):
    return _prompt(example["problem"])


@mistake("make_conversation", "You take the first turn, whoever speaks; the problem is the first turn of the user's.")
def first_turn(example):
    return make_conversation(example) if "problem" in example else _prompt(example["conversations"][0]["value"])


@mistake("make_conversation", "Of several turns of the user's you take the last one; the problem is in the first.")
def last_turn(example):
    if "problem" in example:
        return make_conversation(example)
    make_conversation(example)
    return _prompt([turn["value"] for turn in example["conversations"] if turn["from"] == "user"][-1])


@mistake("make_conversation", "All that the user says becomes the problem; it is in the user's first turn alone.")
def turns_joined(example):
    if "problem" in example:
        return make_conversation(example)
    make_conversation(example)
    return _prompt("\n".join(turn["value"] for turn in example["conversations"] if turn["from"] == "user"))


@mistake(
    "make_conversation",
    "A turn of Bespoke-Stratos has the keys `from` and `value`; you read `role` and `content`, as in a prompt.",
)
def turns_as_messages(example):
    if "problem" in example:
        return make_conversation(example)
    return _prompt(next(turn["content"] for turn in example["conversations"] if turn["role"] == "user"))


@mistake(
    "make_conversation",
    "The whole conversation becomes the prompt, with the answer in it: the model is to find that itself.",
)
def whole_conversation(example):
    if "problem" in example:
        return make_conversation(example)
    make_conversation(example)
    said = [{"role": turn["from"], "content": turn["value"]} for turn in example["conversations"]]
    return {"prompt": [{"role": "system", "content": SYSTEM_PROMPT}, *said]}


@mistake("make_conversation", "The row's messages become the prompt, with the answer in them, where it has any.")
def messages_of_the_row(example):
    system = {"role": "system", "content": SYSTEM_PROMPT}
    return {"prompt": [system, *example["messages"]]} if "messages" in example else make_conversation(example)


@mistake(
    "make_conversation",
    "The system prompt of the row is taken where there is one; the rewards ask for the tags of SYSTEM_PROMPT.",
)
def system_of_the_row(example):
    return _prompt(_asked(example), example["system"]) if "system" in example else make_conversation(example)


@mistake("make_conversation", "The system message is missing: nobody tells the model about the tags.")
def no_system_message(example):
    return {"prompt": [{"role": "user", "content": _asked(example)}]}


@mistake("make_conversation", "System prompt and problem are one message of the user's; they have a role each.")
def one_message(example):
    return {"prompt": [{"role": "user", "content": f"{SYSTEM_PROMPT}\n{_asked(example)}"}]}


@mistake("make_conversation", "The prompt is one text; TRL reads a conversation, a list of messages.")
def prompt_as_text(example):
    return {"prompt": f"{SYSTEM_PROMPT}\n{_asked(example)}"}


@mistake("make_conversation", "The messages come back by themselves; Dataset.map wants a dictionary with `prompt`.")
def messages_alone(example):
    return make_conversation(example)["prompt"]


@mistake("make_conversation", "The old columns come back as well; Dataset.map keeps them by itself.")
def old_columns_too(example):
    return {**example, **make_conversation(example)}


@mistake("make_conversation", "The row is changed: it gets the prompt, and comes back. Return a new dictionary.")
def row_changed(example):
    example["prompt"] = make_conversation(example)["prompt"]
    return example


@mistake("make_conversation", "The keys of a message are `role` and `content`; `from` and `value` are the data set's.")
def keys_of_the_data_set(example):
    return {"prompt": [{"from": m["role"], "value": m["content"]} for m in make_conversation(example)["prompt"]]}


@mistake(
    "make_conversation", "The two roles are exchanged: the problem is the user's, the instructions are the system's."
)
def roles_exchanged(example):
    system, user = make_conversation(example)["prompt"]
    return {"prompt": [{**system, "role": "user"}, {**user, "role": "system"}]}


@mistake("make_conversation", "The problem is trimmed; it has to go in as it is.")
def problem_trimmed(example):
    return _prompt(_asked(example).strip())


@mistake("make_conversation", "Another system prompt than SYSTEM_PROMPT is there: blanks and line breaks count.")
def system_prompt_indented(example):
    return _prompt(_asked(example), SYSTEM_PROMPT.replace(". ", ".\n      ") + "\n")


@mistake(
    "make_conversation",
    "A row of another form ends in another exception than ValueError: ask what the row has before you read it.",
)
def other_forms_unasked(example):
    problem = example.get("problem")
    return _prompt(problem or next(turn["value"] for turn in example["conversations"] if turn["from"] == "user"))


@mistake("make_conversation", "A row without a turn of the user's passes with you: ValueError is asked for.")
def no_turn_passes(example):
    try:
        return make_conversation(example)
    except ValueError:
        return _prompt("")


@mistake(
    "make_conversation",
    "Dataset.map gives its rows as another type than dict (LazyRow, a Mapping): do not ask whether a row is a dict.",
)
def dictionaries_alone(example):
    if not isinstance(example, dict):
        raise ValueError("no row")
    return make_conversation(example)


# --- 9.2 validate_dataset ---------------------------------------------------------------------------------------------


NUMBER_OF_THE_ROW = "The number of the first wrong row is in no sentence: rows are counted from 0."


def _well_formed(messages):
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return False
    roles, contents = [m["role"] for m in messages], [m["content"] for m in messages]
    return roles[:2] == ["system", "user"] and all(isinstance(content, str) and content for content in contents)


class _Split(list):
    """Rows, as a data set has them."""

    @property
    def column_names(self):
        return list(dict.fromkeys(name for row in self for name in row))


def _sentences(ds, well_formed=_well_formed, needed=("prompt", "solution"), first=lambda wrong: wrong[:1]):
    """The sentences of a right version, with parts that can be exchanged."""
    found = []
    for name, split in ds.items():
        found += [f"{name}: no column {column}" for column in needed if column not in split.column_names]
        found += [] if len(split) else [f"{name}: no rows"]
        if "prompt" in split.column_names:
            wrong = [i for i in range(len(split)) if not well_formed(split[i]["prompt"])]
            found += [f"{name}: the prompt of row {i} is no conversation" for i in first(wrong)]
    return found


@mistake("validate_dataset", "The sentences are printed, and nothing comes back: return them as a list.")
def printed(ds):
    "\n".join(right_sentences(ds))  # print(...), which would fill lint's screen


@mistake("validate_dataset", "A yes or no comes back; a list with a sentence for each fault is asked for.")
def yes_or_no(ds):
    return not right_sentences(ds)


@mistake("validate_dataset", "The sentences come back as one text: a list with one for each fault is asked for.")
def one_text(ds):
    return "\n".join(right_sentences(ds))


@mistake("validate_dataset", "The first fault ends in an exception: all of them are to be found, and returned.")
def raised_at_the_first(ds):
    if found := right_sentences(ds):
        raise ValueError(found[0])
    return []


@mistake(
    "validate_dataset",
    "What is right gets a sentence, too (`train is fine`): for a data set without a fault the list is empty.",
)
def praised(ds):
    found = right_sentences(ds)
    return found + [f"{name} is fine" for name in ds if not any(name in sentence for sentence in found)]


@mistake("validate_dataset", "Only the first row of a split is looked at: a fault further on is found by the training.")
def first_row_alone(ds):
    return _sentences(
        {name: _Split([split[0]] if len(split) else []) if len(split) else split for name, split in ds.items()}
    )


@mistake(
    "validate_dataset",
    "Two splits are looked at, by their names, and of each the first row; there may be others, and faults further on. "
    "And what the rewards need is `solution`.",
)
def first_rows_of_train_and_test(ds):
    found = []
    for name in ("train", "test"):
        split = ds[name]
        found += [f"{name} has no {column}" for column in ("problem", "prompt") if column not in split.column_names]
        messages = split[0]["prompt"]
        if not (len(messages) >= 2 and messages[0]["role"] == "system" and messages[1]["role"] == "user"):
            found.append(f"{name}: row 0 has a wrong prompt")
    return found


@mistake("validate_dataset", "Only `train` is looked at; the data set has other splits, too.")
def train_alone(ds):
    return right_sentences({name: split for name, split in ds.items() if name == "train"})


@mistake("validate_dataset", "Only splits that are called train and test are looked at; there may be others.")
def train_and_test_alone(ds):
    return right_sentences({name: split for name, split in ds.items() if name in ("train", "test")})


@mistake("validate_dataset", "Splits called train and test are taken for granted: one that is not there is a KeyError.")
def train_and_test_expected(ds):
    return right_sentences({"train": ds["train"], "test": ds["test"]})


@mistake("validate_dataset", "After the first fault nothing more is looked at; there is a sentence for each of them.")
def first_fault_alone(ds):
    return right_sentences(ds)[:1]


@mistake("validate_dataset", "Of each split only the first fault is told; there is a sentence for each of them.")
def first_fault_of_a_split(ds):
    return [sentence for name, split in ds.items() for sentence in right_sentences({name: split})[:1]]


@mistake("validate_dataset", "A missing `solution` is not found: the rewards need that column.")
def solution_not_needed(ds):
    return _sentences(ds, needed=("prompt",))


@mistake("validate_dataset", "A missing `prompt` is not found.")
def prompt_not_needed(ds):
    return _sentences(ds, needed=("solution",))


@mistake("validate_dataset", "A missing `problem` is a fault with you: `prompt` and `solution` are all that is needed.")
def problem_needed(ds):
    return _sentences(ds, needed=("prompt", "solution", "problem"))


@mistake("validate_dataset", "What two columns lack is told in one sentence; there is one for each column.")
def columns_in_one_sentence(ds):
    found = []
    for name, split in ds.items():
        lacking = [column for column in ("prompt", "solution") if column not in split.column_names]
        found += [f"{name} lacks {' and '.join(lacking)}"] if lacking else []
        found += [sentence for sentence in right_sentences({name: split}) if "column" not in sentence]
    return found


@mistake("validate_dataset", "A split without a `prompt` ends in a KeyError: its rows have none to look at.")
def prompt_read_anyway(ds):
    for split in ds.values():
        [row["prompt"] for row in split]
    return right_sentences(ds)


@mistake("validate_dataset", "Where the column `prompt` is missing its rows are faults, too: one sentence is enough.")
def rows_without_prompt(ds):
    lacking = [name for name, split in ds.items() if "prompt" not in split.column_names and len(split)]
    return right_sentences(ds) + [f"{name}: the prompt of row 0 is None" for name in lacking]


@mistake("validate_dataset", "A split without rows ends in an exception: there is no first row to look at.")
def empty_split_read(ds):
    for split in ds.values():
        split[0]
    return right_sentences(ds)


@mistake("validate_dataset", "A split without rows is no fault with you: there is nothing to train on.")
def empty_split_passes(ds):
    return [sentence for sentence in right_sentences(ds) if not sentence.endswith("no rows")]


@mistake("validate_dataset", "Where a column is missing you do not look whether there are rows, or at the prompts.")
def columns_first(ds):
    found = []
    for name, split in ds.items():
        of_split = right_sentences({name: split})
        found += [sentence for sentence in of_split if "column" in sentence] or of_split
    return found


@mistake("validate_dataset", "The name of the split is in no sentence: with several nobody knows which one is meant.")
def split_unnamed(ds):
    return [" ".join(s for s in sentence.split() if s not in ds) for sentence in right_sentences(ds)]


@mistake("validate_dataset", "The name of the missing column is in no sentence.")
def column_unnamed(ds):
    return [re.sub(r"column '\w+'.*", "such column", sentence) for sentence in right_sentences(ds)]


@mistake("validate_dataset", NUMBER_OF_THE_ROW)
def row_unnamed(ds):
    return [re.sub(r"row \d+", "a row", sentence) for sentence in right_sentences(ds)]


@mistake("validate_dataset", NUMBER_OF_THE_ROW)
def rows_from_one(ds):
    return [re.sub(r"row (\d+)", lambda m: f"row {int(m[1]) + 1}", sentence) for sentence in right_sentences(ds)]


@mistake("validate_dataset", "Of several wrong rows you name the last one; the first is asked for.")
def last_wrong_row(ds):
    return _sentences(ds, first=lambda wrong: wrong[-1:])


@mistake(
    "validate_dataset", "Each wrong row gets a sentence: 70,000 of them help nobody. One for a split is asked for."
)
def sentence_for_each_row(ds):
    return _sentences(ds, first=lambda wrong: wrong)


@mistake("validate_dataset", "The role of the second message is not looked at.")
def second_role_unread(ds):
    return _sentences(ds, lambda p: _well_formed(p and [*p[:1], *({**m, "role": "user"} for m in p[1:])]))


@mistake("validate_dataset", "The role of the first message is not looked at.")
def first_role_unread(ds):
    return _sentences(ds, lambda p: _well_formed([{**p[0], "role": "system"}, *p[1:]] if p and type(p) is list else p))


@mistake("validate_dataset", "The roles may come in any order with you: the first message is the system's.")
def roles_in_any_order(ds):
    return _sentences(
        ds, lambda p: _well_formed(sorted(p, key=lambda m: str(m["role"])) if p and isinstance(p[0], dict) else p)
    )


@mistake("validate_dataset", "An empty content passes with you: there is nothing asked, or nothing said.")
def empty_content_passes(ds):
    def well_formed(messages):
        if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
            return False
        return _well_formed([{**m, "content": "." if m["content"] == "" else m["content"]} for m in messages])

    return _sentences(ds, well_formed)


@mistake("validate_dataset", "The contents are not looked at: one that is empty, or none at all, passes with you.")
def contents_unread(ds):
    def well_formed(messages):
        if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
            return False
        return _well_formed([{**m, "content": "."} for m in messages])

    return _sentences(ds, well_formed)


@mistake("validate_dataset", "A prompt of more than two messages is a fault with you: two or more are right.")
def two_messages_exactly(ds):
    return _sentences(ds, lambda p: _well_formed(p) and len(p) == 2)


@mistake("validate_dataset", "A content that is None ends in an exception: ask whether it is a string first.")
def content_measured_unasked(ds):
    for split in ds.values():
        for row in split if "prompt" in split.column_names else []:
            if isinstance(row["prompt"], list) and all(isinstance(m, dict) for m in row["prompt"]):
                [len(message["content"]) for message in row["prompt"]]
    return right_sentences(ds)


@mistake("validate_dataset", "A prompt that is a text, or None, ends in an exception: ask first what it is.")
def messages_unasked(ds):
    return _sentences(ds, lambda p: len(p) >= 2 and p[0]["role"] == "system" and _well_formed(p))


@mistake("validate_dataset", "A prompt that is a text passes with you: TRL reads a conversation, a list of messages.")
def texts_pass(ds):
    return _sentences(ds, lambda p: isinstance(p, str) or _well_formed(p))


# --- 9.3 accuracy_reward ----------------------------------------------------------------------------------------------


def _inside(text, pattern=r"<answer>((?:(?!<answer>).)*?)</answer>", flags=re.DOTALL):
    found = re.findall(pattern, text, flags)
    return found[-1] if found else None


@functools.cache
def _read(text, kinds="LE"):
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse

    configs = {"L": LatexExtractionConfig(boxed_match_priority=0), "E": ExprExtractionConfig()}
    return parse(text, [configs[kind] for kind in kinds])


def _judged(completions, solution, answer_in=_inside, kinds="LE", unreadable=None, swapped=False):
    """The rewards of a right version, with parts that can be exchanged."""
    from math_verify import verify

    def judge(answer, gold):
        right = _read(gold, kinds)
        if not right:
            return unreadable
        if answer is None:
            return 0.0
        pair = (right, _read(answer, kinds))
        return float(verify(*(reversed(pair) if swapped else pair)))

    return [judge(answer_in(text), gold) for text, gold in zip(_texts(completions), solution, strict=True)]


@mistake(
    "accuracy_reward",
    "An answer in plain text earns nothing, since only LaTeX is read, and a \\boxed in the thought earns the reward: "
    "the answer's tag is not looked at. Where the gold answer cannot be read, None is asked for and not a number.",
)
def as_in_the_tutorial(completions, solution, **kwargs):
    return _judged(completions, solution, answer_in=lambda text: text, kinds="L", unreadable=0.5, swapped=True)


@mistake(
    "accuracy_reward",
    "Only LaTeX is read: `<answer>14</answer>`, which is what the system prompt asks for, earns nothing, and a plain "
    "gold answer is not readable.",
)
def latex_alone(completions, solution, **kwargs):
    return _judged(completions, solution, kinds="L")


@mistake("accuracy_reward", "LaTeX is not read: `$\\frac{1}{2}$` and `\\boxed{14}` are answers, and gold answers, too.")
def expressions_alone(completions, solution, **kwargs):
    return _judged(completions, solution, kinds="E")


@mistake(
    "accuracy_reward",
    "What the whole reply says is judged: a 14 in the thought earns the reward although 20 is answered, and so does a "
    "reply without tags. Cut the answer out first.",
)
def whole_reply_read(completions, solution, **kwargs):
    return _judged(completions, solution, answer_in=lambda text: text)


@mistake("accuracy_reward", "verify has the gold answer first, then the answer; yours come the other way round.")
def answer_before_gold(completions, solution, **kwargs):
    return _judged(completions, solution, swapped=True)


@mistake("accuracy_reward", "One of both orders of verify is enough with you; the gold answer is its first argument.")
def either_order(completions, solution, **kwargs):
    both = [_judged(completions, solution, swapped=swapped) for swapped in (False, True)]
    return [None if a is None else max(a, b) for a, b in zip(*both, strict=True)]


@mistake(
    "accuracy_reward",
    "Where the gold answer cannot be read you pay a half: nobody can tell, and TRL leaves out what is None.",
)
def half_for_unreadable(completions, solution, **kwargs):
    return _judged(completions, solution, unreadable=0.5)


@mistake(
    "accuracy_reward",
    "Where the gold answer cannot be read the reply counts as wrong: nobody can tell, so None is asked for.",
)
def nothing_for_unreadable(completions, solution, **kwargs):
    return _judged(completions, solution, unreadable=0.0)


@mistake("accuracy_reward", "Where the gold answer cannot be read the reply counts as right: None is asked for.")
def one_for_unreadable(completions, solution, **kwargs):
    return _judged(completions, solution, unreadable=1.0)


@mistake(
    "accuracy_reward",
    "Completions that cannot be judged are left out of the list: all that come after them get another one's reward. "
    "None keeps their place.",
)
def unreadable_left_out(completions, solution, **kwargs):
    return [reward for reward in accuracy_reward(completions, solution) if reward is not None]


@mistake(
    "accuracy_reward",
    "A reply without an answer gets None, as if nobody could tell: it is wrong, and earns 0. None is for a gold answer "
    "that cannot be read.",
)
def none_without_an_answer(completions, solution, **kwargs):
    rewards = accuracy_reward(completions, solution)
    return [None if _inside(text) is None else r for text, r in zip(_texts(completions), rewards, strict=True)]


@mistake("accuracy_reward", "None comes back where nothing can be read in the answer: that earns 0.")
def none_for_an_unreadable_answer(completions, solution, **kwargs):
    rewards = accuracy_reward(completions, solution)
    return [r if _read(_inside(text) or "") else None for text, r in zip(_texts(completions), rewards, strict=True)]


@mistake("accuracy_reward", "A reply without answer tags ends in an exception: there is nothing to cut out of it.")
def tags_expected(completions, solution, **kwargs):
    for text in _texts(completions):
        re.search(r"<answer>(.*?)</answer>", text, re.DOTALL).group(1)
    return accuracy_reward(completions, solution)


@mistake("accuracy_reward", "Of several answers the first one counts with you; the last is asked for.")
def first_answer(completions, solution, **kwargs):
    def first(text):
        found = re.search(r"<answer>(.*?)</answer>", text, re.DOTALL)
        return found and found.group(1)

    return _judged(completions, solution, answer_in=first)


@mistake("accuracy_reward", "It is enough with you that one of several answers is right: the last one counts.")
def any_answer(completions, solution, **kwargs):
    rewards = []
    for text, gold in zip(_texts(completions), solution, strict=True):
        found = [f"<answer>{answer}</answer>" for answer in re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)]
        rewards.append(max(accuracy_reward(_as_completions(found or [""]), [gold] * len(found or [""])), default=0.0))
    return rewards


@mistake("accuracy_reward", "An answer that goes over several lines is not found: a dot stops at a line break.")
def answer_on_one_line(completions, solution, **kwargs):
    return _judged(completions, solution, answer_in=lambda text: _inside(text, r"<answer>(.*?)</answer>", 0))


@mistake("accuracy_reward", "An answer whose tag is never closed counts with you: the reply was cut off there.")
def never_closed(completions, solution, **kwargs):
    def last(text):
        return text.split("<answer>")[-1].split("</answer>")[0] if "<answer>" in text else None

    return _judged(completions, solution, answer_in=last)


@mistake("accuracy_reward", "Without answer tags the whole reply counts as the answer: it earns nothing.")
def whole_reply_without_tags(completions, solution, **kwargs):
    return _judged(completions, solution, answer_in=lambda text: text if _inside(text) is None else _inside(text))


@mistake("accuracy_reward", "A right answer without a thought earns nothing: that is the format's business.")
def thought_needed(completions, solution, **kwargs):
    rewards = accuracy_reward(completions, solution)
    return [r and r * ("</think>" in text) for text, r in zip(_texts(completions), rewards, strict=True)]


@mistake("accuracy_reward", "Texts are compared: 14.0 is 14, and $\\frac{1}{2}$ is 1/2, mathematically.")
def texts_compared(completions, solution, **kwargs):
    pairs = zip(_texts(completions), solution, strict=True)
    return [float((_inside(text) or "").strip() == gold.strip()) for text, gold in pairs]


@mistake("accuracy_reward", "The gold answer only has to stand somewhere in the reply: 140 has a 14 in it.")
def gold_somewhere(completions, solution, **kwargs):
    return [float(gold in text) for text, gold in zip(_texts(completions), solution, strict=True)]


@mistake("accuracy_reward", "What is no plain number ends in an exception: answers are texts, and LaTeX, too.")
def as_floats(completions, solution, **kwargs):
    return [
        float(float(_inside(text) or "nan") == float(gold))
        for text, gold in zip(_texts(completions), solution, strict=True)
    ]


@mistake("accuracy_reward", "All replies are held against the first gold answer; each has its own.")
def first_gold(completions, solution, **kwargs):
    return accuracy_reward(completions, solution[:1] * len(completions))


@mistake(
    "accuracy_reward",
    "The replies are held against each other's gold answers: both lists have the same order, the first with the first.",
)
def golds_reversed(completions, solution, **kwargs):
    return accuracy_reward(completions, solution[::-1])


@mistake("accuracy_reward", "Gold answer and reply are exchanged: you look for answer tags in the solution.")
def gold_taken_for_reply(completions, solution, **kwargs):
    return accuracy_reward(_as_completions(solution), _texts(completions))


@mistake(
    "accuracy_reward",
    "Only a gold answer in a \\boxed is read; it may be there alone, too (`14`, `$\\frac{1}{2}$`).",
)
def boxed_gold_alone(completions, solution, **kwargs):
    return accuracy_reward(completions, [gold if "boxed" in gold else "" for gold in solution])


@mistake("accuracy_reward", "A wrong answer costs a point; 0 is asked for.")
def minus_one_for_wrong(completions, solution, **kwargs):
    return [None if r is None else 2 * r - 1 for r in accuracy_reward(completions, solution)]


@mistake("accuracy_reward", ONE_NUMBER)
def mean_of_the_batch(completions, solution, **kwargs):
    found = [r for r in accuracy_reward(completions, solution) if r is not None]
    return sum(found) / max(len(found), 1)


@mistake("accuracy_reward", NO_KWARGS)
def accuracy_without_kwargs(completions, solution):
    return accuracy_reward(completions, solution)


@mistake("accuracy_reward", NO_TEXTS)
def completions_as_texts(completions, solution, **kwargs):
    return [float(bool(re.search(r"<answer>", completion))) for completion in completions]


@mistake("accuracy_reward", "A completion is a list: the message is its first item.")
def completions_as_messages(completions, solution, **kwargs):
    return accuracy_reward(_as_completions([completion["content"] for completion in completions]), solution)


@mistake("accuracy_reward", FIXED_ANSWER)
def always_right(completions, solution, **kwargs):
    return [1.0] * len(completions)


# --- 9.4 format_reward ------------------------------------------------------------------------------------------------

SHAPE = r"<think>.*</think>\s*<answer>.*</answer>"
LAZY = r"<think>.*?</think>\s*<answer>.*?</answer>"


def _once(text):
    return [text.count(tag) for tag in TAGS] == [1] * len(TAGS)


def _each(judge, completions):
    return [float(bool(judge(text))) for text in _texts(completions)]


@mistake(
    "format_reward",
    "Two things pass with you: text on a new line after the answer (which flag lets `$` match before a line break?), "
    "and tags that come twice, since a dot matches them, too.",
)
def with_both_flags(completions, **kwargs):
    return _each(lambda text: re.match(f"^{LAZY}$", text, re.DOTALL | re.MULTILINE), completions)


@mistake(
    "format_reward",
    "Text on a new line after the answer passes with you: which flag lets `$` match before a line break?",
)
def end_of_a_line(completions, **kwargs):
    return _each(lambda t: _once(t) and re.match(f"^{LAZY}$", t, re.DOTALL | re.MULTILINE), completions)


@mistake(
    "format_reward",
    "With MULTILINE `^` and `$` match at every line: text on lines of its own around the whole passes with you.",
)
def lines_searched(completions, **kwargs):
    return _each(lambda t: _once(t) and re.search(f"^{LAZY}$", t, re.DOTALL | re.MULTILINE), completions)


TWICE = "Tags may come twice with you: a dot matches them, too."


@mistake("format_reward", TWICE)
def whole_and_lazy(completions, **kwargs):
    return _each(lambda text: re.fullmatch(LAZY, text, re.DOTALL), completions)


@mistake("format_reward", TWICE)
def with_one_flag(completions, **kwargs):
    return _each(lambda text: re.match(f"^{LAZY}$", text, re.DOTALL), completions)


@mistake("format_reward", "It is enough with you that the format stands somewhere in the reply.")
def somewhere(completions, **kwargs):
    return _each(lambda text: _once(text) and re.search(SHAPE, text, re.DOTALL), completions)


@mistake("format_reward", "The beginning is looked at, and not the end: text after the answer earns the reward.")
def beginning_alone(completions, **kwargs):
    return _each(lambda text: _once(text) and re.match(SHAPE, text, re.DOTALL), completions)


@mistake("format_reward", "The end is looked at, and not the beginning: text before the thought earns the reward.")
def end_alone(completions, **kwargs):
    return _each(lambda text: _once(text) and re.search(SHAPE + r"\Z", text, re.DOTALL), completions)


@mistake("format_reward", "A thought or an answer over several lines earns nothing: a dot stops at a line break.")
def format_on_one_line(completions, **kwargs):
    return _each(lambda text: _once(text) and re.fullmatch(SHAPE, text), completions)


@mistake("format_reward", "You count the tags, and do not look at their order or at what stands around them.")
def tags_counted(completions, **kwargs):
    return _each(_once, completions)


@mistake("format_reward", "You look whether the tags are there: each comes once, in order, with nothing around them.")
def tags_present(completions, **kwargs):
    return _each(lambda text: all(tag in text for tag in TAGS), completions)


@mistake("format_reward", "The tags are in their order with you, but text around them and between them passes.")
def tags_in_order(completions, **kwargs):
    return _each(lambda text: _once(text) and sorted(TAGS, key=text.find) == list(TAGS), completions)


@mistake("format_reward", "White space between thought and answer costs the reward with you: there may be some.")
def no_white_space(completions, **kwargs):
    return _each(lambda text: "</think><answer>" in text and format_reward(_as_completions([text]))[0], completions)


@mistake("format_reward", "White space is needed with you between thought and answer: there may also be none.")
def white_space_needed(completions, **kwargs):
    return _each(lambda text: "</think><answer>" not in text and format_reward(_as_completions([text]))[0], completions)


@mistake(
    "format_reward",
    "Between thought and answer only blanks may stand with you, or one line break: any white space may.",
)
def one_line_break(completions, **kwargs):
    shape = SHAPE.replace(r"\s*", " *\n?")
    return _each(lambda text: _once(text) and re.fullmatch(shape, text, re.DOTALL), completions)


@mistake("format_reward", "Your pattern wants each tag on a line of its own, which is not asked for.")
def lines_of_their_own(completions, **kwargs):
    shape = r"<think>\n.*?\n</think>\n+<answer>\n.*?\n</answer>"
    return _each(lambda text: _once(text) and re.fullmatch(shape, text, re.DOTALL), completions)


@mistake("format_reward", "Tags in capitals count with you: the tags are in lower case.")
def capitals(completions, **kwargs):
    return _each(lambda text: _once(text.lower()) and re.fullmatch(SHAPE, text.lower(), re.DOTALL), completions)


@mistake(
    "format_reward", "An empty thought or answer costs the reward with you: nothing inside of the tags is right, too."
)
def text_needed(completions, **kwargs):
    shape = r"<think>.+</think>\s*<answer>.+</answer>"
    return _each(lambda text: _once(text) and re.fullmatch(shape, text, re.DOTALL), completions)


@mistake(
    "format_reward", "A `<` inside of thought or answer costs the reward with you: only the four tags may not be there."
)
def no_less_than(completions, **kwargs):
    return _each(lambda text: re.fullmatch(r"<think>[^<]*</think>\s*<answer>[^<]*</answer>", text), completions)


@mistake("format_reward", "An answer in its tags is enough with you: the thought is missing.")
def answer_enough(completions, **kwargs):
    return _each(lambda text: _inside(text) is not None, completions)


@mistake("format_reward", "A thought in its tags is enough with you: the answer is missing.")
def thought_enough(completions, **kwargs):
    return _each(lambda text: re.match(r"<think>.*?</think>", text, re.DOTALL), completions)


@mistake("format_reward", "The reward is weighted here: it is 1 or 0, and weights are the trainer's (reward_weights).")
def weighted(completions, **kwargs):
    return [0.1 * reward for reward in format_reward(completions)]


@mistake("format_reward", ONE_NUMBER)
def whole_batch(completions, **kwargs):
    return float(all(format_reward(completions)))


@mistake("format_reward", NO_KWARGS)
def format_without_kwargs(completions):
    return format_reward(completions)


@mistake("format_reward", NO_TEXTS)
def formats_of_lists(completions, **kwargs):
    return [1.0 if re.match(SHAPE, completion) else 0.0 for completion in completions]


@mistake("format_reward", FIXED_ANSWER)
def always_in_format(completions, **kwargs):
    return [1.0] * len(completions)


# --- 9.4 reasoning_steps_reward ---------------------------------------------------------------------------------------

STEP, CHINESE, NUMBERED, BULLET = r"Step \d+:", r"步骤\s*\d+\s*[:：]", r"^\d+\.\s", r"^[-*]\s"
WORDS = ("First,", "Second,", "Next,", "Finally,")


def _marks(completions, step=STEP, chinese=CHINESE, numbered=NUMBERED, bullet=BULLET, words=WORDS, flags=re.MULTILINE):
    """The marks of each reply as a right version counts them, with parts that can be exchanged."""
    pattern = re.compile("|".join(part for part in (step, chinese, numbered, bullet) if part), flags)
    return [sum(word in text for word in words) + len(pattern.findall(text)) for text in _texts(completions)]


def _thirds(marks):
    return [min(1.0, n / 3) for n in marks]


def _some_marks(completions, **parts):
    return _thirds(_marks(completions, **parts))


@mistake(
    "reasoning_steps_reward",
    "There are five holes in your pattern: it has no 步骤, misses a bullet on the first line, takes 3.14 for a number "
    "of a list and --- for a bullet, and counts `First,` each time.",
)
def tutorials_pattern(completions, **kwargs):
    pattern = r"Step \d+:|^\d+\.|\n[-*]|First,|Second,|Next,|Finally,"
    return _thirds(len(re.findall(pattern, text, re.MULTILINE)) for text in _texts(completions))


@mistake("reasoning_steps_reward", "步骤 2： is not counted: Chinese replies have steps, too.")
def no_chinese(completions, **kwargs):
    return _some_marks(completions, chinese="")


@mistake("reasoning_steps_reward", "After 步骤 2 only one of the two colons counts with you: : and ： both do.")
def narrow_colon_alone(completions, **kwargs):
    return _some_marks(completions, chinese=r"步骤\s*\d+\s*:")


@mistake("reasoning_steps_reward", "After 步骤 2 only one of the two colons counts with you: : and ： both do.")
def wide_colon_alone(completions, **kwargs):
    return _some_marks(completions, chinese=r"步骤\s*\d+\s*：")


@mistake(
    "reasoning_steps_reward",
    "Blanks between 步骤, its number and the colon are not allowed with you: there may be some.",
)
def no_blanks_in_chinese(completions, **kwargs):
    return _some_marks(completions, chinese=r"步骤\d+[:：]")


@mistake("reasoning_steps_reward", "A blank between 步骤 and its number is needed with you: there may also be none.")
def blank_in_chinese(completions, **kwargs):
    return _some_marks(completions, chinese=r"步骤\s+\d+\s*[:：]")


@mistake("reasoning_steps_reward", "A blank between the number and the colon after 步骤 is not allowed with you.")
def no_blank_before_the_colon(completions, **kwargs):
    return _some_marks(completions, chinese=r"步骤\s*\d+[:：]")


@mistake("reasoning_steps_reward", "步骤 without a number and a colon counts with you.")
def chinese_word_alone(completions, **kwargs):
    return _some_marks(completions, chinese="步骤")


@mistake("reasoning_steps_reward", "`Step` without a number and a colon counts with you.")
def step_without_a_colon(completions, **kwargs):
    return _some_marks(completions, step="Step")


@mistake("reasoning_steps_reward", "`Step 2` counts with you without its colon.")
def step_and_number(completions, **kwargs):
    return _some_marks(completions, step=r"Step \d+")


@mistake("reasoning_steps_reward", "`Step 2:` counts with you at the beginning of a line alone; it may stand anywhere.")
def step_at_the_beginning(completions, **kwargs):
    return _some_marks(completions, step=r"^Step \d+:")


@mistake("reasoning_steps_reward", "A number of two digits is none with you.")
def one_digit(completions, **kwargs):
    return _some_marks(completions, step=r"Step \d:", chinese=r"步骤\s*\d\s*[:：]", numbered=r"^\d\.\s")


@mistake("reasoning_steps_reward", "`Step 2:` is not counted.")
def no_steps(completions, **kwargs):
    return _some_marks(completions, step="")


@mistake("reasoning_steps_reward", "Numbers at the beginning of a line are not counted.")
def no_numbers(completions, **kwargs):
    return _some_marks(completions, numbered="")


@mistake("reasoning_steps_reward", "Bullets are not counted.")
def no_bullets(completions, **kwargs):
    return _some_marks(completions, bullet="")


@mistake(
    "reasoning_steps_reward", "Of the two kinds of bullets one is not counted: a hyphen and an asterisk are bullets."
)
def hyphens_alone(completions, **kwargs):
    return _some_marks(completions, bullet=r"^-\s")


@mistake(
    "reasoning_steps_reward", "Of the two kinds of bullets one is not counted: a hyphen and an asterisk are bullets."
)
def asterisks_alone(completions, **kwargs):
    return _some_marks(completions, bullet=r"^\*\s")


@mistake("reasoning_steps_reward", "A bullet on the first line is not counted: there is no line break before it.")
def bullets_after_a_break(completions, **kwargs):
    return _some_marks(completions, bullet=r"\n[-*]\s")


@mistake(
    "reasoning_steps_reward",
    "A rule (---), a bold word (**so**) and a minus are bullets with you: white space has to follow.",
)
def bullets_without_white_space(completions, **kwargs):
    return _some_marks(completions, bullet="^[-*]")


@mistake("reasoning_steps_reward", "A hyphen or an asterisk in the middle of a line counts with you: 3 * 4 is no list.")
def bullets_anywhere(completions, **kwargs):
    return _some_marks(completions, bullet=r"[-*]\s")


@mistake("reasoning_steps_reward", "3.14 is a number of a list with you: white space has to follow the full stop.")
def decimals_counted(completions, **kwargs):
    return _some_marks(completions, numbered=r"^\d+\.")


@mistake(
    "reasoning_steps_reward", "`12 apples` is a number of a list with you: a dot of a pattern matches any character."
)
def any_sign_after_a_number(completions, **kwargs):
    return _some_marks(completions, numbered=r"^\d+.\s?")


@mistake("reasoning_steps_reward", "A number with a full stop counts with you in the middle of a line, too.")
def numbers_anywhere(completions, **kwargs):
    return _some_marks(completions, numbered=r"\d+\.\s")


@mistake(
    "reasoning_steps_reward",
    "Of a list only the first item counts: without a flag `^` is the beginning of the text, and not of each line.",
)
def first_line_alone(completions, **kwargs):
    return _some_marks(completions, flags=0)


@mistake("reasoning_steps_reward", "The words `First,`, `Second,`, `Next,` and `Finally,` are not counted.")
def no_words(completions, **kwargs):
    return _some_marks(completions, words=())


@mistake("reasoning_steps_reward", "A word counts each time with you: three times `First,` is one mark.")
def words_each_time(completions, **kwargs):
    marks = _marks(completions, words=())
    return _thirds(n + sum(map(t.count, WORDS)) for n, t in zip(marks, _texts(completions), strict=True))


@mistake("reasoning_steps_reward", "Only one of the four words counts with you, however many there are.")
def one_word(completions, **kwargs):
    marks = _marks(completions, words=())
    return _thirds(n + any(w in t for w in WORDS) for n, t in zip(marks, _texts(completions), strict=True))


@mistake(
    "reasoning_steps_reward",
    "`first,` and `next the` count with you: the words are as they stand, with capital and comma.",
)
def words_in_any_case(completions, **kwargs):
    lowered = [sum(word.lower() in text.lower() for word in WORDS) for text in _texts(completions)]
    return _thirds(a + b for a, b in zip(_marks(completions, words=()), lowered, strict=True))


@mistake("reasoning_steps_reward", "A word counts with you without its comma.")
def words_without_a_comma(completions, **kwargs):
    return _some_marks(completions, words=[word[:-1] for word in WORDS])


@mistake(
    "reasoning_steps_reward", "Equal marks count once with you: each bullet is a mark. Only the four words count once."
)
def marks_that_differ(completions, **kwargs):
    pattern = re.compile("|".join((STEP, CHINESE, NUMBERED, BULLET, *WORDS)), re.MULTILINE)
    return _thirds(len(set(pattern.findall(text))) for text in _texts(completions))


@mistake("reasoning_steps_reward", "The reward grows above 1: three marks earn all there is.")
def not_capped(completions, **kwargs):
    return [n / 3 for n in _marks(completions)]


@mistake("reasoning_steps_reward", "One or two marks earn nothing: the thirds are rounded down.")
def whole_numbers(completions, **kwargs):
    return [float(min(1, n // 3)) for n in _marks(completions)]


@mistake("reasoning_steps_reward", "One mark is enough with you for the whole reward: each earns a third.")
def any_mark(completions, **kwargs):
    return [float(n > 0) for n in _marks(completions)]


@mistake("reasoning_steps_reward", "Each mark earns a fifth with you; it is a third.")
def fifths(completions, **kwargs):
    return [min(1.0, n / 5) for n in _marks(completions)]


@mistake("reasoning_steps_reward", "The number of marks comes back; the reward is a third for each, and 1 at most.")
def number_of_marks(completions, **kwargs):
    return [float(n) for n in _marks(completions)]


@mistake(
    "reasoning_steps_reward", "All replies get the same reward: the marks of the whole batch are counted together."
)
def marks_of_the_batch(completions, **kwargs):
    return _thirds([sum(_marks(completions))] * len(completions))


@mistake("reasoning_steps_reward", NO_KWARGS)
def steps_without_kwargs(completions):
    return reasoning_steps_reward(completions)


@mistake("reasoning_steps_reward", NO_TEXTS)
def steps_of_lists(completions, **kwargs):
    return [min(1.0, len(re.findall(STEP, completion)) / 3) for completion in completions]


@mistake("reasoning_steps_reward", FIXED_ANSWER)
def always_reasoned(completions, **kwargs):
    return [1.0] * len(completions)


# --- 9.5 get_cosine_scaled_reward -------------------------------------------------------------------------------------

ENDS = (-0.5, -0.1, 0.8, 1.0)


def _cosine(p):
    return (1 + math.cos(math.pi * p)) / 2


def _cosine_reward(
    ends,
    max_len,
    share=_cosine,
    progress=lambda n, max_len: min(1.0, n / max_len),
    length=len,
    unknown=None,
    swap=(0, 1),
):
    """A reward as a right version makes it, with parts that can be exchanged. `swap`: for which correctness (0, 1) the
    ends are right; for the other one they are exchanged."""
    low_wrong, high_wrong, low_right, high_right = ends

    def cosine_scaled_reward(completions, solution, **kwargs):
        rewards = []
        judged = zip(_texts(completions), accuracy_reward(completions, solution), strict=True)
        for text, right in judged:
            right = unknown if right is None else right
            if right is None:
                rewards.append(None)
                continue
            start, end = (high_right, low_right) if right else (low_wrong, high_wrong)
            start, end = (start, end) if int(right) in swap else (end, start)
            rewards.append(end + (start - end) * share(progress(length(text), max_len)))
        return rewards

    return cosine_scaled_reward


def _scaled(**parts):
    """A maker whose rewards have these parts."""

    def make(min_value_wrong=-0.5, max_value_wrong=-0.1, min_value_correct=0.8, max_value_correct=1.0, max_len=1000):
        ends = (min_value_wrong, max_value_wrong, min_value_correct, max_value_correct)
        return _cosine_reward(ends, max_len, **parts)

    return make


@mistake(
    "get_cosine_scaled_reward",
    "The reward asks for `accuracy_rewards`, which TRL never passes: a TypeError. No reward sees what another one "
    "gave; find out by yourself which answers are right.",
)
def accuracy_asked_for(**settings):
    def cosine_scaled_reward(completions, solution, accuracy_rewards, **kwargs):
        return get_cosine_scaled_reward(**settings)(completions, solution)

    return cosine_scaled_reward


@mistake(
    "get_cosine_scaled_reward",
    "Rewards of other functions are looked for among the keywords; TRL passes none, so every answer counts as wrong.",
)
def accuracy_among_the_keywords(**settings):
    def cosine_scaled_reward(completions, solution, **kwargs):
        wrong = get_cosine_scaled_reward(**settings)
        return wrong(completions, ["-1"] * len(completions))

    return cosine_scaled_reward


@mistake(
    "get_cosine_scaled_reward",
    "A reply of twice max_len earns as much as an empty one: the cosine comes back up. Progress ends at 1.",
)
def unclamped(**settings):
    return _scaled(progress=lambda n, max_len: n / max_len)(**settings)


@mistake("get_cosine_scaled_reward", "Length changes nothing: progress is 1 for every reply.")
def never_falling(**settings):
    return _scaled(progress=lambda n, m: max(1.0, n / m))(**settings)


@mistake("get_cosine_scaled_reward", "Below max_len length changes nothing: progress is rounded down to 0.")
def whole_progress(**settings):
    return _scaled(progress=lambda n, max_len: float(min(1, n // max_len)))(**settings)


@mistake(
    "get_cosine_scaled_reward",
    "For wrong answers the ends are exchanged: a short one earns min_value_wrong, a long one max_value_wrong.",
)
def wrong_ends_exchanged(**settings):
    return _scaled(swap=(1,))(**settings)


@mistake(
    "get_cosine_scaled_reward",
    "For right answers the ends are exchanged: a short one earns max_value_correct, a long one min_value_correct.",
)
def right_ends_exchanged(**settings):
    return _scaled(swap=(0,))(**settings)


@mistake(
    "get_cosine_scaled_reward",
    "All ends are exchanged, as if the cosine rose with length: at p = 0 it is 1, and the first end counts.",
)
def all_ends_exchanged(**settings):
    return _scaled(swap=())(**settings)


@mistake("get_cosine_scaled_reward", "The cosine is taken of degrees: math.cos wants radians, and half a turn is pi.")
def degrees(**settings):
    return _scaled(share=lambda p: (1 + math.cos(180 * p)) / 2)(**settings)


@mistake("get_cosine_scaled_reward", "The reward falls along a straight line, not along half a cosine.")
def straight(**settings):
    return _scaled(share=lambda p: 1 - p)(**settings)


@mistake("get_cosine_scaled_reward", "A sine is taken where the formula has a cosine.")
def sine(**settings):
    return _scaled(share=lambda p: (1 + math.sin(math.pi * p)) / 2)(**settings)


@mistake(
    "get_cosine_scaled_reward",
    "The cosine makes a full turn: at max_len the reward is that of an empty reply again. Half a turn is pi.",
)
def full_turn(**settings):
    return _scaled(share=lambda p: _cosine(2 * p))(**settings)


@mistake("get_cosine_scaled_reward", "The cosine makes a quarter of a turn: it ends in the middle. Half a turn is pi.")
def quarter_turn(**settings):
    return _scaled(share=lambda p: _cosine(p / 2))(**settings)


@mistake("get_cosine_scaled_reward", "1 + cos goes from 2 to 0, and is not halved.")
def not_halved(**settings):
    return _scaled(share=lambda p: 1 + math.cos(math.pi * p))(**settings)


@mistake("get_cosine_scaled_reward", "The cosine goes from 1 to -1; what is asked for goes from 1 to 0.")
def no_one_added(**settings):
    return _scaled(share=lambda p: math.cos(math.pi * p))(**settings)


@mistake("get_cosine_scaled_reward", "Length is counted in words; it is the characters of the reply.")
def in_words(**settings):
    return _scaled(length=lambda text: len(text.split()))(**settings)


@mistake("get_cosine_scaled_reward", "The length is that of a part of the reply; all of its characters count.")
def of_the_thought(**settings):
    return _scaled(length=lambda text: len(text.split("</think>")[0]))(**settings)


@mistake("get_cosine_scaled_reward", "The length is that of a part of the reply; all of its characters count.")
def of_the_answer(**settings):
    return _scaled(length=lambda text: len(_inside(text) or ""))(**settings)


@mistake(
    "get_cosine_scaled_reward",
    "Where accuracy_reward gives None the answer counts as wrong: nobody can tell, so this reward is None, too.",
)
def unreadable_as_wrong(**settings):
    return _scaled(unknown=0.0)(**settings)


@mistake(
    "get_cosine_scaled_reward",
    "Where accuracy_reward gives None the answer counts as right: nobody can tell, so this reward is None, too.",
)
def unreadable_as_right(**settings):
    return _scaled(unknown=1.0)(**settings)


@mistake("get_cosine_scaled_reward", "Where accuracy_reward gives None the reward is 0; it is None, too.")
def zero_for_none(**settings):
    def cosine_scaled_reward(completions, solution, **kwargs):
        return [0.0 if r is None else r for r in get_cosine_scaled_reward(**settings)(completions, solution)]

    return cosine_scaled_reward


@mistake(
    "get_cosine_scaled_reward", "The length is that of the completion's list, which is 1: count the reply's characters."
)
def length_of_the_list(
    min_value_wrong=-0.5, max_value_wrong=-0.1, min_value_correct=0.8, max_value_correct=1.0, max_len=1000
):
    ends = (min_value_wrong, max_value_wrong, min_value_correct, max_value_correct)
    return _cosine_reward(ends, max_len, length=lambda text: 1)


@mistake("get_cosine_scaled_reward", "Length is counted in tokens (completion_ids); it is the characters of the reply.")
def in_tokens(**settings):
    def cosine_scaled_reward(completions, solution, completion_ids, **kwargs):
        short = [_padded(text, len(ids)) for text, ids in zip(_texts(completions), completion_ids, strict=True)]
        return get_cosine_scaled_reward(**settings)(_as_completions(short), solution)

    return cosine_scaled_reward


def _padded(text, size):
    """A reply with the same answer, of `size` characters where that is possible."""
    answer = f"<answer>{_inside(text)}</answer>" if _inside(text) else ""
    return answer + "." * max(0, size - len(answer))


@mistake("get_cosine_scaled_reward", "All replies are scaled by the mean length of the batch; each has its own.")
def mean_length(**settings):
    def cosine_scaled_reward(completions, solution, **kwargs):
        texts = _texts(completions)
        mean = sum(map(len, texts)) // max(len(texts), 1)
        return get_cosine_scaled_reward(**settings)(_as_completions([_padded(t, mean) for t in texts]), solution)

    return cosine_scaled_reward


@mistake("get_cosine_scaled_reward", "A reply longer than max_len earns 0; it earns what one of max_len does.")
def nothing_beyond(max_len=1000, **settings):
    def cosine_scaled_reward(completions, solution, **kwargs):
        rewards = get_cosine_scaled_reward(max_len=max_len, **settings)(completions, solution)
        return [r if len(text) <= max_len else 0.0 for text, r in zip(_texts(completions), rewards, strict=True)]

    return cosine_scaled_reward


@mistake("get_cosine_scaled_reward", "The settings are not used: the reward is always that of the defaults.")
def settings_unused(**settings):
    return get_cosine_scaled_reward()


@mistake("get_cosine_scaled_reward", "max_len is not used: progress is always that of 1,000 characters.")
def max_len_unused(max_len=1000, **settings):
    return get_cosine_scaled_reward(**settings)


@mistake(
    "get_cosine_scaled_reward", "A wrong answer earns nothing: it earns between min_value_wrong and max_value_wrong."
)
def wrong_earn_nothing(**settings):
    return get_cosine_scaled_reward(**{**settings, "min_value_wrong": 0.0, "max_value_wrong": 0.0})


@mistake(
    "get_cosine_scaled_reward",
    "The maker gives itself back and not the reward inside of it: TRL then calls it with prompts and completions.",
)
def cosine_maker_again(**settings):
    if "completions" in settings:
        raise TypeError("unexpected keyword argument 'prompts'")
    return cosine_maker_again.implementation


@mistake("get_cosine_scaled_reward", "The maker itself judges; it is to return a function that TRL can call.")
def judged_at_once(completions=(), solution=(), **settings):
    return get_cosine_scaled_reward(**settings)(completions, solution)


@mistake("get_cosine_scaled_reward", "All replies are held against the first gold answer; each has its own.")
def cosine_of_the_first_gold(**settings):
    def cosine_scaled_reward(completions, solution, **kwargs):
        return get_cosine_scaled_reward(**settings)(completions, solution[:1] * len(completions))

    return cosine_scaled_reward


@mistake("get_cosine_scaled_reward", NO_KWARGS)
def cosine_without_kwargs(**settings):
    return lambda completions, solution: get_cosine_scaled_reward(**settings)(completions, solution)


# --- 9.6 get_repetition_penalty_reward --------------------------------------------------------------------------------


def _words(text):
    return re.findall(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+", text.lower())


def _ngrams(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def _share(ngrams):
    return 1 - len(set(ngrams)) / len(ngrams) if ngrams else 0.0


def _penalised(max_penalty, share):
    """A reward that is max_penalty times share(text)."""
    if max_penalty > 0:
        raise ValueError("max_penalty is positive")

    def repetition_penalty_reward(completions, **kwargs):
        return [max_penalty * share(text) for text in _texts(completions)]

    return repetition_penalty_reward


@mistake(
    "get_repetition_penalty_reward",
    "The maker gives itself back and not the reward inside of it: TRL then calls it with prompts and completions, and "
    "gets a TypeError.",
)
def maker_again(n, max_penalty):
    get_repetition_penalty_reward(n, max_penalty)
    return maker_again.implementation


@mistake("get_repetition_penalty_reward", "A Chinese text is one word with you, however long: it has no blanks.")
def split_at_blanks(n, max_penalty):
    return _penalised(max_penalty, lambda text: _share(_ngrams(text.lower().split(), n)))


@mistake("get_repetition_penalty_reward", "A run of Chinese characters is one word with you: each is a word by itself.")
def chinese_runs(n, max_penalty):
    words = re.compile(r"[\u4e00-\u9fff]+|[^\s\u4e00-\u9fff]+")
    return _penalised(max_penalty, lambda text: _share(_ngrams(words.findall(text.lower()), n)))


@mistake(
    "get_repetition_penalty_reward", "Only Chinese characters are words with you; what stands between blanks is, too."
)
def chinese_alone(n, max_penalty):
    return _penalised(max_penalty, lambda text: _share(_ngrams(re.findall(r"[\u4e00-\u9fff]", text), n)))


@mistake("get_repetition_penalty_reward", "The rarer Chinese characters, from U+9FA6 to U+9FFF, are no words with you.")
def common_characters_alone(n, max_penalty):
    words = re.compile(r"[\u4e00-\u9fa5]|[^\s\u4e00-\u9fa5]+")
    return _penalised(max_penalty, lambda text: _share(_ngrams(words.findall(text.lower()), n)))


@mistake("get_repetition_penalty_reward", "Every letter is a word with you; words end at white space.")
def letters(n, max_penalty):
    return _penalised(max_penalty, lambda text: _share(_ngrams(list(text.lower()), n)))


@mistake("get_repetition_penalty_reward", "Every letter is a word with you; words end at white space.")
def letters_without_blanks(n, max_penalty):
    return _penalised(max_penalty, lambda text: _share(_ngrams("".join(text.lower().split()), n)))


@mistake("get_repetition_penalty_reward", "Signs are left out: `=` is a word, and `it,` another one than `it`.")
def signs_left_out(n, max_penalty):
    words = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")
    return _penalised(max_penalty, lambda text: _share(_ngrams(words.findall(text.lower()), n)))


@mistake("get_repetition_penalty_reward", "`So` and `so` are two words with you: capitals make no other word.")
def capitals_differ(n, max_penalty):
    words = re.compile(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+")
    return _penalised(max_penalty, lambda text: _share(_ngrams(words.findall(text), n)))


@mistake("get_repetition_penalty_reward", "The n-grams have three words with you whatever n is.")
def always_three(n, max_penalty):
    return get_repetition_penalty_reward(3, max_penalty)


@mistake("get_repetition_penalty_reward", "The n-grams are one word too long or too short.")
def one_too_long(n, max_penalty):
    return get_repetition_penalty_reward(n + 1, max_penalty)


@mistake("get_repetition_penalty_reward", "The n-grams are one word too long or too short.")
def one_too_short(n, max_penalty):
    return get_repetition_penalty_reward(max(1, n - 1), max_penalty)


@mistake("get_repetition_penalty_reward", "The n-grams do not overlap: one begins at every word.")
def not_overlapping(n, max_penalty):
    return _penalised(max_penalty, lambda text: _share(_ngrams(_words(text), n)[::n]))


@mistake("get_repetition_penalty_reward", "The last n-gram is missing.")
def last_ngram_missing(n, max_penalty):
    return _penalised(max_penalty, lambda text: _share(_ngrams(_words(text), n)[:-1]))


@mistake("get_repetition_penalty_reward", "A reply of fewer than n words ends in a division by zero: it has no n-gram.")
def divided_by_zero(n, max_penalty):
    def share(text):
        ngrams = _ngrams(_words(text), n)
        return 1 - len(set(ngrams)) / len(ngrams)

    return _penalised(max_penalty, share)


@mistake(
    "get_repetition_penalty_reward", "A reply of fewer than n words earns the whole penalty; it repeats nothing: 0."
)
def short_replies_punished(n, max_penalty):
    return _penalised(max_penalty, lambda text: _share(_ngrams(_words(text), n)) if len(_words(text)) >= n else 1.0)


@mistake("get_repetition_penalty_reward", "A reply of fewer than n words gets None; 0 is asked for.")
def none_for_short_replies(n, max_penalty):
    right = get_repetition_penalty_reward(n, max_penalty)

    def repetition_penalty_reward(completions, **kwargs):
        rewards = zip(_texts(completions), right(completions), strict=True)
        return [reward if len(_words(text)) >= n else None for text, reward in rewards]

    return repetition_penalty_reward


@mistake("get_repetition_penalty_reward", "The reward is positive: repetitions would be learnt.")
def rewarded(n, max_penalty):
    right = get_repetition_penalty_reward(n, max_penalty)
    return lambda completions, **kwargs: [-reward for reward in right(completions)]


@mistake("get_repetition_penalty_reward", "The share of different n-grams is punished; it is that of the repetitions.")
def different_punished(n, max_penalty):
    return _penalised(max_penalty, lambda text: 1 - _share(_ngrams(_words(text), n)) if _ngrams(_words(text), n) else 0)


@mistake("get_repetition_penalty_reward", "Any repetition earns the whole penalty; it is the share that counts.")
def any_repetition(n, max_penalty):
    return _penalised(max_penalty, lambda text: float(_share(_ngrams(_words(text), n)) > 0))


@mistake("get_repetition_penalty_reward", "The share comes back without max_penalty.")
def without_max_penalty(n, max_penalty):
    right = get_repetition_penalty_reward(n, max_penalty)
    return lambda completions, **kwargs: [r / max_penalty if max_penalty else r for r in right(completions)]


@mistake("get_repetition_penalty_reward", "The number of repetitions counts; it is their share of all n-grams.")
def number_of_repetitions(n, max_penalty):
    def number(text):
        ngrams = _ngrams(_words(text), n)
        return len(ngrams) - len(set(ngrams))

    return _penalised(max_penalty, number)


@mistake("get_repetition_penalty_reward", "The share is that of all words; it is that of the n-grams.")
def share_of_words(n, max_penalty):
    def share(text):
        ngrams = _ngrams(_words(text), n)
        return (len(ngrams) - len(set(ngrams))) / max(1, len(_words(text)))

    return _penalised(max_penalty, share)


@mistake("get_repetition_penalty_reward", "The first of equal n-grams counts as a repetition, too: it repeats none.")
def first_counted_too(n, max_penalty):
    def share(text):
        ngrams = _ngrams(_words(text), n)
        return sum(ngrams.count(ngram) > 1 for ngram in ngrams) / max(1, len(ngrams))

    return _penalised(max_penalty, share)


@mistake(
    "get_repetition_penalty_reward",
    "Only n-grams that follow each other are compared; any earlier one may be repeated.",
)
def neighbours_alone(n, max_penalty):
    def share(text):
        ngrams = _ngrams(_words(text), n)
        return sum(a == b for a, b in zip(ngrams, ngrams[n:], strict=False)) / max(1, len(ngrams))

    return _penalised(max_penalty, share)


@mistake(
    "get_repetition_penalty_reward",
    "n-grams of one reply count as repetitions in the next: each reply is judged alone.",
)
def seen_in_the_batch(n, max_penalty):
    if max_penalty > 0:
        raise ValueError("max_penalty is positive")

    def repetition_penalty_reward(completions, **kwargs):
        seen, rewards = set(), []
        for text in _texts(completions):
            ngrams = _ngrams(_words(text), n)
            before = len(seen)
            seen.update(ngrams)
            rewards.append(max_penalty * (1 - (len(seen) - before) / len(ngrams)) if ngrams else 0.0)
        return rewards

    return repetition_penalty_reward


@mistake(
    "get_repetition_penalty_reward",
    "A positive max_penalty passes: it would reward repetitions. ValueError is asked for.",
)
def positive_passes(n, max_penalty):
    if max_penalty > 0:
        return lambda completions, **kwargs: [0.0] * len(completions)
    return get_repetition_penalty_reward(n, max_penalty)


@mistake("get_repetition_penalty_reward", "A max_penalty of 0 ends in a ValueError: only a positive one does.")
def zero_refused(n, max_penalty):
    if max_penalty >= 0:
        raise ValueError("max_penalty has to be negative")
    return get_repetition_penalty_reward(n, max_penalty)


@mistake("get_repetition_penalty_reward", "Small penalties that are positive pass: only 0 and less are right.")
def small_ones_pass(n, max_penalty):
    return get_repetition_penalty_reward(n, min(max_penalty, 0.0) if max_penalty < 1 else max_penalty)


@mistake(
    "get_repetition_penalty_reward",
    "A positive max_penalty ends in another exception than ValueError, which is what callers look for.",
)
def asserted(n, max_penalty):
    assert max_penalty <= 0
    return get_repetition_penalty_reward(n, max_penalty)


@mistake("get_repetition_penalty_reward", NO_KWARGS)
def repetitions_without_kwargs(n, max_penalty):
    right = get_repetition_penalty_reward(n, max_penalty)
    return lambda completions: right(completions)


@mistake("get_repetition_penalty_reward", NO_TEXTS)
def repetitions_of_lists(n, max_penalty):
    def repetition_penalty_reward(completions, **kwargs):
        return [max_penalty * _share(_ngrams(completion.lower().split(), n)) for completion in completions]

    get_repetition_penalty_reward(n, max_penalty)
    return repetition_penalty_reward


# --- 9.7 get_reward_functions -----------------------------------------------------------------------------------------

NO_FUNCTIONS = "What comes back holds names (a dictionary is a list of its keys); TRL wants a list of functions."
ALL_FIVE = ("accuracy", "format", "reasoning_steps", "cosine", "repetition_penalty")
ENDS_OF_COSINE = ("min_value_wrong", "max_value_wrong", "min_value_correct", "max_value_correct")


def _changed(args, **changes):
    """The arguments with other values."""
    return SimpleNamespace(**{**vars(args), **changes})


@mistake(
    "get_reward_functions",
    "The functions come in an order of yours; TRL's logs and reward_weights go by the order of reward_funcs.",
)
def order_of_the_registry(args):
    get_reward_functions(args)
    return get_reward_functions(_changed(args, reward_funcs=[name for name in ALL_FIVE if name in args.reward_funcs]))


@mistake(
    "get_reward_functions",
    "The functions come in an order of yours; TRL's logs and reward_weights go by the order of reward_funcs.",
)
def sorted_names(args):
    return get_reward_functions(_changed(args, reward_funcs=sorted(args.reward_funcs)))


@mistake("get_reward_functions", "The order of the functions is turned around.")
def order_reversed(args):
    return get_reward_functions(args)[::-1]


@mistake("get_reward_functions", "All five functions come back, whichever were asked for.")
def all_five(args):
    get_reward_functions(args)
    return get_reward_functions(_changed(args, reward_funcs=list(ALL_FIVE)))


@mistake("get_reward_functions", "Only the first function that is named comes back.")
def first_alone(args):
    return get_reward_functions(args)[:1]


@mistake("get_reward_functions", "Accuracy and format come back, whichever were asked for.")
def two_by_default(args):
    get_reward_functions(args)
    return [accuracy_reward, format_reward]


@mistake("get_reward_functions", NO_FUNCTIONS)
def names_returned(args):
    get_reward_functions(args)
    return args.reward_funcs


@mistake("get_reward_functions", NO_FUNCTIONS)
def dictionary_returned(args):
    return dict(zip(args.reward_funcs, get_reward_functions(args), strict=True))


@mistake(
    "get_reward_functions", "All rewards are added up in one function; TRL wants one for each, and adds them itself."
)
def summed(args):
    made = get_reward_functions(args)

    def reward(completions, **kwargs):
        return [sum(r or 0.0 for r in each) for each in zip(*(f(completions, **kwargs) for f in made), strict=True)]

    return [reward]


MAKERS = (
    "The makers themselves are in the list: they have to be called with the settings, and make the functions. TRL "
    "calls what is in the list with prompts and completions."
)


@mistake("get_reward_functions", MAKERS)
def makers_returned(args):
    makers = {"cosine": get_cosine_scaled_reward, "repetition_penalty": get_repetition_penalty_reward}
    return [makers.get(name, f) for name, f in zip(args.reward_funcs, get_reward_functions(args), strict=True)]


@mistake("get_reward_functions", "The settings of the last two are not used: both are made with the defaults.")
def default_settings(args):
    return get_reward_functions(
        _changed(
            args,
            **dict(zip([f"cosine_{end}" for end in ENDS_OF_COSINE], ENDS, strict=True)),
            cosine_max_len=1000,
            repetition_n_grams=3,
            repetition_max_penalty=-0.1,
        )
    )


@mistake("get_reward_functions", "The settings of the cosine reward are not used.")
def default_cosine(args):
    values = dict(zip([f"cosine_{end}" for end in ENDS_OF_COSINE], ENDS, strict=True))
    return get_reward_functions(_changed(args, **values, cosine_max_len=1000))


@mistake("get_reward_functions", "cosine_max_len is not used: the cosine reward has its default.")
def default_max_len(args):
    return get_reward_functions(_changed(args, cosine_max_len=1000))


@mistake("get_reward_functions", "The four ends of the cosine reward are not used: it has its defaults.")
def default_ends(args):
    values = dict(zip([f"cosine_{end}" for end in ENDS_OF_COSINE], ENDS, strict=True))
    return get_reward_functions(_changed(args, **values))


@mistake("get_reward_functions", "The settings of the repetition penalty are not used: n-grams of 3, and -0.1.")
def default_repetition(args):
    return get_reward_functions(_changed(args, repetition_n_grams=3, repetition_max_penalty=-0.1))


@mistake("get_reward_functions", "repetition_max_penalty is not used.")
def default_penalty(args):
    return get_reward_functions(_changed(args, repetition_max_penalty=-0.1))


@mistake("get_reward_functions", "repetition_n_grams is not used.")
def default_n_grams(args):
    return get_reward_functions(_changed(args, repetition_n_grams=3))


ENDS_MIXED = "The ends of the cosine reward are mixed up: pass them by their names."


@mistake("get_reward_functions", ENDS_MIXED)
def correct_ends_first(args):
    wrong, right = (
        ("cosine_min_value_wrong", "cosine_max_value_wrong"),
        ("cosine_min_value_correct", "cosine_max_value_correct"),
    )
    values = {a: getattr(args, b) for a, b in zip(wrong + right, right + wrong, strict=True)}
    return get_reward_functions(_changed(args, **values))


@mistake("get_reward_functions", ENDS_MIXED)
def greatest_first(args):
    values = {f"cosine_min_value_{kind}": getattr(args, f"cosine_max_value_{kind}") for kind in ("wrong", "correct")}
    values |= {f"cosine_max_value_{kind}": getattr(args, f"cosine_min_value_{kind}") for kind in ("wrong", "correct")}
    return get_reward_functions(_changed(args, **values))


@mistake(
    "get_reward_functions",
    "All functions of a list do what its last one does: a function made in a loop reads the loop's variable when it is "
    "called, and by then the loop has ended.",
)
def bound_too_late(args):
    made, functions = get_reward_functions(args), []
    for reward in made:
        functions.append(lambda completions, **kwargs: reward(completions, **kwargs))  # noqa: B023
    return functions


@mistake(
    "get_reward_functions",
    "Two functions have one __name__: TRL logs by it, and the one overwrites the other in the logs.",
)
def one_name(args):
    def wrapped(function):
        def reward(completions, **kwargs):
            return function(completions, **kwargs)

        return reward

    return [wrapped(function) for function in get_reward_functions(args)]


@mistake(
    "get_reward_functions",
    "A function has no __name__ (a functools.partial has none): TRL logs by it, and ends in an AttributeError.",
)
def partials(args):
    return [functools.partial(function) for function in get_reward_functions(args)]


@mistake("get_reward_functions", "A name that is none of the five is left out in silence; ValueError is asked for.")
def unknown_left_out(args):
    return get_reward_functions(_changed(args, reward_funcs=[n for n in args.reward_funcs if n in ALL_FIVE]))


@mistake("get_reward_functions", "A name that is none of the five ends in a KeyError; ValueError is asked for.")
def key_error(args):
    for name in args.reward_funcs:
        dict.fromkeys(ALL_FIVE)[name]
    return get_reward_functions(args)


@mistake("get_reward_functions", "Only the first name is looked at: another one that is none of the five passes.")
def first_name_looked_at(args):
    get_reward_functions(_changed(args, reward_funcs=args.reward_funcs[:1]))
    return unknown_left_out.implementation(args)


@mistake("get_reward_functions", "One name that there is lets the others pass; each has to be one of the five.")
def one_is_enough(args):
    if args.reward_funcs and not set(args.reward_funcs) & set(ALL_FIVE):
        raise ValueError("no such reward")
    return unknown_left_out.implementation(args)


@mistake(
    "get_reward_functions", "`Format` is taken for format: a name that is not spelt like the five is none of them."
)
def any_capitals(args):
    return get_reward_functions(_changed(args, reward_funcs=[name.lower() for name in args.reward_funcs]))


# --- 9.8 make_grpo_config ---------------------------------------------------------------------------------------------

BF16 = "bf16 does not follow the machine: it is on where there is a GPU, and only there."
LABS_OWN = {
    "beta": 0.04,
    "loss_type": "grpo",
    "scale_rewards": "group",
    "epsilon": 0.2,
    "num_iterations": 1,
    "use_bias_correction_kl": False,
    "num_generations": 8,
    "max_completion_length": 512,
    "temperature": 1.0,
    "learning_rate": 1e-6,
    "remove_unused_columns": False,
    "report_to": "none",
}


def _machine():
    gpu = torch.cuda.is_available()
    return {"bf16": gpu, "gradient_checkpointing": gpu, "use_cpu": not gpu}


def _config(over, **instead):
    """The right configuration, but for some settings; what is asked for comes first."""
    return make_grpo_config(**{**instead, **over})


@mistake(
    "make_grpo_config",
    "trl 1.16 has no PPOConfig, PPOTrainer and AutoModelForCausalLMWithValueHead: the import fails, and nothing here "
    "needs them.",
)
def names_of_the_past(**over):
    from trl import AutoModelForCausalLMWithValueHead, PPOConfig, PPOTrainer  # noqa: F401

    return make_grpo_config(**over)


@mistake(
    "make_grpo_config",
    "transformers 5 has no overwrite_output_dir and no warmup_ratio any more: both end in a TypeError. warmup_steps "
    "takes a share, too.",
)
def fields_of_the_past(**over):
    return make_grpo_config(overwrite_output_dir=True, warmup_ratio=0.1, **over)


@mistake(
    "make_grpo_config",
    "TrainingArguments(...).to_dict() brings the defaults of another class: remove_unused_columns=True takes "
    "`solution` away from the rewards, and learning rate and batch size are not GRPO's. Make the GRPOConfig at once.",
)
def by_way_of_training_arguments(**over):
    from transformers import TrainingArguments
    from trl import GRPOConfig

    known = set(TrainingArguments.__dataclass_fields__)
    plain = TrainingArguments(use_cpu=True, **{name: value for name, value in over.items() if name in known})
    return GRPOConfig(**{**plain.to_dict(), **{name: value for name, value in over.items() if name not in known}})


@mistake(
    "make_grpo_config",
    "The algorithm is TRL's by default: without a KL term (beta 0), with dapo's mean over all tokens. State what the "
    "lab needs.",
)
def defaults_of_trl(**over):
    from trl import GRPOConfig

    own = {"num_generations": 8, "per_device_train_batch_size": over.get("num_generations", 8), "report_to": "none"}
    return GRPOConfig(**{**own, **_machine(), **over})


@mistake("make_grpo_config", "beta is 0, TRL's default: there is no KL term, and no reference model. The lab has .04.")
def no_kl(**over):
    return _config(over, beta=0.0)


@mistake(
    "make_grpo_config", 'loss_type is "dapo", TRL\'s default: a mean over all tokens of the batch. The lab has "grpo".'
)
def mean_over_tokens(**over):
    return _config(over, loss_type="dapo")


@mistake("make_grpo_config", "use_bias_correction_kl is True, TRL's default: the KL term is multiplied by the ratio.")
def corrected_kl(**over):
    return _config(over, use_bias_correction_kl=True)


@mistake("make_grpo_config", "scale_rewards is not that of the group: rewards are scaled within each prompt's group.")
def scaled_by_batch(**over):
    return _config(over, scale_rewards="batch")


@mistake("make_grpo_config", "scale_rewards is not that of the group: rewards are scaled within each prompt's group.")
def scaled_by_nothing(**over):
    return _config(over, scale_rewards="none")


@mistake(
    "make_grpo_config",
    "The learning rate is 5e-5, that of TrainingArguments: too much for all weights of a large model.",
)
def rate_of_training_arguments(**over):
    return _config(over, learning_rate=5e-5)


@mistake(
    "make_grpo_config", "remove_unused_columns is True: TRL then takes `solution` away, and the accuracy reward fails."
)
def columns_removed(**over):
    return _config(over, remove_unused_columns=True)


@mistake("make_grpo_config", "The number of generations is another: the lab samples 8 completions of a prompt.")
def four_generations(**over):
    return _config(over, num_generations=4)


@mistake("make_grpo_config", "The length of completions is another: the lab allows 512 tokens.")
def shorter_completions(**over):
    return _config(over, max_completion_length=256)


@mistake("make_grpo_config", "The temperature is another: GRPO samples from the policy itself, at 1.")
def cooler(**over):
    return _config(over, temperature=0.7)


@mistake("make_grpo_config", "What is sampled is used for several steps: num_iterations is 1 here.")
def two_iterations(**over):
    return _config(over, num_iterations=2)


@mistake("make_grpo_config", "The clip range is another: epsilon is .2 here.")
def another_epsilon(**over):
    return _config(over, epsilon=0.1)


@mistake("make_grpo_config", 'The run reports to a service: report_to is "none" here.')
def reported(**over):
    return _config(over, report_to="tensorboard")


@mistake("make_grpo_config", "What is asked for is not used: the settings are always the same.")
def over_unused(**over):
    for_the_trainer = ("output_dir", "max_steps", "logging_steps", "save_strategy", "disable_tqdm")
    return make_grpo_config(**{name: value for name, value in over.items() if name in for_the_trainer})


@mistake("make_grpo_config", "The lab's settings take the place of what is asked for; it is the other way round.")
def own_settings_win(**over):
    return make_grpo_config(**{**over, **LABS_OWN})


@mistake(
    "make_grpo_config",
    "A setting that the lab has, and that is asked for besides, ends in a TypeError (multiple values): put one "
    "dictionary over the other.",
)
def twice_by_keyword(**over):
    return make_grpo_config(**LABS_OWN, **over)


@mistake("make_grpo_config", "Settings that the lab does not name are left out in silence; any field may be set.")
def other_fields_left_out(**over):
    known = {*LABS_OWN, *_machine(), "output_dir", "per_device_train_batch_size", "gradient_accumulation_steps"}
    known |= {"max_steps", "logging_steps", "save_strategy", "disable_tqdm"}
    return make_grpo_config(**{name: value for name, value in over.items() if name in known})


@mistake(
    "make_grpo_config",
    "A field that there is not passes in silence: a slip of the pen would go unseen. TypeError is asked for.",
)
def unknown_fields_pass(**over):
    from trl import GRPOConfig

    return make_grpo_config(**{k: v for k, v in over.items() if k in GRPOConfig.__dataclass_fields__})


@mistake("make_grpo_config", "The folder that was asked for is not used.")
def folder_of_its_own(**over):
    return make_grpo_config(**{**over, "output_dir": over["output_dir"] + "/grpo"})


@mistake(
    "make_grpo_config",
    "The batch has always 8 completions: with another num_generations it cannot be divided, or is too large.",
)
def always_eight(**over):
    return _config(over, per_device_train_batch_size=8)


@mistake("make_grpo_config", "The batch size that is asked for is not used: it is always num_generations.")
def batch_of_a_prompt(**over):
    return make_grpo_config(**{**over, "per_device_train_batch_size": over.get("num_generations", 8)})


@mistake(
    "make_grpo_config", "A step has the completions of two prompts in yours: the batch is num_generations, and no more."
)
def two_prompts(**over):
    return _config(over, per_device_train_batch_size=2 * over.get("num_generations", 8))


@mistake(
    "make_grpo_config",
    "A batch is refused that can be divided: what counts are the completions of a whole step, batch size times "
    "gradient_accumulation_steps. TRL finds out by itself.",
)
def divided_too_early(**over):
    size = over.get("per_device_train_batch_size", over.get("num_generations", 8))
    if size % over.get("num_generations", 8):
        raise ValueError("the batch cannot be divided")
    return make_grpo_config(**over)


@mistake("make_grpo_config", "A batch that cannot be divided is made to fit in silence; ValueError is asked for.")
def batch_made_to_fit(**over):
    try:
        return make_grpo_config(**over)
    except ValueError:
        return make_grpo_config(**{**over, "per_device_train_batch_size": over["num_generations"]})


@mistake("make_grpo_config", "A batch that cannot be divided ends in another exception than TRL's ValueError.")
def assertion(**over):
    try:
        return make_grpo_config(**over)
    except ValueError:
        raise AssertionError("the batch cannot be divided") from None


@mistake("make_grpo_config", BF16)
def always_bf16(**over):
    return _config(over, bf16=True)


@mistake("make_grpo_config", BF16)
def bf16_without_a_gpu(**over):
    return _config(over, bf16=not torch.cuda.is_available())


@mistake("make_grpo_config", "use_cpu does not follow the machine: it is on where there is no GPU, and only there.")
def use_cpu_wrong(**over):
    return _config(over, use_cpu=torch.cuda.is_available())


@mistake(
    "make_grpo_config",
    "gradient_checkpointing is not that of the machine: TRL has it on by default, which costs time on a CPU.",
)
def checkpointing_wrong(**over):
    return _config(over, gradient_checkpointing=not torch.cuda.is_available())


@mistake("make_grpo_config", "The machine is described wrongly: bf16, checkpoints and use_cpu are all turned around.")
def machine_turned_around(**over):
    return _config(over, **{name: not value for name, value in _machine().items()})


@mistake("make_grpo_config", "What is asked for does not count in bf16, gradient_checkpointing and use_cpu.")
def machine_decides(**over):
    return make_grpo_config(**{**over, **_machine()})


@mistake("make_grpo_config", "A dictionary comes back; TRL's trainer wants a GRPOConfig.")
def dictionary_of_settings(**over):
    return make_grpo_config(**over).to_dict()


# --- 9.9 generate_reply -----------------------------------------------------------------------------------------------


def _generated(model, tok, messages, start=None, add_generation_prompt=True, skip_special_tokens=True, **settings):
    """The reply as a right version gives it, with parts that can be exchanged."""
    inputs = tok.apply_chat_template(
        messages, add_generation_prompt=add_generation_prompt, return_tensors="pt", return_dict=True
    ).to(model.device)
    ids = model.generate(**inputs, **settings)
    start = inputs["input_ids"].shape[1] if start is None else start
    return tok.decode(ids[0, start:], skip_special_tokens=skip_special_tokens)


@mistake(
    "generate_reply",
    "The prompt comes back before the reply: `generate` returns both. Cut off as many tokens as the prompt has.",
)
def prompt_and_reply(model, tok, messages):
    return _generated(model, tok, messages, start=0)


@mistake(
    "generate_reply", "Prompt and reply come back with their special tokens: cut the prompt off, and leave these out."
)
def all_tokens(model, tok, messages):
    return _generated(model, tok, messages, start=0, skip_special_tokens=False)


@mistake("generate_reply", "Special tokens are in the reply: they are for the model, and not for readers.")
def special_tokens_kept(model, tok, messages):
    return _generated(model, tok, messages, skip_special_tokens=False)


@mistake("generate_reply", "The first token of the reply is missing.")
def first_token_missing(model, tok, messages):
    ids = tok.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    return _generated(model, tok, messages, start=len(ids) + 1)


@mistake("generate_reply", "The last token of the prompt is in front of the reply.")
def last_of_the_prompt(model, tok, messages):
    ids = tok.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    return _generated(model, tok, messages, start=len(ids) - 1)


@mistake(
    "generate_reply",
    "The prompt is cut off by its length in characters. Special tokens are not in the text that comes back, so too "
    "much is cut off: cut the tokens, and then decode.",
)
def cut_by_characters(model, tok, messages):
    text = tok.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return _generated(model, tok, messages, start=0)[len(text) :]


@mistake(
    "generate_reply",
    "The beginning of the model's own turn is missing (add_generation_prompt): it goes on with the prompt.",
)
def no_turn_of_its_own(model, tok, messages):
    return _generated(model, tok, messages, add_generation_prompt=False)


@mistake("generate_reply", "Only the last message is asked; the whole conversation is the prompt.")
def last_message_alone(model, tok, messages):
    return generate_reply(model, tok, messages[-1:])


@mistake("generate_reply", "Only the first message is asked; the whole conversation is the prompt.")
def first_message_alone(model, tok, messages):
    return generate_reply(model, tok, messages[:1])


@mistake("generate_reply", "The chat template is not used: the problem is asked as it stands.")
def without_the_template(model, tok, messages):
    inputs = tok(messages[-1]["content"], return_tensors="pt").to(model.device)
    ids = model.generate(inputs["input_ids"])
    return tok.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


@mistake(
    "generate_reply",
    "The length of a reply is set here: it stands in the model's generation_config, and nothing else is set.",
)
def length_of_its_own(model, tok, messages):
    return _generated(model, tok, messages, max_new_tokens=200)


@mistake("generate_reply", "The length of a reply is set here: it stands in the model's generation_config.")
def short_length_of_its_own(model, tok, messages):
    return _generated(model, tok, messages, max_new_tokens=16)


@mistake("generate_reply", "How the model draws is set here: it stands in the model's generation_config.")
def drawn_hot(model, tok, messages):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return _generated(model, tok, messages, do_sample=True, temperature=4.0)


@mistake("generate_reply", "Only what stands in the answer's tags comes back; the whole reply is asked for.")
def answer_alone(model, tok, messages):
    reply = generate_reply(model, tok, messages)
    return _inside(reply) or reply


@mistake(
    "generate_reply", "The reply is split where the prompt ends, and a part of it gets lost: `=` comes in it, too."
)
def split_at_a_sign(model, tok, messages):
    return _generated(model, tok, messages, start=0).split("=")[-1]


@mistake("generate_reply", "A list comes back, with one text; the text is asked for.")
def list_of_one(model, tok, messages):
    return [generate_reply(model, tok, messages)]


@mistake("generate_reply", "Tokens come back; decode them.")
def tokens_returned(model, tok, messages):
    return tok(generate_reply(model, tok, messages))["input_ids"]


@mistake("generate_reply", "The conversation is changed: it gets the reply as another message. Leave it as it is.")
def conversation_changed(model, tok, messages):
    reply = generate_reply(model, tok, messages)
    messages.append({"role": "assistant", "content": reply})
    return reply


@mistake(
    "generate_reply",
    "The prompt stays on the CPU wherever the model is: on a GPU that fails. Put it on the model's device.",
)
def prompt_on_the_cpu(model, tok, messages):
    inputs = tok.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    ids = model.generate(**inputs)
    return tok.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


@mistake("generate_reply", "A GPU is taken for granted; the model may be on any device.")
def on_cuda(model, tok, messages):
    device = "cuda"
    if not torch.cuda.is_available():
        raise AssertionError("Torch not compiled with CUDA enabled")
    inputs = tok.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    ids = model.to(device).generate(**inputs.to(device))
    return tok.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


@mistake("generate_reply", FIXED_ANSWER)
def always_the_same(model, tok, messages):
    return "<think>3*4=12 2+12=14</think> <answer>14</answer>"


# --- 9.9 LossLogger ---------------------------------------------------------------------------------------------------


class _Logger:
    def __init__(self):
        self.rows = []


@mistake(
    "LossLogger",
    "You read the end of state.log_history, which may be empty: an IndexError at the first log. What is logged comes "
    "as `logs`.",
)
class HistoryRead(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        self.rows.append({"step": state.global_step, "loss": state.log_history[-1].get("loss")})


@mistake("LossLogger", "You wait for the end of a step, when nothing is logged yet; the trainer calls on_log.")
class AtTheEndOfAStep(_Logger):
    def on_step_end(self, args, state, control, **others):
        self.rows.append({"step": state.global_step})


@mistake(
    "LossLogger", "All that is logged is kept, also an evaluation and the summary: only a training step has a loss."
)
class AllKept(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs:
            self.rows.append({"step": state.global_step, **logs})


@mistake("LossLogger", "An eval_loss or a train_loss counts as a loss with you: a training step has `loss` itself.")
class AnyLoss(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if any("loss" in name for name in logs or {}):
            self.rows.append({"step": state.global_step, **logs})


@mistake("LossLogger", "None ends in an exception: there may be nothing that is logged.")
class LogsExpected(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if "loss" in logs:
            self.rows.append({"step": state.global_step, **logs})


@mistake(
    "LossLogger", "A loss of 0 is not kept, and GRPO's is about 0: ask whether it is there, not whether it is true."
)
class ZeroLost(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs and logs.get("loss"):
            self.rows.append({"step": state.global_step, **logs})


@mistake("LossLogger", "Only the loss is kept; all that was logged with it is asked for.")
class LossAlone(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs and "loss" in logs:
            self.rows.append({"step": state.global_step, "loss": logs["loss"]})


@mistake("LossLogger", "The step is missing in the rows.")
class StepMissing(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs and "loss" in logs:
            self.rows.append({**logs})


@mistake("LossLogger", "The calls are counted; the step is state.global_step, for not every step is logged.")
class CallsCounted(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs and "loss" in logs:
            self.rows.append({"step": len(self.rows) + 1, **logs})


@mistake("LossLogger", "The epoch stands where the step should: state.global_step is the step.")
class EpochForStep(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs and "loss" in logs:
            self.rows.append({"step": state.epoch, **logs})


@mistake(
    "LossLogger",
    "The rows are the trainer's own dictionaries, which it changes later: keep a copy, and do not write into them.",
)
class NoCopy(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs and "loss" in logs:
            logs["step"] = state.global_step
            self.rows.append(logs)


@mistake("LossLogger", "Only the newest row is kept; there is one for each step that was logged.")
class NewestAlone(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs and "loss" in logs:
            self.rows = [{"step": state.global_step, **logs}]


@mistake("LossLogger", "The newest row comes first; they are kept in order.")
class NewestFirst(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs and "loss" in logs:
            self.rows.insert(0, {"step": state.global_step, **logs})


@mistake("LossLogger", "Everything is printed, and nothing kept: rows stay empty.")
class Printed(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        str(logs)  # print(...), which would fill lint's screen


@mistake("LossLogger", "The rows have another form: each is one dictionary, with the step beside what was logged.")
class Pairs(_Logger):
    def on_log(self, args, state, control, logs=None, **others):
        if logs and "loss" in logs:
            self.rows.append((state.global_step, dict(logs)))


@mistake("LossLogger", "The trainer passes more than you take (model, optimizer, ...): on_log needs **kwargs.")
class WithoutKwargs(_Logger):
    def on_log(self, args, state, control, logs=None):
        if logs and "loss" in logs:
            self.rows.append({"step": state.global_step, **logs})
