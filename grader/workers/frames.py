"""Messages between the grader and a worker: a length of four bytes, then plain data (plain.py), over a socket."""

import select
import socket
import struct
import time
from collections.abc import Callable

from grader import codes
from grader.plain import MAX_BYTES, NotPlain, Plain, pack, unpack

HEADER = struct.Struct(">I")
POLL_SECONDS = 0.1
GAP_SECONDS = 0.5  # between two looks; what is longer was nobody's: the grader itself was stopped


class Gone(Exception):
    """The other end closed, or does not read."""


def send(channel: socket.socket, plain: Plain) -> None:
    """Sends one message; Gone where the other end is closed, or leaves it unread (the channel's timeout)."""
    message = pack(plain)
    try:
        channel.sendall(HEADER.pack(len(message)) + message)
    except OSError:
        raise Gone from None


def within(seconds: float) -> Callable[[], None]:
    """For `still_waiting`: gives up (Gone) after so many seconds."""
    looked, left = time.monotonic(), seconds

    def still_waiting() -> None:
        nonlocal looked, left
        now = time.monotonic()
        looked, left = now, left - min(now - looked, GAP_SECONDS)
        if left < 0:
            raise Gone

    return still_waiting


def receive(
    channel: socket.socket, max_bytes: int = MAX_BYTES, still_waiting: Callable[[], None] = lambda: None
) -> Plain:
    """Receives one message: Gone at the end of the stream, NotPlain for what is malformed or too large.

    `still_waiting` is called several times a second while nothing has come, and may raise to give up.
    """
    (length,) = HEADER.unpack(_read(channel, HEADER.size, still_waiting))
    if length > max_bytes:
        raise NotPlain(codes.TOO_MANY_BYTES(bytes=length, allowed=max_bytes))
    return unpack(_read(channel, length, still_waiting), max_bytes)


def _read(channel: socket.socket, count: int, still_waiting: Callable[[], None]) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        still_waiting()
        if not select.select([channel], [], [], POLL_SECONDS)[0]:
            continue
        try:
            part = channel.recv(min(count - len(parts), 1 << 20))
        except OSError:
            raise Gone from None
        if not part:
            raise Gone
        parts += part
    return bytes(parts)
