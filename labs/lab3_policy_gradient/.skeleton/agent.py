"""Task 3.3: how a stochastic policy chooses its actions."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def get_action(
    logits: Float[Tensor, "B A"], generator: torch.Generator | None = None
) -> tuple[Int[Tensor, "B"], Float[Tensor, "B"]]:
    """Sample one action for each row of `logits` from the softmax policy pi(a|s) (Sutton & Barto, eq. 13.2).

    Args:
        logits: the policy network's outputs, one row per state; any finite values, also as large as 200.
        generator: the source of randomness. With an equal generator the same actions come out, and torch's
            global random state stays untouched; without one the global state is used.

    Returns:
        action: int64, one index per row, without gradient.
        logp: log pi(action|s), float32, always finite; its gradient flows to `logits`.
    """
    # TODO: your code
    raise NotImplementedError
