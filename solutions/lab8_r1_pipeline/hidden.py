"""The hidden cases of lab 8: drawn from the seed of each grading run, the same for all its students."""

import torch

from checks import (
    accuracy_and_language,
    alike,
    answers_lacking,
    asked_once,
    best_first,
    both_parts,
    each_once,
    ended_already,
    far_apart,
    first_token_marked,
    in_proportion,
    kept_pairs,
    mean_over_targets,
    no_token_marked,
    not_enough,
    not_to_be_refined,
    nothing_to_learn,
    nothing_to_show,
    other_formats,
    other_languages,
    prompt_target_end,
    random_order,
    readable,
    rewritten,
    share_of_chinese,
    share_of_english,
    shown_and_asked,
    with_a_right_answer,
    without_a_rule,
    without_words,
)
from checks import examples as of_kind
from grader.checks import hidden_cases
from grader.checks.cases import either, floats, seed_of, uniform

ENGLISH = ["first", "then", "times", "plus", "gives", "so", "the", "answer", "is", "Sorry", "HELLO", "a"]
CHINESE = "先再乘加得所以答案是抱歉你好"


def problem(rng):
    """A problem, its thought, and its answer, which has two digits."""
    a, b, c = (int(digit) for digit in rng.integers(3, 10, size=3))
    return f"{a} + {b} * {c}", f"{b} * {c} = {b * c}, {a} + {b * c} = {a + b * c}", a + b * c


def several(rng, choices, n):
    """n of the choices, each at most once, in an order drawn anew."""
    return [choices[int(k)] for k in rng.permutation(len(choices))[:n]]


# --- 8.1 and 8.2: texts -----------------------------------------------------------------------------------------------


def solved(rng):
    asked, thought, answer = problem(rng)
    return [f"What is {asked}?", f"|special_token| {thought} |special_token| Summary: The answer is {answer}."]


@hidden_cases(shown_and_asked)
def prompts(rng):
    for n in (1, 2, 4):
        yield dict(examples=[solved(rng) for _ in range(n)], question=f"What is {problem(rng)[0]}?")
    asked, thought, answer = problem(rng)
    yield dict(examples=[[f" {asked} ", f"{thought}\n\nSo {answer} "], solved(rng)], question=f" {asked}\n= ")
    yield dict(
        examples=[[f"{{0}} {{}} %s {asked}", f"\\1 {{{answer}}}"]] * 2, question="{question} {examples} %d \\g<0>"
    )


@hidden_cases(nothing_to_show)
def with_and_without(rng):
    for pattern in ((0, 1), (1, 0), (0, 2, 0), (3, 0, 0)):
        yield dict(examples=[[solved(rng) for _ in range(n)] for n in pattern], question=problem(rng)[0])


@hidden_cases(both_parts)
def in_the_format(rng):
    _, thought, answer = problem(rng)
    for token in ("|special_token|", "| special_token |", "|special_token  |", "|   special_token|"):
        yield dict(text=f"{token}\n {thought}\n\nso  {answer}\t\n{token} Summary: The answer is {answer}. \n")
    yield dict(text=f"|special_token|{thought}| special_token |{answer}\n{answer}")
    yield dict(text=f"|special_token| |{answer}| special_token, special | token |special_token| a special_token |")
    yield dict(text=f"| special_token | <think> {thought} </think> | special_token | Summary: Summary: {answer} |")


@hidden_cases(other_formats)
def not_in_the_format(rng):
    _, thought, answer = problem(rng)
    token = "|special_token|"
    right = f"{token} {thought} {token} {answer}"
    yield dict(text=[right, f"{thought} {right}", f"\n\t{right}", f"{right} {token}"])
    yield dict(text=[f"{token} {thought} {answer}", f"{thought} {token} {answer}", f" {right} ", f"{answer}", ""])
    yield dict(text=[f"{token}{token} {answer}", right, f"{token} {thought} {token}", f"{token} \n {token} \n"])
    yield dict(text=[f"{right} {token} {answer}", f"{right} {right}", f"| special_token | {thought} {token} {answer}"])
    yield dict(
        text=[f". {right}", right, f"{thought} {token} {token} {answer}", f"{token} {thought}\n{answer} {token}"]
    )


