"""What is checked in lab 9: probes with their public cases. The hidden cases are drawn anew for each grading run.

Whatever imports datasets, transformers or trl takes seconds: it is imported where it is needed, in checks that are not
quick.
"""

import dataclasses
import re
import tempfile
import types

import torch

from grader.checks import CannotJudge, check
from grader.checks.probes import raised_by
from grader.plain import type_name

ASKED = "2 + 3 * 4"
SECONDS = 60  # where a library may have to be imported first


def _as_trl(reward, replies, solution="14"):
    """A reward of the replies, called as GRPOTrainer calls it: by keyword, and with more than most functions use."""
    return reward(
        prompts=[[{"role": "user", "content": ASKED}] for _ in replies],
        completions=[[{"role": "assistant", "content": reply}] for reply in replies],
        completion_ids=[list(range(3, 3 + len(reply) // 4)) for reply in replies],
        problem=[ASKED] * len(replies),
        solution=[solution] * len(replies) if isinstance(solution, str) else solution,
        trainer_state=types.SimpleNamespace(global_step=1, log_history=[]),
        log_extra=lambda column, values: None,
        log_metric=lambda name, value: None,
    )


# --- 9.1 make_conversation --------------------------------------------------------------------------------------------


@check("make_conversation", points=1.5)
def row_of_numina(lab, row):
    """The prompt of a row that has its problem in `problem`."""
    return lab.make_conversation(row)


row_of_numina.case("a problem and its solution", row={"problem": "What is 2 + 3 * 4?", "solution": r"$\boxed{14}$"})
row_of_numina.case(
    "messages besides",
    row={
        "problem": " Solve\n{x} = 3.",
        "solution": "3",
        "messages": [{"role": "user", "content": "another one"}, {"role": "assistant", "content": "3"}],
    },
)


@check("make_conversation", points=2)
def row_of_stratos(lab, row):
    """The prompt of a row that has its problem in the user's first turn of `conversations`."""
    return lab.make_conversation(row)


row_of_stratos.case(
    "a question and its answer",
    row={
        "system": "Your role is to be exact.",
        "conversations": [
            {"from": "user", "value": "What is 7 * 2?"},
            {"from": "assistant", "value": "<think> 7 * 2 = 14 </think> <answer> 14 </answer>"},
        ],
    },
)
row_of_stratos.case(
    "four turns, and the assistant begins",
    row={
        "system": "Be brief.",
        "conversations": [
            {"from": "assistant", "value": "Hello."},
            {"from": "user", "value": "What is 1 + 1?"},
            {"from": "assistant", "value": "2"},
            {"from": "user", "value": "And 2 + 2?"},
        ],
    },
)


@check("make_conversation", points=1, quick=False, seconds=SECONDS)
def mapped(lab, rows):
    """The rows of a data set to which it was mapped: the new column beside the old ones."""
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    made = Dataset.from_list(rows).map(lambda row: lab.make_conversation(row), new_fingerprint="mapped")
    return made.to_list()


mapped.case("two problems", rows=[{"problem": "2 + 3 * 4", "solution": "14"}, {"problem": "1 * 1", "solution": "1"}])
mapped.case("conversations", rows=[{"system": "", "conversations": [{"from": "user", "value": "7 * 2"}]}])


@check("make_conversation", points=0.5, needs=row_of_stratos)
def neither_form(lab, rows):
    """ValueError for a row of another form, or without a turn of the user's."""
    return [raised_by(lab.make_conversation, row) for row in rows]


neither_form.case("a question, and a problem", rows=[{"question": "2 + 3", "solution": "5"}, {"problem": "2 + 3"}])
neither_form.case(
    "no turn, and none of the user's",
    rows=[{"conversations": []}, {"conversations": [{"from": "assistant", "value": "14"}]}, {}],
)

# --- 9.2 validate_dataset ---------------------------------------------------------------------------------------------

GOOD = {"solution": "14", "prompt": [{"role": "system", "content": "Think."}, {"role": "user", "content": ASKED}]}
OTHER = {"solution": "3", "prompt": [{"role": "system", "content": "Think."}, {"role": "user", "content": "1 + 2"}]}
LONGER = {**GOOD, "prompt": [*GOOD["prompt"], {"role": "assistant", "content": "14"}]}


def _prompt(*messages):
    """A row with a prompt of these messages, as (role, content)."""
    return {"solution": "14", "prompt": [{"role": role, "content": content} for role, content in messages]}


def _sentences(lab, splits, words, as_dict=False):
    """How many sentences there are, and whether some sentence has all the words of each list: words of its own in it.

    A split is a list of rows, or of no rows a dictionary with its columns.
    """
    import pyarrow
    from datasets import Dataset, DatasetDict

    tables = {
        name: pyarrow.Table.from_pylist(rows) if isinstance(rows, list) else pyarrow.table(rows)
        for name, rows in splits.items()
    }
    made = {name: Dataset(table, fingerprint=name) for name, table in tables.items()}  # which takes long to compute
    found = lab.validate_dataset(DatasetDict(made) if as_dict else made)
    if not isinstance(found, list | tuple) or not all(isinstance(sentence, str) for sentence in found):
        raise CannotJudge("lab9_sentences", type=type_name(found))
    said = [set(re.findall(r"\w+", sentence)) for sentence in found]
    return {"sentences": len(found), "said": [any(sentence.issuperset(each) for sentence in said) for each in words]}


@check("validate_dataset", points=2, quick=False, seconds=SECONDS)
def columns_and_rows(lab, splits, words, as_dict=False):
    """A sentence for each split and column that is missing, and for each split without rows."""
    return _sentences(lab, splits, words, as_dict)


columns_and_rows.case(
    "no solution in one of two splits",
    splits={"train": [GOOD, OTHER], "test": [{"prompt": GOOD["prompt"], "problem": ASKED}]},
    words=[["test", "solution"], ["train", "solution"]],
)
columns_and_rows.case(
    "neither of the two", splits={"train": [{"problem": ASKED}]}, words=[["train", "prompt"], ["train", "solution"]]
)
columns_and_rows.case(
    "no rows", splits={"train": [GOOD], "test": {"prompt": [], "solution": []}}, words=[["test"], ["train"]]
)
columns_and_rows.case("nothing is wrong", splits={"train": [GOOD, LONGER], "test": [OTHER]}, words=[["train"]])


@check("validate_dataset", points=4, quick=False, seconds=SECONDS)
def prompts(lab, splits, words, as_dict=False):
    """A sentence for each split with prompts that are no conversations, with the number of the first such row."""
    return _sentences(lab, splits, words, as_dict)


prompts.case(
    "the user is first in the second row",
    splits={"train": [GOOD, _prompt(("user", ASKED), ("system", "Think.")), OTHER]},
    words=[["train", "1"], ["train", "0"]],
)
prompts.case(
    "two rows of the second split",
    splits={"train": [GOOD] * 3, "test": [OTHER, GOOD, _prompt(("user", ASKED)), _prompt(("user", "1 + 2"))]},
    words=[["test", "2"], ["train"]],
)
prompts.case("an empty problem", splits={"train": [_prompt(("system", "Think."), ("user", "")), GOOD]}, words=[["0"]])
prompts.case("a text", splits={"train": [{"prompt": ASKED, "solution": "14"}]}, words=[["train", "0"]])
prompts.case("two texts", splits={"test": [{"prompt": ["Think.", ASKED], "solution": "14"}]}, words=[["test", "0"]])
prompts.case(
    "and no solution",
    splits={"train": [{"prompt": GOOD["prompt"]}, {"prompt": []}]},
    words=[["train", "1"], ["train", "solution"]],
)

# --- 9.3 accuracy_reward ----------------------------------------------------------------------------------------------

O1 = "<think> 2 + 3 = 5, 5 * 4 = 20 </think> <answer> 20 </answer>"
O2 = "<think> 3 * 4 = 12, 2 + 12 = 14 </think> <answer> 14 </answer>"
O3 = "<answer> 14 </answer>"


def _answered(*answers):
    """Replies of one form with these answers."""
    return [f"<think> so </think> <answer> {answer} </answer>" for answer in answers]


@check("accuracy_reward", points=2.5)
def plain_answers(lab, replies, solution="14"):
    """Numbers and fractions in plain text, each held against its own gold answer."""
    return _as_trl(lab.accuracy_reward, replies, solution)


plain_answers.case("o1 to o3", replies=[O1, O2, O3])
plain_answers.case("each its own", replies=_answered(3, 4, 5, 4), solution=["3", "5", "4", "4"])
plain_answers.case(
    "the same number, written otherwise", replies=_answered("14.0", "28/2", ".5"), solution=["14", "14", "1/2"]
)
plain_answers.case("other numbers, and none", replies=_answered("-14", "140", "fourteen", ""))


@check("accuracy_reward", points=2.5)
def inside_of_the_tag(lab, replies, solution="14"):
    """What stands inside of the last answer tags, and nothing else of the reply."""
    return _as_trl(lab.accuracy_reward, replies, solution)


inside_of_the_tag.case(
    "14 is thought, 20 is answered",
    replies=[r"<think> \boxed{14} </think> <answer> 20 </answer>", "<think> 14 </think> <answer> 20 </answer>", O2],
)
inside_of_the_tag.case(
    "no pair of tags", replies=[r"So it is $\boxed{14}$.", "14", "<think> 3 * 4 </think> <answer> 14", ""]
)
inside_of_the_tag.case(
    "two answers",
    replies=["<answer>20</answer> No: <answer>14</answer>", "<answer>14</answer> No: <answer>20</answer>"],
)
inside_of_the_tag.case("over lines", replies=["<think>\n12\n</think>\n<answer>\n14\n</answer>"])


@check("accuracy_reward", points=2)
def latex(lab, replies, solution):
    """LaTeX in answers and in gold answers, also at the end of a whole solution."""
    return _as_trl(lab.accuracy_reward, replies, solution)


latex.case(
    "of one half",
    replies=_answered(r"$\frac{1}{2}$", r"\boxed{\frac{1}{2}}", "0.5", r"$\frac{2}{1}$"),
    solution=[r"$\frac{1}{2}$", "1/2", r"$\frac{1}{2}$", r"$\frac{1}{2}$"],
)
latex.case(
    "a whole solution",
    replies=_answered("14", "12", "$14$"),
    solution=[r"First $3 \cdot 4 = 12$, then $2 + 12 = 14$. So the answer is $\boxed{14}$."] * 3,
)
latex.case(
    "equal mathematically",
    replies=_answered(r"$\sqrt{8}$", "$1 + x$", r"$\{2, 1\}$", "$x - 1$"),
    solution=[r"$2\sqrt{2}$", "$x + 1$", r"$\{1, 2\}$", "$1 - x$"],
)

gold_and_answer = latex.also("Which is the gold answer and which the answer makes a difference.", points=1)
gold_and_answer.case("1 < x < 2", replies=_answered("$(1, 2)$", "$1 < x < 2$"), solution=["$1 < x < 2$", "$(1, 2)$"])

unreadable_gold = latex.also("None where nothing can be read in the gold answer.", points=1)
unreadable_gold.case(
    "a proof between two numbers",
    replies=_answered(14, 14, 14, "a proof"),
    solution=["14", "The proof is left to the reader.", "15", "The proof is left to the reader."],
)

# --- 9.4 format_reward, reasoning_steps_reward ------------------------------------------------------------------------


@check("format_reward", points=3)
def whole_reply(lab, replies):
    """format_reward: the whole reply is a thought and an answer, with nothing but white space between them."""
    return _as_trl(lab.format_reward, replies)


whole_reply.case("o1 to o3", replies=[O1, O2, O3])
whole_reply.case(
    "in lines, in one piece",
    replies=["<think>\n12\n14\n</think>\n\n<answer>\n14\n</answer>", "<think>12</think><answer>14</answer>"],
)
whole_reply.case("text after it", replies=[f"{O2}\nI hope this helps.", f"{O2} Done.", O2])
whole_reply.case("text before it", replies=[O2, f"Sure!\n{O2}", f"Sure! {O2}"])
whole_reply.case("text between", replies=[O2.replace("> <", "> so <"), O2.replace("> <", ">\nso\n<"), O2])
whole_reply.case("nothing inside, a lone <", replies=["<think></think><answer></answer>", O2.replace("12,", "<")])


@check("format_reward", points=3)
def tags_once(lab, replies):
    """format_reward: each of the four tags once, in lower case and in their order."""
    return _as_trl(lab.format_reward, replies)


tags_once.case("nested, and right", replies=["<think> <think> 12 </think> </think> <answer> 14 </answer>", O2])
tags_once.case("twice", replies=["<think> 12 </think> <answer> 20 </answer> <answer> 14 </answer>", O2, f"{O1} {O2}"])
tags_once.case("turned around", replies=[O2, "<answer> 14 </answer> <think> 12 </think>", "</think>1<think> " + O3])
tags_once.case("one is missing", replies=[O2.replace(tag, "") for tag in ("<think>", "</think>", "</answer>", "?")])
tags_once.case("capitals", replies=[O2.upper(), O2])


@check("format_reward", points=2)
def step_marks(lab, replies):
    """reasoning_steps_reward: a third for each "Step 2:" or 步骤 2：, and no more than 1."""
    return _as_trl(lab.reasoning_steps_reward, replies)


step_marks.case("none, one, two", replies=["3 * 4 = 12", "Step 1: 12", "So Step 1: 12. Step 2: 14"])
step_marks.case("three, four", replies=["Step 1: a\nStep 2: b\nStep 3: c", "Step 1: Step 2: Step 3: Step 4:"])
step_marks.case("Chinese", replies=["步骤 1：先乘。步骤2:后加。", "先看步骤 12 ： 14, 步骤3：9", "这个步骤很难：14"])
step_marks.case("no number, no colon", replies=["Step: 12, Step 2 is 14", "Step 10: 14, 步骤 2"])


@check("format_reward", points=2.5)
def list_marks(lab, replies):
    """reasoning_steps_reward: numbers and bullets at the beginning of a line."""
    return _as_trl(lab.reasoning_steps_reward, replies)


list_marks.case("numbers", replies=["1. multiply\n2. add", "Then\n10. add", "add 1. and 2. of it"])
list_marks.case("3.14, 12 apples", replies=["3.14 is pi\n2.5 is not", "12 apples\n1. eat", "Is it 3.\nNo"])
list_marks.case("bullets, the first line too", replies=["- multiply\n- add", "* multiply\nthen add", "so\n* 12\n- 14"])
list_marks.case("rules, bold, minus", replies=["---\n**so**\n-3", "12 - 3 * 4", "--- \n- 12\n**14** "])


@check("format_reward", points=1.5)
def word_marks(lab, replies):
    """reasoning_steps_reward: the four words, each of which counts once."""
    return _as_trl(lab.reasoning_steps_reward, replies)


word_marks.case("one three times, two", replies=["First, First, First, 14", "First, 12. Finally, 14", "At first, 14"])
word_marks.case("each of them", replies=["First, 1", "Second, 2", "Next, 3", "Finally, 4", "Next the second"])
word_marks.case("with other marks", replies=["1. First, 12", "- Next, 12\n- Next, 14", "Step 1: 2"])

# --- 9.5 get_cosine_scaled_reward -------------------------------------------------------------------------------------


def _of_length(answer, characters):
    """A reply with this answer of so many characters; shorter ones than there can be are cut off at the end."""
    rest = f"</think> <answer>{answer}</answer>"
    return ("<think>" + "." * (characters - 7 - len(rest)) + rest)[:characters]


ENDS = {"min_value_wrong": -2.0, "max_value_wrong": -1.5, "min_value_correct": 1.25, "max_value_correct": 3.0}


@check("get_cosine_scaled_reward", points=2.5)
def right_answers(lab, replies, solution="14", **settings):
    """Right answers: the longer, the less, along half a cosine."""
    reward = lab.get_cosine_scaled_reward(**settings)
    return _as_trl(reward, [_of_length(*reply) for reply in replies], solution)


right_answers.case("40 to 1,000 characters", replies=[[14, n] for n in (40, 250, 750, 1000)])
right_answers.case("other ends", replies=[[14, 50], [9, 150]], solution=["14", "9"], **ENDS, max_len=200)

wrong_answers = right_answers.also("Wrong answers, and none: the longer, the more.", points=2.5)
wrong_answers.case("0 to 1,000 characters", replies=[[20, n] for n in (0, 40, 400, 900, 1000)])
wrong_answers.case("other ends", replies=[[14, 50], [9, 150]], solution=["9", "14"], **ENDS, max_len=200)

too_long = right_answers.also("From max_len on, length changes nothing.", points=2)
too_long.case("2,000 characters", replies=[[14, 2000], [20, 2000], [14, 1300]])
too_long.case("a max_len of 60", replies=[[9, 61], [9, 240], [20, 90]], solution=["9"] * 3, max_len=60)

not_judged = right_answers.also("None where accuracy_reward gives None.", points=1)
not_judged.case("a proof", replies=[[14, 500], [14, 500]], solution=["The proof is left to the reader.", "14"])

# --- 9.6 get_repetition_penalty_reward --------------------------------------------------------------------------------


@check("get_repetition_penalty_reward", points=3)
def repeated_words(lab, replies, n, max_penalty):
    """The share of n-grams of words that repeat others, times max_penalty; small and capital letters are the same."""
    return _as_trl(lab.get_repetition_penalty_reward(n, max_penalty), replies)


repeated_words.case(
    "three words", replies=["a b c a b c a b c", "so 3 * 4 is 12", "a A a b a a a b"], n=3, max_penalty=-0.5
)
repeated_words.case(
    "two words", replies=["To be or not to be", "so\nit  is so it is", "no, no no"], n=2, max_penalty=-1.0
)
repeated_words.case("one word", replies=["so so so", "so it is"], n=1, max_penalty=-0.1)

chinese_words = repeated_words.also("A Chinese character is a word.", points=2)
chinese_words.case("no blanks", replies=["先乘后加先乘后加", "先乘后加"], n=2, max_penalty=-1.0)
chinese_words.case(
    "between other words", replies=["先add先add先add", "乘 3乘 3乘 4", "一龥一龥鿿一龥鿿"], n=2, max_penalty=-1.0
)

few_words = repeated_words.also("0 for a reply of fewer than n words.", points=1.5)
few_words.case("none to four", replies=["", "a a", "a a a", "a a a a", " \n "], n=3, max_penalty=-1.0)
few_words.case("four", replies=["so so so", "so so so so so", "so it so it so it"], n=4, max_penalty=-2.0)


@check("get_repetition_penalty_reward", points=0.5, needs=repeated_words)
def rewards_refused(lab, n, penalties):
    """ValueError for a penalty that is positive."""
    return [raised_by(lab.get_repetition_penalty_reward, n, penalty) for penalty in penalties]


rewards_refused.case("above, below and at 0", n=3, penalties=[0.1, -0.1, 0.0, 1.0])

# --- 9.7 get_reward_functions -----------------------------------------------------------------------------------------


@dataclasses.dataclass
class _Arguments:
    """The fields of training.py's GRPOScriptArguments."""

    reward_funcs: list[str]
    cosine_min_value_wrong: float = -0.5
    cosine_max_value_wrong: float = -0.1
    cosine_min_value_correct: float = 0.8
    cosine_max_value_correct: float = 1.0
    cosine_max_len: int = 1000
    repetition_n_grams: int = 3
    repetition_max_penalty: float = -0.1


REPLIES = ["<think> Step 1: 3 * 4 = 12 </think> <answer> 14 </answer>", O3, "Step 1: Step 2: so so so so so 14"]


def _rewards(lab, runs, replies, solution):
    """What the functions of each run give; all are made before the first is called."""
    made = [list(lab.get_reward_functions(_Arguments(**run))) for run in runs]
    return [[_as_trl(function, replies, solution) for function in functions] for functions in made]


@check("get_reward_functions", points=3.5)
def in_their_order(lab, runs, replies, solution="14"):
    """The functions that are named, in the order in which they are named."""
    return _rewards(lab, runs, replies, solution)


in_their_order.case(
    "two, and the other way round",
    runs=[{"reward_funcs": ["accuracy", "format"]}, {"reward_funcs": ["format", "accuracy"]}],
    replies=REPLIES,
)
in_their_order.case(
    "all five",
    runs=[{"reward_funcs": ["repetition_penalty", "cosine", "reasoning_steps", "format", "accuracy"]}],
    replies=REPLIES,
    solution=["14", "14", "20"],
)

with_their_settings = in_their_order.also("The last two have the settings of their own run.", points=3)
with_their_settings.case(
    "two runs",
    runs=[
        {"reward_funcs": ["cosine", "repetition_penalty"], "cosine_max_len": 120, "repetition_max_penalty": -2.0},
        {
            "reward_funcs": ["repetition_penalty", "cosine"],
            **{f"cosine_{end}": value for end, value in ENDS.items()},
            "cosine_max_len": 80,
            "repetition_n_grams": 1,
        },
    ],
    replies=REPLIES,
)


@check("get_reward_functions", points=1, needs=in_their_order)
def names_of_their_own(lab, reward_funcs):
    """No two functions have the same __name__, by which TRL logs them."""
    names = [function.__name__ for function in lab.get_reward_functions(_Arguments(reward_funcs))]
    return {"functions": len(names), "names": len(set(names))}


names_of_their_own.case(
    "all five", reward_funcs=["accuracy", "format", "reasoning_steps", "cosine", "repetition_penalty"]
)


@check("get_reward_functions", points=0.5, needs=in_their_order)
def names_refused(lab, runs):
    """ValueError for a name that is none of the five."""
    return [raised_by(lab.get_reward_functions, _Arguments(names)) for names in runs]


names_refused.case("length, and five that there are", runs=[["accuracy", "length"], ["cosine"], ["Format"], ["format"]])

# --- 9.8 make_grpo_config ---------------------------------------------------------------------------------------------

ALGORITHM = ["beta", "loss_type", "scale_rewards", "epsilon", "num_iterations", "use_bias_correction_kl"]
SAMPLING = ["num_generations", "max_completion_length", "temperature"]
FIELDS = [*ALGORITHM, *SAMPLING, "remove_unused_columns", "report_to", "seed"]


def _made(lab, folder, over):
    """The configuration, with these settings and a folder for what training writes."""
    return lab.make_grpo_config(output_dir=folder, **over)


@check("make_grpo_config", points=2.5, quick=False, seconds=SECONDS)
def settings(lab, over):
    """The settings on which the lab depends, and those that take their place."""
    with tempfile.TemporaryDirectory() as folder:
        config = _made(lab, folder, over)
        rate = f"{config.learning_rate:g}"  # as a number it is smaller than what is tolerated
        found = {name: getattr(config, name) for name in FIELDS}
        return found | {"learning_rate": rate, "folder": config.output_dir == folder}


settings.case("as they are", over={})
settings.case("another algorithm", over={"beta": 0.0, "loss_type": "dr_grpo", "scale_rewards": "none"})
settings.case("another rate, a seed", over={"learning_rate": 2e-4, "temperature": 0.7, "seed": 7})


@check("make_grpo_config", points=0.75, quick=False, seconds=SECONDS)
def batches(lab, over):
    """How many completions a batch has: those of one prompt, where nothing else is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        config = _made(lab, folder, over)
        return [config.per_device_train_batch_size, config.num_generations, config.generation_batch_size]


batches.case("eight, by default", over={})
batches.case("four of a prompt", over={"num_generations": 4})
batches.case(
    "two at a time", over={"num_generations": 4, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 2}
)


@check("make_grpo_config", points=0.75, quick=False, seconds=SECONDS, needs=settings)
def fits_the_machine(lab, over):
    """bf16 and gradient_checkpointing where there is a GPU, use_cpu where there is none; unless asked for otherwise."""
    gpu = torch.cuda.is_available()
    wanted = {"bf16": gpu, "gradient_checkpointing": gpu, "use_cpu": not gpu, **over}
    with tempfile.TemporaryDirectory() as folder:
        config = _made(lab, folder, over)
        found = {name: getattr(config, name) for name in wanted}
    here = f"where there is {'a' if gpu else 'no'} GPU"
    return {name: "as asked" if found[name] == value else f"{found[name]} {here}" for name, value in wanted.items()}


fits_the_machine.case("as it is", over={})
fits_the_machine.case("checkpoints asked for", over={"gradient_checkpointing": True})
fits_the_machine.case("none asked for", over={"gradient_checkpointing": False})


@check("make_grpo_config", points=0.5, quick=False, seconds=SECONDS, needs=batches)
def settings_refused(lab, runs):
    """ValueError where the completions cannot be divided by num_generations, TypeError where there is no such field."""
    with tempfile.TemporaryDirectory() as folder:
        return [raised_by(_made, lab, folder, over) for over in runs]


settings_refused.case(
    "6 and 8 by 4, and a field of the past",
    runs=[
        {"per_device_train_batch_size": 6, "num_generations": 4},
        {"per_device_train_batch_size": 8, "num_generations": 4},
        {"overwrite_output_dir": True},
    ],
)


@check("make_grpo_config", points=1.5, quick=False, seconds=SECONDS, needs=batches, last=True)
def step_of_the_trainer(lab, tiny, over, reward_funcs):
    """A step of GRPOTrainer with your configuration and rewards: what is judged, and what is logged."""
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import GRPOTrainer

    model, tok = tiny
    seen = {"completions": 0, "solutions": []}

    def noted(completions, solution, **kwargs):
        seen["completions"] += len(completions)
        seen["solutions"] += solution
        return [0.5] * len(completions)

    rows = [{"prompt": [{"role": "user", "content": ASKED}], "solution": "14"} for _ in range(2)]
    with tempfile.TemporaryDirectory() as folder:
        small = {"max_steps": 1, "logging_steps": 1, "save_strategy": "no", "max_completion_length": 8}
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=[*lab.get_reward_functions(_Arguments(reward_funcs)), noted],
            args=_made(lab, folder, {**small, "disable_tqdm": True, **over}),
            train_dataset=Dataset.from_list(rows),
            processing_class=tok,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    logged = trainer.state.log_history[0]
    means = [name for name in logged if name.startswith("rewards/") and name.endswith("/mean")]
    return {**seen, "means": len(means), "kl": "kl" in logged, "steps": trainer.state.global_step}


step_of_the_trainer.case(
    "two rewards, four completions", over={"num_generations": 4}, reward_funcs=["accuracy", "format"]
)

# --- 9.9 generate_reply, LossLogger -----------------------------------------------------------------------------------

# The tiny model's own template, with the beginning of the model's turn only where it is asked for.
TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ bos_token + m['content'] }}"
    "{% elif m['role'] == 'assistant' %}{{ '=' + m['content'] + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '=' }}{% endif %}"
)


def _conversation(*contents):
    """Messages of user and assistant in turn."""
    return [{"role": ("user", "assistant")[i % 2], "content": content} for i, content in enumerate(contents)]


def _ready(tiny, max_new_tokens):
    """The model, which takes the likeliest token each time, and its tokenizer."""
    model, tok = tiny
    model.generation_config.do_sample = False
    model.generation_config.max_new_tokens = max_new_tokens
    tok.chat_template = TEMPLATE
    return model, tok


@check("generate_reply", points=2, quick=False, seconds=SECONDS)
def reply_alone(lab, tiny, messages, max_new_tokens=24):
    """generate_reply: the model's own turn, without the prompt and without special tokens."""
    return lab.generate_reply(*_ready(tiny, max_new_tokens), messages)


reply_alone.case("the running example", messages=_conversation(ASKED))
reply_alone.case("a bound of five tokens", messages=_conversation("4 + 7 * 3"), max_new_tokens=5)
reply_alone.case(
    "after another question",
    messages=_conversation(ASKED, "<think>3*4=12 2+12=14</think> <answer>14</answer>", "7 + 8 * 9"),
)


@check("generate_reply", points=0.5, quick=False, seconds=SECONDS, needs=reply_alone, values=False)
def where_the_model_is(lab, tiny, messages):
    """generate_reply: what the model is given is on the model's device."""
    model, tok = _ready(tiny, 24)
    given = set()

    def generate(*args, **kwargs):
        tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor)]
        given.update(tensor.device.type for tensor in tensors)
        prompt = next(tensor for tensor in tensors if tensor.dim() == 2)
        return torch.full((1, prompt.shape[1] + 2), tok.eos_token_id)

    model.to("meta").generate = generate  # tensors on meta have no values: enough to see where they were put
    lab.generate_reply(model, tok, messages)
    return sorted(given)


where_the_model_is.case("on another device", messages=_conversation(ASKED))


@check("generate_reply", points=1)
def steps_kept(lab, logs):
    """LossLogger: the step and all that was logged with it, of each training step."""
    return _rows_of(lab, logs)


def _rows_of(lab, logs):
    """The rows of a LossLogger after these calls, given as (step, what is logged)."""
    logger, history = lab.LossLogger(), []
    for step, logged in logs:
        state = types.SimpleNamespace(global_step=step, epoch=0.5, max_steps=50, log_history=history)
        others = dict.fromkeys(("model", "processing_class", "optimizer", "lr_scheduler", "train_dataloader"))
        now = logged if logged is None else dict(logged)
        logger.on_log(types.SimpleNamespace(logging_steps=1), state, object(), logs=now, **others)
        if now is not None:  # the trainer goes on with it
            now.clear()
            now["loss"] = -1.0
    return logger.rows


steps_kept.case("two steps", logs=[[1, {"loss": 0.25, "reward": 0.5, "kl": 0.0}], [2, {"loss": -0.125, "reward": 1.0}]])
steps_kept.case("every tenth step, a loss of 0", logs=[[10, {"loss": 0.0, "reward": 0.5}], [20, {"loss": 0.5}]])

other_logs = steps_kept.also("LossLogger: an evaluation, the summary and None are not kept.", points=0.5)
other_logs.case(
    "after two steps",
    logs=[
        [1, {"loss": 0.0, "reward": 0.5}],
        [1, {"eval_loss": 0.5, "eval_reward": 0.25}],
        [2, None],
        [2, {"loss": 0.5}],
        [2, {"train_runtime": 1.5, "train_loss": 0.25}],
        [2, {"eval_reward": 0.25}],
        [2, {}],
    ],
)
