"""Walk along the cliff with four algorithms that use your functions, and save what the milestone needs. Given code.

python labs/lab2_taxonomy/train.py                         the four algorithms, seed 0
python labs/lab2_taxonomy/train.py --seeds 5               seeds 0 to 4, for the plot
python labs/lab2_taxonomy/train.py --algorithm q_learning  one of them (may be repeated)
python labs/lab2_taxonomy/train.py --episodes 10           a short try: at most so many episodes each

Ctrl-C saves what there is, and the same command goes on from there; `--fresh` starts again.
"""

import argparse
from functools import partial

from labs.common.training.arguments import argument_parser, from_1_on, seeds_of
from labs.common.training.run import saved_evaluation
from labs.common.training.script import Script, Trained, end_with
from labs.common.translated import _

ALGORITHMS = ("q_learning", "sarsa", "dyna_q", "mpc")


def main() -> int:
    args = parse_arguments()
    script = Script(__file__)
    training_run = script.load("training_run")  # here, so that a mistake in your file ends in a message too
    if training_run is None:
        return 1
    groups = {
        # MPC draws nothing: one seed stands for all
        algorithm: [
            partial(training_run.WalkRun, algorithm, seed, args.episodes)
            for seed in (seeds_of(args) if algorithm != "mpc" else [args.seed])
        ]
        for algorithm in args.algorithm or ALGORITHMS
    }
    headings = (_("algorithm"), _("seed"), _("training"), _("greedy"), _("best after"), _("real steps"), _("CPU s"))
    trained = script.train_all(groups, headings, args.fresh)
    script.show(
        trained.table,
        _(
            "training: mean return of the last 100 episodes, exploring; greedy: return without exploring;\n"
            "best after: real steps until the greedy policy first returned -13, the best there is."
        ),
    )
    say_milestone(script, trained)
    return script.exit_code(trained)


def say_milestone(script: Script, trained: Trained) -> None:
    """What the table that lies in runs/ returns, who learned it, and what is missing to the milestone."""
    from evaluate import HERE
    from training_run import MILESTONE

    file = MILESTONE.file(HERE)
    reached = saved_evaluation(file.with_suffix(".json")) if file.exists() else None
    if reached is None:
        script.console.print(_("Milestone: no table of Q-learning is saved yet."))
        return
    this = any(run.handed_over for run in trained.runs)
    whose = "" if this else _(" with the table of an earlier run, which is kept")
    if reached >= MILESTONE.target:
        what = _("[green]Milestone reached[/]{whose}: runs/{file} returns {reached:.0f}.").format(
            whose=whose, file=file.name, reached=reached
        )
    else:
        what = _(
            "Milestone not reached{whose}: runs/{file} returns {reached:.0f}; {target:.0f} is asked for, "
            "half of the points from {half:.0f}."
        ).format(whose=whose, file=file.name, reached=reached, target=MILESTONE.target, half=MILESTONE.half)
    script.console.print(what, soft_wrap=True)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument(
        "--algorithm", action="append", choices=ALGORITHMS, help=_("may be repeated; all four if not given")
    )
    parser.add_argument("--episodes", type=from_1_on, metavar="N", help=_("at most so many episodes, for a short try"))
    return parser.parse_args()


if __name__ == "__main__":
    end_with(main)
