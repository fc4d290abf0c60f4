"""Wrong versions that students write, with what they then read: the symptom and the idea, never the code."""

import random

import torch
import torch.nn.functional as F

from grader.checks import mistake
from kto import balance_weights, kto_grad_weight, kto_loss, kto_reference_point, kto_value, mismatched_pairs, unpair

# Two mistakes that look alike from outside, or one that several functions share, have one diagnosis.
ON_THE_CPU = "On a GPU your function fails: it mixes its inputs with a tensor that lies on the CPU."
FIXED_ANSWER = "Your function gives the same answer whatever it is given."
INPUT_CHANGED = "Your function changes what it was given: its caller finds something else there afterwards."
SAME_SIGN = (
    "Raising the log-probability of an undesirable answer raises its value in yours, as if it were a desirable one: "
    "the value function is mirrored for that class."
)
LABELS_INVERTED = "Desirable answers are treated as undesirable ones, and the other way around."
VALUE_UPSIDE_DOWN = "Your value falls where it should rise: the labels are the wrong way around, or it is 1 - v."
LOSS_UPSIDE_DOWN = (
    "Descending your loss makes desirable answers rarer: the labels are the wrong way around, or it is lambda v."
)
PUSH_UPSIDE_DOWN = (
    "Desirable answers are pushed down in yours, and undesirable ones up: the labels are the wrong way around, or it "
    "is the derivative of the loss, and a step of descent goes the other way."
)
Z0_IGNORED = "The reference point makes no difference in yours: the value is 1/2 at r = z0, not at r = 0."
Z0_ADDED = "The larger z0 is, the better desirable answers look in yours: the reference point has the wrong sign."
Z0_ON_BOTH_SIDES = (
    "z0 makes undesirable answers look worse in yours, too: the distance to z0 changes its sign as a whole, "
    "and not only r in it."
)
BETA_IGNORED = "beta makes no difference in yours: the curve is as steep for every beta."
BETA_ON_R_ALONE = "Only r is scaled with beta in yours: the distance to z0 is, as a whole."
BETA_ON_Z0_ALONE = "Only z0 is scaled with beta in yours: the distance to z0 is, as a whole."
Z0_OF_ITS_OWN = "You make a z0 of your own from the batch: its pairs are matched ones. The z0 that is given counts."
OVERFLOW = "For log-ratios of hundreds of nats NaN comes out: exp overflows, the sigmoid of torch does not."
NO_GRADIENT = "No gradient reaches the policy: numbers are right, but nothing can be learned from them."
WEIGHTS_SWAPPED = "lambda_d weighs the undesirable answers in yours, and lambda_u the desirable ones."
WEIGHTS_IGNORED = "lambda_d and lambda_u make no difference in yours."
REFERENCE_IGNORED = (
    "The reference's log-probabilities make no difference in yours: r is a log-ratio, and 0 where the policy "
    "is still the reference."
)
NOT_PER_EXAMPLE = (
    "One number comes back for the batch where each example has one of its own; the caller takes the mean."
)

SQUEEZED = "A batch of one loses its dimension in yours: what comes out has the shape of what went in."

# --- 6.1 unpair -------------------------------------------------------------------------------------------------------


@mistake("unpair", "The labels are numbers: True and False are asked for, which can choose elements of a tensor.")
def labels_as_numbers(pairs):
    return [{**example, "label": int(example["label"])} for example in unpair(pairs)]


@mistake(
    "unpair", "The labels are texts: True and False are asked for, and every text but an empty one counts as true."
)
def labels_as_texts(pairs):
    return [{**example, "label": "chosen" if example["label"] else "rejected"} for example in unpair(pairs)]


@mistake("unpair", "The labels are tensors: Python's True and False are asked for.")
def labels_as_tensors(pairs):
    return [{**example, "label": torch.tensor(example["label"])} for example in unpair(pairs)]


@mistake("unpair", "The prompt is missing: without it nobody knows what a completion answers.")
def without_the_prompt(pairs):
    return [{"completion": example["completion"], "label": example["label"]} for example in unpair(pairs)]


@mistake("unpair", INPUT_CHANGED)
def popped_from_the_pairs(pairs):
    examples = []
    for pair in pairs:
        chosen, rejected = pair.pop("chosen"), pair.pop("rejected")
        examples += [{**pair, "completion": chosen, "label": True}, {**pair, "completion": rejected, "label": False}]
    return examples


@mistake("unpair", INPUT_CHANGED)
def pairs_taken_off_the_list(pairs):
    examples = []
    while pairs:
        examples += unpair([pairs.pop(0)])
    return examples


@mistake("unpair", "Both completions of a pair are the same dictionary in yours: the second one overwrote the first.")
def one_dictionary_for_both(pairs):
    examples = []
    for pair in pairs:
        example = {"prompt": pair["prompt"]}
        for side in ("chosen", "rejected"):
            example["completion"], example["label"] = pair[side], side == "chosen"
            examples.append(example)
    return examples


@mistake("unpair", "Chosen and rejected are still in what comes back: an example has one completion, and no partner.")
def pair_left_inside(pairs):
    return [
        {**pair, "completion": pair[side], "label": side == "chosen"}
        for pair in pairs
        for side in ("chosen", "rejected")
    ]


@mistake("unpair", "All chosen completions come first in yours: the order is pair by pair.")
def all_chosen_first(pairs):
    return sorted(unpair(pairs), key=lambda example: not example["label"])


@mistake("unpair", "The rejected completion comes first in yours: in each pair the chosen one does.")
def rejected_first(pairs):
    examples = unpair(pairs)
    return [example for i in range(0, len(examples), 2) for example in (examples[i + 1], examples[i])]


