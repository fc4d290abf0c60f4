"""The vocabulary of probes: what a check may ask of a student's function beyond its value.

Each of these calls the function, and returns plain facts that compare.py holds against the reference's: a value
with its gradients, that no gradient is carried, the exception that was raised, draws from a generator, the device of a
result.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from grader import codes
from grader.checks import CannotJudge, Wrong
from grader.lab.loading import is_todo
from grader.plain import Array, Plain, type_name

STANDARD_ERRORS = 6  # draws are judged at this many standard errors: a right answer fails once in 10**9


def value_and_gradients(function: Callable[..., Any], *args: Any, to: Sequence[int] | None = None) -> dict[str, Any]:
    """The function's tensor (or tuple of tensors), and its gradient to the arguments at the places `to`, from 1.

    Without `to`, to every float tensor. Name the places where some arguments never carry a gradient in practice
    (rewards): it is then free whether the function would pass one on. No gradient counts as a gradient of zeros. Where
    a result has several elements their sum is differentiated, each weighted differently so that a permutation shows; of
    a tuple each element by itself.
    """
    leaves = _leaves(args, to)
    result = function(*leaves)
    outputs = list(result) if isinstance(result, tuple | list) else [result]
    for output in outputs:
        if not isinstance(output, torch.Tensor):
            raise CannotJudge(codes.NOT_A_TENSOR(type=type_name(output)))
    values = [output.detach().clone() for output in outputs]
    gradients = [_gradients(output, leaves) for output in outputs]
    if len(outputs) == 1 and not isinstance(result, tuple | list):
        return {"value": values[0], "gradients": gradients[0]}
    return {"value": values, "gradients": gradients}


def _leaves(args: Sequence[Any], to: Sequence[int] | None) -> list[Any]:
    """The arguments, those at the places `to` (or all float tensors) asking for a gradient."""
    return [
        arg.detach().clone().requires_grad_()
        if isinstance(arg, torch.Tensor) and arg.is_floating_point() and (to is None or place in to)
        else arg
        for place, arg in enumerate(args, 1)
    ]


def _gradients(output: torch.Tensor, leaves: list[Any]) -> dict[str, torch.Tensor]:
    """The gradient to each float tensor among the arguments, called by its place: "to argument 1"."""
    wanted = {n: leaf for n, leaf in enumerate(leaves, 1) if isinstance(leaf, torch.Tensor) and leaf.requires_grad}
    if not output.requires_grad:
        return {str(n): torch.zeros_like(leaf) for n, leaf in wanted.items()}
    weights = torch.linspace(0.5, 1.5, output.numel(), dtype=output.dtype).reshape(output.shape)
    if output.dim() == 0:
        weights = torch.ones((), dtype=output.dtype)
    found = torch.autograd.grad((output * weights).sum(), list(wanted.values()), retain_graph=True, allow_unused=True)
    return {
        str(n): torch.zeros_like(leaf) if gradient is None else gradient
        for (n, leaf), gradient in zip(wanted.items(), found, strict=True)
    }


def value_without_gradient(function: Callable[..., Any], *args: Any, to: Sequence[int] | None = None) -> dict[str, Any]:
    """The function's value, and whether it carries a gradient to the arguments at the places `to` from 1, or to any."""
    result = function(*_leaves(args, to))
    tensors = _tensors_in(result)
    if any(tensor.is_inference() for tensor in tensors):
        raise CannotJudge(codes.INFERENCE_MODE())
    return {"value": result, "carries_gradient": any(tensor.requires_grad for tensor in tensors)}


def _tensors_in(result: Any) -> list[torch.Tensor]:
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


# How torch says that tensors of two devices met.
MISMATCH = ("two devices", "different devices", "Device Propagation", "on the expected device")


def device_of_result(function: Callable[..., Any], *args: Any) -> dict[str, str]:
    """Where the function's tensors are when its inputs are on a CUDA device, without one: on fake tensors.

    "cuda" is right. Code that looks at values (`float(done[t])`) cannot run on tensors without any: "not checked",
    which costs nothing. A tensor made on the CPU and mixed with the inputs gives the message of the mismatch. The fake
    tensors are on the meta device where there is no CUDA: those of CUDA cannot be indexed there, and asking for a
    gradient of them ends the process.
    """
    from torch._subclasses import FakeTensorMode

    function = getattr(function, "__wrapped__", function)  # fake tensors have no values to watch for changes
    with FakeTensorMode():
        return _device_of_result(function, args, "cuda" if torch.cuda.is_available() else "meta")


def _device_of_result(function: Callable[..., Any], args: Sequence[Any], device: str) -> dict[str, str]:
    on_device = [
        torch.empty(arg.shape, dtype=arg.dtype, device=device) if isinstance(arg, torch.Tensor) else arg for arg in args
    ]
    try:
        result = function(*on_device)
    except Exception as error:
        if is_todo(error):
            raise
        if any(words in str(error) for words in MISMATCH):
            return {"device": "cpu", "message": str(error).splitlines()[0].replace("meta", "cuda")}
        return {"device": "not checked", "message": ""}
    if any(tensor.device.type == "cpu" for tensor in _tensors_in(result)):
        return {"device": "cpu", "message": "the result is on the CPU although the inputs are on a CUDA device"}
    return {"device": "cuda", "message": ""}


