"""Wrong versions that students write, with what they then read: the symptom and the idea, never the code."""

import math
import random

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Normal

from grader.checks import mistake
from ppo_core import (
    approx_kl,
    clip_case_table,
    clip_fraction,
    compute_gae,
    explained_variance,
    gaussian_entropy,
    gaussian_policy,
    minibatch_indices,
    normalize,
    ppo_clip_loss,
    prob_ratio,
    squash_action,
    value_loss,
)

# Two mistakes that look alike from outside, or one that several functions share, have one diagnosis.
EPSILON_UNDER_THE_ROOT = (
    "With a large eps your values are off: it is added to the deviation, not to the variance under the root."
)
ON_THE_CPU = "On a GPU your function fails: it mixes its inputs with a tensor that lies on the CPU."
OLD_WITH_GRADIENT = (
    "A gradient reaches the old log-probabilities: the policy that collected the data is a fact of the past."
)
ADVANTAGE_WITH_GRADIENT = (
    "The policy's loss sends a gradient into the advantages, and so into the critic; here they are only weights."
)
NUMBER_FOR_A_LOSS = "Your loss is a Python number: its value may be right, but nothing can be learned from it."
SUM_FOR_MEAN = "Your loss grows with the size of the batch: it is a sum over the transitions, a mean is asked for."
WRONG_SIGN = "Descending your loss makes good actions less likely: objective and loss differ in their sign."
METRIC_WITH_GRADIENT = "Your figure carries a gradient: it is there to be watched, and must be a constant."
LOG_RATIO_CLIPPED = (
    "You limited the log-ratio; the bounds 1 - epsilon and 1 + epsilon belong to the ratio itself (at the ratio 1.21 "
    "and epsilon .2 yours behaves differently)."
)
THROUGH_THE_END = "After a termination there is no future, yet your estimate still contains gamma V(next)."
CUT_WITHOUT_VALUE = (
    "You stop the value at the time limit: truncation only ends our recording, the state still has a future."
)
TRACE_LEAKS = (
    "Advantages before an episode's end change with rewards after it: the trace has to be cut at every end, "
    "terminated or truncated."
)
NUMBERS_OF_AXES = (
    "You compare how many axes the two have: (1,) and (N,) have one each, go through, and one number meets all N."
)
FLAG_OF_THE_NEXT_ROW = (
    "You read the end of step t from row t + 1, where other programs keep it; here the flags of row t belong to step t."
)
NO_LIST_OF_TENSORS = "A list of int64 tensors is asked for: yours is no list, or holds something else than tensors."
ANY_SHAPES = "A column and a row go through: your loss then averages N times N numbers, and learns nothing."
OPTIMISTIC = (
    "With A > 0 and the ratio 1.5 your objective keeps growing: PPO takes the pessimistic one of the two terms, the "
    "smaller objective or the larger loss."
)
FIXED_ANSWER = "Your function gives the same numbers whatever it is given."

# --- 4.1 normalize --------------------------------------------------------------------------------------------


