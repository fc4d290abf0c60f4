"""Right versions that look different from the reference, and have to earn every point."""

import itertools
import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Independent, MultivariateNormal, Normal

from grader.checks import alternative
from ppo_core import prob_ratio

# --- 4.1 normalize --------------------------------------------------------------------------------------------


@alternative("normalize")
def by_squared_distances(x, eps=1e-8):
    with torch.no_grad():
        centred = x - x.mean()
        return centred / (centred.pow(2).mean().sqrt() + eps)


@alternative("normalize")
def by_numpy(x, eps=1e-8):
    numbers = x.detach().cpu().numpy().astype(np.float64)
    return torch.as_tensor((numbers - numbers.mean()) / (numbers.std() + eps), device=x.device)


@alternative("normalize")
def by_a_norm(x, eps=1e-8):
    centred = x.data - x.data.mean()
    return centred / (torch.linalg.vector_norm(centred) / math.sqrt(x.numel()) + eps)


@alternative("normalize")
def by_var_mean(x, eps=1e-8):
    variance, mean = torch.var_mean(x.detach(), correction=0)
    return (x.detach() - mean).div(variance.sqrt().add(eps))


# --- 4.2 prob_ratio -------------------------------------------------------------------------------------------


@alternative("prob_ratio")
def from_expm1(logp_new, logp_old):
    return 1 + torch.expm1(logp_new - logp_old.data)


@alternative("prob_ratio")
def power_of_e(logp_new, logp_old):
    return math.e ** (logp_new.double() - logp_old.detach().double())


@alternative("prob_ratio")
def old_under_no_grad(logp_new, logp_old):
    with torch.no_grad():
        constant = logp_old.clone()
    return torch.exp(torch.sub(logp_new, constant))


# --- 4.3 ppo_clip_loss ----------------------------------------------------------------------------------------


@alternative("ppo_clip_loss")
def maximum_of_negatives(logp_new, logp_old, adv, clip):
    ratio = torch.exp(logp_new - logp_old.detach())
    adv = adv.detach()
    return torch.max(-adv * ratio, -adv * torch.clamp(ratio, 1 - clip, 1 + clip)).mean()


@alternative("ppo_clip_loss")
def by_the_sign_of_the_advantage(logp_new, logp_old, adv, clip):
    ratio, adv = prob_ratio(logp_new, logp_old), adv.data
    bounded = torch.where(adv >= 0, ratio.clamp(max=1 + clip), ratio.clamp(min=1 - clip))
    return -(bounded * adv).mean()


@alternative("ppo_clip_loss")
def g_of_the_advantage(logp_new, logp_old, adv, clip):
    ratio, adv = prob_ratio(logp_new, logp_old), adv.detach()
    limit = torch.where(adv > 0, (1 + clip) * adv, (1 - clip) * adv)
    return -torch.minimum(ratio * adv, limit).sum() / len(adv)


@alternative("ppo_clip_loss")
def one_transition_at_a_time(logp_new, logp_old, adv, clip):
    terms = []
    for new, old, a in zip(logp_new, logp_old.detach(), adv.detach(), strict=True):
        ratio = (new - old).exp()
        terms.append(torch.min(ratio * a, ratio.clamp(1 - clip, 1 + clip) * a))
    return torch.stack(terms).mean().neg()


@alternative("ppo_clip_loss")
def smaller_of_a_stack(logp_new, logp_old, adv, clip):
    ratio = prob_ratio(logp_new, logp_old)
    both = torch.stack([ratio, torch.clip(ratio, 1 - clip, 1 + clip)]) * adv.detach()
    return -both.amin(dim=0).mean()


@alternative("ppo_clip_loss")
def flat_cases_masked(logp_new, logp_old, adv, clip):
    ratio, adv = prob_ratio(logp_new, logp_old), adv.detach()
    flat = ((ratio > 1 + clip) & (adv > 0)) | ((ratio < 1 - clip) & (adv < 0))
    return -(torch.where(flat, ratio.detach().clamp(1 - clip, 1 + clip), ratio) * adv).mean()


# --- 4.4 clip_case_table --------------------------------------------------------------------------------------


