"""Tasks 7.5 to 7.9: the parts of GRPO, and the bonus tasks 7.10 to 7.13. grpo_loop.py puts them together.

Shapes: P prompts, G completions of each, B = P*G rows (row p*G + g is completion g of prompt p), C tokens of the
longest completion, L of prompt and completion together, V of the vocabulary.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def group_advantages(
    rewards: Float[Tensor, "B"] | Int[Tensor, "B"], G: int, eps: float = 1e-4, scale: str = "group"
) -> Float[Tensor, "B"]:
    """How much better each completion is than the others of its own prompt (Shao et al. 2024, section 4.1.2).

        A = (r - mean of the group) / (std of the group + eps)

    Args:
        rewards: float or int64, the groups one after the other: the first G rows belong to the first prompt.
        G: completions of each prompt.
        eps: added to the standard deviation, so that a group of equal rewards has the advantages 0 and not NaN.
        scale: "group", or "none": only the mean is subtracted (Dr. GRPO, Liu et al. 2025).

    Returns:
        float32, shape (B,), without gradient. The deviation is that of a sample (ddof 1: sum of squares over G - 1).

    Raises:
        ValueError: G is below 2 (nobody to compare with), or does not divide the number of rewards.
    """
    # TODO: your code
    raise NotImplementedError


def completion_mask(ids: Int[Tensor, "B C"], eos: int) -> Int[Tensor, "B C"]:
    """Which tokens of the completions count: all up to and with the first `eos`.

    Args:
        ids: the completions' tokens. What stands after a row's first `eos` is padding, whatever it is: other tokens,
            or `eos` again.
        eos: the token that ends a completion. The model chose it, so it counts: this is how it learns to stop.

    Returns:
        int64, shape (B, C), of 0 and 1. A row without `eos` (cut off at the maximum length) counts whole.
    """
    # TODO: your code
    raise NotImplementedError


def completion_token_logps(logits: Float[Tensor, "B L V"], ids: Int[Tensor, "B L"], C: int) -> Float[Tensor, "B C"]:
    """log pi(token | what stands before it) of each token of the completions.

    Args:
        logits: the model's, for prompt and completion together: the logits at position t are about the token at t + 1.
        ids: the tokens of prompt and completion; the last C of each row are the completion, 1 <= C < L.
        C: how many tokens the completions have, padding included.

    Returns:
        float32, shape (B, C), with a gradient to `logits`. Both are finite also where logits are as far apart as 800.
    """
    # TODO: your code
    raise NotImplementedError


def kl_k3(logp: Float[Tensor, "B C"], ref_logp: Float[Tensor, "B C"]) -> Float[Tensor, "B C"]:
    """An estimate of KL(pi_theta || pi_ref) at each token (Shao et al. 2024, eq. 4; the k3 of Schulman 2020).

        exp(d) - d - 1,   d = log pi_ref - log pi_theta

    Args:
        logp: log-probabilities under the policy, with their graph, of any shape.
        ref_logp: those of the same tokens under the reference model. It is frozen: no gradient goes there.

    Returns:
        float32, the shape of `logp`: one number for each token, with a gradient to `logp`. None is negative, but for
        the rounding of float32, and none is cut off: for d = 8 it is 2972.
    """
    # TODO: your code
    raise NotImplementedError


def grpo_loss(
    logp: Float[Tensor, "B C"],
    old_logp: Float[Tensor, "B C"],
    ref_logp: Float[Tensor, "B C"] | None,
    adv: Float[Tensor, "B"],
    mask: Int[Tensor, "B C"] | Bool[Tensor, "B C"],
    eps: float = 0.2,
    beta: float = 0.04,
    agg: str = "grpo",
) -> Float[Tensor, ""]:
    """Minus the objective of GRPO (Shao et al. 2024, eq. 3 with eq. 4), for an optimiser that descends.

    Each token t of completion i has the loss

        l = -min(r A, clip(r, 1 - eps, 1 + eps) A) + beta k3,   r = pi_theta / pi_old, A that of its completion

    and `agg` says what becomes of the tokens that count.

    Args:
        logp: log-probabilities of the completions' tokens under the policy that is trained, with their graph.
        old_logp: under the policy that drew them. They are data.
        ref_logp: under the frozen reference model, for kl_k3. With beta = 0 it may be None.
        adv: one advantage for each completion. They are data.
        mask: 1 (or True) on the tokens that count. Elsewhere log-probabilities are finite, and do not matter.
        eps: the clip range. beta: the weight of the KL term.
        agg: "grpo": the mean over each completion's own tokens, then the mean over the B completions; a completion
            without any token counts as 0 there. "dapo": the mean over all tokens of the batch, 0 where there are none.
            "dr_grpo": the sum over all tokens, divided by B*C.

    Returns:
        A 0-d float32 tensor whose gradient goes to `logp` alone.
    """
    # TODO: your code
    raise NotImplementedError


# --- bonus ------------------------------------------------------------------------------------------------------------


def rloo_advantages(rewards: Float[Tensor, "B"] | Int[Tensor, "B"], G: int) -> Float[Tensor, "B"]:
    """REINFORCE leave-one-out (Ahmadian et al. 2024, section 2): each reward minus the mean of the other G - 1.

    Args:
        rewards, G: as in group_advantages.

    Returns:
        float32, shape (B,), without gradient, and not divided by any deviation.

    Raises:
        ValueError: as group_advantages.
    """
    # TODO: your code
    raise NotImplementedError


def dr_grpo_loss(
    logp: Float[Tensor, "B C"],
    old_logp: Float[Tensor, "B C"],
    rewards: Float[Tensor, "B"] | Int[Tensor, "B"],
    mask: Int[Tensor, "B C"] | Bool[Tensor, "B C"],
    G: int,
    max_tokens: int,
    eps: float = 0.2,
) -> Float[Tensor, ""]:
    """GRPO done right (Liu et al. 2025, section 3.2): without the two divisions that favour some answers over others.

    The advantages are rewards minus the mean of their group, the clipped term is that of grpo_loss without KL, and the
    sum over all tokens is divided by B * max_tokens.

    Args:
        logp, old_logp, mask, eps: as in grpo_loss.
        rewards, G: as in group_advantages.
        max_tokens: how long a completion might have become (the budget of the sampler), at least C. It is a constant:
            the loss does not depend on how long the longest completion of this batch is.

    Returns:
        A 0-d float32 tensor whose gradient goes to `logp` alone.
    """
    # TODO: your code
    raise NotImplementedError


def dapo_loss(
    logp: Float[Tensor, "B C"],
    old_logp: Float[Tensor, "B C"],
    adv: Float[Tensor, "B"],
    mask: Int[Tensor, "B C"] | Bool[Tensor, "B C"],
    eps_low: float = 0.2,
    eps_high: float = 0.28,
) -> Float[Tensor, ""]:
    """DAPO (Yu et al. 2025, eq. 8): the range of the ratio reaches further up, tokens are averaged over the batch.

    Args:
        logp, old_logp, adv, mask: as in grpo_loss. There is no KL term.
        eps_low, eps_high: the ratio counts within 1 - eps_low to 1 + eps_high.

    Returns:
        A 0-d float32 tensor, the mean over all tokens that count (0 where there are none), whose gradient goes to
        `logp` alone.
    """
    # TODO: your code
    raise NotImplementedError


def keep_informative(rewards: Float[Tensor, "B"] | Int[Tensor, "B"], G: int) -> Bool[Tensor, "B"]:
    """DAPO's dynamic sampling (Yu et al. 2025, eq. 11): which rows belong to a group that teaches something.

    Args:
        rewards, G: as in group_advantages; G divides their number.

    Returns:
        bool, shape (B,): True on all G rows of a group whose rewards are not all equal, False on the others, whose
        advantages are 0.
    """
    # TODO: your code
    raise NotImplementedError


def gspo_loss(
    logp: Float[Tensor, "B C"],
    old_logp: Float[Tensor, "B C"],
    adv: Float[Tensor, "B"],
    mask: Int[Tensor, "B C"] | Bool[Tensor, "B C"],
    eps_low: float = 3e-4,
    eps_high: float = 4e-4,
) -> Float[Tensor, ""]:
    """GSPO (Zheng et al. 2025, eq. 5 to 7): one ratio for each completion, since it is rewarded as a whole.

        s = (pi_theta(y|x) / pi_old(y|x)) ** (1 / |y|)

    Args:
        logp, old_logp, adv, mask: as in grpo_loss; each row has at least one token that counts.
        eps_low, eps_high: s counts within 1 - eps_low to 1 + eps_high.

    Returns:
        A 0-d float32 tensor: the mean over the completions of -min(s A, clip(s) A). Its gradient goes to `logp` alone.
    """
    # TODO: your code
    raise NotImplementedError
