"""The vocabulary of probes: what a check may ask of a student's function beyond its value.

Each of these calls the function, and returns plain facts that compare.py holds against the reference's: a value
with its gradients, that no gradient is carried, the exception that was raised. draws.py has what is asked of a
function that samples, devices.py where its tensors are.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from grader import codes
from grader.checks.definitions import CannotJudge, Wrong
from grader.findings import Finding
from grader.plain import CARRIES_GRADIENT, GRADIENTS, Array, Plain, type_name


def value_and_gradients(function: Callable[..., Any], *args: Any, to: Sequence[int] | None = None) -> dict[str, Any]:
    """The function's tensor (or tuple of tensors), and its gradient to the arguments at the places `to`, from 1.

    Without `to`, to every float tensor. Name the places where some arguments never carry a gradient in practice
    (rewards): it is then free whether the function would pass one on. No gradient counts as a gradient of zeros. Where
    a result has several elements their sum is differentiated, each weighted differently so that a permutation shows; of
    a tuple each element by itself. A gradient is called like the function's parameter. Where that is the student's, its
    spelling is free: gradients are compared in their order, and told by the reference's names.
    """
    leaves = _leaves(args, to)
    result = function(*leaves)
    outputs = list(result) if isinstance(result, tuple | list) else [result]
    for output in outputs:
        if not isinstance(output, torch.Tensor):
            raise CannotJudge(codes.NOT_A_TENSOR(type=type_name(output)))
    names = _argument_names(function, len(leaves))
    values = [output.detach().clone() for output in outputs]
    gradients = [_gradients(output, leaves, names) for output in outputs]
    if len(outputs) == 1 and not isinstance(result, tuple | list):
        return {"value": values[0], GRADIENTS: gradients[0]}
    return {"value": values, GRADIENTS: gradients}


def _leaves(args: Sequence[Any], to: Sequence[int] | None) -> list[Any]:
    """The arguments, those at the places `to` (or all float tensors) asking for a gradient."""
    return [
        arg.detach().clone().requires_grad_()
        if isinstance(arg, torch.Tensor) and arg.is_floating_point() and (to is None or place in to)
        else arg
        for place, arg in enumerate(args, 1)
    ]


def _argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first `count` parameters; places, from 1, where it takes what comes, or does not say."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [parameter.name for parameter in parameters if parameter.kind in kinds]
    return named[:count] + [str(place) for place in range(len(named) + 1, count + 1)]


def _gradients(output: torch.Tensor, leaves: list[Any], names: Sequence[str]) -> dict[str, torch.Tensor]:
    """The gradient to each leaf that asks for one, by the argument's name."""
    wanted = {
        name: leaf
        for name, leaf in zip(names, leaves, strict=True)
        if isinstance(leaf, torch.Tensor) and leaf.requires_grad
    }
    if not output.requires_grad:
        return {name: torch.zeros_like(leaf) for name, leaf in wanted.items()}
    places = torch.linspace(0.5, 1.5, output.numel(), dtype=output.dtype, device=output.device)
    weights = torch.ones_like(output) if output.dim() == 0 else places.reshape(output.shape)
    found = torch.autograd.grad((output * weights).sum(), list(wanted.values()), retain_graph=True, allow_unused=True)
    return {
        name: torch.zeros_like(leaf) if gradient is None else gradient
        for (name, leaf), gradient in zip(wanted.items(), found, strict=True)
    }


def value_without_gradient(function: Callable[..., Any], *args: Any, to: Sequence[int] | None = None) -> dict[str, Any]:
    """The function's value, and whether it carries a gradient to the arguments at the places `to` from 1, or to any."""
    result = function(*_leaves(args, to))
    tensors = tensors_in(result)
    if any(tensor.is_inference() for tensor in tensors):
        raise CannotJudge(codes.INFERENCE_MODE())
    return {"value": result, CARRIES_GRADIENT: any(tensor.requires_grad for tensor in tensors)}


def tensors_in(result: Any) -> list[torch.Tensor]:
    """The tensors of a result: itself, or the items of a tuple, list or dictionary."""
    items = (
        list(result.values()) if isinstance(result, dict) else result if isinstance(result, tuple | list) else [result]
    )
    return [item for item in items if isinstance(item, torch.Tensor)]


def raised_by(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The name of the exception that the call raises ("ValueError" for a class derived from it, too), or "nothing"."""
    try:
        function(*args, **kwargs)
    except NotImplementedError:
        raise
    except Exception as error:
        return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")
    return "nothing"


# --- reading what came back ------------------------------------------------------------------------------------------


def mapping(value: Plain, *keys: str) -> dict[str, Any]:
    """`value`, which has to be a dictionary with these keys."""
    if not isinstance(value, dict) or set(value) != set(keys):
        raise Wrong(codes.KEYS_WANTED(keys=list(keys)))
    return value


def array(value: Plain, name: Finding, dtypes: tuple[str, ...]) -> np.ndarray:
    """The values of `value`, which has to be a tensor or array of one of these dtypes; `name` is what it is called in
    the sentence where it is not."""
    if not isinstance(value, Array):
        raise Wrong(codes.TENSOR_WANTED(name=name, type=type_name(value)))
    if value.dtype not in dtypes:
        raise Wrong(codes.DTYPE_WANTED(name=name, dtypes=list(dtypes), got=value.dtype))
    return value.values
