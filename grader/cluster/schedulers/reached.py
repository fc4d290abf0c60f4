"""Reaches a scheduler that somebody has started: is anybody there, does it let us in, is it what we are."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from grader.cluster.schedulers import CONNECT_SECONDS
from grader.errors import Refused

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

PORT = 8786  # Dask's own
AGAIN_SECONDS = 120.0  # in which a scheduler that was lost may be reached again


@contextlib.contextmanager
def client_of(address: str, security: "Security | None" = None, certificates: Path | None = None) -> "Iterator[Client]":
    """A client of the scheduler at tcp://host:port or tls://host:port; Refused where there is none. `certificates` is
    the folder that `security` was read from, if there is one."""
    from distributed import Client

    address = answering(address)
    try:
        client = Client(address, security=security, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        cause = error.__cause__ or error
        reason = next(iter(str(cause).splitlines()), type(cause).__name__)
        if certificates:
            raise Refused("scheduler_refuses", address=address, folder=str(certificates), reason=reason) from None
        raise Refused("no_scheduler_there", address=address, reason=reason) from None
    client._timeout = AGAIN_SECONDS
    with client:
        same_release(client, address)
        yield client


def answering(address: str) -> str:
    """The address with its port, once somebody listens there; Refused where nobody does within seconds."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError:
        host, port = "", 0
    try:
        if not host:
            raise ValueError("it names no host")
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused("no_scheduler_there", address=address, reason=reason) from None
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def same_release(client: "Client", address: str) -> None:
    """Refused where the scheduler's Python or Dask is another than ours."""
    found = client.get_versions()
    ours, theirs = found["client"]["packages"], found["scheduler"]["packages"]
    different = [
        f"{name} ({ours.get(name)}, {theirs.get(name)})"
        for name in ("python", "dask", "distributed", "msgpack")
        if ours.get(name) != theirs.get(name)
    ]
    if different:
        raise Refused("scheduler_differs", address=address, differences=different)
