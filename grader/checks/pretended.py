"""A GPU that is only pretended: tensors with real values, of which each is said to be on "cuda:0" or on the CPU.

    with PretendedDevice() as device:
        x = device.put(torch.ones(3))
        x.device                    cuda:0
        x + torch.ones(3)           RuntimeError: ... found at least two devices, cuda:0 and cpu!
        float(x[0]), x.tolist()     work, as they do on a GPU
        x.numpy()                   TypeError: can't convert cuda:0 device type tensor to numpy ...

All is computed on the CPU. A tensor on the pretended device is one of a subclass that adds nothing; while the mode is
active, every function of torch passes through it, which raises where CUDA would and says where each result is.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

CUDA, CPU = torch.device("cuda:0"), torch.device("cpu")
TWO_DEVICES = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
NO_NUMPY = "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
INDEX_ELSEWHERE = "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
IN_WORDS = (TWO_DEVICES, NO_NUMPY, INDEX_ELSEWHERE)

# Between the devices these copy, or only look.
COPIES = {"copy_", "set_", "type_as"}
# A single number on the CPU goes with tensors of a GPU everywhere but here.
NO_NUMBERS = {
    *("cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack"),
    *("gather", "take_along_dim", "index_select", "take", "scatter", "scatter_", "scatter_add", "scatter_add_"),
    *("matmul", "__matmul__", "__rmatmul__", "mm", "bmm", "mv", "dot", "einsum", "linear", "embedding"),
}
IN_PLACE = {f"__i{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "pow", "mod", "and", "or", "xor")}


class OnDevice(torch.Tensor):
    """A tensor that is said to be on the pretended device."""

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]


class PretendedDevice(TorchFunctionMode):
    """While it is active, torch has a device "cuda:0"."""

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        """A copy of a tensor on the pretended device."""
        return _labelled(tensor.detach().clone(), True)  # type: ignore[no-any-return]

    def holds(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor is on the pretended device."""
        return isinstance(tensor, OnDevice)

    def refuses_mixtures_with(self, words: str) -> bool:
        """Whether these are the words with which it refuses a mixture of devices."""
        return words in IN_WORDS

    def wait(self) -> None:
        """Nothing is ever under way here."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(function, "__name__", "")
        if name == "__get__":
            return self._attribute(function, *args)
        there = bool(args) and isinstance(args[0], OnDevice)  # where the first argument is, and so what is done to it
        if name in ("numpy", "__array__", "__dlpack__") and there:
            raise TypeError(NO_NUMPY)
        if name == "get_device":
            return 0 if there else -1
        if name in ("__format__", "__repr__", "__deepcopy__") and there:  # which look at the type
            with torch._C.DisableTorchFunction():
                plain = args[0].as_subclass(torch.Tensor)
            return _labelled(function(plain, *args[1:], **kwargs), there)
        device, args, kwargs = _without_device(name, args, kwargs)
        if name == "__getitem__" or name == "__setitem__":
            _check_index(name, args)
        elif name in ("tensor", "cpu", "cuda", "to") or name in COPIES:
            if name in ("cpu", "cuda"):
                device = CPU if name == "cpu" else CUDA
            there = _other_is_there(name, there, args, kwargs)
        else:
            _check_mixture(name, args, kwargs)
            there = any(isinstance(tensor, OnDevice) for tensor in _tensors((args, kwargs)))
        if device is not None:
            there = device.type == "cuda"
        if name == "cuda":
            function, args, kwargs = torch.Tensor.clone, args[:1], {}
        result = function(*args, **kwargs)
        if isinstance(result, OnDevice) != there and any(result is tensor for tensor in _tensors(args)):
            result = result.clone()  # it was on the other device, and stays there
        return _labelled(result, there)

    def _attribute(self, get: Callable[..., Any], tensor: Any, *rest: Any) -> Any:
        there, attribute = isinstance(tensor, OnDevice), get.__self__  # type: ignore[attr-defined]
        if attribute is torch.Tensor.device:
            return CUDA if there else CPU
        if attribute in (torch.Tensor.is_cuda, torch.Tensor.is_cpu):
            return there == (attribute is torch.Tensor.is_cuda)
        return _labelled(get(tensor, *rest), there)


def _without_device(name: str, args: Any, kwargs: dict[str, Any]) -> tuple[torch.device | None, Any, dict[str, Any]]:
    """The device that is asked for, if any, and the arguments with the CPU in its place."""
    if name == "to" and len(args) > 1 and isinstance(args[1], str | torch.device | int):
        return _device(args[1]), (args[0], CPU, *args[2:]), kwargs
    if kwargs.get("device") is not None:
        return _device(kwargs["device"]), args, kwargs | {"device": CPU}
    return None, args, kwargs


def _device(asked: Any) -> torch.device:
    return torch.device("cuda", asked) if isinstance(asked, int) else torch.device(asked)


def _other_is_there(name: str, there: bool, args: Any, kwargs: dict[str, Any]) -> bool:
    """Where the result of a copy is, if no device is named: where the other tensor is, for some."""
    others = [arg for arg in (*args[1:], *kwargs.values()) if isinstance(arg, torch.Tensor)]
    return isinstance(others[0], OnDevice) if name in ("to", "type_as") and others else there


def _check_mixture(name: str, args: Any, kwargs: dict[str, Any]) -> None:
    """RuntimeError where tensors of both devices meet that cannot."""
    tensors = list(_tensors((args, kwargs)))
    elsewhere = [tensor for tensor in tensors if not isinstance(tensor, OnDevice)]
    if len(elsewhere) in (0, len(tensors)):
        return
    in_place = name in IN_PLACE or (name.endswith("_") and not name.endswith("__"))
    if name in NO_NUMBERS or any(tensor.dim() for tensor in elsewhere) or (in_place and args[0] is elsewhere[0]):
        raise RuntimeError(TWO_DEVICES)


def _check_index(name: str, args: Any) -> None:
    """RuntimeError where an index, or what is put there, is on a device where it cannot be."""
    indexed, indices = args[0], [tensor for tensor in _tensors(args[1]) if tensor.dim()]
    if not isinstance(indexed, OnDevice) and any(isinstance(index, OnDevice) for index in indices):
        raise RuntimeError(INDEX_ELSEWHERE)
    if name == "__setitem__" and indices and isinstance(args[2], torch.Tensor):
        value = args[2]
        if isinstance(value, OnDevice) != isinstance(indexed, OnDevice) and (value.numel() != 1 or value.dim()):
            raise RuntimeError(TWO_DEVICES)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _labelled(result: Any, there: bool) -> Any:
    """What a function returned, its tensors being there or on the CPU."""
    if isinstance(result, torch.Tensor):
        if isinstance(result, OnDevice) != there:
            result.__class__ = OnDevice if there else torch.Tensor  # a view of it would be no leaf
        return result
    if isinstance(result, list | tuple) and any(True for _ in _tensors(result)):
        items = [_labelled(item, there) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
    return result
