"""A batch on workers in network namespaces while workers are killed and links are cut, the scheduler's own, too.

STUDENTS=300 runs it (as root, with iproute2): it takes minutes.
"""

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="requirements/cluster.txt is not installed")

import dask

from grader import sandboxes
from grader.batch.batch import Options, grade_all
from grader.grading import home
from grader.lab import Lab, Limits
from grader.results import Result, write_result
from tests.cluster.running import Cluster
from tests.cluster.test_cluster import results

COUNT = int(os.environ.get("STUDENTS", "0"))
TIMEOUT = 12  # seconds, after which a connection counts as lost; Dask takes none below 11
WORKERS = 3

pytestmark = [
    pytest.mark.skipif(not COUNT, reason="STUDENTS=300 runs it"),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="network namespaces need root and iproute2"),
]


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@dataclasses.dataclass
class Network:
    """A bridge in a namespace of its own, and one for each machine at it, of which number 1 has the scheduler."""

    name: str
    subnet: str = "10.213.77"

    def open(self) -> None:
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "add", "bridge", "type", "bridge")
        ip("-n", self.name, "link", "set", "bridge", "up")
        ip("link", "add", self.name, "type", "veth", "peer", "name", "home", "netns", self.name)
        ip("addr", "add", f"{self.subnet}.254/24", "dev", self.name)
        ip("link", "set", self.name, "up")
        ip("-n", self.name, "link", "set", "home", "master", "bridge", "up")
        for number in range(1, WORKERS + 2):
            space = self.space(number)
            ip("netns", "add", space)
            ip("-n", self.name, "link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0", "netns", space)
            ip("-n", self.name, "link", "set", f"v{number}", "master", "bridge", "up")
            ip("-n", space, "addr", "add", f"{self.subnet}.{number}/24", "dev", "eth0")
            ip("-n", space, "link", "set", "eth0", "up")
            ip("-n", space, "link", "set", "lo", "up")

    def close(self) -> None:
        for space in [*map(self.space, range(1, WORKERS + 2)), self.name]:
            subprocess.run(["ip", "netns", "del", space], capture_output=True)
        subprocess.run(["ip", "link", "del", self.name], capture_output=True)

    def space(self, number: int) -> str:
        return f"{self.name}-{number}"

    def within(self, number: int) -> list[str]:
        return ["ip", "netns", "exec", self.space(number)]

    def cut(self, number: int, seconds: float) -> None:
        ip("-n", self.name, "link", "set", f"v{number}", "down")
        time.sleep(seconds)
        ip("-n", self.name, "link", "set", f"v{number}", "up")


@pytest.fixture
def network() -> Iterator[Network]:
    found = Network(f"lk{os.getpid() % 10**6}")
    try:
        found.open()
        yield found
    finally:
        found.close()


class Machines:
    """Workers, one on each machine, started again when they have ended, as an init system does."""

    def __init__(self, cluster: Cluster, network: Network) -> None:
        self.cluster, self.network, self.starts = cluster, network, 0
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep)
        self._keeper.start()

    def _keep(self) -> None:
        while not self._over.wait(0.5):
            for number in range(2, WORKERS + 2):
                if number not in self.running or self.running[number].poll() is not None:
                    host = f"{self.network.subnet}.{number}"
                    self.running[number] = self.cluster.worker(host, within=self.network.within(number))
                    self.starts += 1

    def kill(self, *numbers: int) -> None:
        for number in numbers:
            self.running[number].send_signal(signal.SIGKILL)

    def close(self) -> None:
        self._over.set()
        self._keeper.join()


def test_a_batch_loses_nothing_and_doubles_nothing_while_workers_die_and_links_are_cut(
    network: Network, small_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = tmp_path / "submitted"
    for number in range(COUNT):
        folder = submitted / f"s{number:03}" / small_lab.name
        shutil.copytree(small_lab.folder, folder, ignore=lambda *_: ["lab.toml", "README.md", "__pycache__"])
        if number % 5 == 0:
            (folder / "first.py").write_text("def double(x):\n    return x * x\n")
    written = Counter[str]()

    def counted(path: Path, result: Result) -> bool:
        written[result.student] += 1
        return write_result(path, result)

    asked = Options(submitted, tmp_path / "here", sandboxes.choose("auto", Limits()), seed=7, jobs=1)
    grade_all(small_lab, asked, lambda *_: None)
    monkeypatch.setattr(home, "write_result", counted)
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP", f"{TIMEOUT}s")
    said: list[str] = []
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.comm.timeouts.tcp": f"{TIMEOUT}s"}))
        scheduler = Cluster(tmp_path, host=f"{network.subnet}.1", within=network.within(1))
        stack.callback(scheduler.close)
        machines = Machines(scheduler, network)
        stack.callback(machines.close)
        scheduler.wait_for(WORKERS)
        events: list[tuple[float, str, Callable[[], None]]] = [
            (0.05, "a worker is killed", lambda: machines.kill(2)),
            (0.20, "a link is cut for a moment", lambda: network.cut(3, 2)),
            (0.35, "a link is cut for long", lambda: network.cut(4, 3 * TIMEOUT)),
            (
                0.55,
                "two workers are killed",
                lambda: [machines.running[n].send_signal(signal.SIGKILL) for n in (2, 3)] and None,
            ),
            (0.75, "the scheduler's link is cut for long", lambda: network.cut(1, 2 * TIMEOUT)),
        ]
        done_now = [0]
        over = threading.Event()
        clock = time.monotonic()
        story: list[str] = []

        def weather() -> None:
            for share, what, happens in events:
                while done_now[0] < share * COUNT and not over.wait(0.02):
                    pass
                story.append(f"{time.monotonic() - clock:.0f} s, {done_now[0]} done: {what}")
                going_on.submit(happens)

        going_on = stack.enter_context(ThreadPoolExecutor())
        thread = threading.Thread(target=weather)
        thread.start()
        asked = dataclasses.replace(
            asked,
            out=tmp_path / "there",
            sandbox="auto",
            jobs=None,
            executor="dask",
            scheduler=scheduler.address,
            certificates=scheduler.certificates,
        )
        try:
            done = grade_all(small_lab, asked, lambda now, _: done_now.__setitem__(0, now), tell=said.append)
        finally:
            over.set()
            thread.join()
        seconds = time.monotonic() - clock
    story += [f"{seconds:.0f} s: the end; workers were started {machines.starts} times", *said]
    print("\n".join(story))
    assert len(story) > len(events) and done.trouble is None
    assert done.count("graded") == COUNT == done.total, Counter(row.what for row in done.rows)
    assert set(written.values()) == {1} and len(written) == COUNT, "each was written once"
    here, there = results(submitted, "here"), results(submitted, "there")
    assert len(here) == COUNT and {name for name in here if here[name] != there[name]} == set()
    assert machines.starts >= WORKERS + 4
