"""Right versions of lab 1's functions that look different; all of them earn every point."""

import math
from functools import reduce

import numpy as np
import torch

from grader.checks import alternative

# --- 1.1 --------------------------------------------------------------------------------------------------------------


@alternative("discounted_return")
def powers_of_gamma(rewards, gamma):
    return sum(gamma**t * reward for t, reward in enumerate(rewards))


@alternative("discounted_return")
def dot_product(rewards, gamma):
    return np.dot(np.asarray(rewards, dtype=np.float64), np.power(float(gamma), np.arange(len(rewards))))


@alternative("discounted_return")
def folded(rewards, gamma):
    return float(reduce(lambda total, reward: reward + gamma * total, rewards[::-1], 0.0))


@alternative("discounted_return")
def running_factor(rewards, gamma):
    total, factor = 0.0, 1.0
    for reward in list(rewards):
        total += factor * reward
        factor *= gamma
    return total


@alternative("discounted_return")
def one_call_for_each_reward(rewards, gamma):
    def value(t):
        return 0.0 if t == len(rewards) else rewards[t] + gamma * value(t + 1)

    return value(0)


@alternative("discounted_return")
def polynomial(rewards, gamma):
    return torch.tensor([gamma**t for t in range(len(rewards))], dtype=torch.float64) @ torch.tensor(
        [float(reward) for reward in rewards], dtype=torch.float64
    )


# --- 1.2 --------------------------------------------------------------------------------------------------------------


@alternative("categorical_log_prob")
def by_categorical(logits, actions):
    return torch.distributions.Categorical(logits=logits).log_prob(actions)


@alternative("categorical_log_prob")
def by_cross_entropy(logits, actions):
    return -torch.nn.functional.cross_entropy(logits, actions, reduction="none")


@alternative("categorical_log_prob")
def by_logsumexp(logits, actions):
    return logits[torch.arange(len(logits), device=logits.device), actions] - torch.logsumexp(logits, dim=1)


@alternative("categorical_log_prob")
def by_one_hot(logits, actions):
    chosen = torch.nn.functional.one_hot(actions, logits.shape[-1])
    return (torch.log_softmax(logits, dim=-1) * chosen).sum(-1)


@alternative("categorical_log_prob")
def row_by_row(logits, actions):
    rows = [torch.log_softmax(row, dim=0)[action] for row, action in zip(logits, actions, strict=True)]
    return torch.stack(rows)


@alternative("categorical_log_prob")
def in_float64(logits, actions):
    logits = logits.double()
    shifted = logits - logits.max(dim=-1, keepdim=True).values.detach()
    return shifted.gather(1, actions[:, None])[:, 0] - shifted.exp().sum(-1).log()


@alternative("categorical_sample")
def gumbel_maximum(logits, generator=None):
    uniform = torch.rand(logits.shape, generator=generator, dtype=torch.float64, device=logits.device)
    return (logits - (-uniform.log()).log()).argmax(dim=-1)


@alternative("categorical_sample")
def inverse_distribution(logits, generator=None):
    cumulative = torch.softmax(logits.double(), dim=-1).cumsum(-1)
    uniform = torch.rand(len(logits), 1, generator=generator, dtype=torch.float64, device=logits.device)
    return (cumulative / cumulative[:, -1:] <= uniform).sum(-1)


@alternative("categorical_sample")
def exponential_race(logits, generator=None):
    noise = torch.empty_like(logits, dtype=torch.float64).exponential_(generator=generator)
    return (torch.log_softmax(logits, dim=-1) - noise.log()).argmax(dim=-1)


@alternative("categorical_sample")
def one_row_at_a_time(logits, generator=None):
    weights = torch.softmax(logits, -1)
    return torch.cat([torch.multinomial(row, 1, generator=generator) for row in weights])


@alternative("categorical_sample")
def first_column(logits, generator=None):
    with torch.no_grad():
        return torch.multinomial(torch.log_softmax(logits, -1).exp(), 1, True, generator=generator)[:, 0]


# --- 1.3 --------------------------------------------------------------------------------------------------------------


@alternative("diag_gaussian_log_prob")
def by_normal(mu, log_std, a):
    return torch.distributions.Normal(mu, log_std.exp()).log_prob(a).sum(-1)


@alternative("diag_gaussian_log_prob")
def by_independent(mu, log_std, a):
    normal = torch.distributions.Normal(mu, log_std.exp().expand_as(mu))
    return torch.distributions.Independent(normal, 1).log_prob(a)


@alternative("diag_gaussian_log_prob")
def by_multivariate_normal(mu, log_std, a):
    scale = torch.diag_embed(log_std.exp().expand(mu.shape))
    return torch.distributions.MultivariateNormal(mu, scale_tril=scale).log_prob(a)


