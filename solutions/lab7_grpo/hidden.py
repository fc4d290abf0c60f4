"""The hidden cases of lab 7: drawn from the seed of each grading run, the same for all its students."""

import torch

from checks import (
    constant_divisor,
    each_token,
    equal_rewards,
    every_word,
    extracted,
    first_step,
    fractions_and_latex,
    groups_refused,
    higher_clip,
    informative,
    k3,
    left_out,
    other_means,
    padding_and_empty_rows,
    plain_numbers,
    question_and_end,
    ratio_of_the_sequence,
    ratios_clipped,
    tags_once,
    unlikely_tokens,
    until_the_end,
    weighted_sum,
    whole_completion,
    with_the_kl_term,
    within_groups,
    without_scale,
)
from grader.checks import hidden_cases
from grader.checks.cases import floats, uniform


def problem(rng):
    """A problem, its thought, and its answer, which has two digits."""
    a, b, c = (int(digit) for digit in rng.integers(3, 10, size=3))
    return f"{a} + {b} * {c}", f"{b} * {c} = {b * c}, {a} + {b * c} = {a + b * c}", a + b * c


# --- 7.1 to 7.4: texts ------------------------------------------------------------------------------------------------


@hidden_cases(every_word)
def questions(rng):
    for _ in range(2):
        asked, thought, _ = problem(rng)
        yield dict(question=f"What is {asked}?")
        yield dict(question=thought)
    yield dict(question=f"What stands in <think> {asked} </think>, and in <answer> answer here </answer>?")


@hidden_cases(question_and_end)
def odd_questions(rng):
    asked, _, answer = problem(rng)
    yield dict(question=f"What is {asked}?")
    yield dict(question=f"Which prompt has the answer {answer}? {{question}} {{prompt}} {{0}} {{}} 100 %s")
    yield dict(question=f" {asked}\n= ")
    yield dict(question=f"Is {asked} = {answer}\\? \\1 \\g<0>")
    yield dict(question=f"<answer> {answer} </answer> User: {asked}. Assistant:")


@hidden_cases(extracted)
def answers(rng):
    _, thought, answer = problem(rng)
    yield dict(text=f"<think>{thought}</think>\n<answer>\n \t{answer}\r\n</answer>  ")
    yield dict(text=f"<answer>{answer + 1}</answer> <answer>{answer}</answer> {answer - 1}")
    yield dict(text=f"<think>{thought}</think> <answer>{answer}")
    yield dict(text=f"<answer>{answer}</answer> or rather <answer>{answer + 1}")
    yield dict(text=f"<answer>about {answer},\nsay {answer + 1}</answer>")
    yield dict(text=f"<answer>{answer + 1}\n<answer> no, <answer>{answer}</answer> {answer + 2}")
    yield dict(text=f"<answer>{answer}</answer> <ANSWER>{answer + 1}</ANSWER>")
    yield dict(text=f"<think>{answer}</think> {answer}</answer>")
    yield dict(text="<answer></answer>")
    yield dict(text="")


def asked_at_once(pairs, thought="so"):
    """A case of several answers with their golds, some right and some wrong."""
    return dict(
        text=[f"<think>{thought}</think> <answer>{said}</answer>" for said, _ in pairs],
        gold=[gold for _, gold in pairs],
    )