@alternative("clip_case_table")
def written_out():
    names = ("ratio", "advantage_sign", "clipped", "zero_gradient")
    rows = [
        ("inside", 1, False, False),
        ("inside", -1, False, False),
        ("below", 1, 0, 0),
        ("below", -1, 1, 1),
        ("above", 1, True, True),
        ("above", -1, False, False),
    ]
    return [dict(zip(names, row, strict=True)) for row in rows]


@alternative("clip_case_table")
def found_out_by_autograd():
    table = []
    for (place, ratio), sign in itertools.product({"below": 0.5, "inside": 1.0, "above": 1.5}.items(), (-1, 1)):
        r = torch.tensor(ratio, requires_grad=True)
        objective = torch.minimum(r * sign, r.clamp(0.8, 1.2) * sign)
        objective.backward()
        clipped = objective.item() != r.item() * sign
        flat = np.bool_(r.grad.item() == 0)
        table.append({"ratio": place, "advantage_sign": sign, "clipped": clipped, "zero_gradient": flat})
    return table


# --- 4.5 compute_gae ------------------------------------------------------------------------------------------


@alternative("compute_gae")
def explicit_double_sum(r, v, v_next, terminated, truncated, gamma, lam):
    T, N = r.shape
    advantages = torch.zeros(T, N, dtype=torch.float64, device=r.device)
    for n in range(N):
        for t in range(T):
            weight = 1.0
            for k in range(t, T):
                future = 0.0 if terminated[k, n] else gamma * v_next[k, n].item()
                advantages[t, n] += weight * (r[k, n].item() + future - v[k, n].item())
                weight *= gamma * lam
                if terminated[k, n] or truncated[k, n]:
                    break
    return advantages


@alternative("compute_gae")
@torch.no_grad()
def with_where_and_a_list(r, v, v_next, terminated, truncated, gamma, lam):
    zero = torch.zeros_like(r[0])
    delta = r + gamma * torch.where(terminated, torch.zeros_like(v_next), v_next) - v
    rows, trace = [], zero
    for t in range(len(r) - 1, -1, -1):
        trace = delta[t] + gamma * lam * torch.where(torch.logical_or(terminated[t], truncated[t]), zero, trace)
        rows.insert(0, trace)
    return torch.stack(rows)


@alternative("compute_gae")
def float_masks(r, v, v_next, terminated, truncated, gamma, lam):
    alive, goes_on = 1.0 - terminated.float(), 1.0 - (terminated.float() + truncated.float()).clamp(max=1)
    v, v_next = v.data, v_next.data
    advantages, trace = torch.empty_like(r), 0.0
    for t in reversed(range(r.shape[0])):
        advantages[t] = trace = r[t] + gamma * v_next[t] * alive[t] - v[t] + gamma * lam * goes_on[t] * trace
    return advantages


@alternative("compute_gae")
def returns_of_lambda_minus_values(r, v, v_next, terminated, truncated, gamma, lam):
    """TD(lambda): G_t = r_t + gamma ((1 - lambda) V(s_{t+1}) + lambda G_{t+1}), and A_t = G_t - V(s_t)."""
    with torch.no_grad():
        future = v_next.masked_fill(terminated, 0.0)
        G, returns = future[-1], torch.empty_like(r)
        for t in reversed(range(len(r))):
            G = torch.where(terminated[t] | truncated[t], future[t], G)
            G = r[t] + gamma * ((1 - lam) * future[t] + lam * G)
            returns[t] = G
        return returns - v


@alternative("compute_gae")
def next_row_within_an_episode(r, v, v_next, terminated, truncated, gamma, lam):
    """V(s_{t+1}) from the next row where the episode goes on, from v_next only where it does not."""
    done = terminated | truncated
    with torch.no_grad():
        following = torch.cat([v[1:], v_next[-1:]])
        following = torch.where(done, v_next, following) * (~terminated)
        delta = r + gamma * following - v
        advantages, trace = torch.zeros_like(r), torch.zeros(r.shape[1], device=r.device)
        for t in reversed(range(len(r))):
            trace = delta[t] + gamma * lam * (~done[t]) * trace
            advantages[t] = trace
    return advantages


