"""What is checked in lab 1: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import functools
import itertools

import numpy as np
import torch
from torch import tensor

from grader.checks import CannotJudge, Wrong, check
from grader.checks.devices import on_its_device
from grader.checks.draws import (
    FLOATS,
    as_often_as_they_should,
    draws,
    from_the_generator,
    indices,
    of_shape,
    standard_normal,
)
from grader.checks.probes import array, mapping, value_and_gradients
from grader.codes import THE_ACTIONS
from grader.plain import type_name

FLOAT32 = (1e-4, 1e-5)  # what holds for the policies, which compute with torch's float32
SOLVED = (1e-5, 1e-5)  # where a Bellman equation may be solved or iterated: more than what the docstring asks for
STOPPED = (2e-4, 1e-4)  # where backups stop at a change of 1e-4: with gamma .998 that leaves .05 of some 500

# Three states, two actions, nothing symmetric. The last state may be terminal: its rows then mean nothing.
RHO0 = np.array([0.6, 0.3, 0.1])
P = np.array([
    [[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]],
    [[0.2, 0.2, 0.6], [0.7, 0.1, 0.2]],
    [[0.3, 0.4, 0.3], [0.25, 0.15, 0.6]],
])  # fmt: skip
R = np.array([
    [[1.0, -2.0, 3.0], [0.0, 4.0, -1.0]],
    [[2.0, 0.5, -3.0], [-1.0, 2.0, 6.0]],
    [[5.0, 7.0, 9.0], [8.0, -4.0, 2.0]],
])  # fmt: skip
PI = np.array([[0.7, 0.3], [0.4, 0.6], [0.1, 0.9]])
NONE_TERMINAL = np.array([False, False, False])
LAST_TERMINAL = np.array([False, False, True])

# --- 1.1 discounted_return --------------------------------------------------------------------------------------------


@check("discounted_return", points=5)
def returns_of(lab, rewards, gamma):
    """The sum of gamma^t r_t; 0 where there are no rewards."""
    return lab.discounted_return(rewards, gamma)


returns_of.case("three years of income", rewards=[100, 110, 105], gamma=0.9)
returns_of.case("ten steps through the maze", rewards=[-1.0] * 9 + [10.0], gamma=1.0)
returns_of.case("the first reward alone counts", rewards=[3.0, -2.0, 5.0], gamma=0.0)
returns_of.case("no rewards", rewards=[], gamma=0.9)


# --- 1.2 categorical_log_prob, categorical_sample ---------------------------------------------------------------------


@check("categorical_log_prob", points=2, tolerance=FLOAT32)
def categorical_densities(lab, logits, actions):
    """categorical_log_prob: one number for each row, and its gradient to the logits."""
    return value_and_gradients(lab.categorical_log_prob, logits, actions)


THREE_WAYS = torch.log(tensor([[0.2, 0.5, 0.3]]))
categorical_densities.case("straight on, of left, straight on, right", logits=THREE_WAYS, actions=tensor([1]))
categorical_densities.case(
    "four rows of three logits",
    logits=tensor([[0.3, -1.2, 2.0], [1.0, 0.5, -0.4], [-0.7, 0.1, 0.9], [2.5, 0.0, -1.5]]),
    actions=tensor([2, 0, 0, 1]),
)


@check("categorical_log_prob", points=3, tolerance=FLOAT32)
def large_logits(lab, logits, actions, sure, seed):
    """Logits hundreds apart: finite log-probabilities and gradients, and draws where one action is sure."""
    return {
        "categorical_log_prob": value_and_gradients(lab.categorical_log_prob, logits, actions),
        "categorical_sample": lab.categorical_sample(sure, generator=torch.Generator().manual_seed(seed)),
    }


large_logits.case(
    "two rows",
    logits=tensor([[200.0, -200.0, 0.0], [200.0, -200.0, 199.0]]),
    actions=tensor([1, 2]),
    sure=tensor([[200.0, -200.0, 0.0], [-200.0, 10.0, 200.0]]),
    seed=0,
)
large_logits.case(
    "a batch of one, 800 apart",
    logits=tensor([[-400.0, 0.0, 400.0]]),
    actions=tensor([0]),
    sure=tensor([[-400.0, 0.0, 400.0]]),
    seed=0,
)


def drawn(sample, seed, given):
    """Three draws, like those of `draws`, with a generator or (without one) from torch's global random state."""
    if given:
        return draws(lambda dice: sample(generator=dice), seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first, later = sample(), sample()
        torch.manual_seed(seed)
        return {"actions": first, "next": later, "again": sample()}


def from_where_they_should(facts, given):
    """Raises Wrong where draws come neither from the generator nor, without one, from the global random state."""
    if given:
        from_the_generator(facts)
        return
    first, later, again = (array(facts[name], THE_ACTIONS(), (*FLOATS, "int64")) for name in facts)
    if np.array_equal(first, later) or not np.array_equal(first, again):
        raise Wrong("lab1_not_the_global_state")


def categorical(value, probabilities, count, given=True, **_case):
    """Verifies `categorical_draws`: int64, one action for each row, and all that chance does not allow."""
    facts = mapping(value, "actions", "next", "again")
    rows = len(probabilities)
    actions = indices(facts["actions"], count * rows)
    for row, p in enumerate(np.asarray(probabilities)):
        as_often_as_they_should(actions[row::rows], p)
    from_where_they_should(facts, given)


@check("categorical_log_prob", points=2, seconds=2, verify=categorical, needs=categorical_densities)
def categorical_draws(lab, probabilities, shift, count, seed, given=True):
    """categorical_sample: each row's actions come up as often as its policy says, from the generator alone."""
    logits = torch.log(tensor(probabilities)) + shift  # a softmax does not see the shift
    return drawn(functools.partial(lab.categorical_sample, logits.repeat(count, 1)), seed, given)


categorical_draws.case("left, straight on, right", probabilities=[[0.2, 0.5, 0.3]], shift=0.0, count=500, seed=3)
categorical_draws.case(
    "two kinds of rows in turn", probabilities=[[0.7, 0.1, 0.2], [0.15, 0.25, 0.6]], shift=4.0, count=500, seed=4
)
categorical_draws.case(
    "without a generator", probabilities=[[0.2, 0.5, 0.3]], shift=0.0, count=300, seed=5, given=False
)

categorical_device = on_its_device(categorical_densities, large_logits)

# --- 1.3 diag_gaussian_log_prob, diag_gaussian_sample -----------------------------------------------------------------


@check("diag_gaussian_log_prob", points=4.5, tolerance=FLOAT32, seconds=3)  # a library's first use
def gaussian_densities(lab, mu, log_std, a):
    """diag_gaussian_log_prob: one number for each row, and its gradients to mu and log_std."""
    return value_and_gradients(lab.diag_gaussian_log_prob, mu, log_std, a, to=[1, 2])


MU = tensor([[0.5, -1.0], [2.0, 0.3], [-0.4, 1.1]])
ACTIONS = tensor([[1.0, -0.2], [1.1, 0.9], [0.3, -0.5]])
gaussian_densities.case("one log_std for all states", mu=MU, log_std=tensor([-0.7, 0.4]), a=ACTIONS)
gaussian_densities.case(
    "a log_std for each state", mu=MU, log_std=tensor([[-0.7, 0.4], [0.2, -1.1], [0.6, -0.3]]), a=ACTIONS
)
gaussian_densities.case(
    "one dimension, a batch of one", mu=tensor([[0.25]]), log_std=tensor([-0.5]), a=tensor([[-0.4]])
)


def gaussian(value, mu, deviation, count, given=True, **_case):
    """Verifies `gaussian_draws`: less mu and in deviations, they are independent standard normal numbers."""
    facts = mapping(value, "actions", "next", "again")
    rows, k = mu.shape
    actions = of_shape(array(facts["actions"], THE_ACTIONS(), FLOATS), THE_ACTIONS(), (count * rows, k))
    standard_normal((actions.reshape(count, rows, k) - mu.double().numpy()) / deviation.double().numpy())
    from_where_they_should(facts, given)


@check("diag_gaussian_log_prob", points=2.5, verify=gaussian, needs=gaussian_densities)
def gaussian_draws(lab, mu, deviation, count, seed, given=True):
    """diag_gaussian_sample: mean mu, deviation exp(log_std), noise of its own for every number."""
    log_std = torch.log(deviation)
    rows, spread = mu.repeat(count, 1), log_std.repeat(count, 1) if log_std.dim() == 2 else log_std
    return drawn(functools.partial(lab.diag_gaussian_sample, rows, spread), seed, given)


gaussian_draws.case(
    "one log_std for all states", mu=tensor([[0.5, -3.0]]), deviation=tensor([0.5, 2.5]), count=4_000, seed=5
)
gaussian_draws.case(
    "a log_std for each state", mu=tensor([[2.0], [-1.0]]), deviation=tensor([[1.6], [0.3]]), count=4_000, seed=6
)
gaussian_draws.case(
    "without a generator", mu=tensor([[0.5, -3.0]]), deviation=tensor([0.5, 2.5]), count=1_000, seed=7, given=False
)

gaussian_device = on_its_device(gaussian_densities, gaussian_draws)

# --- 1.4 trajectory_log_prob ------------------------------------------------------------------------------------------


@check("trajectory_log_prob", points=5)
def one_trajectory(lab, rho0, P, pi, states, actions):
    """log P(tau|pi) of one trajectory: of none, few or hundreds of steps; -inf for an impossible one."""
    return lab.trajectory_log_prob(rho0, P, pi, states, actions)


MODEL = dict(rho0=RHO0, P=P, pi=PI)
one_trajectory.case("no step", **MODEL, states=[1], actions=[])
one_trajectory.case("three steps", **MODEL, states=[0, 1, 1, 2], actions=[1, 1, 0])
one_trajectory.case(
    "400 steps", **MODEL, states=[t * t % 3 for t in range(401)], actions=[t // 2 % 2 for t in range(400)]
)
one_trajectory.case("an impossible start", **{**MODEL, "rho0": np.array([0.4, 0.0, 0.6])}, states=[1, 0], actions=[0])


@check("trajectory_log_prob", points=2)
def expected_return(lab, rho0, P, R, pi, steps):
    """J(pi) as the tutorial defines it: all trajectories, each by its probability, add up to the expected return."""
    n_states, n_actions = pi.shape
    total = probability = 0.0
    for states in itertools.product(range(n_states), repeat=steps + 1):
        for actions in itertools.product(range(n_actions), repeat=steps):
            likelihood = float(np.exp(lab.trajectory_log_prob(rho0, P, pi, states, actions)))
            total += likelihood * sum(R[states[t], actions[t], states[t + 1]] for t in range(steps))  # undiscounted
            probability += likelihood
    return {"J": total, "the sum of all probabilities": probability}


expected_return.case("two steps", rho0=RHO0, P=P, R=R, pi=PI, steps=2)

# --- 1.5 policy_evaluation --------------------------------------------------------------------------------------------


@check("policy_evaluation", points=6, tolerance=SOLVED, exact_dtype=True)
def value_of_policy(lab, P, R, pi, terminal, gamma):
    """V of a policy in a stochastic environment that never ends."""
    return lab.policy_evaluation(P, R, pi, terminal, gamma)


value_of_policy.case("gamma .9", P=P, R=R, pi=PI, terminal=NONE_TERMINAL, gamma=0.9)
value_of_policy.case("gamma 0", P=P, R=R, pi=PI, terminal=NONE_TERMINAL, gamma=0.0)


@check("policy_evaluation", points=3, tolerance=SOLVED, exact_dtype=True)
def value_of_policy_with_end(lab, P, R, pi, terminal, gamma):
    """V where a state is terminal: 0 there, whatever its rows of P and R say."""
    return lab.policy_evaluation(P, R, pi, terminal, gamma)


value_of_policy_with_end.case("gamma .8", P=P, R=R, pi=PI, terminal=LAST_TERMINAL, gamma=0.8)
value_of_policy_with_end.case("gamma 1", P=P, R=R, pi=PI, terminal=LAST_TERMINAL, gamma=1.0)

# --- 1.6 value_iteration ----------------------------------------------------------------------------------------------


def corner_grid(size, goal_reward):
    """P, R and terminal of the tutorial's grid world: from the upper left to the goal in the lower right corner.

    Actions: right, down, left, up. Each step costs 1; the one that enters the goal earns `goal_reward` in place of it.
    """
    n, goal = size * size, size * size - 1
    P, R = np.zeros((n, 4, n)), np.full((n, 4, n), -1.0)
    for row, column in itertools.product(range(size), repeat=2):
        for action, (down, right) in enumerate(((0, 1), (1, 0), (0, -1), (-1, 0))):
            next_row, next_column = row + down, column + right
            if not (0 <= next_row < size and 0 <= next_column < size):
                next_row, next_column = row, column
            P[row * size + column, action, next_row * size + next_column] = 1.0
    P[goal], P[goal, :, goal] = 0.0, 1.0
    R[:, :, goal], R[goal] = goal_reward, 0.0
    return P, R, np.arange(n) == goal


@check("value_iteration", points=4, exact_dtype=True)
def grid_world(lab, size, goal_reward, gamma):
    """The tutorial's grid world: V* and Q* of its cells, row by row (actions: right, down, left, up)."""
    return lab.value_iteration(*corner_grid(size, goal_reward), gamma)


grid_world.case("3x3, gamma 1", size=3, goal_reward=10.0, gamma=1.0)
grid_world.case("3x3, gamma .9", size=3, goal_reward=10.0, gamma=0.9)


@check("value_iteration", points=4, exact_dtype=True)
def optimal_values(lab, P, R, terminal, gamma):
    """V* and Q* of a stochastic environment, with and without a terminal state."""
    return lab.value_iteration(P, R, terminal, gamma)


optimal_values.case("without an end", P=P, R=R, terminal=NONE_TERMINAL, gamma=0.8)
optimal_values.case("the last state is terminal", P=P, R=R, terminal=LAST_TERMINAL, gamma=0.9)


@check("value_iteration", points=2, tolerance=STOPPED, exact_dtype=True, seconds=3)
def far_sighted(lab, P, R, terminal, gamma, tol):
    """V* and Q* with gamma .998 and a tol of 1e-4: thousands of sweeps, and no fewer."""
    return lab.value_iteration(P, R, terminal, gamma, tol=tol)


far_sighted.case(
    "one reward in two steps",
    P=np.array([[[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [0.5, 0.5]]]),
    R=np.array([[[0.0, 2.0], [0.5, 0.0]], [[0.0, 0.0], [-1.0, 1.0]]]),
    terminal=np.array([False, False]),
    gamma=0.998,
    tol=1e-4,
)

# --- 1.7 greedy_actions -----------------------------------------------------------------------------------------------


@check("greedy_actions", points=4)
def all_the_best(lab, q):
    """The indices of all largest values, in ascending order."""
    return a_list(lab.greedy_actions(q))


def a_list(actions):
    """The actions, where they are in a list or a tuple."""
    if not isinstance(actions, list | tuple):
        raise CannotJudge("lab1_list_of_actions", type=type_name(actions))
    return actions


all_the_best.case("one best action", q=np.array([7.0, 6.9, 5.0, 4.0]))
all_the_best.case("the middle of the 3x3 grid", q=np.array([9.0, 9.0, 7.0, 7.0]))
all_the_best.case("equal but for rounding", q=np.array([0.2, 0.1 + 0.2, -1.0, 0.3]))
all_the_best.case("almost equal is not equal", q=np.array([-5.0, -5.00001, -7.0]))
all_the_best.case("four thousandths below", q=np.array([1.0, 1.004, -2.0]))
all_the_best.case("side by side, equal but for rounding", q=np.array([0.1 + 0.2, 0.3, 0.3 - 1e-7]))


@check("greedy_actions", points=1)
def within_tolerance(lab, q, tol):
    """Another tolerance: an absolute difference."""
    return a_list(lab.greedy_actions(q, tol=tol))


within_tolerance.case("half a point", q=np.array([99.7, 100.0, 90.0, 100.0 - 1e-9, 70.0, 99.2, 100.0]), tol=0.5)

# --- 1.8 advantage ----------------------------------------------------------------------------------------------------


@check("advantage", points=5, exact_dtype=True)
def advantages(lab, Q, pi):
    """Q - V for every state and action."""
    return lab.advantage(Q, pi)


advantages.case("one state", Q=np.array([[10.0, 8.0, 6.0]]), pi=np.array([[0.5, 0.3, 0.2]]))
advantages.case("as many states as actions", Q=R[0, :, :2] + 0.5, pi=PI[:2])
advantages.case("three states, two actions", Q=np.array([[1.0, 4.0], [-2.0, 3.0], [0.5, 0.0]]), pi=PI)

# --- 1.9 validate_mdp, maze_policy ------------------------------------------------------------------------------------


@check("validate_mdp", points=6)
def has_faults(lab, environments):
    """validate_mdp: sentences where something is wrong with an environment, an empty list where nothing is."""
    return [_fault_found(lab.validate_mdp(**environment)) for environment in environments]


def _fault_found(faults):
    if not isinstance(faults, list | tuple) or not all(isinstance(fault, str) for fault in faults):
        raise CannotJudge("lab1_list_of_faults", type=type_name(faults))
    return len(faults) > 0


def environment(**others):
    """The environment from above, with other arrays in place of some."""
    return [dict(P=P, R=R, rho0=RHO0) | others]


def changed(array, place, value):
    """A copy of an array with one entry, or one row, replaced."""
    copy = array.copy()
    copy[place] = value
    return copy


EITHER_WAY = np.array([[[0.4, 0.6], [0.7, 0.3]], [[0.6, 0.4], [0.3, 0.7]]])  # adds up to 1 over s, too
has_faults.case("a sound one", environments=environment())
has_faults.case("a sound one without negative rewards", environments=environment(R=np.abs(R)))
has_faults.case(
    "a sound one of two states", environments=[dict(P=EITHER_WAY, R=-EITHER_WAY, rho0=np.array([0.5, 0.5]))]
)
has_faults.case(
    "sound, though floats add up to almost 1",
    environments=environment(P=changed(P, (0, 1), [0.7, 0.1, 0.2]), rho0=np.array([0.7, 0.2, 0.1])),
)
has_faults.case(
    "a sound one that never starts in its last state", environments=environment(rho0=np.array([0.4, 0.6, 0.0]))
)
has_faults.case("a row of P adds up to .9", environments=environment(P=changed(P, (1, 1, 0), 0.6)))
has_faults.case(
    "a negative probability in a row that adds up to 1",
    environments=environment(P=changed(P, (2, 0), [1.2, -0.5, 0.3])),
)
has_faults.case("R without its last axis", environments=environment(R=R[:, :, 0]))
has_faults.case("R of two states", environments=environment(R=R[:2, :, :2]))
has_faults.case("P and R of one axis", environments=environment(P=P[0, 0], R=R[0, 0]))
has_faults.case("rho0 adds up to 1.2", environments=environment(rho0=np.array([0.6, 0.3, 0.3])))
has_faults.case("rho0 of two states", environments=environment(rho0=np.array([0.6, 0.4])))
has_faults.case("rho0 of two axes", environments=environment(rho0=RHO0[:, None]))
has_faults.case("a negative probability in rho0", environments=environment(rho0=np.array([0.6, -0.2, 0.6])))


@check("validate_mdp", points=2)
def maze_rule(lab, ways):
    """maze_policy: left where that is free, else up."""
    names = ("left", "up", "right", "down")
    return [lab.maze_policy(dict(zip(names, free, strict=True))) for free in ways]


maze_rule.case("three cells", ways=[[True, True, False, False], [False, True, True, False], [False, False, True, True]])