@hidden_cases(rewritten)
def rough_outputs(rng):
    for blank in (" ", "\n", " \n\t ", "  "):
        asked, thought, answer = problem(rng)
        rough = thought.replace(" ", blank)
        yield dict(text=f"<think>{blank}{rough}{blank}</think>{blank}<answer>{blank}{answer}{blank}</answer>{blank}")
    yield dict(text=f"<think>{asked} < {answer}, > {thought}</think><answer>{answer}  +\n0</answer>")
    yield dict(text=f"\n <think> the thinking: \\1 {{}} </think> <answer>{{{answer}}} \\2</answer>")
    yield dict(text=f"<think>Think of an answer, {answer}</think> <answer>{answer}.0</answer>")


@hidden_cases(not_to_be_refined)
def beyond_repair(rng):
    _, thought, answer = problem(rng)
    think, said = f"<think>{thought}</think>", f"<answer>{answer}</answer>"
    right = f"{think}\n{said}"
    yield dict(text=[right, think, said, "", f"{thought} {answer}"])
    yield dict(text=[f"{thought} {right}", right, f"{right}.", f"{think} = {said}", f" {right}\n"])
    yield dict(text=[f"{think} {right}", f"{right} {said}", right, f"{right} {right}", f"{said} {think}"])
    yield dict(text=[f"<think>{think}</think> {said}", f"{think} <answer>{said}</answer>", right])
    yield dict(text=[f"<think></think>{said}", right, f"{think}<answer> \n </answer>", f"<think>\n\t</think>{said}"])
    yield dict(text=[f"<think>{thought} {said}", f"{think} <answer>{answer}", right, f"{thought}</think> {said}"])
    yield dict(text=[f"</think>{thought}<think> {said}", right, f"{think} </answer>{answer}<answer>"])
    yield dict(text=[f"<think>{thought} {said}</think> {said}", f"{think} <answer>{answer} {think}</answer>", right])


# --- 8.3 and 8.4: supervised fine-tuning ------------------------------------------------------------------------------


@hidden_cases(prompt_target_end)
def sequences(rng):
    for prompt, target in ((4, 2), (1, 5), (0, 3), (7, 1)):
        eos = int(rng.integers(1, 4))
        prompt_ids, target_ids = rng.integers(5, 30, size=prompt).tolist(), rng.integers(5, 30, size=target).tolist()
        yield dict(prompt_ids=prompt_ids, target_ids=target_ids, eos=eos)
        yield dict(prompt_ids=[*prompt_ids, eos], target_ids=[eos, *target_ids], eos=eos)
    yield dict(prompt_ids=tuple(prompt_ids), target_ids=tuple(target_ids), eos=0)


@hidden_cases(ended_already)
def ended_sequences(rng):
    for prompt, target in ((3, 4), (0, 2), (5, 0), (2, 1)):
        eos = int(rng.integers(4))
        prompt_ids, target_ids = rng.integers(5, 30, size=prompt).tolist(), rng.integers(5, 30, size=target).tolist()
        yield dict(prompt_ids=prompt_ids, target_ids=[*target_ids, eos], eos=eos)
    yield dict(prompt_ids=prompt_ids, target_ids=[*target_ids, eos, eos], eos=eos)


@hidden_cases(nothing_to_learn)
def some_empty(rng):
    for sizes in ((0, 1), (1, 0), (0, 3, 0), (2, 0, 0)):
        yield dict(examples=[[rng.integers(5, 30, size=2).tolist(), [7] * size] for size in sizes], eos=2)


