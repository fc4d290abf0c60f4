"""What is checked in lab 5: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import torch
from torch import tensor

from grader.checks import check
from grader.checks.devices import on_its_device
from grader.checks.probes import value_and_gradients, value_without_gradient

# --- 5.1 collate ------------------------------------------------------------------------------------------------------


@check("collate", points=5, exact_dtype=True)
def one_batch(lab, prompts, completions, pad):
    """Prompt, completion, padding on the right; and the two masks."""
    return lab.collate(prompts, completions, pad)


one_batch.case(
    "the longest text is neither the longest prompt nor the longest completion",
    prompts=[[5, 6, 7, 8], [9, 5], [6, 6, 5]],
    completions=[[3, 2], [4, 4, 3, 2], [7, 8, 4, 2]],
    pad=0,
)
one_batch.case("a single pair, no padding", prompts=[[5, 6]], completions=[[7, 8, 2]], pad=0)
one_batch.case("an empty completion", prompts=[[5, 6], [7]], completions=[[], [8, 9, 2]], pad=0)


pad_that_means_something = one_batch.also(
    "The pad id may stand in the texts, too: the end of a completion is no padding.", points=3
)
pad_that_means_something.case(
    "padded with the end-of-sequence token", prompts=[[5, 6, 7], [8]], completions=[[9, 2], [4, 3, 9, 9, 2]], pad=2
)
pad_that_means_something.case(
    "the prompt begins with the pad id", prompts=[[0, 6, 7], [0, 8]], completions=[[2], [4, 0, 2]], pad=0
)

# --- 5.2 sequence_logprobs --------------------------------------------------------------------------------------------


def _batch(rows, completion_mask, vocabulary=5, scale=1.0, kind=torch.int64):
    """Token ids and a mask as given, with logits that are different everywhere."""
    ids = tensor(rows)
    places = torch.arange(ids.numel() * vocabulary, dtype=torch.float32).view(*ids.shape, vocabulary)
    logits = scale * (torch.sin(places * 1.7) + torch.cos(places * places * 0.3))
    return dict(logits=logits, input_ids=ids, completion_mask=tensor(completion_mask).to(kind))


TWO_ROWS = ([[1, 3, 4, 0, 2], [1, 4, 2, 0, 0]], [[0, 0, 1, 1, 1], [0, 1, 1, 0, 0]])


@check("sequence_logprobs", points=5)
def completions_alone(lab, logits, input_ids, completion_mask):
    """The sum over the completion's tokens, each from the logits before it, and its gradient to the logits."""
    return value_and_gradients(lambda logits: lab.sequence_logprobs(logits, input_ids, completion_mask), logits)


completions_alone.case(
    "one prompt by hand: logits 0, so that each token costs log 4",
    logits=torch.zeros(1, 5, 4),
    input_ids=tensor([[1, 3, 2, 0, 0]]),
    completion_mask=tensor([[0, 0, 1, 1, 0]]),
)
completions_alone.case("two rows, one of them padded", **_batch(*TWO_ROWS))
completions_alone.case("a mask of bools", **_batch(*TWO_ROWS, kind=torch.bool))


always_finite = completions_alone.also(
    "Finite and right where logits are large; 0, and no gradient, for a row without a completion.", points=5
)
always_finite.case("logits up to 200", **_batch(*TWO_ROWS, scale=100.0))
always_finite.case(
    "the second row has no completion", **_batch([[1, 3, 4, 2], [1, 4, 3, 0]], [[0, 0, 1, 1], [0, 0, 0, 0]], scale=2.0)
)


@check("sequence_logprobs", points=3)
def nothing_else_counts(lab, logits, input_ids, completion_mask, other_ids, extra):
    """Other ids in the prompt, other ids in the padding, or more padding change nothing."""
    B, _, V = logits.shape
    noise = torch.linspace(-3, 5, B * extra * V).view(B, extra, V)
    longer = torch.cat([logits, noise], 1)
    wide = torch.zeros(B, extra, dtype=torch.int64)
    return {
        "as it is": lab.sequence_logprobs(logits, input_ids, completion_mask),
        "other ids in prompt and padding": lab.sequence_logprobs(
            logits, torch.where(completion_mask.bool(), input_ids, other_ids), completion_mask
        ),
        "more padding": lab.sequence_logprobs(
            longer, torch.cat([input_ids, wide], 1), torch.cat([completion_mask, wide], 1)
        ),
    }


