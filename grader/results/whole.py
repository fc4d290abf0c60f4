"""Writes a file whole or not at all, and so that it is still there after a power cut."""

import os
import secrets
from pathlib import Path

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
