"""Writes a file whole or not at all, and so that it is still there after a power cut; adds lines to a log, and reads
them."""

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from grader.errors import Refused

UNFINISHED = ".new"  # how the name of a file ends that is being written


def write_whole(path: Path, data: bytes, durable: bool = True) -> None:
    """Puts a file in place of the one that is there. OSError where it cannot be written: what was there stays.

    `durable` waits until the disk has it. What can be made again needs no waiting.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if not durable:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name is on the disk, too
    finally:
        os.close(folder)


def append_whole(log: Path, lines: bytes) -> None:
    """Adds lines to a log, after the end of one that a machine went down in, and waits until the disk has them. OSError
    where they cannot be written."""
    with os.fdopen(os.open(log, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666), "r+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        torn = size > 0 and file.read(1) != b"\n"
        data = b"\n" + lines if torn else lines
        if file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(log))
        os.fsync(file.fileno())


def read_lines(log: Path, kind: Any) -> list[Any]:
    """The lines of a log, each a `kind` in JSON, in their order; empty where there is no log. A line in which a machine
    went down is left out. Refused where the log cannot be read."""
    try:
        lines = log.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Refused("cannot_be_read", 3, path=str(log), reason=error.strerror or "") from None
    found = []
    for line in lines:
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found.append(msgspec.json.decode(line, type=kind))
    return found
