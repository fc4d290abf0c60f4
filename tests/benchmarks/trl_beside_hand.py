"""What TRL's trainers reach and cost beside the references of labs 5 to 7, on the same data, settings and seeds.

    python tests/benchmarks/trl_beside_hand.py --seeds 5

Each seed is trained by the hand-written loop of an earlier lab, with its reference, and then by lab 9's script that has
TRL do the same. Both are measured in the same way at the end, on what is held out. Every result is written as soon as
it is there, and a benchmark that was interrupted goes on with the next one. At the end it prints a Markdown table. The
times are CPU seconds of the training steps alone, on one thread, without imports, data, evaluation and files.
"""

import argparse
import importlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from grader.lab.loading import importing_from, load_modules  # noqa: E402
from labs.common.language_model import load  # noqa: E402
from labs.common.toys.arithmetic import TOY, rows  # noqa: E402

SOLUTIONS = ROOT / "solutions"
SCRIPTS = ("sft", "reward", "dpo", "kto", "rloo", "lora")
Row = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="of each script (default 5)")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=SCRIPTS, help="these scripts (default all)")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    torch.set_num_threads(1)

    results: dict[str, Row] = json.loads(args.results.read_text()) if args.results.exists() else {}
    by_hand = hand_written()
    with importing_from(SOLUTIONS / "lab9_trl"), tempfile.TemporaryDirectory() as folder:
        beside = importlib.import_module("beside")
        beside.make_ready()
        beside.HERE = Path(folder)
        scripts = {name: importlib.import_module(f"trl_{name}") for name in SCRIPTS}
        for seed in range(args.seeds):
            for name in args.only:
                script = scripts[name]
                for who, trained in (("hand", by_hand[script.BESIDE.run]), ("trl", by_trl(beside, name, script))):
                    if f"{name} {who} {seed}" not in results:
                        results[f"{name} {who} {seed}"] = trained(seed)
                        args.results.write_text(json.dumps(results, indent=1) + "\n")
        print(table(results, scripts))


def hand_written() -> dict[str, Callable[[int], Row]]:
    """What trains each of the runs that are in the table, by its name."""
    training, rlhf = load_modules(SOLUTIONS / "lab5_dpo", ["preference_training", "rlhf"])
    [kto] = load_modules(SOLUTIONS / "lab6_kto", ["trainer"])
    loop, judge = load_modules(SOLUTIONS / "lab7_grpo", ["grpo_loop", "evaluate"])

    def pairs(run: str, seed: int) -> Row:
        learner = training.PreferenceTraining(training.RECIPES[run], seed)
        return timed(learner.iterate, learner.recipe.steps) | learner.measure()

    def reward_model(seed: int) -> Row:
        learner = rlhf.RewardModelTraining(rlhf.REWARD_MODEL, seed)
        return timed(learner.iterate, learner.recipe.steps) | learner.measure()

    def thumbs(seed: int) -> Row:
        learner = kto.KTO(kto.RECIPES["kto"], seed)
        return timed(learner.iterate, learner.recipe.steps) | learner.measure()

    def rules(variant: str, seed: int) -> Row:
        learner = loop.GRPO(*load(TOY), rows()[0], seed, replace(loop.Recipe(), variant=variant))
        row = timed(learner.step, learner.recipe.steps)
        found = judge.held_out(learner.policy, learner.tokenizer, samples=1)
        return row | {name: estimate.mean for name, estimate in found.items()}

    return {
        "nll": lambda seed: pairs("nll", seed),
        "reward_model": reward_model,
        "dpo_nll": lambda seed: pairs("dpo_nll", seed),
        "kto": thumbs,
        "rloo": lambda seed: rules("rloo", seed),
        "grpo": lambda seed: rules("grpo", seed),
    }


def timed(step: Callable[[], Any], times: int) -> Row:
    started = time.process_time()
    for _ in range(times):
        step()
    return {"cpu_seconds": time.process_time() - started}


def by_trl(beside: ModuleType, name: str, script: ModuleType) -> Callable[[int], Row]:
    def trained(seed: int) -> Row:
        cost: Row = {}

        class Timed(beside.Trial):
            def run(self, trainer: Any) -> None:
                cost.update(timed(lambda: super(Timed, self).run(trainer), 1))

        return dict(script.train(Timed(name, seed, script.BESIDE.steps, beside.Console()))) | cost

    return trained


def table(results: dict[str, Row], scripts: dict[str, ModuleType]) -> str:
    lines = ["| TRL | by hand | figure | seeds | TRL | by hand |", "| --- " * 6 + "|"]
    for name, script in scripts.items():
        rows_of = {
            who: [row for key, row in results.items() if key.startswith(f"{name} {who} ")] for who in ("trl", "hand")
        }
        if not rows_of["trl"]:
            continue
        figures = [(figure.words, figure.curve, figure.form) for figure in script.BESIDE.figures]
        for words, curve, form in [*figures, ("CPU s", "cpu_seconds", ".1f")]:
            cells = [in_words([row[curve] for row in found if curve in row], form) for found in rows_of.values()]
            hand = f"{script.BESIDE.lab.partition('_')[0]} `{script.BESIDE.run}`"
            lines.append(
                f"| {script.BESIDE.trainer} | {hand} | {words} | {len(rows_of['trl'])} | {' | '.join(cells)} |"
            )
    return "\n".join(lines)


def in_words(values: list[float], form: str) -> str:
    if not values:
        return "-"
    mean = f"{statistics.mean(values):{form}}"
    if len(set(values)) == 1:
        return mean
    return f"{mean} ± {statistics.stdev(values):{form}} ({min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    main()