@hidden_cases(plain_numbers)
def completions(rng):
    _, thought, answer = problem(rng)
    gold, wide = str(answer), "".join(chr(ord(digit) + 0xFEE0) for digit in str(answer))
    ways = [gold, f"{answer}.0", f"+{answer}", f"\n{answer}\n", f"0{answer}", f"{answer}.00"]
    wrong = [-answer, f"{answer}0", answer + 1, gold[0], f"{answer}.5", f"{answer} or {answer + 1}", f"{answer}.001"]
    yield asked_at_once([(said, gold) for said in ways + wrong], thought)
    none = ["", "-", ".", "+", f"{answer} - 0", f"{answer}*1", "nan", "inf", f"int({answer})", f"{answer} apples"]
    yield asked_at_once([(said, gold) for said in (*none, gold, f"- {answer}", f"--{answer}")])
    other = [
        f"{gold[0]}_{gold[1:]}",
        f"{answer}e0",
        f"{answer}E+0",
        f"{answer / 10}e1",
        wide,
        hex(answer),
        f"{answer}j",
    ]
    yield asked_at_once([(said, gold) for said in (gold, *other)] + [("10", "1e1"), (gold, f"{gold[0]}_{gold[1:]}")])
    yield dict(
        text=[
            f"<answer>{answer + 1}</answer> no, <answer>{answer}</answer>",
            f"<answer>{answer}</answer> no, <answer>{answer + 1}</answer>",
            f"<answer>{answer + 1} no, <answer>{answer}</answer>",
            f"<think>{thought}</think> {answer}",
            f"<answer>{answer}",
            "",
        ],
        gold=[gold] * 6,
    )
    yield asked_at_once(
        [
            (-answer, f"-{answer}"),
            (answer, f"-{answer}"),
            (f"{answer}.250", f"{answer}.25"),
            (answer, f"{answer}.25"),
            (f"{answer}{answer}000", f"{answer}{answer},000"),
            (f"{answer},{answer},000", f"{answer}{answer}000"),
            (answer, f" {answer}\n"),
            (answer, f"{answer} + 0"),
            ("pi", "pi"),
            ("", ""),
            ("0", "-0.0"),
        ]
    )
    yield asked_at_once([("9" * 5000, gold), (gold, gold), ("0." + "5" * 5000, "1/2"), ("$" * 3000, gold)])


@hidden_cases(fractions_and_latex)
def written_otherwise(rng):
    n, d = int(rng.integers(1, 9)), int(rng.integers(11, 40))
    yield asked_at_once([(f"{2 * n}/{2 * d}", f"{n}/{d}"), (f"{n}/{d}", f"-{n}/{d}"), (f"+{n}/4", str(n / 4))])
    yield asked_at_once([(f"-{n}/4", str(-n / 4)), (f"{d * n}/{d}", str(n)), (f"{d}/0", str(d)), ("0/0", "0/0")])
    yield asked_at_once([(f"0.{'3' * k}", "1/3") for k in (4, 8, 12)] + [("0.125", "1/8"), (f"{n}/{d}", f"{d}/{n}")])
    yield asked_at_once(
        [
            (rf"\frac{{{n}}}{{{d}}}", f"{n}/{d}"),
            (rf"\frac{{{n}}}{{{d}}}", f"{d}/{n}"),
            (rf"$-\dfrac{{{n}}}{{{d}}}$", rf"-\frac{{{n}}}{{{d}}}"),
            (f"{3 * n}/{3 * d}", rf"\tfrac{{{n}}}{{{d}}}"),
            (rf"\frac{{{n}}}{{0}}", str(n)),
        ]
    )
    yield asked_at_once(
        [
            (rf"\({d}\)", str(d)),
            (rf"$\boxed{{{d}.0}}$", rf"\boxed{{{d}}}"),
            (rf"\boxed{{{n}/{d}}}", rf"$\frac{{{n}}}{{{d}}}$"),
            (rf"\boxed{{${d}$}}", f"{d}"),
            (rf"\boxed{{{d}}}", str(d + 1)),
            (f"${d} + 0$", str(d)),
            (f"${d}", str(d)),
            (rf"\boxed{{{d}", str(d)),
            ("$", "$"),
        ]
    )
    yield asked_at_once(
        [
            (f"-{n}/{d}", f"-{n}/{d}"),
            (f"{n}/-{d}", f"-{n}/{d}"),
            (f"{n} / {d}", f"{n}/{d}"),
            (f"{n}.0/{d}", f"{n}/{d}"),
            (f"{n}/{d}/1", f"{n}/{d}"),
            (rf"\frac{{-{n}}}{{{d}}}", f"-{n}/{d}"),
            (rf"\frac{{{n}}}{{-{d}}}", f"-{n}/{d}"),
            (f"-${n}$", f"-{n}"),
            (rf"-\boxed{{{n}}}", f"-{n}"),
        ]
    )
    yield dict(
        text=[f"<think>$\\boxed{{{d}}}$</think> <answer>{said}</answer>" for said in (d + 1, d, f"${d}.0$")],
        gold=[str(d)] * 3,
    )


