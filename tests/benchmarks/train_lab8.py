"""What lab 8's pipeline and its controls cost and reach on held-out prompts, seed by seed.

    python tests/benchmarks/train_lab8.py --first 0 --seeds 10        (on two cores: --first 0 and --first 5, five each)
    python tests/benchmarks/train_lab8.py --table --first 0 --seeds 10

The stages are trained by the lab's own code, in solutions/lab8_r1_pipeline/runs, and go on there after an interruption.
The tables are Markdown: means over seeds with standard errors, CPU seconds with the evaluation of each model and
without imports, and the probability that one more seed reaches a bar.
"""

import argparse
import json
import math
import statistics
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "solutions" / "lab8_r1_pipeline"))

from predictive import probability  # noqa: E402

from collecting import Model  # noqa: E402
from evaluate import FIGURES, MILESTONES, RUNS, of_teacher  # noqa: E402
from labs.common.seeding import generator  # noqa: E402
from labs.common.stages import in_turn  # noqa: E402
from labs.common.toys import two_languages  # noqa: E402
from labs.common.toys.two_languages import is_helpful  # noqa: E402
from reward_model import load_reward_model  # noqa: E402
from rewarding import AllScenarios  # noqa: E402
from stages import CONTROLS, STAGES, StagePlan, checkpoint  # noqa: E402
from training_run import stages_of  # noqa: E402

PLANS = (*STAGES, *(plan for plans in CONTROLS.values() for plan in plans))
Figures = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--seeds", type=int, default=10, help="how many (default 10)")
    parser.add_argument("--without-controls", action="store_true")
    parser.add_argument("--table", action="store_true", help="train nothing, and make the tables of what is there")
    args = parser.parse_args()
    torch.set_num_threads(1)
    seeds = range(args.first, args.first + args.seeds)
    for seed in () if args.table else seeds:
        train(seed, () if args.without_controls else tuple(CONTROLS))
    print(checkpoints(seeds))
    print()
    print(milestones(seeds))
    print()
    print(hacking(seeds))


def train(seed: int, controls: tuple[str, ...]) -> None:
    for make in in_turn(stages_of(seed, controls)):
        run = make()
        if run.checkpoint.exists():
            run.load()
        while not run.finished:
            run.advance()
        run.save()
        print(f"{run.title}: {run.reached()} in {run.cpu_seconds:.1f} CPU s", flush=True)


def checkpoints(seeds: range) -> str:
    """A row for each stage; of those that leave no model the CPU seconds alone."""
    lines = [f"| stage | seeds | {' | '.join(FIGURES)} | CPU s |", "| --- " * (len(FIGURES) + 3) + "|"]
    for plan in PLANS:
        found = [figures for seed in seeds if (figures := of_run(plan, seed))]
        if found:
            cells = [in_words([figures[name] for figures in found]) if plan.checkpoint else "" for name in FIGURES]
            seconds = [figures["cpu seconds"] for figures in found]
            cells.append(f"{statistics.mean(seconds):.0f} ({min(seconds):.0f}-{max(seconds):.0f})")
            left = plan.checkpoint or ("reward model" if plan.steps else "data")
            lines.append(f"| {plan.name}: {left} | {len(found)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def of_run(plan: StagePlan, seed: int) -> Figures:
    """A finished run's figures, and what it cost; nothing where there is none."""
    curves, checkpoint = (
        RUNS / "curves" / f"{plan.name}-seed{seed}.json",
        RUNS / "checkpoints" / f"{plan.name}-seed{seed}.pt",
    )
    if not curves.exists():
        return {}
    facts = json.loads(curves.read_text(encoding="utf-8"))
    if not facts["finished"]:
        return {}
    measured = {name.removeprefix("held out: "): what[-1] for name, (_, what) in facts["curves"].items()}
    return measured | {"cpu seconds": torch.load(checkpoint, weights_only=True)["cpu_seconds"]}


def in_words(values: list[float]) -> str:
    """The mean and its standard error."""
    mean = statistics.mean(values)
    digits = 1 if mean > 2 else 3
    error = f" ± {statistics.stdev(values) / math.sqrt(len(values)):.{digits}f}" if len(values) > 1 else ""
    return f"{mean:.{digits}f}{error}"


def milestones(seeds: range) -> str:
    by_name = {plan.name: plan for plan in STAGES}
    r1 = [of_run(by_name["rl2"], seed) for seed in seeds]
    student = [of_run(by_name["distill"], seed) for seed in seeds]
    reached = {
        "r1": [figures["readable"] for figures in r1 if figures],
        "student": [
            of_teacher(small["readable"], small["mixed"], large["readable"])
            for small, large in zip(student, r1, strict=True)
            if small and large
        ],
    }
    lines = ["| milestone | bar | seeds | mean | sd | lowest | P(one more seed reaches it) |", "| --- " * 7 + "|"]
    for name, values in reached.items():
        n, mean, sd = len(values), statistics.mean(values), statistics.stdev(values)
        for bar in (MILESTONES[name].target, MILESTONES[name].half):
            p = probability(values, bar)
            lines.append(f"| {name} | {bar:.2f} | {n} | {mean:.4f} | {sd:.4f} | {min(values):.3f} | {p:.4f} |")
    return "\n".join(lines)


def hacking(seeds: range) -> str:
    """What the hasty people's reward model thinks of replies to held-out requests, and how many of them are right."""
    requests = [row for row in map(two_languages.row, two_languages.prompts()[1]) if row["kind"] == "general"]
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in seeds:
        files = {name: RUNS / "stages" / f"{name}-seed{seed}.safetensors" for name in ("sft2", "rl2", "hacking")}
        judge_file = RUNS / "stages" / f"hasty-reward-model-seed{seed}.safetensors"
        if not judge_file.exists() or not files["hacking"].exists():
            continue
        judge = AllScenarios(load_reward_model(judge_file))
        for name, file in files.items():
            model = Model(*checkpoint(file))
            replies = [
                text for [text] in model([row["problem"] for row in requests], 1, generator(seed, "requests"), 0.7)
            ]
            right = statistics.mean(is_helpful(text, row) for text, row in zip(replies, requests, strict=True))
            found.setdefault(name, []).append((judge.score(replies, requests), right))
    lines = ["| model | seeds | score of the hasty reward model | right replies |", "| --- " * 4 + "|"]
    for name, pairs in found.items():
        scores, right = zip(*pairs, strict=True)
        lines.append(f"| {name} | {len(pairs)} | {in_words(list(scores))} | {in_words(list(right))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