@alternative("diag_gaussian_log_prob")
def the_handouts_formula(mu, log_std, a):
    var = torch.exp(2 * log_std)
    bracket = ((a - mu) ** 2 / var + 2 * log_std).sum(dim=1) + mu.shape[1] * math.log(2 * math.pi)
    return -bracket / 2


@alternative("diag_gaussian_log_prob")
def dimension_by_dimension(mu, log_std, a):
    log_std = log_std.expand(mu.shape)
    total = 0
    for i in range(mu.shape[1]):
        z = (a[:, i] - mu[:, i]) * torch.exp(-log_std[:, i])
        total = total - z * z / 2 - log_std[:, i] - math.log(math.sqrt(2 * math.pi))
    return total


@alternative("diag_gaussian_sample")
def by_torch_normal(mu, log_std, generator=None):
    return torch.normal(mu, log_std.exp().expand(mu.shape), generator=generator)


@alternative("diag_gaussian_sample")
def filled_in_place(mu, log_std, generator=None):
    z = torch.empty_like(mu).normal_(generator=generator)
    return torch.addcmul(mu, z, torch.exp(log_std).expand_as(mu))


@alternative("diag_gaussian_sample")
def without_a_graph(mu, log_std, generator=None):
    with torch.no_grad():
        z = torch.randn(*mu.shape, generator=generator, device=mu.device)
        return z * log_std.exp() + mu


@alternative("diag_gaussian_sample")
def by_box_and_muller(mu, log_std, generator=None):
    u, v = (torch.rand(mu.shape, generator=generator, dtype=torch.float64, device=mu.device) for _ in range(2))
    return mu + log_std.exp() * (-2 * (1 - u).log()).sqrt() * (2 * math.pi * v).cos()


# --- 1.4 --------------------------------------------------------------------------------------------------------------


@alternative("trajectory_log_prob")
def sums_of_logarithms(rho0, P, pi, states, actions):
    s, a = np.asarray(states, dtype=int), np.asarray(actions, dtype=int)
    with np.errstate(divide="ignore"):
        return np.log(rho0[s[0]]) + np.log(pi[s[:-1], a]).sum() + np.log(P[s[:-1], a, s[1:]]).sum()


@alternative("trajectory_log_prob")
def stops_at_the_impossible(rho0, P, pi, states, actions):
    if rho0[states[0]] == 0:
        return float("-inf")
    total = math.log(rho0[states[0]])
    for s, a, after in zip(states[:-1], actions, states[1:], strict=True):
        step = pi[s, a] * P[s, a, after]
        if step == 0:
            return float("-inf")
        total += math.log(step)
    return total


@alternative("trajectory_log_prob")
def with_torch(rho0, P, pi, states, actions):
    factors = [rho0[states[0]]] + [pi[s, a] for s, a in zip(states, actions, strict=False)]
    factors += [P[s, a, t] for s, a, t in zip(states, actions, states[1:], strict=False)]
    return torch.tensor(factors, dtype=torch.float64).log().sum()


# --- 1.5, 1.6 ---------------------------------------------------------------------------------------------------------


@alternative("policy_evaluation")
def iterated(P, R, pi, terminal, gamma):
    V = np.zeros(P.shape[0])
    while True:
        new = np.einsum("sa,sap,sap->s", pi, P, R + gamma * V[None, None, :])
        new[terminal] = 0
        if np.max(np.abs(new - V)) < 1e-9:
            return new
        V = new


@alternative("policy_evaluation")
def swept_in_place(P, R, pi, terminal, gamma):
    n_states, n_actions = pi.shape
    V = [0.0] * n_states
    change = 1.0
    while change > 1e-9:
        change = 0.0
        for s in range(n_states):
            if terminal[s]:
                continue
            new = 0.0
            for a in range(n_actions):
                new += pi[s, a] * sum(P[s, a, t] * (R[s, a, t] + gamma * V[t]) for t in range(n_states))
            change = max(change, abs(new - V[s]))
            V[s] = new
    return np.array(V)


@alternative("policy_evaluation")
def solved_without_the_terminal_states(P, R, pi, terminal, gamma):
    going = np.flatnonzero(~terminal)
    T = (pi[:, :, None] * P).sum(1)
    r = (pi[:, :, None] * P * R).sum((1, 2))
    V = np.zeros(len(P))
    V[going] = np.linalg.inv(np.eye(len(going)) - gamma * T[np.ix_(going, going)]) @ r[going]
    return V


@alternative("policy_evaluation")
def terminal_rows_replaced(P, R, pi, terminal, gamma):
    P, R = P.copy(), R.copy()
    P[terminal], R[terminal] = 0, 0
    T, r = np.einsum("sa,sap->sp", pi, P), np.einsum("sa,sap->s", pi, P * R)
    return torch.linalg.solve(torch.eye(len(P)).double() - gamma * torch.from_numpy(T), torch.from_numpy(r)).numpy()


