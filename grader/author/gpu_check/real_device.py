"""A device that is really there, for the probes that devices.py runs on a pretended one."""

import re
from typing import Any

import torch

# What torch says where tensors of two devices meet, in ATen, in its CUDA kernels and in its Python (2.11 to 2.13).
MIXTURE = re.compile(
    r"same devices?\b|same device type|have device type|device type tensor to numpy|with device type|"
    r"device type for generator but found|expects device type: cuda|"
    r"\bis on cpu\b|\bis on CPU\b|to be on (?:the )?(?:cpu|CPU|GPU|cuda)\b|"
    r"either on cpu or on the same device|Input type .* and weight type .* should be the same"
)
OF_GENERATORS = "device type for generator but found"


class RealDevice:
    """torch's device of this name ("cuda", or "cpu" for a rehearsal), as devices.py wants one (`Device`)."""

    def __init__(self, name: str) -> None:
        self.device = torch.device(name)

    def __enter__(self) -> "RealDevice":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was changed."""

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        """A copy of a tensor on the device."""
        return tensor.detach().to(self.device, copy=True)

    def holds(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor is on the device."""
        return tensor.device.type == self.device.type

    def refuses_mixtures_with(self, words: str) -> bool:
        """Whether these words of an exception say that tensors of two devices met."""
        return MIXTURE.search(words) is not None

    def wait(self) -> None:
        """Returns once all kernels have ended; raises what they found, which an assertion in one says only then."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def alive(self) -> bool:
        """Whether it still computes: after an assertion in a kernel failed nothing works any more in this process."""
        try:
            found = (torch.ones(2, device=self.device) + 1).tolist()
            self.wait()
        except RuntimeError:  # torch.AcceleratorError is one
            return False
        return found == [2.0, 2.0]

    def warm_up(self) -> None:
        """Does once what takes long at first use: the context, a product of matrices, a gradient, draws."""
        x = torch.ones(2, 2, device=self.device, requires_grad=True)
        loss: Any = torch.log_softmax(x @ x, dim=-1).exp().sum()
        loss.backward()
        torch.multinomial(torch.ones(4, device=self.device), 2)
        torch.arange(4, device=self.device).gather(0, torch.zeros(1, dtype=torch.int64, device=self.device))
        self.wait()
