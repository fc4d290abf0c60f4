"""The pretended GPU: what works there, what raises as it does on a real one, and where results are."""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Categorical, Normal

from grader.checks.pretended import INDEX_ELSEWHERE, NO_NUMPY, TWO_DEVICES, OnDevice, PretendedDevice

Use = Callable[[torch.Tensor, torch.Tensor], Any]  # of x on the pretended device and c on the CPU, both (2, 3)


def used(use: Use) -> Any:
    with PretendedDevice() as device:
        return use(device.put(torch.arange(6.0).reshape(2, 3)), torch.ones(2, 3))


def written_in_a_loop(x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    out = torch.zeros(2)
    for row in range(2):
        out[row] = x[row].sum()  # copies: what it is written into stays where it is
    return out


def column_written(x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[:, 0] = c[:, 0]
    return y


def gradient(x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    y = x.clone().requires_grad_()
    return torch.autograd.grad((y**2).sum(), y)[0]


def gradient_of_a_new_leaf(x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    y = torch.zeros(3, device=x.device, requires_grad=True)
    (x * y).sum().backward()
    assert y.grad is not None
    return y.grad


ON_THE_DEVICE: dict[str, Use] = {
    "a sum": lambda x, c: x + 1,
    "a number on the CPU": lambda x, c: x * torch.tensor(2.0),
    "a number of numpy's": lambda x, c: np.float32(2) * x,
    "a part": lambda x, c: x[1:],
    "a mask": lambda x, c: x[x > 2],
    "a mask on the CPU": lambda x, c: x[c > 0],
    "the largest": lambda x, c: x.max(-1).values,
    "a sum in a loop": lambda x, c: sum(x[:, 0]),
    "like it": lambda x, c: torch.zeros_like(x),
    "of its device": lambda x, c: torch.zeros(2, device=x.device),
    "of the device's name": lambda x, c: torch.tensor([1.0], device="cuda"),
    "new ones": lambda x, c: x.new_tensor([1.0, 2.0]),
    "a copy": lambda x, c: copy.deepcopy(x),
    "moved": lambda x, c: c.to(x.device),
    "moved to another": lambda x, c: c.to(x),
    "moved by cuda()": lambda x, c: c.cuda(),
    "moved and back": lambda x, c: torch.from_numpy(x.cpu().numpy()).to(x.device),
    "the transposed": lambda x, c: x.T,
    "noise": lambda x, c: x + torch.randn(x.shape, device=x.device),
    "a log-probability": lambda x, c: Normal(x, x.exp()).log_prob(x),
    "a draw": lambda x, c: Categorical(logits=x).sample(),
    "padded": lambda x, c: torch.nn.utils.rnn.pad_sequence([x[0], x[1]]),
    "detached in place": lambda x, c: (x + 1).clone().detach_(),
    "written into": column_written,
    "a gradient": gradient,
    "a gradient of a new leaf": gradient_of_a_new_leaf,
}
ON_THE_CPU: dict[str, Use] = {
    "a tensor of a list": lambda x, c: torch.tensor([x[0, 0], x[0, 1]]),
    "zeros": lambda x, c: torch.zeros(2),
    "moved to the CPU": lambda x, c: x.to("cpu"),
    "from numpy": lambda x, c: torch.from_numpy(np.ones(2)),
    "written in a loop": written_in_a_loop,
    "indexed by a number of the device": lambda x, c: c[x.argmax() - 5],
}
RAISES: dict[str, tuple[Use, str]] = {
    "both in a sum": (lambda x, c: x + c, TWO_DEVICES),
    "both, the other first": (lambda x, c: c * x, TWO_DEVICES),
    "added in place to a number": (lambda x, c: torch.tensor(0.0).add_(x[0, 0]), TWO_DEVICES),
    "a number of the device to a row of the CPU": (lambda x, c: x[0, 0] + c, TWO_DEVICES),
    "stacked with a number": (lambda x, c: torch.stack([x[0, 0], torch.tensor(1.0)]), TWO_DEVICES),
    "gathered by indices elsewhere": (lambda x, c: x.gather(1, torch.zeros(2, 1, dtype=torch.long)), TWO_DEVICES),
    "filled by a mask elsewhere": (lambda x, c: x.masked_fill(c > 0, 0.0), TWO_DEVICES),
    "a layer on the CPU": (lambda x, c: torch.nn.Linear(3, 2)(x), TWO_DEVICES),
    "noise of the CPU": (lambda x, c: x + torch.randn(x.shape), TWO_DEVICES),
    "a loss of both": (lambda x, c: F.mse_loss(x, c), TWO_DEVICES),
    "actions elsewhere": (lambda x, c: Categorical(logits=x).log_prob(torch.tensor([0, 1])), TWO_DEVICES),
    "indexed by a mask of the device": (lambda x, c: c[x > 2], INDEX_ELSEWHERE),
    "numpy": (lambda x, c: x.numpy(), NO_NUMPY),
    "a function of numpy's": (lambda x, c: np.where(x > 0, 1, 0), NO_NUMPY),
    "an array": (lambda x, c: x + np.ones((2, 3)), NO_NUMPY),
}


@pytest.mark.parametrize("use", ON_THE_DEVICE.values(), ids=ON_THE_DEVICE)
def test_what_is_made_of_the_devices_tensors_is_there(use: Use) -> None:
    assert isinstance(used(use), OnDevice)


@pytest.mark.parametrize("use", ON_THE_CPU.values(), ids=ON_THE_CPU)
def test_what_is_made_without_a_device_is_on_the_cpu(use: Use) -> None:
    assert type(used(use)) is torch.Tensor


@pytest.mark.parametrize(("use", "words"), RAISES.values(), ids=RAISES)
def test_what_a_gpu_refuses_raises(use: Use, words: str) -> None:
    with pytest.raises((RuntimeError, TypeError)) as raised:
        used(use)
    assert str(raised.value) == words


def test_values_can_be_looked_at_as_they_can_on_a_gpu() -> None:
    assert used(lambda x, c: (x[0, 1].item(), x.tolist(), bool(x[0, 1]), len(x), math.exp(x[0, 1]))) == (
        1.0,
        [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]],
        True,
        2,
        math.e,
    )
    assert used(lambda x, c: f"{x[0, 1]:.2f}") == "1.00"
    assert used(lambda x, c: (str(x.device), str(c.device), x.is_cuda, c.is_cuda)) == ("cuda:0", "cpu", True, False)


def test_what_is_moved_leaves_the_original_where_it_was() -> None:
    def moved(x: torch.Tensor, c: torch.Tensor) -> Any:
        c.to(x.device).add_(1)
        torch.as_tensor(c, device="cuda")
        return c

    still = used(moved)
    assert type(still) is torch.Tensor
    assert still.eq(1).all()
