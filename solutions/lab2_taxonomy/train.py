"""Walk along the cliff with four algorithms that use your functions, and save what the milestone needs. Given code.

python labs/lab2_taxonomy/train.py                         the four algorithms, seed 0
python labs/lab2_taxonomy/train.py --seeds 5               seeds 0 to 4, for the plot
python labs/lab2_taxonomy/train.py --algorithm q_learning  one of them (may be repeated)
python labs/lab2_taxonomy/train.py --episodes 10           a short try: at most so many episodes each

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
ALGORITHMS = ("q_learning", "sarsa", "dyna_q", "mpc")
CHECKPOINT_SECONDS = 2.0


class CtrlC:
    """The first Ctrl-C is a request, granted after the running episode; the second one stops at once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.requested = False
        signal.signal(signal.SIGINT, self.handle)

    def handle(self, signum: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self.console.print("Stopping after this episode; Ctrl-C again stops at once.")


def main() -> int:
    args = parse_arguments()
    console = Console()
    ctrl_c = CtrlC(console)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # tables this small are quicker on one thread
    try:
        from training_run import TrainingRun  # here, so that a mistake in your file ends in a message too
    except Exception as error:
        report_error(console, error, "The lab's files cannot be imported:")
        return 1

    algorithms = args.algorithm or ALGORITHMS
    seeds = range(args.seeds) if args.seeds else [args.seed]
    if args.fresh:
        for algorithm, seed in product(algorithms, seeds):
            TrainingRun(algorithm, seed).forget()

    results = Table("algorithm", "seed", "training", "greedy", "best after", "real steps", "CPU s", "", box=None)
    failed = False
    for algorithm in algorithms:
        try:
            for seed in seeds if algorithm != "mpc" else [args.seed]:  # MPC draws nothing: one seed stands for all
                if ctrl_c.requested:
                    break
                run = resumed(TrainingRun(algorithm, seed, args.episodes), console)
                results.add_row(algorithm, str(seed), *train(run, console, ctrl_c))
        except KeyboardInterrupt:
            ctrl_c.requested = True
        except Exception as error:
            if todo := unfinished_function(error):
                console.print(f"[yellow]{todo} is still to do[/]: {algorithm} waits for it.")
                results.add_row(algorithm, "", "-", "-", "", "", "", "waits, see above")
            else:
                failed = True
                report_error(console, error, f"{algorithm} stopped.")
                results.add_row(algorithm, "", "-", "-", "", "", "", "error, see above")

    if results.row_count:
        console.print("\ntraining: mean return of the last 100 episodes, exploring; greedy: return without exploring;")
        console.print("best after: real steps until the greedy policy first returned -13, the best there is.")
        console.print(results)
        say_milestone(console)
    if ctrl_c.requested:
        console.print("Interrupted. What was trained is in runs/; the same command goes on from there.")
        return 130
    return 1 if failed else 0


def say_milestone(console: Console) -> None:
    """What the table that lies in runs/ returns, and what is missing to the milestone."""
    from evaluate import HALF, RUNS, TARGET
    from training_run import MILESTONE, saved_evaluation

    reached = saved_evaluation(RUNS / f"{MILESTONE}.json")
    if reached is None:
        console.print("Milestone: no table of Q-learning is saved yet.")
    elif reached >= TARGET:
        console.print(f"[green]Milestone reached[/]: runs/{MILESTONE}.safetensors returns {reached:.0f}.")
    else:
        console.print(
            f"Milestone not reached: runs/{MILESTONE}.safetensors returns {reached:.0f}; {TARGET:.0f} is asked for, "
            f"half of the points from {HALF:.0f}."
        )


def train(run: "TrainingRun", console: Console, ctrl_c: CtrlC) -> tuple[str, ...]:
    """Train a run to its end, or to Ctrl-C; what its row in the table says."""
    trained_before = run.finished
    columns = (
        TextColumn(f"{run.algorithm}, seed {run.seed}"),
        BarColumn(),
        TextColumn("episode {task.completed:.0f} of {task.total:.0f}"),
        TextColumn("return {task.fields[last]:.0f}"),
        TextColumn("{task.fields[steps]:,} real steps"),
        TimeElapsedColumn(),
    )
    if not trained_before:
        run.advance()  # before the bar appears: a function that is still to do ends here
    with Progress(*columns, console=console, disable=trained_before) as progress:
        bar = progress.add_task("", total=run.episodes, last=run.returns[-1], steps=run.learner.env_steps)
        saved = time.monotonic()
        while not run.finished and not ctrl_c.requested:
            run.advance()
            progress.update(bar, completed=len(run.returns), last=run.returns[-1], steps=run.learner.env_steps)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                run.save()
                saved = time.monotonic()

    run.save()
    remarks = []
    if not run.finished:
        remarks.append("interrupted")
    if trained_before:
        remarks.append("trained earlier")
    if run.algorithm == "q_learning" and (best := run.hand_over()) > run.greedy():
        remarks.append(f"kept: {best:.0f}")
    last = run.returns[-100:]
    best_after = f"{run.best_after:,}" if run.best_after else "never"
    steps, seconds = f"{run.learner.env_steps:,}", f"{run.cpu_seconds:.1f}"
    greedy = f"{run.greedy():.0f}" if run.greedy() > -100 else "no way out"
    return f"{sum(last) / len(last):.1f}", greedy, best_after, steps, seconds, "; ".join(remarks)


def resumed(run: "TrainingRun", console: Console) -> "TrainingRun":
    """The run as its checkpoint left it, if there is one that can be read; says which."""
    name = f"{run.algorithm}, seed {run.seed}"
    if not run.checkpoint.exists():
        return run
    code_now = run.code
    try:
        run.load()
    except Exception:  # a damaged file may raise anything, and none of it would help the reader
        console.print(f"[yellow]{name}: there is no going on from the checkpoint[/], training starts anew.")
        run.forget()
        return type(run)(run.algorithm, run.seed, run.episodes)
    if run.finished:
        console.print(f"{name}: trained already. --fresh trains it again.")
    else:
        console.print(f"{name}: goes on after {len(run.returns):,} episodes. --fresh starts it again.")
    if run.code != code_now:
        console.print("[yellow]  Your file has changed since then[/]: --fresh trains with the new one.")
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
        "--algorithm", action="append", choices=ALGORITHMS, help="may be repeated; all four if not given"
    )
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=int, default=0, help="one seed (default 0)")
    seeds.add_argument("--seeds", type=int, metavar="N", help="the seeds 0 to N-1, one after the other")
    parser.add_argument("--episodes", type=int, metavar="N", help="at most so many episodes, for a short try")
    parser.add_argument("--fresh", action="store_true", help="train again what was trained already")
    args = parser.parse_args()
    if args.seed < 0 or (args.seeds is not None and args.seeds < 1):
        parser.error("--seed takes a number from 0 on, --seeds one from 1 on")
    if args.episodes is not None and args.episodes < 1:
        parser.error("--episodes takes a number from 1 on")
    return args


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
