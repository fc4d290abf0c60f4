"""What grading on a cluster costs beside grading here: 1, 2 and 4 workers of this machine, and the local executor.

    python tests/benchmarks/cluster.py grading [--few 8] [--many 40] [--rounds 3]
    python tests/benchmarks/cluster.py carrying [--many 300]

`carrying` is what Dask takes for what it carries, without grading. In `grading`, submissions are copies of lab 3's
reference. Commands of all kinds run in one round and take turns of a second, in which the others are stopped: so a
machine that is busy, or slower for a minute, is so for all of them. What a submission costs is counted once a few are
graded.
"""

import argparse
import contextlib
import dataclasses
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import dask
import psutil
from beside_others import counted_sandbox
from control_group import Group, control_group
from grade_batch import copies

from grader.cluster import SETTINGS
from grader.cluster.parcel import packed_parts
from grader.cluster.schedulers import Setting, local
from grader.intake.versions import Submission, take_in
from grader.lab import ROOT, find_lab, solutions_folder

IDLE_SECONDS = 10
LOOK_SECONDS = 0.02
START_SECONDS = 120
TURN_SECONDS = 1.0
MORE = 8  # submissions, so that all processes have work until the last that counts
FIELDS = ("start", "each", "wall")
REPLY_BYTES = 40_000

