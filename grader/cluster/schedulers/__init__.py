"""How a cluster is reached, or started: a module here for each word that SCHEDULER may begin with, found by its name.

    DESCRIPTION: str                                       what it is, in one line, with how it is written
    QUEUES: bool                                           whether its workers may come long after it was opened
    opened(address, setting) -> AbstractContextManager     gives a distributed.Client, or says (Refused) why there is
                                                           none; ends in the end what it started, and nothing else

`address` is what was typed (tls://host:8786, local:4, slurm). distributed is imported by these functions, not by the
modules: it is an extra.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from grader.errors import Refused
from grader.registry import modules_of

CONNECT_SECONDS = 10.0


@dataclasses.dataclass(frozen=True)
class Setting:
    """What was asked for beside the address."""

    certificates: Path  # the folder of certificates.py, which may not be there yet
    workers: int | None  # where workers are started: how many. None: as many as the address or a configuration says
    tell: Callable[[str], None]  # told what there is to say
    stopped: Callable[[], bool] = lambda: False  # whether Ctrl-C was typed: whoever waits for long asks


def schedulers() -> dict[str, ModuleType]:
    """The kinds of schedulers that there are, by the word that they begin with."""
    return {name: module for name, module in modules_of(__name__).items() if hasattr(module, "QUEUES")}


def scheduler_of(address: str) -> ModuleType:
    """The module for an address; Refused where there is none."""
    there = schedulers()
    word = address.partition(":")[0]
    if word not in there:
        raise Refused("no_such_scheduler", address=address, there=[module.DESCRIPTION for module in there.values()])
    return there[word]
