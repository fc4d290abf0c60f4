"""Lab 1: returns, two stochastic policies, how likely a trajectory is, and the Bellman equations of a finite MDP."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Array = np.ndarray


def discounted_return(rewards: Sequence[float], gamma: float) -> float:
    """The return of one episode: the sum over t of gamma^t * r_t (Sutton & Barto 2018, equation 3.8).

    Args:
        rewards: r_0, r_1, ... of one episode, ints or floats, any number of them; not changed.
        gamma: the discount, 0 <= gamma <= 1.

    Returns:
        A float; 0.0 for an episode without rewards.
    """
    # TODO: your code
    raise NotImplementedError


def categorical_log_prob(logits: Float[Tensor, "B A"], actions: Int[Tensor, "B"]) -> Float[Tensor, "B"]:
    """log pi(a|s) of a categorical policy, whose probabilities are the softmax of the logits of each row.

    Args:
        logits: the scores of A actions in each of B states, in any range: thousands apart, too.
        actions: int64, one action for each row.

    Returns:
        Shape (B,), also for B = 1; finite for finite logits, with a gradient to the logits.
    """
    # TODO: your code
    raise NotImplementedError


def categorical_sample(logits: Float[Tensor, "B A"], generator: torch.Generator | None = None) -> Int[Tensor, "B"]:
    """Draws one action for each row of logits from the softmax policy.

    Args:
        logits: as in `categorical_log_prob`; each row has its own probabilities.
        generator: where all randomness comes from; without one it is torch's global random state.

    Returns:
        int64, shape (B,), also for B = 1. The same generator, seeded alike, gives the same actions.
    """
    # TODO: your code
    raise NotImplementedError


def diag_gaussian_log_prob(
    mu: Float[Tensor, "B k"], log_std: Float[Tensor, "k"] | Float[Tensor, "B k"], a: Float[Tensor, "B k"]
) -> Float[Tensor, "B"]:
    """log pi(a|s) of a diagonal Gaussian policy: k independent normal distributions, one for each action dimension.

    Args:
        mu: the mean action in each of B states.
        log_std: the logarithm of the standard deviations, the same in all states (k,) or one row for each (B, k);
            not changed.
        a: the actions, k numbers each.

    Returns:
        Shape (B,): the log density of each whole action, finite also far from mu, with gradients to mu and log_std.
    """
    # TODO: your code
    raise NotImplementedError


def diag_gaussian_sample(
    mu: Float[Tensor, "B k"],
    log_std: Float[Tensor, "k"] | Float[Tensor, "B k"],
    generator: torch.Generator | None = None,
) -> Float[Tensor, "B k"]:
    """Draws one action for each row: a = mu + sigma * z, with z standard normal.

    Args:
        mu, log_std: as in `diag_gaussian_log_prob`.
        generator: where all randomness comes from; without one it is torch's global random state.

    Returns:
        Shape (B, k): every one of the B*k numbers with noise of its own. The same generator, seeded alike, gives the
        same actions.
    """
    # TODO: your code
    raise NotImplementedError


def trajectory_log_prob(
    rho0: Float[Array, "S"],
    P: Float[Array, "S A S"],
    pi: Float[Array, "S A"],
    states: Sequence[int],
    actions: Sequence[int],
) -> float:
    """The logarithm of the probability of a trajectory, log P(tau|pi), under a policy in an environment.

    Args:
        rho0: the probability of each state to be the first one.
        P: P[s, a, s2], the probability of s2 after action a in s.
        pi: pi[s, a], the probability of action a in s.
        states: s_0, ..., s_T: T + 1 of them.
        actions: a_0, ..., a_{T-1}: T of them; none where T = 0.

    Returns:
        A float, -inf for an impossible trajectory. Finite for a possible one, however long.
    """
    # TODO: your code
    raise NotImplementedError


def policy_evaluation(
    P: Float[Array, "S A S"],
    R: Float[Array, "S A S"],
    pi: Float[Array, "S A"],
    terminal: Bool[Array, "S"],
    gamma: float,
) -> Float[Array, "S"]:
    """V^pi: the solution of the Bellman expectation equation (Sutton & Barto 2018, equation 4.4).

    Args:
        P: P[s, a, s2], the probability of s2 after action a in s.
        R: R[s, a, s2], the reward of that transition.
        pi: pi[s, a], the probability of action a in s.
        terminal: where an episode is over. A terminal state has V = 0; its rows of P, R and pi hold any finite numbers,
            which mean nothing.
        gamma: the discount, 0 <= gamma <= 1; where it is 1 the policy ends every episode.

    Returns:
        float64, shape (S,), within 1e-6 of the solution, by solving or by iterating.
    """
    # TODO: your code
    raise NotImplementedError


def value_iteration(
    P: Float[Array, "S A S"],
    R: Float[Array, "S A S"],
    terminal: Bool[Array, "S"],
    gamma: float,
    tol: float = 1e-10,
) -> tuple[Float[Array, "S"], Float[Array, "S A"]]:
    """V* and Q*, by repeating the Bellman optimality backup (Sutton & Barto 2018, section 4.4).

    Args:
        P, R, terminal: as in `policy_evaluation`.
        gamma: the discount, 0 <= gamma <= 1; where it is 1 the optimal policy ends every episode.
        tol: the backups may stop as soon as one of them changes V by no more than this in every state, and go on till
            then, however many it takes.

    Returns:
        (V, Q): float64, shapes (S,) and (S, A). A terminal state has V = 0 and a row of zeros in Q.
    """
    # TODO: your code
    raise NotImplementedError


def greedy_actions(q: Float[Array, "A"], tol: float = 1e-8) -> list[int]:
    """All actions that are optimal in one state: those whose value is within `tol` of the largest.

    Args:
        q: the values of A actions; not changed.
        tol: how far below the largest value counts as equal to it: an absolute difference, since sums of floats that
            should be equal differ in their last digits.

    Returns:
        The indices as Python ints, in ascending order; at least one.
    """
    # TODO: your code
    raise NotImplementedError


def advantage(Q: Float[Array, "S A"], pi: Float[Array, "S A"]) -> Float[Array, "S A"]:
    """A^pi(s, a) = Q^pi(s, a) - V^pi(s): how much better than the policy's average an action is.

    Args:
        Q: Q^pi[s, a]; not changed.
        pi: pi[s, a], the probability of action a in s.

    Returns:
        float64, shape (S, A).
    """
    # TODO: your code
    raise NotImplementedError


def validate_mdp(P: Float[Array, "S A S"], R: Float[Array, "S A S"], rho0: Float[Array, "S"]) -> list[str]:
    """What keeps (P, R, rho0) from being a finite MDP, a sentence for each fault; an empty list where there is none.

    It never raises: arrays whose shapes do not fit are a fault to report, like these:
        shapes: P is (S, A, S), R has the shape of P, rho0 is (S,), with S that of P;
        probabilities: no entry of P or rho0 is negative;
        sums: rho0, and P[s, a] for every s and a (terminal or not), add up to 1. What is off by no more than 1e-8 is
            rounding, and no fault; what is off by 1e-4 is one; in between you are free.
    Rewards may be any numbers. The arrays may have any number of axes, and are not changed.
    """
    # TODO: your code
    raise NotImplementedError


def maze_policy(free: Mapping[str, bool]) -> str:
    """The tutorial's deterministic policy in a maze: left where that is free, up in every other case.

    Args:
        free: for "left", "up", "right" and "down", whether one can go there; not changed.

    Returns:
        "left" or "up", and "up" also where up is not free.
    """
    # TODO: your code
    raise NotImplementedError
