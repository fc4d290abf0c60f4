"""What lab 6's recipes cost and reach, and how likely a run of the milestone's recipe misses its bar.

    python tests/benchmarks/train_lab6.py

Trains the reference on one thread, run by run and seed by seed, and judges each as the milestone does. Every result is
written as soon as it is there, and a benchmark that was interrupted goes on with the next one. At the end it prints a
Markdown table. Times are CPU seconds of training with its measurements, without imports. The probability is predicted
for one more seed: Student's t from the mean and the deviation of the seeds that were run.
"""

import argparse
import json
import math
import statistics
import sys
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "solutions" / "lab6_kto"))

from evaluate import MILESTONES, judged  # noqa: E402
from trainer import RECIPES  # noqa: E402
from training_run import KTORun  # noqa: E402

TARGET = MILESTONES["kto"].target
Row = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12, help="of each run (default 12)")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    torch.set_num_threads(1)

    results: dict[str, Row] = json.loads(args.results.read_text()) if args.results.exists() else {}
    for seed in range(args.seeds):
        for name in RECIPES:
            if f"{name} {seed}" not in results:
                results[f"{name} {seed}"] = trained(name, seed)
                args.results.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results))


def trained(name: str, seed: int) -> Row:
    run = KTORun(name, seed)
    while not run.finished:
        run.advance()
    found = judged(run.kto.policy, run.kto.tokenizer)
    return {"cpu_seconds": run.cpu_seconds, "accuracy": found["accuracy"].mean, "format": found["format"].mean}


def probability_of_missing(reached: list[float], bar: float) -> float:
    """P(t < (bar - mean) / (sd sqrt(1 + 1/n))) with n - 1 degrees of freedom."""
    n = len(reached)
    t = (bar - statistics.mean(reached)) / (statistics.stdev(reached) * math.sqrt(1 + 1 / n))
    nu = n - 1
    scale = math.exp(math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2)) / math.sqrt(nu * math.pi)
    x = t - np.geomspace(1e-6, 1e6, 200_000)  # from the bar outwards: the tail falls like a power
    return float(abs(np.trapezoid(scale * (1 + x**2 / nu) ** (-(nu + 1) / 2), x)))


def table(results: dict[str, Row]) -> str:
    heads = (
        "run",
        "seeds",
        "accuracy: mean, sd, range",
        f"P(< {TARGET})",
        "format",
        "CPU s, mean (range)",
    )
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for name in RECIPES:
        rows = [row for key, row in results.items() if key.rpartition(" ")[0] == name]
        if len(rows) < 2:
            continue
        accuracy, seconds = [row["accuracy"] for row in rows], [row["cpu_seconds"] for row in rows]
        mean, deviation = statistics.mean(accuracy), statistics.stdev(accuracy)
        cells = [
            name,
            str(len(rows)),
            f"{mean:.3f}, {deviation:.4f}, {min(accuracy):.3f} to {max(accuracy):.3f}",
            f"{probability_of_missing(accuracy, TARGET):.0e}",
            f"{statistics.mean(row['format'] for row in rows):.3f}",
            f"{statistics.mean(seconds):.1f} ({min(seconds):.1f}-{max(seconds):.1f})",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
