"""Hands submissions to a cluster's workers, one at a time to each, and takes back what came of them.

Every task names the worker that does it, and Dask moves none: so it is known over which submission a worker died. What
a worker had that died, or that the network took away, goes to another one. Nothing is written but by who reads `came`.
"""

import collections
import contextlib
import dataclasses
import queue
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from grader import codes
from grader.cluster import looks, place
from grader.cluster.parcel import Look, Parcel, Post, heard, packed_parts
from grader.executors import GaveUp
from grader.findings import Finding
from grader.grading.home import Due, Home, fault, lost
from grader.grading.submission import Graded
from grader.intake.versions import not_taken

if TYPE_CHECKING:
    from distributed import Client, Future

TICK_SECONDS = 1.0
TRIES = 2  # workers that may die over one submission
FETCH_SECONDS = 20.0  # for a result to come from a worker that has said that it is done
ALONE_SECONDS = 600.0  # without any worker, before this is given up
END_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Run:
    """One run on a cluster. `errand` is what each worker is sent first, `needs` what each has to be like."""

    client: "Client"
    token: str
    errand: Parcel
    needs: Mapping[str, str]
    post: Post
    home: Home


@dataclasses.dataclass
class Hand:
    """A worker that grades: the place of this run there, by its name and as Dask keeps it, and what it has to do."""

    place: "Future"
    name: str
    task: "Future | None" = None
    due: Due | None = None
    sent: Parcel = b""