def batch(rng, B, L, V, scale=2.0):
    """Logits and ids of B examples, with targets of 1 to L - 2 tokens, at least two of which are not equally long;
    prompts of one token and more; and padding."""
    prompt, length = torch.ones(B, 1), torch.from_numpy(rng.integers(1, L - 1, size=(B, 1)))
    length[0], length[1 % B] = L - 2, 1
    prompt += torch.from_numpy(rng.integers(2, size=(B, 1)))
    places = torch.arange(L)
    mask = ((places >= prompt) & (places < prompt + length)).long()
    return dict(
        logits=floats(rng, B, L, V, scale=scale), ids=torch.from_numpy(rng.integers(V, size=(B, L))), target_mask=mask
    )


@hidden_cases(mean_over_targets)
def batches(rng):
    for B, L, V in ((2, 5, 7), (3, 8, 4), (4, 6, 5), (5, 9, 3)):
        yield batch(rng, B, L, V)
    case = batch(rng, 3, 6, 5)
    yield case | dict(target_mask=case["target_mask"].bool())


@hidden_cases(far_apart)
def far_logits(rng):
    for B, L in ((2, 5), (3, 4), (2, 6), (3, 7)):
        case = batch(rng, B, L, 5)
        case["logits"] = uniform(rng, -390.0, 390.0, B, L, 5)
        case["logits"][..., 0], case["logits"][..., 1] = -400.0, 400.0
        yield case | dict(ids=case["ids"] * (1 - case["target_mask"]))


@hidden_cases(first_token_marked)
def without_prompts(rng):
    for B, L, V in ((2, 5, 4), (3, 6, 5), (1, 4, 7), (4, 3, 3)):
        case = batch(rng, B, L, V)
        case["target_mask"][:, 0] = either(rng, B + 1)[:B]
        case["target_mask"][0, :2] = 1
        yield case


@hidden_cases(no_token_marked)
def unmarked(rng):
    for B, L in ((2, 5), (3, 4), (4, 6), (2, 3)):
        case = batch(rng, B, L, 5)
        case["target_mask"][int(rng.integers(B))] = 0
        yield case
    yield case | dict(target_mask=0 * case["target_mask"])
    yield case | dict(target_mask=(torch.arange(L) < 1).expand(B, L).long())


# --- 8.5 and 8.6: rewards ---------------------------------------------------------------------------------------------


def mixture(rng, english, chinese):
    """So many words of each language and four numbers or signs, in an order drawn anew."""
    words = [str(word) for word in rng.choice(ENGLISH, english)] + [
        str(sign) for sign in rng.choice(list(CHINESE), chinese)
    ]
    others = several(rng, ["12", "+", "= 14", "3.5", "(7)", "，", "。", "→", "²", "№1"], 4)
    return str(rng.choice([" ", "  ", "\n", ", "])).join(several(rng, words + others, len(words) + 4))


def _mixtures(rng, lang):
    for english, chinese in ((3, 2), (1, 4), (5, 1), (2, 7)):
        yield dict(cot=[mixture(rng, english, chinese), mixture(rng, chinese, 0), mixture(rng, 0, english)], lang=lang)
    joined = "".join(several(rng, ENGLISH, 3))
    yield dict(cot=[f"{joined}{CHINESE[:3]}{joined}1{joined}", f"x{CHINESE}y", "X是Y是Z"], lang=lang)
    yield dict(
        cot=[
            "don't_stop 是是",
            "naïve Ωmega 是",
            "一 is the first, 龥 龦 鿿 the last",
            "ｆｕｌｌ 宽 width ㄅ 々 〇 か カ",
        ],
        lang=lang,
    )


@hidden_cases(share_of_english)
def mixed_english(rng):
    yield from _mixtures(rng, "en")


@hidden_cases(share_of_chinese)
def mixed_chinese(rng):
    yield from _mixtures(rng, "zh")


@hidden_cases(without_words)
def wordless(rng):
    for lang in ("en", "zh", "zh", "en"):
        asked, thought, answer = problem(rng)
        cots = [
            thought,
            "",
            f"{asked} is {answer}",
            f"{answer} 是",
            " \n",
            "Ω é か，。《》",
            f"一{answer}",
            f"{answer}z",
        ]
        yield dict(cot=several(rng, cots, 8), lang=lang)


