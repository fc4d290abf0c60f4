"""Right versions that look different from the reference, and have to earn every point."""

import math
import re
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F

from grader.checks import alternative
from grpo import kl_k3
from rewards import extract_answer

# --- 7.1 to 7.4: texts ------------------------------------------------------------------------------------------------

TEMPLATE = """A conversation between User and Assistant. The user asks a question, and
the Assistant solves it. The assistant first thinks about the reasoning
process in the mind and then provides the user with the answer. The reasoning
process and answer are enclosed within <think> </think> and <answer> </answer>
tags respectively, i.e., <think> reasoning process here </think>
<answer> answer here </answer>. User: {prompt}. Assistant:"""


@alternative("build_prompt")
def by_format(question):
    return " ".join(TEMPLATE.split()).format(prompt=question)


@alternative("build_prompt")
def by_replacing(question):
    return TEMPLATE.replace("\n<answer>", " <answer>").replace("{prompt}", question)


@alternative("extract_answer")
def last_of_all_pairs(text):
    found = re.findall(r"<answer>((?:(?!<answer>).)*?)</answer>", text, re.DOTALL)
    return found[-1].strip() if found else None


@alternative("extract_answer")
def last_opening_of_the_last_pair(text):
    found = re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)
    return found[-1].split("<answer>")[-1].strip() if found else None


@alternative("extract_answer")
def by_places(text):
    end = text.rfind("</answer>")
    start = text.rfind("<answer>", 0, max(end, 0))
    return None if end < 0 or start < 0 else text[start + len("<answer>") : end].strip()


@alternative("accuracy_reward")
def by_floats(text, gold):
    def number(written):
        written = written.replace(",", "").strip()
        for wrapper in [r"\$(.+)\$", r"\\\((.+)\\\)", r"\\boxed\{(.+)\}", r"\$(.+)\$"]:
            inside = re.fullmatch(wrapper, written)
            written = inside[1].strip() if inside else written
        fraction = re.fullmatch(r"([-+]?)\\[dt]?frac\{([0-9]+)\}\{([0-9]+)\}", written)
        if fraction:
            written = f"{fraction[1]}{fraction[2]}/{fraction[3]}"
        if not re.fullmatch(r"[-+]?([0-9]+/[0-9]+|[0-9]*\.?[0-9]+|[0-9]+\.)", written):
            return None
        above, slash, below = written.partition("/")
        try:
            value = float(above) / (float(below) if slash else 1.0)
        except ZeroDivisionError:
            return None
        return value if math.isfinite(value) else None

    answer = extract_answer(text)
    return 1.0 if answer is not None and None is not number(answer) == number(gold) else 0.0


@alternative("accuracy_reward")
def truth_value(text, gold):
    integer = r"[-+]?[0-9]+"
    plain = re.compile(rf"{integer}(\.[0-9]*)?|[-+]?\.[0-9]+|{integer}/[0-9]+")

    def number(written):
        written = written.replace(",", "").strip()
        for opening, closing in [("$", "$"), (r"\(", r"\)"), (r"\boxed{", "}")] * 3:
            if len(written) > len(opening) and written.startswith(opening) and written.endswith(closing):
                written = written[len(opening) : len(written) - len(closing)].strip()
        written = re.sub(r"\\[dt]?frac\{([0-9]+)\}\{([0-9]+)\}", r"\1/\2", written)
        try:
            return Fraction(written) if plain.fullmatch(written) else None
        except (ValueError, ZeroDivisionError):
            return None

    answer = extract_answer(text)
    return answer is not None and number(answer) is not None and number(answer) == number(gold)


@alternative("format_reward")
def by_a_lookahead(text):
    inner = r"(?:(?!</?(?:think|answer)>).)*"
    return float(bool(re.fullmatch(rf"<think>{inner}</think>\s*<answer>{inner}</answer>\s*", text, re.DOTALL)))


@alternative("format_reward")
def by_anchors(text):
    tags = re.findall(r"</?(?:think|answer)>", text)
    shaped = re.match(r"\A<think>(.*?)</think>(\s*)<answer>(.*?)</answer>\s*\Z", text, re.S)
    return 1.0 if shaped and tags == ["<think>", "</think>", "<answer>", "</answer>"] else 0.0


@alternative("format_reward")
def by_splitting(text):
    parts = re.split(r"(</?(?:think|answer)>)", text)
    if parts[1::2] != ["<think>", "</think>", "<answer>", "</answer>"]:
        return False
    before, _, between, _, after = parts[0::2]
    return before == "" and not between.strip() and not after.strip()


@alternative("total_reward")
def by_a_sum_of_products(acc, fmt, w_format=0.1):
    return sum(weight * reward for weight, reward in ((1, acc), (w_format, fmt)))


@alternative("total_reward")
def by_numpy(acc, fmt, w_format=0.1):
    return np.dot([1.0, w_format], [acc, fmt])


# --- 7.5 to 7.8: groups and tokens ------------------------------------------------------------------------------------


