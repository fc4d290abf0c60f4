"""A cluster of worker processes on this machine, which ends with the command."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from grader.cluster.schedulers import Setting
from grader.errors import Refused

if TYPE_CHECKING:
    from distributed import Client

DESCRIPTION = "local:4 (so many processes on this machine)"
QUEUES = False


@contextlib.contextmanager
def opened(address: str, setting: Setting) -> "Iterator[Client]":
    """Speaks TLS with certificates that are nowhere but in memory: other users of the machine cannot join."""
    from distributed import Client, LocalCluster
    from distributed.security import Security

    asked = address.partition(":")[2]
    if not (asked.isdecimal() and int(asked)):
        raise Refused("no_number_of_workers", address=address)
    with (
        LocalCluster(
            n_workers=int(asked),
            threads_per_worker=1,
            memory_limit=0,  # the sandbox has limits of its own
            host="127.0.0.1",
            protocol="tls://",
            security=Security.temporary(),
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address=None,
            silence_logs=50,
            preload=["grader.cluster.deaf"],
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client
