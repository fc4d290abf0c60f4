"""An estimate: 10,000 submissions on 100 workers, and what breaks first when there are more workers.

    python tests/benchmarks/cluster_simulation.py [--submissions 10000] [--measured 100]

Every part of it is measured here, in the same run, on one worker at a time; how they go together on a hundred machines
is simulated, event by event. CPU seconds count, and of waiting the quietest tenth, so that other programs here do not.
What this machine cannot have is assumed, and printed as such: the network between machines, and a shared file system.
The submissions to lab 3 are those of beside_others.py.

Simulated is a grader's process as SLURM has it, with Dask's scheduler in it. It has one core, on which the scheduler
takes turns with the one thread that reads submissions and writes results; that thread waits for the disk by itself.
"""

import argparse
import collections
import dataclasses
import heapq
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from beside_others import counted_sandbox
from control_group import cpu_clock
from grade_batch import submitted

from grader.cluster import SETTINGS
from grader.cluster.parcel import Reply, packed_parts
from grader.grading import work
from grader.grading.home import due_of, finished, home_of
from grader.grading.job import Job
from grader.intake.submissions import find_submissions
from grader.lab import find_lab, solutions_folder

SEED = 1
TASKS = 2000  # empty ones, by which Dask is measured
WORKERS = (1, 10, 50, 100, 200, 400, 800, 1600, 3200)
ASKED = 100  # workers, of the estimate
# Assumed:
NETWORK = 125e6  # bytes a second of the grader's machine, 1 Gbit/s
ROUND_TRIP = 0.001  # s between two machines
DISK_WAITS = (0.0, 0.005, 0.02, 0.1)  # s that a shared file system takes for one write to be safe, beside the measured
SHARED_BYTES = 1e9  # a second that a shared file system gives to all
SHARED_OPENS = 10_000  # files a second that it opens for all

_numbers = itertools.count()  # of events, so that two of the same time keep their order


@dataclasses.dataclass(frozen=True)
class Parts:
    """What was measured: seconds of one submission's steps, and sizes in bytes."""

    grading: Sequence[float]  # of each submission: CPU s on a worker
    reading: float  # CPU s at home, before it is sent
    writing: float  # CPU s at home, after it has come back
    disk: float  # s that writing waits for the disk, where no other program is in the way
    disk_busy: float  # the same, median of what was measured
    dask: float  # CPU s of the scheduler and the client
    hand_over: float  # s from a result to the next submission on an idle cluster, as quietly
    sent: float
    back: float
    start: float  # CPU s of a worker, until it can grade
    files: int  # that a worker opens when it starts
    loaded: float  # their bytes

    @property
    def home(self) -> float:
        """CPU s of the grader's process."""
        return self.reading + self.writing + self.dask


# --- what is measured -------------------------------------------------------------------------------------------------


def measured(count: int) -> Parts:
    lab = find_lab("lab3", solutions_folder())
    grading, reading, writing, disk, sent, back = ([] for _ in range(6))
    with tempfile.TemporaryDirectory() as name, cpu_clock() as used:
        folder = Path(name)
        job = Job(str(lab.folder), SEED, counted_sandbox(lab), str(folder / "graded"), milestones=False)
        home = home_of(job)
        submissions = find_submissions(submitted(folder, lab, count), lab).submissions
        begun = used()
        with work.bench_of(job).parent as parent:
            bench = work.bench_of(job)
            bench.parent = parent
            start = used() - begun
            for submission in submissions:
                clock = time.thread_time()
                due = due_of(home, submission)
                parcel = packed_parts(due.parts(home))
                reading.append(time.thread_time() - clock)
                before = used()
                graded = [work.graded(bench, part) for part in due.parts(home)]
                grading.append(used() - before)
                back.append(len(msgspec.json.encode(Reply("", graded))))
                sent.append(len(parcel))
                clock, wall = time.thread_time(), time.perf_counter()
                finished(home, due, graded)
                writing.append(time.thread_time() - clock)
                disk.append(time.perf_counter() - wall - writing[-1])
    files, loaded = opened_files()
    mean = statistics.mean
    dask, hand_over = dask_overhead(round(mean(sent)), round(mean(back)))
    return Parts(
        grading=grading,
        reading=mean(reading),
        writing=mean(writing),
        disk=quiet(disk),
        disk_busy=statistics.median(disk),
        dask=dask,
        hand_over=hand_over,
        sent=mean(sent),
        back=mean(back),
        start=start,
        files=files,
        loaded=loaded,
    )


