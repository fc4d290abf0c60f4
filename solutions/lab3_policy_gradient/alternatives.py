"""Right versions that look different from the reference, and have to earn every point."""

import itertools
from collections import deque
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from grader.checks import alternative
from losses import baseline_advantages, pg_loss, pg_loss_batch, td_target, value_loss
from returns import FINAL_REWARD, START_REWARD, batch_reward_to_go, reward_to_go

# --- 3.1 reward_to_go -------------------------------------------------------------------------------------


@alternative("reward_to_go")
def numpy_filled_from_the_end(rewards, gamma):
    returns = np.zeros(len(rewards), dtype=np.float32)
    G = 0.0
    for t in range(len(rewards) - 1, -1, -1):
        G = float(rewards[t]) + gamma * G
        returns[t] = G
    return torch.from_numpy(returns)


@alternative("reward_to_go")
def appended_at_the_left_of_a_deque(rewards, gamma):
    returns = deque()
    for reward in reversed(rewards):
        returns.appendleft(reward + gamma * (returns[0] if returns else 0.0))
    return torch.FloatTensor(list(returns))


@alternative("reward_to_go")
def accumulated_and_flipped(rewards, gamma):
    returns = list(itertools.accumulate(rewards[::-1], lambda G, reward: reward + gamma * G))
    return torch.tensor(returns, dtype=torch.float64).flip(0).float()


@alternative("reward_to_go")
def doubled_reach(rewards, gamma):
    """G over 1, 2, 4, ... steps: what a step cannot see yet is seen by the one at the edge of its reach."""
    G = torch.tensor(rewards, dtype=torch.float64)
    reach = 1
    while reach < len(G):
        G = G + gamma**reach * F.pad(G[reach:], (0, reach))
        reach *= 2
    return G.float()


@alternative("reward_to_go")
def every_other_element_of_a_buffer(rewards, gamma):
    buffer = torch.zeros(len(rewards), 2)
    G, returns = 0.0, []
    for reward in reversed(rewards):
        G = reward + gamma * G
        returns.append(G)
    buffer[:, 0] = torch.tensor(returns[::-1])
    return buffer[:, 0]


# --- 3.2 batch_reward_to_go -------------------------------------------------------------------------------


@alternative("batch_reward_to_go")
def one_episode_at_a_time(rewards, dones, gamma):
    returns, start = [], 0
    for t in range(len(rewards)):
        if dones[t] or t == len(rewards) - 1:
            returns.append(reward_to_go(rewards[start : t + 1].tolist(), gamma))
            start = t + 1
    return torch.cat(returns).to(rewards.device)


@alternative("batch_reward_to_go")
def loop_over_tensor_elements(rewards, dones, gamma):
    rewards = rewards.detach()
    returns = torch.empty_like(rewards)
    G = rewards.new_zeros(())
    for t in reversed(range(len(rewards))):
        G = rewards[t] + gamma * G * (1.0 - float(dones[t]))
        returns[t] = G
    return returns


@alternative("batch_reward_to_go")
def matrix_of_discounts(rewards, dones, gamma):
    t = torch.arange(len(rewards), device=rewards.device)
    episode = dones.long().cumsum(0) - dones.long()
    same_episode = episode.unsqueeze(0) == episode.unsqueeze(1)
    discounts = gamma ** (t.unsqueeze(0) - t.unsqueeze(1)).clamp(min=0)
    return (discounts.triu() * same_episode) @ rewards.data


@alternative("batch_reward_to_go")
def double_sum(rewards, dones, gamma):
    returns = []
    for t in range(len(rewards)):
        G = 0.0
        for k in range(t, len(rewards)):
            G += gamma ** (k - t) * rewards[k].item()
            if dones[k]:
                break
        returns.append(G)
    return torch.tensor(returns, dtype=torch.float64, device=rewards.device)


@alternative("batch_reward_to_go")
def numpy_with_a_float_mask(rewards, dones, gamma):
    r, alive = rewards.detach().cpu().numpy(), 1.0 - dones.cpu().numpy().astype(np.float32)
    returns = np.zeros_like(r)
    G = 0.0
    for t in range(len(r) - 1, -1, -1):
        returns[t] = G = r[t] + gamma * alive[t] * G
    return torch.as_tensor(returns, device=rewards.device)


