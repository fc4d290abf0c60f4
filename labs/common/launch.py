"""Starts a lab's training once for each GPU of this machine, as torchrun does: `make lab7-train MODEL=smollm2 GPUS=8`.

torchrun starts the processes, tells each which it is, and ends all when one fails. Added here are a refusal in words,
and that nothing is said twice: what went wrong was said by the process that failed.

The tiny model is refused: it is trained on a single CPU core in a minute, and is what the milestones judge. For several
machines there is train.slurm; who wants several processes on a CPU, to see them work, types torchrun.
"""

import logging
import os
import signal
import sys
from collections.abc import Sequence

from labs.common.errors import CannotUse
from labs.common.recipes import is_tiny
from labs.common.translated import _

STOPPING = 600  # seconds, from Ctrl-C to the end of the running step and of the evaluation; then they are killed


def gpus_asked() -> int:
    """How many GPUs of this machine GPUS asks for, 1 where it says nothing; CannotUse where they cannot be had.

    Under torchrun it is 1: that has been done.
    """
    asked = os.environ.get("GPUS")
    if not asked or "LOCAL_RANK" in os.environ:
        return 1
    if not asked.isdecimal() or int(asked) < 1:
        raise CannotUse(_("GPUS={asked}: a whole number of GPUs, from 1 on, is expected").format(asked=asked))
    if asked == "1":
        return 1
    if is_tiny():
        raise CannotUse(
            _(
                "GPUS={asked}: the tiny model is trained in one process, on the CPU, where it is fastest. Leave "
                "GPUS out, or name a real model: MODEL=smollm2 GPUS={asked}"
            ).format(asked=asked)
        )
    import torch

    if (there := torch.cuda.device_count()) < int(asked):
        raise CannotUse(
            _("GPUS={asked}: this machine has {there}. Leave GPUS out, or ask for no more than there are.").format(
                asked=asked, there=there
            )
        )
    return int(asked)


def launch(count: int, command: Sequence[str]) -> int:
    """Runs a Python script with its arguments in `count` processes; returns the exit code of the first that failed.

    Ctrl-C is handed on to them, and makes 130; a second one ends them at once.
    """
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // count)))
    os.environ.setdefault("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", str(STOPPING))
    logging.disable(logging.ERROR)  # of this process, which only waits for the others
    try:
        arguments = ["--standalone", "--nproc-per-node", str(count), *command]
        run.run(run.parse_args(arguments))  # type: ignore[no-untyped-call]
    except ChildFailedError as error:
        codes = [failure.exitcode for _, failure in sorted(error.failures.items())]
        if -signal.SIGKILL in codes:  # it could not say so itself
            killed = codes.index(-signal.SIGKILL)
            print(
                _("Process {killed} of 0 to {last} was killed: memory may have run out.").format(
                    killed=killed, last=count - 1
                ),
                file=sys.stderr,
            )
        return next((code for code in codes if code > 0), 1)  # torchrun ends the others by signals
    except (SignalException, KeyboardInterrupt):
        return 130
    return 0