@mistake("unpair", "The labels are the wrong way around: the chosen completion is the desirable one.")
def labels_the_wrong_way_around(pairs):
    return [{**example, "label": not example["label"]} for example in unpair(pairs)]


@mistake("unpair", "Every completion has the label True in yours: half of them were rejected.")
def all_desirable(pairs):
    return [{**example, "label": True} for example in unpair(pairs)]


@mistake("unpair", "Half of the examples are missing: the rejected completions are what undesirable means here.")
def chosen_alone(pairs):
    return [example for example in unpair(pairs) if example["label"]]


@mistake("unpair", "The keys have other names than the docstring says.")
def other_keys(pairs):
    return [{"prompt": e["prompt"], "response": e["completion"], "desirable": e["label"]} for e in unpair(pairs)]


@mistake("unpair", "Your completions still begin with the prompt: the two are kept apart.")
def prompt_in_the_completion(pairs):
    return [{**example, "completion": example["prompt"] + example["completion"]} for example in unpair(pairs)]


@mistake(
    "unpair", "Only the first pair is taken apart: your function returns within its loop, before the others' turn."
)
def returned_within_the_loop(pairs):
    for pair in pairs:
        return unpair([pair])


@mistake("unpair", "Only the last pair is left: your list begins anew with each pair.")
def list_made_within_the_loop(pairs):
    for pair in pairs:
        examples = unpair([pair])
    return examples


@mistake("unpair", "Nothing comes back: the examples are not returned.")
def without_a_return(pairs):
    unpair(pairs)


@mistake("unpair", "A generator comes back, which can be read only once: a list is asked for.")
def as_a_generator(pairs):
    return (example for example in unpair(pairs))


@mistake("unpair", "Your list holds a list for each pair: the examples stand in one list, one after the other.")
def list_of_lists(pairs):
    return [unpair([pair]) for pair in pairs]


@mistake("unpair", "Examples come as tuples: dictionaries with three keys are asked for.")
def as_tuples(pairs):
    return [tuple(example.values()) for example in unpair(pairs)]


@mistake("unpair", "A prompt with several pairs keeps only one of them: nothing is to be merged.")
def merged_by_prompt(pairs):
    return unpair(list({pair["prompt"]: pair for pair in pairs}.values()))


@mistake("unpair", FIXED_ANSWER)
def the_example_unpaired(pairs):
    return unpair([{"prompt": "2 + 3 * 4", "chosen": "14", "rejected": "20"}])


# --- 6.2 mismatched_pairs ---------------------------------------------------------------------------------------------

ANSWERED_ANYWAY = "A batch of one, or lists of two lengths, get an answer: an exception is asked for."


@mistake(
    "mismatched_pairs", "Every prompt has its own completion: these pairs are matched, z0 asks for mismatched ones."
)
def matched(prompts, completions):
    mismatched_pairs(prompts, completions)
    return list(zip(prompts, completions, strict=True))


@mistake(
    "mismatched_pairs",
    "The completions are shuffled: by chance some prompts keep their own one. A shift by one is asked for.",
)
def shuffled(prompts, completions):
    mismatched_pairs(prompts, completions)
    order = random.Random(0).sample(range(len(completions)), len(completions))
    return [(prompt, completions[i]) for prompt, i in zip(prompts, order, strict=True)]


@mistake(
    "mismatched_pairs", "One prompt is missing: the first of them needs a completion, too, and the last one is free."
)
def first_prompt_dropped(prompts, completions):
    mismatched_pairs(prompts, completions)
    return list(zip(prompts[1:], completions, strict=False))


@mistake(
    "mismatched_pairs", "Prompts and completions moved together: each prompt still stands with its own completion."
)
def both_shifted(prompts, completions):
    mismatched_pairs(prompts, completions)
    return [(prompts[i - 1], completions[i - 1]) for i in range(len(prompts))]


@mistake(
    "mismatched_pairs",
    "A batch of one is accepted: its only prompt gets its own completion, and nothing is mismatched.",
)
def one_is_accepted(prompts, completions):
    if len(prompts) != len(completions):
        raise ValueError
    return [(prompt, completions[i - 1]) for i, prompt in enumerate(prompts)]


@mistake("mismatched_pairs", ANSWERED_ANYWAY)
def nothing_is_refused(prompts, completions):
    return [(prompt, completions[i - 1]) for i, prompt in enumerate(prompts[: len(completions)])]


@mistake("mismatched_pairs", "Lists of two lengths are accepted: what has no partner is lost without a word.")
def lengths_not_compared(prompts, completions):
    if len(prompts) < 2 or len(completions) < 2:
        raise ValueError
    return list(zip(prompts, [completions[-1], *completions[:-1]], strict=False))


@mistake("mismatched_pairs", ANSWERED_ANYWAY)
def empty_instead_of_an_error(prompts, completions):
    if len(prompts) != len(completions) or len(prompts) < 2:
        return []
    return mismatched_pairs(prompts, completions)


@mistake("mismatched_pairs", "Another exception is raised than the docstring asks for.")
def asserted(prompts, completions):
    assert len(prompts) == len(completions) and len(prompts) > 1
    return mismatched_pairs(prompts, completions)


@mistake("mismatched_pairs", INPUT_CHANGED)
def popped_and_inserted(prompts, completions):
    mismatched_pairs(prompts, completions)
    completions.insert(0, completions.pop())
    return list(zip(prompts, completions, strict=True))


@mistake("mismatched_pairs", "You shifted the other way: prompt i is asked to go with the completion before it.")
def shifted_the_other_way(prompts, completions):
    mismatched_pairs(prompts, completions)
    return [(prompt, completions[(i + 1) % len(completions)]) for i, prompt in enumerate(prompts)]