@alternative("compute_gae")
def by_numpy_in_float64(r, v, v_next, terminated, truncated, gamma, lam):
    R, V, W, end, cut = (x.detach().cpu().numpy() for x in (r, v, v_next, terminated, truncated))
    delta = R + gamma * W.astype(np.float64) * (1 - end) - V
    for t in range(len(R) - 2, -1, -1):
        delta[t] += gamma * lam * delta[t + 1] * (1 - np.maximum(end, cut)[t])
    return torch.as_tensor(delta, device=r.device)


@alternative("compute_gae")
def a_matrix_of_weights(r, v, v_next, terminated, truncated, gamma, lam):
    delta = (r + gamma * v_next * ~terminated - v).detach()
    steps = torch.arange(len(r), device=r.device)
    ends = (terminated | truncated).long()
    episode = ends.cumsum(0) - ends
    weights = ((gamma * lam) ** (steps.unsqueeze(0) - steps.unsqueeze(1)).clamp(min=0).to(r.dtype)).triu()
    same = (episode.unsqueeze(0) == episode.unsqueeze(1)).to(r.dtype)
    return torch.einsum("tk,tkn,kn->tn", weights, same, delta)


# --- 4.6 value_loss -------------------------------------------------------------------------------------------


@alternative("value_loss")
def library_loss_of_equal_shapes(v, returns):
    if v.shape != returns.shape:
        raise ValueError("v and returns differ in shape")
    return F.mse_loss(v, returns.detach())


@alternative("value_loss")
def error_with_itself(v, returns):
    if list(v.size()) != list(returns.size()):
        raise ValueError
    error = v - returns.data
    return error @ error / len(error)


class ShapesDiffer(ValueError):
    """A ValueError of one's own."""


@alternative("value_loss")
def loss_with_an_error_of_its_own(v, returns):
    if v.ndim != 1 or returns.ndim != 1 or len(v) != len(returns):
        raise ShapesDiffer(v.shape)
    return ((returns.detach() - v) ** 2).sum().div(v.numel())


# --- 4.7 gaussian_policy --------------------------------------------------------------------------------------


class Drawn(NamedTuple):
    action: torch.Tensor
    logp: torch.Tensor


@alternative("gaussian_policy")
def by_normal(mean, log_std, generator=None):
    policy = Normal(mean, log_std.exp())
    with torch.no_grad():
        noise = torch.empty_like(mean).normal_(generator=generator)
        action = mean + policy.stddev * noise
    return Drawn(action, policy.log_prob(action).sum(-1))


@alternative("gaussian_policy")
def by_torch_normal(mean, log_std, generator=None):
    std = log_std.exp().expand_as(mean)
    action = torch.normal(mean.detach(), std.detach(), generator=generator)
    return action, Independent(Normal(mean, std), 1).log_prob(action)


@alternative("gaussian_policy")
def by_a_diagonal_covariance(mean, log_std, generator=None):
    policy = MultivariateNormal(mean, torch.diag((2 * log_std).exp()))
    noise = torch.randn(*mean.shape, generator=generator, device=mean.device)
    action = (mean + noise @ torch.diag(log_std.exp())).detach()
    return [action, policy.log_prob(action)]


@alternative("gaussian_policy")
def in_terms_of_the_variance(mean, log_std, generator=None):
    variance = (2 * log_std).exp()
    noise = torch.randn(mean.size(), generator=generator, device=mean.device)
    action = mean.detach() + variance.detach().sqrt() * noise
    quadratic = ((action - mean) ** 2 / variance).sum(1)
    return action, -0.5 * (quadratic + torch.log(2 * torch.pi * variance).sum())


@alternative("gaussian_policy")
def row_by_row(mean, log_std, generator=None):
    actions, logps = [], []
    for row in mean:
        noise = torch.randn(row.shape, generator=generator, device=mean.device)
        action = (row + log_std.exp() * noise).detach()
        actions.append(action)
        logps.append(Normal(row, log_std.exp()).log_prob(action).sum())
    return torch.stack(actions), torch.stack(logps)


