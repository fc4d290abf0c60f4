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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from labs.common.errors import CannotUse
from labs.common.training.arguments import argument_parser, from_1_on, seeds_of
from labs.common.training.script import Script, end_with
from labs.common.translated import _

if TYPE_CHECKING:
    from nets import CategoricalActor, GaussianActor

ENVIRONMENTS = ("pendulum", "cartpole")


def main() -> int:
    args = parse_arguments()
    script = Script(__file__)
    if script.load("training_run") is None:  # here, so that a mistake in your file ends in a message too
        return 1
    return test(args, script) if args.mode == "test" else train(args, script)


# --- training ---------------------------------------------------------------------------------------------------------


def train(args: argparse.Namespace, script: Script) -> int:
    from evaluate import MILESTONES
    from training_run import PPORun

    groups = {
        environment: [
            partial(PPORun, environment, seed, args.clip, args.steps, begin_with(args, environment))
            for seed in seeds_of(args)
        ]
        for environment in args.environment
    }
    headings = (_("environment"), _("seed"), "clip", _("mean return"), _("env steps"), _("CPU s"))
    trained = script.train_all(groups, headings, args.fresh)
    script.show(
        trained.table,
        _("Mean return of 100 episodes without noise.\n")
        + "".join(
            _("{name}: target {target:g}, half of the points from {half:g}\n").format(
                name=name, target=m.target, half=m.half
            )
            for name, m in MILESTONES.items()
        )
        + _("runs/ keeps the best networks of each."),
    )
    return script.exit_code(trained)


def begin_with(args: argparse.Namespace, environment: str) -> tuple[Path, Path] | None:
    """The networks to train on; None where training begins with new ones."""
    return models(args, environment) if args.resume or args.actor_model else None


def models(args: argparse.Namespace, environment: str) -> tuple[Path, Path]:
    """The files of the actor and of the critic that were named, or those in runs/."""
    from evaluate import RUNS

    actor = Path(args.actor_model) if args.actor_model else RUNS / f"{environment}.safetensors"
    critic = Path(args.critic_model) if args.critic_model else RUNS / f"{environment}_critic.safetensors"
    return actor, critic


# --- testing ----------------------------------------------------------------------------------------------------------


def test(args: argparse.Namespace, script: Script) -> int:
    """What saved actors reach without noise; with --render, in a window."""
    from evaluate import MILESTONES, best_returns
    from nets import make_actor
    from training_run import load_network

    unusable = 0
    for environment in args.environment:
        file, _critic = models(args, environment)
        actor = make_actor(environment)
        try:
            load_network(actor, file)
            if args.render:
                show(environment, actor, args.episodes or 3, script)
                continue
        except CannotUse as sentence:
            unusable += 1
            script.console.print(str(sentence), markup=False, highlight=False, soft_wrap=True)
            continue
        returns = best_returns(environment, actor, args.episodes or 100)
        target = MILESTONES[environment].target
        reached = _("reached") if returns.mean() >= target else _("not reached")
        script.console.print(
            _(
                "{file}: mean return {mean:.1f} of {count} episodes without noise (from {least:.0f} to "
                "{most:.0f}); target {target:.0f} {reached}"
            ).format(
                file=file.name,
                mean=returns.mean(),
                count=len(returns),
                least=returns.min(),
                most=returns.max(),
                target=target,
                reached=reached,
            ),
            highlight=False,
            soft_wrap=True,
        )
    return 1 if unusable else 0


def show(name: str, actor: "GaussianActor | CategoricalActor", episodes: int, script: Script) -> None:
    """Plays in a window; CannotUse, in words, where there is no screen or nothing that draws."""
    import gymnasium as gym

    from play import best, environment

    try:
        env, act = environment(name, "human"), best(actor)
        for episode in range(episodes):
            observation, _info = env.reset(seed=episode)
            done, total = False, 0.0
            while not done:
                observation, reward, terminated, truncated, _info = env.step(act(observation))
                done, total = terminated or truncated, total + float(reward)
            script.console.print(
                _("episode {number}: return {ret:.1f}").format(number=episode + 1, ret=total), highlight=False
            )
        env.close()
    except gym.error.DependencyNotInstalled:
        raise CannotUse(_("--render needs pygame, which is not installed: pip install pygame")) from None
    except Exception as error:
        if type(error).__module__.startswith("pygame"):
            raise CannotUse(
                _("--render needs a screen, and there is none here ({error})").format(error=error)
            ) from None
        raise


# --- what is asked ----------------------------------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--mode", choices=("train", "test"), default="train", help=_("default: train"))
    parser.add_argument(
        "--environment", action="append", choices=ENVIRONMENTS, help=_("may be repeated; default: both")
    )
    parser.add_argument("--actor_model", metavar="FILE", help=_("networks to begin with, or the actor to test ..."))
    parser.add_argument("--critic_model", metavar="FILE", help=_("... of one environment (default: pendulum)"))
    parser.add_argument("--resume", action="store_true", help=_("begin with the networks in runs/"))
    parser.add_argument("--clip", type=float, metavar="E", help=_("another epsilon than .2; 1e9 clips nothing"))
    parser.add_argument(
        "--steps", type=from_1_on, metavar="N", help=_("environment steps of a run (default: the recipe's)")
    )
    parser.add_argument(
        "--episodes", type=from_1_on, metavar="N", help=_("test: how many (default 100; 3 in a window)")
    )
    parser.add_argument("--render", action="store_true", help=_("test: in a window"))
    args = parser.parse_args()
    if args.clip is not None and not 0 <= args.clip < math.inf:
        parser.error(_("--clip takes a number from 0 on"))
    if args.mode == "train" and (args.actor_model is None) != (args.critic_model is None):
        parser.error(_("name both --actor_model and --critic_model, or neither: one alone would be lost"))
    if args.resume and (args.actor_model or args.mode == "test"):
        parser.error(
            _("--resume trains the networks in runs/ on; it goes neither with --actor_model nor with --mode test")
        )
    named = args.actor_model is not None
    if named and args.environment and len(args.environment) > 1:
        parser.error(_("the networks that you name belong to one environment: say which, --environment pendulum"))
    args.environment = list(dict.fromkeys(args.environment or (["pendulum"] if named else ENVIRONMENTS)))
    return args


if __name__ == "__main__":
    end_with(main)
