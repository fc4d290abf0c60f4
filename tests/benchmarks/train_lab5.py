"""What lab 5's recipes cost and reach, on held-out problems and pairs, and how likely a right solution misses a bar.

    python tests/benchmarks/train_lab5.py

Trains on one thread of the CPU with the reference. Every result is written as soon as it is there, and a run that was
interrupted goes on with the next one. At the end it prints a Markdown table. Times are CPU seconds of training with the
measurements for the plot, without imports. The probability is predictive: that a new seed reaches the bar, by Student's
t from the mean and the deviation of the seeds.
"""

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "solutions" / "lab5_dpo"))

import training_run  # noqa: E402
from evaluate import MILESTONES  # noqa: E402
from labs.common.evaluation import evaluate  # noqa: E402
from labs.common.held_out import EVALUATION_SEED, SAMPLES  # noqa: E402
from labs.common.toys.arithmetic import TOY, rows  # noqa: E402
from preference_training import reference_model  # noqa: E402

Row = dict[str, float]
KINDS = ("dpo_nll", "dpo", "nll", "reward_model", "rlhf")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12, help="of DPO with the likelihood term (default 12)")
    parser.add_argument("--other-seeds", type=int, default=5, help="of the other runs (default 5)")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    torch.set_num_threads(1)

    results: dict[str, Row] = json.loads(args.results.read_text()) if args.results.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(max(args.seeds, args.other_seeds)):
            for kind in KINDS:
                wanted = seed < (args.seeds if kind == "dpo_nll" else args.other_seeds)
                again = kind == "reward_model" and f"rlhf {seed}" not in results  # which needs its weights
                if wanted and (again or f"{kind} {seed}" not in results):
                    results[f"{kind} {seed}"] = trained(kind, seed, Path(folder))
                    args.results.write_text(json.dumps(results, indent=1) + "\n")
    print(table({"before": {"": before()}} | grouped(results)))


class Trial(training_run.PreferenceRun):
    """A run that leaves its files elsewhere."""

    elsewhere: Path

    @property
    def runs(self) -> Path:
        return self.elsewhere


def trained(kind: str, seed: int, folder: Path) -> Row:
    Trial.elsewhere = folder
    needed = {"reward_model": folder / f"reward_model-seed{seed}.safetensors"}
    run = Trial(kind, seed, needed=needed if kind == "rlhf" else {})
    while not run.finished:
        run.advance()
    run.save()  # what the next kind may need
    row = run.evaluate() | {"cpu_seconds": run.cpu_seconds}
    if kind != "reward_model":
        found = evaluate(TOY, run.learner.network, reference_model()[1], rows()[1], SAMPLES, EVALUATION_SEED)
        row["format"] = found["format"].mean
    return row | {name: run.last(name) for name in ("chosen_log_ratio", "rejected_log_ratio") if name in run.curves}


def before() -> Row:
    """The model that everything begins with."""
    found = evaluate(TOY, *reference_model(), rows()[1], SAMPLES, EVALUATION_SEED)
    return {"sampled_accuracy": found["accuracy"].mean, "format": found["format"].mean}


def grouped(results: dict[str, Row]) -> dict[str, dict[str, Row]]:
    return {kind: {name: row for name, row in results.items() if name.split()[0] == kind} for kind in KINDS}


# --- the table --------------------------------------------------------------------------------------------------------

COLUMNS = {
    "sampled_accuracy": "right among samples",
    "format": "in the format",
    "preference_accuracy": "ranked right",
    "chosen_log_ratio": "log-ratio, chosen",
    "rejected_log_ratio": "log-ratio, rejected",
    "cpu_seconds": "CPU s",
}


def table(groups: dict[str, dict[str, Row]]) -> str:
    lines = ["| run | seeds | " + " | ".join(COLUMNS.values()) + " | P(a new seed reaches the target; half) |"]
    lines.append("| --- " * (len(COLUMNS) + 3) + "|")
    for kind, rows_of in groups.items():
        if not rows_of:
            continue
        cells = [kind, str(len(rows_of))]
        for name in COLUMNS:
            values = [row[name] for row in rows_of.values() if name in row]
            cells.append(in_words(values, 1 if name == "cpu_seconds" else 3))
        accuracies = [row["sampled_accuracy"] for row in rows_of.values() if "sampled_accuracy" in row]
        milestone = MILESTONES["sampled_accuracy"]
        bars = (milestone.target, milestone.half)
        cells.append("; ".join(f"{reaches(bar, accuracies):.6f}" for bar in bars) if len(accuracies) > 2 else "-")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def in_words(values: list[float], digits: int) -> str:
    if len(values) < 2:
        return f"{values[0]:.{digits}f}" if values else "-"
    mean, deviation = mean_and_deviation(values)
    return f"{mean:.{digits}f} ± {deviation:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def mean_and_deviation(values: list[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def reaches(bar: float, values: list[float]) -> float:
    """The predictive probability that one more value is at least `bar`, all of them being normal."""
    mean, deviation = mean_and_deviation(values)
    t = (mean - bar) / (deviation * math.sqrt(1 + 1 / len(values)))
    return student_cdf(t, len(values) - 1)


def student_cdf(t: float, freedom: int) -> float:
    """The distribution function of Student's t, by Simpson's rule in the angle x, t = sqrt(freedom) tan x."""
    steps = 2000
    end = math.atan(t / math.sqrt(freedom))
    heights = [math.cos(end * i / steps) ** (freedom - 1) for i in range(steps + 1)]
    area = end / steps / 3 * (heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2]))
    log_constant = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(math.pi)
    return 0.5 + math.exp(log_constant) * area


if __name__ == "__main__":
    main()
