"""What is checked in lab 8: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import random

import numpy as np
import torch
from torch import tensor

from grader.checks import CannotJudge, Wrong, check
from grader.checks.devices import on_its_device
from grader.checks.probes import mapping, raised_by, value_and_gradients
from grader.codes import GLOBAL_DICE
from grader.plain import type_name


def _each(function, asked, *rest):
    """What is answered to a text, or to a list of them: of several answers none is a lucky guess."""
    return function(asked, *rest) if isinstance(asked, str) else [function(one, *rest) for one in asked]


# --- 8.1 few_shot_prompt, parse_cold_start ----------------------------------------------------------------------------

NINE = ("What is the square root of 9 plus 5?", "|special_token| The root is 3, 3 + 5 = 8. |special_token| Summary: 8.")
TRAIN = (
    "Train travels at 60 mph for 2 hours, how far?",
    "|special_token| Distance is speed times time.\n60 * 2 = 120. |special_token| Summary: 120 miles.",
)
SET = ("How many elements has {1, 2}?", "|special_token| 1 and 2 |special_token| Summary: {2}")


@check("parse_cold_start", points=2.5)
def shown_and_asked(lab, examples, question):
    """few_shot_prompt: the lines of the prompt, from the heading to where the model goes on."""
    prompt = lab.few_shot_prompt([tuple(example) for example in examples], question)
    return prompt.split("\n") if isinstance(prompt, str) else prompt


shown_and_asked.case("one example", examples=[NINE], question="What is 2 + 3 * 4?")
shown_and_asked.case("two examples, one in two lines", examples=[NINE, TRAIN], question="What is 2 + 3 * 4?")
shown_and_asked.case("braces are no placeholders", examples=[SET], question="How many elements has {3} or {question}?")


@check("parse_cold_start", points=0.5, needs=shown_and_asked)
def nothing_to_show(lab, examples, question):
    """few_shot_prompt raises ValueError where there is no example, and only there."""
    return [raised_by(lab.few_shot_prompt, [tuple(example) for example in shown], question) for shown in examples]


nothing_to_show.case("none, then one", examples=[[], [NINE]], question="What is 2 + 3 * 4?")


@check("parse_cold_start", points=2)
def both_parts(lab, text):
    """parse_cold_start: the reasoning and the summary of a completion in the format."""
    return _each(lab.parse_cold_start, text)


THOUGHT = "First calculate 3 * 4 = 12.\nThen add 2: 2 + 12 = 14."
both_parts.case(
    "on one line", text="|special_token| 3 * 4 = 12, 2 + 12 = 14 |special_token| Summary: The answer is 14."
)
both_parts.case("over lines", text=f"|special_token|  {THOUGHT} |special_token| Summary: The answer is 14.\n")
both_parts.case(
    "blanks inside of the token", text=f"| special_token | Reasoning: {THOUGHT}\n| special_token | It is 14."
)
both_parts.case("no blanks at all", text="|special_token|3*4=12|special_token|14")
both_parts.case("bars of another kind", text="|special_token| |-3| + |2| = 5 |special_token| 5 | five")


@check("parse_cold_start", points=1)
def other_formats(lab, text):
    """parse_cold_start answers None to what is not in the format."""
    return _each(lab.parse_cold_start, text)


other_formats.case("the tags of R1-Zero", text="<think> 3 * 4 = 12 </think> <answer> 14 </answer>")
other_formats.case("the token once", text="|special_token| 3 * 4 = 12, 2 + 12 = 14. The answer is 14.")
other_formats.case("three times", text="|special_token| 3 * 4 = 12 |special_token| 2 + 12 = 14 |special_token| 14")
other_formats.case("a third one at the end", text="|special_token| 3 * 4 = 12 |special_token| 14 |special_token|")
other_formats.case("text before it", text="Sure! |special_token| 3 * 4 = 12 |special_token| 14")
other_formats.case("blanks before it", text="\n |special_token| 3 * 4 = 12 |special_token| 14")
other_formats.case(
    "no reasoning", text=["|special_token| |special_token| It is 14.", "|special_token||special_token| 14"]
)
other_formats.case("no summary", text="|special_token| 3 * 4 = 12 |special_token| \n")

# --- 8.2 refine_r1zero_output -----------------------------------------------------------------------------------------


@check("refine_r1zero_output", points=3.5)
def rewritten(lab, text):
    """Thought and answer in the format of the cold-start data, with one blank between all words of the thought."""
    return _each(lab.refine_r1zero_output, text)


O1 = "<think> 2 + 3 = 5, 5 * 4 = 20 </think> <answer> 20 </answer>"
O2 = "<think> 3 * 4 = 12, 2 + 12 = 14 </think> <answer> 14 </answer>"
rewritten.case("o1: well-formed, and wrong", text=O1)
rewritten.case("in lines", text="<think>\n3 * 4 = 12\n\n  2 + 12 = 14\n</think>\n<answer>\n14\n</answer>\n")
rewritten.case(
    "ummm", text="<think>  ummm... multiply 3 and 4... get  12... then add 2...</think>\n<answer> 14 </answer>"
)
rewritten.case("an answer in words, no blanks", text="<think>3*4=12</think><answer>about  14</answer>")


@check("refine_r1zero_output", points=1.5, needs=rewritten)
def not_to_be_refined(lab, text):
    """ValueError for what is not one thought and then one answer, or where one of them is empty."""
    return [raised_by(lab.refine_r1zero_output, one) for one in text]


not_to_be_refined.case("o2, with and without its thought", text=[O2, "<answer> 14 </answer>", "<think> 14 </think>"])
not_to_be_refined.case("text around and between", text=[f"Sure! {O2}", f"{O2} Done.", O2.replace("> <", "> so <"), O2])
not_to_be_refined.case("twice", text=["<think> 12 </think> " + O2, O2 + " <answer> 20 </answer>", O2])
not_to_be_refined.case(
    "empty", text=["<think> </think> <answer> 14 </answer>", O2, "<think> 12 </think> <answer>\n</answer>"]
)
not_to_be_refined.case("turned around", text=["<answer> 14 </answer> <think> 3 * 4 = 12 </think>", "14", f" {O2}\n"])

# --- 8.3 build_sft_example --------------------------------------------------------------------------------------------


@check("build_sft_example", points=3.5, exact_dtype=True)
def prompt_target_end(lab, prompt_ids, target_ids, eos):
    """Prompt, target and end as one sequence, with a mask of 1 on all that the model is to give; int64."""
    return lab.build_sft_example(prompt_ids, target_ids, eos)


prompt_target_end.case("a prompt of three, a target of two", prompt_ids=[5, 8, 3], target_ids=[7, 5], eos=2)
prompt_target_end.case("no prompt", prompt_ids=[], target_ids=[4, 9, 4], eos=0)
prompt_target_end.case("an end inside of prompt and target", prompt_ids=[6, 1], target_ids=[3, 1, 8], eos=1)


ended_already = prompt_target_end.also("A target that ends with the end already gets no second one.", points=2)
ended_already.case("a target of three with its end", prompt_ids=[5, 8], target_ids=[7, 5, 2], eos=2)
ended_already.case("nothing but the end", prompt_ids=[5, 8, 3, 4], target_ids=[2], eos=2)


@check("build_sft_example", points=0.5, needs=prompt_target_end)
def nothing_to_learn(lab, examples, eos):
    """ValueError where the target is empty, and only there."""
    return [raised_by(lab.build_sft_example, prompt_ids, target_ids, eos) for prompt_ids, target_ids in examples]


nothing_to_learn.case("a target, then none", examples=[[[5, 8], [7]], [[5, 8], []]], eos=2)

# --- 8.4 sft_loss -----------------------------------------------------------------------------------------------------


def _logits(B, L, V):
    return torch.cos(torch.arange(1.0, B * L * V + 1).square()).reshape(B, L, V)


@check("sft_loss", points=4)
def mean_over_targets(lab, logits, ids, target_mask):
    """One mean over the targets' tokens of all examples, with its gradient to the logits."""
    return value_and_gradients(lambda logits: lab.sft_loss(logits, ids, target_mask), logits)


