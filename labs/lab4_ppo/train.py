"""Train PPO on Pendulum and CartPole with your functions, or test what was trained. Given code.

python labs/lab4_ppo/train.py                                      both environments, seed 0
python labs/lab4_ppo/train.py --environment pendulum --seeds 3     seeds 0 to 2, for the curves
python labs/lab4_ppo/train.py --environment pendulum --clip 1e9    the same without clipping
python labs/lab4_ppo/train.py --mode test                          100 episodes of what was trained
python labs/lab4_ppo/train.py --resume                             train the saved networks on, as a new run
python labs/lab4_ppo/train.py --actor_model A --critic_model B     the same with other files

Ctrl-C saves what there is, and the same command goes on from there; `--fresh` starts again.
"""

import argparse
import math
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
    from nets import CategoricalActor, GaussianActor
    from training_run import TrainingRun

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = ("pendulum", "cartpole")
CHECKPOINT_SECONDS = 2.0


class CtrlC:
    """The first Ctrl-C is a request, granted after the running iteration; the second one stops at once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.requested = False
        signal.signal(signal.SIGINT, self.handle)

    def handle(self, signum: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self.console.print("Stopping after this iteration; Ctrl-C again stops at once.")


def main() -> int:
    args = parse_arguments()
    console = Console()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # networks this small run faster on one thread
    try:
        import training_run  # here, so that a mistake in your file ends in a message too
    except Exception as error:
        report_error(console, error, "The lab's files cannot be imported:")
        return 1
    try:
        return test(args, console) if args.mode == "test" else train_all(args, console)
    except training_run.Unusable as unusable:
        console.print(str(unusable), markup=False, highlight=False, soft_wrap=True)
        return 1


# --- training ---------------------------------------------------------------------------------------------------------


def train_all(args: argparse.Namespace, console: Console) -> int:
    from training_run import TrainingRun, Unusable

    ctrl_c = CtrlC(console)
    seeds = range(args.seeds) if args.seeds else [args.seed]
    trained_on = args.resume or args.actor_model is not None

    def make(environment: str, seed: int) -> "TrainingRun":
        return TrainingRun(environment, seed, args.clip, args.steps, trained_on)

    if args.fresh:
        for environment, seed in product(args.environment, seeds):
            make(environment, seed).forget()

    results = Table("environment", "seed", "clip", "mean return", "env steps", "CPU s", "", box=None)
    failed = False
    for environment in args.environment:
        try:
            for seed in seeds:
                if ctrl_c.requested:
                    break
                run = continued(make(environment, seed), console, args)
                results.add_row(environment, str(seed), f"{run.recipe.clip:g}", *train(run, console, ctrl_c))
        except KeyboardInterrupt:
            ctrl_c.requested = True
        except Unusable:
            raise
        except Exception as error:
            if todo := unfinished_function(error):
                console.print(f"[yellow]{todo} is still to do[/]: {environment} waits for it.")
                results.add_row(environment, "", "", "-", "", "", "waits, see above")
            else:
                failed = True
                report_error(console, error, f"{environment} stopped.")
                results.add_row(environment, "", "", "-", "", "", "error, see above")

    if results.row_count:
        console.print("\nMean return of 100 episodes without noise: -200 is the target in Pendulum,")
        console.print("475 in CartPole; -350 and 300 earn half. runs/ keeps the best networks of each.")
        console.print(results)
    if ctrl_c.requested:
        console.print("Interrupted. What was trained is in runs/; the same command goes on from there.")
        return 130
    return 1 if failed else 0


def train(run: "TrainingRun", console: Console, ctrl_c: CtrlC) -> tuple[str, str, str, str]:
    """Train a run to its end, or to Ctrl-C; what its row in the table says."""
    trained_before = run.finished
    columns = (
        TextColumn(f"{run.environment}, seed {run.seed}, clip {run.recipe.clip:g}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} steps"),
        TextColumn("return {task.fields[reached]}"),
        TimeElapsedColumn(),
    )
    if not trained_before:
        run.advance()  # before the bar appears: a function that is still to do ends here
    with Progress(*columns, console=console, disable=trained_before) as progress:
        bar = progress.add_task("", total=run.recipe.env_steps, completed=run.ppo.env_steps, reached="-")
        saved = time.monotonic()
        while not run.finished and not ctrl_c.requested:
            run.advance()
            reached = "-" if math.isnan(run.running_return) else f"{run.running_return:.0f}"
            progress.update(bar, completed=min(run.ppo.env_steps, run.recipe.env_steps), reached=reached)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                run.save()
                saved = time.monotonic()

    run.save()
    evaluation = run.evaluate()
    remarks = ["interrupted"] if not run.finished else []
    remarks += ["trained earlier"] if trained_before else []
    if not run.is_recipe:
        remarks.append("for comparison")
    else:
        from evaluate import HALVES, TARGETS

        best = run.hand_over(evaluation)
        remarks += [f"kept: {best:.1f}"] if best > evaluation else []
        target, half = TARGETS[run.environment], HALVES[run.environment]
        remarks.append("target reached" if best >= target else "half reached" if best >= half else "not reached yet")
    return f"{evaluation:.1f}", f"{run.ppo.env_steps:,}", f"{run.cpu_seconds:.1f}", "; ".join(remarks)


def continued(run: "TrainingRun", console: Console, args: argparse.Namespace) -> "TrainingRun":
    """The run as its checkpoint left it, if there is one that can be read; else from its start. Says which."""
    name = f"{run.environment}, seed {run.seed}, clip {run.recipe.clip:g}"
    code_now = run.code
    if run.checkpoint.exists():
        try:
            run.load()
        except Exception:  # a damaged file may raise anything, and none of it would help the reader
            console.print(f"[yellow]{name}: the checkpoint cannot be read[/], training starts anew.")
            run = anew(run, args)
    if run.trained_on and (run.finished or not run.ppo.iterations):
        run = anew(run, args)  # each time it is asked for, training goes on once more from what was reached
        actor, critic = models(args, run.environment)
        run.start_from(actor, critic)
        console.print(f"{name}: trains {actor.name} and {critic.name} on.")
    elif run.finished:
        console.print(f"{name}: trained already. --fresh trains it again.")
    elif run.ppo.iterations:
        console.print(f"{name}: goes on after {run.ppo.env_steps:,} steps. --fresh starts it again.")
    if run.code != code_now:
        console.print("[yellow]  Your file has changed since then[/]: --fresh trains with the new one.")
    return run


def anew(run: "TrainingRun", args: argparse.Namespace) -> "TrainingRun":
    run.forget()
    return type(run)(run.environment, run.seed, args.clip, args.steps, run.trained_on)


def models(args: argparse.Namespace, environment: str) -> tuple[Path, Path]:
    """The files of the actor and of the critic that were named, or those in runs/."""
    from evaluate import RUNS

    actor = Path(args.actor_model) if args.actor_model else RUNS / f"{environment}.safetensors"
    critic = Path(args.critic_model) if args.critic_model else RUNS / f"{environment}_critic.safetensors"
    return actor, critic


# --- testing ----------------------------------------------------------------------------------------------------------


def test(args: argparse.Namespace, console: Console) -> int:
    """What saved actors reach without noise; with --render, in a window."""
    from evaluate import TARGETS, best_returns
    from nets import make_actor
    from training_run import Unusable, load_network

    missing = []
    for environment in args.environment:
        file, _ = models(args, environment)
        actor = make_actor(environment)
        try:
            load_network(actor, file)
        except Unusable as unusable:
            missing.append(str(unusable))
            continue
        if args.render:
            show(environment, actor, args.episodes or 3, console)
            continue
        returns = best_returns(environment, actor, args.episodes or 100)
        reached = "reached" if returns.mean() >= TARGETS[environment] else "not reached"
        console.print(
            f"{file.name}: mean return {returns.mean():.1f} of {len(returns)} episodes without noise "
            f"(from {returns.min():.0f} to {returns.max():.0f}); target {TARGETS[environment]:.0f} {reached}",
            highlight=False,
            soft_wrap=True,
        )
    for sentence in missing:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
    return 1 if missing else 0


def show(environment: str, actor: "GaussianActor | CategoricalActor", episodes: int, console: Console) -> None:
    """Plays in a window; Unusable, in words, where there is no screen or nothing that draws."""
    import gymnasium as gym
    import torch

    from nets import ENVIRONMENTS
    from training_run import Unusable

    facts = ENVIRONMENTS[environment]
    try:
        env = gym.make(facts.id, render_mode="human")
        for episode in range(episodes):
            observation, _ = env.reset(seed=episode)
            done, total = False, 0.0
            while not done:
                with torch.inference_mode():
                    action = actor.best(torch.as_tensor(observation)[None])[0].numpy()
                if facts.bounds:
                    low, high = facts.bounds
                    action = low + (action.clip(-1, 1) + 1) / 2 * (high - low)
                observation, reward, terminated, truncated, _ = env.step(action)
                done, total = terminated or truncated, total + float(reward)
            console.print(f"episode {episode + 1}: return {total:.1f}", highlight=False)
        env.close()
    except gym.error.DependencyNotInstalled:
        raise Unusable("--render needs pygame, which is not installed: pip install pygame") from None
    except Exception as error:
        if type(error).__module__.startswith("pygame"):
            raise Unusable(f"--render needs a screen, and there is none here ({error})") from None
        raise


# --- what goes wrong, and what is asked -------------------------------------------------------------------------------


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
    parser.add_argument("--mode", choices=("train", "test"), default="train", help="default: train")
    parser.add_argument("--environment", action="append", choices=ENVIRONMENTS, help="may be repeated; default: both")
    parser.add_argument("--actor_model", metavar="FILE", help="networks to begin with, or the actor to test ...")
    parser.add_argument("--critic_model", metavar="FILE", help="... of one environment (default: pendulum)")
    parser.add_argument("--resume", action="store_true", help="begin with the networks in runs/")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=int, default=0, help="one seed (default 0)")
    seeds.add_argument("--seeds", type=int, metavar="N", help="the seeds 0 to N-1, one after the other")
    parser.add_argument("--clip", type=float, metavar="E", help="another epsilon than .2; 1e9 clips nothing")
    parser.add_argument("--steps", type=int, metavar="N", help="environment steps of a run (default: the recipe's)")
    parser.add_argument("--fresh", action="store_true", help="train again what was trained already")
    parser.add_argument("--episodes", type=int, metavar="N", help="test: how many (default 100; 3 in a window)")
    parser.add_argument("--render", action="store_true", help="test: in a window")
    args = parser.parse_args()
    if args.seed < 0 or (args.seeds is not None and args.seeds < 1):
        parser.error("--seed takes a number from 0 on, --seeds one from 1 on")
    if args.clip is not None and not 0 <= args.clip < math.inf:
        parser.error("--clip takes a number from 0 on")
    if any(number is not None and number < 1 for number in (args.steps, args.episodes)):
        parser.error("--steps and --episodes take a number from 1 on")
    if args.mode == "train" and (args.actor_model is None) != (args.critic_model is None):
        parser.error("name both --actor_model and --critic_model, or neither: one alone would be lost")
    if args.resume and (args.actor_model or args.mode == "test"):
        parser.error(
            "--resume trains the networks in runs/ on; it goes neither with --actor_model nor with --mode test"
        )
    named = args.actor_model is not None
    if named and args.environment and len(args.environment) > 1:
        parser.error("the networks that you name belong to one environment: say which, --environment pendulum")
    args.environment = list(dict.fromkeys(args.environment or (["pendulum"] if named else ENVIRONMENTS)))
    return args


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
