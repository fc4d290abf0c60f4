"""Tasks 4.1 to 4.9: the parts of PPO. ppo.py puts them together, in the order of the paper's algorithm 1."""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def normalize(x: Float[Tensor, "*shape"], eps: float = 1e-8) -> Float[Tensor, "*shape"]:
    """Shift and scale `x` to mean 0 and standard deviation 1, over all of its elements together.

    Args:
        x: advantages of any shape, one element or more.
        eps: added to the standard deviation. It keeps equal advantages, whose deviation is 0, from becoming NaN.

    Returns:
        float32, the shape of `x`, without gradient. The deviation is the population's (ddof 0): the mean of the
        squared distances to the mean, also for a single element. `x` is not changed.
    """
    # TODO: your code
    raise NotImplementedError


def prob_ratio(logp_new: Float[Tensor, "B"], logp_old: Float[Tensor, "B"]) -> Float[Tensor, "B"]:
    """r_t(theta) = pi_theta(a_t|s_t) / pi_old(a_t|s_t) (Schulman et al. 2017, above eq. 6).

    Args:
        logp_new: log-probabilities under the policy that is being trained, with its graph.
        logp_old: those under the policy that collected the data. They are data: no gradient goes there.

    Returns:
        float32, shape (B,), with a gradient to `logp_new` alone. Log-probabilities may be as low as -500: the
        probabilities themselves are then 0 in float32, their ratio is not.
    """
    # TODO: your code
    raise NotImplementedError


def ppo_clip_loss(
    logp_new: Float[Tensor, "B"], logp_old: Float[Tensor, "B"], adv: Float[Tensor, "B"], clip: float
) -> Float[Tensor, ""]:
    """Minus the clipped surrogate objective L^CLIP (Schulman et al. 2017, eq. 7), for an optimiser that descends.

    Args:
        logp_new, logp_old: as in `prob_ratio`.
        adv: the advantages A_t. They are data, even where they come out of a network.
        clip: epsilon, at least 0; the ratio counts within 1 - clip to 1 + clip. A number so large that nothing
            is clipped (1e9) gives minus L^CPI, eq. 6.

    Returns:
        A 0-d float32 tensor, a mean over the B transitions; its gradient goes to `logp_new` alone.
    """
    # TODO: your code
    raise NotImplementedError


def clip_case_table() -> list[dict[str, object]]:
    """The six cases of L^CLIP: where the ratio lies, times the sign of the advantage (figure 1 of the paper).

    Returns:
        Six dicts, in any order, with the keys
        "ratio": "below" (r < 1 - epsilon), "inside" or "above" (r > 1 + epsilon);
        "advantage_sign": 1 or -1;
        "clipped": whether the minimum takes the clipped term, with another value than r A;
        "zero_gradient": whether the transition then contributes no gradient to the policy.
    """
    # TODO: your code
    raise NotImplementedError


def compute_gae(
    r: Float[Tensor, "T N"],
    v: Float[Tensor, "T N"],
    v_next: Float[Tensor, "T N"],
    terminated: Bool[Tensor, "T N"],
    truncated: Bool[Tensor, "T N"],
    gamma: float,
    lam: float,
) -> Float[Tensor, "T N"]:
    """Generalised advantage estimates (Schulman et al. 2016, eq. 16; Schulman et al. 2017, eq. 11 and 12).

        A_t = delta_t + gamma lambda A_{t+1},    delta_t = r_t + gamma V(s_{t+1}) - V(s_t)

    Time runs along the first axis; every column is an environment of its own, in which episodes begin and end
    anywhere. After the last row nothing is known: there A_t = delta_t.

    Args:
        r: the rewards.
        v: V(s_t), the critic's value of what was observed before the action.
        v_next: V of the observation that really followed. Where an episode ended at t that is its last
            observation, and not v[t + 1], which already belongs to the next episode.
        terminated: the episode ended by itself at t: there is no future, whatever `v_next` says.
        truncated: a time limit cut the episode at t: the state still has a future, and `v_next` is its value.
            Where both are True the episode has terminated.
        gamma, lam: the discount and lambda, 0 to 1.

    Returns:
        float32, shape (T, N), without gradient. No advantage depends on another episode or another column.
    """
    # TODO: your code
    raise NotImplementedError


