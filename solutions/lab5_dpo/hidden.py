"""The hidden cases of lab 5: drawn from the seed of each grading run, the same for all its students."""

import torch

from checks import (
    always_finite,
    completions_alone,
    far_apart,
    far_apart_rewards,
    implicit_rewards,
    left_out,
    losses_and_rewards,
    margin,
    nothing_else_counts,
    one_batch,
    pad_that_means_something,
    penalised,
    preferences,
    ranked_right,
    smoothed_labels,
    squared_distances,
    weights,
)
from grader.checks import hidden_cases
from grader.checks.cases import floats, uniform

# --- 5.1 collate ------------------------------------------------------------------------------------------------------


def texts(rng, lengths, low=3, high=30):
    return [rng.integers(low, high, size=n).tolist() for n in lengths]


@hidden_cases(one_batch)
def ragged(rng):
    for B in (2, 5):
        prompts, completions = texts(rng, rng.integers(1, 7, size=B)), texts(rng, rng.integers(0, 9, size=B))
        yield dict(prompts=prompts, completions=[[*ids, 2] for ids in completions], pad=0)
    yield dict(prompts=texts(rng, [6, 1, 3]), completions=texts(rng, [1, 4, 5]), pad=int(rng.integers(30, 50)))
    yield dict(prompts=texts(rng, [4, 1]), completions=[*texts(rng, [0]), [5, 2]], pad=1)
    yield dict(prompts=texts(rng, [2, 5]), completions=[[], []], pad=0)
    yield dict(prompts=texts(rng, [3, 3, 3]), completions=[[*ids, 2] for ids in texts(rng, [4, 4, 4])], pad=0)


@hidden_cases(pad_that_means_something)
def pads_in_the_texts(rng):
    pad = int(rng.integers(3, 30))
    for B in (3, 4):
        prompts, completions = texts(rng, rng.integers(1, 6, size=B)), texts(rng, rng.permutation(B) + 2)
        yield dict(prompts=prompts, completions=[[*ids, pad] for ids in completions], pad=pad)
    prompts, completions = texts(rng, [4, 2, 3]), texts(rng, [3, 6, 2])
    prompts[0][2], prompts[1][0], completions[1][3], completions[2][0] = pad, pad, pad, pad
    yield dict(prompts=prompts, completions=[[*ids, 2] for ids in completions], pad=pad)
    # A completion that is nothing but its end, padded with the same token.
    yield dict(prompts=texts(rng, [2, 3]), completions=[[pad], [5, 6, pad]], pad=pad)


# --- 5.2 sequence_logprobs --------------------------------------------------------------------------------------------


def batch(rng, prompts, completions, padding=0, vocabulary=7, scale=1.0, kind=torch.int64):
    """Rows of prompts and completions of these lengths, padded on the right."""
    ends = [p + c for p, c in zip(prompts, completions, strict=True)]
    L = max(ends) + padding
    mask = torch.zeros(len(prompts), L, dtype=torch.int64)
    for row, (start, end) in enumerate(zip(prompts, ends, strict=True)):
        mask[row, start:end] = 1
    ids = torch.from_numpy(rng.integers(vocabulary, size=mask.shape))
    return dict(logits=floats(rng, *mask.shape, vocabulary, scale=scale), input_ids=ids, completion_mask=mask.to(kind))


@hidden_cases(completions_alone)
def log_probabilities(rng):
    case = batch(rng, [2, 1, 3], [3, 5, 1], padding=1)
    case["input_ids"][1, 2:5] = torch.arange(3)  # any id may stand in a completion
    yield case
    yield batch(rng, [1, 4], [6, 1], vocabulary=11, scale=2.0)
    yield batch(rng, [3, 2, 2, 1], [2, 4, 1, 3], vocabulary=3, kind=torch.bool)
    yield batch(rng, [2], [4])
    # As many rows as positions and tokens: nothing may depend on which axis is which size.
    yield batch(rng, [1, 2, 2, 1, 3], [4, 2, 3, 1, 1], vocabulary=5)


@hidden_cases(always_finite)
def large_logits_and_empty_rows(rng):
    yield batch(rng, [2, 1], [2, 4], scale=80.0)
    case = batch(rng, [1, 3, 2], [3, 2, 2], padding=1)
    yield case | {"logits": case["logits"] + 500.0}
    yield batch(rng, [2, 3, 1], [0, 3, 2], scale=2.0)
    yield batch(rng, [3, 1], [0, 0], padding=1)


@hidden_cases(nothing_else_counts)
def elsewhere(rng):
    for prompts, completions in (([2, 1, 3], [3, 5, 1]), ([4, 2], [2, 2])):
        case = batch(rng, prompts, completions, padding=1)
        other = torch.from_numpy(rng.integers(7, size=case["input_ids"].shape))
        yield dict(**case, other_ids=other, extra=int(rng.integers(1, 5)))


# --- 5.3 to 5.5, 5.7: pairs -------------------------------------------------------------------------------------------


def pairs(rng, n, spread=3.0):
    """Log-probabilities of n pairs: references of some length, and policies that moved away from them."""
    rc, rr = (-uniform(rng, 5, 40, n) for _ in range(2))
    return dict(pc=rc + floats(rng, n, scale=spread), pr=rr + floats(rng, n, scale=spread), rc=rc, rr=rr)


def far_pairs(rng):
    """Pairs with log-ratios of 40, of 8 and -8, next to 0 and of 0, in another order for chosen and rejected."""
    case = pairs(rng, 5)
    ratios = torch.tensor([40.0, 8.0, -8.0, 0.05, 0.0])
    return case | dict(pc=case["rc"] + ratios, pr=case["rr"] + ratios[torch.from_numpy(rng.permutation(5))])


