"""What is checked in lab 7: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import re

import torch
from torch import tensor

from grader.checks import check
from grader.checks.devices import on_its_device
from grader.checks.probes import raised_by, value_and_gradients, value_without_gradient

# --- 7.1 build_prompt -------------------------------------------------------------------------------------------------


@check("build_prompt", points=2)
def every_word(lab, question):
    """Every word and tag of the template, in its order (punctuation and line breaks are not looked at here)."""
    return re.findall(r"[\w<>/{}]+", lab.build_prompt(question))


every_word.case("the running example", question="What is 2 + 3 * 4?")


@check("build_prompt", points=2)
def question_and_end(lab, question):
    """The question as it is, and how the prompt ends: all that follows the last tag of the template, to the letter."""
    return lab.build_prompt(question).partition("<answer> answer here </answer>")[2]


question_and_end.case("the running example", question="2 + 3 * 4")
question_and_end.case("braces are no placeholders", question="How many elements has {1, 2, 3}?")

# --- 7.2 extract_answer, accuracy_reward ------------------------------------------------------------------------------

O1 = "<think> 2 + 3 = 5, 5 * 4 = 20 </think> <answer> 20 </answer>"
O2 = "<think> 3 * 4 = 12, 2 + 12 = 14 </think> <answer> 14 </answer>"
O3 = "<answer> 14 </answer>"
O4 = "<think> + = 4 * = </think> <answer> 7 </answer>"


def _each(function, *asked):
    """What is answered to a text, or to a list of them: of several answers, yes or no, none is a lucky guess."""
    return function(*asked) if isinstance(asked[0], str) else [function(*one) for one in zip(*asked, strict=True)]


@check("accuracy_reward", points=2)
def extracted(lab, text):
    """extract_answer: the inside of the last pair of answer tags, or None."""
    return lab.extract_answer(text)


extracted.case("o2", text=O2)
extracted.case("over several lines", text="<think>\n3 * 4 = 12\n</think>\n<answer>\n14\n</answer>\n")
extracted.case("changed its mind", text="<answer>20</answer> No: <answer>14</answer>")
extracted.case("no tags", text="The answer is 14.")
extracted.case("never closed", text="<think>3 * 4 = 12</think> <answer>14")
extracted.case("cut off in a second answer", text="<answer>14</answer> or rather <answer>1")
extracted.case("nothing inside", text="<think>3 * 4 = 12</think> <answer> </answer>")
extracted.case("opened twice", text="<answer> 20, no: <answer> 14 </answer>")


@check("accuracy_reward", points=3)
def plain_numbers(lab, text, gold):
    """1.0 where the answer, and nothing else in the text, is the same number as the gold answer; else 0.0."""
    return _each(lab.accuracy_reward, text, gold)


plain_numbers.case("o1: adds first", text=O1, gold="14")
plain_numbers.case("o2: right", text=O2, gold="14")
plain_numbers.case("o3: right, without thinking", text=O3, gold="14")
plain_numbers.case("14 is thought, 20 is answered", text="<think>14</think> <answer>20</answer>", gold="14")
plain_numbers.case("140 is not 14", text="<think>a</think> <answer>140</answer>", gold="14")
plain_numbers.case("-14 is not 14", text="<think>a</think> <answer>-14</answer>", gold="14")
plain_numbers.case("14.0 is 14", text="<think>a</think> <answer>14.0</answer>", gold="14")
plain_numbers.case("14.5 is not 14", text="<think>a</think> <answer>14.5</answer>", gold="14")
plain_numbers.case("1,400 is 1400", text="<think>a</think> <answer>1,400</answer>", gold="1400")
plain_numbers.case("an expression is no number", text="<think>a</think> <answer>2+3*4</answer>", gold="14")
plain_numbers.case("nor is an exponent", text="<think>a</think> <answer>1e1</answer>", gold="10")
plain_numbers.case("nor an underscore", text="<think>a</think> <answer>1_4</answer>", gold="14")
plain_numbers.case("no answer", text="<think>14</think>", gold="14")
plain_numbers.case("no number", text="<think>14</think> <answer>fourteen</answer>", gold="14")
plain_numbers.case("3,000 dollar signs", text=f"<think>14</think> <answer>{'$' * 3000}</answer>", gold="14")
plain_numbers.case("a number of 5,000 digits", text=f"<think>14</think> <answer>{'9' * 5000}</answer>", gold="14")


fractions_and_latex = plain_numbers.also("Fractions, and numbers as LaTeX writes them, on both sides.", points=3)
fractions_and_latex.case("1/2 is .5", text="<answer>1/2</answer>", gold="0.5")
fractions_and_latex.case("28/2 is 14", text="<think>28 = 2*14</think> <answer>28/2</answer>", gold="14")
fractions_and_latex.case(".50 is .5", text="<think>1/2</think> <answer>.50</answer>", gold="0.5")
fractions_and_latex.case("1/3 is not 1/2", text="<answer>1/3</answer>", gold="1/2")
fractions_and_latex.case(".3333 is not 1/3", text="<answer>.3333</answer>", gold="1/3")
fractions_and_latex.case("1/0 is no number", text="<answer>1/0</answer>", gold="1")
fractions_and_latex.case("$14$", text="<answer>$14$</answer>", gold="14")
fractions_and_latex.case("boxed", text=r"<answer>\boxed{14}</answer>", gold="14")
fractions_and_latex.case("boxed, and another", text=r"<answer>\boxed{140}</answer>", gold="14")
fractions_and_latex.case("frac", text=r"<answer>\frac{6}{4}</answer>", gold="1.5")
fractions_and_latex.case("minus frac", text=r"<answer>$-\frac{3}{4}$</answer>", gold="-0.75")
fractions_and_latex.case("a sign inside of a fraction", text=r"<answer>\frac{-1}{2}</answer>", gold="-1/2")
fractions_and_latex.case("a sign before a wrapper", text="<answer>-$14$</answer>", gold="-14")
fractions_and_latex.case("a boxed fraction as gold", text="<answer>.5</answer>", gold=r"$\boxed{\frac{1}{2}}$")

# --- 7.3 format_reward ------------------------------------------------------------------------------------------------


@check("format_reward", points=4)
def whole_completion(lab, text):
    """The whole completion is a thought and an answer: nothing before, between or after them but blanks."""
    return _each(lab.format_reward, text)


whole_completion.case("o2", text=O2)
whole_completion.case("nothing between the two", text="<think>3*4=12</think><answer>14</answer>")
whole_completion.case("several lines", text="<think>\n3 * 4 = 12\n2 + 12 = 14\n</think>\n<answer>\n14\n</answer>\n")
whole_completion.case("in two lines", text="<think>3*4=12\n2+12=14</think><answer>14</answer>")
whole_completion.case("in lines, with text after it", text="<think>\n12\n</think>\n<answer>\n14\n</answer>\nSo it is.")
whole_completion.case("an answer in words", text="<think>3 * 4 = 12</think> <answer>fourteen</answer>")
whole_completion.case("blanks at the end", text=O2 + " \n\n")
whole_completion.case("nothing inside of the tags", text="<think></think> <answer></answer>")
whole_completion.case("a lone <", text="<think>5 < 7, and 3 * 4 = 12</think> <answer>14</answer>")
whole_completion.case("text after it", text=O2 + " I hope this helps.")
whole_completion.case("text after it, on a new line", text=O2 + "\nI hope this helps.")
whole_completion.case("text before it", text="Sure! " + O2)
whole_completion.case("a blank before it", text=" " + O2)
whole_completion.case("text between", text="<think>3 * 4 = 12</think> so <answer>14</answer>")
whole_completion.case("text in place of the thought", text="3 * 4 = 12 <answer>14</answer>")
whole_completion.case("text between, and the answer first", text="<answer>14</answer> for <think>3 * 4 = 12</think>")
whole_completion.case("no tags", text="The answer is 14.")


tags_once = whole_completion.also("The four tags, each exactly once, in lower case and in their order.", points=4)
tags_once.case("o4: the format, and no sense", text=O4)
tags_once.case("in lines", text="<think>\n3 * 4 = 12\n</think>\n<answer>\n14\n</answer>")
tags_once.case("in one piece", text="<think>3 * 4 = 12</think><answer>14</answer>")
tags_once.case("nothing between", text="<think>3 * 4 = 12\n2 + 12 = 14</think><answer>14</answer>")
tags_once.case("o3: no thought", text=O3)
tags_once.case("no answer", text="<think>3 * 4 = 12</think> 14")
tags_once.case("the answer first", text="<answer>14</answer> <think>3 * 4 = 12</think>")
tags_once.case("closed, then opened", text="</think>3 * 4 = 12<think> <answer>14</answer>")
tags_once.case("never closed", text="<think>3 * 4 = 12</think> <answer>14")
tags_once.case("thought twice", text="<think>3 * 4 = 12</think> <think>2 + 12 = 14</think> <answer>14</answer>")
tags_once.case("nested", text="<think>3 * 4 <think>= 12</think></think> <answer>14</answer>")
tags_once.case("answered twice", text="<think>3 * 4 = 12</think> <answer>20</answer> <answer>14</answer>")
tags_once.case("capitals", text="<THINK>3 * 4 = 12</THINK> <ANSWER>14</ANSWER>")
tags_once.case("nothing at all", text="")

# --- 7.4 total_reward -------------------------------------------------------------------------------------------------


@check("total_reward", points=3)
def weighted_sum(lab, outputs, w_format):
    """The rewards of completions from their accuracy and format; where no w_format is given it is .1."""
    weight = {} if w_format is None else {"w_format": w_format}
    return [lab.total_reward(acc, fmt, **weight) for acc, fmt in outputs]


weighted_sum.case("o1 to o4", outputs=[[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]], w_format=None)
weighted_sum.case("a heavier format", outputs=[[0.0, 1.0], [1.0, 0.0]], w_format=0.75)

# --- 7.5 group_advantages ---------------------------------------------------------------------------------------------


@check("group_advantages", points=4)
def within_groups(lab, rewards, G, **options):
    """Each reward beside those of its own group, in units of that group's deviation (and eps); a constant."""
    return value_without_gradient(lambda rewards: lab.group_advantages(rewards, G, **options), rewards)


