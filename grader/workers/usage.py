"""What a worker uses of the machine, as /proc and its folder tell, and how that folder is emptied.

All of it is read as bytes. A process may choose its own name and those of its files, with any bytes in them, also ones
that look like a line of the kernel's: so the name is skipped (psutil would read it as one of the lines).
"""

import contextlib
import os
import stat
from pathlib import Path

import psutil

NAME_BYTES = 1024


def is_dead(process: psutil.Process) -> bool:
    """Whether only the status of a process is left. A main thread may end before the others do."""
    return bool(process.status() == psutil.STATUS_ZOMBIE and tasks(process.pid) <= 1)


def tasks(pid: int) -> int:
    """The threads of a process."""
    return len(os.listdir(f"/proc/{pid}/task"))


def is_busy(pid: int) -> bool:
    """Whether a thread of it computes, or waits for the disk, at this moment."""
    states = [task.read_bytes().rpartition(b")")[2].split()[0] for task in Path(f"/proc/{pid}/task").glob("*/stat")]
    return bool({b"R", b"D"}.intersection(states))


def resident_bytes(pid: int) -> int:
    """The memory of a process that belongs to no file."""
    _name, *lines = Path(f"/proc/{pid}/status").read_bytes().split(b"\n")
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith((b"RssAnon:", b"RssShmem:")))


def nameless_bytes(pid: int, folder: Path, enough: int) -> int:
    """The disk space of files that were removed while a process has them open, with 1 KiB for each.

    More than `enough` where one of them is mapped, whose size /proc does not tell: no honest work does that.
    """
    used = 0
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            status = os.stat(f"/proc/{pid}/fd/{descriptor}")
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                used += NAME_BYTES + status.st_blocks * 512
    mapped = (line for line in Path(f"/proc/{pid}/maps").read_bytes().split(b"\n") if line.endswith(b"(deleted)"))
    return enough + 1 if any(b" %b/" % os.fsencode(folder) in line for line in mapped) else used


def disk_bytes(folder: Path, enough: int) -> int:
    """The disk space below `folder`, with 1 KiB for each name in it. Counting stops above `enough`."""
    used, folders = 0, [str(folder)]
    while folders and used <= enough:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    used += NAME_BYTES
                    with contextlib.suppress(FileNotFoundError):  # it is gone by now; the others are counted
                        used += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    if used > enough:
                        break
        except FileNotFoundError:
            continue
        except OSError:  # a path too long for the system, or an unreadable folder: no honest work
            return enough + 1
    return used


def empty(folder: Path) -> None:
    """Removes all that is in a folder. It moves by chdir: folders may be nested deeper than the longest path."""
    os.chdir(folder)
    inside: list[str] = []
    left = [os.listdir()]
    while left:
        if left[-1]:
            name = left[-1].pop()
            if not stat.S_ISDIR(os.lstat(name).st_mode):
                os.unlink(name)
                continue
            os.chmod(name, 0o700)
            os.chdir(name)
            inside.append(name)
            left.append(os.listdir())
        else:
            left.pop()
            if inside:
                os.chdir("..")
                os.rmdir(inside.pop())
    os.chdir("/")
