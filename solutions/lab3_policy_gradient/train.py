"""Train policies on CartPole-v1 with your losses, and save them in runs/ for the milestone. Given code.

python labs/lab3_policy_gradient/train.py                        the five algorithms, seed 0
python labs/lab3_policy_gradient/train.py --seeds 5              seeds 0 to 4, for the learning curves
python labs/lab3_policy_gradient/train.py --algorithm reinforce  one of them (may be repeated)

Ctrl-C saves what there is, and the same command goes on from there; `--fresh` starts again.
"""

import argparse
from functools import partial

from labs.common.training.arguments import argument_parser, seeds_of
from labs.common.training.script import Script, end_with
from labs.common.translated import _

ALGORITHMS = ("simple_pg", "reinforce", "reinforce_baseline", "a2c", "actor_critic")


def main() -> int:
    args = parse_arguments()
    script = Script(__file__)
    training_run = script.load("training_run")  # here, so that a mistake in your files ends in a message too
    if training_run is None:
        return 1
    groups = {
        algorithm: [partial(training_run.PolicyGradientRun, algorithm, seed) for seed in seeds_of(args)]
        for algorithm in args.algorithm or ALGORITHMS
    }
    trained = script.train_all(
        groups, (_("algorithm"), _("seed"), _("greedy return"), _("env steps"), _("CPU s")), args.fresh
    )
    bars = training_run.MILESTONES["actor_critic"]  # the same for each algorithm
    script.show(
        trained.table,
        _(
            "Mean return of 100 greedy episodes: target {target:g}, half of the points from {half:g}.\n"
            "runs/ keeps the best policy of each algorithm."
        ).format(target=bars.target, half=bars.half),
    )
    return script.exit_code(trained)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument(
        "--algorithm", action="append", choices=ALGORITHMS, help=_("may be repeated; all five if not given")
    )
    return parser.parse_args()


if __name__ == "__main__":
    end_with(main)
