"""Right versions that look different from the reference, and have to earn every point."""

import itertools
import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Categorical
from torch.nn.utils.rnn import pad_sequence

from grader.checks import alternative

# --- 5.1 collate ------------------------------------------------------------------------------------------------------


@alternative("collate")
def by_pad_sequence(prompts, completions, pad):
    rows = [torch.tensor(p + c) for p, c in zip(prompts, completions, strict=True)]
    masks = [torch.tensor([0] * len(p) + [1] * len(c)) for p, c in zip(prompts, completions, strict=True)]
    return {
        "completion_mask": pad_sequence(masks, batch_first=True),
        "attention_mask": pad_sequence([torch.ones_like(row) for row in rows], batch_first=True),
        "input_ids": pad_sequence(rows, batch_first=True, padding_value=pad),
    }


@alternative("collate")
def lists_first(prompts, completions, pad):
    L = max(len(p + c) for p, c in zip(prompts, completions, strict=True))
    ids, attention, mask = [], [], []
    for p, c in zip(prompts, completions, strict=True):
        rest = L - len(p) - len(c)
        ids.append(p + c + [pad] * rest)
        attention.append([1] * (len(p) + len(c)) + [0] * rest)
        mask.append([0] * len(p) + [1] * len(c) + [0] * rest)
    return dict(input_ids=torch.tensor(ids), attention_mask=torch.tensor(attention), completion_mask=torch.tensor(mask))


@alternative("collate")
def from_lengths(prompts, completions, pad):
    start = np.array([len(p) for p in prompts])
    end = start + np.array([len(c) for c in completions])
    places = np.arange(end.max())
    ids = np.array(list(itertools.zip_longest(*map(list.__add__, prompts, completions), fillvalue=pad))).T
    attention = places < end[:, None]
    return {
        "input_ids": torch.from_numpy(np.ascontiguousarray(ids)),
        "attention_mask": torch.from_numpy(attention.astype(np.int64)),
        "completion_mask": torch.from_numpy((attention & (places >= start[:, None])).astype(np.int64)),
    }


# --- 5.2 sequence_logprobs --------------------------------------------------------------------------------------------


@alternative("sequence_logprobs")
def by_cross_entropy(logits, input_ids, completion_mask):
    labels = input_ids.masked_fill(completion_mask == 0, -100)[:, 1:]
    losses = F.cross_entropy(logits[:, :-1].transpose(1, 2), labels, ignore_index=-100, reduction="none")
    return -losses.sum(1)


@alternative("sequence_logprobs")
def by_flat_cross_entropy(logits, input_ids, completion_mask):
    B, L, V = logits.shape
    losses = F.cross_entropy(logits[:, :-1].reshape(-1, V), input_ids[:, 1:].reshape(-1), reduction="none")
    return -(losses.view(B, L - 1) * completion_mask[:, 1:].to(losses.dtype)).sum(dim=-1)


@alternative("sequence_logprobs")
def by_categorical(logits, input_ids, completion_mask):
    scores = Categorical(logits=logits[:, :-1]).log_prob(input_ids[:, 1:])
    return torch.where(completion_mask[:, 1:].bool(), scores, torch.zeros_like(scores)).sum(-1)


@alternative("sequence_logprobs")
def by_logsumexp(logits, input_ids, completion_mask):
    picked = torch.gather(logits[:, :-1], 2, input_ids[:, 1:].unsqueeze(2)).squeeze(2)
    return ((picked - logits[:, :-1].logsumexp(dim=2)) * completion_mask[:, 1:]).sum(dim=1)


@alternative("sequence_logprobs")
def by_one_hot(logits, input_ids, completion_mask):
    one_hot = F.one_hot(input_ids[:, 1:], logits.shape[-1]) * completion_mask[:, 1:, None]
    return (F.log_softmax(logits[:, :-1].double(), dim=-1) * one_hot).sum(dim=(1, 2))


@alternative("sequence_logprobs")
def row_by_row(logits, input_ids, completion_mask):
    sums = []
    for row, ids, mask in zip(logits.log_softmax(-1), input_ids, completion_mask, strict=True):
        total = 0.0 * row.sum()
        for t in range(1, len(ids)):
            if mask[t]:
                total = total + row[t - 1, ids[t]]
        sums.append(total)
    return torch.stack(sums)


