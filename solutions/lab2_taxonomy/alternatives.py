"""Right versions that look different from the reference, and have to earn every point."""

import functools
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from grader.checks import alternative
from tabular import mpc_q, q_learning_update

KEY = json.loads((Path(__file__).parent / "taxonomy.json").read_text(encoding="utf-8"))

# --- 2.1 epsilon_greedy -----------------------------------------------------------------------------------------------


@alternative("epsilon_greedy")
def probabilities_written_out(q, eps, rng):
    best = np.asarray(q) == np.max(q)
    return int(rng.choice(len(q), p=eps / len(q) + (1 - eps) * best / best.sum()))


@alternative("epsilon_greedy")
def shuffled_before_argmax(q, eps, rng):
    if rng.uniform() >= eps:
        order = rng.permutation(len(q))
        return order[np.argmax(q[order])]
    return rng.integers(0, len(q))


@alternative("epsilon_greedy")
def lists_of_python(q, eps, rng):
    values = q.tolist()
    best = [a for a, value in enumerate(values) if value == max(values)]
    actions = list(range(len(values))) if rng.random() < eps else best
    return actions[int(rng.random() * len(actions))]


@alternative("epsilon_greedy")
def all_is_drawn_in_every_call(q, eps, rng):
    explore, action = rng.random() <= eps and eps > 0, int(rng.integers(len(q)))
    best = int(rng.choice(np.argwhere(q == np.amax(q)).flatten()))
    return action if explore else best


# --- 2.2 q_learning_update --------------------------------------------------------------------------------------------


@alternative("q_learning_update")
def weighted_mean(Q, s, a, r, s2, terminated, alpha, gamma):
    new = Q.astype(float)
    new[s, a] = (1 - alpha) * new[s, a] + alpha * (r + gamma * max(new[s2]) * (1 - terminated))
    return new


@alternative("q_learning_update")
def lists_for_a_table(Q, s, a, r, s2, terminated, alpha, gamma):
    rows = [[float(value) for value in row] for row in Q]
    future = 0.0 if terminated else max(rows[s2])
    rows[s][a] += alpha * (r + gamma * future - rows[s][a])
    return np.array(rows)


@alternative("q_learning_update")
def whole_table_at_once(Q, s, a, r, s2, terminated, alpha, gamma):
    here = np.zeros(Q.shape)
    here[s, a] = 1.0
    error = r + gamma * np.where(terminated, 0.0, np.amax(Q, axis=1)[s2]) - Q
    return Q + alpha * here * error


# --- 2.3 sarsa_update -------------------------------------------------------------------------------------------------