@alternative("gaussian_entropy")
def entropy_by_normal(log_std):
    return Normal(torch.zeros_like(log_std), log_std.exp()).entropy().sum()


@alternative("gaussian_entropy")
def entropy_by_a_determinant(log_std):
    covariance = torch.diag((2 * log_std).exp())
    return 0.5 * (len(log_std) * (1 + math.log(2 * math.pi)) + torch.logdet(covariance))


@alternative("squash_action")
def scaled_then_clipped(a, low, high):
    middle, half = (high + low) / 2, (high - low) / 2
    scaled = middle + half * a
    return torch.minimum(torch.maximum(scaled, torch.as_tensor(low)), torch.as_tensor(high))


@alternative("squash_action")
def interpolated(a, low, high):
    share = ((a + 1) / 2).clamp(0, 1)
    return (1 - share) * low + share * high


@alternative("squash_action")
def clamped_by_numbers_or_tensors(a, low, high):
    scaled = low + (a + 1.0) * 0.5 * (high - low)
    return torch.clamp(scaled, low, high)


# --- 4.8 minibatch_indices ------------------------------------------------------------------------------------


@alternative("minibatch_indices")
def slices_of_an_order(n, size, generator):
    order = torch.randperm(n, generator=generator)
    return [order[start : start + size] for start in range(0, n, size)]


@alternative("minibatch_indices")
def sorted_by_noise(n, size, generator):
    return torch.rand(n, generator=generator).argsort().split(size)


@alternative("minibatch_indices")
def drawn_without_replacement(n, size, generator):
    order = torch.multinomial(torch.ones(n), n, generator=generator).tolist()
    return [torch.tensor(order[start : start + size]) for start in range(0, n, size)]


@alternative("minibatch_indices")
def by_the_data_loader(n, size, generator):
    sampler = torch.utils.data.RandomSampler(range(n), generator=generator)
    batches = torch.utils.data.BatchSampler(sampler, size, drop_last=False)
    return [torch.tensor(batch) for batch in batches]


# --- 4.9 diagnostics ------------------------------------------------------------------------------------------


@alternative("approx_kl")
def from_ratios(logp_new, logp_old):
    with torch.no_grad():
        ratio = (logp_new - logp_old).exp()
        return ((ratio - 1) - ratio.log()).mean()


@alternative("approx_kl")
def kl_as_a_number(logp_new, logp_old):
    x = logp_new.detach().double() - logp_old.detach().double()
    return float((x.exp() - 1 - x).mean())


@alternative("clip_fraction")
def share_by_two_bounds(logp_new, logp_old, clip):
    ratio = prob_ratio(logp_new, logp_old).detach()
    outside = (ratio < 1 - clip) | (ratio > 1 + clip)
    return outside.sum() / outside.numel()


@alternative("clip_fraction")
def share_of_what_clamp_changes(logp_new, logp_old, clip):
    ratio = (logp_new.data - logp_old.data).exp()
    return torch.mean((ratio.clamp(1 - clip, 1 + clip) != ratio).double())


@alternative("clip_fraction")
def share_as_a_number(logp_new, logp_old, clip):
    ratios = (logp_new - logp_old).exp().tolist()
    return sum(abs(r - 1) > clip for r in ratios) / len(ratios)


@alternative("explained_variance")
def explained_by_numpy(v, returns):
    v, returns = v.detach().cpu().numpy(), returns.detach().cpu().numpy()
    variance = np.var(returns)
    return float("nan") if variance == 0 else float(1 - np.var(returns - v) / variance)


@alternative("explained_variance")
def explained_by_sums_of_squares(v, returns):
    error, returns = (returns - v).detach(), returns.detach()
    total = (returns - returns.mean()).pow(2).sum()
    if not total:
        return torch.tensor(torch.nan)
    return 1 - (error - error.mean()).pow(2).sum() / total


@alternative("explained_variance")
def explained_by_standard_deviations(v, returns):
    with torch.no_grad():
        share = (returns - v).std(correction=0) / returns.std(correction=0)
        return torch.where(returns.std(correction=0) == 0, torch.full_like(share, torch.nan), 1 - share**2)
