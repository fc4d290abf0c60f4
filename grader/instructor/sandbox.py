"""Starts the warm parent of workers. This is the one place that decides what a worker may see of the machine.

Here it is a separate process with an environment of its own; inside, each child limits itself (worker.confine).
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence

from grader.lab import ROOT

NAME = {"outer": "none", "inner": "rlimits"}
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHASHSEED", "VIRTUAL_ENV")


def start_parent(modules: Sequence[str]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A warm parent that has these modules imported, and the socket by which it is told to fork."""
    ours, theirs = socket.socketpair()
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "grader.worker", str(theirs.fileno()), *modules],
        cwd=ROOT,
        env=environment,
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    theirs.close()
    return process, ours