within_groups.case("o1 to o4", rewards=tensor([0.1, 1.1, 1.0, 0.1]), G=4)
within_groups.case("two prompts, three completions", rewards=tensor([0.0, 1.0, 5.0, 10.0, 30.0, 20.0]), G=3)
within_groups.case("rewards of 0 and 1, as int64", rewards=tensor([0, 1, 1, 0, 0, 1]), G=3)
within_groups.case("an eps of 1", rewards=tensor([0.0, 1.0, 3.0, 3.5, 3.5, 0.0]), G=2, eps=1.0)


# Of equal rewards whose mean is off by a rounding error, that error is divided by eps.
@check("group_advantages", points=3.5, tolerance=(2e-3, 1e-3))
def equal_rewards(lab, rewards, G):
    """A group in which all rewards are equal teaches nothing: its advantages are 0, and no NaN."""
    return lab.group_advantages(rewards, G)


equal_rewards.case("the second of three prompts", rewards=tensor([0.0, 1.0, 1.0, 1.0, 3.5, 0.5]), G=2)


@check("group_advantages", points=0.5, needs=within_groups)
def groups_refused(lab, sizes):
    """ValueError for groups of one or none, and where G does not divide the number of rewards."""
    return [raised_by(lab.group_advantages, torch.arange(float(n)), G) for n, G in sizes]