TWO = dict(logits=_logits(2, 5, 4), ids=tensor([[1, 3, 0, 2, 3], [0, 2, 1, 1, 2]]))
MASK = tensor([[0, 0, 1, 1, 1], [0, 0, 1, 0, 0]])
mean_over_targets.case("targets of three and of one", **TWO, target_mask=MASK)
mean_over_targets.case("the same as bool", **TWO, target_mask=MASK.bool())
mean_over_targets.case("one of two tokens", logits=_logits(1, 2, 6), ids=tensor([[4, 5]]), target_mask=tensor([[0, 1]]))


far_apart = mean_over_targets.also("Tokens of probability 0 in floats still have a loss, and a gradient.", points=2)
FAR = dict(logits=400 * _logits(1, 4, 3).sign(), ids=tensor([[2, 0, 2, 2]]))
far_apart.case("logits of +-400", **FAR, target_mask=tensor([[0, 1, 1, 1]]))


first_token_marked = mean_over_targets.also("A first token that is marked does not count.", points=1.5)
first_token_marked.case("without a prompt", **TWO, target_mask=tensor([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1]]))


no_token_marked = mean_over_targets.also("0, no NaN, where no token is marked.", points=1.5, needs=mean_over_targets)
no_token_marked.case("none at all", **TWO, target_mask=0 * MASK)
no_token_marked.case("one example of two", **TWO, target_mask=tensor([[0, 0, 0, 0, 0], [0, 0, 1, 1, 0]]))