@alternative("sarsa_update")
def error_first(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    error = float(r) - Q[s][a]
    if not terminated:
        error += gamma * Q[s2][a2]
    new = Q.copy().astype(np.float64)
    new[s][a] = Q[s][a] + alpha * error
    return new


@alternative("sarsa_update")
def sarsa_whole_table_at_once(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    here = np.zeros(Q.shape)
    here[s, a] = 1.0
    return (1 - alpha * here) * Q + alpha * here * (r + (1 - int(terminated)) * gamma * Q[s2, a2])


# --- 2.4 mpc_q, mpc_action --------------------------------------------------------------------------------------------


@alternative("mpc_q")
def remembered_recursion(P, R, terminal, s, H, gamma):
    @functools.cache
    def value(state, steps):
        return 0.0 if steps == 0 or terminal[state] else max(values(state, steps))

    @functools.cache
    def values(state, steps):
        later = np.array([value(s2, steps - 1) for s2 in range(len(P))])
        return tuple(float(p @ (r + gamma * later)) for p, r in zip(P[state], R[state], strict=True))

    return np.array(values(s, H))


@alternative("mpc_q")
def einsum_over_the_model(P, R, terminal, s, H, gamma):
    V = np.zeros(P.shape[0])
    for _ in range(H - 1):
        V = (np.einsum("ijk,ijk->ij", P, R) + gamma * np.einsum("ijk,k->ij", P, V)).max(1) * (1.0 - terminal)
    return np.einsum("jk,jk->j", P[s], R[s] + gamma * V[None, :])


@alternative("mpc_q")
def loops_over_everything(P, R, terminal, s, H, gamma):
    states, actions, _ = P.shape
    V = [0.0] * states
    for _ in range(H):
        Q = [
            [sum(P[i, a, j] * (R[i, a, j] + gamma * V[j]) for j in np.flatnonzero(P[i, a])) for a in range(actions)]
            for i in range(states)
        ]
        V = [0.0 if terminal[i] else max(Q[i]) for i in range(states)]
    return np.array(Q[s])


@alternative("mpc_q")
def an_end_that_loops(P, R, terminal, s, H, gamma):
    """The model changed (in copies) so that its ends lead to themselves for nothing."""
    P, R = P.copy(), R.copy()
    P[terminal], R[terminal] = np.eye(len(P))[terminal][:, None, :], 0.0
    V = np.zeros(len(P))
    for _ in range(H):
        Q = np.sum(P * (R + gamma * V), axis=-1)
        V = np.max(Q, axis=-1)
    return Q[s]


@alternative("mpc_action")
def last_of_the_best(P, R, terminal, s, H, gamma):
    q = mpc_q(P, R, terminal, s, H, gamma)
    return np.flatnonzero(np.isclose(q, q.max()))[-1]


@alternative("mpc_action")
def sorted_by_value(P, R, terminal, s, H, gamma):
    q = mpc_q(P, R, terminal, s, H, gamma)
    return max(range(len(q)), key=q.__getitem__)


# --- 2.5 fit_model ----------------------------------------------------------------------------------------------------


@alternative("fit_model")
def counters_of_python(transitions, S, A):
    outcomes, rewards = defaultdict(Counter), defaultdict(list)
    for s, a, r, s2, _terminated in transitions:
        outcomes[s, a][s2] += 1
        rewards[s, a, s2].append(r)
    P, R = np.zeros((S, A, S)), np.zeros((S, A, S))
    for s in range(S):
        for a in range(A):
            seen = outcomes.get((s, a), {s: 1})
            for s2, times in seen.items():
                P[s, a, s2] = times / sum(seen.values())
    for place, values in rewards.items():
        R[place] = sum(values) / len(values)
    return P, R


@alternative("fit_model")
def running_means(transitions, S, A):
    P, R = np.zeros((S, A, S)), np.zeros((S, A, S))
    P[np.arange(S), :, np.arange(S)] = 1.0
    tried, led = np.zeros((S, A), dtype=int), np.zeros((S, A, S), dtype=int)
    for s, a, r, s2, _ in transitions:
        tried[s, a] += 1
        led[s, a, s2] += 1
        P[s, a] += (np.eye(S)[s2] - P[s, a]) / tried[s, a]
        R[s, a, s2] += (r - R[s, a, s2]) / led[s, a, s2]
    return [P, R]


@alternative("fit_model")
def added_at_indices(transitions, S, A):
    columns = [np.array(column) for column in zip(*transitions, strict=True)] or [np.zeros(0, dtype=int)] * 5
    s, a, r, s2, _ = columns
    count, total = np.zeros((S, A, S)), np.zeros((S, A, S))
    np.add.at(count, (s, a, s2), 1)
    np.add.at(total, (s, a, s2), r)
    R = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    untried = count.sum(-1) == 0
    return np.where(
        untried[..., None], np.eye(S)[:, None, :], count / np.where(untried, 1, count.sum(-1))[..., None]
    ), R


# --- 2.6 dyna_step ----------------------------------------------------------------------------------------------------


@alternative("dyna_step")
def one_draw_at_a_time(Q, model, rng, n, alpha, gamma):
    new, pairs = Q.astype(np.float64, copy=True), sorted(model)
    for _ in range(n):
        s, a = pairs[rng.integers(0, len(pairs))]
        r, s2, terminated = model[s, a]
        new[s, a] += alpha * (r + (0.0 if terminated else gamma * new[s2].max()) - new[s, a])
    return new


@alternative("dyna_step")
def drawn_from_the_items(Q, model, rng, n, alpha, gamma):
    items = tuple(model.items())
    table = np.array(Q, dtype=float)
    for _ in range(n):
        (s, a), (r, s2, terminated) = items[int(rng.random() * len(items))]
        table = q_learning_update(table, s, a, r, s2, terminated, alpha, gamma)
    return table


@alternative("dyna_step")
def choice_of_rows(Q, model, rng, n, alpha, gamma):
    table = np.array(Q, dtype=float)
    for s, a in rng.choice(np.array(list(model)), size=n):
        r, s2, terminated = model[int(s), int(a)]
        table[s, a] = (1 - alpha) * table[s, a] + alpha * (r + gamma * (not terminated) * table[s2].max())
    return table


# --- 2.7 taxonomy.json ------------------------------------------------------------------------------------------------


@alternative("taxonomy")
def hyphens_capitals_and_another_order(*place):
    entry = KEY[place[0]][place[1]]
    if isinstance(entry, list):
        return [item.upper() for item in reversed(entry)]
    return entry.replace("_", "-").title() if isinstance(entry, str) else entry


@alternative("taxonomy")
def one_thing_without_a_list(*place):
    value = KEY[place[0]][place[1]]
    return value[0] if isinstance(value, list) and len(value) == 1 else value