groups_refused.case("7 in groups of 3, 4 of 1 and of 0, 6 of 3", sizes=[[7, 3], [4, 1], [4, 0], [6, 3]])


@check("group_advantages", points=1)
def without_scale(lab, rewards, G, **options):
    """scale="none": the mean is subtracted, and nothing divided."""
    return value_without_gradient(lambda rewards: lab.group_advantages(rewards, G, scale="none", **options), rewards)


without_scale.case("o1 to o4", rewards=tensor([0.1, 1.1, 1.0, 0.1]), G=4)
without_scale.case("three prompts, two completions", rewards=tensor([0.0, 1.0, 5.0, 10.0, 30.0, 20.0]), G=2)

advantages_device = on_its_device(within_groups)

# --- 7.6 completion_mask ----------------------------------------------------------------------------------------------


@check("completion_mask", points=5, exact_dtype=True)
def until_the_end(lab, ids, eos):
    """1 up to and with each row's first end of sequence, 0 after it; int64."""
    return lab.completion_mask(ids, eos)


until_the_end.case(
    "padded with another token, or not ended", ids=tensor([[3, 7, 2, 0, 0], [5, 4, 3, 8, 2], [5, 4, 3, 8, 6]]), eos=2
)
until_the_end.case("padded with the end itself, and ended at once", ids=tensor([[3, 2, 2, 2], [2, 2, 2, 2]]), eos=2)
until_the_end.case("something after the end", ids=tensor([[3, 1, 4, 1, 5], [1, 5, 9, 2, 6]]), eos=1)

