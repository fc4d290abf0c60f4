"""What trl_*.py share, which hold TRL's trainers beside labs 5 to 7: settings, a bar, and the table. Given code.

A script says in a `Beside` which run it is held beside, and has a function that trains one seed and returns its
figures. The other column of the table has your own runs of the same seeds, where they lie in that lab's runs/, and else
what the lab's reference reached. Nothing of this is handed in.
"""

import logging
import statistics
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TimeElapsedColumn
from rich.table import Table

from labs.common.errors import CannotUse
from labs.common.training.arguments import argument_parser, from_1_on, seeds_of
from labs.common.training.script import Script
from labs.common.translated import _, ngettext

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """A row of the table: a figure by the name of its curve in the hand-written lab, and how it is written."""

    curve: str
    words: str
    reference: float | None  # its mean with the lab's reference (docs/benchmarks.md)
    form: str = ".3f"


@dataclass(frozen=True)
class Beside:
    """A trainer of TRL's, and the run of an earlier lab that it is held beside."""

    trainer: str
    lab: str  # the folder
    run: str
    steps: int
    figures: Sequence[Figure]
    options: str  # of that lab's train.py, for this run
    seeds: int = 5  # that the reference was trained with


@dataclass(frozen=True)
class Trial:
    """One seed of a script."""

    name: str
    seed: int
    steps: int
    console: Console

    @property
    def folder(self) -> Path:
        return HERE / "runs" / "trl" / self.name

    def settings(self, **more: Any) -> dict[str, Any]:
        """What all trainers are told: as the hand-written loops have it, on a CPU, and without files of TRL's."""
        settings = {
            "output_dir": str(self.folder.parent),  # nothing is written there
            "seed": self.seed,
            "max_steps": self.steps,
            "lr_scheduler_type": "constant",
            "weight_decay": 0.0,  # AdamW is Adam then
            "max_grad_norm": 1.0,
            "use_cpu": True,
            "bf16": False,
            "gradient_checkpointing": False,
            "report_to": "none",
            "save_strategy": "no",
            "logging_steps": 5,
            "disable_tqdm": True,  # of bars there is one, below
        }
        return settings | more

    def run(self, trainer: Any) -> None:
        """Train, with a bar that shows the mean reward, or else the loss, of the last steps."""
        from transformers import PrinterCallback, TrainerCallback

        done = _("{task.completed:.0f} of {task.total} steps{task.fields[figures]}")
        columns = "{task.description}", BarColumn(), done, TimeElapsedColumn()
        with Progress(*columns, console=self.console) as progress:
            bar = progress.add_task(
                _("{title}, seed {seed}").format(title=type(trainer).__name__, seed=self.seed),
                total=self.steps,
                figures="",
            )

            class Bar(TrainerCallback):
                def on_step_end(self, args: Any, state: Any, control: Any, **_kwargs: Any) -> None:
                    progress.update(bar, completed=state.global_step)

                def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_kwargs: Any) -> None:
                    shown = [f", {name} {float(logs[name]):.3f}" for name in ("reward", "loss") if name in logs]
                    if shown:
                        progress.update(bar, figures=shown[0])

            trainer.remove_callback(PrinterCallback)
            trainer.add_callback(Bar)
            trainer.train()


Train = Callable[[Trial], Mapping[str, float]]


def compare(file: str, doc: str | None, beside: Beside, train: Train, needs: str | None = None) -> int:
    """The main of a script: train each seed, show the table; the code to end with. `needs` is your module, if any."""
    parser = argument_parser(doc, fresh=False)
    parser.add_argument(
        "--steps", type=from_1_on, metavar="N", help=_("gradient steps (default {steps})").format(steps=beside.steps)
    )
    args = parser.parse_args()
    script, seeds, steps = Script(file), seeds_of(args), args.steps or beside.steps
    reached: list[Mapping[str, float]] = []
    code = 0
    try:
        if needs and script.load(needs) is None:
            return 1
        script.console.print(_("Loading torch, transformers and trl ..."))
        make_ready()
        for seed in seeds:
            reached.append(train(Trial(Path(file).stem.removeprefix("trl_"), seed, steps, script.console)))
    except KeyboardInterrupt:
        script.console.print(_("Interrupted. The same command starts from the beginning."))
        code = 130
    except Exception as error:
        if not script.waits(error, beside.trainer):
            script.report(error, _("{trainer} stopped.").format(trainer=beside.trainer))
            code = 1
    if reached:
        show(script.console, beside, steps, seeds[: len(reached)], reached)
    return code


