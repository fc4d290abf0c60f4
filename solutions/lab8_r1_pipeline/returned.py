"""What your functions return is looked at before anything is trained on it. Given code."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from labs.common.errors import CannotUse
from labs.common.translated import _


def number(function: str, value: Any, text: str) -> float:
    """A reward or a share as a float; CannotUse where it is no finite number. `text` is what it was given for."""
    try:
        found = float(value if not isinstance(value, str) else "")  # float reads strings, too
    except (TypeError, ValueError):
        raise CannotUse(
            _("{function} returned {value!r} for {text!r}: a number is expected").format(
                function=function, value=value, text=text
            )
        ) from None
    if not math.isfinite(found):
        raise CannotUse(
            _("{function} returned {found} for {text!r}: training on it would spoil every weight").format(
                function=function, found=found, text=text
            )
        )
    return found


def rewards_of(values: Sequence[float], count: int) -> Tensor:
    """Rewards as a tensor; CannotUse where there is not one for each completion."""
    if len(values) != count:
        raise CannotUse(
            _("{completions} completions have {rewards} rewards: each needs one").format(
                completions=count, rewards=len(values)
            )
        )
    return torch.tensor(values)


def of_shape(what: str, tensor: Any, shape: Sequence[int]) -> Tensor:
    """The tensor, if it has this shape: others would broadcast, and train on nonsense without a word."""
    if not isinstance(tensor, Tensor) or tensor.shape != torch.Size(shape):
        found = tuple(tensor.shape) if isinstance(tensor, Tensor) else type(tensor).__name__
        raise CannotUse(
            _("{what}: a tensor of the shape {shape} is expected, and {found} came").format(
                what=what, shape=tuple(shape), found=found
            )
        )
    return tensor


def finite(function: str, loss: Tensor) -> Tensor:
    """The loss, if it is a finite number."""
    if not torch.isfinite(loss):
        raise CannotUse(
            _("{function} returned {loss}: a gradient step on it would spoil every weight").format(
                function=function, loss=loss.item()
            )
        )
    return loss


def not_empty(stage: str, found: Sequence[Any], why: str) -> None:
    """CannotUse where a stage has nothing to hand on."""
    if not found:
        raise CannotUse(_("{stage} kept nothing: {why}").format(stage=stage, why=why))
