"""What grading on a cluster costs beside grading here: 1, 2 and 4 workers of this machine, and the local executor.

    python tests/benchmarks/cluster.py grading [--few 10] [--many 40] [--rounds 2]
    python tests/benchmarks/cluster.py carrying [--many 300]

`carrying` is what Dask takes for what it carries, without grading: on a busy machine the difference of two runs that
grade is less sure. In `grading`, submissions are copies of lab 3's reference. A run of few and one of many tell the
start from what each one costs. Runs of all kinds take turns, so that a busy machine is busy for all of them.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
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
REPLY_BYTES = 40_000

KINDS = {
    "here, 1 process": ["--jobs", "1"],
    "cluster, 1 worker": ["--scheduler", "local:1"],
    "here, 2 processes": ["--jobs", "2"],
    "cluster, 2 workers": ["--scheduler", "local:2"],
    "cluster, 4 workers": ["--scheduler", "local:4"],
}


def run(source: Path, out: Path, sandbox: str, options: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of grading all that lies there."""
    command = [sys.executable, "-m", "grader", "grade", "lab3", str(source), "--out", str(out), "--seed", "1"]
    with cpu_clock() as used:
        before, clock = used(), time.monotonic()
        done = subprocess.run([*command, "--sandbox", sandbox, *options], cwd=ROOT, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr)
        return time.monotonic() - clock, used() - before


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
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--many", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    if asked.what == "carrying":
        carrying(asked.many)
    else:
        grading(asked.few, asked.many, asked.rounds)


def grading(few: int, many: int, rounds: int) -> None:
    lab = find_lab("lab3", solutions_folder())
    sandbox = counted_sandbox(lab)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        sources = {count: copies(Path(name) / str(count), lab, count) for count in (few, many)}
        for turn in range(rounds):
            for count, source in sources.items():
                for kind, options in KINDS.items():
                    out = Path(name) / f"{turn}-{count}-{kind}"
                    found.setdefault((kind, count), []).append(run(source, out, sandbox, options))
                    print(kind, count, found[kind, count][-1], file=sys.stderr)
    wall, cpu = (
        {place: statistics.median(one[number] for one in runs) for place, runs in found.items()} for number in (0, 1)
    )
    print(f"In {sandbox}, medians of {rounds} runs each\n")
    print("| | start, CPU s | each, CPU s | ratio | each, wall s | a minute |\n| --- | --- | --- | --- | --- | --- |")
    first = None
    for kind in KINDS:
        each = (cpu[kind, many] - cpu[kind, few]) / (many - few)
        seconds = (wall[kind, many] - wall[kind, few]) / (many - few)
        first = first or each
        start = cpu[kind, few] - few * each
        print(f"| {kind} | {start:.1f} | {each:.3f} | {each / first:.2f} | {seconds:.3f} | {60 / seconds:.0f} |")


if __name__ == "__main__":
    main()
