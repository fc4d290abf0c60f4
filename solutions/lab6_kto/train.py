"""Train the tiny language model with your KTO, and save it in runs/ for the milestone. Given code.

python labs/lab6_kto/train.py                             kto and kto_unbalanced, seed 0
python labs/lab6_kto/train.py --run kto --seeds 3         seeds 0 to 2 of one of them
python labs/lab6_kto/train.py --run kto_unweighted        unbalanced labels without balance_weights
python labs/lab6_kto/train.py --steps 5                   a first look
MODEL=smollm2 python labs/lab6_kto/train.py               a real model: trained on a GPU, else shown
MODEL=smollm2 GPUS=8 python labs/lab6_kto/train.py        the same on eight GPUs

Ctrl-C saves what there is, and the same command goes on from there; `--fresh` starts again.
"""

import argparse
from functools import partial

from labs.common.recipes import is_tiny
from labs.common.training.arguments import argument_parser, from_1_on, seeds_of
from labs.common.training.script import Script, end_with
from labs.common.translated import _

RUNS = ("kto", "kto_unbalanced", "kto_unweighted")


def main() -> int:
    args = parse_arguments()
    script = Script(__file__, in_parallel=True)
    training_run = script.load("training_run")  # here, so that a mistake in your file ends in a message too
    if training_run is None:
        return 1
    groups = {run: [partial(training_run.KTORun, run, seed, args.steps) for seed in seeds_of(args)] for run in args.run}
    trained = script.train_all(
        groups, (_("run"), _("seed"), _("right"), _("format"), "r D", "r U", _("CPU s")), args.fresh
    )
    milestone = training_run.MILESTONES["kto"]
    script.show(
        trained.table,
        _(
            "Right: the share of sampled answers to held-out problems.\n"
            "r: the mean log-ratio of desirable (D) and undesirable (U) held-out completions."
        )
        + (
            _(
                "\n"
                "Before training .60 are right. The target of kto is {target:g}, half of the points\n"
                "from {half:g}. runs/ keeps the best kto."
            ).format(target=milestone.target, half=milestone.half)
            if is_tiny()
            else ""
        ),
    )
    script.draw(trained)
    return script.exit_code(trained)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--run", action="append", choices=RUNS, help=_("may be repeated; default: the first two"))
    parser.add_argument("--steps", type=from_1_on, metavar="N", help=_("gradient steps (default: the recipe's 100)"))
    args = parser.parse_args()
    args.run = list(dict.fromkeys(args.run or RUNS[:2]))
    return args


if __name__ == "__main__":
    end_with(main)
