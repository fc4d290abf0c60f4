"""The hidden cases of lab 1: drawn from the seed of each grading run, the same for all its students."""

import itertools

import numpy as np
import torch

from checks import (
    advantages,
    all_the_best,
    categorical_densities,
    categorical_draws,
    expected_return,
    far_sighted,
    gaussian_densities,
    gaussian_draws,
    grid_world,
    has_faults,
    large_logits,
    maze_rule,
    one_trajectory,
    optimal_values,
    returns_of,
    value_of_policy,
    value_of_policy_with_end,
    within_tolerance,
)
from grader.checks import hidden_cases
from grader.checks.cases import floats, seed_of, skewed


def mdp(rng, n_states, n_actions):
    """P and R without any symmetry; every probability is positive."""
    P = rng.dirichlet(np.ones(n_states), size=(n_states, n_actions))
    return dict(P=P, R=rng.normal(scale=3.0, size=P.shape))


def policy(rng, n_states, n_actions):
    return rng.dirichlet(np.ones(n_actions), size=n_states)


def one_terminal(rng, n_states):
    return np.arange(n_states) == rng.integers(n_states)


def two_terminal_states(rng, n_states):
    return dict(terminal=np.isin(np.arange(n_states), rng.choice(n_states, size=2, replace=False)))


def with_rows_that_mean_nothing(rng, case):
    """The rows of terminal states hold no probabilities, and rewards beyond all others."""
    rows = case["terminal"]
    for name in ("P", "R", "pi"):
        if name in case:
            case[name][rows] = rng.normal(scale=50.0, size=case[name][rows].shape)
    return case


# --- 1.1 --------------------------------------------------------------------------------------------------------------


@hidden_cases(returns_of)
def episodes(rng):
    for length in (1, 2, 5, 17):
        yield dict(rewards=rng.normal(size=length).tolist(), gamma=float(rng.uniform(0.5, 0.95)))
    yield dict(rewards=rng.integers(-9, 9, size=6).tolist(), gamma=float(rng.uniform(0.5, 0.95)))
    yield dict(rewards=rng.normal(size=4).tolist(), gamma=1.0)
    yield dict(rewards=(1 + rng.uniform(size=4)).tolist(), gamma=0.0)
    yield dict(rewards=[], gamma=1.0)


# --- 1.2 --------------------------------------------------------------------------------------------------------------


@hidden_cases(categorical_densities)
def batches_of_logits(rng):
    for rows, actions in ((1, 4), (3, 3), (6, 4), (3, 5)):
        chosen = torch.from_numpy(rng.integers(actions, size=rows))
        yield dict(logits=floats(rng, rows, actions, scale=2.0), actions=chosen)


@hidden_cases(large_logits)
def extreme_logits(rng):
    for rows, actions, gap in ((1, 3, 400), (5, 2, 800), (4, 6, 3_000), (3, 4, int(rng.integers(100, 1_000)))):
        sure = torch.full((rows, actions), -gap / 2)
        sure[torch.arange(rows), torch.from_numpy(rng.integers(actions, size=rows))] = gap / 2
        logits = sure + floats(rng, rows, actions)
        yield dict(
            logits=logits, actions=torch.from_numpy(rng.integers(actions, size=rows)), sure=sure, seed=seed_of(rng)
        )


@hidden_cases(categorical_draws)
def policies(rng):
    for rows, actions in ((1, 2), (2, 3), (3, 5)):
        p = [skewed(rng, actions) for _ in range(rows)]
        yield dict(probabilities=p, shift=float(rng.uniform(-5, 5)), count=500, seed=seed_of(rng))
    yield dict(probabilities=p, shift=0.0, count=300, seed=seed_of(rng), given=False)


# --- 1.3 --------------------------------------------------------------------------------------------------------------


@hidden_cases(gaussian_densities)
def batches_of_actions(rng):
    for rows, k, each in ((1, 3, False), (4, 3, True), (3, 3, False), (5, 1, True), (4, 1, False)):
        log_std = floats(rng, rows, k, scale=0.5) if each else floats(rng, k, scale=0.5)
        yield dict(mu=floats(rng, rows, k), log_std=log_std + 0.3, a=floats(rng, rows, k))
    extreme = torch.tensor([-3.0, 4.0])  # far from what some implementations clamp to
    mu = floats(rng, 3, 2, scale=0.1)
    yield dict(mu=mu, log_std=extreme, a=mu + extreme.exp() * floats(rng, 3, 2))
    far = torch.tensor([[15.0, -20.0], [-40.0, 1.0], [0.5, 60.0]])  # whose densities are 0 in floating point
    yield dict(mu=mu, log_std=floats(rng, 2, scale=0.5), a=mu + far)