nothing_else_counts.case("two rows", **_batch(*TWO_ROWS), other_ids=tensor([[3, 2, 0, 1, 4], [2, 0, 1, 3, 1]]), extra=3)

sequence_logprobs_device = on_its_device(completions_alone)

# --- 5.3 implicit_reward ----------------------------------------------------------------------------------------------

CHOSEN, REJECTED = tensor([-4.0, -9.5, -2.0]), tensor([-6.0, -3.0, -2.5])
REF_CHOSEN, REF_REJECTED = tensor([-5.0, -8.0, -2.25]), tensor([-4.5, -3.5, -4.5])
PAIRS = dict(pc=CHOSEN, pr=REJECTED, rc=REF_CHOSEN, rr=REF_REJECTED)
UNTRAINED = dict(pc=CHOSEN, pr=REJECTED, rc=CHOSEN.clone(), rr=REJECTED.clone())
FAR_APART = dict(
    pc=tensor([-1600.0, -10.0, -900.0, -4.0]),
    pr=tensor([-10.0, -1650.0, -20.0, -6.0]),
    rc=tensor([-8.0, -12.0, -60.0, -5.0]),
    rr=tensor([-18.0, -52.0, -780.0, -4.5]),
)


@check("implicit_reward", points=3)
def implicit_rewards(lab, logp, ref_logp, beta):
    """beta times the log-ratio to the reference, as a constant."""
    return value_without_gradient(lambda *tensors: lab.implicit_reward(*tensors, beta), logp, ref_logp)


implicit_rewards.case("three completions", logp=CHOSEN, ref_logp=REF_CHOSEN, beta=0.1)
implicit_rewards.case("policy and reference are the same", logp=CHOSEN, ref_logp=CHOSEN.clone(), beta=0.5)

implicit_reward_device = on_its_device(implicit_rewards)

# --- 5.4 dpo_loss -----------------------------------------------------------------------------------------------------


@check("dpo_loss", points=4)
def losses_and_rewards(lab, pc, pr, rc, rr, **options):
    """The loss of each pair with its gradients, and the two rewards without any; log 2 for an untrained policy."""
    return value_and_gradients(lambda *tensors: lab.dpo_loss(*tensors, **options), pc, pr, rc, rr)


losses_and_rewards.case("policy and reference are the same: log 2", **UNTRAINED, beta=0.1)
losses_and_rewards.case("three pairs", **PAIRS, beta=0.1)
losses_and_rewards.case("a larger beta", **PAIRS, beta=0.5)


smoothed_labels = losses_and_rewards.also(
    "With label smoothing: some of the preferences are taken to be the wrong way round.", points=3
)
smoothed_labels.case("a tenth", **PAIRS, beta=0.5, label_smoothing=0.1)
smoothed_labels.case("two fifths", **PAIRS, beta=0.2, label_smoothing=0.4)
smoothed_labels.case("none", **PAIRS, beta=0.5, label_smoothing=0.0)
smoothed_labels.case("a tenth, where z is -800 and 800", **FAR_APART, beta=0.5, label_smoothing=0.1)


far_apart = losses_and_rewards.also("Finite and right, with its gradients, where the rewards are 800 apart.", points=5)
far_apart.case("z of -800 and 800, and one of 1.25", **FAR_APART, beta=0.5, label_smoothing=0.0)


left_out = losses_and_rewards.also("Without the two options: beta = .1, and no label smoothing.", points=1)
left_out.case("three pairs", **PAIRS)

dpo_loss_device = on_its_device(smoothed_labels, needs=losses_and_rewards)

# --- 5.5 dpo_grad_weight ----------------------------------------------------------------------------------------------