@alternative("batch_reward_to_go")
@torch.no_grad()
def stacked_with_where(rewards, dones, gamma):
    returns, G = [], rewards.new_zeros(())
    for reward, done in zip(rewards.flip(0).unbind(), dones.flip(0).unbind(), strict=True):
        G = reward + gamma * torch.where(done, torch.zeros_like(G), G)
        returns.append(G)
    return torch.stack(returns).flip(0)


# --- 3.3 get_action ---------------------------------------------------------------------------------------


@alternative("get_action")
def categorical_log_prob(logits, generator=None):
    policy = torch.distributions.Categorical(logits=logits)
    action = torch.multinomial(policy.probs.detach(), 1, generator=generator)[:, 0]
    return action, policy.log_prob(action)


@alternative("get_action")
def negative_cross_entropy(logits, generator=None):
    with torch.no_grad():
        action = F.softmax(logits, dim=1).multinomial(1, generator=generator).flatten()
    return action, -F.cross_entropy(logits, action, reduction="none")


@alternative("get_action")
def logit_minus_logsumexp(logits, generator=None):
    action = torch.multinomial(F.softmax(logits.data, dim=-1), num_samples=1, generator=generator)
    return action.view(-1), logits.gather(1, action).view(-1) - logits.logsumexp(dim=1)


@alternative("get_action")
def gumbel_max(logits, generator=None):
    uniform = torch.rand(logits.shape, generator=generator, device=logits.device)
    action = (logits.detach() - torch.log(-torch.log(uniform))).argmax(dim=-1)
    return action, F.log_softmax(logits, dim=-1)[range(len(logits)), action]


@alternative("get_action")
def exponential_race(logits, generator=None):
    probabilities = logits.detach().softmax(dim=-1)
    clocks = torch.empty_like(probabilities).exponential_(generator=generator)
    action = (probabilities / clocks).argmax(dim=-1, keepdim=True)
    return action.squeeze(1), torch.take_along_dim(logits.log_softmax(dim=-1), action, dim=1).squeeze(1)


@alternative("get_action")
def inverse_distribution_function(logits, generator=None):
    log_probs = torch.log_softmax(logits.double(), dim=-1)
    cumulative = log_probs.detach().exp().cumsum(dim=-1)
    uniform = torch.rand(len(logits), 1, generator=generator, dtype=torch.float64, device=logits.device)
    action = torch.searchsorted(cumulative, uniform * cumulative.select(-1, -1).unsqueeze(-1), right=True)
    return action.squeeze(-1), log_probs.gather(-1, action).squeeze(-1)


class Choice(NamedTuple):
    action: torch.Tensor
    logp: torch.Tensor


@alternative("get_action")
def named_tuple_with_a_one_hot_product(logits, generator=None):
    log_probs = F.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.exp().detach(), 1, generator=generator).squeeze(-1)
    return Choice(action, (log_probs * F.one_hot(action, logits.shape[-1])).sum(dim=-1))


@alternative("get_action")
def loop_over_the_rows(logits, generator=None):
    actions, logps = [], []
    for row in logits.log_softmax(dim=-1):
        action = torch.multinomial(row.detach().exp(), 1, generator=generator).item()
        actions.append(action)
        logps.append(row[action])
    return [torch.tensor(actions, device=logits.device), torch.stack(logps)]


@alternative("get_action")
def global_state_borrowed_and_given_back(logits, generator=None):
    policy = torch.distributions.Categorical(logits=logits)
    if generator is None:
        action = policy.sample()
    else:
        seed = torch.randint(2**31, (), generator=generator).item()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            action = policy.sample()
    return action, policy.log_prob(action)


@alternative("get_action")
def logarithm_after_the_choice(logits, generator=None):
    probabilities = F.softmax(logits, dim=-1)
    action = torch.multinomial(probabilities.detach(), 1, generator=generator)
    return action.squeeze(-1), probabilities.gather(-1, action).squeeze(-1).log()


# --- 3.4 pg_loss, pg_loss_batch ---------------------------------------------------------------------------


@alternative("pg_loss")
def negative_dot_product(logp, weights):
    return -torch.dot(logp, weights.data)


@alternative("pg_loss")
def loop_over_the_steps(logp, weights):
    loss = 0.0
    for t in range(len(logp)):
        loss = loss - logp[t] * float(weights[t])
    return loss


@alternative("pg_loss")
def weights_copied_without_a_graph(logp, weights):
    with torch.no_grad():
        weights = weights.clone()
    return torch.sum(torch.stack([-lp * w for lp, w in zip(logp, weights, strict=True)]))


