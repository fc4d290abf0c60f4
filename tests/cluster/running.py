"""A cluster of separate processes, started by Dask's own commands: what tests and benchmarks share."""

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
from distributed import Client

from grader.cluster import VARIABLES, certificates
from grader.lab import ROOT

START_SECONDS = 60.0


@dataclasses.dataclass
class Cluster:
    """A scheduler with its workers, and the folder of their certificates, logs and local files."""

    folder: Path
    host: str = "127.0.0.1"
    within: Sequence[str] = ()  # a command that runs the scheduler's
    processes: list[subprocess.Popen[bytes]] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.certificates = self.folder / "certificates"
        certificates.write(self.certificates)
        self.address = f"tls://{self.host}:{free_port()}"
        words = ("--host", self.host, "--port", self.address.rpartition(":")[2], "--no-dashboard")
        self.start("scheduler", *words, within=self.within)

    def start(self, what: str, *words: str, within: Sequence[str] = (), **environment: str) -> subprocess.Popen[bytes]:
        """Starts `dask scheduler` or `dask worker`."""
        command = [*within, sys.executable, "-m", f"distributed.cli.dask_{what}", *words]
        command += certificates.options(str(self.certificates)).split()
        name = f"{what}-{len(self.processes)}"
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "OMP_NUM_THREADS": "1",
                    **VARIABLES,
                    **environment,
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self, host: str = "", within: Sequence[str] = (), **environment: str) -> subprocess.Popen[bytes]:
        """Starts a worker, which is one process without a nanny."""
        local = self.folder / f"local-{len(self.processes)}"
        alone = (
            "--nthreads",
            "1",
            "--memory-limit",
            "0",
            "--no-dashboard",
            "--no-nanny",
            "--local-directory",
            str(local),
        )
        return self.start("worker", self.address, *alone, within=within, **environment)

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        security = certificates.read(self.certificates)
        with Client(self.address, security=security, timeout=START_SECONDS, set_as_default=False) as client:
            yield client

    def wait_for(self, count: int) -> None:
        """Until the scheduler has so many workers."""
        with self.client() as client:
            end = time.monotonic() + START_SECONDS
            while len(client.nthreads()) != count:
                assert time.monotonic() < end, "".join(path.read_text() for path in self.folder.glob("*.log"))
                time.sleep(0.1)

    def close(self) -> None:
        for process in reversed(self.processes):
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started, by force."""
    family = []
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    for one in [process, *family]:
        with contextlib.suppress(psutil.Error, OSError):
            one.send_signal(signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