def value_loss(v: Float[Tensor, "B"], returns: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """The critic's mean squared error, L^VF of Schulman et al. 2017, eq. 9, without a factor of a half.

    Args:
        v: V(s_t), with the critic's graph.
        returns: what V is regressed on, here A_t + V(s_t) from before the update. They are data: no gradient.

    Returns:
        A 0-d float32 tensor.

    Raises:
        ValueError: the shapes differ. (B, 1) and (B,) would broadcast to B x B numbers without a word, (1,) and (B,)
            to B.
    """
    # TODO: your code
    raise NotImplementedError


def gaussian_policy(
    mean: Float[Tensor, "B k"], log_std: Float[Tensor, "k"], generator: torch.Generator | None = None
) -> tuple[Float[Tensor, "B k"], Float[Tensor, "B"]]:
    """Sample one action for each row of `mean` from the diagonal Gaussian N(mean, diag(exp(log_std)^2)).

    Args:
        mean: the policy network's output, one row per state.
        log_std: the logarithm of each action dimension's standard deviation (not of its variance), the same in
            all states.
        generator: the source of randomness. With an equal generator the same actions come out, and torch's
            global random state stays untouched; without one the global state is used.

    Returns:
        action: float32, (B, k), as it was drawn: not clipped, without gradient.
        logp: float32, (B,), the logarithm of the density at `action`; its gradient flows to `mean` and `log_std`.
    """
    # TODO: your code
    raise NotImplementedError


def gaussian_entropy(log_std: Float[Tensor, "k"]) -> Float[Tensor, ""]:
    """The differential entropy of the diagonal Gaussian, in nats (S in Schulman et al. 2017, eq. 9).

    Args:
        log_std: as in `gaussian_policy`, with its graph.

    Returns:
        A 0-d float32 tensor with a gradient to `log_std`. It is negative where the deviations are small.
    """
    # TODO: your code
    raise NotImplementedError


def squash_action(
    a: Float[Tensor, "B k"], low: float | Float[Tensor, "k"], high: float | Float[Tensor, "k"]
) -> Float[Tensor, "B k"]:
    """What the environment is given: `a` scaled so that [-1, 1] becomes [low, high], and clipped to these bounds.

    Args:
        a: actions as they were drawn, any finite numbers; not changed, since their log-probabilities are of them.
        low, high: the bounds of the action space, floats or one number for each action dimension; low < high.

    Returns:
        float32, shape (B, k).
    """
    # TODO: your code
    raise NotImplementedError


def minibatch_indices(n: int, size: int, generator: torch.Generator) -> list[Int[Tensor, "M"]]:
    """Deal the transitions 0 to n - 1 into minibatches, in random order: one epoch of algorithm 1, line 6.

    Args:
        n: how many transitions there are, at least 1.
        size: how many a minibatch holds, at least 1; the last one holds what is left, all n where size > n.
        generator: the source of randomness, and the only one.

    Returns:
        int64 tensors; together they hold every index exactly once. The next call with the same generator
        deals anew.
    """
    # TODO: your code
    raise NotImplementedError


def approx_kl(logp_new: Float[Tensor, "B"], logp_old: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """An estimate of KL(pi_old || pi_theta) from the actions of pi_old (the k3 of Schulman 2020).

    With x = logp_new - logp_old it is the mean of exp(x) - 1 - x: unbiased as the mean of -x is, and never
    negative.

    Args:
        logp_new, logp_old: as in `prob_ratio`.

    Returns:
        One number, a 0-d tensor or a Python float, without gradient: it is watched, not descended.
    """
    # TODO: your code
    raise NotImplementedError


def clip_fraction(logp_new: Float[Tensor, "B"], logp_old: Float[Tensor, "B"], clip: float) -> Float[Tensor, ""]:
    """The share of transitions, 0 to 1, whose ratio has left the clip range: |r - 1| > clip.

    Args:
        logp_new, logp_old, clip: as in `ppo_clip_loss`. A ratio of exactly 1 is in the range, also where clip is 0.

    Returns:
        One number, as in `approx_kl`.
    """
    # TODO: your code
    raise NotImplementedError


def explained_variance(v: Float[Tensor, "B"], returns: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """How much of the returns' variance the critic accounts for: 1 - Var(returns - v) / Var(returns), ddof 0.

    1 is perfect up to a constant, 0 no better than a constant, and below 0 worse than one.

    Args:
        v: the critic's values.
        returns: what they should have been.

    Returns:
        One number, as in `approx_kl`; NaN where the returns do not vary.
    """
    # TODO: your code
    raise NotImplementedError