@alternative("pg_loss")
def matrix_product_in_float64(logp, weights):
    return -logp.double() @ weights.detach().double()


@alternative("pg_loss")
def minus_the_weights(logp, weights):
    return torch.einsum("t,t->", logp, weights.neg().detach())


@alternative("pg_loss_batch")
def weights_divided_first(logp, weights, n_episodes):
    return -(logp * (weights.detach() / n_episodes)).sum()


@alternative("pg_loss_batch")
def mean_scaled_to_the_episodes(logp, weights, n_episodes):
    return -(logp * weights.detach()).mean() * len(logp) / n_episodes


@alternative("pg_loss_batch")
def sum_of_parts(logp, weights, n_episodes):
    parts = zip(logp.tensor_split(n_episodes), weights.tensor_split(n_episodes), strict=True)
    return sum(pg_loss(*part) for part in parts) / n_episodes


@alternative("pg_loss_batch")
def dot_product_over_the_episodes(logp, weights, n_episodes):
    return torch.dot(logp, weights.data).neg().div(n_episodes)


# --- 3.5 total_return_weights -----------------------------------------------------------------------------


@alternative("total_return_weights")
def lists_repeated(rewards, dones, gamma):
    weights, total, steps = [], 0.0, 0
    for reward, done in zip(rewards.tolist(), dones.tolist(), strict=True):
        total += gamma**steps * reward
        steps += 1
        if done:
            weights += [total] * steps
            total, steps = 0.0, 0
    return torch.tensor(weights + [total] * steps, device=rewards.device)


@alternative("total_return_weights")
def first_return_copied_forward(rewards, dones, gamma):
    weights = batch_reward_to_go(rewards, dones, gamma)
    for t in range(1, len(weights)):
        if not dones[t - 1]:
            weights[t] = weights[t - 1]
    return weights


@alternative("total_return_weights")
def split_at_the_ends(rewards, dones, gamma):
    ends = (torch.nonzero(dones).flatten() + 1).tolist()
    episodes = [episode for episode in rewards.tensor_split(ends) if len(episode)]
    totals = [reward_to_go(episode.tolist(), gamma)[0] for episode in episodes]
    return torch.cat([total.expand(len(e)) for total, e in zip(totals, episodes, strict=True)]).to(rewards)


@alternative("total_return_weights")
def powers_added_up_by_episode(rewards, dones, gamma):
    t = torch.arange(len(rewards), device=rewards.device)
    episode = dones.long().cumsum(0) - dones.long()
    first = torch.full_like(t, len(rewards)).scatter_reduce(0, episode, t, "amin")
    discounted = rewards.detach() * gamma ** (t - first.gather(0, episode))
    return torch.zeros_like(rewards).scatter_add(0, episode, discounted).gather(0, episode)


@alternative("total_return_weights")
def matrix_of_the_episode(rewards, dones, gamma):
    episode = np.concatenate([[0], np.cumsum(dones.cpu().numpy())[:-1]])
    same = episode[:, None] == episode[None, :]
    step = np.tril(same, -1).sum(axis=1)
    totals = same @ (gamma**step * rewards.detach().cpu().double().numpy())
    return torch.from_numpy(totals).to(rewards.device)


# --- 3.6 exact_gradients ----------------------------------------------------------------------------------


@alternative("exact_gradients")
def softmax_gradient_by_hand(theta, gamma):
    pi = torch.softmax(theta.detach().to(torch.float64), dim=-1)
    gradients = {}
    for name in ("true", "total", "to_go", "discounted_to_go"):
        gradient = torch.zeros_like(pi)
        for a, b in itertools.product(range(2), repeat=2):
            p = pi[0, a] * pi[1 + a, b]
            G0, G1 = START_REWARD[a] + gamma * FINAL_REWARD[a][b], FINAL_REWARD[a][b]
            w1 = {"true": G0, "total": G0, "to_go": G1, "discounted_to_go": gamma * G1}[name]
            gradient[0] += p * G0 * (torch.eye(2, dtype=torch.float64)[a] - pi[0])
            gradient[1 + a] += p * w1 * (torch.eye(2, dtype=torch.float64)[b] - pi[1 + a])
        gradients[name] = gradient
    return gradients


