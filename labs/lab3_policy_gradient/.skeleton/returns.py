"""Tasks 3.1, 3.2, 3.5 and 3.6: what an action is credited with, and what each choice does to the gradient."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

# The two-step MDP of task 3.6. An episode has two actions: in s0 the action a earns START_REWARD[a] and leads
# to s1 (a = 0) or s2 (a = 1); there the action b earns FINAL_REWARD[a][b] and the episode ends.
START_REWARD = (1.0, 0.0)
FINAL_REWARD = ((0.0, 2.0), (3.0, -1.0))


def reward_to_go(rewards: Sequence[float], gamma: float) -> Float[Tensor, "T"]:
    """The return from every step on, G_t = sum over k >= t of gamma^(k-t) R_k (Sutton & Barto, eq. 3.8).

    Args:
        rewards: R_0 to R_{T-1} of one episode, ints or floats; the list is not changed. May be empty.
        gamma: the discount, 0 to 1.

    Returns:
        float32, shape (T,). The time grows in proportion to T, not to its square.
    """
    # TODO: your code
    raise NotImplementedError


def batch_reward_to_go(rewards: Float[Tensor, "N"], dones: Bool[Tensor, "N"], gamma: float) -> Float[Tensor, "N"]:
    """`reward_to_go` for several episodes laid end to end.

    Args:
        rewards: the rewards of all episodes, in order of time. They may carry a graph: a critic's value can be part
            of one.
        dones: True at the last step of each episode (terminated or truncated). The last episode may be
            unfinished: its returns then add up what there is.
        gamma: the discount, 0 to 1.

    Returns:
        float32, shape (N,), on the device of `rewards`, without gradient. No reward crosses an episode's end.
    """
    # TODO: your code
    raise NotImplementedError


def total_return_weights(rewards: Float[Tensor, "N"], dones: Bool[Tensor, "N"], gamma: float) -> Float[Tensor, "N"]:
    """The weights of the simplest policy gradient: at every step the return G(tau) of its whole episode.

    G(tau) = sum over k of gamma^k R_k, with k counted from the start of the episode (the likelihood-ratio
    gradient: Williams 1992; Peters & Schaal 2008, section 3.2).

    Args:
        rewards, dones, gamma: as in `batch_reward_to_go`.

    Returns:
        float32, shape (N,), on the device of `rewards`, without gradient: constant within an episode.
    """
    # TODO: your code
    raise NotImplementedError


def exact_gradients(theta: Float[Tensor, "3 2"], gamma: float) -> dict[str, Float[Tensor, "3 2"]]:
    """The gradient of J(theta) = E[G(tau)] and three expected policy-gradient estimates, without sampling.

    The MDP above is so small that its four trajectories can be enumerated: an expectation is a sum of
    probability times value. The policy is pi(a|s) = softmax(theta[s])[a], with the rows s0, s1, s2. The step
    in s0 is t = 0, the step in s1 or s2 is t = 1. (Policy gradient theorem: Sutton et al. 2000; on the factor
    gamma^t: Thomas 2014.)

    Args:
        theta: the logits, any float dtype; not changed.
        gamma: the discount of J, 0 to 1.

    Returns:
        Four float64 tensors of shape (3, 2), without gradient:
        "true": the gradient of J;
        "total", "to_go", "discounted_to_go": the expectation of sum_t w_t grad log pi(A_t|S_t) with the
        weights w_t = G(tau), G_t, and gamma^t G_t.
    """
    # TODO: your code
    raise NotImplementedError