@functools.cache
def warm_up() -> None:
    """Does once what torch does at first use: gradients, draws, and the fake tensors of device checks, whose imports
    alone take more than a second."""

    def typical(logits: torch.Tensor) -> torch.Tensor:
        log_pi = torch.log_softmax(logits, dim=-1)
        actions = torch.multinomial(log_pi.exp(), 1)
        chosen = log_pi.gather(-1, actions).squeeze(-1)
        weights = torch.zeros_like(chosen) + torch.tensor(1.0, device=logits.device)
        return -(chosen * weights.detach()).sum() / len(chosen) + ((chosen - weights) ** 2).mean()

    random_state = torch.get_rng_state()
    logits = torch.zeros(2, 3, requires_grad=True)
    torch.autograd.grad(typical(logits), logits)
    device_of_result(typical, torch.zeros(2, 3))
    torch.set_rng_state(random_state)


def works_on_its_device(value: Plain, **_case: Any) -> None:
    """Verifies what device_of_result found: only a mixture of devices is wrong."""
    facts = mapping(value, "device", "message")
    if facts["device"] not in ("cuda", "not checked"):
        raise Wrong(
            f"on a GPU this fails: {facts['message']}. Make new tensors on the device of the inputs (device=x.device)"
        )


# --- draws ------------------------------------------------------------------------------------------------------------


def draws(sample: Callable[..., Any], logits: torch.Tensor, seed: int) -> dict[str, Any]:
    """What `sample(logits, generator=...)` returns for logits (B, A): actions (B,), their log-probabilities (B,), and
    the gradient of the log-probabilities' sum to the logits (B, A); the actions that the same generator gives next, and
    those of another one seeded alike."""
    logits = logits.clone().requires_grad_()
    generator = torch.Generator().manual_seed(seed)
    results = [sample(logits, generator=dice) for dice in (generator, generator, torch.Generator().manual_seed(seed))]
    for result in results:
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise CannotJudge(codes.PAIR_WANTED())
    (actions, logp), (later, _), (again, _) = results
    if not isinstance(logp, torch.Tensor) or not logp.requires_grad:
        raise CannotJudge(codes.NO_GRADIENT_TO_LOGITS())
    [gradient] = torch.autograd.grad(logp.sum(), logits, allow_unused=True)
    if gradient is None:
        gradient = torch.zeros_like(logits)
    return {"actions": actions, "logp": logp, "gradient": gradient, "next": later, "again": again}


def drawn_from(value: Plain, probabilities: np.ndarray, count: int) -> None:
    """Verifies `draws` of B = `count` rows that all have the same probabilities, an (A,) array.

    The actions are int64 and (B,), come up as often as they should, the same again from the same seed; each comes with
    its own log-probability, float and (B,), and with that one's gradient.
    """
    facts = mapping(value, "actions", "logp", "gradient", "next", "again")
    actions, logp = facts["actions"], facts["logp"]
    array(actions, "the actions", ("int64",))
    array(logp, "the log-probabilities", ("float32", "float64"))
    for name, found in (("the actions", actions), ("the log-probabilities", logp)):
        if found.shape != (count,):
            raise Wrong(f"{name} have the shape {found.shape}; one for each row of the logits is expected")
    chosen = actions.values
    if not (chosen.min() >= 0 and chosen.max() < len(probabilities)):
        raise Wrong(f"actions lie between {chosen.min()} and {chosen.max()}, with {len(probabilities)} to choose from")
    for action, p in enumerate(probabilities):
        frequency = float((chosen == action).mean())
        allowed = STANDARD_ERRORS * math.sqrt(p * (1 - p) / count) + 1e-9
        if abs(frequency - p) > allowed:
            raise Wrong(
                f"action {action} has probability {p:.3f} and came up in {frequency:.3f} of {count} draws "
                f"(chance alone stays within {allowed:.3f})"
            )
    expected = np.log(np.asarray(probabilities, dtype=np.float64))[chosen]
    if not np.allclose(logp.values, expected, rtol=1e-4, atol=1e-4):
        worst = int(np.abs(logp.values - expected).argmax())
        raise Wrong(
            f"the log-probability returned with action {chosen[worst]} is {logp.values[worst]:.4f}, but that action's "
            f"is {expected[worst]:.4f}"
        )
    gradient = array(facts["gradient"], "the gradients", ("float32", "float64"))
    expected_gradient = np.eye(len(probabilities))[chosen] - probabilities
    if gradient.shape != expected_gradient.shape or not np.allclose(gradient, expected_gradient, atol=1e-4):
        raise Wrong("the gradient of the log-probability is not the one of the action that was drawn")
    later, again = facts["next"], facts["again"]
    if not isinstance(later, Array) or np.array_equal(later.values, chosen):
        raise Wrong("the next call with the same generator gave the same actions: draw from it, do not seed it anew")
    if not isinstance(again, Array) or not np.array_equal(again.values, chosen):
        raise Wrong("the same generator, seeded alike, gave other actions: draw from the generator you are given")


# --- reading what came back ------------------------------------------------------------------------------------------


def mapping(value: Plain, *keys: str) -> dict[str, Any]:
    """`value`, which has to be a dictionary with these keys."""
    if not isinstance(value, dict) or set(value) != set(keys):
        raise Wrong(f"a dictionary with the keys {', '.join(keys)} is expected")
    return value


def array(value: Plain, name: str, dtypes: tuple[str, ...]) -> np.ndarray:
    """The values of `value`, which has to be a tensor or array of one of these dtypes."""
    if not isinstance(value, Array):
        raise Wrong(f"{name}: a tensor is expected, not a {type(value).__name__}")
    if value.dtype not in dtypes:
        raise Wrong(f"{name} are {value.dtype}; {' or '.join(dtypes)} is expected")
    return value.values
