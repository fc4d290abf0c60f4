"""Whether a student's functions work on the device of their inputs, found without a GPU: on a pretended one.

    pg_loss_device = on_its_device(one_episode)

Its tensors have values, so code that looks at them (a loop with `float(done[t])`) runs as it does on a GPU. The same
probe runs on any other `Device`: `make gpu-check` gives it a real one.
"""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch

from grader import codes
from grader.checks.definitions import Check, Probe, Wrong
from grader.checks.pretended import PretendedDevice
from grader.checks.probes import mapping, tensors_in
from grader.lab.limits import words_of
from grader.lab.loading import Broken, is_todo
from grader.plain import Plain, type_name

SECONDS = 5  # CPU seconds: each operation costs more there, and a loop over values has many
FOUND = ("cpu", "not checked", "cuda")  # the worst first
TITLES = {1: "Works on the device of its inputs.", 2: "Both work on the device of their inputs."}


class Device(AbstractContextManager[Any], Protocol):
    """Where a probe's tensors are put while the context is active, and what is known of that place."""

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        """A copy of a tensor there."""

    def holds(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor is there."""

    def refuses_mixtures_with(self, words: str) -> bool:
        """Whether these words of an exception say that tensors of two devices met."""

    def wait(self) -> None:
        """Returns once all that was asked of the device is done; raises what went wrong with it."""


def on_its_device(*checks: Check, points: float = 1, needs: Check | None = None) -> Check:
    """A check that the functions which these checks call work on the device of their inputs, on the first case of each.

    It needs the first of them, unless `needs` is another. Code that fails on the pretended device for another reason
    than a mixture of devices (it asks for a generator of the GPU's) is not checked, which is said, and earns nothing.
    """

    def probe(lab: Any, device: Callable[[], Device] = PretendedDevice) -> dict[str, str]:
        found = [seen_on(device(), check.probe, lab, check.cases[0].arguments) for check in checks]
        return min(found, key=lambda facts: FOUND.index(facts["device"]))

    made = Check(
        name="",
        task=checks[0].task,
        points=points,
        title=TITLES.get(len(checks), "All of them work on the device of their inputs."),
        probe=probe,
        seconds=SECONDS,
        quick=False,
        verify=works_on_its_device,
        needs=needs or checks[0],
        last=True,
        values=False,
    )
    made.case("on CUDA")
    return made


def works_on_its_device(value: Plain, **_case: Any) -> None:
    """Verifies what was found on the pretended device."""
    facts = mapping(value, "device", "function", "message")
    message, function = str(facts["message"]), str(facts["function"])
    if facts["device"] == "cuda":
        return
    if facts["device"] == "not checked":
        raise Wrong(codes.DEVICE_UNCHECKED(function=function, message=message))
    if message:
        raise Wrong(codes.OTHER_DEVICE(function=function, message=message))
    raise Wrong(codes.RESULT_ON_CPU(function=function))


def device_of_result(function: Callable[..., Any], *args: Any) -> dict[str, str]:
    """Where the function's tensors are when its inputs are on a CUDA device: "cuda", which is right, "cpu", or "not
    checked" where it fails for another reason. The message is that of its exception."""

    class Single:
        call = staticmethod(function)

    def probe(lab: Any, **arguments: Any) -> None:
        lab.call(*arguments.values())

    return on_pretended_device(probe, Single(), {f"argument {place}": arg for place, arg in enumerate(args, 1)})


def on_pretended_device(probe: Probe, lab: Any, arguments: dict[str, Any]) -> dict[str, str]:
    """What is seen of the functions that `probe(lab, **arguments)` calls, all tensors that it is given being on a
    pretended GPU."""
    return seen_on(PretendedDevice(), probe, lab, arguments)


def seen_on(device: Device, probe: Probe, lab: Any, arguments: dict[str, Any]) -> dict[str, str]:
    """What is seen of the functions that `probe(lab, **arguments)` calls, all tensors that it is given being on a
    device: "cuda" where their results are there, too, whatever its name is."""
    watched = _Watched(lab, device)
    with device:
        given = {
            name: device.put(value) if isinstance(value, torch.Tensor) else value for name, value in arguments.items()
        }
        try:
            probe(watched, **given)
        except Exception as error:
            if is_todo(error) or isinstance(error, Broken):
                raise
            # Else it is a call's, which is noted, or the probe's own, which may read results in its own way.
    return watched.facts or {"device": "not checked", "function": "", "message": ""}


class _Watched:
    """What a probe calls `lab` on a device: notes where the functions' results are, and what they raise.

    A generator lives on the CPU, so the functions are called without one.
    """

    def __init__(self, lab: Any, device: Device) -> None:
        self._lab, self._device = lab, device
        self.facts: dict[str, str] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(self._lab, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            kwargs = {name: value for name, value in kwargs.items() if not isinstance(value, torch.Generator)}
            try:
                result = function(*args, **kwargs)
                self._device.wait()
            except Exception as error:
                words = words_of(error)
                mixed = self._device.refuses_mixtures_with(words)
                self._note(name, "cpu" if mixed else "not checked", f"{type_name(error)}: {words[:300]}")
                raise
            self._note(name, "cuda" if all(map(self._device.holds, tensors_in(result))) else "cpu")
            return result

        return call

    def _note(self, function: str, device: str, message: str = "") -> None:
        if not self.facts or FOUND.index(device) < FOUND.index(self.facts["device"]):
            self.facts = {"device": device, "function": function, "message": message}


@functools.cache
def warm_up() -> None:
    """Does once what torch does at first use: gradients and draws, on a pretended device, too."""

    def typical(logits: torch.Tensor) -> torch.Tensor:
        scores = torch.log_softmax(logits, dim=-1)
        ones = torch.zeros_like(scores) + torch.tensor(1.0, device=logits.device)
        drawn = scores.gather(-1, torch.multinomial(ones, 1))
        return (scores.exp() * ones.detach()).sum() / len(scores) + (drawn.squeeze(-1) ** 2).mean()

    random_state = torch.get_rng_state()
    logits = torch.zeros(2, 3, requires_grad=True)
    torch.autograd.grad(typical(logits), logits)
    device_of_result(typical, torch.zeros(2, 3))
    torch.set_rng_state(random_state)