@alternative("exact_gradients")
def action_values_in_numpy(theta, gamma):
    """The theorem's other form: the probability of a state times pi (Q - V), discounted or not."""
    logits = theta.detach().numpy().astype(np.float64)
    pi = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    R0, R1 = np.array(START_REWARD), np.array(FINAL_REWARD)
    Q0 = R0 + gamma * (pi[1:] * R1).sum(axis=1)
    first = pi[0] * (Q0 - pi[0] @ Q0)
    second = pi[0][:, None] * pi[1:] * (R1 - (pi[1:] * R1).sum(axis=1, keepdims=True))
    to_go = torch.from_numpy(np.vstack([first, second]))
    true = torch.from_numpy(np.vstack([first, gamma * second]))
    return {"to_go": to_go, "discounted_to_go": true, "total": true.clone(), "true": true.clone()}


@alternative("exact_gradients")
def functional_jacobian(theta, gamma):
    start = torch.tensor(START_REWARD, dtype=torch.float64)
    final = torch.tensor(FINAL_REWARD, dtype=torch.float64)
    G0 = start[:, None] + gamma * final

    def objectives(theta):
        log_pi = theta.log_softmax(dim=-1)
        log_p = log_pi[0][:, None] + log_pi[1:]
        p = log_p.exp()
        seen = p.detach()
        return {
            "true": (p * G0).sum(),
            "total": (seen * G0 * log_p).sum(),
            "to_go": (seen * (G0 * log_pi[0][:, None] + final * log_pi[1:])).sum(),
            "discounted_to_go": (seen * (G0 * log_pi[0][:, None] + gamma * final * log_pi[1:])).sum(),
        }

    return torch.func.jacrev(objectives)(theta.double())


@alternative("exact_gradients")
def one_backward_pass_each(theta, gamma):
    def gradient(weights):
        leaf = theta.detach().clone().double().requires_grad_(True)
        pi = torch.softmax(leaf, dim=1)
        value = 0.0
        for a in (0, 1):
            for b in (0, 1):
                R0, R1 = START_REWARD[a], FINAL_REWARD[a][b]
                probability = pi[0, a] * pi[1 + a, b]
                if weights is None:
                    value = value + probability * (R0 + gamma * R1)
                else:
                    w0, w1 = weights(R0, R1)
                    score = w0 * torch.log(pi[0, a]) + w1 * torch.log(pi[1 + a, b])
                    value = value + probability.item() * score
        value.backward()
        return leaf.grad

    return {
        "true": gradient(None),
        "total": gradient(lambda R0, R1: (R0 + gamma * R1, R0 + gamma * R1)),
        "to_go": gradient(lambda R0, R1: (R0 + gamma * R1, R1)),
        "discounted_to_go": gradient(lambda R0, R1: (R0 + gamma * R1, gamma * R1)),
    }


# --- 3.7 baseline_advantages, value_loss ------------------------------------------------------------------


@alternative("baseline_advantages")
def without_a_graph(G, v):
    if list(G.size()) != list(v.size()):
        raise ValueError("G and v differ in shape")
    with torch.no_grad():
        return G - v


@alternative("baseline_advantages")
def data_of_the_values(G, v):
    if G.dim() != v.dim() or len(G) != len(v):
        raise ValueError(f"{G.shape} against {v.shape}")
    return torch.sub(G, v.data)


@alternative("baseline_advantages")
def numpy_difference_in_float64(G, v):
    returns, values = G.detach().cpu().numpy(), v.detach().cpu().numpy()
    if returns.shape != values.shape:
        raise ValueError(f"{returns.shape} against {values.shape}")
    return torch.from_numpy(returns.astype(np.float64) - values).to(G.device)


@alternative("baseline_advantages")
def any_error_made_a_value_error(G, v):
    try:
        assert G.shape == v.shape
    except AssertionError as error:
        raise ValueError("G and v must have the same shape") from error
    return G + v.detach().neg()


@alternative("value_loss")
def torch_mse_loss(v, G):
    if v.shape != G.shape:
        raise ValueError(f"{v.shape} against {G.shape}")
    return F.mse_loss(v, G.detach())


@alternative("value_loss")
def mse_module_in_float64(v, G):
    if v.ndim != G.ndim or v.numel() != G.numel():
        raise ValueError(f"{v.shape} against {G.shape}")
    return torch.nn.MSELoss()(v.double(), G.data.double())


@alternative("value_loss")
def error_times_itself(v, G):
    if v.size() != G.size():
        raise ValueError(f"{v.shape} against {G.shape}")
    error = G.detach() - v
    return error @ error / len(v)


@alternative("value_loss")
def mean_of_a_list(v, G):
    if v.shape != G.shape:
        raise ValueError(f"{v.shape} against {G.shape}")
    return sum((value - float(target)) ** 2 for value, target in zip(v, G, strict=True)) / len(v)