@hidden_cases(other_languages)
def languages(rng):
    for _ in range(4):
        yield dict(cot=mixture(rng, 2, 2), langs=several(rng, ["en", "zh", "fr", "de", "es", "ja", "ko", "ru"], 6))


@hidden_cases(accuracy_and_language)
def outcomes(rng):
    rewards = [[float(acc), round(float(rng.uniform()), 3)] for acc in rng.permutation([0, 1, 1, 0])]
    yield dict(rewards=rewards)
    yield dict(rewards=rng.uniform(0.1, 0.9, size=(3, 2)).round(3).tolist())
    yield dict(rewards=rewards, w_lang=round(float(rng.uniform(0.3, 2)), 3))
    yield dict(rewards=rewards, w_acc=round(float(rng.uniform(1.3, 4)), 3))
    yield dict(rewards=rewards, w_acc=0.0, w_lang=round(float(rng.uniform(0.3, 2)), 3))


def scored(rng, **given):
    """Scores of a reward model, of either sign, and three weights that are far from each other."""
    helpful, harmless = (float(score) for score in rng.uniform(0.3, 2.0, size=2).round(3) * rng.choice([-1, 1], size=2))
    drawn = (rng.permutation([0.4, 1.5, 3.0]) + rng.uniform(0, 0.4)).tolist()
    weights = dict(zip(("acc", "helpful", "harmless"), drawn, strict=True))
    return dict(helpful=helpful, harmless=harmless, weights=weights) | given


@hidden_cases(with_a_right_answer)
def reasoning_prompts(rng):
    for acc in (1.0, 0.0, 1.0, 0.5, float(rng.uniform(0.1, 0.9))):
        yield dict(kind="reasoning") | scored(rng, acc=acc)


@hidden_cases(without_a_rule)
def other_prompts(rng):
    for kind in several(rng, ["general", "harmful", "translation", "reason", "writing", "greeting", "qa"], 7):
        yield dict(kind=kind) | scored(rng, acc=several(rng, [None, 1.0, 0.5], 1)[0])


# --- 8.7 to 8.9: data -------------------------------------------------------------------------------------------------


@hidden_cases(best_first)
def samples(rng):
    for n, k, threshold in ((7, 2, 0.3), (5, 1, 0.1), (9, 9, 0.45), (6, 4, 0.0), (4, 3, 1.5), (6, 0, 0.2)):
        scores = ((rng.permutation(n) + 1) / n).round(3).tolist()
        names = several(rng, [f"{problem(rng)[1]} ({chr(97 + m)})" for m in range(n)], n)
        yield dict(scored=[list(pair) for pair in zip(names, scores, strict=True)], threshold=threshold, k=k)
    yield dict(
        scored=[[name, score - 2.0] for name, score in zip(names, scores, strict=True)], threshold=scores[0] - 2.0, k=5
    )
    yield dict(scored=[], threshold=0.0, k=3)


@hidden_cases(alike)
def ties_and_copies(rng):
    for k in (1, 2, 3, 5):
        texts = several(rng, ["so 14", "14", "it is 14", "20", "24", "12 + 2", "2 + 12"], 7)
        marks = dict(zip(texts, rng.permutation([1.0, 1.0, 0.6, 0.6, 0.6, 0.2, float("nan")]).tolist(), strict=True))
        drawn = [*texts, *several(rng, texts, 4)]
        yield dict(scored=[[text, marks[text]] for text in several(rng, drawn, len(drawn))], threshold=0.6, k=k)


