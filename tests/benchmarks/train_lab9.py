"""What lab 9's recipe costs and reaches on the held-out problems, seed by seed, and TRL's speed beside lab 7's loop.

    python tests/benchmarks/train_lab9.py --seeds 10 --speed-seeds 3

Every result is written as soon as it is there, and a run that was interrupted goes on with the next one. At the end it
prints three Markdown tables. Times are CPU seconds on one thread, with the looks at the held-out problems and without
imports. For the speed both train with the same rewards, lab 7's, and without a look at the held-out problems: steps of
256 completions of the same model.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"lab7": ROOT / "solutions" / "lab7_grpo", "lab9": ROOT / "solutions" / "lab9_trl"}
SPEED_STEPS = 20
Row = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="of the recipe (default 10)")
    parser.add_argument("--speed-seeds", type=int, default=3, help="of each loop (default 3)")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    parser.add_argument("--alone", nargs=2, metavar=("WHAT", "SEED"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        what, seed = args.alone
        print(json.dumps(MEASURED[what](int(seed))))
        return
    results: dict[str, Row] = json.loads(args.results.read_text()) if args.results.exists() else {}
    wanted = [("recipe", seed) for seed in range(args.seeds)]
    wanted += [(what, seed) for seed in range(args.speed_seeds) for what in ("trl", "by hand")]
    for what, seed in wanted:
        if f"{what} {seed}" not in results:
            results[f"{what} {seed}"] = alone(what, seed)
            args.results.write_text(json.dumps(results, indent=1) + "\n")
    print_tables(results)


def alone(what: str, seed: int) -> Row:
    """Measured in a process of its own: both labs have a training_run."""
    command = [sys.executable, __file__, "--alone", what, str(seed)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def of_lab(lab: str) -> None:
    import torch

    torch.set_num_threads(1)
    sys.path[:0] = [str(ROOT), str(FOLDERS[lab])]


def recipe(seed: int) -> Row:
    of_lab("lab9")
    from evaluate import held_out
    from training_run import GRPORun, GRPOScriptArguments

    with tempfile.TemporaryDirectory() as folder:
        run: Any = GRPORun(GRPOScriptArguments(), seed)
        run.folder = Path(folder)
        run.begin()
        run.train(lambda: False)
        found = held_out(run.model, run.tokenizer)
        return {
            "cpu_seconds": run.cpu_seconds,
            "accuracy": found["accuracy"].mean,
            "format": found["format"].mean,
            "no_spread": statistics.mean(run.curves["no_spread"][1][-10:]),
        }


def speed_of_trl(seed: int) -> Row:
    of_lab("lab9")
    from trl import GRPOTrainer

    import training_run
    from labs.common.toys.arithmetic import TOY
    from training import GRPOScriptArguments

    def accuracy(completions: Any, solution: list[str], **kwargs: Any) -> list[float]:
        rows = [{"solution": text} for text in solution]
        return [TOY.judges["accuracy"](c[0]["content"], row) for c, row in zip(completions, rows, strict=True)]

    def in_format(completions: Any, **kwargs: Any) -> list[float]:
        return [TOY.judges["format"](completion[0]["content"], {}) for completion in completions]

    run = training_run.GRPORun(GRPOScriptArguments(), seed, SPEED_STEPS)
    with tempfile.TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=run.model,
            processing_class=run.tokenizer,
            reward_funcs=[accuracy, in_format],
            args=run.config(folder),
            train_dataset=run.data,
        )
        trainer.remove_callback(training_run.PrinterCallback)
        began = time.process_time()
        trainer.train()
        return {"cpu_seconds": time.process_time() - began}


def speed_by_hand(seed: int) -> Row:
    of_lab("lab7")
    import grpo_loop
    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY, rows

    grpo_loop.accuracy_reward = lambda text, gold: float(text.rstrip().endswith(f"<answer>{gold}</answer>"))
    grpo_loop.format_reward = lambda text: TOY.judges["format"](text, {})
    learner: Any = grpo_loop.GRPO(*load(TOY, "tiny"), rows()[0], seed, grpo_loop.Recipe())
    began = time.process_time()
    for _ in range(SPEED_STEPS):
        learner.step()
    return {"cpu_seconds": time.process_time() - began}


MEASURED = {"recipe": recipe, "trl": speed_of_trl, "by hand": speed_by_hand}


def print_tables(results: dict[str, Row]) -> None:
    sys.path.insert(0, str(ROOT))
    from predictive import probability

    from labs.common.manifest import milestones_of

    rows = {what: [row for name, row in results.items() if name.startswith(what)] for what in MEASURED}
    seconds = [row["cpu_seconds"] for row in rows["recipe"]]
    print("| seeds | accuracy | format | no spread, last 10 steps | CPU s, mean (range) |\n" + "| --- " * 5 + "|")
    spread = statistics.mean(row["no_spread"] for row in rows["recipe"])
    cells = [str(len(seconds)), *(in_words([row[name] for row in rows["recipe"]]) for name in ("accuracy", "format"))]
    cells += [f"{spread:.2f}", f"{statistics.mean(seconds):.1f} ({min(seconds):.1f}-{max(seconds):.1f})"]
    print(f"| {' | '.join(cells)} |")
    print("\n| milestone | bar | n | mean | sd | P(a new seed reaches it) |\n" + "| --- " * 6 + "|")
    for name, milestone in milestones_of(FOLDERS["lab9"]).items():
        values = [row[name] for row in rows["recipe"]]
        mean, sd = statistics.mean(values), statistics.stdev(values)
        p = probability(values, milestone.target)
        print(f"| {name} | {milestone.target:.2f} | {len(values)} | {mean:.4f} | {sd:.4f} | {p:.5f} |")
    print("\n| loop | seeds | steps a CPU second, mean (range) | ratio |\n" + "| --- " * 4 + "|")
    speeds = {what: [SPEED_STEPS / row["cpu_seconds"] for row in rows[what]] for what in ("trl", "by hand")}
    for what, each in speeds.items():
        ratio = statistics.mean(each) / statistics.mean(speeds["trl"])
        print(f"| {what} | {len(each)} | {statistics.mean(each):.2f} ({min(each):.2f}-{max(each):.2f}) | {ratio:.2f} |")


def in_words(values: list[float]) -> str:
    return (
        f"mean {statistics.mean(values):.4f}, sd {statistics.stdev(values):.4f} ({min(values):.3f}-{max(values):.3f})"
    )


if __name__ == "__main__":
    main()
