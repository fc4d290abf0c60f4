"""The items that train: each lab with its own train.py, and the warm start that labs 5 to 9 begin with."""

import functools
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.author.gpu_check.processes import last_lines
from grader.author.gpu_check.report import Cell, Table
from grader.author.gpu_check.scripts import REAL_MODEL, TABLE_LINES, Ran, run, why_no_model
from grader.author.gpu_check.settings import Found, Settings, Tell
from grader.lab import solutions_folder


@dataclass(frozen=True)
class Training:
    """A lab's train.py, by its folder in solutions/, and its arguments; `rehearsal` are those of a rehearsal, which
    takes the tiny model. Lab 8 has none but its own."""

    folder: str
    arguments: tuple[str, ...] = ()
    rehearsal: tuple[str, ...] = ("--steps", "2")
    model: str = REAL_MODEL


TRAININGS = {
    "train-lab5": Training("lab5_dpo", ("--run", "dpo_nll"), ("--run", "dpo_nll", "--steps", "2")),
    "train-lab6": Training("lab6_kto", ("--run", "kto"), ("--run", "kto", "--steps", "2")),
    "train-lab7": Training("lab7_grpo"),
    "train-lab8": Training("lab8_r1_pipeline", ("--most", "2"), ("--most", "2"), model="tiny"),
    "train-lab9": Training("lab9_trl"),
}


def trained(training: Training, tell: Tell, settings: Settings) -> None:
    """The item of a training: first and last values of its curves, and its table. It runs in a copy of the lab."""
    model = "tiny" if settings.rehearsal else training.model
    if model == REAL_MODEL and (why := why_no_model()):
        return tell(Found("not run", reason=why))
    with tempfile.TemporaryDirectory(prefix="gpu-check-") as temporary:
        folder = Path(temporary) / training.folder
        leave = shutil.ignore_patterns("runs", "__pycache__")
        shutil.copytree(solutions_folder() / training.folder, folder, ignore=leave)
        arguments = training.rehearsal if settings.rehearsal else training.arguments
        ran = run([folder / "train.py", *arguments], {"MODEL": model}, settings, folder)
        tell(training_found(ran, model, curves_in(folder / "runs" / "curves")))


def training_found(ran: Ran, model: str, curves: list[dict[str, Cell]]) -> Found:
    """What is said of a training: its curves, as far as they go, though it failed."""
    failure = ran.failure() or (None if curves else Found("failed", reason="it left no curves"))
    bars = bars_in(ran.out)
    per_step = "".join(f", {bar['s a step']:.2f} s a step of {bar['run']}" for bar in bars)
    tables = [
        Table("Steps, by the bar: looks at held-out problems included", bars),
        Table("Curves: the first and the last value of each", curves),
    ]
    return Found(
        failure.verdict if failure else "passed",
        f"MODEL={model}: {ran.seconds:.0f} s with loading and evaluation{per_step}",
        failure.reason if failure else "",
        [table for table in tables if table.rows],
        failure.texts if failure and failure.texts else last_lines(ran.out, TABLE_LINES),
    )


BAR = re.compile(r"(?P<run>[^━╸╺]+?) *[━╸╺]+.*?(?P<steps>\d+) of \d+.* (?P<h>\d+):(?P<m>\d\d):(?P<s>\d\d) *")


def bars_in(printed: str) -> list[dict[str, Cell]]:
    """A row for each bar that was printed at its end: the steps, their seconds, and the seconds of one."""
    rows: list[dict[str, Cell]] = []
    for bar in filter(None, map(BAR.fullmatch, printed.splitlines())):
        steps, seconds = int(bar["steps"]), 3600 * int(bar["h"]) + 60 * int(bar["m"]) + int(bar["s"])
        if steps:
            rows.append({"run": bar["run"], "steps": steps, "s": seconds, "s a step": seconds / steps})
    return rows


def curves_in(folder: Path) -> list[dict[str, Cell]]:
    """A row for each curve that training left in runs/curves/: where it ends, its first and its last value."""
    rows: list[dict[str, Cell]] = []
    for file in sorted(folder.glob("*.json")):
        for name, (where, what) in json.loads(file.read_text(encoding="utf-8"))["curves"].items():
            if where:
                rows.append({"run": file.stem, "curve": name, "until": where[-1], "first": what[0], "last": what[-1]})
    return rows


def warm_start(tell: Tell, settings: Settings) -> None:
    """The item of the warm start: what it printed, and its seconds. In a rehearsal there is no model to start."""
    if settings.rehearsal:
        return tell(Found("not run", reason="a rehearsal takes the tiny model, which needs no warm start"))
    if why := why_no_model():
        return tell(Found("not run", reason=why))
    ran = run(["-m", "labs.common.warm_start"], {"MODEL": REAL_MODEL}, settings)
    figure = f"{ran.seconds:.0f} s with loading (less where it was in the cache)"
    tell(ran.failure() or Found("passed", figure, texts=last_lines(ran.out + "\n" + ran.err, TABLE_LINES)))


ITEMS = {name: functools.partial(trained, training) for name, training in TRAININGS.items()}
