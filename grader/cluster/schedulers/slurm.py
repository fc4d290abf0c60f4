"""Workers as SLURM's jobs."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from grader.cluster import jobs
from grader.cluster.configuration import table_for
from grader.cluster.schedulers import Setting

if TYPE_CHECKING:
    from distributed import Client

DESCRIPTION = "slurm (workers as SLURM's jobs, as cluster.toml says; slurm:FILE for another file)"
QUEUES = True
QUEUE = jobs.Queue("SLURMCluster", submit="sbatch", listing=("squeue", "--me", "--noheader", "--format=%A"))


def opened(address: str, setting: Setting) -> "AbstractContextManager[Client]":
    """Begins jobs and gives a client of the scheduler that their workers connect to."""
    return jobs.opened(QUEUE, table_for(address, jobs.Jobs), setting)
