"""Tasks 2.1 to 2.6: learning from experience, planning with a model, and both at once, all in tables.

A table Q has the shape (S, A): a row for each state, a column for each action. P and R of a model have the shape
(S, A, S): first the state, then the action, then the next state.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float

Transition = tuple[int, int, float, int, bool]  # (s, a, r, s2, terminated)


def epsilon_greedy(q: Float[np.ndarray, "A"], eps: float, rng: np.random.Generator) -> int:
    """The action to explore with (Sutton & Barto, section 2.2).

    Args:
        q: the values of the A actions in one state; not changed.
        eps: with this probability, 0 to 1, the action is drawn from all A of them, each equally likely.
        rng: all randomness comes from here, and none from numpy's global state.

    Returns:
        An int. Where it is not drawn from all, it is an action of the highest value; of several that tie for it, each
        is equally likely.
    """
    # TODO: your code
    raise NotImplementedError


def q_learning_update(
    Q: Float[np.ndarray, "S A"], s: int, a: int, r: float, s2: int, terminated: bool, alpha: float, gamma: float
) -> Float[np.ndarray, "S A"]:
    """One step of Q-learning (Watkins 1989; Sutton & Barto, eq. 6.8): learn about the best action in s2.

    Args:
        Q: the table before; floats or ints; not changed.
        s, a, r, s2, terminated: one transition. After a termination nothing follows, whatever number stands in Q[s2].
        alpha, gamma: step size and discount.

    Returns:
        A new float64 table, which differs from Q in one entry at most.
    """
    # TODO: your code
    raise NotImplementedError


def sarsa_update(
    Q: Float[np.ndarray, "S A"],
    s: int,
    a: int,
    r: float,
    s2: int,
    a2: int,
    terminated: bool,
    alpha: float,
    gamma: float,
) -> Float[np.ndarray, "S A"]:
    """One step of SARSA (Rummery & Niranjan 1994; Sutton & Barto, eq. 6.7): learn about the policy that is followed.

    Args:
        Q, s, a, r, s2, terminated, alpha, gamma: as in `q_learning_update`.
        a2: the action that will be taken in s2. After a termination it may be any action, and means nothing.

    Returns:
        A new float64 table, which differs from Q in one entry at most.
    """
    # TODO: your code
    raise NotImplementedError


def mpc_q(
    P: Float[np.ndarray, "S A S"],
    R: Float[np.ndarray, "S A S"],
    terminal: Bool[np.ndarray, "S"],
    s: int,
    H: int,
    gamma: float,
) -> Float[np.ndarray, "A"]:
    """How much each action in s is worth if the best is done after it, as far as H steps from now (receding horizon).

    Args:
        P: the probability of each next state. R: the reward on the way there, which the last step earns, too.
        terminal: True for states in which the episode is over: nothing is earned from there on, whatever R says.
        s: the state now; not a terminal one.
        H: how many steps are looked at, the first one included; 1 or more. What would come after them counts as 0.
        gamma: the discount.

    Returns:
        float64, shape (A,): the expected discounted sum of at most H rewards. The work grows with H, not with A^H.
    """
    # TODO: your code
    raise NotImplementedError


def mpc_action(
    P: Float[np.ndarray, "S A S"],
    R: Float[np.ndarray, "S A S"],
    terminal: Bool[np.ndarray, "S"],
    s: int,
    H: int,
    gamma: float,
) -> int:
    """What model predictive control does in s: the first action of the best plan of H steps.

    The plan is thrown away after its first step: in the next state the function is called again.

    Args:
        P, R, terminal, s, H, gamma: as in `mpc_q`.

    Returns:
        An int: an action with the highest `mpc_q`; any of those that tie.
    """
    # TODO: your code
    raise NotImplementedError


def fit_model(
    transitions: Sequence[Transition], S: int, A: int
) -> tuple[Float[np.ndarray, "S A S"], Float[np.ndarray, "S A S"]]:
    """The model that experience suggests: the most likely P, and mean rewards (Sutton & Barto, section 8.1).

    Args:
        transitions: (s, a, r, s2, terminated) in any order, as often as they happened; may be empty; not changed.
        S, A: how many states and actions there are.

    Returns:
        P: float64, (S, A, S): of the times that a was taken in s, the share that led to s2. A pair that was never
        tried stays where it is, with probability 1.
        R: float64, (S, A, S): the mean reward on the way from s by a to s2; 0 where that was never seen.
    """
    # TODO: your code
    raise NotImplementedError


def dyna_step(
    Q: Float[np.ndarray, "S A"],
    model: Mapping[tuple[int, int], tuple[float, int, bool]],
    rng: np.random.Generator,
    n: int,
    alpha: float,
    gamma: float,
) -> Float[np.ndarray, "S A"]:
    """The imagined half of Dyna-Q (Sutton 1990; Sutton & Barto, section 8.2): n updates without a step in the world.

    Args:
        Q: the table before; not changed.
        model: what followed when a was last taken in s: model[s, a] = (r, s2, terminated); has one pair at least. Of
            one state it may know several actions, of another a single one. Not changed.
        rng: draws the pairs, from here and from nowhere else.
        n: how many updates of Q-learning are made, one after the other, each on the table that the one before left.
            For each a pair is drawn anew from all that the model knows, every one equally likely. May be 0.
        alpha, gamma: step size and discount.

    Returns:
        A new float64 table.
    """
    # TODO: your code
    raise NotImplementedError