def make_ready() -> None:
    """Silence what the libraries say of their own affairs. CannotUse for another model than the tiny one."""
    from labs.common.recipes import is_tiny, model_name

    if not is_tiny():
        raise CannotUse(
            _(
                "MODEL={model}: the figures beside which TRL is held are those of the tiny model; leave MODEL out."
            ).format(model=model_name())
        )
    import datasets
    import torch
    import transformers
    import trl  # noqa: F401  (before its loggers are told anything)

    torch.set_num_threads(1)  # a model this small is faster on one
    datasets.disable_progress_bars()
    transformers.utils.logging.set_verbosity_error()
    logging.getLogger("trl").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(trl|transformers|torch|peft|accelerate)\b")


def show(
    console: Console, beside: Beside, steps: int, seeds: Sequence[int], reached: Sequence[Mapping[str, float]]
) -> None:
    """The table: TRL's figures beside those of the hand-written run."""
    own, several = own_runs(beside, seeds), len(seeds) > 1
    name = beside.lab.partition("_")[0]
    lab = _("lab {number}").format(number=name.removeprefix("lab"))
    by_hand = _("{run} of {lab}, {steps} steps").format(run=beside.run, lab=lab, steps=beside.steps)
    if own:
        whose = _("your own {by_hand}.").format(by_hand=by_hand)
    else:
        options = f"{beside.options} " + (f"--seeds {max(seeds) + 1}" if several else f"--seed {seeds[0]}")
        whose = _("the reference's {by_hand}, mean of {seeds} seeds.\n").format(by_hand=by_hand, seeds=beside.seeds)
        whose += _('Your own takes its place after make {lab}-train ARGS="{options}"').format(
            lab=name, options=options.strip()
        )
    means = _(", means over the seeds with standard errors") if several else ""
    explanation = _("\nOn what is held out, after {steps} steps{means}.\nBy hand: {whose}").format(
        steps=steps, means=means, whose=whose
    )
    console.print(explanation, markup=False, highlight=False, soft_wrap=True)
    which = ngettext("seed {numbers}", "seeds {numbers}", len(seeds)).format(numbers=", ".join(map(str, seeds)))
    table = Table(which, beside.trainer, _("by hand"), box=None)
    for figure in beside.figures:
        theirs = [row[figure.curve] for row in reached]
        hand = [row.get(figure.curve, figure.reference) for row in own] or [figure.reference]
        table.add_row(figure.words, in_words(theirs, figure.form), in_words(hand, figure.form))
    console.print(table)


def own_runs(beside: Beside, seeds: Sequence[int]) -> list[dict[str, float | None]]:
    """The last figures of the reader's own runs of these seeds; none where not all of them are there and finished."""
    from labs.common.curves import read_runs  # imports matplotlib

    folder = HERE.parent / beside.lab / "runs"
    runs = [
        run
        for seed in seeds
        for run in read_runs(folder, pattern=f"{beside.run}-seed{seed}.json").get(beside.run, [])
        if run.finished
    ]
    return [{name: float(curve.y[-1]) for name, curve in run.curves.items()} for run in runs if len(runs) == len(seeds)]


def in_words(values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    error = statistics.stdev(known) / len(known) ** 0.5 if len(known) > 1 else 0.0
    return f"{statistics.mean(known):{form}}" + (f" ± {error:{form}}" if error else "")


# --- data and figures -------------------------------------------------------------------------------------------------


def asked(problem: str) -> list[dict[str, str]]:
    """A problem as the conversation that TRL's data sets hold. TRL writes it with the tokenizer's chat template."""
    return [{"role": "user", "content": problem}]


def answered(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def preferences() -> tuple[Any, Any]:
    """The preference pairs of lab 5 to train on, and those held out: the columns prompt, chosen and rejected."""
    from datasets import Dataset

    from labs.common.toys.arithmetic import preference_pairs, problems

    def dataset(among: Any) -> Any:
        pairs = preference_pairs(among)
        return Dataset.from_list(
            [
                {
                    "prompt": asked(pair["prompt"]),
                    "chosen": answered(pair["chosen"]),
                    "rejected": answered(pair["rejected"]),
                }
                for pair in pairs
            ]
        )

    train, held_out = problems()
    return dataset(train), dataset(held_out)


def problems_to_solve() -> Any:
    """The problems of lab 7 to train on, with their gold answers: the columns prompt and solution."""
    from datasets import Dataset

    from labs.common.toys.arithmetic import TOY, rows

    return Dataset.from_list([{"prompt": asked(row["problem"]), "solution": TOY.gold(row)} for row in rows()[0]])


def sampled(model: Any, tokenizer: Any, samples: int, seed: int = 0) -> dict[str, float]:
    """Accuracy and format of samples for the held-out problems, as the hand-written lab measures its curves."""
    from labs.common.evaluation import evaluate
    from labs.common.toys import arithmetic

    found = evaluate(arithmetic.TOY, model, tokenizer, arithmetic.rows()[1], samples, seed)
    return {name: estimate.mean for name, estimate in found.items()}