@hidden_cases(readable)
def thoughts(rng):
    for n in (1, 4, 7, 12):
        words = [str(word) for word in rng.choice([*ENGLISH, "12", "+", "="], n)]
        lines, signs = "\n ".join(words), [str(sign) for sign in rng.choice(list(CHINESE), n)]
        texts = [" ".join(words), f"  {lines}\t", f"{lines} x", " ".join(signs), "".join(signs) * 20, f"{'ab' * 60} 是"]
        yield dict(text=several(rng, [*texts, "word" * 50], 7), max_len=n)
    a, b = str(rng.choice(list(CHINESE))), str(rng.choice(ENGLISH))
    yield dict(
        text=several(
            rng, [f"{a}{b}", f"{b} {a}", a, b, f"12{a} = 3", f"{a}\n{b}", "x鿫", "é 一", "Z鿿", f"é {b} ，"], 10
        ),
        max_len=8,
    )
    yield dict(
        text=several(rng, ["```", f"{b} ```", "a\n```py\nb", "``", "` ` `", "'''", "~~~", f"`{b}`", ""], 9), max_len=8
    )
    yield dict(text=["", " \n", "1", "1 2", a, b], max_len=0)


@hidden_cases(in_proportion)
def amounts(rng):
    for ratio in ((3, 1), (1, 1), (1, 4), (5, 2)):
        m, spare = int(rng.integers(2, 9)), rng.integers(ratio[0] + ratio[1], 30, size=2).tolist()
        few, many = m * ratio[0] + ratio[0] - 1, m * ratio[1] + ratio[1] - 1
        for n, g in ((few, many + spare[1]), (few + spare[0], many)):
            yield dict(reasoning=of_kind("sum", n), general=of_kind("poem", g), ratio=ratio, seed=seed_of(rng))
    yield dict(reasoning=of_kind("sum", int(rng.integers(30, 60))), general=of_kind("poem", 8))


@hidden_cases(random_order)
def orders(rng):
    for sizes, ratio in (([45, 10], [3, 1]), ([20, 70], [1, 2]), ([50, 12], [4, 1]), ([16, 60], [1, 1])):
        yield dict(sizes=sizes, ratio=ratio, seeds=[1 + seed_of(rng), 1 + seed_of(rng)])


@hidden_cases(not_enough)
def too_few(rng):
    for r, g in ((2, 5), (3, 1), (1, 4), (4, 3)):
        sizes = [[r, g], [r - 1, 9 * g], [9 * r, g - 1], [0, 0], [2 * r, 2 * g], [9 * r, 0]]
        yield dict(sizes=several(rng, sizes, 4), ratio=[r, g])


def teacher(rng, prompts, n, different):
    """n answers to each of so many sums, drawn from so many different ones, and which pairs are good: most of them."""
    said = several(rng, [str(answer) for answer in range(10, 40)], different)
    drawn = [several(rng, said, n) if different > n else rng.choice(said, n).tolist() for _ in range(prompts)]
    answers = {f"{problem(rng)[0]} - {k}": completions for k, completions in enumerate(drawn)}
    pairs = [[prompt, one] for prompt, completions in answers.items() for one in sorted(set(completions))]
    return dict(answers=answers, n=n, good=several(rng, pairs, max(1, 2 * len(pairs) // 3)))


@hidden_cases(kept_pairs)
def teachers(rng):
    for prompts, n in ((2, 5), (5, 3), (4, 4), (1, 6)):
        yield teacher(rng, prompts, n, n + 2)
    good = [["b", "y"], ["b", "x"], ["a", "b"], ["a", "y"], ["y", "b"]]
    yield dict(answers={"b": ["y", "x", "z"], "a": ["z", "b", "a"]}, n=3, good=good)


@hidden_cases(each_once)
def forgetful_teachers(rng):
    for prompts, n in ((3, 6), (2, 8), (4, 5), (1, 9)):
        yield teacher(rng, prompts, n, 3)


@hidden_cases(asked_once)
def asked_teachers(rng):
    for prompts, n in ((1, 3), (3, 2), (5, 4), (2, 1)):
        yield teacher(rng, prompts, n, 5)
    yield dict(n=3, answers={}, good=[])


@hidden_cases(answers_lacking)
def counts(rng):
    for prompts in (1, 3, 4, 5):
        answered = [prompts - 1, prompts, prompts + 1, 2 * prompts + 1, 0]
        yield dict(prompts=[f"{problem(rng)[0]} - {k}" for k in range(prompts)], answered=several(rng, answered, 5))