class Hands:
    """The workers of a cluster, as they come and go."""

    def __init__(self, run: Run, most: int | None) -> None:
        """`most` is how many of them are used at a time; None: all."""
        self._run, self._client, self._most = run, run.client, most
        self._address = run.client.scheduler.address
        self._looking: dict[str, tuple[Future, Future]] = {}  # places, and what will be said of them
        self._unfit: dict[str, Finding] = {}
        self._hands: dict[str, Hand] = {}
        self._deaths = collections.Counter[str]()
        self._done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.again: collections.deque[Due] = collections.deque()  # what has to be sent once more
        self._looked = 0.0
        self._alone_since = time.monotonic()
        self._numbers = 0

    # --- who is there ---------------------------------------------------------------------------------------------

    def meet(self) -> list[Finding]:
        """Looks who has come and who has gone, at most once a tick: why each worker is unfit that was not known to be.

        GaveUp where the scheduler is gone, or there was no worker for long."""
        if time.monotonic() - self._looked < TICK_SECONDS:
            return []
        self._looked = time.monotonic()
        there = self._addresses()
        if there is None:
            return []
        for address in self._hands.keys() - there:
            self._gone(address)
        for known in (self._looking, self._unfit):
            for address in known.keys() - there:
                del known[address]
        for address in there - self._hands.keys() - self._looking.keys() - self._unfit.keys():
            self._look_at(address)
        found = [finding for address in [*self._looking] if (finding := self._seen(address))]
        if self._hands or self._looking:
            self._alone_since = time.monotonic()
        return found

    @property
    def looking(self) -> bool:
        return bool(self._looking)

    @property
    def ready(self) -> int:
        """How many workers grade."""
        return len(self._hands)

    @property
    def unfit(self) -> list[Finding]:
        """Why each worker that is there and must not grade must not."""
        return list(self._unfit.values())

    def alone_for(self) -> float:
        """The seconds for which there has been no worker."""
        return time.monotonic() - self._alone_since

    def _addresses(self) -> set[str] | None:
        """The workers that the scheduler has; None while it cannot be asked."""
        if self._client.status == "closed":
            raise GaveUp(codes.SCHEDULER_LOST(address=self._address))
        if self._client.status != "running":
            return None
        try:
            return set(self._client.sync(self._client.scheduler.ncores, callback_timeout=looks.REPLY_SECONDS))
        except (OSError, TimeoutError):
            return None

    def _look_at(self, address: str) -> None:
        opened = self._submit(place.open_place, self._run.errand, address)
        self._looking[address] = (opened, self._submit(place.look, opened, address))

    def _submit(self, work: Callable[..., object], *arguments: object) -> "Future":
        """A task for the worker at the last argument."""
        self._numbers += 1
        *given, address = arguments
        return self._client.submit(
            work, *given, workers=[address], pure=False, key=f"{work.__name__}-{self._run.token}-{self._numbers}"
        )

    def _seen(self, address: str) -> Finding | None:
        """Has a worker grade that was looked at; or says why it must not, once."""
        opened, look = self._looking[address]
        if not look.done():
            return None
        del self._looking[address]
        try:
            said = heard(look.result(timeout=FETCH_SECONDS))
        except Exception as error:  # of Dask's: it has died, or is no worker of this kit
            if look.status == "error":
                self._unfit[address] = codes.WORKER_UNFIT(worker=address, why=fault(error))
                return self._unfit[address]
            return None
        assert isinstance(said, Look)
        unfit = looks.why_unfit(self._client, address, said, self._run.needs)
        if unfit:
            self._unfit[address] = unfit
        else:
            self._hands[address] = Hand(opened, said.place)
        return unfit

    def _gone(self, address: str) -> None:
        """What the worker had to do goes to another, or to a person where it has cost too many."""
        hand = self._hands.pop(address)
        if hand.due:
            self._died(hand, hand.due)

    def _died(self, hand: Hand, due: Due) -> None:
        student = due.submission.student
        self._deaths[student] += 1
        self._back(hand, due if self._deaths[student] < TRIES else lost(due, TRIES))

    def _back(self, hand: Hand, due: Due) -> None:
        """Takes from a worker what it was to do, to have it done elsewhere."""
        if hand.task:
            with contextlib.suppress(Exception):
                hand.task.cancel(force=True)
        self._run.post.drop(hand.sent)
        hand.task, hand.due, hand.sent = None, None, b""
        self.again.append(due)

    # --- what is done ---------------------------------------------------------------------------------------------

    def free(self) -> list[str]:
        """The workers that have nothing to do, as far as so many may be used."""
        busy = self.busy
        free = [address for address, hand in self._hands.items() if hand.due is None]
        return free if self._most is None else free[: max(0, self._most - busy)]

    @property
    def busy(self) -> int:
        return sum(hand.due is not None for hand in self._hands.values())

    def send(self, due: Due, address: str) -> None:
        """Has a free worker grade this. GaveUp where it cannot be put into the shared folder."""
        hand = self._hands[address]
        hand.due = due
        try:
            hand.sent = self._run.post.give(packed_parts(due.parts(self._run.home)))
        except OSError as error:
            raise GaveUp(codes.NOT_WRITTEN(path=str(error.filename), reason=error.strerror or "")) from None
        hand.task = self._submit(place.grade, hand.place, hand.sent, address)
        hand.task.add_done_callback(self._done.put)

    def came(self) -> list[tuple[Due, list[Graded]]]:
        """What has come back: all that has, or what comes first within a tick."""
        found = []
        with contextlib.suppress(queue.Empty):
            future = self._done.get(timeout=TICK_SECONDS)
            while True:
                if brought := self._brought(future):
                    found.append(brought)
                future = self._done.get_nowait()
        return found

    def _brought(self, future: "Future") -> tuple[Due, list[Graded]] | None:
        """What a task has brought, unless it is nobody's any more."""
        address, hand = next(((at, one) for at, one in self._hands.items() if one.task is future), ("", None))
        if hand is None or hand.due is None:
            return None
        due = hand.due
        try:
            said = heard(future.result(timeout=FETCH_SECONDS))
        except Exception as error:
            self._without_result(address, hand, due, error)
            return None
        if isinstance(said, Look):  # it was not graded
            self._back(hand, due)
            del self._hands[address]
            return None
        if said.place != hand.name:  # another process at the same address, which nobody has looked at
            del self._hands[address]
            self._died(hand, due)
            return None
        self._run.post.drop(hand.sent)
        hand.task, hand.due, hand.sent = None, None, b""
        return due, said.graded

    def _without_result(self, address: str, hand: Hand, due: Due, error: Exception) -> None:
        from distributed import KilledWorker

        del self._hands[address]  # it is looked at again, if it is there
        if isinstance(error, KilledWorker):
            self._died(hand, due)
        elif hand.task and hand.task.status == "error":
            self._back(hand, Due(due.submission, newest=not_taken(due.submission, fault(error))))
        else:  # the way to the scheduler or to the worker was cut
            self._back(hand, due)

    def end(self) -> None:
        """Nobody grades for this run any more: what runs is ended where it runs."""
        places = [*self._hands, *self._looking]
        tasks = [hand.task for hand in self._hands.values() if hand.task]
        with contextlib.suppress(Exception):
            self._client.cancel(tasks, force=True)
        if places and self._client.status == "running":
            wait = {"on_error": "ignore", "callback_timeout": END_SECONDS}
            with contextlib.suppress(Exception):
                self._client.sync(self._client._run, place.end, self._run.token, workers=places, **wait)
        self._hands.clear()
        self._looking.clear()
