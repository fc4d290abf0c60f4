"""A scheduler that somebody has started, with certificates that it and its workers have, too."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from grader.cluster import certificates
from grader.cluster.schedulers import Setting
from grader.cluster.schedulers.reached import client_of

if TYPE_CHECKING:
    from distributed import Client

DESCRIPTION = "tls://host:8786 (a scheduler that runs there, encrypted)"
QUEUES = False


@contextlib.contextmanager
def opened(address: str, setting: Setting) -> "Iterator[Client]":
    with client_of(address, certificates.read(setting.certificates), setting.certificates) as client:
        yield client