KINDS = {  # each on a cluster after the same here
    "here, 1 process": ["--jobs", "1"],
    "cluster, 1 worker": ["--scheduler", "local:1"],
    "here, 2 processes": ["--jobs", "2"],
    "cluster, 2 workers": ["--scheduler", "local:2"],
    "here, 4 processes": ["--jobs", "4"],
    "cluster, 4 workers": ["--scheduler", "local:4"],
}


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of one command: CPU seconds beside those of the submissions, then CPU and wall seconds of each."""

    start: float
    each: float
    wall: float


@dataclasses.dataclass
class Run:
    """A command that grades, in a control group of its own, which is stopped while it is not its turn."""

    group: Group
    process: "subprocess.Popen[bytes]"
    out: Path
    said: IO[bytes]
    went: float = 0.0  # seconds
    at: dict[int, tuple[float, float]] = dataclasses.field(default_factory=dict)  # by results: CPU, seconds it went

    def go(self, seconds: float, until: int) -> bool:
        """Lets it go on for so long, or until so many results are written: whether they are."""
        began, end = time.monotonic() - self.went, time.monotonic() + seconds
        self.group.send(signal.SIGCONT)
        while not self.has(until) and time.monotonic() < end:
            if self.process.poll() is not None:
                self.said.seek(0)
                raise SystemExit(self.said.read().decode())
            count = sum(1 for _ in self.out.glob("*/lab3/result.json"))
            self.at.setdefault(count, (self.group.used(), time.monotonic() - began))
            time.sleep(LOOK_SECONDS)
        self.group.send(signal.SIGSTOP)
        self.group.send(signal.SIGSTOP)  # what was forked meanwhile
        self.went = time.monotonic() - began
        return self.has(until)

    def has(self, count: int) -> bool:
        """Whether so many results have been seen."""
        return max(self.at, default=0) >= count

    def cost(self, few: int, many: int) -> Cost:
        """Of the submissions between the first few and the last."""
        first, last = (min(count for count in self.at if count >= least) for least in (few, many))
        (cpu, wall), (cpu_then, wall_then) = self.at[first], self.at[last]
        each = (cpu_then - cpu) / (last - first)
        return Cost(cpu - first * each, each, (wall_then - wall) / (last - first))


@contextlib.contextmanager
def started(source: Path, out: Path, sandbox: str, options: list[str]) -> Iterator[Run]:
    """A command that grades all that lies there, and is ended with whatever it has started."""
    command = [sys.executable, "-m", "grader", "grade", "lab3", str(source), "--out", str(out), "--seed", "1"]
    command += ["--sandbox", sandbox, *options]
    with control_group() as group, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, preexec_fn=group.enter)
        try:
            yield Run(group, process, out, said)
        finally:
            group.send(signal.SIGKILL)
            process.wait()


def answer(sent: bytes, size: int) -> bytes:
    """A reply as large as a result with its report."""
    return bytes(size)


def carrying(many: int) -> None:
    """As many tasks as submissions, one at a time to the one worker, with what a hand-in to lab 3 weighs."""
    lab = find_lab("lab3", solutions_folder())
    with tempfile.TemporaryDirectory() as name:
        submission = Submission("ada", copies(Path(name), lab, 1) / "student0000" / lab.name, [])
        sent = packed_parts([take_in(submission, lab)])
        setting = Setting(Path(name), None, print)
        with dask.config.set(SETTINGS), local.opened("local:1", setting) as client:
            client.submit(answer, sent, REPLY_BYTES).result()
            before, clock = used(), time.monotonic()
            time.sleep(IDLE_SECONDS)
            idle = (used() - before) / (time.monotonic() - clock)
            before, clock = used(), time.monotonic()
            for number in range(many):
                client.submit(answer, sent, REPLY_BYTES, pure=False, key=f"carried-{number}").result()
            wall, cpu = time.monotonic() - clock, used() - before
    each = f"{1000 * wall / many:.1f} ms of wall time and {1000 * cpu / many:.1f} ms of CPU time"
    print(f"{len(sent):,} bytes there and {REPLY_BYTES:,} back, {many} times: each {each}, of all processes together;")
    print(f"idle they take {100 * idle:.1f} % of a core")


def used() -> float:
    """CPU seconds of this process and those that it has started."""
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["grading", "carrying"])
    parser.add_argument("--few", type=int, default=8)
    parser.add_argument("--many", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    if asked.what == "carrying":
        carrying(asked.many)
    else:
        grading(asked.few, asked.many, asked.rounds)


def grading(few: int, many: int, rounds: int) -> None:
    lab = find_lab("lab3", solutions_folder())
    sandbox = counted_sandbox(lab)
    costs: dict[str, list[Cost]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as name:
        source = copies(Path(name), lab, many + MORE)
        for turn in range(rounds):
            with contextlib.ExitStack() as stack:
                runs: dict[str, Run] = {}
                for kind, options in KINDS.items():
                    out = Path(name) / f"{turn}-{kind}"
                    runs[kind] = stack.enter_context(started(source, out, sandbox, options))
                    if not runs[kind].go(START_SECONDS, few):
                        raise SystemExit(f"{kind}: no {few} results after {START_SECONDS} s")
                todo = dict(runs)
                while todo:
                    todo = {kind: run for kind, run in todo.items() if not run.go(TURN_SECONDS, many)}
                for kind, run in runs.items():
                    costs[kind].append(run.cost(few, many))
                    print(kind, costs[kind][-1], file=sys.stderr)
    print(f"In {sandbox}, medians of {rounds} rounds\n")
    print("| | start, CPU s | each, CPU s | beside one process, % | beside as many, % | each, wall s | a minute |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    names = list(KINDS)
    for number, (kind, of_kind) in enumerate(costs.items()):
        start, each, wall = (statistics.median(getattr(cost, field) for cost in of_kind) for field in FIELDS)
        as_many = more(of_kind, costs[names[number - 1]]) if number % 2 else ""
        beside_one = more(of_kind, costs[names[0]])
        print(f"| {kind} | {start:.1f} | {each:.3f} | {beside_one} | {as_many} | {wall:.3f} | {60 / wall:.0f} |")


def more(costs: Sequence[Cost], others: Sequence[Cost]) -> str:
    """By how much a submission costs more than with another kind, in the same round: the median, least and most."""
    shares = [100 * (one.each / other.each - 1) for one, other in zip(costs, others, strict=True)]
    return f"{statistics.median(shares):+.0f} ({min(shares):+.0f} to {max(shares):+.0f})"


if __name__ == "__main__":
    main()