loss_device = on_its_device(mean_over_targets)

# --- 8.5 language_consistency -----------------------------------------------------------------------------------------


@check("language_consistency", points=3)
def share_of_english(lab, cot, lang="en"):
    """The share of English words, runs of letters, among all words."""
    return _each(lab.language_consistency, cot, lang)


share_of_english.case("English, with numbers and signs", cot="First 3 * 4 = 12, then 2 + 12 = 14.")
share_of_english.case("mixed: two words, three characters", cot="first 3 乘 4 gives 12, 所以 14")
share_of_english.case("no blanks between them", cot="先multiply乘ADD")
share_of_english.case("an apostrophe and an underscore part words", cot="it's x_1 是")
share_of_english.case("Chinese", cot="先乘后加")


share_of_chinese = share_of_english.also("The share of Chinese characters, each of which is one word.", points=2.5)
share_of_chinese.case("Chinese, with numbers and signs", cot="先算 3 * 4 = 12，再加 2，得 14。", lang="zh")
share_of_chinese.case("mixed: four characters, one word", cot="先乘 then 后加", lang="zh")
share_of_chinese.case("a rare character", cot="鿫 is an element", lang="zh")
share_of_chinese.case("English", cot="first times then plus", lang="zh")


without_words = share_of_english.also("0 where there is no word at all.", points=1.5, needs=share_of_english)
without_words.case("o1 has numbers alone, o3 nothing", cot=["2 + 3 = 5, 5 * 4 = 20", "", "so 14"])
without_words.case("numbers alone, in Chinese", cot=["2 + 3 = 5，5 * 4 = 20。", "得 20"], lang="zh")
without_words.case("other letters are no words", cot=["π é かな", "π is 3"])


@check("language_consistency", points=1, needs=share_of_english)
def other_languages(lab, cot, langs):
    """ValueError for a language that is neither English nor Chinese."""
    return [raised_by(lab.language_consistency, cot, lang) for lang in langs]


other_languages.case("French, English, Chinese, Spanish", cot="so 14", langs=["fr", "en", "zh", "es"])

# --- 8.6 reasoning_reward, all_scenario_reward ------------------------------------------------------------------------


@check("all_scenario_reward", points=3)
def accuracy_and_language(lab, rewards, **weights):
    """reasoning_reward: accuracy and language consistency, weighted and added; 1 and .2 where no weights are given."""
    return [lab.reasoning_reward(acc, lang, **weights) for acc, lang in rewards]


