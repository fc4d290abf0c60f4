"""Grades on a cluster that Dask runs: the processes of other machines, each with a sandbox and a warm parent of its own
(docs/cluster.md). What is to be graded is decided here, and results are written here alone."""

import collections
import contextlib
import functools
import importlib.util
import secrets
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from grader import cluster, codes
from grader.cluster.certificates import USUAL
from grader.cluster.handing import ALONE_SECONDS, Hands, Run
from grader.cluster.parcel import Post, errand, packed_errand
from grader.cluster.place import needs
from grader.cluster.schedulers import Setting, scheduler_of
from grader.errors import Refused
from grader.executors import GaveUp, Rows, Where
from grader.grading.home import Due, Home, due_of, finished, home_of
from grader.grading.job import Job
from grader.grading.rows import Row
from grader.grading.submission import Graded
from grader.intake.versions import Submission
from grader.languages import say

DESCRIPTION = "the workers of a Dask cluster, at --scheduler"
MOST_NAMED = 20  # workers that cannot grade
SOON_SECONDS = 3.0  # without a worker, before that is said
MEET_SECONDS = 10.0  # for workers to come that a scheduler has, or starts


@contextlib.contextmanager
def opened(job: Job, where: Where) -> Iterator[Rows]:
    """Has looked at all workers of the cluster. Refused where there are none, or any of them cannot grade; of a cluster
    that queues its jobs, workers are looked at as they come."""
    kind = scheduler_of(where.scheduler)
    if importlib.util.find_spec("distributed") is None:
        raise Refused("cluster_not_installed")
    import dask

    home = home_of(job)
    setting = Setting(where.certificates or Path(USUAL), where.processes, where.tell, where.stopped)
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(cluster.SETTINGS))
        post = stack.enter_context(contextlib.closing(_post(where.shared)))
        client = stack.enter_context(kind.opened(where.scheduler, setting))
        if link := client.scheduler_info()["services"].get("dashboard") and client.dashboard_link:
            where.tell(say("dashboard_at", url=link))
        token = secrets.token_hex(8)
        sent = post.give(packed_errand(errand(token, job, home.lab)))
        hands = Hands(Run(client, token, sent, needs(home.depends), post, home), where.processes)
        stack.callback(hands.end)
        if not kind.QUEUES:
            _meet(hands, where.scheduler)
        yield functools.partial(rows, hands, home, where, kind.QUEUES)


def _post(shared: Path | None) -> Post:
    try:
        return Post(shared)
    except OSError as error:
        raise Refused("shared_cannot_be_used", folder=str(shared), reason=error.strerror or "") from None


def _meet(hands: Hands, address: str) -> None:
    """Refused where no worker is there within seconds, or one that is cannot grade."""
    unfit = hands.meet()
    while hands.looking or not (hands.ready or unfit or hands.alone_for() > MEET_SECONDS):
        time.sleep(0.1)
        unfit += hands.meet()
    if unfit:
        raise Refused("workers_unfit", count=len(unfit), workers=codes.some_of(unfit, MOST_NAMED))
    if not hands.ready:
        raise Refused("no_workers", address=address)


def rows(
    hands: Hands, home: Home, where: Where, queues: bool, submissions: Sequence[Submission]
) -> Generator[Row | None]:
    """A row for each submission as soon as its result is written, and None about once a second while none is."""
    todo = collections.deque(submissions)
    came: list[tuple[Due, list[Graded]]] = []
    waits = False
    try:
        while todo or came or hands.again or hands.busy:
            for finding in hands.meet():
                where.tell(say("worker_left_out", why=finding))
            free = hands.free()
            while free and (hands.again or todo):
                due = hands.again.popleft() if hands.again else due_of(home, todo.popleft())
                if due.earlier or due.newest:
                    hands.send(due, free.pop())
                else:
                    yield finished(home, due, [])
            for due, graded in came:  # written while the workers have the next ones
                yield finished(home, due, graded)
            came = hands.came()
            if not came:
                waits = _said_that_it_waits(hands, where, waits, queues)
                yield None
    finally:
        hands.end()


def _said_that_it_waits(hands: Hands, where: Where, said: bool, queues: bool) -> bool:
    """Whether it has been said that there is no worker. GaveUp after long; of a cluster that queues its jobs only where
    those that have come cannot grade."""
    alone = hands.alone_for()
    if alone > ALONE_SECONDS and hands.unfit:
        raise GaveUp(codes.UNFIT_WORKERS_LEFT(seconds=round(alone), workers=codes.some_of(hands.unfit, MOST_NAMED)))
    if alone > ALONE_SECONDS and not queues:
        raise GaveUp(codes.NO_WORKER_LEFT(seconds=round(alone)))
    waits = alone > SOON_SECONDS
    if waits and not said:
        where.tell(say("waiting_for_workers"))
    return waits
