"""Train policies on CartPole-v1 with your losses, and save them in runs/ for the milestone. Given code.

python labs/lab3_policy_gradient/train.py                        the five algorithms, seed 0
python labs/lab3_policy_gradient/train.py --seeds 5              seeds 0 to 4, for the learning curves
python labs/lab3_policy_gradient/train.py --algorithm reinforce  one of them (may be repeated)

Ctrl-C saves what there is, and the same command goes on from there; `--fresh` starts again.
"""

import argparse
import os
import signal
import sys
import time
import traceback
from itertools import product
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from training_run import TrainingRun

HERE = Path(__file__).resolve().parent
ALGORITHMS = ("simple_pg", "reinforce", "reinforce_baseline", "a2c", "actor_critic")
CHECKPOINT_SECONDS = 2.0


class CtrlC:
    """The first Ctrl-C is a request, granted after the running update; the second one stops at once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.requested = False
        signal.signal(signal.SIGINT, self.handle)

    def handle(self, signum: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self.console.print("Stopping after this update; Ctrl-C again stops at once.")


def main() -> int:
    args = parse_arguments()
    console = Console()
    ctrl_c = CtrlC(console)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # networks this small run faster on one thread
    try:
        from training_run import TrainingRun  # here, so that a mistake in your files ends in a message too
    except Exception as error:
        report_error(console, error, "The lab's files cannot be imported:")
        return 1

    algorithms = args.algorithm or ALGORITHMS
    seeds = range(args.seeds) if args.seeds else [args.seed]
    if args.fresh:
        for algorithm, seed in product(algorithms, seeds):
            TrainingRun(algorithm, seed).forget()

    results = Table("algorithm", "seed", "greedy return", "env steps", "CPU s", "", box=None)
    failed = False
    for algorithm in algorithms:
        try:
            for seed in seeds:
                if ctrl_c.requested:
                    break
                run = resumed(TrainingRun(algorithm, seed), console)
                results.add_row(algorithm, str(seed), *train(run, console, ctrl_c))
        except KeyboardInterrupt:
            ctrl_c.requested = True
        except Exception as error:
            if todo := unfinished_function(error):
                console.print(f"[yellow]{todo} is still to do[/]: {algorithm} waits for it.")
                results.add_row(algorithm, "", "-", "", "", "waits, see above")
            else:
                failed = True
                report_error(console, error, f"{algorithm} stopped.")
                results.add_row(algorithm, "", "-", "", "", "error, see above")

    if results.row_count:
        console.print("\nMean return of 100 greedy episodes: target 475, half of the points from 300.")
        console.print("runs/ keeps the best policy of each algorithm.")
        console.print(results)
    if ctrl_c.requested:
        console.print("Interrupted. What was trained is in runs/; the same command goes on from there.")
        return 130
    return 1 if failed else 0


def train(run: "TrainingRun", console: Console, ctrl_c: CtrlC) -> tuple[str, str, str, str]:
    """Train a run to its end, or to Ctrl-C; what its row in the table says."""
    trained_before = run.finished
    columns = (
        TextColumn(f"{run.algorithm}, seed {run.seed}"),
        BarColumn(),
        TextColumn("return {task.completed:3.0f} of {task.total:.0f}"),
        TextColumn("{task.fields[steps]:,} steps"),
        TimeElapsedColumn(),
    )
    if not trained_before:
        run.advance()  # before the bar appears: a function that is still to do ends here
    with Progress(*columns, console=console, disable=trained_before) as progress:
        bar = progress.add_task("", total=run.recipe.stop_return, steps=run.learner.env_steps)
        saved = time.monotonic()
        while not run.finished and not ctrl_c.requested:
            run.advance()
            progress.update(bar, completed=run.running_return, steps=run.learner.env_steps)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                run.save()
                saved = time.monotonic()

    run.save()
    evaluation = run.evaluate()
    best = run.hand_over(evaluation)
    remarks = []
    if not run.finished:
        remarks.append("interrupted")
    if trained_before:
        remarks.append("trained earlier")
    if best > evaluation:
        remarks.append(f"kept: {best:.1f}")
    return f"{evaluation:.1f}", f"{run.learner.env_steps:,}", f"{run.cpu_seconds:.1f}", "; ".join(remarks)


def resumed(run: "TrainingRun", console: Console) -> "TrainingRun":
    """The run as its checkpoint left it, if there is one that can be read; says which."""
    name = f"{run.algorithm}, seed {run.seed}"
    if not run.checkpoint.exists():
        return run
    code_now = run.code
    try:
        run.load()
    except Exception:  # a damaged file may raise anything, and none of it would help the reader
        console.print(f"[yellow]{name}: the checkpoint cannot be read[/], training starts anew.")
        run.forget()
        return type(run)(run.algorithm, run.seed)
    if run.finished:
        console.print(f"{name}: trained already. --fresh trains it again.")
    else:
        console.print(f"{name}: goes on after {run.learner.env_steps:,} steps. --fresh starts it again.")
    if run.code != code_now:
        console.print("[yellow]  Your files have changed since then[/]: --fresh trains with the new ones.")
    return run


def unfinished_function(error: BaseException) -> str | None:
    """The student's function that raised NotImplementedError; None for any other error."""
    if not isinstance(error, NotImplementedError):
        return None
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return frame.name if Path(frame.filename).parent == HERE else None


def report_error(console: Console, error: Exception, what: str) -> None:
    """The end of the traceback, as far as it lies in the lab's folder."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == HERE]
    if isinstance(error, SyntaxError):
        frames = []  # its own text names the file and the line
    lines = traceback.format_list(frames[-3:]) + traceback.format_exception_only(error)
    console.print(f"[red]{what}[/]")
    console.print("".join(lines), markup=False, highlight=False, soft_wrap=True)


def parse_arguments() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage="%(prog)s [options]"
    )
    parser.add_argument(
        "--algorithm", action="append", choices=ALGORITHMS, help="may be repeated; all five if not given"
    )
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=int, default=0, help="one seed (default 0)")
    seeds.add_argument("--seeds", type=int, metavar="N", help="the seeds 0 to N-1, one after the other")
    parser.add_argument("--fresh", action="store_true", help="train again what was trained already")
    args = parser.parse_args()
    if args.seed < 0 or (args.seeds is not None and args.seeds < 1):
        parser.error("--seed takes a number from 0 on, --seeds one from 1 on")
    return args


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
