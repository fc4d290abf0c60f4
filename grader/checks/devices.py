"""Whether a student's functions work on the device of their inputs, found without a GPU: on fake tensors.

    pg_loss_device = on_its_device(one_episode)

Fake tensors have a device and no values. They are on the meta device where there is no CUDA: those of CUDA cannot be
indexed there, and asking for a gradient of them ends the process.
"""

import functools
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from grader import codes
from grader.checks.definitions import Check, Probe, Wrong
from grader.checks.probes import mapping, tensors_in
from grader.lab.loading import Broken, is_todo, words_of
from grader.plain import Plain

# How torch says that tensors of two devices met.
MISMATCH = ("two devices", "different devices", "Device Propagation", "on the expected device")
TITLES = {1: "Works on the device of its inputs.", 2: "Both work on the device of their inputs."}


def on_its_device(*checks: Check, points: float = 1, needs: Check | None = None) -> Check:
    """A check that the functions which these checks call work on the device of their inputs, on the first case of each.

    It needs the first of them, unless `needs` is another. Code that looks at values (`float(done[t])`) cannot run on
    fake tensors: that costs nothing.
    """

    def probe(lab: Any) -> dict[str, str]:
        found = [on_fake_tensors(check.probe, lab, check.cases[0].arguments) for check in checks]
        return min(found, key=lambda facts: ("cpu", "not checked", "cuda").index(facts["device"]))

    made = Check(
        name="",
        task=checks[0].task,
        points=points,
        title=TITLES.get(len(checks), "All of them work on the device of their inputs."),
        probe=probe,
        quick=False,
        verify=works_on_its_device,
        needs=needs or checks[0],
        last=True,
        values=False,
    )
    made.case("on CUDA")
    return made


def works_on_its_device(value: Plain, **_case: Any) -> None:
    """Verifies what was found on fake tensors: only a mixture of devices is wrong."""
    facts = mapping(value, "device", "message")
    if facts["device"] in ("cuda", "not checked"):
        return
    raise Wrong(codes.OTHER_DEVICE(message=str(facts["message"])) if facts["message"] else codes.RESULT_ON_CPU())


def device_of_result(function: Callable[..., Any], *args: Any) -> dict[str, str]:
    """Where the function's tensors are when its inputs are on a CUDA device: "cuda", which is right, "cpu", or "not
    checked" where it cannot run on fake tensors. The message is torch's, where tensors of two devices met."""

    class Single:
        call = staticmethod(function)

    def probe(lab: Any, **arguments: Any) -> None:
        lab.call(*arguments.values())

    return on_fake_tensors(probe, Single(), {f"argument {place}": arg for place, arg in enumerate(args, 1)})


def on_fake_tensors(probe: Probe, lab: Any, arguments: dict[str, Any]) -> dict[str, str]:
    """What is seen of the functions that `probe(lab, **arguments)` calls when all tensors it is given are fake ones."""
    from torch._subclasses import FakeTensorMode

    device = "cuda" if torch.cuda.is_available() else "meta"

    def fake(value: Any) -> Any:
        return torch.empty(value.shape, dtype=value.dtype, device=device) if isinstance(value, torch.Tensor) else value

    watched = _Watched(lab)
    with FakeTensorMode():
        try:
            probe(watched, **{name: fake(value) for name, value in arguments.items()})
        except Exception as error:
            if is_todo(error) or isinstance(error, Broken):
                raise
            # Else it is a call's, which is noted, or the probe's own, which looks at values when the calls are done.
    return watched.facts


class _Watched:
    """What a probe calls `lab` on fake tensors: notes where the functions' results are, and what they raise.

    A generator lives on the CPU, so the functions are called without one.
    """

    def __init__(self, lab: Any) -> None:
        self._lab = lab
        self.facts = {"device": "not checked", "message": ""}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(self._lab, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            kwargs = {name: value for name, value in kwargs.items() if not isinstance(value, torch.Generator)}
            try:
                result = function(*args, **kwargs)
            except Exception as error:
                words = words_of(error)
                if any(mixture in words for mixture in MISMATCH):
                    self._note("cpu", words.splitlines()[0].replace("meta", "cuda"))
                else:
                    self._note("not checked")
                raise
            self._note("cpu" if any(tensor.device.type == "cpu" for tensor in tensors_in(result)) else "cuda")
            return result

        return call

    def _note(self, device: str, message: str = "") -> None:
        if self.facts["device"] != "cpu":
            self.facts = {"device": device, "message": message}


@functools.cache
def warm_up() -> None:
    """Does once what torch does at first use: gradients, draws, and the fake tensors of device checks, whose imports
    alone take more than a second."""

    def typical(logits: torch.Tensor) -> torch.Tensor:
        scores = torch.log_softmax(logits, dim=-1)
        ones = torch.zeros_like(scores) + torch.tensor(1.0, device=logits.device)
        drawn = scores.gather(-1, torch.multinomial(ones, 1))
        return (scores.exp() * ones.detach()).sum() / len(scores) + (drawn.squeeze(-1) ** 2).mean()

    random_state = torch.get_rng_state()
    logits = torch.zeros(2, 3, requires_grad=True)
    torch.autograd.grad(typical(logits), logits)
    device_of_result(typical, torch.zeros(2, 3))
    device_of_result(_common_operations, torch.zeros(2, 3))
    torch.set_rng_state(random_state)


def _common_operations(x: torch.Tensor) -> list[torch.Tensor]:
    """What students' functions are made of, for (2, 3): the first of each kind takes milliseconds on fake tensors."""
    row, flags, places = x[0], x > 0, torch.arange(2, device=x.device)
    numbers = [x + x, x - 1.0, 2.0 * x, x * x, x / len(x), -x, x**2, 1 - x, x.exp(), x.log(), x.sqrt(), x.abs()]
    sums = [x.sum(), x.sum(-1), x.sum(-1, keepdim=True), x.mean(), x.mean(-1), x.std(), x.cumsum(0), x.logsumexp(-1)]
    chosen = [*x.max(-1), x.argmax(-1), x.clamp(0, 1), x.clamp(min=0), torch.minimum(x, x), torch.maximum(x, x)]
    squashed = [x.sigmoid(), x.tanh(), F.logsigmoid(x), F.softplus(x), x.softmax(-1), F.mse_loss(x, x)]
    masked = [
        torch.where(flags, x, 0.0),
        x.masked_fill(flags, 0.0),
        x * flags,
        x * ~flags,
        flags.float(),
        flags & flags,
    ]
    shapes = [x.T, x.reshape(-1), row.unsqueeze(-1), x.expand(2, 3), x.flip(0), torch.stack([x, x]), torch.cat([x, x])]
    read = [x[1:], x[:, -1], x[places], x[places, places], x.detach(), x.clone(), x.double(), x.to(x.device)]
    new = [torch.zeros_like(x), torch.ones_like(x), torch.empty_like(row), torch.zeros(2, device=x.device)]
    new[0][0] = row
    new[1][:-1] = x[1:]
    return [*numbers, *sums, *chosen, *squashed, *masked, *shapes, *read, *new]
