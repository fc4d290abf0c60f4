"""Workers as jobs of a queue: what SLURM, PBS and LSF have in common (dask-jobqueue).

Dask's scheduler runs in the grader's process, on the machine that jobs are submitted from; each job starts workers that
connect to it. A job that ends before its time, whoever ended it, is replaced by a new one.
"""

import contextlib
import dataclasses
import logging
import math
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from grader.cluster import VARIABLES, certificates
from grader.cluster.configuration import Positive, Text, Word
from grader.cluster.schedulers import Setting
from grader.errors import Refused
from grader.lab import ROOT
from grader.languages import say

if TYPE_CHECKING:
    from dask_jobqueue.core import JobQueueCluster
    from distributed import Client
    from distributed.security import Security

LOOK_SECONDS = 5.0  # between two looks at the queue
ANSWER_SECONDS = 60.0  # for a command of the queue
ALONE_SECONDS = 60  # after which a worker ends that finds no scheduler
FRUITLESS = 3  # jobs that ended before a worker of theirs had come, after which no more are begun
LOG_BYTES = 2_000  # of a job's log, where the reason stands

Memory = Annotated[str, Meta(pattern=r"^\d+ ?[KMGT]i?B$")]
Walltime = Annotated[str, Meta(pattern=r"^\d{1,3}(:[0-5]\d){2}$")]


class Jobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table [slurm], [pbs] or [lsf]. A job has a worker for each of its cores; a worker grades one submission at a
    time."""

    workers: Positive  # in all, unless the command says how many
    cores: Positive = 1  # of a job
    memory: Memory = "4GB"  # of a job
    walltime: Walltime = "04:00:00"  # hours, minutes, seconds
    queue: Word | None = None  # SLURM's partition
    account: Word | None = None  # LSF's project
    directives: list[Text] = []  # more of the job script's header, without #SBATCH
    prologue: list[Text] = []  # lines of the job script before the worker is started
    python: Text | None = None  # the Python of the nodes; None: the one that runs this
    interface: Word | None = None  # the network over which nodes reach this machine: ib0
    host: Word | None = None  # or the address itself
    folder: Text = "cluster-jobs"  # where nodes find their certificates and write their logs: all of them see it


@dataclasses.dataclass(frozen=True)
class Queue:
    """What differs from one queue to another."""

    cluster: str  # the class of dask-jobqueue
    submit: str  # the program that takes a job
    listing: Sequence[str]  # the command that lists at least the user's jobs, each line beginning with a number
    account: str = "account"  # what dask-jobqueue calls it
    none: str = ""  # how the listing fails where there is no job
    seconds: bool = True  # whether a walltime has seconds


@contextlib.contextmanager
def opened(queue: Queue, jobs: Jobs, setting: Setting) -> "Iterator[Client]":
    """A client of a scheduler in this process, for which jobs are begun; all of them are cancelled in the end. Refused
    where there is no queue, or it takes no job."""
    from distributed import Client

    if not shutil.which(queue.submit):
        raise Refused("no_queue_here", program=queue.submit)
    try:
        _numbers(queue)
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused("queue_refused", program=queue.listing[0], reason=_reason(error)) from None
    with _folder(jobs) as folder:
        certificates.write(folder)
        with cluster_of(queue, jobs, folder, certificates.read(folder)) as cluster:
            wanted = math.ceil((setting.workers or jobs.workers) / jobs.cores)
            try:
                for count in sorted({1, wanted}):  # one alone, first: what is refused of it would be refused of all
                    cluster.sync(_begin_jobs, cluster, count)
            except RuntimeError as error:
                raise Refused("queue_refused", program=queue.submit, reason=_reason(error)) from None
            with Client(cluster, set_as_default=False) as client, _kept(queue, cluster, client, folder, setting):
                yield client


@contextlib.contextmanager
def _folder(jobs: Jobs) -> Iterator[Path]:
    """A folder of this run's, for its owner alone: certificates that are good for it alone, and the jobs' logs."""
    parent = Path(jobs.folder).resolve()
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=parent))
    except OSError as error:
        raise Refused("cannot_be_written", 3, path=str(parent), reason=error.strerror or "") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cluster_of(queue: Queue, jobs: Jobs, folder: Path, security: "Security | None" = None) -> "JobQueueCluster":
    """A cluster that has begun no job yet."""
    ctrl_c = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    signal.signal(signal.SIGINT, ctrl_c)  # which dask_jobqueue.runner takes when it is imported
    reached = {"host": jobs.host} if jobs.host else {}
    arguments: dict[str, Any] = {
        "cores": jobs.cores,
        "processes": jobs.cores,
        "memory": jobs.memory,
        "walltime": jobs.walltime if queue.seconds else jobs.walltime.rpartition(":")[0],
        "queue": jobs.queue,
        queue.account: jobs.account,
        "job_name": "labkit",
        "job_extra_directives": list(jobs.directives),
        "job_script_prologue": ["umask 077", f"export {_environment()}", *jobs.prologue],
        "python": jobs.python,
        "interface": jobs.interface,
        "scheduler_options": {"dashboard_address": "127.0.0.1:0", **reached},
        "log_directory": str(folder),
        "death_timeout": ALONE_SECONDS,
        # The sandbox has limits of its own for submissions, and the queue for the job.
        "worker_extra_args": ["--no-dashboard", "--memory-limit", "0"],
        "security": security,
        "silence_logs": logging.CRITICAL,
    }
    return getattr(dask_jobqueue, queue.cluster)(**arguments)


def _environment() -> str:
    variables = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **VARIABLES}
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())


# --- jobs that end ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _kept(queue: Queue, cluster: "JobQueueCluster", client: "Client", folder: Path, setting: Setting) -> Iterator[None]:
    """Meanwhile each job that has ended is replaced."""
    end = threading.Event()
    thread = threading.Thread(
        target=_keep, args=(queue, cluster, client, folder, setting, end), name="jobs", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _keep(
    queue: Queue, cluster: "JobQueueCluster", client: "Client", folder: Path, setting: Setting, end: threading.Event
) -> None:
    """Looks at the queue until the end. Where jobs end in vain the client is closed: nobody has to wait for more."""
    fruitless, came = 0, set[str]()
    while not end.wait(LOOK_SECONDS):
        came |= {str(worker["name"]) for worker in cluster.scheduler_info["workers"].values()}
        before = {name: str(job.job_id) for name, job in cluster.workers.items()}
        try:
            there = _numbers(queue)
        except (OSError, subprocess.SubprocessError):
            continue  # the queue does not answer now: its jobs run on
        gone = [name for name, number in before.items() if number not in there]
        if not gone:
            continue
        in_vain = [name for name in gone if not any(worker.startswith(name) for worker in came)]
        fruitless = fruitless + len(in_vain) if len(in_vain) == len(gone) else 0
        if fruitless >= FRUITLESS:
            setting.tell(say("jobs_end_early", count=fruitless, said=_last_words(folder)))
            client.close()
            return
        try:
            cluster.sync(_replace_jobs, cluster, gone)
        except RuntimeError as error:
            setting.tell(say("queue_refused", program=queue.submit, reason=_reason(error)))


async def _begin_jobs(cluster: "JobQueueCluster", count: int) -> None:
    """Waits until the queue has taken so many jobs in all; RuntimeError where it does not take one. SpecCluster.scale
    begins them in the background, and keeps to itself what was refused."""
    from distributed.core import Status

    while len(cluster.worker_spec) < count:
        cluster.worker_spec.update(cluster.new_worker_spec())
    try:
        await cluster._correct_state()
    except RuntimeError:
        for job in cluster.workers.values():
            if job.job_id is None:
                job.status = Status.failed  # else closing the cluster waits for it
        raise


async def _replace_jobs(cluster: "JobQueueCluster", gone: Sequence[str]) -> None:
    """Begins a new job for each that is gone, under its name."""
    from distributed.core import Status

    for name in gone:
        if job := cluster.workers.pop(name, None):
            job.status = Status.closed
    await _begin_jobs(cluster, 0)


def _numbers(queue: Queue) -> set[str]:
    """The numbers of the user's jobs that wait or run."""
    done = subprocess.run(queue.listing, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False)
    if not (queue.none and queue.none in done.stderr):
        done.check_returncode()
    return {found[0] for line in done.stdout.splitlines() if (found := re.match(r"\d+", line.strip()))}


def _reason(error: BaseException) -> str:
    """What a command complained of, in a line."""
    said = str(getattr(error, "stderr", "") or error)
    if "stderr:" in said:  # as dask-jobqueue puts it
        said = said.rpartition("stderr:")[2]
    return next((line.strip() for line in said.splitlines() if line.strip()), type(error).__name__)


def _last_words(folder: Path) -> str:
    """The last line of the newest log of a job that has one."""
    for path in sorted(folder.glob("*.err"), key=lambda path: path.stat().st_mtime, reverse=True):
        if lines := path.read_text(encoding="utf-8", errors="replace")[-LOG_BYTES:].strip().splitlines():
            return lines[-1].strip()
    return str(folder)
