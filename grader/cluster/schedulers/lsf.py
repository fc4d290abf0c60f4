"""Workers as jobs of LSF."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from grader.cluster import jobs
from grader.cluster.configuration import table_for
from grader.cluster.schedulers import Setting

if TYPE_CHECKING:
    from distributed import Client

DESCRIPTION = "lsf (workers as jobs of LSF, as cluster.toml says; lsf:FILE for another file)"
QUEUES = True
QUEUE = jobs.Queue(
    "LSFCluster",
    submit="bsub",
    listing=("bjobs", "-noheader", "-o", "jobid"),
    account="project",
    none="No unfinished job",
    seconds=False,
)


def opened(address: str, setting: Setting) -> "AbstractContextManager[Client]":
    """Begins jobs and gives a client of the scheduler that their workers connect to."""
    return jobs.opened(QUEUE, table_for(address, jobs.Jobs), setting)