accuracy_and_language.case("o1: wrong, in the right language", rewards=[[0.0, 1.0]])
accuracy_and_language.case("o2: right, in the right language", rewards=[[1.0, 1.0]])
accuracy_and_language.case("mixed languages", rewards=[[1.0, 0.5], [0.0, 0.25]])
accuracy_and_language.case("other weights", rewards=[[1.0, 0.5], [0.0, 1.0]], w_acc=2.0, w_lang=0.6)


@check("all_scenario_reward", points=3)
def with_a_right_answer(lab, kind, acc, helpful, harmless, weights):
    """all_scenario_reward of a reasoning prompt: accuracy, helpfulness and harmlessness, weighted and added."""
    return lab.all_scenario_reward(kind, acc, helpful, harmless, weights)


WEIGHTS = {"acc": 1.0, "helpful": 0.5, "harmless": 0.25}
REASONING = dict(kind="reasoning", helpful=0.6, harmless=0.9)
with_a_right_answer.case("right", acc=1.0, **REASONING, weights=WEIGHTS)
with_a_right_answer.case("wrong", acc=0.0, **REASONING, weights=WEIGHTS)
with_a_right_answer.case("scores below 0", kind="reasoning", acc=1.0, helpful=-1.5, harmless=-0.4, weights=WEIGHTS)
with_a_right_answer.case("other weights", acc=0.5, **REASONING, weights={"acc": 3.0, "helpful": 2.0, "harmless": 4.0})


without_a_rule = with_a_right_answer.also("... of any other prompt: accuracy does not count, whatever it is.", points=3)
without_a_rule.case("general", kind="general", acc=None, helpful=0.6, harmless=0.9, weights=WEIGHTS)
without_a_rule.case("harmful", kind="harmful", acc=None, helpful=-0.2, harmless=0.8, weights=WEIGHTS)
without_a_rule.case("general, with a number", kind="general", acc=1.0, helpful=0.6, harmless=-0.9, weights=WEIGHTS)
without_a_rule.case("writing, with a number", kind="writing", acc=1.0, helpful=0.5, harmless=0.25, weights=WEIGHTS)

# --- 8.7 rejection_sample, passes_filters -----------------------------------------------------------------------------


@check("rejection_sample", points=4)
def best_first(lab, scored, threshold, k):
    """rejection_sample: at most k samples that are good enough, the best one first."""
    scores = dict(scored)
    return lab.rejection_sample([sample for sample, _ in scored], scores.__getitem__, threshold, k)


SIX = [["20", 0.0], ["14, as 12 + 2", 0.9], ["14", 0.5], ["14, since 3 * 4 is 12", 1.2], ["24", 0.1], ["so 14", 0.7]]
best_first.case("three of six", scored=SIX, threshold=0.5, k=3)
best_first.case("fewer than k are good enough", scored=SIX, threshold=0.9, k=4)
best_first.case("all that are good enough", scored=SIX, threshold=0.5, k=6)
best_first.case("none is good enough", scored=SIX, threshold=2.0, k=3)


alike = best_first.also("Equal samples are one sample; of equal scores the first one comes first.", points=2.5)
alike.case(
    "equal scores", scored=[["b z", 1.0], ["so", 0.5], ["c x", 1.0], ["a y", 1.0], ["no", 0.2]], threshold=0.5, k=3
)
alike.case(
    "equal samples", scored=[["14", 0.9], ["20", 0.1], ["14", 0.9], ["so 14", 0.4], ["14", 0.9]], threshold=0.3, k=2
)
alike.case(
    "NaN is no score", scored=[["a", float("nan")], ["b", 0.4], ["c", float("nan")], ["d", 0.6]], threshold=0.3, k=3
)


@check("rejection_sample", points=3.5)
def readable(lab, text, max_len):
    """passes_filters: no mixture of languages, not more words than max_len, no code block."""
    return _each(lab.passes_filters, text, max_len)


