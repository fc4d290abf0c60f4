"""Train a language model with your rewards and your loss, and save it in runs/ for the milestones. Given code.

python labs/lab7_grpo/train.py                                    GRPO on the tiny model, seed 0
python labs/lab7_grpo/train.py --seeds 3                          seeds 0 to 2, for the plot
python labs/lab7_grpo/train.py --variant grpo --variant rloo      beside a variant, once its bonus task is done
python labs/lab7_grpo/train.py --steps 6                          a first look
MODEL=smollm2 python labs/lab7_grpo/train.py                      a real model: trained on a GPU, else shown
MODEL=smollm2 GPUS=8 python labs/lab7_grpo/train.py               the same on eight GPUs

Ctrl-C saves what there is, and the same command goes on from there; `--fresh` starts again.
"""

import argparse
from functools import partial

from evaluate import MILESTONES
from labs.common.recipes import is_tiny
from labs.common.training.arguments import argument_parser, from_1_on, seeds_of
from labs.common.training.script import Script, end_with
from labs.common.translated import _

VARIANTS = ("grpo", "rloo", "dr_grpo", "dapo", "gspo")


def main() -> int:
    args = parse_arguments()
    script = Script(__file__, in_parallel=True)
    training_run = script.load("training_run")  # here, so that a mistake in your files ends in a message too
    if training_run is None:
        return 1
    groups = {
        variant: [partial(training_run.GRPORun, variant, seed, args.steps) for seed in seeds_of(args)]
        for variant in dict.fromkeys(args.variant or ["grpo"])
    }
    headings = (_("variant"), _("seed"), _("accuracy"), _("format"), _("steps"), _("CPU s"))
    trained = script.train_all(groups, headings, args.fresh)
    accuracy, in_format = (MILESTONES[name] for name in ("accuracy", "format"))
    script.show(
        trained.table,
        _("Accuracy and format on the held-out problems, with standard errors")
        + (
            _(
                ": the targets\n"
                "are {accuracy:g} and {in_format:g}; {accuracy_half:g} and {format_half:g} earn half. runs/ "
                "keeps the best GRPO model."
            ).format(
                accuracy=accuracy.target,
                in_format=in_format.target,
                accuracy_half=accuracy.half,
                format_half=in_format.half,
            )
            if is_tiny()
            else _(".")
        ),
    )
    script.draw(trained)
    return script.exit_code(trained)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--variant", action="append", choices=VARIANTS, help=_("may be repeated; default: grpo"))
    parser.add_argument("--steps", type=from_1_on, metavar="N", help=_("steps of a run (default: the recipe's 60)"))
    return parser.parse_args()


if __name__ == "__main__":
    end_with(main)
