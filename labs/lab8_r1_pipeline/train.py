"""Run the stages from R1-Zero to R1 and its student with your functions. Given code.

python labs/lab8_r1_pipeline/train.py                               the whole pipeline, seed 0
python labs/lab8_r1_pipeline/train.py --stage sft2                  this stage again, and before it what it lacks
python labs/lab8_r1_pipeline/train.py --control no-cold-start       a control beside it (--control all: each of them)
python labs/lab8_r1_pipeline/train.py --seeds 3                     seeds 0 to 2, for the plot
python labs/lab8_r1_pipeline/train.py --most 2                      two steps of each stage: a look at how they fit

The stages are base, zero, cold-start, sft1, rl1, rejection, sft2, annotated, reward-model, rl2, teaching and distill.
Ctrl-C saves what there is, and the same command goes on in the stage where it was. What was trained is not trained
again, but where a stage that it needs has been; `--fresh` starts all again.
"""

import argparse
from collections.abc import Callable

from labs.common.errors import CannotUse
from labs.common.training.arguments import argument_parser, from_1_on, seeds_of
from labs.common.training.run import TrainingRun
from labs.common.training.script import Script, end_with
from labs.common.translated import N_, _

CONTROLS = ("random-choice", "no-cold-start", "no-language-reward", "student-by-rl", "hacking")
HEADINGS = tuple(
    map(
        _,
        (
            N_("stage"),
            N_("seed"),
            N_("right"),
            N_("format"),
            N_("language"),
            N_("words"),
            N_("helpful"),
            N_("harmless"),
        ),
    )
)


def main() -> int:
    args = parse_arguments()
    script = Script(__file__)
    script.console.print(_("Loading torch and transformers ..."))
    training_run = script.load("training_run")  # here, so that a mistake in your file ends in a message too
    if training_run is None:
        return 1
    from labs.common.recipes import is_tiny, model_name
    from labs.common.stages import in_turn

    if not is_tiny():
        script.console.print(
            _("Lab 8 trains models of its own: MODEL={model} changes nothing here.").format(model=model_name())
        )

    def runs(seed: int) -> list[Callable[[], TrainingRun]]:
        stages = training_run.stages_of(seed, args.control, args.most)
        only = args.stage + [training_run.last_of(control) for control in args.control]
        return in_turn(stages, only or training_run.PIPELINE, again=bool(only))

    try:
        groups = {_("seed {seed}").format(seed=seed): runs(seed) for seed in seeds_of(args)}
    except CannotUse as sentence:
        script.console.print(str(sentence), markup=False, highlight=False, soft_wrap=True)
        return 1
    trained = script.train_all(groups, HEADINGS, args.fresh)
    script.show(
        trained.table,
        _(
            "On held-out prompts, in percent, with standard errors over prompts. Sums: right\n"
            "answers, in the format, words of the thought in the prompt's language; how many\n"
            "words. Requests: right replies (helpful). Harmful prompts: refused (harmless)."
        ),
    )
    return script.exit_code(trained)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument(
        "--stage", action="append", default=[], metavar="NAME", help=_("run this stage again; repeatable")
    )
    parser.add_argument(
        "--control",
        action="append",
        default=[],
        choices=[*CONTROLS, "all"],
        help=_("run this control; may be repeated"),
    )
    parser.add_argument("--most", type=from_1_on, metavar="N", help=_("at most N steps of each stage"))
    args = parser.parse_args()
    args.control = list(CONTROLS if "all" in args.control else dict.fromkeys(args.control))
    return args


if __name__ == "__main__":
    end_with(main)
