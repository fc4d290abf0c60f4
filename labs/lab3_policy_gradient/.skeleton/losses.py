"""Tasks 3.4 and 3.7 to 3.9: the losses whose gradients are the policy gradient and the critic's update."""

from jaxtyping import Bool, Float
from torch import Tensor


def pg_loss(logp: Float[Tensor, "N"], weights: Float[Tensor, "N"]) -> Float[Tensor, ""]:
    """The loss of one episode: gradient descent on it is gradient ascent on J (Williams 1992, theorem 1).

    Its gradient is minus the estimate of the policy gradient theorem, the sum over the steps of weight times
    grad log pi(A_t|S_t) (Sutton et al. 2000, theorem 1; Sutton & Barto, section 13.3).

    Args:
        logp: log pi(A_t|S_t) for each step of one episode, with the policy's graph.
        weights: what each action is credited with: G(tau), G_t or an advantage. They are data: no gradient
            goes there, even where they come from a network.

    Returns:
        A 0-d float32 tensor: a sum over the steps, not a mean.
    """
    # TODO: your code
    raise NotImplementedError


def pg_loss_batch(logp: Float[Tensor, "N"], weights: Float[Tensor, "N"], n_episodes: int) -> Float[Tensor, ""]:
    """The loss of several episodes laid end to end: the mean over the episodes of each one's `pg_loss`.

    This is the Monte Carlo estimate of the expectation over trajectories with `n_episodes` samples; a long
    and a short episode count as one sample each.

    Args:
        logp, weights: as in `pg_loss`, for all steps of all episodes.
        n_episodes: how many episodes the N steps belong to, at least 1.

    Returns:
        A 0-d float32 tensor.
    """
    # TODO: your code
    raise NotImplementedError


def baseline_advantages(G: Float[Tensor, "N"], v: Float[Tensor, "N"]) -> Float[Tensor, "N"]:
    """How much better each return was than the baseline expected (Williams 1992; Sutton & Barto, eq. 13.11).

    Args:
        G: the returns G_t.
        v: the baseline b(S_t), usually a critic's V(S_t), with the critic's graph.

    Returns:
        float32, the shape of `G`, without gradient: none reaches the critic. Neither input is changed.

    Raises:
        ValueError: the shapes differ. (N, 1) and (N,) would broadcast to N x N numbers without a word, (1,) and (N,)
            to N.
    """
    # TODO: your code
    raise NotImplementedError


def value_loss(v: Float[Tensor, "N"], G: Float[Tensor, "N"]) -> Float[Tensor, ""]:
    """The critic's mean squared error (Sutton & Barto, eq. 9.1), without a factor of a half.

    Args:
        v: the critic's V(S_t), with its graph.
        G: what V is regressed on: returns or TD targets. They are data: no gradient goes there.

    Returns:
        A 0-d float32 tensor.

    Raises:
        ValueError: the shapes differ, as in `baseline_advantages`.
    """
    # TODO: your code
    raise NotImplementedError


def td_target(
    r: Float[Tensor, "N"], v_next: Float[Tensor, "N"], terminated: Bool[Tensor, "N"], gamma: float
) -> Float[Tensor, "N"]:
    """The one-step target of temporal-difference learning, R_t + gamma V(S_{t+1}) (Sutton & Barto, eq. 6.2).

    Args:
        r: the rewards R_t.
        v_next: V of the observation that really followed. Where a time limit cut the episode that is its last
            observation, never the first one after the reset.
        terminated: whether the episode ended by itself at this step: then there is no future and its value is
            0, whatever number `v_next` holds. An episode that was only truncated is False here and keeps its future
            (Pardo et al. 2018).
        gamma: the discount, 0 to 1.

    Returns:
        float32, shape (N,), without gradient (`requires_grad` is False).
    """
    # TODO: your code
    raise NotImplementedError


def actor_critic_losses(
    logp: Float[Tensor, "N"],
    v: Float[Tensor, "N"],
    v_next: Float[Tensor, "N"],
    r: Float[Tensor, "N"],
    terminated: Bool[Tensor, "N"],
    gamma: float,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Both losses of the one-step actor-critic (Sutton & Barto, section 13.5).

    The actor's weight is the TD error delta = R_t + gamma V(S_{t+1}) - V(S_t); the critic is regressed on the
    TD target by the semi-gradient (Sutton & Barto, section 9.3), which leaves the target alone.

    Args:
        logp: log pi(A_t|S_t), with the policy's graph.
        v: V(S_t), with the critic's graph.
        v_next, r, terminated, gamma: as in `td_target`; `v_next` may carry the critic's graph.

    Returns:
        loss_pi: the mean over the N transitions of the actor's loss; its gradient goes to `logp` alone.
        loss_v: the critic's mean squared TD error; its gradient goes to `v` alone.
    """
    # TODO: your code
    raise NotImplementedError
