"""What lab 4's recipes cost and reach, beside Stable-Baselines3's PPO with the settings its zoo tuned for them.

    python tests/benchmarks/train_lab4.py --other-python FOLDER/bin/python

The other Python belongs to a virtual environment of its own with torch and stable-baselines3; without one only ours is
measured. Both train on one thread of the CPU and are evaluated on the same 100 episodes, without noise. The two take
turns, seed by seed, so that a drifting machine is fair to both. Every result is written as soon as it is there, and a
run that was interrupted goes on with the next one. At the end it prints a Markdown table. Times are CPU seconds of
training, without imports.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "solutions" / "lab4_ppo"))

from evaluate import MILESTONES  # noqa: E402
from training_run import PPORun  # noqa: E402

OTHER = Path(__file__).parent / "others" / "ppo_sb3.py"
Row = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="of ours (default 10)")
    parser.add_argument("--other-python", type=Path, help="the Python that has stable-baselines3")
    parser.add_argument("--other-seeds", type=int, default=5, help="of the other's (default 5)")
    parser.add_argument("--without-clipping", type=int, default=3, help="seeds of Pendulum with clip 1e9 (default 3)")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    torch.set_num_threads(1)

    results: dict[str, Row] = json.loads(args.results.read_text()) if args.results.exists() else {}

    def keep(name: str, row: Row) -> None:
        results[name] = row
        args.results.write_text(json.dumps(results, indent=1) + "\n")

    for seed in range(max(args.seeds, args.other_seeds)):
        for environment in MILESTONES:
            if seed < args.seeds and f"{environment} ours {seed}" not in results:
                keep(f"{environment} ours {seed}", ours(environment, seed))
            theirs = f"{environment} Stable-Baselines3 {seed}"
            if args.other_python and seed < args.other_seeds and theirs not in results:
                keep(theirs, other(args.other_python, environment, seed))
        if seed < args.without_clipping and f"pendulum ours, clip 1e9 {seed}" not in results:
            keep(f"pendulum ours, clip 1e9 {seed}", ours("pendulum", seed, clip=1e9))
    print(table(results))


def ours(environment: str, seed: int, clip: float | None = None) -> Row:
    run = PPORun(environment, seed, clip)
    while not run.finished:
        run.advance()
    return {"cpu_seconds": run.cpu_seconds, "env_steps": run.ppo.env_steps, "mean_return": run.evaluate()}


def other(python: Path, environment: str, seed: int) -> Row:
    command = [str(python), str(OTHER), environment, str(seed)]
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    variables.pop("PYTHONPATH", None)
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return row


def table(results: dict[str, Row]) -> str:
    lines = ["| environment | PPO | seeds | reached | mean returns | CPU s, mean (range) |", "| --- " * 6 + "|"]
    groups: dict[tuple[str, str], list[Row]] = {}
    for name, row in results.items():
        environment, _, rest = name.partition(" ")
        groups.setdefault((environment, rest.rpartition(" ")[0]), []).append(row)
    for (environment, who), rows in sorted(groups.items(), reverse=True):
        target = MILESTONES[environment].target
        seconds = [row["cpu_seconds"] for row in rows]
        returns = ", ".join(f"{row['mean_return']:.1f}" for row in rows)
        reached = sum(row["mean_return"] >= target for row in rows)
        cells = [environment, who, str(len(rows)), f"{reached} of {len(rows)} ≥ {target:.0f}", returns]
        cells.append(f"{sum(seconds) / len(seconds):.1f} ({min(seconds):.1f}-{max(seconds):.1f})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