@hidden_cases(gaussian_draws)
def gaussian_policies(rng):
    for rows, k, each in ((1, 1, False), (2, 3, True), (3, 2, False)):
        spread = rng.choice([-1.0, 1.0], size=(rows, k) if each else k) * rng.uniform(0.5, 1.2)
        mu, deviation = floats(rng, rows, k, scale=3.0), torch.from_numpy(np.exp(spread)).float()
        yield dict(mu=mu, deviation=deviation, count=3_000, seed=seed_of(rng))
    yield dict(mu=mu, deviation=deviation, count=1_000, seed=seed_of(rng), given=False)


# --- 1.4 --------------------------------------------------------------------------------------------------------------


@hidden_cases(one_trajectory)
def trajectories(rng):
    for n_states, n_actions, steps in ((4, 2, 0), (5, 3, 1), (3, 3, 6), (4, 2, 400), (2, 5, 600)):
        yield dict(**model(rng, n_states, n_actions), **path(rng, n_states, n_actions, steps))
    for impossible in ("rho0", "P", "pi"):
        case = dict(**model(rng, 4, 3), **path(rng, 4, 3, 4))
        states, actions = case["states"], case["actions"]
        place = {"rho0": states[0], "P": (states[2], actions[2], states[3]), "pi": (states[3], actions[3])}
        case[impossible][place[impossible]] = 0.0
        case[impossible] /= case[impossible].sum(axis=-1, keepdims=True)
        yield case


def model(rng, n_states, n_actions):
    rho0 = rng.dirichlet(np.ones(n_states))
    return dict(rho0=rho0, P=mdp(rng, n_states, n_actions)["P"], pi=policy(rng, n_states, n_actions))


def path(rng, n_states, n_actions, steps):
    states, actions = rng.integers(n_states, size=steps + 1), rng.integers(n_actions, size=steps)
    return dict(states=states.tolist(), actions=actions.tolist())


@hidden_cases(expected_return)
def small_environments(rng):
    for n_states, n_actions, steps in ((2, 2, 3), (2, 3, 2)):
        case = model(rng, n_states, n_actions)
        case["R"] = rng.normal(scale=3.0, size=case["P"].shape)
        yield dict(**case, steps=steps)


# --- 1.5, 1.6 ---------------------------------------------------------------------------------------------------------


@hidden_cases(value_of_policy)
def endless_environments(rng):
    for n_states, n_actions, gamma in ((4, 4, 0.9), (5, 2, 0.0), (3, 6, float(rng.uniform(0.5, 0.9))), (3, 2, 0.995)):
        never = np.zeros(n_states, dtype=bool)
        yield dict(**mdp(rng, n_states, n_actions), pi=policy(rng, n_states, n_actions), terminal=never, gamma=gamma)


@hidden_cases(value_of_policy_with_end)
def environments_that_end(rng):
    for n_states, n_actions, gamma in ((4, 4, 0.9), (5, 2, 1.0), (6, 3, float(rng.uniform(0.5, 0.9)))):
        terminal = one_terminal(rng, n_states)
        yield dict(**mdp(rng, n_states, n_actions), pi=policy(rng, n_states, n_actions), terminal=terminal, gamma=gamma)
    case = dict(**mdp(rng, 6, 3), pi=policy(rng, 6, 3), **two_terminal_states(rng, 6), gamma=0.9)
    yield with_rows_that_mean_nothing(rng, case)


@hidden_cases(grid_world)
def grids(rng):
    yield dict(size=3, goal_reward=float(rng.integers(5, 30)), gamma=1.0)
    for size in (3, 4, 5):
        yield dict(size=size, goal_reward=float(rng.integers(5, 30)), gamma=float(rng.uniform(0.7, 0.95)))


@hidden_cases(optimal_values)
def environments(rng):
    for n_states, n_actions, gamma in ((4, 4, 0.9), (5, 2, 0.0), (3, 6, float(rng.uniform(0.5, 0.9))), (3, 2, 0.97)):
        never = np.zeros(n_states, dtype=bool)
        yield dict(**mdp(rng, n_states, n_actions), terminal=never, gamma=gamma)
        yield dict(**mdp(rng, n_states, n_actions), terminal=one_terminal(rng, n_states), gamma=gamma)
    yield with_rows_that_mean_nothing(rng, dict(**mdp(rng, 5, 3), **two_terminal_states(rng, 5), gamma=0.9))
    costs = mdp(rng, 4, 3)
    yield dict(P=costs["P"], R=-1 - np.abs(costs["R"]), terminal=one_terminal(rng, 4), gamma=0.9)


@hidden_cases(far_sighted)
def patient_environments(rng):
    R = rng.uniform(0.5, 1.5, size=(2, 3, 2))
    yield dict(P=mdp(rng, 2, 3)["P"], R=R, terminal=np.array([False, False]), gamma=0.998, tol=1e-4)


# --- 1.7 --------------------------------------------------------------------------------------------------------------