@alternative("value_iteration")
def loops(P, R, terminal, gamma, tol=1e-10):
    n_states, n_actions, _ = P.shape
    V, Q = np.zeros(n_states), np.zeros((n_states, n_actions))
    while True:
        change = 0.0
        for s in range(n_states):
            if terminal[s]:
                continue
            for a in range(n_actions):
                Q[s, a] = sum(P[s, a, t] * (R[s, a, t] + gamma * V[t]) for t in np.flatnonzero(P[s, a]))
            change = max(change, abs(Q[s].max() - V[s]))
            V[s] = Q[s].max()
        if change < tol:
            return V, Q


@alternative("value_iteration")
def rewards_first(P, R, terminal, gamma, tol=1e-10):
    going = (~terminal)[:, None]
    reward = (P * R).sum(axis=2) * going
    Q = np.zeros(P.shape[:2])
    while True:
        V = Q.max(axis=1)
        new = reward + gamma * going * (P @ V)
        if np.allclose(new, Q, rtol=0, atol=tol):
            return new.max(axis=1), new
        Q = new


@alternative("value_iteration")
def absorbing(P, R, terminal, gamma, tol=1e-10):
    ends = np.flatnonzero(terminal)
    P, R = np.array(P), np.array(R)
    P[ends] = 0
    P[ends, :, ends] = 1
    R[ends] = 0
    V, change = np.full(len(P), 3.0), np.inf
    V[ends] = 0
    while change > tol:
        Q = (P * (R + gamma * V)).sum(-1)
        change = np.linalg.norm(Q.max(1) - V)
        V = Q.max(1)
    return [V, Q]


# --- 1.7 to 1.9 -------------------------------------------------------------------------------------------------------


@alternative("greedy_actions")
def flat_nonzero(q, tol=1e-8):
    return np.flatnonzero(q >= q.max() - tol).tolist()


@alternative("greedy_actions")
def is_close_absolutely(q, tol=1e-8):
    return [int(a) for a in np.where(np.isclose(q, max(q), rtol=0, atol=tol))[0]]


@alternative("greedy_actions")
def numpy_integers_in_a_tuple(q, tol=1e-8):
    return tuple(a for a in np.arange(len(q)) if abs(q[a] - np.max(q)) < tol)


@alternative("advantage")
def new_axis(Q, pi):
    return Q - np.sum(Q * pi, axis=1)[:, None]


@alternative("advantage")
def by_einsum(Q, pi):
    return Q - np.einsum("sa,sa->s", Q, pi).reshape(-1, 1)


@alternative("advantage")
def one_state_at_a_time(Q, pi):
    return np.array([q - p @ q for q, p in zip(Q, pi, strict=True)])


@alternative("advantage")
def by_average(Q, pi):
    return (Q.T - np.average(Q, axis=1, weights=pi)).T


@alternative("validate_mdp")
def one_fault_at_a_time(P, R, rho0):
    if P.ndim != 3 or P.shape[2] != P.shape[0]:
        return ["P is not (S, A, S)"]
    if R.shape != P.shape:
        return ["R is not (S, A, S)"]
    if rho0.shape != (len(P),):
        return ["rho0 is not (S,)"]
    for s, a in np.ndindex(P.shape[:2]):
        if not np.isclose(P[s, a].sum(), 1) or min(P[s, a]) < 0:
            return [f"P[{s}, {a}] holds no probabilities"]
    return [] if np.isclose(rho0.sum(), 1) and rho0.min() >= 0 else ["rho0 holds no probabilities"]


@alternative("validate_mdp")
def a_sentence_for_each_row(P, R, rho0):
    if np.ndim(P) != 3:
        return ("P needs three axes",)
    S, A, after = P.shape
    faults = [] if after == S else ["the last axis of P has to count the states"]
    if np.shape(R) != (S, A, S):
        faults.append("R does not fit P")
    if np.shape(rho0) != (S,):
        faults.append("rho0 does not fit P")
    for s in range(S):
        for a in range(A):
            faults += [f"P[{s},{a}] is negative somewhere"] * bool(np.any(P[s, a] < 0))
            faults += [f"P[{s},{a}] adds up to {P[s, a].sum()}"] * bool(abs(P[s, a].sum() - 1) > 1e-8)
    faults += ["rho0 is negative"] * bool(np.any(np.asarray(rho0) < 0))
    faults += ["rho0 does not add up"] * (not math.isclose(np.sum(rho0), 1, abs_tol=1e-8))
    return faults


@alternative("maze_policy")
def if_and_else(free):
    if free["left"]:
        return "left"
    else:
        return "up"


@alternative("maze_policy")
def by_index(free):
    return ("up", "left")[bool(free.get("left", False))]