@alternative("group_advantages")
def group_by_group(rewards, G, eps=1e-4, scale="group"):
    if G < 2:
        raise ValueError("a group needs two members")
    if rewards.numel() % G != 0:
        raise ValueError("G must divide the number of rewards")
    parts = []
    for group in rewards.detach().to(torch.float32).split(G):
        part = group - group.mean()
        parts.append(part / (group.std() + eps) if scale == "group" else part)
    return torch.cat(parts)


@alternative("group_advantages")
@torch.no_grad()
def repeated_statistics(rewards, G, eps=1e-4, scale="group"):
    if G <= 1 or len(rewards) // G * G != len(rewards):
        raise ValueError
    grouped = rewards.reshape(-1, G).double()
    mean = grouped.mean(1).repeat_interleave(G)
    std = grouped.std(1, unbiased=True).repeat_interleave(G)
    return (rewards - mean) / (std + eps) if scale != "none" else rewards - mean


@alternative("group_advantages")
def root_of_the_variance(rewards, G, eps=1e-4, scale="group"):
    if G < 2 or len(rewards) % G:
        raise ValueError("no groups")
    groups = rewards.data.float().unflatten(0, (-1, G))
    variance, mean = torch.var_mean(groups, dim=1, keepdim=True)
    return ((groups - mean) / (variance.sqrt() + eps if scale == "group" else 1)).reshape(-1)


@alternative("group_advantages")
def advantages_by_numpy(rewards, G, eps=1e-4, scale="group"):
    if G < 2 or len(rewards) % G:
        raise ValueError("no groups")
    groups = rewards.detach().cpu().numpy().astype(np.float64).reshape(-1, G)
    groups = groups - groups.mean(axis=1, keepdims=True)
    if scale == "group":
        groups = groups / (groups.std(axis=1, ddof=1, keepdims=True) + eps)
    return torch.as_tensor(groups.ravel(), device=rewards.device)


@alternative("completion_mask")
def row_by_row(ids, eos):
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(ids.tolist()):
        length = tokens.index(eos) + 1 if eos in tokens else len(tokens)
        mask[row, :length] = 1
    return mask


@alternative("completion_mask")
def by_the_first_end(ids, eos):
    ended = ids == eos
    first = torch.where(ended.any(dim=1), ended.int().argmax(dim=1), ids.size(1))
    return (torch.arange(ids.size(1), device=ids.device).unsqueeze(0) <= first.unsqueeze(1)).to(torch.int64)


@alternative("completion_mask")
def by_products(ids, eos):
    alive = (ids != eos).long().cumprod(dim=1)
    return torch.cat([torch.ones_like(alive[:, :1]), alive[:, :-1]], dim=1)


@alternative("completion_token_logps")
def by_cross_entropy(logits, ids, C):
    B = ids.shape[0]
    predicting, targets = logits[:, -C - 1 : -1, :], ids[:, -C:]
    return -F.cross_entropy(predicting.flatten(0, 1), targets.flatten(), reduction="none").reshape(B, C)


@alternative("completion_token_logps")
def by_logsumexp(logits, ids, C):
    shifted, targets = logits[:, :-1], ids[:, 1:]
    chosen = torch.gather(shifted, 2, targets[..., None])[..., 0]
    return (chosen - torch.logsumexp(shifted, dim=2))[:, -C:]


@alternative("completion_token_logps")
def by_categorical(logits, ids, C):
    L = logits.shape[1]
    policy = torch.distributions.Categorical(logits=logits[:, L - C - 1 : L - 1])
    return policy.log_prob(ids[:, L - C :])


@alternative("completion_token_logps")
def token_by_token(logits, ids, C):
    L = ids.shape[1]
    columns = [
        F.log_softmax(logits[:, t - 1], dim=-1)[torch.arange(len(ids), device=ids.device), ids[:, t]]
        for t in range(L - C, L)
    ]
    return torch.stack(columns, dim=1)


@alternative("kl_k3")
def by_expm1(logp, ref_logp):
    d = ref_logp.data - logp
    return torch.expm1(d) - d


@alternative("kl_k3")
def by_the_ratio(logp, ref_logp):
    ratio = torch.exp(ref_logp.detach() - logp)
    return ratio - torch.log(ratio) - 1


@alternative("kl_k3")
def by_the_log_ratio_of_the_policy(logp, ref_logp):
    x = logp - ref_logp.detach()
    return x + 1 / x.exp() - 1


# --- 7.9 and the bonus tasks: losses ----------------------------------------------------------------------------------