readable.case(
    "English and Chinese", text=["3 times 4 gives 12", "3 乘 4 得 12", "3 times 4 得 12", "先times", "先乘"], max_len=9
)
readable.case("five words, six words", text=["3 * 4 = 12", "so 3 * 4 = 12", "no it is not that one"], max_len=5)
readable.case("blanks and line breaks", text=["3\n*  4 =\n\n12 ", "3\n*\n4\n=\n12\nso"], max_len=5)
readable.case("code", text=["```python\nprint(14)\n```", "use `print`", "14 ```", "print(14)"], max_len=9)
readable.case("without words, and with other letters", text=["", "12 + 2 = 14", "so é", "得 é"], max_len=5)

# --- 8.8 mix_datasets -------------------------------------------------------------------------------------------------


def _mixed(lab, reasoning, general, **options):
    """The mixed list, as the places of its items in reasoning + general."""
    mixed = lab.mix_datasets(reasoning, general, **options)
    if not isinstance(mixed, list):
        raise CannotJudge("lab8_list_of_examples", type=type_name(mixed))
    given = [*reasoning, *general]
    if strangers := [item for item in mixed if type(item) is not list or item not in given]:
        raise CannotJudge("lab8_stranger", item=f"{strangers[0]!r:.60}")
    return [given.index(item) for item in mixed]


@check("mix_datasets", points=1.5)
def in_proportion(lab, reasoning, general, **options):
    """As many as the ratio allows of each, and each at most once; 3 to 1 where no ratio is given."""
    places = _mixed(lab, reasoning, general, **options)
    first = sum(place < len(reasoning) for place in places)
    return {"reasoning": first, "general": len(places) - first, "different": len(set(places))}


def examples(kind, n):
    """n examples, as pairs of prompt and target."""
    return [[f"{kind} {k}", f"answer {k}"] for k in range(n)]


in_proportion.case("12 and 4", reasoning=examples("sum", 12), general=examples("greeting", 4))
in_proportion.case("14 and 9", reasoning=examples("sum", 14), general=examples("greeting", 9), seed=3)
in_proportion.case("40 and 3", reasoning=examples("sum", 40), general=examples("greeting", 3), seed=1)
in_proportion.case(
    "11 and 20 as 2 to 3", reasoning=examples("sum", 11), general=examples("poem", 20), ratio=(2, 3), seed=5
)


OF_THE_ORDER = {
    "repeated": "lab8_seed_not_kept",
    "by default": "lab8_default_seed",
    "reordered": "lab8_seed_unused",
    "interwoven": "lab8_kinds_apart",
    "patterns": "lab8_one_pattern",
    "chosen": "lab8_one_choice",
}


def _global_dice(seeded=None):
    """The states of all global dice; with a seed after they were seeded, so that a function which seeds them shows."""
    if seeded is not None:
        random.seed(seeded)
        np.random.seed(seeded % 2**32)
        torch.manual_seed(seeded)
    return [repr(random.getstate()), repr(np.random.get_state()), torch.get_rng_state().tolist()]


def _judge_order(value, **_case):
    """Verifies the facts that random_order found."""
    facts = mapping(value, *OF_THE_ORDER, "global")
    for name, wrong in OF_THE_ORDER.items():
        if facts[name] is not True:
            raise Wrong(wrong)
    if facts["global"] is not True:
        raise Wrong(GLOBAL_DICE())


@check("mix_datasets", points=2, verify=_judge_order, needs=in_proportion)
def random_order(lab, sizes, ratio, seeds):
    """Order and choice are random, and follow from the seed alone; nobody else's random numbers change."""
    reasoning, general = examples("sum", sizes[0]), examples("greeting", sizes[1])
    before = _global_dice(seeded=sum(seeds))
    one, other = (_mixed(lab, reasoning, general, ratio=tuple(ratio), seed=seed) for seed in seeds)
    again = _mixed(lab, reasoning, general, ratio=tuple(ratio), seed=seeds[0])
    zero = _mixed(lab, reasoning, general, ratio=tuple(ratio), seed=0)
    after = _global_dice()
    kinds = [[place < sizes[0] for place in places] for places in (one, other)]
    return {
        "repeated": one == again,
        "by default": zero == _mixed(lab, reasoning, general, ratio=tuple(ratio)),
        "reordered": one != other,
        "interwoven": all(pattern not in (sorted(pattern), sorted(pattern)[::-1]) for pattern in kinds),
        "patterns": kinds[0] != kinds[1],
        "chosen": sorted(one) != sorted(other),
        "global": before == after,
    }


