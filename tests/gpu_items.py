"""Items of a report that tests/test_gpu_check.py runs: each runs in a new process, which imports this file alone."""

import os
import subprocess
import sys
import threading

from grader.author.gpu_check.report import Table
from grader.author.gpu_check.settings import Found, Settings, Tell

HALF = Found("passed", "half of it", tables=[Table("Halves", [{"part": 1, "of": 2, "share": 0.5, "name": "a | b"}])])


def finds(tell: Tell, settings: Settings) -> None:
    print("what an item prints is nothing to the report")
    tell(HALF)
    tell(Found("differs", f"on {settings.device}", "as it should", [Table("Rows", [{"x": 1.5}])], ["a line"]))


def dies(tell: Tell, settings: Settings) -> None:
    tell(HALF)
    print("the last words", file=sys.stderr, flush=True)
    os.abort()


def raises(tell: Tell, settings: Settings) -> None:
    raise ValueError("no such thing")


def hangs(tell: Tell, settings: Settings) -> None:
    """With another process, whose number it tells, and which would outlive it."""
    other = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
    tell(Found("passed", str(other.pid)))
    threading.Event().wait()


def says_nothing(tell: Tell, settings: Settings) -> None:
    """Ends without a word."""