@hidden_cases(whole_completion)
def around(rng):
    _, thought, answer = problem(rng)
    think, said = f"<think>{thought}</think>", f"<answer>{answer}</answer>"
    yield dict(text=[f"{think} {said}", f"{think} {said}.", f"{think}{said}\n\n", f"{think} {said}\n{answer}"])
    yield dict(text=[f"{think}\n\t{said} ", f"{think} {said}\n\nDone", f"{answer} {think} {said}"])
    yield dict(text=[f"<think>\n1 < {answer}\n</think>\n{said}", f"\n{think} {said}", f"First\n{think} {said}"])
    yield dict(text=[f"{think} = {said}", f"{think}\n{answer}\n{said}", f"{think}\r\n{said}\t\r\n"])
    yield dict(text=[f"{thought} {said}", "<think></think><answer></answer>", f"{think} <answer>none</answer>"])
    lines = f"<think>\n{thought}\n</think>\n<answer>\n{answer}\n</answer>"
    yield dict(text=[lines, f"{lines}\nSo it is {answer}.", f"{think}{said}"])
    yield dict(text=[f"<think><b>{thought}</b></think> <answer>> {answer}\n</answer>", f"{think}, {said}"])


@hidden_cases(tags_once)
def tags(rng):
    _, thought, answer = problem(rng)
    think, said = f"<think>{thought}</think>", f"<answer>{answer}</answer>"
    right = f"<think>{thought}\n</think>\n<answer>\n{answer}</answer>"
    yield dict(text=[f"{think} {said}", said, think, f"{said} {think}"])
    yield dict(text=[right, f"{think} {think} {said}", f"{think} {said} {said}", f"{think}{said}"])
    yield dict(text=[f"<think>{think}</think> {said}", right, f"{think} <answer>{said}</answer>"])
    yield dict(text=[f"<think>{thought} {said}</think> {said}", f"<think>{thought} {said}</think>", f"{think}{said}"])
    yield dict(text=[f"<think>{thought}</think></think> {said}", f"{think} {said}</answer>", f"{think}\n{said}"])
    yield dict(text=[f"<think>{thought} <answer>{answer}</answer>", f"{think} {said}", f"{thought}</think> {said}"])
    yield dict(text=[f"{think} {answer}</answer>", f"{think} <answer>{answer}", f"{think}\n{said}"])
    yield dict(text=[f"{think} {said}", f"<Think>{thought}</Think> {said}", f"{think} <ANSWER>{answer}</ANSWER>"])
    yield dict(text=[f"<thinking>{thought}</thinking> {said}", f"< think >{thought}< /think > {said}", right])
    yield dict(text=[f"</think>{thought}<think> </answer>{answer}<answer>", f"{think}{said}"])


@hidden_cases(weighted_sum)
def weights(rng):
    outputs = [[float(acc), float(fmt)] for acc, fmt in rng.integers(2, size=(5, 2))] + [[1.0, 1.0], [0.0, 1.0]]
    yield dict(outputs=outputs, w_format=None)
    yield dict(outputs=outputs, w_format=round(float(rng.uniform(0.2, 0.9)), 3))
    yield dict(outputs=rng.uniform(0.1, 0.9, size=(3, 2)).round(3).tolist(), w_format=2.0)
    yield dict(outputs=outputs, w_format=0.0)


# --- 7.5 to 7.8: groups and tokens ------------------------------------------------------------------------------------


def groups(rng, P, G, scale=1.0):
    """Rewards of P groups of G, each group at a height of its own and with a deviation of .3 at least."""
    spread = torch.linspace(-scale, scale, G)
    rows = [
        spread[torch.from_numpy(rng.permutation(G))] * float(rng.uniform(1, 4)) + float(rng.normal()) for _ in range(P)
    ]
    return torch.stack(rows).flatten()


