"""What lab 7's recipe costs and reaches on the held-out problems, seed by seed, and what its variants do beside it.

    python tests/benchmarks/train_lab7.py --seeds 20 --variant-seeds 3

Every result is written as soon as it is there, and a run that was interrupted goes on with the next one. At the end it
prints two Markdown tables. Times are CPU seconds of training on one thread, with the looks at the held-out problems
and without imports. The probability that a new seed reaches the bar is predictive: Student's t with the mean and
standard deviation of the seeds.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "solutions" / "lab7_grpo"))

from predictive import probability  # noqa: E402

from evaluate import MILESTONES, held_out  # noqa: E402
from training_run import GRPORun  # noqa: E402

VARIANTS = ("rloo", "dr_grpo", "dapo", "gspo")
Row = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="of the recipe (default 20)")
    parser.add_argument("--variant-seeds", type=int, default=3, help="of each variant (default 3)")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    torch.set_num_threads(1)

    results: dict[str, Row] = json.loads(args.results.read_text()) if args.results.exists() else {}
    wanted = [("grpo", seed) for seed in range(args.seeds)]
    wanted += [(variant, seed) for seed in range(args.variant_seeds) for variant in VARIANTS]
    for variant, seed in wanted:
        if f"{variant} {seed}" not in results:
            results[f"{variant} {seed}"] = trained(variant, seed)
            args.results.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results))
    print()
    print(predictions([row for name, row in results.items() if name.startswith("grpo ")]))


def trained(variant: str, seed: int) -> Row:
    run = GRPORun(variant, seed)
    run.begin()
    while not run.finished:
        run.advance()
    found = held_out(run.grpo.policy, run.grpo.tokenizer)
    return {
        "cpu_seconds": run.cpu_seconds,
        "accuracy": found["accuracy"].mean,
        "format": found["format"].mean,
        "no_spread": statistics.mean(run.curves["no_spread"][1][-10:]),
    }


def table(results: dict[str, Row]) -> str:
    groups: dict[str, list[Row]] = {}
    for name, row in results.items():
        groups.setdefault(name.partition(" ")[0], []).append(row)
    lines = [
        "| variant | seeds | accuracy | format | no spread, last 10 steps | CPU s, mean (range) |",
        "| --- " * 6 + "|",
    ]
    for variant, rows in groups.items():
        seconds = [row["cpu_seconds"] for row in rows]
        cells = [variant, str(len(rows)), *(in_words([row[name] for row in rows]) for name in MILESTONES)]
        cells.append(f"{statistics.mean(row['no_spread'] for row in rows):.2f}")
        cells.append(f"{statistics.mean(seconds):.1f} ({min(seconds):.1f}-{max(seconds):.1f})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def in_words(values: list[float]) -> str:
    spread = f", sd {statistics.stdev(values):.4f}" if len(values) > 1 else ""
    return f"mean {statistics.mean(values):.4f}{spread} ({min(values):.3f}-{max(values):.3f})"


def predictions(rows: list[Row]) -> str:
    lines = ["| milestone | bar | n | mean | sd | P(a new seed reaches it) |", "| --- " * 6 + "|"]
    for name, milestone in MILESTONES.items():
        values = [row[name] for row in rows]
        n, mean, sd = len(values), statistics.mean(values), statistics.stdev(values)
        p = probability(values, milestone.target)
        lines.append(f"| {name} | {milestone.target:.2f} | {n} | {mean:.4f} | {sd:.4f} | {p:.5f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
