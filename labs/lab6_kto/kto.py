"""Tasks 6.1 to 6.7: KTO, from pairs without their partners to the loss. trainer.py puts the functions together."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def unpair(pairs: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Take preferences apart: each completion by itself, with a thumb up or down.

    Args:
        pairs: dicts with the keys "prompt", "chosen" and "rejected". There may be none.

    Returns:
        Twice as many new dicts with the keys "prompt", "completion" and "label", and no others; pair by pair, the
        chosen completion (label True) before the rejected one (label False). A label is a Python bool.
    """
    # TODO: your code
    raise NotImplementedError


def mismatched_pairs(prompts: Sequence[Any], completions: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Prompts with completions that were written for others, for the reference point (Ethayarajh et al. 2024).

    Args:
        prompts, completions: those of a batch; completion i answers prompt i. Texts, or lists of token ids: what they
            are does not matter here, and some of them may be equal.

    Returns:
        As many tuples (prompt, completion), in the order of the prompts: prompt i with completion i - 1, and prompt 0
        with the last one.

    Raises:
        ValueError: fewer than two of them (nothing is mismatched then), or not as many prompts as completions.
    """
    # TODO: your code
    raise NotImplementedError


def kto_reference_point(
    policy_kl_logps: Float[Tensor, "M"], ref_kl_logps: Float[Tensor, "M"]
) -> Float[Tensor, ""] | float:
    """The reference point z0, an estimate of KL(pi_theta || pi_ref) from mismatched pairs.

    Args:
        policy_kl_logps: log pi_theta(y|x) of M >= 1 mismatched pairs, summed over the completion's tokens.
        ref_kl_logps: log pi_ref of the same pairs.

    Returns:
        One number without gradient, a 0-d tensor or a float: the mean of the log-ratios over the pairs, however large,
        and 0 where that mean is negative, which a KL divergence is not.
    """
    # TODO: your code
    raise NotImplementedError


def kto_value(
    logratio: Float[Tensor, "B"], z0: Float[Tensor, ""], desirable: Bool[Tensor, "B"], beta: float
) -> Float[Tensor, "B"]:
    """What each completion is worth, seen from z0: the value function v of the paper, without lambda.

        sigmoid(beta (r - z0)) where it is desirable, sigmoid(beta (z0 - r)) where it is not

    Args:
        logratio: r = log pi_theta(y|x) - log pi_ref(y|x).
        z0: the reference point.
        desirable: the labels.
        beta: how quickly the value saturates (the paper's risk aversion), positive.

    Returns:
        float32, shape (B,), between 0 and 1, and 1/2 where r = z0; with a gradient to `logratio`.
    """
    # TODO: your code
    raise NotImplementedError


def kto_loss(
    logp: Float[Tensor, "B"],
    ref_logp: Float[Tensor, "B"],
    desirable: Bool[Tensor, "B"],
    z0: Float[Tensor, ""],
    beta: float,
    lambda_d: float,
    lambda_u: float,
) -> Float[Tensor, "B"]:
    """The loss of each example, lambda_y - lambda_y v: the paper's L_KTO, whose mean the caller takes.

    Args:
        logp: log pi_theta(y|x) of each completion, summed over its tokens, with the policy's graph.
        ref_logp: those of the reference, which is not trained.
        desirable: the labels. All of them may be equal.
        z0: the reference point, a constant, whatever graph it comes with.
        beta: as in `kto_value`.
        lambda_d, lambda_u: the weights of desirable and of undesirable examples.

    Returns:
        float32, shape (B,), in the order of the batch, each between 0 and its lambda; the gradient goes to `logp`
        alone.
    """
    # TODO: your code
    raise NotImplementedError


def balance_weights(n_d: int, n_u: int, ratio: float = 1.0) -> tuple[float, float]:
    """Weights with which the two classes count as they should, however many examples each has.

        lambda_d n_d / (lambda_u n_u) = ratio

    Args:
        n_d, n_u: how many examples are desirable and undesirable, at least one of each.
        ratio: of the two classes' total weights, at least 1; 1 to 4/3 is recommended.

    Returns:
        (lambda_d, lambda_u): of the pairs with this ratio the one whose smaller weight is 1.
    """
    # TODO: your code
    raise NotImplementedError


def kto_grad_weight(
    logp: Float[Tensor, "B"],
    ref_logp: Float[Tensor, "B"],
    desirable: Bool[Tensor, "B"],
    z0: Float[Tensor, ""],
    beta: float,
    lambda_d: float,
    lambda_u: float,
) -> Float[Tensor, "B"]:
    """How hard a step of gradient descent pushes each log-probability: minus the derivative of its loss.

    Args:
        As for `kto_loss`.

    Returns:
        float32, shape (B,), without gradient: positive where the completion becomes likelier, negative where it becomes
        rarer. Largest in size at r = z0, and next to nothing far away from it on either side.
    """
    # TODO: your code
    raise NotImplementedError
