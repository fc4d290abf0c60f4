"""What grading on a cluster costs beside grading here: 1, 2 and 4 workers of this machine, and the local executor.

    python tests/benchmarks/cluster.py grading [--few 4] [--many 34] [--rounds 5]
    python tests/benchmarks/cluster.py carrying [--many 300]

`carrying` is what Dask takes for what it carries, without grading. In `grading`, submissions are copies of lab 3's
reference, and what one costs is counted within a run, once a few are graded. Runs of all kinds take turns, and those of
one round are compared, so that a busy machine is busy for all of them.
"""

import argparse
import dataclasses
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from beside_others import counted_sandbox
from control_group import cpu_clock
from grade_batch import copies

from grader.cluster.parcel import packed_parts
from grader.cluster.schedulers import Setting, local
from grader.intake.versions import Submission, take_in
from grader.lab import ROOT, find_lab, solutions_folder

IDLE_SECONDS = 10
LOOK_SECONDS = 0.05
FIELDS = ("start", "each", "wall")
REPLY_BYTES = 40_000

KINDS = {
    "here, 1 process": ["--jobs", "1"],
    "cluster, 1 worker": ["--scheduler", "local:1"],
    "here, 2 processes": ["--jobs", "2"],
    "cluster, 2 workers": ["--scheduler", "local:2"],
    "here, 4 processes": ["--jobs", "4"],
    "cluster, 4 workers": ["--scheduler", "local:4"],
}
BESIDE = {kind: kind if kind.startswith("here") else list(KINDS)[n - 1] for n, kind in enumerate(KINDS)}


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of one run: CPU seconds beside those of the submissions, then CPU and wall seconds of each."""

    start: float
    each: float
    wall: float


def run(source: Path, out: Path, sandbox: str, options: list[str], few: int, many: int) -> Cost:
    """Grades all that lies there. What each one costs is counted from when a few results are written to the last."""
    command = [sys.executable, "-m", "grader", "grade", "lab3", str(source), "--out", str(out), "--seed", "1"]
    with cpu_clock() as used, tempfile.TemporaryFile() as said:
        before = used()
        command += ["--sandbox", sandbox, *options]
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        at: dict[int, tuple[float, float]] = {}
        while many not in at and process.poll() is None:
            count = sum(1 for _ in out.glob("*/lab3/result.json"))
            if count >= few:
                at.setdefault(count, (used(), time.monotonic()))
            time.sleep(LOOK_SECONDS)
        if process.wait() not in (0, 1) or many not in at:
            said.seek(0)
            raise SystemExit(said.read().decode())
        first, last = min(at), many
        (cpu, clock), (cpu_then, clock_then) = at[first], at[last]
        each = (cpu_then - cpu) / (last - first)
        return Cost(used() - before - many * each, each, (clock_then - clock) / (last - first))


def answer(sent: bytes, size: int) -> bytes:
    """A reply as large as a result with its report."""
    return bytes(size)


def carrying(many: int) -> None:
    """As many tasks as submissions, one at a time to the one worker, with what a hand-in to lab 3 weighs."""
    lab = find_lab("lab3", solutions_folder())
    with tempfile.TemporaryDirectory() as name:
        submission = Submission("ada", copies(Path(name), lab, 1) / "student0000" / lab.name, [])
        sent = packed_parts([take_in(submission, lab)])
        with local.opened("local:1", Setting(Path(name), None, print)) as client:
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
    parser.add_argument("--few", type=int, default=4)
    parser.add_argument("--many", type=int, default=34)
    parser.add_argument("--rounds", type=int, default=5)
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
        source = copies(Path(name), lab, many)
        for turn in range(rounds):
            for kind in list(KINDS)[:: -1 if turn % 2 else 1]:
                costs[kind].append(run(source, Path(name) / f"{turn}-{kind}", sandbox, KINDS[kind], few, many))
                print(kind, costs[kind][-1], file=sys.stderr)
    print(f"In {sandbox}, medians of {rounds} rounds\n")
    print("| | start, CPU s | each, CPU s | to one process, % | to as many, % | each, wall s | a minute |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for kind, of_kind in costs.items():
        start, each, wall = (statistics.median(getattr(cost, field) for cost in of_kind) for field in FIELDS)
        shares = [more(of_kind, costs[other]) for other in (next(iter(KINDS)), BESIDE[kind])]
        print(f"| {kind} | {start:.1f} | {each:.3f} | {' | '.join(shares)} | {wall:.3f} | {60 / wall:.0f} |")


def more(costs: Sequence[Cost], others: Sequence[Cost]) -> str:
    """By how much a submission costs more than with another kind, in the same round: the median, least and most."""
    shares = [100 * (one.each / other.each - 1) for one, other in zip(costs, others, strict=True)]
    return f"{statistics.median(shares):+.0f} ({min(shares):+.0f} to {max(shares):+.0f})" if any(shares) else ""


if __name__ == "__main__":
    main()