@alternative("sequence_logprobs")
def by_fancy_indices(logits, input_ids, completion_mask):
    rows, places = completion_mask.nonzero(as_tuple=True)
    scores = logits.log_softmax(-1)[rows, places - 1, input_ids[rows, places]]
    return torch.zeros(len(logits), device=logits.device, dtype=logits.dtype).index_add(0, rows, scores)


@alternative("sequence_logprobs")
def clamped_labels(logits, input_ids, completion_mask):
    labels = input_ids.clone()
    labels[completion_mask == 0] = -100
    labels = labels[:, 1:]
    counts = labels != -100
    per_token = logits[:, :-1].log_softmax(-1).gather(2, labels.clamp(min=0)[:, :, None])[:, :, 0]
    return (per_token * counts).sum(-1)


# --- 5.3 implicit_reward ----------------------------------------------------------------------------------------------


@alternative("implicit_reward")
def under_no_grad(logp, ref_logp, beta):
    with torch.no_grad():
        return beta * logp - beta * ref_logp


@alternative("implicit_reward")
def by_data(logp, ref_logp, beta):
    return torch.sub(logp.data, ref_logp.data).mul(beta)


@alternative("implicit_reward")
def in_double(logp, ref_logp, beta):
    return beta * (logp.detach().double() - ref_logp.detach().double())


# --- 5.4 dpo_loss -----------------------------------------------------------------------------------------------------