@hidden_cases(within_groups)
def rewards_of_prompts(rng):
    for P, G in ((1, 5), (4, 3), (2, 6), (3, 2)):
        yield dict(rewards=groups(rng, P, G) + floats(rng, P * G, scale=0.05), G=G)
    whole = torch.from_numpy(rng.integers(0, 9, size=(3, 4)))
    whole[:, 0], whole[:, 1] = 0, 7
    yield dict(rewards=whole.flatten(), G=4)
    for eps in (0.5, float(rng.uniform(1, 3))):
        yield dict(rewards=groups(rng, 3, 4), G=4, eps=eps)
    yield dict(rewards=groups(rng, 1, 3) * 0 + 1e-4 * torch.from_numpy(rng.permutation([0.0, 1.0, 3.0])).float(), G=3)


@hidden_cases(equal_rewards)
def solved_prompts(rng):
    for G in (2, 4, 8):
        equal = torch.full((G,), float(rng.integers(1, 8)) / 4)
        yield dict(rewards=torch.cat([groups(rng, 2, G), equal, groups(rng, 1, G)]), G=G)
    yield dict(rewards=torch.cat([torch.zeros(3, dtype=torch.int64), torch.tensor([0, 1, 0])]), G=3)


@hidden_cases(groups_refused)
def sizes(rng):
    for G in rng.choice(range(3, 9), size=4, replace=False):
        G = int(G)
        yield dict(sizes=[[3 * G, G], [3 * G + 1, G], [G - 1, G], [G, 1], [2 * G, 2], [G, 0], [G, -1]])


@hidden_cases(without_scale)
def centred_rewards(rng):
    for P, G in ((2, 5), (5, 3)):
        yield dict(rewards=floats(rng, P * G, scale=2.0), G=G)
    yield dict(rewards=torch.tensor([1.0, 1.0, 1.0, 0.0, 1.0, 1.0]), G=3)
    yield dict(rewards=torch.from_numpy(rng.integers(0, 9, size=8)), G=4)
    yield dict(rewards=floats(rng, 6, scale=2.0), G=2, eps=1.0)


@hidden_cases(until_the_end)
def ended(rng):
    for B, C in ((4, 6), (3, 9), (1, 5)):
        eos = int(rng.integers(1, 5))
        ids = torch.from_numpy(rng.integers(0, 6, size=(B, C)))
        ids[0, 1:] = eos
        yield dict(ids=ids, eos=eos)
    yield dict(ids=torch.from_numpy(rng.integers(3, 9, size=(2, 4))), eos=2)
    yield dict(ids=torch.tensor([[0, 5, 5], [5, 0, 0]]), eos=0)
    yield dict(ids=torch.tensor([[7], [3]]), eos=7)


@hidden_cases(each_token)
def completions_and_logits(rng):
    for B, L, V, C in ((2, 7, 5, 4), (1, 4, 9, 1), (3, 5, 4, 4), (4, 6, 3, 2)):
        yield dict(logits=floats(rng, B, L, V, scale=2.0), ids=torch.from_numpy(rng.integers(V, size=(B, L))), C=C)


@hidden_cases(unlikely_tokens)
def far_logits(rng):
    for C in (1, 2, 3, 4):
        logits = uniform(rng, -390.0, 390.0, 2, 5, 4)
        logits[:, -2, 0], logits[:, -2, 1] = -400.0, 400.0
        ids = torch.from_numpy(rng.integers(4, size=(2, 5)))
        ids[:, -1] = 0
        yield dict(logits=logits, ids=ids, C=C)