mask_device = on_its_device(until_the_end)

# --- 7.7 completion_token_logps ---------------------------------------------------------------------------------------


def _logits(B, L, V):
    return torch.sin(torch.arange(1.0, B * L * V + 1).square()).reshape(B, L, V)


@check("completion_token_logps", points=4)
def each_token(lab, logits, ids, C):
    """The log-probability of each token of the completion from the logits before it, with its gradient."""
    return value_and_gradients(lambda logits: lab.completion_token_logps(logits, ids, C), logits)


each_token.case(
    "a prompt of three, a completion of two",
    logits=_logits(2, 5, 4),
    ids=tensor([[1, 3, 0, 2, 3], [0, 2, 1, 1, 2]]),
    C=2,
)
each_token.case("a completion of one", logits=_logits(3, 2, 5), ids=tensor([[1, 4], [0, 2], [3, 0]]), C=1)


@check("completion_token_logps", points=3)
def unlikely_tokens(lab, logits, ids, C):
    """Tokens whose probability is 0 in floats still have a log-probability, and a gradient."""
    return value_and_gradients(lambda logits: lab.completion_token_logps(logits, ids, C), logits)


unlikely_tokens.case("logits of +-400", logits=400 * _logits(1, 4, 3).sign(), ids=tensor([[2, 0, 1, 2]]), C=3)

logps_device = on_its_device(each_token)

# --- 7.8 kl_k3 --------------------------------------------------------------------------------------------------------


@check("kl_k3", points=4)
def k3(lab, logp, ref_logp):
    """A number for each token, with its gradient to the policy's log-probabilities alone."""
    return value_and_gradients(lab.kl_k3, logp, ref_logp)


k3.case("d = .5, -.7, 0 and 2", logp=tensor([[-1.5, -0.3, -2.0, -4.0]]), ref_logp=tensor([[-1.0, -1.0, -2.0, -2.0]]))
k3.case("d = 5 and -8", logp=tensor([[-9.0, -0.5]]), ref_logp=tensor([[-4.0, -8.5]]))
k3.case("two completions", logp=tensor([[-0.1, -2.5], [-1.3, -0.4]]), ref_logp=tensor([[-0.6, -1.5], [-3.0, -0.2]]))

k3_device = on_its_device(k3)

# --- 7.9 grpo_loss ----------------------------------------------------------------------------------------------------


def _loss(lab, logp, old_logp, ref_logp, adv, mask, **options):
    """The loss with its gradients to all of its tensors; without beta it is given no reference."""
    if options.get("beta") == 0:
        return value_and_gradients(
            lambda logp, old_logp, adv: lab.grpo_loss(logp, old_logp, None, adv, mask, **options), logp, old_logp, adv
        )
    return value_and_gradients(
        lambda logp, old_logp, ref_logp, adv: lab.grpo_loss(logp, old_logp, ref_logp, adv, mask, **options),
        logp,
        old_logp,
        ref_logp,
        adv,
    )