@check("dpo_grad_weight", points=6)
def weights(lab, pc, pr, rc, rr, beta):
    """Minus the derivative of each pair's loss with respect to pc, as a constant: beta / 2 for an untrained policy."""
    return value_without_gradient(lambda pc, pr: lab.dpo_grad_weight(pc, pr, rc, rr, beta), pc, pr)


weights.case("policy and reference are the same: beta / 2", **UNTRAINED, beta=0.1)
weights.case("three pairs", **PAIRS, beta=0.3)

dpo_grad_weight_device = on_its_device(weights)

# --- 5.6 preference_accuracy, reward_margin ---------------------------------------------------------------------------


@check("preference_accuracy", points=3)
def ranked_right(lab, chosen_rewards, rejected_rewards):
    """preference_accuracy: the share of pairs that are ranked right, a tie not among them, as a constant."""
    return value_without_gradient(lab.preference_accuracy, chosen_rewards, rejected_rewards)


ranked_right.case(
    "two of four", chosen_rewards=tensor([0.5, -2.0, 1.0, -0.5]), rejected_rewards=tensor([0.25, 1.0, 1.5, -1.0])
)
ranked_right.case("with a tie", chosen_rewards=tensor([0.5, 1.0, 0.25]), rejected_rewards=tensor([0.5, -3.0, -0.5]))
ranked_right.case("an untrained policy", chosen_rewards=torch.zeros(3), rejected_rewards=torch.zeros(3))


@check("preference_accuracy", points=2)
def margin(lab, chosen_rewards, rejected_rewards):
    """reward_margin: the mean difference of the rewards, as a constant."""
    return value_without_gradient(lab.reward_margin, chosen_rewards, rejected_rewards)


margin.case("three pairs", chosen_rewards=tensor([0.5, -2.0, 1.0]), rejected_rewards=tensor([0.25, 1.0, -4.0]))

metrics_device = on_its_device(ranked_right, margin)

# --- 5.7 ipo_loss -----------------------------------------------------------------------------------------------------


@check("ipo_loss", points=5)
def squared_distances(lab, pc, pr, rc, rr, tau):
    """The squared distance of each pair's h to 1 / (2 tau), from either side, and its gradients to pc and pr alone."""
    return value_and_gradients(lambda *tensors: lab.ipo_loss(*tensors, tau), pc, pr, rc, rr)


squared_distances.case("tau = .1: the target is 5", **PAIRS, tau=0.1)
squared_distances.case("tau = .5: one pair is beyond the target", **PAIRS, tau=0.5)

ipo_device = on_its_device(squared_distances)

# --- 5.8 bradley_terry_loss, kl_penalised_reward ----------------------------------------------------------------------


@check("bradley_terry_loss", points=1.5)
def preferences(lab, r_w, r_l):
    """bradley_terry_loss: minus the mean log-likelihood of the preferences, with its gradients."""
    return value_and_gradients(lab.bradley_terry_loss, r_w, r_l)


preferences.case("three pairs", r_w=tensor([1.0, -0.5, 2.0]), r_l=tensor([0.0, 1.5, 1.75]))
preferences.case("rewards that are all alike: log 2", r_w=torch.full((3,), 4.0), r_l=torch.full((3,), 4.0))


far_apart_rewards = preferences.also("bradley_terry_loss: finite and right where rewards are 400 apart.", points=2)
far_apart_rewards.case(
    "rewards of ±200, and of less", r_w=tensor([-200.0, 200.0, 90.0, 0.5]), r_l=tensor([200.0, -200.0, 0.0, 0.25])
)


@check("bradley_terry_loss", points=1.5)
def penalised(lab, r, logp, ref_logp, beta):
    """kl_penalised_reward: the reward less beta times the log-ratio, as a constant."""
    return value_without_gradient(lambda *tensors: lab.kl_penalised_reward(*tensors, beta), r, logp, ref_logp)


penalised.case("three samples", r=tensor([1.0, 0.0, -2.0]), logp=CHOSEN, ref_logp=REF_CHOSEN, beta=0.2)

reward_device = on_its_device(preferences, penalised)