# --- 3.8 td_target ----------------------------------------------------------------------------------------


@alternative("td_target")
def where_the_episode_goes_on(r, v_next, terminated, gamma):
    return torch.where(terminated, r, r + gamma * v_next.detach())


@alternative("td_target")
def future_filled_with_zeros(r, v_next, terminated, gamma):
    with torch.no_grad():
        return r + gamma * v_next.masked_fill(terminated, 0.0)


@alternative("td_target")
def one_minus_a_float(r, v_next, terminated, gamma):
    return r + gamma * v_next.data * (1 - terminated.float())


@alternative("td_target")
def decided_step_by_step(r, v_next, terminated, gamma):
    targets = []
    for t in range(len(r)):
        target = r[t].item()
        if not terminated[t]:
            target += gamma * v_next[t].item()
        targets.append(target)
    return torch.tensor(targets, device=r.device)


@alternative("td_target")
def zeros_written_into_a_copy(r, v_next, terminated, gamma):
    future = v_next.detach().clone()
    future[terminated] = 0
    return torch.add(r, future, alpha=gamma)


@alternative("td_target")
def numpy_targets_in_float64(r, v_next, terminated, gamma):
    future = np.where(terminated.cpu().numpy(), 0.0, v_next.detach().cpu().numpy())
    return torch.from_numpy(r.cpu().numpy() + gamma * future.astype(np.float64)).to(r.device)


@alternative("td_target")
def negated_with_logical_not(r, v_next, terminated, gamma):
    target = r + gamma * v_next * terminated.logical_not().to(v_next.dtype)
    return target.detach_()


# --- 3.9 actor_critic_losses ------------------------------------------------------------------------------


@alternative("actor_critic_losses")
def one_td_error_for_both(logp, v, v_next, r, terminated, gamma):
    delta = r + gamma * v_next.detach() * (1.0 - terminated.float()) - v
    return -(logp * delta.detach()).mean(), (delta**2).mean()


@alternative("actor_critic_losses")
def made_of_the_earlier_tasks(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return pg_loss_batch(logp, baseline_advantages(target, v), len(logp)), value_loss(v, target)


class Losses(NamedTuple):
    policy: torch.Tensor
    value: torch.Tensor


@alternative("actor_critic_losses")
def named_tuple_of_torch_losses(logp, v, v_next, r, terminated, gamma):
    with torch.no_grad():
        target = torch.where(terminated, r, r + gamma * v_next)
        advantage = target - v
    return Losses(policy=-torch.mean(logp * advantage), value=F.mse_loss(v, target))


@alternative("actor_critic_losses")
def list_of_dot_products_in_float64(logp, v, v_next, r, terminated, gamma):
    target = r.double() + gamma * v_next.data.double().masked_fill(terminated, 0.0)
    error = v.double() - target
    return [torch.dot(logp.double(), error.data) / len(r), torch.dot(error, error) / len(r)]


@alternative("actor_critic_losses")
def loop_over_the_transitions(logp, v, v_next, r, terminated, gamma):
    loss_pi = loss_v = 0.0
    for t in range(len(r)):
        target = float(r[t]) + (0.0 if terminated[t] else gamma * float(v_next[t]))
        loss_pi = loss_pi - logp[t] * (target - float(v[t]))
        loss_v = loss_v + (target - v[t]) ** 2
    return loss_pi / len(r), loss_v / len(r)


# --- slow, single-precision and of another class: all right -----------------------------------------------------------


@alternative("reward_to_go")
def loop_of_torch_operations(rewards, gamma):
    found = torch.tensor(rewards, dtype=torch.float32)
    later = 0.0
    for t in reversed(range(len(found))):
        later = found[t] + gamma * later
        found[t] = later
    return found


@alternative("reward_to_go")
def loop_in_single_precision(rewards, gamma):
    rewards = np.asarray(rewards, dtype=np.float32)
    found = np.zeros_like(rewards)
    later = np.float32(0)
    for t in range(len(rewards) - 1, -1, -1):
        found[t] = later = rewards[t] + np.float32(gamma) * later
    return torch.from_numpy(found)


class ShapeError(ValueError):
    """A ValueError of the student's own."""


@alternative("baseline_advantages")
def error_of_an_own_class(G, v):
    if G.shape != v.shape:
        raise ShapeError(f"{G.shape} and {v.shape}")
    return (G - v).detach()
