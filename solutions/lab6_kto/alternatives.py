"""Right versions that look different from the reference, and have to earn every point."""

import itertools
from collections import deque
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F

from grader.checks import alternative
from kto import kto_loss, kto_value

# --- 6.1 unpair -------------------------------------------------------------------------------------------------------


@alternative("unpair")
def appended_one_by_one(pairs):
    examples = []
    for pair in pairs:
        for completion, label in ((pair["chosen"], True), (pair["rejected"], False)):
            examples.append(dict(label=label, completion=completion, prompt=pair["prompt"]))
    return examples


@alternative("unpair")
def chained(pairs):
    keys = ("prompt", "completion", "label")
    liked = (dict(zip(keys, (p["prompt"], p["chosen"], True), strict=True)) for p in pairs)
    disliked = (dict(zip(keys, (p["prompt"], p["rejected"], False), strict=True)) for p in pairs)
    return list(itertools.chain.from_iterable(zip(liked, disliked, strict=True)))


@alternative("unpair")
def by_slices(pairs):
    examples = [{}] * (2 * len(pairs))
    examples[::2] = [{"prompt": p["prompt"], "completion": p["chosen"], "label": True} for p in pairs]
    examples[1::2] = [{"prompt": p["prompt"], "completion": p["rejected"], "label": not True} for p in pairs]
    return examples


# --- 6.2 mismatched_pairs ---------------------------------------------------------------------------------------------


def _refuse(prompts, completions):
    if not len(prompts) == len(completions) > 1:
        raise ValueError("two completions at least, and as many prompts")


@alternative("mismatched_pairs")
def rotated_deque(prompts, completions):
    _refuse(prompts, completions)
    rotated = deque(completions)
    rotated.rotate(1)
    return list(zip(prompts, rotated, strict=True))


@alternative("mismatched_pairs")
def sliced_and_joined(prompts, completions):
    _refuse(prompts, completions)
    return [*zip(prompts, list(completions[-1:]) + list(completions[:-1]), strict=True)]


@alternative("mismatched_pairs")
def modulo(prompts, completions):
    _refuse(prompts, completions)
    n = len(prompts)
    return [(prompts[i], completions[(i + n - 1) % n]) for i in range(n)]


class Mismatch(ValueError):
    """A ValueError by another name."""


@alternative("mismatched_pairs")
def with_an_error_of_its_own(prompts, completions):
    if len(prompts) != len(completions) or len(completions) <= 1:
        raise Mismatch("nothing to mismatch")
    previous, pairs = completions[-1], []
    for prompt, completion in zip(prompts, completions, strict=True):
        pairs.append((prompt, previous))
        previous = completion
    return pairs


# --- 6.3 kto_reference_point ------------------------------------------------------------------------------------------


@alternative("kto_reference_point")
def difference_of_means(policy_kl_logps, ref_kl_logps):
    with torch.no_grad():
        return torch.relu(policy_kl_logps.mean() - ref_kl_logps.mean())


@alternative("kto_reference_point")
def maximum_with_zero(policy_kl_logps, ref_kl_logps):
    mean = torch.mean(policy_kl_logps.data - ref_kl_logps.data)
    return torch.maximum(mean, torch.zeros_like(mean))


@alternative("kto_reference_point")
def sum_over_count(policy_kl_logps, ref_kl_logps):
    total = (policy_kl_logps.double() - ref_kl_logps.double()).sum()
    return F.relu(total / policy_kl_logps.numel()).detach()


@alternative("kto_reference_point")
def as_a_number(policy_kl_logps, ref_kl_logps):
    return max(0.0, (policy_kl_logps - ref_kl_logps).mean().item())


@alternative("kto_reference_point")
def chosen_in_python(policy_kl_logps, ref_kl_logps):
    return max((policy_kl_logps.detach() - ref_kl_logps.detach()).mean(), policy_kl_logps.new_zeros(()))


# --- 6.4 kto_value ----------------------------------------------------------------------------------------------------


@alternative("kto_value")
def sign_times_distance(logratio, z0, desirable, beta):
    sign = 2 * desirable.to(logratio.dtype) - 1
    return (beta * sign * (logratio - z0)).sigmoid()


@alternative("kto_value")
def one_minus(logratio, z0, desirable, beta):
    good = torch.sigmoid(beta * (logratio - z0))
    return torch.where(desirable, good, 1 - good)


@alternative("kto_value")
def half_a_tanh(logratio, z0, desirable, beta):
    x = torch.tanh((logratio.double() - z0) * beta / 2)
    return 0.5 + 0.5 * torch.where(desirable, x, -x)