LOGP = tensor([[-0.5, -1.2, -0.3, -2.0], [-0.9, -0.1, -1.5, -0.7], [-1.1, -0.6, -0.2, -3.0]])
RATIOS = tensor([[1.1, 1.5, 0.9, 0.4], [0.5, 1.0, 1.4, 0.95], [1.3, 0.6, 1.05, 2.0]])
FAR = tensor([[8.0, 0.05, 1.0, 5.0], [10.0, 0.1, 4.0, 0.2], [0.05, 6.0, 0.9, 3.5]])
REF = LOGP + tensor([[0.3, -0.4, 0.1, 0.9], [0.0, -0.6, 0.5, 0.2], [-0.2, 0.4, 0.8, -0.5]])
ADV = tensor([1.5, -0.5, -0.8])
MASK = tensor([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]])


@check("grpo_loss", points=1)
def first_step(lab, logp, ref_logp, adv, mask):
    """Before the first step, where all ratios are 1: the loss with all arguments as they are by default."""
    return _loss(lab, logp, logp.clone(), ref_logp, adv, mask)


first_step.case("completions of 3, 2 and 4 tokens", logp=LOGP, ref_logp=REF, adv=ADV, mask=MASK)


@check("grpo_loss", points=2.5)
def ratios_clipped(lab, logp, old_logp, adv, mask, eps):
    """Without KL: the smaller of the two terms for each token, and which tokens still have a gradient."""
    return _loss(lab, logp, old_logp, None, adv, mask, eps=eps, beta=0.0)


ratios_clipped.case("ratios from .4 to 2", logp=LOGP, old_logp=LOGP - RATIOS.log(), adv=ADV, mask=MASK, eps=0.2)
ratios_clipped.case("ratios from .05 to 10", logp=LOGP, old_logp=LOGP - FAR.log(), adv=ADV, mask=MASK, eps=0.2)
ratios_clipped.case("a mask of bools", logp=LOGP, old_logp=LOGP - RATIOS.log(), adv=-ADV, mask=MASK.bool(), eps=0.35)


@check("grpo_loss", points=2.5)
def with_the_kl_term(lab, logp, old_logp, ref_logp, adv, mask, **options):
    """The KL term beside it, with its gradient; none goes to old_logp, ref_logp and the advantages."""
    return _loss(lab, logp, old_logp, ref_logp, adv, mask, **options)


OFF = dict(logp=LOGP, old_logp=LOGP - RATIOS.log(), ref_logp=REF, adv=ADV)
with_the_kl_term.case("beta .04", **OFF, mask=MASK, eps=0.2, beta=0.04)
with_the_kl_term.case("beta 2: the KL term is most of it", **OFF, mask=MASK, eps=0.2, beta=2.0)


@check("grpo_loss", points=4.5)
def padding_and_empty_rows(lab, logp, old_logp, ref_logp, adv, mask, agg="grpo"):
    """More padding changes nothing, a completion without tokens counts as 0 in the mean, and no batch gives NaN."""
    return _loss(lab, logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.1, agg=agg)


padding_and_empty_rows.case("nothing but padding in the second row", **OFF, mask=MASK * tensor([[1], [0], [1]]))
padding_and_empty_rows.case("nothing but padding, with dapo", **OFF, mask=0 * MASK, agg="dapo")
padding_and_empty_rows.case(
    "the first row, and three columns of padding",
    **{name: torch.cat([OFF[name][:1], -OFF[name][:1, 1:] - 1], dim=1) for name in ("logp", "old_logp", "ref_logp")},
    adv=ADV[:1],
    mask=tensor([[1, 1, 1, 0, 0, 0, 0]]),
)


other_means = with_the_kl_term.also("agg: the mean over all tokens (dapo), and the sum over B*C (dr_grpo).", points=1.5)
other_means.case("dapo", **OFF, mask=MASK, agg="dapo")
other_means.case("dr_grpo", **OFF, mask=MASK, agg="dr_grpo")

grpo_device = on_its_device(with_the_kl_term, needs=ratios_clipped)

# --- bonus: 7.10 to 7.13 ----------------------------------------------------------------------------------------------


@check("rloo_advantages", points=5)
def left_out(lab, rewards, G):
    """Each reward minus the mean of the others in its group; a constant. ValueError where there are no groups."""
    refused = [raised_by(lab.rloo_advantages, rewards, size) for size in (1, 0, len(rewards) - 1)]
    return value_without_gradient(lab.rloo_advantages, rewards, G) | {"refused": refused}