@alternative("dpo_loss")
def as_the_paper_prints_it(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    pi_logratios, ref_logratios = pc - pr, (rc - rr).detach()
    logits = pi_logratios - ref_logratios
    losses = -F.logsigmoid(beta * logits) * (1 - label_smoothing) - F.logsigmoid(-beta * logits) * label_smoothing
    return losses, beta * (pc - rc).detach(), beta * (pr - rr).detach()


@alternative("dpo_loss")
def by_softplus(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    z = beta * (pc - rc.data - pr + rr.data)
    return [F.softplus(-z) + label_smoothing * z, beta * (pc.data - rc.data), beta * (pr.data - rr.data)]


@alternative("dpo_loss")
def by_binary_cross_entropy(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    with torch.no_grad():
        chosen_rewards, rejected_rewards = beta * (pc - rc), beta * (pr - rr)
        offset = beta * (rc - rr)
    z = beta * (pc - pr) - offset
    target = torch.full_like(z, 1 - label_smoothing)
    losses = F.binary_cross_entropy_with_logits(z, target, reduction="none")
    return losses, chosen_rewards, rejected_rewards


class Losses(NamedTuple):
    losses: torch.Tensor
    chosen_rewards: torch.Tensor
    rejected_rewards: torch.Tensor


@alternative("dpo_loss")
def by_logsumexp_of_both(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    rewards = beta * torch.stack([pc - rc.detach(), pr - rr.detach()])
    log_p = rewards.log_softmax(0)
    losses = -(1 - label_smoothing) * log_p[0] - label_smoothing * log_p[1]
    return Losses(losses, *rewards.detach())


@alternative("dpo_loss")
def pair_by_pair(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    zero = torch.zeros((), device=pc.device)
    losses = []
    for a, b, c, d in zip(pc, pr, rc.detach(), rr.detach(), strict=True):
        z = beta * ((a - c) - (b - d))
        losses.append((1 - label_smoothing) * torch.logaddexp(zero, -z) + label_smoothing * torch.logaddexp(zero, z))
    return torch.stack(losses), beta * (pc - rc).detach(), beta * (pr - rr).detach()


# --- 5.5 dpo_grad_weight ----------------------------------------------------------------------------------------------


@alternative("dpo_grad_weight")
def by_autograd(pc, pr, rc, rr, beta):
    losses = -F.logsigmoid(beta * ((pc - rc) - (pr - rr)))
    return -torch.autograd.grad(losses.sum(), pc)[0]


@alternative("dpo_grad_weight")
def by_backward(pc, pr, rc, rr, beta):
    leaf = pc.detach().clone().requires_grad_()
    (-F.logsigmoid(beta * (leaf - rc.detach() - pr.detach() + rr.detach()))).sum().backward()
    return -leaf.grad


@alternative("dpo_grad_weight")
def one_minus_sigmoid(pc, pr, rc, rr, beta):
    z = beta * (pc - rc - pr + rr).detach()
    return beta * (1 - torch.sigmoid(z))


@alternative("dpo_grad_weight")
def by_a_quotient(pc, pr, rc, rr, beta):
    with torch.no_grad():
        return beta / (1 + torch.exp(beta * ((pc - rc) - (pr - rr)).double()))


# --- 5.6 preference_accuracy, reward_margin ---------------------------------------------------------------------------


@alternative("preference_accuracy")
def share_as_a_number(chosen_rewards, rejected_rewards):
    return (chosen_rewards > rejected_rewards).sum().item() / len(chosen_rewards)


@alternative("preference_accuracy")
def by_the_margin(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards > 0).double().mean()


@alternative("preference_accuracy")
def counted_one_by_one(chosen_rewards, rejected_rewards):
    right = 0
    for chosen, rejected in zip(chosen_rewards.tolist(), rejected_rewards.tolist(), strict=True):
        right += chosen > rejected
    return torch.tensor(right / len(chosen_rewards), device=chosen_rewards.device)


@alternative("preference_accuracy")
def by_heaviside(chosen_rewards, rejected_rewards):
    margins = (chosen_rewards - rejected_rewards).detach()
    return torch.heaviside(margins, torch.zeros_like(margins)).mean()


@alternative("reward_margin")
def difference_of_means(chosen_rewards, rejected_rewards):
    return chosen_rewards.detach().mean() - rejected_rewards.detach().mean()


@alternative("reward_margin")
def margin_as_a_number(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards).mean().item()


@alternative("reward_margin")
def by_numpy(chosen_rewards, rejected_rewards):
    margins = chosen_rewards.detach().cpu().numpy() - rejected_rewards.detach().cpu().numpy()
    return torch.as_tensor(margins.mean(), device=chosen_rewards.device)


# --- 5.7 ipo_loss -----------------------------------------------------------------------------------------------------


@alternative("ipo_loss")
def ratio_of_ratios(pc, pr, rc, rr, tau):
    h = (pc - pr) - (rc - rr).detach()
    return torch.square(h - 0.5 / tau)


@alternative("ipo_loss")
def by_mse_loss(pc, pr, rc, rr, tau):
    h = (pc - rc.data) - (pr - rr.data)
    return F.mse_loss(h, torch.full_like(h, 1 / (2 * tau)), reduction="none")


@alternative("ipo_loss")
def multiplied_out(pc, pr, rc, rr, tau):
    h = ((pc - rc.detach()) - (pr - rr.detach())).double()
    return h * h - h / tau + 1 / (4 * tau * tau)


# --- 5.8 bradley_terry_loss, kl_penalised_reward ----------------------------------------------------------------------


@alternative("bradley_terry_loss")
def softplus_of_the_margin(r_w, r_l):
    return F.softplus(r_l - r_w).mean()


@alternative("bradley_terry_loss")
def cross_entropy_of_two(r_w, r_l):
    first = torch.zeros(len(r_w), dtype=torch.int64, device=r_w.device)
    return F.cross_entropy(torch.stack([r_w, r_l], dim=1), first)


@alternative("bradley_terry_loss")
def by_bernoulli(r_w, r_l):
    return -Bernoulli(logits=r_w - r_l).log_prob(torch.ones_like(r_w)).mean()


@alternative("bradley_terry_loss")
def by_logaddexp(r_w, r_l):
    return (torch.logaddexp(r_w, r_l) - r_w).sum() / len(r_w)


@alternative("kl_penalised_reward")
def penalised_under_no_grad(r, logp, ref_logp, beta):
    with torch.no_grad():
        return r + beta * ref_logp - beta * logp


@alternative("kl_penalised_reward")
def one_sample_at_a_time(r, logp, ref_logp, beta):
    rewards = [a - beta * (b - c) for a, b, c in zip(r.tolist(), logp.tolist(), ref_logp.tolist(), strict=True)]
    return torch.tensor(rewards, device=r.device)


@alternative("kl_penalised_reward")
def logarithm_of_a_quotient(r, logp, ref_logp, beta):
    ratio = (logp.detach().double() - ref_logp.detach().double()) * math.log(math.e)
    return r.detach() - beta * ratio
