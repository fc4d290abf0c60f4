"""What lab 2's four algorithms reach with the reference, and what they cost.

    python tests/benchmarks/train_lab2.py                  300 seeds of Q-learning, 10 of the others: about two minutes
    python tests/benchmarks/train_lab2.py --seeds 5 --milestone-seeds 20

Prints a Markdown table. Times are CPU seconds of one thread; `best after` counts real steps until the greedy policy
first returned -13.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "solutions" / "lab2_taxonomy"))

from learners import RECIPES  # noqa: E402
from training_run import MILESTONE, WalkRun  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--milestone-seeds", type=int, default=300)
    args = parser.parse_args()
    print("| algorithm | runs | greedy -13 | best after | last 100 episodes | real steps | CPU s each |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for algorithm in RECIPES:
        count = 1 if algorithm == "mpc" else args.milestone_seeds if algorithm == MILESTONE else args.seeds
        runs = [finished(WalkRun(algorithm, seed)) for seed in range(count)]
        best_after = [run.best_after for run in runs if run.best_after is not None]
        last = [sum(run.returns[-100:]) / len(run.returns[-100:]) for run in runs]
        print(
            f"| {algorithm} | {count} | {sum(run.greedy() >= MILESTONE.target for run in runs)} "
            f"| {f'{min(best_after):,} to {max(best_after):,}' if best_after else 'never'} "
            f"| {min(last):.1f} to {max(last):.1f} | {max(run.learner.env_steps for run in runs):,} "
            f"| {sum(run.cpu_seconds for run in runs) / count:.2f} |",
            flush=True,
        )


def finished(run: WalkRun) -> WalkRun:
    while not run.finished:
        run.advance()
    return run


if __name__ == "__main__":
    main()
