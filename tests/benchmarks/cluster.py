"""What grading on a cluster costs beside grading here: 1, 2 and 4 workers of this machine, and the local executor.

    python tests/benchmarks/cluster.py [--few 10] [--many 40] [--rounds 2]

Submissions are copies of lab 3's reference. A run of few and one of many tell the start from what each one costs.
Runs of all kinds take turns, so that a busy machine is busy for all of them.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from beside_others import counted_sandbox
from control_group import cpu_clock
from grade_batch import copies

from grader.lab import ROOT, find_lab, solutions_folder

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--many", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    lab = find_lab("lab3", solutions_folder())
    sandbox = counted_sandbox(lab)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        sources = {count: copies(Path(name) / str(count), lab, count) for count in (asked.few, asked.many)}
        for turn in range(asked.rounds):
            for count, source in sources.items():
                for kind, options in KINDS.items():
                    out = Path(name) / f"{turn}-{count}-{kind}"
                    found.setdefault((kind, count), []).append(run(source, out, sandbox, options))
                    print(kind, count, found[kind, count][-1], file=sys.stderr)
    wall, cpu = (
        {place: statistics.median(one[number] for one in runs) for place, runs in found.items()} for number in (0, 1)
    )
    print(f"In {sandbox}, medians of {asked.rounds} runs each\n")
    print("| | start, CPU s | each, CPU s | ratio | each, wall s | a minute |\n| --- | --- | --- | --- | --- | --- |")
    first = None
    for kind in KINDS:
        each = (cpu[kind, asked.many] - cpu[kind, asked.few]) / (asked.many - asked.few)
        seconds = (wall[kind, asked.many] - wall[kind, asked.few]) / (asked.many - asked.few)
        first = first or each
        start = cpu[kind, asked.few] - asked.few * each
        print(f"| {kind} | {start:.1f} | {each:.3f} | {each / first:.2f} | {seconds:.3f} | {60 / seconds:.0f} |")


if __name__ == "__main__":
    main()