@mistake(
    "mismatched_pairs", "The completions come in reverse: in a batch of odd size the middle one stays where it was."
)
def reversed_completions(prompts, completions):
    mismatched_pairs(prompts, completions)
    return list(zip(prompts, completions[::-1], strict=True))


@mistake("mismatched_pairs", "The halves of the batch are swapped: a shift by one is asked for.")
def shifted_by_half(prompts, completions):
    mismatched_pairs(prompts, completions)
    half = len(prompts) // 2
    return list(zip(prompts, [*completions[half:], *completions[:half]], strict=True))


@mistake("mismatched_pairs", "Every prompt comes with every other completion: one each is asked for, N pairs in all.")
def all_combinations(prompts, completions):
    mismatched_pairs(prompts, completions)
    return [(p, c) for i, p in enumerate(prompts) for j, c in enumerate(completions) if i != j]


@mistake("mismatched_pairs", "The tuples are the wrong way around: the prompt comes first.")
def completion_first(prompts, completions):
    return [(completion, prompt) for prompt, completion in mismatched_pairs(prompts, completions)]


@mistake("mismatched_pairs", "The pairs come in another order: that of the prompts is asked for.")
def order_of_the_completions(prompts, completions):
    pairs = mismatched_pairs(prompts, completions)
    return [*pairs[1:], pairs[0]]


@mistake("mismatched_pairs", "Two lists come back: one list of pairs is asked for.")
def two_lists(prompts, completions):
    mismatched_pairs(prompts, completions)
    return list(prompts), [completions[-1], *completions[:-1]]


@mistake("mismatched_pairs", "A zip object comes back, which can be read only once: a list is asked for.")
def zip_itself(prompts, completions):
    return zip(*zip(*mismatched_pairs(prompts, completions), strict=True), strict=True)


@mistake("mismatched_pairs", "Equal prompts get the same completion in yours: a pair is known by its place alone.")
def found_by_the_prompt(prompts, completions):
    mismatched_pairs(prompts, completions)
    return [(prompt, completions[prompts.index(prompt) - 1]) for prompt in prompts]


@mistake("mismatched_pairs", "Every batch is refused: two prompts with two completions are enough.")
def always_refused(prompts, completions):
    raise ValueError


# --- 6.3 kto_reference_point ------------------------------------------------------------------------------------------

CLAMPED_TOO_EARLY = (
    "Negative log-ratios no longer count in yours: z0 is one number for the batch. Average first, limit afterwards."
)
NOT_MOVED = (
    "Your z0 is 0 although the policy has made these completions likelier: it rises with the policy's "
    "log-probabilities, and falls with the reference's."
)
Z0_WITH_GRADIENT = (
    "Your z0 carries a gradient: the optimiser could move the reference point, and it is a constant for every input."
)
LIMITED_FROM_ABOVE = "Your z0 stops growing at some point: its limit is 0 from below, and it has none from above."