@hidden_cases(all_the_best)
def ties(rng):
    for n, best in ((5, 2), (4, 4), (6, 1), (7, 3)):
        for level in (float(rng.uniform(2, 50)), -float(rng.uniform(2, 50)), 1_000.0):
            q = level - rng.uniform(1e-6, 0.1, size=n)
            q[rng.choice(n, size=best, replace=False)] = level + rng.uniform(-1e-11, 1e-11, size=best)
            yield dict(q=q)
    yield dict(q=np.array([0.0]))
    yield dict(q=float(rng.uniform(-1, 1)) - rng.permutation([0.0, 0.0, 8e-9, 1.5e-8, 1e-6]))  # about tol itself


@hidden_cases(within_tolerance)
def tolerances(rng):
    for level in (-20.0, 3.0, 500.0):
        tol = float(rng.uniform(0.1, 2))
        yield dict(q=level - tol * rng.permutation([0.0, 0.0, 0.1, 0.8, 1.2, 2.0, 6.0]), tol=tol)


# --- 1.8 --------------------------------------------------------------------------------------------------------------


@hidden_cases(advantages)
def values_and_policies(rng):
    for n_states, n_actions in ((1, 4), (3, 3), (5, 2), (2, 6)):
        yield dict(Q=rng.normal(scale=4.0, size=(n_states, n_actions)), pi=policy(rng, n_states, n_actions))


# --- 1.9 --------------------------------------------------------------------------------------------------------------


@hidden_cases(has_faults)
def environments_and_faults(rng):
    """Of each kind of fault a case, in which sound environments stand between others in any order."""
    for faults in (
        (row_of_p_too_large, row_of_p_too_small, row_of_p_a_little_too_large),
        (rho0_too_small, rho0_a_little_too_large, row_of_p_too_small),
        (negative_in_p, negative_in_rho0, negative_in_p),
        (p_not_square, rewards_transposed, rewards_of_states, rho0_too_long),
        (p_without_an_axis, all_without_an_axis, p_of_one_axis, p_a_number, rho0_a_number, rho0_a_column),
    ):
        sound_ones = [sound(rng, *sizes) for sizes in ((1, 1), (4, 4), (3, 5), (6, 2))]
        found = [almost(rng, sound(rng, 4, 3)), *sound_ones, *(spoilt(rng, fault) for fault in faults)]
        yield dict(environments=[found[n] for n in rng.permutation(len(found))])


def sound(rng, n_states, n_actions):
    return dict(**mdp(rng, n_states, n_actions), rho0=rng.dirichlet(np.ones(n_states)))


def almost(rng, case):
    """What is off by a little rounding, in a row of P and in rho0, whose rewards are none below 0."""
    case["P"][rng.integers(4), rng.integers(3), rng.integers(4)] += 7e-9
    case["rho0"][rng.integers(4)] += 7e-9
    case["R"] = np.abs(case["R"])
    return case


def spoilt(rng, fault):
    case = sound(rng, 4, 3)
    fault(rng, case)
    return case


def row_of_p_too_large(rng, case):
    case["P"][rng.integers(4), rng.integers(3), rng.integers(4)] += 0.01


def row_of_p_a_little_too_large(rng, case):
    case["P"][rng.integers(4), rng.integers(3), rng.integers(4)] += 2e-4


def row_of_p_too_small(rng, case):
    case["P"][rng.integers(4), rng.integers(3)] *= 0.98


def negative_in_p(rng, case):
    case["P"][rng.integers(4), rng.integers(3)] = rng.permutation([0.6, -0.1, 0.3, 0.2])


def negative_in_rho0(rng, case):
    case["rho0"] = rng.permutation([0.6, -0.1, 0.3, 0.2])


def rho0_too_small(rng, case):
    case["rho0"] = case["rho0"] * 0.9


def rho0_a_little_too_large(rng, case):
    case["rho0"][rng.integers(4)] += 2e-4


def p_without_an_axis(rng, case):
    case["P"] = case["P"][:, 0]


def all_without_an_axis(rng, case):
    case["P"], case["R"] = case["P"][:, 0], case["R"][:, 0]


def p_of_one_axis(rng, case):
    case["P"] = case["P"][0, 0]


def p_a_number(rng, case):
    case["P"] = np.array(1.0)


def p_not_square(rng, case):
    case["P"] = rng.dirichlet(np.ones(5), size=(4, 3))
    case["R"] = rng.normal(size=(4, 3, 5))


def rewards_transposed(rng, case):
    case["R"] = case["R"].transpose(1, 0, 2)


def rewards_of_states(rng, case):
    case["R"] = case["R"][:, 0, 0]


def rho0_too_long(rng, case):
    case["rho0"] = rng.dirichlet(np.ones(5))


def rho0_a_number(rng, case):
    case["rho0"] = np.array(1.0)


def rho0_a_column(rng, case):
    case["rho0"] = case["rho0"][:, None]


@hidden_cases(maze_rule)
def all_cells(rng):
    ways = [list(way) for way in itertools.product([False, True], repeat=4)]
    for _ in range(2):
        yield dict(ways=[ways[n] for n in rng.permutation(16)])
