"""A scheduler that somebody has started without encryption, in a network where everybody is trusted."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from grader.cluster.schedulers import Setting
from grader.cluster.schedulers.reached import client_of
from grader.languages import say

if TYPE_CHECKING:
    from distributed import Client

DESCRIPTION = "tcp://host:8786 (the same without encryption)"
QUEUES = False


@contextlib.contextmanager
def opened(address: str, setting: Setting) -> "Iterator[Client]":
    setting.tell(say("scheduler_without_tls", address=address))
    with client_of(address) as client:
        yield client