@mistake("kto_reference_point", "Your z0 can be negative: it stands for a KL divergence, which is not.")
def not_clamped(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().mean()


@mistake("kto_reference_point", CLAMPED_TOO_EARLY)
def clamped_per_example(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().clamp(min=0).mean()


@mistake("kto_reference_point", Z0_WITH_GRADIENT)
def not_detached(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).mean().clamp(min=0)


@mistake("kto_reference_point", Z0_WITH_GRADIENT)
def policy_detached_only(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps.detach() - ref_kl_logps).mean().clamp(min=0)


@mistake("kto_reference_point", NOT_MOVED)
def reference_less_policy(policy_kl_logps, ref_kl_logps):
    return (ref_kl_logps - policy_kl_logps).detach().mean().clamp(min=0)


@mistake("kto_reference_point", "A negative mean becomes a positive z0 in yours: it has to become 0.")
def absolute_value(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().mean().abs()


@mistake("kto_reference_point", "Every log-ratio counts with its size alone: those below 0 have to take from the mean.")
def mean_of_absolute_values(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().abs().mean()


@mistake(
    "kto_reference_point", "Your z0 is too small by a factor: beta belongs to the value, which would scale z0 twice."
)
def scaled_by_beta(policy_kl_logps, ref_kl_logps):
    return 0.1 * kto_reference_point(policy_kl_logps, ref_kl_logps)


@mistake(
    "kto_reference_point", "You left the log scale: the pairs are samples already, and need no weight of their own."
)
def in_probability_space(policy_kl_logps, ref_kl_logps):
    policy = policy_kl_logps.detach().exp()
    return (policy * (policy_kl_logps.detach() - ref_kl_logps.detach())).sum().clamp(min=0)


@mistake("kto_reference_point", "Your z0 is the mean of ratios: it is one of logarithms of ratios.")
def mean_of_ratios(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().exp().mean()


@mistake("kto_reference_point", "This is another estimate of a KL divergence: KTO's is the plain mean, limited at 0.")
def k3_estimate(policy_kl_logps, ref_kl_logps):
    x = (ref_kl_logps - policy_kl_logps).detach()
    return (x.exp() - 1 - x).mean()


@mistake("kto_reference_point", "Your z0 grows with the batch: it is a sum over the pairs, a mean is asked for.")
def summed(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().sum().clamp(min=0)


@mistake("kto_reference_point", "One pair decides in yours: the mean over all of them is asked for.")
def median(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().median().clamp(min=0)


@mistake("kto_reference_point", "One pair decides in yours: the mean over all of them is asked for.")
def largest(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().max().clamp(min=0)


@mistake("kto_reference_point", "Only the positive log-ratios are averaged in yours: the mean is over all of them.")
def mean_of_the_positive_ones(policy_kl_logps, ref_kl_logps):
    ratios = (policy_kl_logps - ref_kl_logps).detach()
    return ratios[ratios > 0].mean().nan_to_num()


@mistake("kto_reference_point", LIMITED_FROM_ABOVE)
def limited_on_both_sides(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().mean().clamp(0, 1)


@mistake("kto_reference_point", LIMITED_FROM_ABOVE)
def limited_at_ten(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().mean().clamp(0, 10)


@mistake("kto_reference_point", "Each pair has a z0 of its own in yours: there is one for the batch, a 0-d tensor.")
def one_for_each_pair(policy_kl_logps, ref_kl_logps):
    return (policy_kl_logps - ref_kl_logps).detach().clamp(min=0)


@mistake("kto_reference_point", "A batch of B pairs has one z0: yours comes B times.")
def mean_repeated(policy_kl_logps, ref_kl_logps):
    return kto_reference_point(policy_kl_logps, ref_kl_logps).expand_as(policy_kl_logps)


@mistake("kto_reference_point", "Your z0 has the shape (1,): a 0-d tensor is asked for.")
def with_a_dimension(policy_kl_logps, ref_kl_logps):
    return kto_reference_point(policy_kl_logps, ref_kl_logps).reshape(1)


@mistake("kto_reference_point", NOT_MOVED)
def policy_alone(policy_kl_logps, ref_kl_logps):
    return policy_kl_logps.detach().mean().clamp(min=0)


@mistake("kto_reference_point", NOT_MOVED)
def always_zero(policy_kl_logps, ref_kl_logps):
    return torch.zeros((), device=policy_kl_logps.device)


@mistake("kto_reference_point", INPUT_CHANGED)
def subtracted_in_place(policy_kl_logps, ref_kl_logps):
    with torch.no_grad():
        policy_kl_logps -= ref_kl_logps
    return policy_kl_logps.detach().mean().clamp(min=0)


@mistake("kto_reference_point", ON_THE_CPU)
def reference_point_on_the_cpu(policy_kl_logps, ref_kl_logps):
    equal_shares = torch.full((len(policy_kl_logps),), 1 / len(policy_kl_logps))
    return (equal_shares * (policy_kl_logps - ref_kl_logps).detach()).sum().clamp(min=0)


@mistake("kto_reference_point", FIXED_ANSWER)
def reference_point_of_the_example(policy_kl_logps, ref_kl_logps):
    return torch.tensor(1.0)


# --- 6.4 kto_value ----------------------------------------------------------------------------------------------------


def of_the_other_class(logratio, desirable):
    """For each example the mean log-ratio of the other class, where it is positive: the z0 of early versions, (B,)."""
    means = [logratio[labels].detach().mean().nan_to_num().clamp(min=0) for labels in (desirable, ~desirable)]
    return torch.where(desirable, means[1], means[0])


@mistake("kto_value", SAME_SIGN)
def value_with_one_sign(logratio, z0, desirable, beta):
    return torch.sigmoid(beta * (logratio - z0))


@mistake("kto_value", VALUE_UPSIDE_DOWN)
def value_of_inverted_labels(logratio, z0, desirable, beta):
    return kto_value(logratio, z0, ~desirable, beta)


@mistake("kto_value", Z0_IGNORED)
def value_without_z0(logratio, z0, desirable, beta):
    return kto_value(logratio, torch.zeros_like(z0), desirable, beta)


@mistake("kto_value", Z0_ADDED)
def value_with_z0_added(logratio, z0, desirable, beta):
    return kto_value(logratio, -z0, desirable, beta)


@mistake("kto_value", Z0_ON_BOTH_SIDES)
def value_with_z0_on_both_sides(logratio, z0, desirable, beta):
    return torch.sigmoid(beta * (torch.where(desirable, logratio, -logratio) - z0))


@mistake("kto_value", BETA_IGNORED)
def value_without_beta(logratio, z0, desirable, beta):
    return kto_value(logratio, z0, desirable, 1.0)


@mistake("kto_value", BETA_IGNORED)
def value_with_a_beta_of_its_own(logratio, z0, desirable, beta):
    return kto_value(logratio, z0, desirable, 0.1)


@mistake("kto_value", BETA_ON_R_ALONE)
def value_with_beta_on_r_alone(logratio, z0, desirable, beta):
    return kto_value(beta * logratio, z0, desirable, 1.0)


@mistake("kto_value", BETA_ON_Z0_ALONE)
def value_with_beta_on_z0_alone(logratio, z0, desirable, beta):
    return kto_value(logratio, beta * z0, desirable, 1.0)


@mistake("kto_value", Z0_OF_ITS_OWN)
def value_with_a_z0_of_each_class(logratio, z0, desirable, beta):
    z0 = of_the_other_class(logratio, desirable)
    return torch.sigmoid(beta * torch.where(desirable, logratio - z0, z0 - logratio))


@mistake(
    "kto_value", "beta scales your value instead of the distance to z0: the value is 1/2 at r = z0 for every beta."
)
def value_times_beta(logratio, z0, desirable, beta):
    return beta * kto_value(logratio, z0, desirable, 1.0)


@mistake("kto_value", "The larger beta is, the slower your value saturates: it multiplies the distance to z0.")
def value_divided_by_beta(logratio, z0, desirable, beta):
    return kto_value(logratio, z0, desirable, 1 / beta)


@mistake("kto_value", "Your values are logarithms, and negative: there is no logarithm in KTO, unlike in DPO.")
def logarithm_of_the_value(logratio, z0, desirable, beta):
    return F.logsigmoid(beta * torch.where(desirable, logratio - z0, z0 - logratio))


@mistake("kto_value", "Your values lie between -1 and 1: the paper's function is a sigmoid, and 1/2 at r = z0.")
def tanh_of_the_distance(logratio, z0, desirable, beta):
    return torch.tanh(beta * torch.where(desirable, logratio - z0, z0 - logratio))


@mistake("kto_value", "Your values have no upper or lower limit: the sigmoid is missing.")
def distance_itself(logratio, z0, desirable, beta):
    return beta * torch.where(desirable, logratio - z0, z0 - logratio)


@mistake("kto_value", VALUE_UPSIDE_DOWN)
def one_minus_the_value(logratio, z0, desirable, beta):
    return 1 - kto_value(logratio, z0, desirable, beta)


@mistake("kto_value", "Your value of undesirable examples is negative: it is mirrored at r = z0, between 0 and 1.")
def negative_for_undesirable(logratio, z0, desirable, beta):
    value = torch.sigmoid(beta * (logratio - z0))
    return torch.where(desirable, value, -value)


@mistake("kto_value", "Undesirable examples have no value in yours: half of what KTO learns from is gone.")
def zero_for_undesirable(logratio, z0, desirable, beta):
    return torch.sigmoid(beta * (logratio - z0)) * desirable


@mistake("kto_value", "Your values are those of a step: near z0 the value rises gradually, as quickly as beta says.")
def step_at_z0(logratio, z0, desirable, beta):
    gain = torch.where(desirable, logratio - z0, z0 - logratio)
    return (gain > 0).float() + 0.5 * (gain == 0)


@mistake("kto_value", "The order of the batch is lost: desirable examples come first in yours.")
def values_in_another_order(logratio, z0, desirable, beta):
    value = kto_value(logratio, z0, desirable, beta)
    return torch.cat([value[desirable], value[~desirable]])


@mistake("kto_value", NOT_PER_EXAMPLE)
def mean_of_the_values(logratio, z0, desirable, beta):
    return kto_value(logratio, z0, desirable, beta).mean()


@mistake("kto_value", SQUEEZED)
def value_squeezed(logratio, z0, desirable, beta):
    return kto_value(logratio, z0, desirable, beta).squeeze()


@mistake("kto_value", NO_GRADIENT)
def value_without_graph(logratio, z0, desirable, beta):
    return kto_value(logratio, z0, desirable, beta).detach()


@mistake("kto_value", OVERFLOW)
def overflowing_sigmoid(logratio, z0, desirable, beta):
    x = torch.exp(beta * torch.where(desirable, logratio - z0, z0 - logratio))
    return x / (1 + x)


@mistake("kto_value", INPUT_CHANGED)
def shifted_in_place(logratio, z0, desirable, beta):
    logratio.data -= z0
    return kto_value(logratio, torch.zeros_like(z0), desirable, beta)


@mistake("kto_value", ON_THE_CPU)
def value_on_the_cpu(logratio, z0, desirable, beta):
    return torch.sigmoid(beta * (logratio - z0) * torch.where(desirable.cpu(), 1.0, -1.0))


@mistake("kto_value", FIXED_ANSWER)
def always_one_half(logratio, z0, desirable, beta):
    return torch.full_like(logratio, 0.5)


# --- 6.5 kto_loss -----------------------------------------------------------------------------------------------------


def of_one_sign(logratio, z0, beta):
    return torch.sigmoid(beta * (logratio - z0))


@mistake("kto_loss", SAME_SIGN)
def loss_with_one_sign(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    weight = torch.where(desirable, lambda_d, lambda_u)
    return weight * (1 - of_one_sign(logp - ref_logp.detach(), z0.detach(), beta))


@mistake("kto_loss", LOSS_UPSIDE_DOWN)
def loss_of_inverted_labels(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, ~desirable, z0, beta, lambda_u, lambda_d)


@mistake("kto_loss", LABELS_INVERTED)
def loss_of_inverted_labels_and_weights(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, ~desirable, z0, beta, lambda_d, lambda_u)


@mistake("kto_loss", Z0_IGNORED)
def loss_without_z0(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, desirable, torch.zeros_like(z0), beta, lambda_d, lambda_u)


@mistake("kto_loss", Z0_ADDED)
def loss_with_z0_added(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, desirable, -z0, beta, lambda_d, lambda_u)


@mistake("kto_loss", Z0_ON_BOTH_SIDES)
def loss_with_z0_on_both_sides(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    r = logp - ref_logp.detach()
    value = torch.sigmoid(beta * (torch.where(desirable, r, -r) - z0.detach()))
    return torch.where(desirable, lambda_d, lambda_u) * (1 - value)


@mistake("kto_loss", WEIGHTS_SWAPPED)
def loss_with_swapped_weights(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, desirable, z0, beta, lambda_u, lambda_d)


@mistake("kto_loss", WEIGHTS_IGNORED)
def loss_without_weights(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, desirable, z0, beta, 1.0, 1.0)


@mistake(
    "kto_loss",
    "Each value has its weight in yours, but is taken from 1: the loss is lambda - lambda v, and never negative.",
)
def one_minus_weighted_value(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    weight = torch.where(desirable, lambda_d, lambda_u)
    return 1 - weight * (1 - kto_loss(logp, ref_logp, desirable, z0, beta, 1.0, 1.0))


@mistake(
    "kto_loss",
    "Your loss is minus the value: its gradient is right, its value is short of lambda, so that no loss is 0.",
)
def minus_the_value(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    weight = torch.where(desirable, lambda_d, lambda_u)
    return kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u) - weight


@mistake("kto_loss", LOSS_UPSIDE_DOWN)
def value_instead_of_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    weight = torch.where(desirable, lambda_d, lambda_u)
    return weight * kto_value(logp - ref_logp.detach(), z0.detach(), desirable, beta)


@mistake(
    "kto_loss",
    "Undesirable examples weigh -lambda_u in yours: v is mirrored for them already, and each loss lies between 0 and "
    "its lambda.",
)
def negative_lambda_u(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return torch.where(desirable, 1, -1) * kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)


@mistake(
    "kto_loss",
    "Undesirable examples are pushed the right way in yours, but their losses are negative: each lies between 0 and "
    "its lambda.",
)
def negative_lambda_u_for_the_mirror(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    value = of_one_sign(logp - ref_logp.detach(), z0.detach(), beta)
    return torch.where(desirable, lambda_d, -lambda_u) * (1 - value)


@mistake(
    "kto_loss",
    "The weights act inside of the sigmoid in yours: there they change beta, and not how much an example counts.",
)
def weights_inside(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    gain = torch.where(desirable, lambda_d, -lambda_u) * (logp - ref_logp.detach() - z0.detach())
    return 1 - torch.sigmoid(beta * gain)


@mistake(
    "kto_loss",
    "Yours is a logarithm of the sigmoid, as in DPO: KTO's loss is the sigmoid itself, and does not exceed lambda.",
)
def log_sigmoid(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    gain = logp - ref_logp.detach() - z0.detach()
    return -torch.where(desirable, lambda_d, lambda_u) * F.logsigmoid(beta * torch.where(desirable, gain, -gain))


@mistake(
    "kto_loss", "Your loss has no limit: one mislabelled example can outweigh a batch, which the sigmoid prevents."
)
def hinge(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    gain = beta * (logp - ref_logp.detach() - z0.detach())
    return torch.where(desirable, lambda_d, lambda_u) * F.relu(1 - torch.where(desirable, gain, -gain))


@mistake("kto_loss", REFERENCE_IGNORED)
def loss_without_reference(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, torch.zeros_like(ref_logp), desirable, z0, beta, lambda_d, lambda_u)


@mistake("kto_loss", "Policy and reference are swapped: r rises where the policy makes an answer likelier.")
def reference_less_policy_in_the_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    r = ref_logp.detach() - logp
    return torch.where(desirable, lambda_d, lambda_u) * (1 - kto_value(r, z0.detach(), desirable, beta))


@mistake("kto_loss", "r is a ratio of probabilities in yours: the value is a function of its logarithm.")
def ratio_instead_of_its_logarithm(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    r = (logp - ref_logp.detach()).exp()
    return torch.where(desirable, lambda_d, lambda_u) * (1 - kto_value(r, z0.detach(), desirable, beta))


@mistake("kto_loss", BETA_IGNORED)
def loss_without_beta(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, desirable, z0, 0.1, lambda_d, lambda_u)


@mistake("kto_loss", BETA_ON_R_ALONE)
def loss_with_beta_on_r_alone(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    r = beta * (logp - ref_logp.detach())
    return torch.where(desirable, lambda_d, lambda_u) * (1 - kto_value(r, z0.detach(), desirable, 1.0))


@mistake("kto_loss", BETA_ON_Z0_ALONE)
def loss_with_beta_on_z0_alone(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, desirable, beta * z0, 1.0, lambda_d, lambda_u)


@mistake("kto_loss", "beta scales the value in yours: it belongs into the sigmoid, where it scales the distance to z0.")
def loss_of_the_value_times_beta(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    value = kto_value(logp - ref_logp.detach(), z0.detach(), desirable, 1.0)
    return torch.where(desirable, lambda_d, lambda_u) * (1 - beta * value)


@mistake("kto_loss", "beta scales your loss as well: it only belongs into the sigmoid.")
def loss_times_beta(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return beta * kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)


@mistake("kto_loss", "A gradient reaches z0: it is a constant for the loss, whoever computed it.")
def z0_with_gradient(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    weight = torch.where(desirable, lambda_d, lambda_u)
    return weight * (1 - kto_value(logp - ref_logp.detach(), z0, desirable, beta))


@mistake("kto_loss", "A gradient reaches the reference's log-probabilities: the reference is not trained.")
def reference_with_gradient(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    weight = torch.where(desirable, lambda_d, lambda_u)
    return weight * (1 - kto_value(logp - ref_logp, z0.detach(), desirable, beta))


@mistake("kto_loss", SQUEEZED)
def loss_squeezed(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u).squeeze()


@mistake("kto_loss", NO_GRADIENT)
def loss_without_graph(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u).detach()


@mistake("kto_loss", NOT_PER_EXAMPLE)
def mean_of_the_losses(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u).mean()


@mistake("kto_loss", "A batch without one of the two classes gives NaN: the mean of nothing. No mean is asked for.")
def mean_of_each_class(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    loss = kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)
    return loss[desirable].mean() + loss[~desirable].mean()


@mistake("kto_loss", "The order of the batch is lost: desirable examples come first in yours.")
def losses_in_another_order(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    loss = kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)
    return torch.cat([loss[desirable], loss[~desirable]])


@mistake(
    "kto_loss",
    "Each example's loss depends on how many examples of its class are in the batch; nothing is averaged here.",
)
def divided_by_the_size_of_the_class(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    loss = kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)
    return loss / torch.where(desirable, desirable.sum(), (~desirable).sum())


@mistake("kto_loss", "Your losses come in a grid of B times B: each example has one of its own.")
def grid_of_losses(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    value = kto_value(logp[:, None] - ref_logp.detach(), z0.detach(), desirable, beta)
    return torch.where(desirable, lambda_d, lambda_u) * (1 - value)


@mistake("kto_loss", Z0_OF_ITS_OWN)
def z0_of_the_batch(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    z0 = kto_reference_point(logp, ref_logp)
    return kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)


@mistake("kto_loss", Z0_OF_ITS_OWN)
def loss_with_a_z0_of_each_class(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    logratio = logp - ref_logp.detach()
    value = value_with_a_z0_of_each_class.implementation(logratio, z0, desirable, beta)
    return torch.where(desirable, lambda_d, lambda_u) * (1 - value)


@mistake(
    "kto_loss",
    "Far away from the reference your loss stops changing too early, or NaN comes out: nothing needs to be cut off.",
)
def log_ratios_cut_off(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    ref = ref_logp.detach()
    return kto_loss(ref + (logp - ref).clamp(-1, 1), ref, desirable, z0, beta, lambda_d, lambda_u)


@mistake("kto_loss", OVERFLOW)
def overflowing_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    x = beta * (logp - ref_logp.detach() - z0.detach())
    x = torch.where(desirable, -x, x).exp()
    return torch.where(desirable, lambda_d, lambda_u) * x / (1 + x)


@mistake("kto_loss", INPUT_CHANGED)
def loss_in_place(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    with torch.no_grad():
        ref_logp += z0
    return kto_loss(logp, ref_logp, desirable, torch.zeros_like(z0), beta, lambda_d, lambda_u)


@mistake("kto_loss", ON_THE_CPU)
def loss_on_the_cpu(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    loss = kto_loss(logp, ref_logp, desirable, z0, beta, 1.0, 1.0)
    return torch.tensor([lambda_u, lambda_d])[desirable.long()] * loss


@mistake("kto_loss", FIXED_ANSWER)
def always_half_of_lambda(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return 0.5 * torch.where(desirable, lambda_d, lambda_u) + 0 * logp


# --- 6.6 balance_weights ----------------------------------------------------------------------------------------------

CLASSES_EXCHANGED = (
    "The class that counts for too much is raised in yours: lambda_d comes first, and the class that counts for too "
    "little is raised."
)


@mistake("balance_weights", "lambda_d comes out below 1 where there are many desirable examples: no weight is below 1.")
def always_the_desirable_ones(n_d, n_u, ratio=1.0):
    return ratio * n_u / n_d, 1.0


@mistake(
    "balance_weights", "lambda_u comes out below 1 where there are many undesirable examples: no weight is below 1."
)
def always_the_undesirable_ones(n_d, n_u, ratio=1.0):
    return 1.0, n_d / (ratio * n_u)


@mistake("balance_weights", CLASSES_EXCHANGED)
def weights_in_another_order(n_d, n_u, ratio=1.0):
    return balance_weights(n_d, n_u, ratio)[::-1]


@mistake("balance_weights", CLASSES_EXCHANGED)
def larger_class_raised(n_d, n_u, ratio=1.0):
    return (1.0, ratio * n_u / n_d) if n_u > n_d else (n_d / (ratio * n_u), 1.0)


@mistake("balance_weights", "The ratio makes no difference in yours.")
def ratio_ignored(n_d, n_u, ratio=1.0):
    return balance_weights(n_d, n_u)


@mistake(
    "balance_weights", "The ratio is upside down: it is that of the desirable examples' total weight to the others'."
)
def ratio_upside_down(n_d, n_u, ratio=1.0):
    return balance_weights(n_d, n_u, 1 / ratio)


@mistake(
    "balance_weights",
    "The ratio raises whichever class is smaller in yours: it favours the desirable ones in any case.",
)
def ratio_for_the_smaller_class(n_d, n_u, ratio=1.0):
    return (ratio * n_u / n_d, 1.0) if n_u >= n_d else (1.0, ratio * n_d / n_u)


@mistake("balance_weights", "Which class is raised depends on the counts alone in yours: the ratio can turn it around.")
def chosen_by_the_counts(n_d, n_u, ratio=1.0):
    raised = ratio * n_u / n_d
    return (raised, 1.0) if n_u >= n_d else (1.0, 1 / raised)


@mistake("balance_weights", "The quotient is right, the size is not: the smaller of the two weights is 1.")
def weights_that_add_up_to_two(n_d, n_u, ratio=1.0):
    raised = ratio * n_u / n_d
    return 2 * raised / (1 + raised), 2 / (1 + raised)


@mistake("balance_weights", "The quotient is right, the size is not: the smaller of the two weights is 1.")
def weights_as_frequencies(n_d, n_u, ratio=1.0):
    total = n_d + n_u
    return ratio * total / (2 * n_d), total / (2 * n_u)


@mistake("balance_weights", "The quotient is right, the size is not: the smaller of the two weights is 1.")
def larger_weight_is_one(n_d, n_u, ratio=1.0):
    raised = ratio * n_u / n_d
    return (1.0, 1 / raised) if raised >= 1 else (raised, 1.0)


@mistake("balance_weights", "Whole numbers come out: 300 against 120 are 2.5 to 1.")
def whole_numbers(n_d, n_u, ratio=1.0):
    if ratio * n_u >= n_d:
        return float(ratio * n_u // n_d), 1.0
    return 1.0, float(n_d // (ratio * n_u))


@mistake("balance_weights", "Your weights make up for less than the imbalance: its square root is too little.")
def square_root(n_d, n_u, ratio=1.0):
    return tuple(weight**0.5 for weight in balance_weights(n_d, n_u, ratio))


@mistake("balance_weights", "Your weights stop at 4/3: that bounds the ratio of the classes, not a weight.")
def weights_stop_at_four_thirds(n_d, n_u, ratio=1.0):
    return tuple(min(weight, 4 / 3) for weight in balance_weights(n_d, n_u, ratio))


@mistake("balance_weights", "Both weights are always 1: nothing is balanced.")
def both_one(n_d, n_u, ratio=1.0):
    return 1.0, 1.0


@mistake("balance_weights", "One number comes back: two weights are asked for.")
def quotient_alone(n_d, n_u, ratio=1.0):
    return ratio * n_u / n_d


# --- 6.7 kto_grad_weight ----------------------------------------------------------------------------------------------


def slope(logp, ref_logp, desirable, z0, beta, lambda_d=1.0, lambda_u=1.0):
    """The size of the right answer."""
    return kto_grad_weight(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u).abs()


@mistake("kto_grad_weight", "Undesirable answers are pushed up in yours: for them the weight is negative.")
def pushed_up_in_any_case(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return slope(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)


@mistake("kto_grad_weight", PUSH_UPSIDE_DOWN)
def derivative_of_the_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return -kto_grad_weight(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)


@mistake("kto_grad_weight", "beta is missing: the chain rule brings it out of the sigmoid.")
def push_without_beta(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_grad_weight(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u) / beta


@mistake("kto_grad_weight", BETA_ON_R_ALONE)
def push_with_beta_on_r_alone(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    logp, ref_logp = beta * logp.detach(), beta * ref_logp
    return beta * kto_grad_weight(logp, ref_logp, desirable, z0, 1.0, lambda_d, lambda_u)


@mistake("kto_grad_weight", "The weights act inside of v as well in yours: lambda stands once, in front.")
def push_of_weighted_values(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    weighted = torch.where(desirable, lambda_d, lambda_u) * kto_value((logp - ref_logp).detach(), z0, desirable, beta)
    return beta * torch.where(desirable, 1, -1) * weighted * (1 - weighted)


@mistake("kto_grad_weight", "Your weights carry a gradient: they are figures to look at, and have to be constants.")
def push_with_graph(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    value = kto_value(logp - ref_logp, z0, desirable, beta)
    return torch.where(desirable, lambda_d, -lambda_u) * beta * value * (1 - value)


@mistake("kto_grad_weight", OVERFLOW)
def overflowing_push(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    x = torch.exp(beta * (logp - ref_logp - z0).detach())
    return torch.where(desirable, lambda_d, -lambda_u) * beta * x / (1 + x) ** 2


@mistake("kto_grad_weight", WEIGHTS_IGNORED)
def push_without_weights(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_grad_weight(logp, ref_logp, desirable, z0, beta, 1.0, 1.0)


@mistake("kto_grad_weight", WEIGHTS_SWAPPED)
def push_with_swapped_weights(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_grad_weight(logp, ref_logp, desirable, z0, beta, lambda_u, lambda_d)


@mistake("kto_grad_weight", PUSH_UPSIDE_DOWN)
def push_of_inverted_labels(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_grad_weight(logp, ref_logp, ~desirable, z0, beta, lambda_u, lambda_d)


@mistake(
    "kto_grad_weight", "Hopeless examples are pushed hardest in yours, as in DPO: in KTO the push fades there, too."
)
def push_as_in_dpo(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    loss = kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u).detach()
    return beta * torch.where(desirable, loss, -loss)


@mistake(
    "kto_grad_weight", "Solved examples are pushed hardest in yours: a factor of the sigmoid's derivative is missing."
)
def push_by_the_value(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    value = kto_value((logp - ref_logp).detach(), z0, desirable, beta)
    return beta * torch.where(desirable, lambda_d, -lambda_u) * value


@mistake("kto_grad_weight", "All examples are pushed as hard as one at r = z0: the push fades with the distance.")
def push_of_the_start(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return beta / 4 * torch.where(desirable, lambda_d, -lambda_u) + 0 * logp.detach()


@mistake(
    "kto_grad_weight",
    "Your push is a bell curve of Gauss: the derivative of the sigmoid is another one, with wider tails.",
)
def push_as_a_gaussian(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    x = beta * (logp - ref_logp - z0).detach()
    return beta / 4 * torch.where(desirable, lambda_d, -lambda_u) * torch.exp(-x * x / 4)


@mistake("kto_grad_weight", Z0_IGNORED)
def push_without_z0(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_grad_weight(logp, ref_logp, desirable, torch.zeros_like(z0), beta, lambda_d, lambda_u)


@mistake("kto_grad_weight", Z0_ADDED)
def push_with_z0_added(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_grad_weight(logp, ref_logp, desirable, -z0, beta, lambda_d, lambda_u)


@mistake("kto_grad_weight", REFERENCE_IGNORED)
def push_without_reference(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_grad_weight(logp, torch.zeros_like(ref_logp), desirable, z0, beta, lambda_d, lambda_u)


@mistake(
    "kto_grad_weight",
    "Your numbers shrink as the batch grows: it is the derivative of the mean, and not of each example's loss.",
)
def push_of_the_mean(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_grad_weight(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u) / len(logp)


@mistake("kto_grad_weight", NOT_PER_EXAMPLE)
def mean_push(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return kto_grad_weight(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u).mean()


@mistake("kto_grad_weight", INPUT_CHANGED)
def push_in_place(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    with torch.no_grad():
        logp -= ref_logp
    return kto_grad_weight(logp, torch.zeros_like(ref_logp), desirable, z0, beta, lambda_d, lambda_u)


@mistake("kto_grad_weight", "Nothing is pushed in yours: all weights are 0.")
def never_pushed(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    return torch.zeros_like(logp)