@hidden_cases(k3)
def drifts(rng):
    for B, C, scale in ((2, 5, 1.0), (4, 3, 0.4), (1, 1, 2.0)):
        logp = -uniform(rng, 0.1, 4.0, B, C)
        yield dict(logp=logp, ref_logp=logp + floats(rng, B, C, scale=scale))
    logp = -uniform(rng, 0.1, 4.0, 6)
    yield dict(logp=logp, ref_logp=logp + torch.tensor([-8.0, -3.0, 0.0, 4.0, 6.0, 8.0]))


# --- 7.9 and the bonus tasks: losses ----------------------------------------------------------------------------------


def ragged(rng, B, C):
    """A mask of B completions, of 1 to C tokens, the first shorter than the second, which is whole."""
    lengths = torch.from_numpy(rng.integers(1, C + 1, size=B))
    lengths[0] = C - 1
    lengths[1 % B] = C
    return (torch.arange(C) < lengths.unsqueeze(1)).long()


def batch(rng, B, C, eps=0.2, reference=True):
    """Log-probabilities with ratios inside, above and below the range, none of them at its bounds. Those of the first
    tokens are far on the side that is not clipped."""
    logp, adv = -uniform(rng, 0.1, 4.0, B, C), advantages(rng, B)
    places = torch.from_numpy(rng.integers(3, size=(B, C)))
    inside = 1 + eps * uniform(rng, -0.8, 0.8, B, C)
    above, below = 1 + eps * uniform(rng, 1.5, 5.0, B, C), (1 - eps) * uniform(rng, 0.3, 0.85, B, C)
    ratio = torch.where(places == 0, inside, torch.where(places == 1, above, below))
    ratio[:, 0] = torch.where(adv < 0, uniform(rng, 4.0, 10.0, B), (1 - eps) * uniform(rng, 0.05, 0.3, B))
    found = dict(logp=logp, old_logp=logp - ratio.log(), adv=adv, mask=ragged(rng, B, C))
    if not reference:
        return found
    drift = floats(rng, B, C, scale=0.7)
    drift[:2, 1] = torch.tensor([3.5, -4.0])
    return found | dict(ref_logp=logp + drift)


def advantages(rng, B):
    """Of both signs, in an order drawn anew; of four and more, one is 0."""
    signs = torch.from_numpy(rng.permutation([-1.0, 1.0, 1.0, 0.0, -1.0, 1.0][:B])).float()
    return signs * uniform(rng, 0.4, 2.0, B)


@hidden_cases(first_step)
def on_policy(rng):
    for B, C in ((3, 5), (5, 4), (2, 2)):
        case = batch(rng, B, C)
        del case["old_logp"]
        yield case


@hidden_cases(ratios_clipped)
def off_policy(rng):
    for B, C in ((4, 6), (3, 3), (2, 7), (6, 4)):
        eps = float(rng.uniform(0.1, 0.4))
        yield dict(**batch(rng, B, C, eps, reference=False), eps=eps)
    yield dict(**batch(rng, 4, 5, 0.2, reference=False), eps=0.2)
    yield dict(**batch(rng, 4, 5, 0.8, reference=False), eps=0.8)


@hidden_cases(with_the_kl_term)
def far_from_the_reference(rng):
    for B, C in ((4, 6), (2, 5), (5, 3)):
        eps = float(rng.uniform(0.1, 0.4))
        case = batch(rng, B, C, eps)
        case["mask"] = case["mask"].bool() if B == 5 else case["mask"]
        yield dict(**case, eps=eps, beta=float(rng.uniform(0.1, 1.5)))


@hidden_cases(padding_and_empty_rows)
def padded(rng):
    case = batch(rng, 4, 5)
    case["mask"][int(rng.integers(2, 4))] = 0
    yield case
    case = batch(rng, 3, 4)
    for name in ("logp", "old_logp", "ref_logp"):
        case[name] = torch.cat([case[name], -uniform(rng, 0.5, 6.0, 3, 3)], dim=1)
    yield case | dict(mask=torch.cat([case["mask"], torch.zeros(3, 3, dtype=torch.int64)], dim=1))
    one = torch.zeros(2, 6, dtype=torch.int64)
    for agg in ("grpo", "dapo", "dr_grpo"):
        yield batch(rng, 2, 6) | dict(mask=one.clone(), agg=agg)
    one[1, 0] = 1
    yield batch(rng, 2, 6) | dict(mask=one, agg="dapo")


