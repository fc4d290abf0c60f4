"""A step of GRPO: lab 7's loop with its reference beside TRL's GRPOTrainer, and what 60 steps of each reach.

    python tests/benchmarks/grpo_step.py --seeds 3

Both train the tiny model on one thread with the settings of lab 7's recipe, the same reward functions and as many
prompts and completions a step. Each has a process of its own, and they take turns step by step, so that a drifting
machine is fair to both. A step is everything between two updates: drawing, rewards, reference, loss, update. Every
result is written as soon as it is there, and a run that was interrupted goes on with the next seed. At the end it
prints a Markdown table; times are CPU seconds.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from grader.lab import solutions_folder  # noqa: E402
from grader.lab.loading import load_modules  # noqa: E402

OTHER = Path(__file__).parent / "others" / "lm_grpo_trl.py"
SAMPLES = 8  # for each of the 200 problems held out
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    parser.add_argument("--ours", type=int, metavar="SEED", help=argparse.SUPPRESS)  # what the other process runs
    args = parser.parse_args()
    if args.ours is not None:
        train(args.ours, Turns())
        return

    results: dict[str, list[Row]] = json.loads(args.results.read_text()) if args.results.exists() else {}
    commands = {"lab 7": [__file__, "--ours"], "TRL's GRPOTrainer": [OTHER]}
    for seed in range(args.seeds):
        if any(len(rows) > seed for rows in results.values()):
            continue
        for who, row in in_turns({who: [*command, seed] for who, command in commands.items()}).items():
            results.setdefault(who, []).append(row)
            step = statistics.median(row["cpu_seconds"])
            print(f"seed {seed}, {who}: {step:.3f} CPU s a step, accuracy {row['accuracy']:.3f}", file=sys.stderr)
        args.results.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results))


# --- in the processes that train --------------------------------------------------------------------------------------


class Turns:
    """A process that trains lets the other one have its turn after each step."""

    def __init__(self) -> None:
        self.answers = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)  # what libraries print is no answer

    def start(self) -> None:
        """Wait for a turn: everything from here to `done` belongs to the step."""
        if not sys.stdin.readline():
            raise SystemExit("the process that measures has ended")
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def done(self) -> None:
        step = {"cpu_seconds": time.process_time() - self.cpu, "wall_seconds": time.perf_counter() - self.wall}
        self.answers.write(json.dumps(step) + "\n")
        self.start()

    def finish(self, model: Any, tokenizer: Any) -> None:
        """Say what was reached, on problems that nothing was trained on."""
        from labs.common.evaluation import evaluate
        from labs.common.toys.arithmetic import TOY, rows

        cost = {"run_cpu_seconds": time.process_time(), "peak_mb": peak_memory()}
        found = evaluate(TOY, model, tokenizer, rows()[1], SAMPLES)
        self.answers.write(json.dumps({**cost, **vars(found)}) + "\n")


def peak_memory() -> float:
    """In MB, of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def lab7() -> tuple[Any, Any]:
    """The modules grpo_loop and rewards of the reference."""
    loop, rewards = load_modules(solutions_folder() / "lab7_grpo", ["grpo_loop", "rewards"])
    return loop, rewards


def train(seed: int, turns: Turns) -> None:
    import torch

    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY, rows

    torch.set_num_threads(1)
    loop, _ = lab7()
    recipe = loop.Recipe()
    model, tokenizer = load(TOY, "tiny")
    training = loop.GRPO(model, tokenizer, rows()[0], seed, recipe)
    turns.start()
    for _ in range(recipe.steps):
        training.step()
        turns.done()
    turns.finish(model, tokenizer)


# --- in the process that measures -------------------------------------------------------------------------------------


def in_turns(commands: dict[str, list[Any]]) -> dict[str, Row]:
    """Runs the processes side by side, one step of each at a time."""
    found: dict[str, Row] = {who: {"cpu_seconds": [], "wall_seconds": []} for who in commands}
    with ExitStack() as stack:
        running = {who: stack.enter_context(process(command)) for who, command in commands.items()}
        while running:
            for who, ask in list(running.items()):
                answer = ask()
                if "accuracy" in answer:
                    found[who] |= answer
                    del running[who]
                else:
                    for name, seconds in answer.items():
                        found[who][name].append(seconds)
    return found


@contextmanager
def process(command: list[Any]) -> Iterator[Any]:
    """A process of its own; calling what is yielded gives it a turn, and gets its answer."""
    words = [sys.executable, *map(str, command)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdin and running.stdout

        def ask() -> Row:
            print(file=running.stdin, flush=True)
            line = running.stdout.readline()
            if not line:
                raise SystemExit(f"{' '.join(words)} ended without an answer")
            answer: Row = json.loads(line)
            return answer

        try:
            yield ask
        finally:
            running.terminate()


def table(results: dict[str, list[Row]]) -> str:
    heads = ["GRPO", "seeds", "CPU s a step, median (range of seeds)", "wall s", "CPU s of a run, imports and all"]
    heads += ["accuracy", "format", "peak MB"]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for who, rows in results.items():
        steps = [statistics.median(row["cpu_seconds"]) for row in rows]
        wall = statistics.median(statistics.median(row["wall_seconds"]) for row in rows)
        cells = [who, str(len(rows)), f"{statistics.median(steps):.3f} ({min(steps):.3f}-{max(steps):.3f})"]
        cells += [f"{wall:.3f}", f"{statistics.median(row['run_cpu_seconds'] for row in rows):.1f}"]
        cells += [", ".join(f"{row[name]:.3f}" for row in rows) for name in ("accuracy", "format")]
        cells.append(f"{max(row['peak_mb'] for row in rows):.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    ours, theirs = ([second for row in rows for second in row["cpu_seconds"]] for rows in results.values())
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return "\n".join([*lines, "", f"Step by step, ours takes {ratio:.2f} of the CPU seconds of TRL's (median)."])


if __name__ == "__main__":
    main()
