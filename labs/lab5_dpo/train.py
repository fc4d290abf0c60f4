"""Train the tiny language model on preferences with your functions. Given code.

python labs/lab5_dpo/train.py                          all runs but nll, seed 0
python labs/lab5_dpo/train.py --run dpo_nll            DPO with the likelihood term: the milestone
python labs/lab5_dpo/train.py --run dpo                plain DPO, for comparison
python labs/lab5_dpo/train.py --run nll                the likelihood term without DPO, for comparison
python labs/lab5_dpo/train.py --run reward_model       a reward model from the same pairs
python labs/lab5_dpo/train.py --run rlhf               that, and policy gradient on its rewards
python labs/lab5_dpo/train.py --run dpo --seeds 3      seeds 0 to 2, for the curves
MODEL=smollm2 python labs/lab5_dpo/train.py            a real model: trained on a GPU, else shown
MODEL=smollm2 GPUS=8 python labs/lab5_dpo/train.py     the same on eight GPUs

Ctrl-C saves what there is, and the same command goes on from there; `--fresh` starts again.
"""

import argparse
from functools import partial

from labs.common.errors import CannotUse
from labs.common.recipes import is_tiny
from labs.common.training.arguments import argument_parser, from_1_on, seeds_of
from labs.common.training.script import Script, end_with
from labs.common.translated import _

DEFAULT = ("dpo_nll", "dpo", "reward_model", "rlhf")
RUNS = (*DEFAULT, "nll")
STAGES = ("reward_model", "rlhf")  # of RLHF: the second needs the first


def main() -> int:
    args = parse_arguments()
    script = Script(__file__, in_parallel=True)
    script.console.print(_("Loading torch and transformers ..."))
    if script.load("training_run") is None:  # here, so that a mistake in your file ends in a message too
        return 1

    from preference_training import reference_model

    try:
        reference_model()
    except CannotUse as sentence:  # here, so that it is said once and not for each run
        script.report(sentence, "")
        return 1
    return train(args, script)


def train(args: argparse.Namespace, script: Script) -> int:
    from evaluate import MILESTONES
    from labs.common.stages import in_turn
    from training_run import PreferenceRun, rlhf_stages

    groups = {
        kind: [partial(PreferenceRun, kind, seed, args.steps) for seed in seeds_of(args)]
        for kind in args.run
        if kind not in STAGES
    }
    if stages := [stage for stage in STAGES if stage in args.run]:
        groups[stages[-1]] = [run for seed in seeds_of(args) for run in in_turn(rlhf_stages(seed, args.steps), stages)]
    headings = (_("run"), _("seed"), _("steps"), _("right"), _("ranked right"), _("CPU s"))
    trained = script.train_all(groups, headings, args.fresh)
    right, ranked = MILESTONES.values()
    script.show(
        trained.table,
        _("On what is held out: the share of samples that are right, and of pairs ranked\nright.")
        + (
            _(
                " The targets are {target:g} and {ranked:g}; {half:g} and {ranked_half:g} earn half. "
                "runs/ keeps the best\ndpo_nll."
            ).format(target=right.target, ranked=ranked.target, half=right.half, ranked_half=ranked.half)
            if is_tiny()
            else ""
        ),
    )
    script.draw(trained)
    return script.exit_code(trained)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--run", action="append", choices=RUNS, help=_("may be repeated; default: all but nll"))
    parser.add_argument(
        "--steps", type=from_1_on, metavar="N", help=_("gradient steps of a run (default: the recipe's)")
    )
    args = parser.parse_args()
    args.run = list(dict.fromkeys(args.run or DEFAULT))
    return args


if __name__ == "__main__":
    end_with(main)