random_order.case("24 of 60 and 8 of 8", sizes=[60, 8], ratio=[3, 1], seeds=[1, 2])
random_order.case("12 of 13 and 18 of 90", sizes=[13, 90], ratio=[2, 3], seeds=[3, 7])


@check("mix_datasets", points=0.5, needs=in_proportion)
def not_enough(lab, sizes, ratio):
    """ValueError where one of the two does not have enough for one round, and only there."""
    return [raised_by(lab.mix_datasets, examples("sum", n), examples("poem", m), ratio=tuple(ratio)) for n, m in sizes]


not_enough.case("2 and 9, 3 and 1, 9 and 0, as 3 to 1", sizes=[[2, 9], [3, 1], [9, 0]], ratio=[3, 1])

# --- 8.9 distill_dataset ----------------------------------------------------------------------------------------------


def _distilled(lab, answers, n, good):
    """The data set from a teacher that looks its answers up, and how it was asked. `good`: what is kept."""
    asked = []

    def teacher(prompts, n):
        asked.append([list(prompts), n])
        return [list(answers[prompt][:n]) for prompt in prompts]

    kept = lab.distill_dataset(teacher, list(answers), n, lambda prompt, said: [prompt, said] in good)
    return {"pairs": kept, "asked": asked}


@check("distill_dataset", points=3)
def kept_pairs(lab, answers, n, good):
    """The pairs of prompt and completion that are kept, in the order of the prompts and then of the completions."""
    return _distilled(lab, answers, n, good)["pairs"]


SUMS = {"2 + 3 * 4": ["so 14", "20", "14"], "1 + 1 * 5": ["10", "6", "14"], "4 + 2 * 2": ["12", "9", "8"]}
GOOD = [["2 + 3 * 4", "so 14"], ["2 + 3 * 4", "14"], ["1 + 1 * 5", "6"], ["4 + 2 * 2", "8"]]
kept_pairs.case("three sums, three completions", answers=SUMS, n=3, good=GOOD)
kept_pairs.case("two of the three completions", answers=SUMS, n=2, good=GOOD)
kept_pairs.case("none is good", answers=SUMS, n=3, good=[])


each_once = kept_pairs.also("A completion that came several times to the same prompt is there once.", points=1.5)
TWICE = {"2 + 3 * 4": ["14", "so 14", "14", "20"], "7 * 2": ["9", "14", "9", "14"]}
each_once.case(
    "repeated, and the same to two prompts",
    answers=TWICE,
    n=4,
    good=[["2 + 3 * 4", "14"], ["2 + 3 * 4", "so 14"], ["7 * 2", "14"]],
)


@check("distill_dataset", points=1.5, needs=kept_pairs)
def asked_once(lab, answers, n, good):
    """How the teacher was asked: once, with all the prompts, for n completions of each."""
    return _distilled(lab, answers, n, good)["asked"]


asked_once.case("three sums, two completions", answers=SUMS, n=2, good=GOOD)
asked_once.case("four completions, none of them good", answers=TWICE, n=4, good=[])


@check("distill_dataset", points=1, needs=kept_pairs)
def answers_lacking(lab, prompts, answered):
    """ValueError where the teacher answers more or fewer prompts than it was asked."""
    teachers = [lambda *_, n=n: [["14"]] * n for n in answered]
    return [raised_by(lab.distill_dataset, teacher, prompts, 1, lambda *_: True) for teacher in teachers]


answers_lacking.case("1, 2, 3 and no answers to two prompts", prompts=["7 * 2", "2 + 3 * 4"], answered=[1, 2, 3, 0])
