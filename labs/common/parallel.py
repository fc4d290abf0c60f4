"""Several processes that train one model: what stands between a training loop and accelerate.

Each process has a GPU and a copy of the model. All draw the same batch from the same dice, each computes its share of
it, and the gradients are averaged before the step. So the batch of a recipe is that of all processes together, and the
weights stay the same in all of them without being sent.

GPUS=8 starts a script so on one machine (launch.py), train.slurm on several; so does torchrun itself. On a single
process, every function here returns at once, and accelerate is not imported.
"""

import contextlib
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from labs.common.errors import CannotUse
from labs.common.recipes import is_tiny
from labs.common.translated import _

if TYPE_CHECKING:  # labs 1 and 2 train without torch, and have their script from the same module
    import torch
    from torch import Tensor

WAIT = timedelta(hours=2)  # for the others: a warm start may take as long. One that dies is noticed at once by torchrun
ANSWER = timedelta(seconds=10)  # of torchrun, after a failure
BUCKET = 2**24  # numbers that are averaged at once, 64 MB: a copy of all gradients would be too large
Item = TypeVar("Item")


def processes() -> int:
    """How many there are: WORLD_SIZE, where torchrun has set it."""
    return int(os.environ["WORLD_SIZE"]) if "LOCAL_RANK" in os.environ and "WORLD_SIZE" in os.environ else 1


def rank() -> int:
    """Which of them this is, from 0 on."""
    return int(os.environ["RANK"]) if processes() > 1 else 0


def is_main() -> bool:
    """Whether this is the process that prints, saves, draws and hands over."""
    return rank() == 0


# --- the beginning, and the end ---------------------------------------------------------------------------------------


def state() -> Any:
    """accelerate's PartialState. The first call connects the processes, and puts this one on its GPU.

    The tiny model stays on the CPU, and what its processes say to each other goes through gloo; else NCCL is used where
    there are GPUs.
    """
    import torch
    from accelerate import PartialState

    return PartialState(cpu=is_tiny() or not torch.cuda.is_available(), timeout=WAIT)


def begin() -> None:
    """Connects the processes. Afterwards only the main one is heard, or the first that fails."""
    if processes() == 1:
        return
    state()
    sys.excepthook = first_failing
    if not is_main():
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open to the end


def fails_first() -> bool:
    """Whether no other process has failed yet. The others fail, too, when one of them is gone: that is no news."""
    if processes() == 1:
        return True
    from torch.distributed import TCPStore  # type: ignore[attr-defined]  # public, and not in its stubs

    try:  # torchrun's own store, which is there as long as torchrun is
        store = TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False, timeout=ANSWER)
        return bool(store.add("labs.common: failed", 1) == 1)
    except RuntimeError:  # its machine is gone
        return True


def first_failing(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if fails_first():
        traceback.print_exception(kind, error, trace, file=sys.__stderr__)


def end(code: int, together: bool) -> None:
    """Ends this process with its exit code, where there are others. Those that end `together` wait for each other: one
    that is gone is taken for a failure. Else it waits for nothing: NCCL would wait for the others on the way out, and
    they for this one; torchrun ends them."""
    if processes() == 1:
        return
    if together:
        with contextlib.suppress(RuntimeError):  # the others are gone, and so have been here
            state().wait_for_everyone()
        state().destroy_process_group()
        return
    fails_first()  # they need not say that this one is gone
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            stream.flush()
    os._exit(code)


# --- what a process does of a step ------------------------------------------------------------------------------------


def part(whole: int, what: str) -> int:
    """How many of a step's prompts, pairs, ... fall to each process; CannotUse where they cannot be divided."""
    count = processes()
    if whole % count == 0:
        return whole // count
    fit = ", ".join(str(n) for n in range(1, whole + 1) if whole % n == 0)
    raise CannotUse(
        _(
            "{whole} {what} of a step cannot be divided among {count} processes. As many processes are "
            "expected as divide them: {fit}. Set GPUS to one of these, or change the recipe "
            "(labs/common/recipes.py)."
        ).format(whole=whole, what=_(what), count=count, fit=fit)
    )


def share(whole: Sequence[Item], what: str) -> Sequence[Item]:
    """This process's part of what all have drawn: the first has the first ones, so that what belongs together stays."""
    size = part(len(whole), what)
    return whole[rank() * size : (rank() + 1) * size]


def own_dice(dice: "torch.Generator") -> "torch.Generator":
    """Dice of this process alone, for one step, made from dice that are the same in all processes, and stay so.

    A single process has the dice themselves. So what is drawn depends on the number of processes.
    """
    if processes() == 1:
        return dice
    import torch

    from labs.common.seeding import generator

    drawn = torch.randint(2**62, (), generator=dice, device=dice.device)
    return generator(int(drawn), f"process {rank()}", dice.device)


# --- what they tell each other: each of these is called by all of them, in the same order ---------------------------


def average_gradients(parameters: "Iterable[Tensor]") -> None:
    """Puts the mean over the processes in the place of each gradient; one that is missing counts as 0."""
    if processes() == 1:
        return
    import torch
    from accelerate.utils import reduce

    def average(gradients: "list[Tensor]") -> None:
        mean = reduce(torch.cat([gradient.flatten() for gradient in gradients]), "mean")
        for gradient, numbers in zip(gradients, mean.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(numbers.view_as(gradient))

    bucket: list[Tensor] = []
    for parameter in parameters:
        if not parameter.requires_grad:
            continue
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        if bucket and sum(gradient.numel() for gradient in bucket) + parameter.numel() > BUCKET:
            average(bucket)
            bucket = []
        bucket.append(parameter.grad)
    if bucket:
        average(bucket)


def gathered(values: "Tensor") -> "Tensor":
    """The values (n, ...) of every process, (processes * n, ...), in the order of `share`; without a gradient."""
    if processes() == 1:
        return values
    from accelerate.utils import gather

    found: Tensor = gather(values.detach())
    return found


def total(number: float) -> float:
    """The sum of a number over the processes."""
    return number if processes() == 1 else reduced([number], "sum")[0]


def mean(figures: Mapping[str, float]) -> dict[str, float]:
    """The mean of each figure over the processes."""
    if processes() == 1:
        return dict(figures)
    return dict(zip(figures, reduced(list(figures.values()), "mean"), strict=True))


def weight(count: float) -> float:
    """What a mean over `count` of this process's tokens counts in the mean over the processes, for that to be the mean
    over all their tokens: 1 where all have as many, as a single process has."""
    everything = total(count)
    return count * processes() / everything if everything else 1.0


def anyone(asked: bool) -> bool:
    """Whether any process says so."""
    return asked if processes() == 1 else reduced([float(asked)], "max")[0] > 0


def reduced(numbers: list[float], how: str) -> list[float]:
    import torch
    from accelerate.utils import reduce

    found: list[float] = reduce(torch.tensor(numbers, dtype=torch.float64, device=state().device), how).tolist()
    return found


@contextlib.contextmanager
def main_first() -> Iterator[None]:
    """The main process does it before the others do, which then find what it left."""
    if processes() == 1:
        yield
        return
    with state().main_process_first():
        yield


def refuse_different(reached: float) -> None:
    """CannotUse where the processes would not go on from the same place: they need one folder to read from."""
    if processes() == 1:
        return
    least, most = -reduced([-reached], "max")[0], reduced([reached], "max")[0]
    if least != most:
        raise CannotUse(
            _(
                "One process would go on from {least:g}, another from {most:g}: they have found different "
                "checkpoints. All machines have to work in the same folder, on a disk that they share. With "
                "--fresh all begin anew."
            ).format(least=least, most=most)
        )