@alternative("kto_value")
def softmax_of_two(logratio, z0, desirable, beta):
    both = torch.stack([logratio * beta, z0.expand_as(logratio) * beta]).softmax(0)
    return torch.where(desirable, both[0], both[1])


@alternative("kto_value")
def each_class_by_itself(logratio, z0, desirable, beta):
    value = torch.empty_like(logratio)
    value[desirable] = F.sigmoid(beta * (logratio[desirable] - z0.detach()))
    value[~desirable] = F.sigmoid(beta * (z0.detach() - logratio[~desirable]))
    return value


@alternative("kto_value")
def in_a_loop(logratio, z0, desirable, beta):
    values = [
        torch.sigmoid(beta * (r - z0)) if good else torch.sigmoid(beta * (z0 - r))
        for r, good in zip(logratio, desirable.tolist(), strict=True)
    ]
    return torch.stack(values)


# --- 6.5 kto_loss -----------------------------------------------------------------------------------------------------


@alternative("kto_loss")
def lambda_minus_lambda_v(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    value = kto_value(logp - ref_logp.data, z0.data, desirable, beta)
    return torch.where(desirable, lambda_d - lambda_d * value, lambda_u - lambda_u * value)


@alternative("kto_loss")
def sigmoid_of_the_opposite(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    with torch.no_grad():
        threshold = ref_logp + z0
    x = beta * (logp - threshold)
    return torch.where(desirable, lambda_d * torch.sigmoid(-x), lambda_u * torch.sigmoid(x))


@alternative("kto_loss")
def by_masks(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    r = logp.double() - ref_logp.detach().double() - z0.detach()
    up, down = desirable.double(), (~desirable).double()
    return lambda_d * up * (1 - torch.sigmoid(beta * r)) + lambda_u * down * (1 - torch.sigmoid(-beta * r))


@alternative("kto_loss")
def filled_by_index(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    loss = torch.zeros_like(logp)
    logratio = logp - ref_logp.detach()
    good, bad = desirable.nonzero().squeeze(-1), (~desirable).nonzero().squeeze(-1)
    loss = loss.index_add(0, good, lambda_d * (1 - (beta * (logratio[good] - z0.detach())).sigmoid()))
    return loss.index_add(0, bad, lambda_u * (1 - (beta * (z0.detach() - logratio[bad])).sigmoid()))


@alternative("kto_loss")
def example_by_example(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    point = z0.item()
    losses = []
    for policy, reference, good in zip(logp, ref_logp.tolist(), desirable.tolist(), strict=True):
        distance = policy - reference - point
        losses.append(lambda_d * torch.sigmoid(-beta * distance) if good else lambda_u * torch.sigmoid(beta * distance))
    return torch.stack(losses)


# --- 6.6 balance_weights ----------------------------------------------------------------------------------------------


@alternative("balance_weights")
def divided_by_the_smaller(n_d, n_u, ratio=1.0):
    weights = np.array([ratio / n_d, 1 / n_u])
    return tuple(weights / weights.min())


@alternative("balance_weights")
def two_maxima(n_d, n_u, ratio=1.0):
    return [max(1.0, ratio * n_u / n_d), max(1, n_d / (ratio * n_u))]


@alternative("balance_weights")
def with_fractions(n_d, n_u, ratio=1.0):
    raised = Fraction(ratio) * Fraction(n_u, n_d)
    if raised < 1:
        return 1, float(1 / raised)
    return float(raised), 1


# --- 6.7 kto_grad_weight ----------------------------------------------------------------------------------------------


@alternative("kto_grad_weight")
def by_autograd(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    logp = logp.detach().requires_grad_()
    losses = kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)
    [gradient] = torch.autograd.grad(losses.sum(), logp)
    return -gradient


@alternative("kto_grad_weight")
def by_autograd_on_the_policys_graph(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    losses = kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)
    [gradient] = torch.autograd.grad(-losses.sum(), logp, retain_graph=True)
    return gradient


@alternative("kto_grad_weight")
def product_of_two_sigmoids(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    with torch.no_grad():
        x = beta * (logp - ref_logp - z0)
        slope = beta * torch.sigmoid(x) * torch.sigmoid(-x)
        return torch.where(desirable, lambda_d * slope, -lambda_u * slope)


@alternative("kto_grad_weight")
def by_a_hyperbolic_cosine(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    half = beta * (logp.detach().double() - ref_logp.detach() - z0.detach()) / 2
    slope = beta / (4 * torch.cosh(half) ** 2)
    signs = SimpleNamespace(up=desirable * lambda_d, down=(~desirable) * lambda_u)
    return slope * (signs.up - signs.down)
