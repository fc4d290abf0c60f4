"""The folder that results go to: one grader at a time, writable, swept of what a killed one left, left by no name."""

import contextlib
import fcntl
import os
import time
import unicodedata
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

from grader.errors import Refused
from grader.languages import say
from grader.plain import one_line
from grader.results.whole import UNFINISHED

LOCK_FILE = ".lock"
LOCK_SECONDS = 10.0  # a grader that was killed a moment ago may still have to let go
MAX_NAME_BYTES = 200  # of the 255 that file systems allow: others make longer names of it


def result_path(out: Path, student: str, lab: str) -> Path:
    return out / student / lab / "result.json"


def unfit(out: Path, student: str, lab: str) -> str:
    """Why there can be no folder of this student's name in `out`, or "": whoever handed in has chosen the name."""
    if student.startswith("."):
        return "it begins with a dot"
    if not student or "/" in student or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in student):
        return "it is empty, or has a / or a control character in it"
    if len(student.encode()) > MAX_NAME_BYTES:
        return f"it has more than {MAX_NAME_BYTES} bytes"
    folder = out / student / lab
    try:
        if folder.resolve() != out.resolve() / student / lab:
            return "a link stands in its place"
        if any(path.exists() and not path.is_dir() for path in (folder.parent, folder)):
            return "a file stands in its place"
    except OSError:  # not the name's fault: whoever writes there meets it again, and says what it is
        pass
    return ""


@contextlib.contextmanager
def opened(out: Path, who: str, tell: Callable[[str], None]) -> Iterator[None]:
    """`out`, made, tried out, and locked for this process and those it forks; Refused where that cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = (out / LOCK_FILE).open("a+b", buffering=0)
    except OSError as error:
        raise _not_writable(out, error) from None
    with lock:
        _take(lock, out, tell)
        try:
            lock.truncate(0)
            lock.write(who.encode())
            _try_out(out / f".probe{UNFINISHED}")
            for leftover in out.glob(f"*/*/*.*{UNFINISHED}"):
                leftover.unlink()
        except OSError as error:
            raise _not_writable(out, error) from None
        yield


def _not_writable(out: Path, error: OSError) -> Refused:
    return Refused("results_cannot_be_written", folder=str(out), reason=error.strerror)


def _try_out(probe: Path) -> None:
    """Finds a full or read-only disk now, and not after an hour of grading."""
    try:
        with probe.open("wb") as file:
            file.write(b"\n")
            file.flush()
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)


def _take(lock: FileIO, out: Path, tell: Callable[[str], None]) -> None:
    give_up = time.monotonic() + LOCK_SECONDS
    said = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            lock.seek(0)
            other = one_line((lock.read(200) or b"unknown").decode(errors="replace"))
        if not said:
            tell(say("waiting_for_another", other=other, folder=str(out), seconds=LOCK_SECONDS))
            said = True
        if time.monotonic() > give_up:
            raise Refused("another_at_work", other=other, folder=str(out))
        time.sleep(0.1)