def beta(rng):
    return round(float(rng.uniform(0.15, 0.6)), 3)


@hidden_cases(implicit_rewards)
def completions_of_two_policies(rng):
    for n in (1, 4, 7):
        case = pairs(rng, n)
        yield dict(logp=case["pc"], ref_logp=case["rc"], beta=beta(rng))
    case = far_pairs(rng)
    yield dict(logp=case["pc"], ref_logp=case["rc"], beta=2.0)


@hidden_cases(losses_and_rewards)
def preference_pairs(rng):
    for n in (1, 3, 6):
        yield dict(**pairs(rng, n), beta=beta(rng))
    yield dict(**far_pairs(rng), beta=0.02)
    yield dict(**far_pairs(rng), beta=1.5)
    case = pairs(rng, 4)
    yield case | dict(rc=case["pc"].clone(), rr=case["pr"].clone(), beta=beta(rng))


@hidden_cases(smoothed_labels)
def doubted_pairs(rng):
    for n, smoothing in ((2, 0.05), (5, 0.3), (3, 0.5)):
        yield dict(**pairs(rng, n), beta=beta(rng), label_smoothing=smoothing)
    yield dict(**far_pairs(rng), beta=1.5, label_smoothing=0.15)
    yield dict(**extreme_pairs(rng), beta=0.25, label_smoothing=0.2)


def extreme_pairs(rng):
    case = pairs(rng, 5)
    return case | dict(pc=case["pc"] + torch.tensor([-3200.0, 3200.0, -400.0, -150.0, 0.0]))


@hidden_cases(far_apart)
def pairs_far_apart(rng):
    yield dict(**extreme_pairs(rng), beta=0.25, label_smoothing=0.0)
    yield dict(**extreme_pairs(rng), beta=1.0, label_smoothing=0.0)


@hidden_cases(left_out)
def pairs_alone(rng):
    for n in (2, 5):
        yield pairs(rng, n, spread=8.0)


@hidden_cases(weights)
def pulls(rng):
    for n in (1, 4, 6):
        yield dict(**pairs(rng, n), beta=beta(rng))
    case = pairs(rng, 3)
    yield case | dict(rc=case["pc"].clone(), rr=case["pr"].clone(), beta=beta(rng))
    yield dict(**far_pairs(rng), beta=1.5)
    # Ranked wrong, and right, by a wide margin: beta, and nearly 0.
    case = pairs(rng, 2)
    yield case | dict(pc=case["pc"] + torch.tensor([-900.0, 900.0]), beta=0.5)


@hidden_cases(squared_distances)
def distances(rng):
    for n, tau in ((1, 0.1), (5, 0.25), (4, 5.0)):
        yield dict(**pairs(rng, n), tau=tau)
    yield dict(**far_pairs(rng), tau=0.02)


# --- 5.6 preference_accuracy, reward_margin ---------------------------------------------------------------------------


@hidden_cases(ranked_right)
def ranked_pairs(rng):
    for n in (4, 7):
        chosen, rejected = floats(rng, n), floats(rng, n)
        rejected[0] = chosen[0]
        chosen[1], rejected[1] = -1.5, -2.5  # right, with a negative reward
        chosen[2], rejected[2] = 0.5, 2.0  # wrong, with a positive one
        yield dict(chosen_rewards=chosen, rejected_rewards=rejected)
    # The mean margin is positive, and two of three pairs are ranked wrong.
    yield dict(chosen_rewards=torch.tensor([9.0, 0.0, 1.0]), rejected_rewards=torch.tensor([0.0, 0.5, 1.5]))
    yield dict(chosen_rewards=floats(rng, 1), rejected_rewards=torch.tensor([9.0]))
    # However little a reward is higher, and however large both are.
    rejected = torch.tensor([0.25, -60.0, 300.0, 0.0, -0.5])
    differences = torch.tensor([0.001, 0.5, 0.25, -0.001, 0.001])
    yield dict(chosen_rewards=rejected + differences, rejected_rewards=rejected)


@hidden_cases(margin)
def margins(rng):
    for n in (1, 4, 6):
        yield dict(chosen_rewards=floats(rng, n, shift=0.5), rejected_rewards=floats(rng, n, scale=2.0))
    yield dict(chosen_rewards=floats(rng, 5, scale=50.0), rejected_rewards=floats(rng, 5, scale=50.0))


# --- 5.8 bradley_terry_loss, kl_penalised_reward ----------------------------------------------------------------------


@hidden_cases(preferences)
def rewarded_pairs(rng):
    for n in (1, 3, 6):
        yield dict(r_w=floats(rng, n, scale=2.0, shift=0.5), r_l=floats(rng, n, scale=2.0))
    r_l = floats(rng, 4)
    yield dict(r_w=r_l + 80.0 + floats(rng, 4), r_l=r_l + 80.0)  # the differences count, not where they are


@hidden_cases(far_apart_rewards)
def extreme_rewards(rng):
    for size in (200.0, 150.0):
        sizes = size * torch.tensor([1.0, -1.0, 0.5, -0.6, 0.0])
        yield dict(r_w=sizes + floats(rng, 5), r_l=-sizes + floats(rng, 5))


@hidden_cases(penalised)
def rewarded_samples(rng):
    for n in (1, 5):
        case = pairs(rng, n)
        yield dict(r=floats(rng, n, scale=2.0), logp=case["pc"], ref_logp=case["rc"], beta=beta(rng))
    case = far_pairs(rng)
    yield dict(r=floats(rng, 5, scale=50.0), logp=case["pc"], ref_logp=case["rc"], beta=2.0)
