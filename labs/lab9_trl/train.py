"""Train a language model with TRL's GRPOTrainer, your rewards and your settings. Given code.

python labs/lab9_trl/train.py                                            the milestones: seed 0
python labs/lab9_trl/train.py --seeds 3                                  seeds 0 to 2, for the plot
python labs/lab9_trl/train.py --steps 6                                  a first look
python labs/lab9_trl/train.py --reward_funcs accuracy format cosine      with other rewards, for comparison
MODEL=smollm2 python labs/lab9_trl/train.py                              a real model: trained on a GPU, else shown
MODEL=smollm2 GPUS=8 python labs/lab9_trl/train.py                       the same on eight GPUs

Ctrl-C saves what there is, and the same command goes on from there; `--fresh` starts again.
"""

import dataclasses
from functools import partial

from evaluate import MILESTONES
from labs.common.recipes import is_tiny
from labs.common.training.arguments import argument_parser, from_1_on, seeds_of
from labs.common.training.script import Script, end_with
from labs.common.translated import _


def main() -> int:
    script = Script(__file__, in_parallel=True)
    training = script.load("training")  # here, so that a mistake in your files ends in a message too
    if training is None:
        return 1
    parser = argument_parser(__doc__)
    parser.add_argument("--steps", type=from_1_on, metavar="N", help=_("steps of a run (default: the recipe's 60)"))
    for option in dataclasses.fields(training.GRPOScriptArguments):
        several = {"nargs": "+"} if option.name == "reward_funcs" else {"type": option.type}
        default = training.GRPOScriptArguments().__dict__[option.name]
        parser.add_argument(f"--{option.name}", default=default, **several, **option.metadata)
    args = parser.parse_args()
    arguments = training.GRPOScriptArguments(
        **{option.name: getattr(args, option.name) for option in dataclasses.fields(training.GRPOScriptArguments)}
    )

    script.console.print(_("Loading torch, transformers and trl ..."))
    training_run = script.load("training_run")
    if training_run is None:
        return 1
    runs = [partial(training_run.GRPORun, arguments, seed, args.steps) for seed in seeds_of(args)]
    group = training_run.in_short(arguments)
    trained = script.train_all(
        {group: runs}, (_("run"), _("seed"), _("accuracy"), _("format"), _("steps"), _("CPU s")), args.fresh
    )
    accuracy, in_format = (MILESTONES[name] for name in ("accuracy", "format"))
    script.show(
        trained.table,
        _("Accuracy and format on the held-out problems, with standard errors")
        + (
            _(
                ": the targets\n"
                "are {accuracy:g} and {in_format:g}; {accuracy_half:g} and {format_half:g} earn half. "
                "runs/trained/ keeps the best model."
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


if __name__ == "__main__":
    end_with(main)