@hidden_cases(other_means)
def aggregations(rng):
    for agg in ("dapo", "dr_grpo"):
        for B, C in ((4, 6), (3, 4)):
            yield dict(**batch(rng, B, C), agg=agg)


@hidden_cases(left_out)
def baselines(rng):
    for P, G in ((3, 4), (2, 7), (4, 2), (1, 5)):
        yield dict(rewards=floats(rng, P * G, scale=2.0, shift=1.0), G=G)


@hidden_cases(constant_divisor)
def budgets(rng):
    for P, G, C in ((2, 3, 5), (3, 2, 4)):
        case = batch(rng, P * G, C, reference=False)
        del case["adv"]
        yield dict(**case, rewards=groups(rng, P, G), G=G, max_tokens=int(rng.integers(C + 3, 4 * C)), eps=0.2)
    case = batch(rng, 6, 4, 0.3, reference=False)
    del case["adv"]
    yield dict(**case, rewards=torch.tensor([0, 1, 1, 0, 0, 1]), G=3, max_tokens=4, eps=0.3)
    case = batch(rng, 4, 5, reference=False)
    yield dict(
        logp=case["logp"],
        old_logp=case["old_logp"],
        mask=case["mask"].bool(),
        rewards=groups(rng, 1, 4),
        G=4,
        max_tokens=int(rng.integers(6, 30)),
    )


@hidden_cases(higher_clip)
def asymmetric(rng):
    for B, C in ((4, 6), (3, 4)):
        case = batch(rng, B, C, 0.3, reference=False)
        yield dict(**case, eps_low=float(rng.uniform(0.1, 0.2)), eps_high=float(rng.uniform(0.4, 0.8)))
    yield near_the_ends(rng, 0.2, 0.28) | dict(mask=ragged(rng, 4, 6).bool())
    for count in (0, 1):
        yield batch(rng, 2, 3, reference=False) | dict(mask=torch.arange(6).reshape(2, 3) < count)


def near_the_ends(rng, low, high, C=6):
    """Of the ratios of each row, those of all tokens are a little inside or a little outside of the range by default:
    for two rows where A > 0 the upper bound counts, for two where A < 0 the lower."""
    order = torch.from_numpy(rng.permutation(4))
    ratio = torch.tensor([1 + 0.9 * high, 1 + 1.1 * high, 1 - 0.9 * low, 1 - 1.1 * low])[order].unsqueeze(1)
    logp = -uniform(rng, 0.1, 1.0, 4, C)
    return dict(
        logp=logp,
        old_logp=logp - ratio.log(),
        adv=torch.tensor([1.0, 1.0, -1.0, -1.0])[order] * uniform(rng, 0.4, 2.0, 4),
        mask=ragged(rng, 4, C),
    )


@hidden_cases(informative)
def groups_with_and_without(rng):
    for P, G in ((4, 3), (3, 5)):
        rewards = groups(rng, P, G)
        rewards[G : 2 * G] = 1.1
        yield dict(rewards=rewards, G=G)
    yield dict(rewards=torch.tensor([1, 1, 0, 0, 0, 0, 0, 2]), G=4)
    yield dict(rewards=torch.tensor([0.1, 0.1, 0.1, 1.0, 1.001, 1.0, -0.7, -0.7, -0.7]), G=3)


@hidden_cases(ratio_of_the_sequence)
def sequences(rng):
    for B, C, sign in ((4, 6, -1), (5, 4, -1), (2, 3, 1)):
        case = batch(rng, B, C, reference=False)
        case["adv"] *= sign  # -1: what is far is clipped
        wide = dict(eps_low=float(rng.uniform(0.05, 0.1)), eps_high=float(rng.uniform(0.15, 0.25)))
        yield dict(**case, **wide)
        yield case
    yield near_the_ends(rng, 3e-4, 4e-4)