@alternative("grpo_loss")
def one_completion_at_a_time(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    B, C = logp.shape
    rows, tokens = [], 0
    for i in range(B):
        total = logp.new_zeros(())
        for t in range(C):
            if mask[i, t]:
                ratio = (logp[i, t] - old_logp[i, t].detach()).exp()
                a = adv[i].detach()
                total = total - torch.min(ratio * a, ratio.clamp(1 - eps, 1 + eps) * a)
                if beta:
                    total = total + beta * kl_k3(logp[i, t], ref_logp[i, t])
        length = int(mask[i].sum())
        tokens += length
        rows.append(total / max(length, 1) if agg == "grpo" else total)
    if agg == "grpo":
        return torch.stack(rows).mean()
    return torch.stack(rows).sum() / (B * C if agg == "dr_grpo" else max(tokens, 1))


@alternative("grpo_loss")
def maximum_of_negatives(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    weights = mask.to(logp.dtype)
    ratio = torch.exp(logp - old_logp.data)
    a = adv.data[:, None]
    per_token = torch.max(-a * ratio, -a * torch.clip(ratio, 1 - eps, 1 + eps))
    if beta != 0.0:
        per_token = per_token + beta * kl_k3(logp, ref_logp)
    per_token = per_token * weights
    match agg:
        case "grpo":
            return (per_token.sum(-1) / weights.sum(-1).clamp(min=1.0)).mean()
        case "dapo":
            return per_token.sum() / weights.sum().clamp(min=1.0)
        case _:
            return per_token.sum() / (weights.size(0) * weights.size(1))


@alternative("grpo_loss")
def policy_and_penalty_apart(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    mask = mask.float()
    B, C = mask.shape

    def average(x):
        x = torch.where(mask > 0, x, torch.zeros_like(x))
        if agg == "grpo":
            return sum(row.sum() / max(float(m.sum()), 1.0) for row, m in zip(x, mask, strict=True)) / B
        return x.sum() / (max(float(mask.sum()), 1.0) if agg == "dapo" else B * C)

    r, a = (logp - old_logp.detach()).exp(), adv.detach().view(-1, 1)
    bounded = torch.where(a >= 0, torch.clamp(r, max=1 + eps), torch.clamp(r, min=1 - eps))
    objective = average(bounded * a)
    return -objective if beta == 0 else beta * average(kl_k3(logp, ref_logp)) - objective


@alternative("grpo_loss")
def weights_of_tokens(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    m = mask.double()
    weights = {
        "grpo": m / m.sum(1, keepdim=True).clamp(min=1) / len(m),
        "dapo": m / m.sum().clamp(min=1),
        "dr_grpo": m / m.numel(),
    }[agg]
    ratio, a = torch.exp(logp.double() - old_logp.detach().double()), adv.detach().double()[:, None]
    loss = -torch.stack([ratio * a, ratio.clamp(1 - eps, 1 + eps) * a]).amin(dim=0)
    if beta:
        d = ref_logp.detach() - logp
        loss = loss + beta * (torch.expm1(d) - d)
    return torch.einsum("bc,bc->", loss, weights)


@alternative("rloo_advantages")
def others_one_by_one(rewards, G):
    if G < 2 or len(rewards) % G:
        raise ValueError("no groups")
    found = []
    for start in range(0, len(rewards), G):
        group = rewards[start : start + G].tolist()
        found += [r - (sum(group) - r) / (G - 1) for r in group]
    return torch.tensor(found, device=rewards.device)


@alternative("rloo_advantages")
def by_a_matrix(rewards, G):
    if G < 2 or len(rewards) % G:
        raise ValueError("no groups")
    others = (torch.ones(G, G, device=rewards.device) - torch.eye(G, device=rewards.device)) / (G - 1)
    groups = rewards.detach().float().view(-1, G)
    return (groups - groups @ others).flatten()


@alternative("dr_grpo_loss")
def from_scratch(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    groups = rewards.detach().float().view(-1, G)
    a = (groups - groups.mean(1, keepdim=True)).flatten()[:, None]
    ratio = (logp - old_logp.detach()).exp()
    objective = torch.minimum(ratio * a, ratio.clamp(1 - eps, 1 + eps) * a) * mask
    return -(objective.sum(1) / max_tokens).mean()


@alternative("dapo_loss")
def dapo_by_where(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    r, a = torch.exp(logp - old_logp.detach()), adv.detach()[:, None]
    bounded = torch.where(a > 0, r.clamp(max=1 + eps_high), r.clamp(min=1 - eps_low))
    counted = (bounded * a)[mask.bool()]
    return -counted.mean() if len(counted) else 0 * logp.sum()


@alternative("keep_informative")
def by_the_spread(rewards, G):
    groups = rewards.view(-1, G)
    return (groups.amax(1) > groups.amin(1)).unsqueeze(1).expand(-1, G).reshape(-1)


@alternative("keep_informative")
def by_sets(rewards, G):
    numbers = rewards.tolist()
    several = [len(set(numbers[start : start + G])) > 1 for start in range(0, len(numbers), G)]
    return torch.tensor([verdict for verdict in several for _ in range(G)], device=rewards.device)


@alternative("gspo_loss")
def completion_by_completion(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    losses = []
    for new, old, a, m in zip(logp, old_logp.detach(), adv.detach(), mask.bool(), strict=True):
        s = (new[m] - old[m]).mean().exp()
        losses.append(torch.max(-s * a, -s.clamp(1 - eps_low, 1 + eps_high) * a))
    return torch.stack(losses).mean()