left_out.case("o1 to o4", rewards=tensor([0.1, 1.1, 1.0, 0.1]), G=4)
left_out.case("two prompts, as int64", rewards=tensor([0, 1, 1, 0, 0, 3]), G=3)


def _loss_of(function, logp, old_logp, *rest):
    """The loss of the bonus tasks, with its gradients to the log-probabilities and to the third argument."""
    return value_and_gradients(function, logp, old_logp, *rest, to=(1, 2, 3) if rest[0].is_floating_point() else (1, 2))


@check("dr_grpo_loss", points=5)
def constant_divisor(lab, logp, old_logp, rewards, mask, G, max_tokens, **options):
    """Rewards minus their group's mean, clipped ratios, and a divisor that depends on no length."""
    return _loss_of(
        lambda logp, old_logp, rewards: lab.dr_grpo_loss(logp, old_logp, rewards, mask, G, max_tokens, **options),
        logp,
        old_logp,
        rewards,
    )


PAIRS = {name: OFF[name].repeat(2, 1)[:4] for name in ("logp", "old_logp")} | {"mask": MASK.repeat(2, 1)[:4]}
constant_divisor.case(
    "two prompts, a budget of 24", **PAIRS, rewards=tensor([1.1, 0.1, 0.0, 1.0]), G=2, max_tokens=24, eps=0.3
)
constant_divisor.case("eps by default", **PAIRS, rewards=tensor([0, 1, 1, 0]), G=4, max_tokens=9)


@check("dapo_loss", points=3)
def higher_clip(lab, logp, old_logp, adv, mask, **options):
    """Another bound above than below, and the mean over all tokens."""
    return _loss_of(
        lambda logp, old_logp, adv: lab.dapo_loss(logp, old_logp, adv, mask, **options),
        logp,
        old_logp,
        adv,
    )


higher_clip.case(
    "ratios from .4 to 2", logp=LOGP, old_logp=LOGP - RATIOS.log(), adv=ADV, mask=MASK, eps_low=0.2, eps_high=0.45
)
higher_clip.case("ratios from .05 to 10, by default", logp=LOGP, old_logp=LOGP - FAR.log(), adv=ADV, mask=MASK)
higher_clip.case(
    "ratios near the range's ends, by default",
    logp=LOGP,
    old_logp=LOGP - tensor([[1.24, 1.32, 0.75, 1.0], [0.75, 0.85, 1.0, 1.0], [0.78, 1.24, 1.32, 0.7]]).log(),
    adv=ADV,
    mask=MASK,
)


@check("dapo_loss", points=2, exact_dtype=True)
def informative(lab, rewards, G):
    """keep_informative: the rows whose group has more than one reward; bool."""
    return lab.keep_informative(rewards, G)


informative.case("the first prompt is solved", rewards=tensor([1.1, 1.1, 1.1, 0.1, 1.1, 0.1]), G=3)
informative.case("three pairs", rewards=tensor([1, 0, 1, 1, 0, 0]), G=2)


@check("gspo_loss", points=5)
def ratio_of_the_sequence(lab, logp, old_logp, adv, mask, **options):
    """One ratio for each completion, clipped as a whole."""
    return _loss_of(
        lambda logp, old_logp, adv: lab.gspo_loss(logp, old_logp, adv, mask, **options),
        logp,
        old_logp,
        adv,
    )


ratio_of_the_sequence.case(
    "completions of 3, 2 and 4 tokens",
    logp=LOGP,
    old_logp=LOGP - RATIOS.log(),
    adv=ADV,
    mask=MASK,
    eps_low=0.1,
    eps_high=0.3,
)
ratio_of_the_sequence.case(
    "the range of the paper, by default", logp=LOGP, old_logp=LOGP - RATIOS.log(), adv=-ADV, mask=MASK
)
ratio_of_the_sequence.case(
    "ratios near the paper's range's ends",
    logp=LOGP,
    old_logp=LOGP - tensor([[3.5e-4], [-3.5e-4], [-2.5e-4]]),
    adv=ADV,
    mask=MASK,
)