def dask_overhead(sent: int, back: int) -> tuple[float, float]:
    """CPU seconds of this process for a task that does nothing with so many bytes, and wall seconds from one to the
    next on one worker."""
    import dask
    from distributed import Client, LocalCluster, as_completed
    from distributed.security import Security

    payload = os.urandom(sent)
    with (
        dask.config.set(SETTINGS),
        LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit=0, protocol="tls://", security=Security.temporary(),
            dashboard_address="127.0.0.1:0", silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        [one, other] = client.scheduler_info()["workers"]

        def submit(number: int) -> object:
            return client.submit(nothing, payload, back, number, workers=[(one, other)[number % 2]], pure=False)

        client.gather([submit(number) for number in range(50)])
        clock, running = time.process_time(), as_completed([submit(0), submit(1)], with_results=True, loop=client.loop)
        for number, (_, _) in enumerate(running, 2):
            if number < TASKS:
                running.add(submit(number))
        cpu = (time.process_time() - clock) / TASKS
        walls = []
        for _ in range(200):
            wall = time.perf_counter()
            submit(0).result()
            walls.append(time.perf_counter() - wall)
    return cpu, quiet(walls)


def nothing(payload: bytes, back: int, number: int) -> bytes:
    return payload[:1] * back


def quiet(seconds: Sequence[float]) -> float:
    """Wall seconds that a tenth does not exceed: the others may have waited for another program of this machine."""
    return statistics.quantiles(seconds, n=10)[0]


def opened_files() -> tuple[int, float]:
    """How many files the imports of this process opened, and their bytes: what a worker reads when it starts."""
    modules = {
        getattr(module, "__cached__", None) or getattr(module, "__file__", None) for module in [*sys.modules.values()]
    }
    mapped = {
        line.split(None, 5)[5].strip() for line in Path("/proc/self/maps").read_text().splitlines() if "/" in line
    }
    paths = [Path(name) for name in modules | mapped if isinstance(name, str)]
    sizes = [path.stat().st_size for path in paths if path.is_file()]
    return len(sizes), float(sum(sizes))


# --- what is simulated ------------------------------------------------------------------------------------------------


class Simulation:
    """What happens, in the order of its time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, happens: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(_numbers), happens))

    def run(self) -> None:
        while self._events:
            self.now, _, happens = heapq.heappop(self._events)
            happens()


class Server:
    """Does one thing at a time, in the order in which they come, and knows for how long it was busy."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._free = 0.0
        self.busy = 0.0

    def serve(self, seconds: float, then: Callable[[], None]) -> None:
        self._free = max(self._simulation.now, self._free) + seconds
        self.busy += seconds
        self._simulation.after(self._free - self._simulation.now, then)


class Thread:
    """Does one thing at a time: some of it on a core, for which it has to wait, then it waits for a disk."""

    def __init__(self, simulation: Simulation, core: Server) -> None:
        self._simulation, self._core = simulation, core
        self._waiting: collections.deque[tuple[float, float, Callable[[], None]]] = collections.deque()
        self._began: float | None = None
        self.busy = 0.0

    def do(self, on_core: float, on_disk: float, then: Callable[[], None]) -> None:
        self._waiting.append((on_core, on_disk, then))
        self._next()

    def _next(self) -> None:
        if self._began is None and self._waiting:
            on_core, on_disk, then = self._waiting.popleft()
            self._began = self._simulation.now
            self._core.serve(on_core, lambda: self._simulation.after(on_disk, lambda: self._done(then)))

    def _done(self, then: Callable[[], None]) -> None:
        assert self._began is not None
        self.busy += self._simulation.now - self._began
        self._began = None
        then()
        self._next()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Seconds in all, the share of the workers' time in which they graded, and the shares in which parts were busy."""

    seconds: float
    efficiency: float
    core: float
    thread: float
    network: float


def simulated(parts: Parts, workers: int, submissions: int, disk: float = 0.0) -> Outcome:
    """One batch. Each worker has one submission at a time, as grader/cluster/handing.py does it; all can grade from the
    beginning. `disk` is what the file system takes for a write beside what was measured."""
    simulation = Simulation()
    core, network = Server(simulation), Server(simulation)
    thread = Thread(simulation, core)
    draw = random.Random(SEED)
    grading = [draw.choice(parts.grading) for _ in range(submissions)]
    left = iter(grading)
    wire = max(0.0, parts.hand_over - parts.home) / 2 + ROUND_TRIP / 2

    def free() -> None:
        """A worker has nothing to do: the thread reads the next submission, and the scheduler sends it."""
        seconds = next(left, None)
        if seconds is not None:
            thread.do(
                parts.reading,
                0.0,
                lambda: core.serve(
                    parts.dask / 2,
                    lambda: network.serve(parts.sent / NETWORK, lambda: simulation.after(wire + seconds, graded)),
                ),
            )

    def graded() -> None:
        network.serve(parts.back / NETWORK, lambda: simulation.after(wire, lambda: core.serve(parts.dask / 2, came)))

    def came() -> None:
        free()  # before the result is written
        thread.do(parts.writing, parts.disk + disk, lambda: None)

    for _ in range(workers):
        free()
    simulation.run()
    end = simulation.now
    return Outcome(end, sum(grading) / (workers * end), core.busy / end, thread.busy / end, network.busy / end)


def limits(parts: Parts, disk: float) -> dict[str, float]:
    """The workers that each part can keep busy, if nothing else were in the way."""
    grading = statistics.mean(parts.grading)
    seconds = {
        "the grader's process (one core): scheduler, reading, writing": parts.home,
        "the one thread that reads and writes": parts.reading + parts.writing + parts.disk + disk,
        "Dask's scheduler and client alone": parts.dask,
        "the network of the grader's machine": max(parts.sent, parts.back) / NETWORK,
    }
    return {part: grading / each for part, each in seconds.items()}


# --- what is printed --------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--measured", type=int, default=100, help="submissions that are graded here")
    asked = parser.parse_args()
    parts = measured(asked.measured)
    print_parts(parts)
    print(f"\nSimulated, {asked.submissions:,} submissions:\n")
    print("| workers | minutes | efficiency, % | the grader's core, % | its thread, % | its network, % |")
    print("| --- | --- | --- | --- | --- | --- |")
    for workers in WORKERS:
        found = simulated(parts, workers, asked.submissions)
        shares = (found.efficiency, found.core, found.thread, found.network)
        print(f"| {workers:,} | {found.seconds / 60:,.1f} | {' | '.join(f'{100 * share:.1f}' for share in shares)} |")
    print(f"\nSimulated, {ASKED} workers, a file system that takes longer for each write (assumed):\n")
    print("| more for each write, ms | minutes | efficiency, % | the thread, % | workers it could keep busy |")
    print("| --- | --- | --- | --- | --- |")
    for disk in DISK_WAITS:
        found = simulated(parts, ASKED, asked.submissions, disk)
        most = limits(parts, disk)["the one thread that reads and writes"]
        shares = f"{100 * found.efficiency:.1f} | {100 * found.thread:.1f}"
        print(f"| {1000 * disk:.0f} | {found.seconds / 60:,.1f} | {shares} | {most:,.0f} |")
    print("\nWhat each part could keep busy, from the measured seconds:\n\n| part | workers |\n| --- | --- |")
    for part, workers in sorted(limits(parts, 0.0).items(), key=lambda item: item[1]):
        print(f"| {part} | {workers:,.0f} |")
    opens, read = ASKED * parts.files / SHARED_OPENS, ASKED * parts.loaded / SHARED_BYTES
    print(f"\n{ASKED} workers that start at once from a shared file system (assumed: {SHARED_OPENS:,} files and")
    print(
        f"{SHARED_BYTES / 1e9:.0f} GB a second for all) wait {max(opens, read):.0f} s for it, if no two share a node."
    )


def print_parts(parts: Parts) -> None:
    grading = sorted(parts.grading)
    rows = {
        "grading, CPU s on a worker: mean": f"{statistics.mean(grading):.3f}",
        "the same: median, most": f"{statistics.median(grading):.3f}, {grading[-1]:.2f}",
        "reading and packing, CPU ms at home": f"{1000 * parts.reading:.2f}",
        "Dask's scheduler and client, CPU ms at home": f"{1000 * parts.dask:.2f}",
        "writing, CPU ms at home": f"{1000 * parts.writing:.2f}",
        "waiting for the disk, ms: the quietest tenth": f"{1000 * parts.disk:.2f}",
        "the same: median": f"{1000 * parts.disk_busy:.2f}",
        "from a result to the next submission, ms (idle, the quietest tenth)": f"{1000 * parts.hand_over:.2f}",
        "bytes to a worker, and back": f"{parts.sent:,.0f}, {parts.back:,.0f}",
        "start of a worker, CPU s": f"{parts.start:.1f}",
        "files that it opens, and their MB": f"{parts.files:,}, {parts.loaded / 1e6:,.0f}",
    }
    print("Measured:\n\n| of one submission | |\n| --- | --- |")
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    print(
        f"\nAssumed: {NETWORK * 8 / 1e9:.0f} Gbit/s at the grader's machine, {1000 * ROUND_TRIP:.0f} ms there and back."
    )


if __name__ == "__main__":
    main()