@mistake("normalize", "Your values are a little too small: the deviation asked for divides by N, yours by N - 1.")
def sample_deviation(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / (x.std(correction=1 if x.numel() > 1 else 0) + eps)


@mistake("normalize", "A single advantage becomes NaN: torch's deviation divides by N - 1 unless it is told not to.")
def sample_deviation_of_one(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / (x.std() + eps)


@mistake("normalize", "Equal advantages become NaN: their deviation is 0, and nothing keeps you from dividing by it.")
def no_epsilon(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / x.std(correction=0)


@mistake("normalize", "Another eps changes nothing in yours: what the caller names has to be used.")
def epsilon_of_its_own(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / (x.std(correction=0) + 1e-8)


@mistake("normalize", EPSILON_UNDER_THE_ROOT)
def epsilon_added_to_the_variance(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / (x.var(correction=0) + eps).sqrt()


@mistake("normalize", EPSILON_UNDER_THE_ROOT)
def epsilon_squared_under_the_root(x, eps=1e-8):
    x = x.detach()
    return F.layer_norm(x, x.shape, eps=eps**2)


@mistake("normalize", "You take eps where the deviation is smaller than it; it is added, always.")
def epsilon_as_a_floor(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / x.std(correction=0).clamp(min=eps)


@mistake("normalize", "Small advantages stay small: your deviation is never less than 1.")
def deviation_of_at_least_one(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / x.std(correction=0).clamp(min=1.0)


@mistake("normalize", "Your values fill a fixed range: that is another scaling, by the extremes and not the deviation.")
def by_the_extremes(x, eps=1e-8):
    x = x.detach()
    return (x - x.min()) / (x.max() - x.min() + eps)


@mistake("normalize", "Your function changes the tensor it was given: its caller finds other advantages there.")
def normalized_in_place(x, eps=1e-8):
    with torch.no_grad():
        deviation = x.std(correction=0) + eps
        x -= x.mean()
        x /= deviation
    return x.detach()


@mistake("normalize", "Each environment has a mean of its own in yours: one mean and deviation for all is asked for.")
def each_column_by_itself(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + eps)


@mistake("normalize", "Each time step has a mean of its own in yours: one mean and deviation for all is asked for.")
def each_row_by_itself(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean(dim=-1, keepdim=True)) / (x.std(dim=-1, keepdim=True, correction=0) + eps)


@mistake("normalize", "The mean is left in: an action that was as good as the average must have the advantage 0.")
def only_scaled(x, eps=1e-8):
    x = x.detach()
    return x / (x.std(correction=0) + eps)


@mistake("normalize", "The scale is left as it was: after subtracting the mean there is a deviation to divide by.")
def only_centred(x, eps=1e-8):
    x = x.detach()
    return x - x.mean()


@mistake("normalize", "You divide by the variance; its square root has the unit of the advantages.")
def divided_by_the_variance(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / (x.var(correction=0) + eps)


@mistake("normalize", "You divide by the root mean square of the values as they came, with their mean still in it.")
def divided_by_the_root_mean_square(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / (x.pow(2).mean().sqrt() + eps)


@mistake("normalize", "Your result carries a gradient: a normalised advantage is a weight, and has to be a constant.")
def normalized_with_graph(x, eps=1e-8):
    return (x - x.mean()) / (x.std(correction=0) + eps)


@mistake("normalize", "The shape is lost: what comes out has the shape of what went in.")
def normalized_and_flattened(x, eps=1e-8):
    return normalize(x.flatten(), eps)


@mistake("normalize", ON_THE_CPU)
def normalized_on_the_cpu(x, eps=1e-8):
    x = x.detach()
    return (x - x.mean()) / (x.std(correction=0) + torch.full((1,), eps))


@mistake("normalize", FIXED_ANSWER)
def normalized_examples(x, eps=1e-8):
    return normalize(torch.tensor([1.0, 2.0, 3.0, 6.0]))


# --- 4.2 prob_ratio -------------------------------------------------------------------------------------------


@mistake("prob_ratio", "When the new policy makes an action twice as likely your ratio is .5: it is upside down.")
def ratio_upside_down(logp_new, logp_old):
    return (logp_old.detach() - logp_new).exp()


@mistake("prob_ratio", "Your ratio is 0 for equal policies, and negative elsewhere: it is still a logarithm.")
def ratio_left_as_a_logarithm(logp_new, logp_old):
    return logp_new - logp_old.detach()


@mistake("prob_ratio", "You divide the log-probabilities; the ratio is one of probabilities.")
def quotient_of_logarithms(logp_new, logp_old):
    return logp_new / logp_old.detach()


@mistake("prob_ratio", OLD_WITH_GRADIENT)
def ratio_with_old_graph(logp_new, logp_old):
    return (logp_new - logp_old).exp()


@mistake("prob_ratio", "Rare actions give 0 / 0: the probabilities vanish in float32 before you divide them.")
def quotient_of_probabilities(logp_new, logp_old):
    return logp_new.exp() / logp_old.detach().exp()


@mistake("prob_ratio", "Rare actions get a ratio of 1: a number added against division by zero outweighs both.")
def quotient_with_epsilon(logp_new, logp_old):
    return (logp_new.exp() + 1e-8) / (logp_old.detach().exp() + 1e-8)


@mistake("prob_ratio", "Rare actions get a wrong ratio: the log-probabilities are cut off before they are compared.")
def log_probabilities_cut_off(logp_new, logp_old):
    return (logp_new.clamp(min=-20) - logp_old.detach().clamp(min=-20)).exp()


@mistake("prob_ratio", "Ratios far from 1 are cut off: the log-ratio counts whole, however large it is.")
def log_ratio_cut_off(logp_new, logp_old):
    return (logp_new - logp_old.detach()).clamp(-2, 2).exp()


@mistake("prob_ratio", "No gradient reaches the new log-probabilities: without it the policy cannot learn.")
def ratio_without_graph(logp_new, logp_old):
    return (logp_new - logp_old).exp().detach()


@mistake("prob_ratio", "The gradient runs the wrong way: you detached the new log-probabilities, not the old ones.")
def wrong_one_detached(logp_new, logp_old):
    return (logp_new.detach() - logp_old).exp()


@mistake("prob_ratio", "Your ratios come in a grid of N times N: each new log-probability has one old one.")
def ratio_of_all_pairs(logp_new, logp_old):
    return (logp_new.unsqueeze(1) - logp_old.detach()).exp()


@mistake("prob_ratio", "One number comes back where each transition has a ratio of its own.")
def ratio_of_the_whole_batch(logp_new, logp_old):
    return (logp_new - logp_old.detach()).sum().exp()


@mistake("prob_ratio", "Your ratios stop at the clip range: the ratio itself is not clipped, only the objective.")
def ratio_clipped_already(logp_new, logp_old):
    return (logp_new - logp_old.detach()).exp().clamp(0.8, 1.2)


@mistake(
    "prob_ratio", "Your ratio grows like a straight line: 1 + x is close to exp(x) only where the ratio is close to 1."
)
def ratio_to_first_order(logp_new, logp_old):
    return 1 + (logp_new - logp_old.detach())


@mistake("prob_ratio", ON_THE_CPU)
def ratio_on_the_cpu(logp_new, logp_old):
    return torch.ones(len(logp_new)) * (logp_new - logp_old.detach()).exp()


@mistake("prob_ratio", FIXED_ANSWER)
def ratios_of_the_example(logp_new, logp_old):
    return torch.tensor([2.0, 0.5, 1.0, 1.125])


# --- 4.3 ppo_clip_loss ----------------------------------------------------------------------------------------


def clipped_terms(logp_new, logp_old, adv, clip):
    """Both terms of eq. 7, for the versions that put them together wrongly."""
    ratio = prob_ratio(logp_new, logp_old)
    return ratio * adv.detach(), ratio.clamp(1 - clip, 1 + clip) * adv.detach()


@mistake("ppo_clip_loss", "When the new policy makes an action twice as likely your ratio is .5: it is upside down.")
def inverted_ratio(logp_new, logp_old, adv, clip):
    ratio = (logp_old.detach() - logp_new).exp()
    adv = adv.detach()
    return -torch.minimum(ratio * adv, ratio.clamp(1 - clip, 1 + clip) * adv).mean()


@mistake("ppo_clip_loss", OPTIMISTIC)
def larger_of_the_two(logp_new, logp_old, adv, clip):
    return -torch.maximum(*clipped_terms(logp_new, logp_old, adv, clip)).mean()


@mistake(
    "ppo_clip_loss",
    "With A > 0 and the ratio .5 your gradient is zero, so a step in the wrong direction can never be undone.",
)
def clipped_term_alone(logp_new, logp_old, adv, clip):
    return -clipped_terms(logp_new, logp_old, adv, clip)[1].mean()


@mistake("ppo_clip_loss", "Nothing is clipped: with A > 0 and the ratio 1.5 the gradient should be zero.")
def surrogate_without_clipping(logp_new, logp_old, adv, clip):
    return -clipped_terms(logp_new, logp_old, adv, clip)[0].mean()


@mistake(
    "ppo_clip_loss",
    "You take the smaller ratio, and multiply then: with A < 0 the smaller product is that of the larger ratio.",
)
def smaller_of_the_two_ratios(logp_new, logp_old, adv, clip):
    ratio = prob_ratio(logp_new, logp_old)
    return -(torch.minimum(ratio, ratio.clamp(1 - clip, 1 + clip)) * adv.detach()).mean()


@mistake(
    "ppo_clip_loss",
    "With A < 0 and a large ratio your loss stops growing: a second bound (dual clip) is not in eq. 7, and takes the "
    "gradient from the steps that need it most.",
)
def dual_clip(logp_new, logp_old, adv, clip):
    adv = adv.detach()
    smaller = torch.minimum(*clipped_terms(logp_new, logp_old, adv, clip))
    return -torch.where(adv < 0, torch.maximum(smaller, 3.0 * adv), smaller).mean()


@mistake("ppo_clip_loss", LOG_RATIO_CLIPPED)
def log_ratio_within_epsilon(logp_new, logp_old, adv, clip):
    x, adv = logp_new - logp_old.detach(), adv.detach()
    return -torch.minimum(x.exp() * adv, x.clamp(-clip, clip).exp() * adv).mean()


@mistake("ppo_clip_loss", "You clip the logarithm of the ratio to bounds near 1: equal policies are outside of them.")
def log_ratio_within_ratio_bounds(logp_new, logp_old, adv, clip):
    x, adv = logp_new - logp_old.detach(), adv.detach()
    return -torch.minimum(x.exp() * adv, x.clamp(1 - clip, 1 + clip).exp() * adv).mean()


@mistake("ppo_clip_loss", "For equal policies your loss is not minus the mean advantage: the ratio is a logarithm yet.")
def ratio_not_exponentiated(logp_new, logp_old, adv, clip):
    x, adv = logp_new - logp_old.detach(), adv.detach()
    return -torch.minimum(x * adv, x.clamp(1 - clip, 1 + clip) * adv).mean()


@mistake("ppo_clip_loss", WRONG_SIGN)
def objective_instead_of_loss(logp_new, logp_old, adv, clip):
    return -ppo_clip_loss(logp_new, logp_old, adv, clip)


@mistake("ppo_clip_loss", OPTIMISTIC)
def minimum_of_two_losses(logp_new, logp_old, adv, clip):
    unclipped, clipped = clipped_terms(logp_new, logp_old, adv, clip)
    return torch.minimum(-unclipped, -clipped).mean()


@mistake("ppo_clip_loss", OLD_WITH_GRADIENT)
def old_policy_with_graph(logp_new, logp_old, adv, clip):
    ratio, adv = (logp_new - logp_old).exp(), adv.detach()
    return -torch.minimum(ratio * adv, ratio.clamp(1 - clip, 1 + clip) * adv).mean()


@mistake("ppo_clip_loss", ADVANTAGE_WITH_GRADIENT)
def advantages_with_graph(logp_new, logp_old, adv, clip):
    ratio = prob_ratio(logp_new, logp_old)
    return -torch.minimum(ratio * adv, ratio.clamp(1 - clip, 1 + clip) * adv).mean()


@mistake("ppo_clip_loss", SUM_FOR_MEAN)
def clip_loss_summed(logp_new, logp_old, adv, clip):
    return ppo_clip_loss(logp_new, logp_old, adv, clip) * len(adv)


@mistake("ppo_clip_loss", "You clip r A; the bounds 1 - epsilon and 1 + epsilon are those of r.")
def product_clipped(logp_new, logp_old, adv, clip):
    product = prob_ratio(logp_new, logp_old) * adv.detach()
    return -torch.minimum(product, product.clamp(1 - clip, 1 + clip)).mean()


@mistake(
    "ppo_clip_loss",
    "You compare two means; the minimum has to be taken for every transition, before the mean.",
)
def minimum_of_the_means(logp_new, logp_old, adv, clip):
    unclipped, clipped = clipped_terms(logp_new, logp_old, adv, clip)
    return -torch.minimum(unclipped.mean(), clipped.mean())


@mistake("ppo_clip_loss", "Bad actions that became rare go on being pushed down: the ratio is bounded from above only.")
def bounded_from_above_only(logp_new, logp_old, adv, clip):
    ratio, adv = prob_ratio(logp_new, logp_old), adv.detach()
    return -torch.minimum(ratio * adv, ratio.clamp(max=1 + clip) * adv).mean()


@mistake("ppo_clip_loss", "You divide the log-probabilities; the ratio is one of probabilities.")
def clip_loss_of_quotients(logp_new, logp_old, adv, clip):
    ratio, adv = logp_new / logp_old.detach(), adv.detach()
    return -torch.minimum(ratio * adv, ratio.clamp(1 - clip, 1 + clip) * adv).mean()


@mistake("ppo_clip_loss", "Your loss averages N times N numbers: every ratio meets every advantage, not its own.")
def clip_loss_of_all_pairs(logp_new, logp_old, adv, clip):
    ratio, adv = prob_ratio(logp_new, logp_old).unsqueeze(1), adv.detach()
    return -torch.minimum(ratio * adv, ratio.clamp(1 - clip, 1 + clip) * adv).mean()


@mistake("ppo_clip_loss", "The policy's gradient is lost: your loss is made of numbers.")
def clip_loss_without_graph(logp_new, logp_old, adv, clip):
    return ppo_clip_loss(logp_new, logp_old, adv, clip).detach()


@mistake("ppo_clip_loss", NUMBER_FOR_A_LOSS)
def clip_loss_as_a_number(logp_new, logp_old, adv, clip):
    return ppo_clip_loss(logp_new, logp_old, adv, clip).item()


@mistake("ppo_clip_loss", "One number for each transition comes back; a loss is their mean.")
def clip_loss_not_reduced(logp_new, logp_old, adv, clip):
    return -torch.minimum(*clipped_terms(logp_new, logp_old, adv, clip))


@mistake("ppo_clip_loss", "Your range does not depend on `clip`.")
def range_of_the_paper(logp_new, logp_old, adv, clip):
    return ppo_clip_loss(logp_new, logp_old, adv, 0.2)


@mistake(
    "ppo_clip_loss",
    "Your lower bound is 1 / (1 + epsilon), as in a range of the logarithm; the paper's is 1 - epsilon.",
)
def lower_bound_by_division(logp_new, logp_old, adv, clip):
    ratio, adv = prob_ratio(logp_new, logp_old), adv.detach()
    return -torch.minimum(ratio * adv, ratio.clamp(1 / (1 + clip), 1 + clip) * adv).mean()


@mistake("ppo_clip_loss", "You normalise the advantages inside the loss: they are used as they come.")
def advantages_normalised_again(logp_new, logp_old, adv, clip):
    return ppo_clip_loss(logp_new, logp_old, normalize(adv), clip)


@mistake("ppo_clip_loss", "Transitions outside the range are dropped; in two of the four cases they have a gradient.")
def outside_dropped(logp_new, logp_old, adv, clip):
    ratio = prob_ratio(logp_new, logp_old)
    inside = (ratio.detach() - 1).abs() <= clip
    return -(ratio * adv.detach() * inside).mean()


@mistake("ppo_clip_loss", "The value is that of the policy gradient's loss; PPO weights the ratio, not the logarithm.")
def policy_gradient_loss(logp_new, logp_old, adv, clip):
    return -(logp_new * adv.detach()).mean()


@mistake("ppo_clip_loss", ON_THE_CPU)
def clip_loss_on_the_cpu(logp_new, logp_old, adv, clip):
    ratio, adv = prob_ratio(logp_new, logp_old), adv.detach()
    bounds = torch.tensor([[1 - clip], [1 + clip]]).expand(2, len(ratio))
    return -torch.minimum(ratio * adv, ratio.clamp(bounds[0], bounds[1]) * adv).mean()


# --- 4.4 clip_case_table --------------------------------------------------------------------------------------


def table_of(flat):
    """The table in which `flat(ratio, sign)` says what is clipped and has no gradient."""
    return [{**row, "clipped": flat(row), "zero_gradient": flat(row)} for row in clip_case_table()]


@mistake(
    "clip_case_table",
    "In your table the gradient vanishes wherever the ratio is outside the range: what does the minimum choose there?",
)
def flat_wherever_outside():
    return table_of(lambda row: row["ratio"] != "inside")


@mistake("clip_case_table", "Your two flat cases are the ones in which a step in the wrong direction is undone.")
def undo_cases_flat():
    return table_of(lambda row: (row["ratio"], row["advantage_sign"]) in {("above", -1), ("below", 1)})


@mistake("clip_case_table", "In your table an advantage below 0 never clips: draw the right half of figure 1.")
def good_actions_alone():
    return table_of(lambda row: (row["ratio"], row["advantage_sign"]) == ("above", 1))


@mistake("clip_case_table", "In your table a ratio above the range always clips, whatever the advantage's sign.")
def above_always():
    return table_of(lambda row: row["ratio"] == "above")


@mistake("clip_case_table", "In your table nothing is ever clipped.")
def never_flat():
    return table_of(lambda row: False)


@mistake(
    "clip_case_table", "The two columns say the same in all six cases: where the clipped term is taken, it is flat."
)
def clipped_by_place_alone():
    return [{**row, "clipped": row["ratio"] != "inside"} for row in clip_case_table()]


@mistake("clip_case_table", "A column means the opposite of its name: zero_gradient is True where there is none.")
def has_a_gradient():
    return [{**row, "zero_gradient": not row["zero_gradient"]} for row in clip_case_table()]


@mistake("clip_case_table", "Your table has not one row for each of the six cases.")
def flat_rows_only():
    return [row for row in clip_case_table() if row["zero_gradient"]]


# --- 4.5 compute_gae ------------------------------------------------------------------------------------------


def backwards(delta, keep, gamma, lam):
    """The recursion over given TD errors, for the versions that go wrong before it or in what it keeps."""
    delta = delta.detach()
    advantages = torch.zeros_like(delta)
    trace = torch.zeros_like(delta[0])
    for t in reversed(range(len(delta))):
        trace = delta[t] + gamma * lam * trace * keep[t]
        advantages[t] = trace
    return advantages


@mistake("compute_gae", THROUGH_THE_END)
def value_after_a_termination(r, v, v_next, terminated, truncated, gamma, lam):
    return backwards(r + gamma * v_next - v, ~(terminated | truncated), gamma, lam)


@mistake("compute_gae", CUT_WITHOUT_VALUE)
def no_value_after_a_truncation(r, v, v_next, terminated, truncated, gamma, lam):
    done = terminated | truncated
    return backwards(r + gamma * v_next * ~done - v, ~done, gamma, lam)


@mistake("compute_gae", "The two ends are mixed up: you bootstrap after a termination and not after a truncation.")
def ends_exchanged(r, v, v_next, terminated, truncated, gamma, lam):
    return compute_gae(r, v, v_next, truncated, terminated, gamma, lam)


@mistake("compute_gae", TRACE_LEAKS)
def trace_never_cut(r, v, v_next, terminated, truncated, gamma, lam):
    return backwards(r + gamma * v_next * ~terminated - v, torch.ones_like(terminated), gamma, lam)


@mistake("compute_gae", "The trace runs on across a time limit: after it comes another episode.")
def trace_cut_at_terminations_only(r, v, v_next, terminated, truncated, gamma, lam):
    return backwards(r + gamma * v_next * ~terminated - v, ~terminated, gamma, lam)


@mistake("compute_gae", "The trace runs on across a termination: after it comes another episode.")
def trace_cut_at_truncations_only(r, v, v_next, terminated, truncated, gamma, lam):
    return backwards(r + gamma * v_next * ~terminated - v, ~truncated, gamma, lam)


@mistake("compute_gae", "You cut the trace one step too late: the end at t lies between t and t + 1.")
def trace_cut_one_step_late(r, v, v_next, terminated, truncated, gamma, lam):
    done = terminated | truncated
    keep = torch.cat([torch.ones_like(done[:1]), ~done[:-1]])
    return backwards(r + gamma * v_next * ~terminated - v, keep, gamma, lam)


@mistake(
    "compute_gae", "You cut one step too early: the flags of step t say that the episode ended at t, not before it."
)
def flags_of_the_next_step(r, v, v_next, terminated, truncated, gamma, lam):
    later_terminated = torch.cat([terminated[1:], torch.zeros_like(terminated[:1])])
    later_truncated = torch.cat([truncated[1:], torch.zeros_like(truncated[:1])])
    return compute_gae(r, v, v_next, later_terminated, later_truncated, gamma, lam)


def of_the_next_row(flags):
    """The flags one row earlier; the last row keeps its own."""
    return torch.cat([flags[1:], flags[-1:]])


@mistake("compute_gae", FLAG_OF_THE_NEXT_ROW)
def flags_read_one_row_later(r, v, v_next, terminated, truncated, gamma, lam):
    return compute_gae(r, v, v_next, of_the_next_row(terminated), of_the_next_row(truncated), gamma, lam)


@mistake("compute_gae", FLAG_OF_THE_NEXT_ROW)
def values_and_flags_of_the_next_row(r, v, v_next, terminated, truncated, gamma, lam):
    following, done = torch.cat([v[1:], v_next[-1:]]), of_the_next_row(terminated | truncated)
    return backwards(r + gamma * following * ~done - v, ~done, gamma, lam)


@mistake("compute_gae", "The trace is cut by the flags of the next row; the end at t lies between t and t + 1.")
def trace_cut_by_the_next_row(r, v, v_next, terminated, truncated, gamma, lam):
    done = of_the_next_row(terminated | truncated)
    return backwards(r + gamma * v_next * ~terminated - v, ~done, gamma, lam)


@mistake("compute_gae", "Your loop ends one row too soon: the first row never gets its advantage.")
def loop_stops_before_the_first_row(r, v, v_next, terminated, truncated, gamma, lam):
    advantages = compute_gae(r, v, v_next, terminated, truncated, gamma, lam)
    advantages[0] = 0
    return advantages


@mistake(
    "compute_gae",
    "Your loop, which runs backwards, begins at the last row but one: the last row never gets its advantage.",
)
def loop_begins_before_the_last_row(r, v, v_next, terminated, truncated, gamma, lam):
    delta = r + gamma * v_next * ~terminated - v
    delta[-1] = 0
    return backwards(delta, ~(terminated | truncated), gamma, lam)


@mistake(
    "compute_gae",
    "After a time limit you take the value of the next row: that observation belongs to the next episode.",
)
def value_of_the_next_row(r, v, v_next, terminated, truncated, gamma, lam):
    following = torch.cat([v[1:], v_next[-1:]])
    return backwards(r + gamma * following * ~terminated - v, ~(terminated | truncated), gamma, lam)


@mistake("compute_gae", "The last row has lost its future: what follows it is not known, but its value is v_next.")
def last_row_without_value(r, v, v_next, terminated, truncated, gamma, lam):
    known = torch.ones_like(v_next)
    known[-1] = 0
    return backwards(r + gamma * v_next * known * ~terminated - v, ~(terminated | truncated), gamma, lam)


@mistake("compute_gae", "Your advantages do not depend on lambda.")
def lambda_left_out(r, v, v_next, terminated, truncated, gamma, lam):
    return compute_gae(r, v, v_next, terminated, truncated, gamma, 1.0)


@mistake("compute_gae", "Your advantages are the TD errors: those of later steps count too, by powers of gamma lambda.")
def td_errors_alone(r, v, v_next, terminated, truncated, gamma, lam):
    return compute_gae(r, v, v_next, terminated, truncated, gamma, 0.0)


@mistake(
    "compute_gae", "Later TD errors count by powers of lambda alone; they lie in the future and are discounted, too."
)
def trace_without_gamma(r, v, v_next, terminated, truncated, gamma, lam):
    return backwards(r + gamma * v_next * ~terminated - v, ~(terminated | truncated), 1.0, lam)


@mistake("compute_gae", "The value of the next observation is not discounted.")
def value_without_gamma(r, v, v_next, terminated, truncated, gamma, lam):
    return backwards(r + v_next * ~terminated - v, ~(terminated | truncated), gamma, lam)


@mistake("compute_gae", "The value is bootstrapped with gamma lambda; lambda belongs to the trace alone.")
def lambda_in_the_td_error(r, v, v_next, terminated, truncated, gamma, lam):
    return backwards(r + gamma * lam * v_next * ~terminated - v, ~(terminated | truncated), gamma, lam)


@mistake("compute_gae", "V(s_t) is not subtracted: an advantage says how much better it went than was expected.")
def value_not_subtracted(r, v, v_next, terminated, truncated, gamma, lam):
    return backwards(r + gamma * v_next * ~terminated, ~(terminated | truncated), gamma, lam)


@mistake("compute_gae", "You credit an action with what came before it: the trace runs from the first row to the last.")
def from_the_first_row(r, v, v_next, terminated, truncated, gamma, lam):
    delta = (r + gamma * v_next * ~terminated - v).detach()
    advantages, trace = torch.zeros_like(delta), torch.zeros_like(delta[0])
    for t in range(len(delta)):
        trace = delta[t] + gamma * lam * trace
        advantages[t] = trace
        trace = trace * ~(terminated | truncated)[t]
    return advantages


@mistake("compute_gae", "The numbers are right but attached to the wrong time steps: the last row comes first.")
def rows_in_reversed_order(r, v, v_next, terminated, truncated, gamma, lam):
    return compute_gae(r, v, v_next, terminated, truncated, gamma, lam).flip(0)


@mistake("compute_gae", "You return A + V: those are the returns that the critic is trained on, not the advantages.")
def returns_instead_of_advantages(r, v, v_next, terminated, truncated, gamma, lam):
    return compute_gae(r, v, v_next, terminated, truncated, gamma, lam) + v.detach()


@mistake("compute_gae", "Time runs along the wrong axis: one environment is credited with what another one earned.")
def axes_exchanged(r, v, v_next, terminated, truncated, gamma, lam):
    return compute_gae(r.T, v.T, v_next.T, terminated.T, truncated.T, gamma, lam).T


@mistake("compute_gae", "The environments are laid end to end, and the trace runs from one into the other.")
def environments_end_to_end(r, v, v_next, terminated, truncated, gamma, lam):
    columns = [x.T.reshape(-1, 1) for x in (r, v, v_next, terminated, truncated)]
    return compute_gae(*columns, gamma, lam).reshape(r.T.shape).T


@mistake("compute_gae", "When one environment's episode ends you cut the trace of all of them.")
def cut_in_all_environments(r, v, v_next, terminated, truncated, gamma, lam):
    done = (terminated | truncated).any(dim=1, keepdim=True)
    return backwards(r + gamma * v_next * ~terminated - v, ~done, gamma, lam)


@mistake("compute_gae", "Your advantages carry a gradient to the critic: they are data.")
def advantages_with_the_critics_graph(r, v, v_next, terminated, truncated, gamma, lam):
    rows, trace = [], torch.zeros_like(r[0])
    for t in reversed(range(len(r))):
        trace = r[t] + gamma * v_next[t] * ~terminated[t] - v[t] + gamma * lam * trace * ~(terminated | truncated)[t]
        rows.append(trace)
    return torch.stack(rows[::-1])


@mistake("compute_gae", "Your function changes the rewards it was given: its caller finds other numbers there.")
def rewards_overwritten(r, v, v_next, terminated, truncated, gamma, lam):
    r += (gamma * v_next * ~terminated - v).detach()
    for t in reversed(range(len(r) - 1)):
        r[t] += gamma * lam * r[t + 1] * ~(terminated | truncated)[t]
    return r


@mistake(
    "compute_gae", "It raises because torch does not subtract bool tensors: an end is a truth value, not a number."
)
def one_minus_terminated(r, v, v_next, terminated, truncated, gamma, lam):
    return backwards(r + gamma * v_next * (1 - terminated) - v, 1 - (terminated | truncated), gamma, lam)


@mistake("compute_gae", "The reward of an episode's last step is lost: an end takes away the future, not the reward.")
def last_reward_lost(r, v, v_next, terminated, truncated, gamma, lam):
    done = terminated | truncated
    return backwards((r + gamma * v_next) * ~done - v, ~done, gamma, lam)


@mistake("compute_gae", "You normalise the advantages here: that comes later, for each batch.")
def normalised_here(r, v, v_next, terminated, truncated, gamma, lam):
    return normalize(compute_gae(r, v, v_next, terminated, truncated, gamma, lam))


@mistake(
    "compute_gae", "The advantages are an average of (1 - lambda) shares: eq. 16 already is that average, summed up."
)
def averaged_twice(r, v, v_next, terminated, truncated, gamma, lam):
    return (1 - lam) * compute_gae(r, v, v_next, terminated, truncated, gamma, lam)


@mistake("compute_gae", ON_THE_CPU)
def trace_on_the_cpu(r, v, v_next, terminated, truncated, gamma, lam):
    delta = (r + gamma * v_next * ~terminated - v).detach()
    steps = torch.arange(len(delta))
    ends = (terminated | truncated).long().cumsum(0) - (terminated | truncated).long()
    weights = (gamma * lam) ** (steps.unsqueeze(0) - steps.unsqueeze(1)).clamp(min=0).float()
    same = ends.unsqueeze(0) == ends.unsqueeze(1)
    return torch.einsum("tk,tkn,kn->tn", weights.triu(), same.float(), delta)


# --- 4.6 value_loss -------------------------------------------------------------------------------------------


def refusing(v, returns):
    if v.shape != returns.shape:
        raise ValueError("the shapes differ")


@mistake("value_loss", ANY_SHAPES)
def any_shapes(v, returns):
    return (v - returns.detach()).pow(2).mean()


@mistake("value_loss", ANY_SHAPES)
def library_loss_with_a_warning(v, returns):
    return F.mse_loss(v, returns.detach())


@mistake("value_loss", NUMBERS_OF_AXES)
def numbers_of_axes_compared(v, returns):
    if v.ndim != returns.ndim:
        raise ValueError("the shapes differ")
    return (v - returns.detach()).pow(2).mean()


@mistake("value_loss", "It refuses shapes that are equal: (B,) against (B,) is what it is for.")
def rows_refused(v, returns):
    if v.dim() == 1:
        raise ValueError("a column is expected")
    return (v - returns.detach()).pow(2).mean()


@mistake("value_loss", "Only one of the two mixtures is refused: a column may come on either side.")
def one_side_refused(v, returns):
    if v.dim() > returns.dim():
        raise ValueError("the shapes differ")
    return (v - returns.detach()).pow(2).mean()


@mistake("value_loss", "Your loss is half as large: no factor is asked for here.")
def half_of_it(v, returns):
    refusing(v, returns)
    return 0.5 * (v - returns.detach()).pow(2).mean()


@mistake("value_loss", SUM_FOR_MEAN)
def value_loss_summed(v, returns):
    refusing(v, returns)
    return (v - returns.detach()).pow(2).sum()


@mistake("value_loss", "A gradient reaches the returns: the target of a regression is data.")
def returns_with_graph(v, returns):
    refusing(v, returns)
    return (v - returns).pow(2).mean()


@mistake("value_loss", "No gradient reaches the critic: without it V stays what it is.")
def value_loss_without_graph(v, returns):
    refusing(v, returns)
    return (v.detach() - returns).pow(2).mean()


@mistake("value_loss", "Your loss is the mean distance; a squared error grows with the square of it.")
def absolute_error(v, returns):
    refusing(v, returns)
    return (v - returns.detach()).abs().mean()


@mistake("value_loss", "Your loss is its square root: the mean squared error is asked for.")
def root_mean_square(v, returns):
    refusing(v, returns)
    return (v - returns.detach()).pow(2).mean().sqrt()


@mistake("value_loss", "Your loss treats large errors gently, like a Huber loss; a square is asked for.")
def huber(v, returns):
    refusing(v, returns)
    return F.smooth_l1_loss(v, returns.detach())


@mistake("value_loss", "A critic that is off by a constant has the loss 0: you take a variance, not a mean square.")
def variance_of_the_error(v, returns):
    refusing(v, returns)
    return (v - returns.detach()).var(correction=0)


@mistake("value_loss", NUMBER_FOR_A_LOSS)
def value_loss_as_a_number(v, returns):
    return value_loss(v, returns).item()


@mistake("value_loss", "One number for each transition comes back; a loss is their mean.")
def value_loss_not_reduced(v, returns):
    refusing(v, returns)
    return (v - returns.detach()).pow(2)


@mistake("value_loss", ON_THE_CPU)
def value_loss_on_the_cpu(v, returns):
    refusing(v, returns)
    return (v - returns.detach()).pow(2) @ torch.full((len(v),), 1 / len(v))


# --- 4.7 gaussian_policy --------------------------------------------------------------------------------------


def log_density(action, mean, log_std):
    return Normal(mean, log_std.exp()).log_prob(action).sum(dim=-1)


def drawn(mean, log_std, generator):
    noise = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
    return (mean + log_std.exp() * noise).detach()


@mistake("gaussian_policy", "The generator is ignored: the same seed gives other actions.")
def gaussian_from_the_global_state(mean, log_std, generator=None):
    policy = Normal(mean, log_std.exp())
    action = policy.sample()
    return action, policy.log_prob(action).sum(dim=-1)


@mistake("gaussian_policy", "You take log_std for the standard deviation of the actions: it is its logarithm.")
def log_std_taken_for_the_deviation(mean, log_std, generator=None):
    noise = torch.randn(mean.shape, generator=generator)
    action = (mean + log_std.abs() * noise).detach()
    return action, Normal(mean, log_std.abs() + 1e-6).log_prob(action).sum(dim=-1)


@mistake("gaussian_policy", "exp(log_std) is the deviation; yours is spread as if it were the variance.")
def deviation_taken_for_the_variance(mean, log_std, generator=None):
    noise = torch.randn(mean.shape, generator=generator)
    action = (mean + (log_std / 2).exp() * noise).detach()
    return action, log_density(action, mean, log_std / 2)


@mistake(
    "gaussian_policy",
    "The action is right, its density is not: exp(log_std) is the deviation, its square the variance.",
)
def density_with_the_deviation_as_variance(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action, log_density(action, mean, log_std / 2)


@mistake(
    "gaussian_policy", "Your actions spread by the variance: the deviation is exp(log_std), its square the variance."
)
def variance_taken_for_the_deviation(mean, log_std, generator=None):
    return gaussian_policy(mean, 2 * log_std, generator=generator)


@mistake(
    "gaussian_policy",
    "The action is right, its density is that of a Gaussian with the variance for a deviation: a library that asks for "
    "the deviation gets it unsquared.",
)
def density_with_the_variance_as_deviation(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action, log_density(action, mean, 2 * log_std)


@mistake("gaussian_policy", "You limit log_std: the deviation is what was learned, also where it is large or small.")
def log_std_limited(mean, log_std, generator=None):
    return gaussian_policy(mean, log_std.clamp(-2, 2), generator=generator)


@mistake("gaussian_policy", "Each action has one density; you return one for each of its dimensions.")
def densities_not_summed(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action, Normal(mean, log_std.exp()).log_prob(action)


@mistake("gaussian_policy", "The density of independent dimensions is their product: you average the logarithms.")
def densities_averaged(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action, Normal(mean, log_std.exp()).log_prob(action).mean(dim=-1)


@mistake("gaussian_policy", "One number comes back for the batch; each state has its own action and log-probability.")
def densities_summed_over_the_batch(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action, Normal(mean, log_std.exp()).log_prob(action).sum()


@mistake(
    "gaussian_policy", "A constant is missing from the log-density: it cancels in the ratio, not in what is logged."
)
def constant_left_out(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action, log_density(action, mean, log_std) + 0.5 * mean.shape[-1] * math.log(2 * math.pi)


@mistake("gaussian_policy", "The logarithm of the deviation is missing from the log-density: a wide Gaussian is lower.")
def deviation_left_out(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action, log_density(action, mean, log_std) + log_std.sum()


@mistake("gaussian_policy", "The half is missing from the square in the exponent.")
def half_left_out(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    z = (action - mean) / log_std.exp()
    return action, (-z.pow(2) - log_std - 0.5 * math.log(2 * math.pi)).sum(dim=-1)


@mistake("gaussian_policy", "You return densities; the ratio is computed from their logarithms.")
def density_instead_of_its_logarithm(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action, log_density(action, mean, log_std).exp()


@mistake(
    "gaussian_policy",
    "The log-probability does not change with the mean: the action keeps its graph and moves along with it.",
)
def action_with_graph(mean, log_std, generator=None):
    noise = torch.randn(mean.shape, generator=generator)
    action = mean + log_std.exp() * noise
    return action, log_density(action, mean, log_std)


@mistake("gaussian_policy", "The log-probability is right, but the action carries a gradient: it is what was done.")
def only_the_density_detached(mean, log_std, generator=None):
    noise = torch.randn(mean.shape, generator=generator)
    action = mean + log_std.exp() * noise
    return action, log_density(action.detach(), mean, log_std)


@mistake(
    "gaussian_policy",
    "You clip the action before its log-probability is taken: many draws then share one value, without its density.",
)
def clipped_before_its_density(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator).clamp(-2, 2)
    return action, log_density(action, mean, log_std)


@mistake("gaussian_policy", "The action returned is clipped and the log-probability is that of another one.")
def clipped_after_its_density(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action.clamp(-2, 2), log_density(action, mean, log_std)


@mistake("gaussian_policy", "The action is always the mean: nothing is tried out.")
def mean_as_action(mean, log_std, generator=None):
    action = mean.detach().clone()
    return action, log_density(action, mean, log_std)


@mistake("gaussian_policy", "The log-probability belongs to another draw than the action you return.")
def gaussian_drawn_twice(mean, log_std, generator=None):
    action, other = drawn(mean, log_std, generator), drawn(mean, log_std, generator)
    return action, log_density(other, mean, log_std)


@mistake("gaussian_policy", "All dimensions of an action get the same noise; a diagonal Gaussian's are independent.")
def one_noise_for_all_dimensions(mean, log_std, generator=None):
    noise = torch.randn(len(mean), 1, generator=generator)
    action = (mean + log_std.exp() * noise).detach()
    return action, log_density(action, mean, log_std)


@mistake("gaussian_policy", "All states get the same noise: each action is a draw of its own.")
def one_noise_for_all_states(mean, log_std, generator=None):
    noise = torch.randn(mean.shape[-1], generator=generator)
    action = (mean + log_std.exp() * noise).detach()
    return action, log_density(action, mean, log_std)


@mistake(
    "gaussian_policy", "Your noise has the right deviation but is no Gaussian's: it never goes beyond two of them."
)
def uniform_noise(mean, log_std, generator=None):
    noise = (torch.rand(mean.shape, generator=generator) * 2 - 1) * math.sqrt(3)
    action = (mean + log_std.exp() * noise).detach()
    return action, log_density(action, mean, log_std)


@mistake("gaussian_policy", "No gradient reaches the deviation: exploration can then never be learned to end.")
def deviation_detached(mean, log_std, generator=None):
    action = drawn(mean, log_std, generator)
    return action, log_density(action, mean, log_std.detach())


@mistake("gaussian_policy", "No gradient reaches the policy: the log-probability is made of numbers.")
def gaussian_without_graph(mean, log_std, generator=None):
    with torch.no_grad():
        return gaussian_policy(mean, log_std, generator=generator)


@mistake("gaussian_policy", "A batch of one loses a dimension: all those of size one were removed.")
def gaussian_squeezed(mean, log_std, generator=None):
    action, logp = gaussian_policy(mean, log_std, generator=generator)
    return action.squeeze(), logp.squeeze()


@mistake("gaussian_policy", "The next call draws the same actions: the generator is seeded anew each time.")
def generator_seeded_anew(mean, log_std, generator=None):
    fresh = torch.Generator().manual_seed(generator.initial_seed() if generator else 0)
    return gaussian_policy(mean, log_std, generator=fresh)


@mistake(
    "gaussian_policy", "Without a generator you draw the same actions in every call: the global state is the source."
)
def seed_of_its_own_without_generator(mean, log_std, generator=None):
    if generator is None:
        generator = torch.Generator(mean.device).manual_seed(0)
    return gaussian_policy(mean, log_std, generator=generator)


@mistake("gaussian_policy", "It fails where no generator is given: the global random state is then the source.")
def generator_demanded(mean, log_std, generator=None):
    return gaussian_policy(mean, log_std, generator=torch.Generator().set_state(generator.get_state()))


@mistake("gaussian_policy", ON_THE_CPU)
def noise_on_the_cpu(mean, log_std, generator=None):
    action = (mean + log_std.exp() * torch.randn(mean.shape, generator=generator)).detach()
    return action, log_density(action, mean, log_std)


@mistake(
    "gaussian_entropy", "Your entropy is an average over the action's dimensions: those of independent ones add up."
)
def entropy_averaged(log_std):
    return gaussian_entropy(log_std) / len(log_std)


@mistake("gaussian_entropy", "Your entropy is smaller by a half for each dimension: log(2 pi e), not log(2 pi).")
def entropy_without_e(log_std):
    return (log_std + 0.5 * math.log(2 * math.pi)).sum()


@mistake("gaussian_entropy", "The constant is missing from the entropy.")
def entropy_without_constant(log_std):
    return log_std.sum()


@mistake("gaussian_entropy", "You take the logarithm of the deviation for that of the variance.")
def entropy_of_the_variance(log_std):
    return (0.5 * log_std + 0.5 * math.log(2 * math.pi * math.e)).sum()


@mistake("gaussian_entropy", "Your entropy counts log_std twice: half of log(sigma^2) is log sigma.")
def entropy_of_twice_the_logarithm(log_std):
    return (2 * log_std + 0.5 * math.log(2 * math.pi * math.e)).sum()


@mistake("gaussian_entropy", "Your entropy falls as the policy spreads: its sign is turned.")
def entropy_with_the_sign_turned(log_std):
    return -gaussian_entropy(log_std)


@mistake("gaussian_entropy", "You add the deviations; the entropy has their logarithms.")
def entropy_of_deviations(log_std):
    return (log_std.exp() + 0.5 * math.log(2 * math.pi * math.e)).sum()


@mistake("gaussian_entropy", "The constant counts once; every dimension of the action has it.")
def constant_counted_once(log_std):
    return log_std.sum() + 0.5 * math.log(2 * math.pi * math.e)


@mistake("gaussian_entropy", "One number for each dimension comes back; the entropy of the action is their sum.")
def entropy_of_each_dimension(log_std):
    return log_std + 0.5 * math.log(2 * math.pi * math.e)


@mistake("gaussian_entropy", "No gradient reaches log_std: an entropy bonus would then do nothing.")
def entropy_without_graph(log_std):
    return gaussian_entropy(log_std).detach()


@mistake("squash_action", "Your actions leave the bounds: what lies beyond [-1, 1] has to be clipped.")
def scaled_without_clipping(a, low, high):
    return low + (a + 1) / 2 * (high - low)


@mistake("squash_action", "Your actions are clipped and not scaled: 1 has to become the upper bound.")
def clipped_without_scaling(a, low, high):
    return torch.minimum(torch.maximum(a, torch.as_tensor(low)), torch.as_tensor(high))


@mistake("squash_action", "You scale by the upper bound alone: bounds need not be symmetric.")
def scaled_by_the_upper_bound(a, low, high):
    return torch.minimum(torch.maximum(a * high, torch.as_tensor(low)), torch.as_tensor(high))


@mistake("squash_action", "You clip to [-1, 1] and scale by half the width, but do not shift to the middle.")
def middle_left_out(a, low, high):
    return a.clamp(-1, 1) * (high - low) / 2


@mistake("squash_action", "Your actions bend towards the bounds: a linear scaling is asked for, not a tanh.")
def bent_by_tanh(a, low, high):
    return low + (torch.tanh(a) + 1) / 2 * (high - low)


@mistake("squash_action", "You clip to the bounds first and scale then: with bounds of +-2, an action of 2 becomes 4.")
def clipped_then_scaled(a, low, high):
    return low + (clipped_without_scaling.implementation(a, low, high) + 1) / 2 * (high - low)


@mistake(
    "squash_action", "Your function clips the actions it was given: their log-probabilities are of the unclipped ones."
)
def squashed_in_place(a, low, high):
    return low + (a.clamp_(-1, 1) + 1) / 2 * (high - low)


@mistake("squash_action", "Your scaling takes [0, 1] to the bounds; the actions' range is [-1, 1].")
def scaled_from_zero_to_one(a, low, high):
    return low + a.clamp(0, 1) * (high - low)


@mistake("squash_action", "Your actions lie in Pendulum's bounds whatever bounds you are given.")
def bounds_of_pendulum(a, low, high):
    return squash_action(a, -2.0, 2.0)


# --- 4.8 minibatch_indices ------------------------------------------------------------------------------------


@mistake("minibatch_indices", "The last transitions never come: a minibatch that is not full is kept, too.")
def rest_dropped(n, size, generator):
    order = torch.randperm(n, generator=generator)
    return [order[start : start + size] for start in range(0, n - size + 1, size)]


@mistake("minibatch_indices", "The order is that of time: neighbours in a trajectory are alike, so shuffle them.")
def in_order_of_time(n, size, generator):
    return list(torch.arange(n).split(size))


@mistake("minibatch_indices", "The minibatches come in random order, but each holds neighbours in time.")
def blocks_shuffled(n, size, generator):
    blocks = torch.arange(n).split(size)
    order = torch.randperm(len(blocks), generator=generator).tolist()
    return sorted((blocks[i] for i in order), key=lambda block: -len(block))


@mistake("minibatch_indices", "Some indices come twice and others not at all: an epoch sees each exactly once.")
def with_replacement(n, size, generator):
    return list(torch.randint(n, (n,), generator=generator).split(size))


@mistake("minibatch_indices", "Each minibatch is drawn for itself: some indices come twice, others not at all.")
def each_minibatch_for_itself(n, size, generator):
    return [torch.randperm(n, generator=generator)[: min(size, n - start)] for start in range(0, n, size)]


@mistake("minibatch_indices", "The generator is ignored: the same seed deals other minibatches.")
def dealt_from_the_global_state(n, size, generator):
    return list(torch.randperm(n).split(size))


@mistake("minibatch_indices", "The order comes from another library's global random state.")
def dealt_by_another_library(n, size, generator):
    order = list(range(n))
    random.shuffle(order)
    return list(torch.tensor(order).split(size))


@mistake("minibatch_indices", "The next epoch gets the same minibatches: the generator is seeded anew each time.")
def the_same_in_every_epoch(n, size, generator):
    return minibatch_indices(n, size, torch.Generator().manual_seed(generator.initial_seed()))


@mistake("minibatch_indices", "You cut into `size` minibatches; size is how many transitions one holds.")
def size_taken_for_the_number(n, size, generator):
    return list(torch.randperm(n, generator=generator).chunk(size))


@mistake("minibatch_indices", "Your minibatches are all about equally large: each but the last holds exactly `size`.")
def evenly_divided(n, size, generator):
    return list(torch.tensor_split(torch.randperm(n, generator=generator), math.ceil(n / size)))


@mistake("minibatch_indices", NO_LIST_OF_TENSORS)
def lists_of_indices(n, size, generator):
    return [batch.tolist() for batch in minibatch_indices(n, size, generator)]


@mistake("minibatch_indices", "The indices are int32: torch indexes with int64.")
def indices_of_32_bits(n, size, generator):
    return [batch.int() for batch in minibatch_indices(n, size, generator)]


@mistake("minibatch_indices", "The indices run from 1 to n: index 0 never comes, and n does not exist.")
def counted_from_one(n, size, generator):
    return [batch + 1 for batch in minibatch_indices(n, size, generator)]


@mistake("minibatch_indices", "The order only begins somewhere else each time; neighbours in time stay neighbours.")
def rolled(n, size, generator):
    start = int(torch.randint(n, (), generator=generator))
    return list(torch.arange(n).roll(start).split(size))


@mistake("minibatch_indices", "The last minibatch is filled up with indices that have been dealt already.")
def rest_filled_up(n, size, generator):
    order = torch.randperm(n, generator=generator)
    missing = -n % size
    return list(torch.cat([order, order[:missing]]).split(size))


@mistake("minibatch_indices", NO_LIST_OF_TENSORS)
def generator_of_minibatches(n, size, generator):
    return (batch for batch in minibatch_indices(n, size, generator))


# --- 4.9 diagnostics ------------------------------------------------------------------------------------------


@mistake("approx_kl", "Your estimate can be negative, which no divergence is: it is the mean of -x alone.")
def kl_k1(logp_new, logp_old):
    return (logp_old - logp_new).mean().detach()


@mistake("approx_kl", "Half of the mean square is close for small steps only, and not what is asked for.")
def kl_k2(logp_new, logp_old):
    return 0.5 * (logp_new - logp_old).pow(2).mean().detach()


@mistake("approx_kl", "The ratio is upside down: the data come from the old policy, x is new minus old.")
def kl_upside_down(logp_new, logp_old):
    return approx_kl(logp_old, logp_new)


@mistake("approx_kl", "Equal policies have the divergence 1 with you: something has to be subtracted.")
def kl_without_minus_one(logp_new, logp_old):
    x = (logp_new - logp_old).detach()
    return (x.exp() - x).mean()


@mistake("approx_kl", "Your figure grows with the size of the batch: a mean is asked for.")
def kl_summed(logp_new, logp_old):
    return approx_kl(logp_new, logp_old) * len(logp_new)


@mistake("approx_kl", "You average distances of the logarithms: that is no estimate of the divergence.")
def kl_as_a_distance(logp_new, logp_old):
    return (logp_new - logp_old).abs().mean().detach()


@mistake("approx_kl", "The sign of x is turned in one of its two places.")
def kl_with_a_wrong_sign(logp_new, logp_old):
    x = (logp_new - logp_old).detach()
    return (x.exp() - 1 + x).mean()


@mistake("approx_kl", "exp(x) - 1 has the mean 0 in expectation: without the second term nothing is measured.")
def kl_without_x(logp_new, logp_old):
    return (logp_new - logp_old).detach().expm1().mean()


@mistake("approx_kl", "Your estimate is of the mean x, not the mean over the transitions: the exponential comes first.")
def kl_of_the_mean(logp_new, logp_old):
    x = (logp_new - logp_old).detach().mean()
    return x.exp() - 1 - x


@mistake("approx_kl", "Your estimate stops at a bound: far from the old policy the divergence is as large as it is.")
def kl_with_a_bound(logp_new, logp_old):
    x = (logp_new - logp_old).detach()
    return (x.exp() - 1 - x).clamp(-10, 10).mean()


@mistake("approx_kl", METRIC_WITH_GRADIENT)
def kl_with_graph(logp_new, logp_old):
    x = logp_new - logp_old
    return (x.expm1() - x).mean()


@mistake("approx_kl", "A divergence for each transition comes back; their mean is asked for.")
def kl_of_each(logp_new, logp_old):
    x = (logp_new - logp_old).detach()
    return x.exp() - 1 - x


@mistake("approx_kl", "The sum over the given actions is weighted with their probabilities a second time.")
def kl_weighted_by_probabilities(logp_new, logp_old):
    return (logp_old.exp() * (logp_old - logp_new)).sum().detach()


@mistake("approx_kl", ON_THE_CPU)
def kl_on_the_cpu(logp_new, logp_old):
    x = (logp_new - logp_old).detach()
    return (torch.exp(x) - torch.ones(len(x)) - x).mean()


@mistake("clip_fraction", LOG_RATIO_CLIPPED)
def share_of_log_ratios(logp_new, logp_old, clip):
    return ((logp_new - logp_old).detach().abs() > clip).float().mean()


@mistake("clip_fraction", "You count ratios that lie on the bound: they have not left the range.")
def share_with_the_bounds(logp_new, logp_old, clip):
    return ((prob_ratio(logp_new, logp_old).detach() - 1).abs() >= clip).float().mean()


@mistake("clip_fraction", "You count ratios above the range; those below have left it as well.")
def share_above(logp_new, logp_old, clip):
    return (prob_ratio(logp_new, logp_old).detach() > 1 + clip).float().mean()


@mistake("clip_fraction", "You count ratios below the range; those above have left it as well.")
def share_below(logp_new, logp_old, clip):
    return (prob_ratio(logp_new, logp_old).detach() < 1 - clip).float().mean()


@mistake("clip_fraction", "You count the transitions inside the range.")
def share_inside(logp_new, logp_old, clip):
    return 1 - clip_fraction(logp_new, logp_old, clip)


@mistake("clip_fraction", "You return a number of transitions; a share lies between 0 and 1.")
def number_clipped(logp_new, logp_old, clip):
    return clip_fraction(logp_new, logp_old, clip) * len(logp_new)


@mistake("clip_fraction", "You return a percentage; a share lies between 0 and 1.")
def percentage_clipped(logp_new, logp_old, clip):
    return clip_fraction(logp_new, logp_old, clip) * 100


@mistake("clip_fraction", "The ratio is upside down: with it other transitions leave the range.")
def share_of_inverted_ratios(logp_new, logp_old, clip):
    return clip_fraction(logp_old, logp_new, clip)


@mistake("clip_fraction", "Your range does not depend on `clip`.")
def share_with_the_papers_range(logp_new, logp_old, clip):
    return clip_fraction(logp_new, logp_old, 0.2)


@mistake("clip_fraction", "You average how far the ratios are outside, not how many are.")
def distance_outside(logp_new, logp_old, clip):
    return ((prob_ratio(logp_new, logp_old).detach() - 1).abs() - clip).clamp(min=0).mean()


@mistake("clip_fraction", "A truth value for each transition comes back; their share is asked for.")
def which_are_clipped(logp_new, logp_old, clip):
    return (prob_ratio(logp_new, logp_old).detach() - 1).abs() > clip


@mistake("clip_fraction", METRIC_WITH_GRADIENT)
def share_with_graph(logp_new, logp_old, clip):
    ratio = (logp_new - logp_old).exp()
    return torch.where((ratio - 1).abs() > clip, ratio / ratio.detach(), ratio * 0).mean()


@mistake("explained_variance", "You divide by the critic's variance; it is the returns' that is to be explained.")
def divided_by_the_critics_variance(v, returns):
    return 1 - (returns - v).detach().var(correction=0) / v.detach().var(correction=0)


@mistake("explained_variance", "You return the share that is not explained.")
def unexplained_share(v, returns):
    return 1 - explained_variance(v, returns)


@mistake("explained_variance", "You return the square of a correlation: it forgives a critic whose scale is wrong.")
def squared_correlation(v, returns):
    v, returns = v.detach(), returns.detach()
    a, b = v - v.mean(), returns - returns.mean()
    return (a * b).mean() ** 2 / (a.pow(2).mean() * b.pow(2).mean())


@mistake("explained_variance", "A constant error counts with you: a variance does not see it, a mean square does.")
def by_mean_squares(v, returns):
    return 1 - (returns - v).detach().pow(2).mean() / returns.detach().var(correction=0)


@mistake("explained_variance", "You divide by the critic's variance; it is the returns' that is to be explained.")
def guarded_and_divided_by_the_critics_variance(v, returns):
    v, returns = v.detach(), returns.detach()
    share = 1 - (returns - v).var(correction=0) / v.var(correction=0)
    return torch.where(returns.var(correction=0) == 0, math.nan, share)


@mistake("explained_variance", "A constant error counts with you: a variance does not see it, a mean square does.")
def guarded_and_by_mean_squares(v, returns):
    v, returns = v.detach(), returns.detach()
    share = 1 - (returns - v).pow(2).mean() / returns.var(correction=0)
    return torch.where(returns.var(correction=0) == 0, math.nan, share)


@mistake("explained_variance", "Returns that do not vary give a number: with nothing to explain the answer is NaN.")
def guarded_with_epsilon(v, returns):
    return 1 - (returns - v).detach().var(correction=0) / (returns.detach().var(correction=0) + 1e-8)


@mistake("explained_variance", "Returns that do not vary give 0: with nothing to explain the answer is NaN.")
def nothing_explained(v, returns):
    value = explained_variance(v, returns)
    return torch.zeros_like(value) if torch.isnan(value) else value


@mistake(
    "explained_variance", "Returns that do not vary give minus infinity: with nothing to explain the answer is NaN."
)
def divided_by_zero(v, returns):
    return 1 - (returns - v).detach().var(correction=0) / returns.detach().var(correction=0)


@mistake("explained_variance", "You compare standard deviations; the figure is one of variances.")
def by_deviations(v, returns):
    return 1 - (1 - explained_variance(v, returns)).sqrt()


@mistake("explained_variance", "A critic worse than a constant gets 0 with you: its figure is below 0.")
def never_negative(v, returns):
    return explained_variance(v, returns).clamp(min=0)


@mistake("explained_variance", "You divide the critic's variance by the returns': it may vary as much and be wrong.")
def quotient_of_variances(v, returns):
    return torch.where(
        returns.var(correction=0) > 0, v.var(correction=0) / returns.var(correction=0), math.nan
    ).detach()


@mistake("explained_variance", METRIC_WITH_GRADIENT)
def explained_with_graph(v, returns):
    return torch.where(
        returns.var(correction=0) > 0,
        1 - (returns - v).var(correction=0) / returns.var(correction=0),
        math.nan,
    )


@mistake("explained_variance", FIXED_ANSWER)
def explained_by_the_examples(v, returns):
    return np.float64(0.5)
