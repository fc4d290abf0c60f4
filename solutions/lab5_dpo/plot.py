"""Draw runs/dpo.png from what training left in runs/: what the two losses do to the policy. Given code.

python labs/lab5_dpo/plot.py

Four panels against gradient steps, all of them on what is held out: the log-ratio of the chosen and of the rejected
completions, the margin of their rewards, and the share of right answers among samples; mean and standard error over the
seeds, one curve for each run. It says in words what is in the picture and what is missing.
"""

import json

import numpy as np

from evaluate import RUNS, TARGETS
from labs.common.plotting import COLOURS, draw_mean_and_error, new_figure, save_figure

PANELS = {
    "chosen_log_ratio": "log-ratio, chosen",
    "rejected_log_ratio": "log-ratio, rejected",
    "reward_margin": "margin of the rewards",
    "sampled_accuracy": "right answers among samples",
}
LABELS = {"dpo_nll": "DPO + likelihood term", "dpo": "plain DPO", "nll": "likelihood term alone", "rlhf": "RLHF"}
ASKED_FOR = ("dpo_nll", "dpo")  # in the report
Curves = dict[str, np.ndarray]


def main() -> None:
    by_run = load_curves()
    if not by_run:
        print("runs/dpo.png is not drawn: nothing has been trained yet (make lab5-train).")
        return
    figure, axes = new_figure(columns=len(PANELS), width=15.0, height=3.6)
    print("runs/dpo.png:")
    for index, (run, seeds) in enumerate(by_run.items()):
        end = max(curves["steps"][-1] for curves in seeds.values())
        grid = np.linspace(0, end, 101)
        for ax, panel in zip(axes, PANELS, strict=True):
            sampled = [np.interp(grid, c["steps"], c[panel]) for c in seeds.values() if panel in c]
            if sampled:
                draw_mean_and_error(ax, grid, sampled, f"{LABELS[run]} ({len(sampled)})", index)
        print(f"  {LABELS[run]}: seeds {', '.join(map(str, seeds))}, {end:.0f} steps", end="")
        print(" (one seed: no standard error)" if len(seeds) == 1 else "")
    for run, label in LABELS.items():
        if run not in by_run:
            print(f'  missing: {label}; train with ARGS="--run {run} --seeds 3"')
        elif len(by_run[run]) < 3 and run in ASKED_FOR:
            print(f'  The report asks for three seeds: ARGS="--run {run} --seeds 3"')
    for ax, title in zip(axes, PANELS.values(), strict=True):
        ax.set(xlabel="gradient steps", title=title)
    for ax in axes[:3]:
        ax.axhline(0, color=COLOURS[-1], linewidth=0.6, linestyle=":")
    axes[3].axhline(TARGETS["sampled_accuracy"], color=COLOURS[-1], linewidth=0.8)
    axes[3].set_ylim(0, 1.02)
    axes[3].legend(fontsize=8, loc="lower left")
    figure.suptitle("Held-out pairs and problems: mean over the seeds, band of one standard error", fontsize=11)
    save_figure(figure, RUNS / "dpo.png")


def load_curves() -> dict[str, dict[int, Curves]]:
    """What was measured, by run and seed. Runs with --steps, or of another MODEL, are left out."""
    found: dict[str, dict[int, Curves]] = {}
    for run in LABELS:
        for file in sorted((RUNS / "curves").glob(f"{run}-seed*.json")):
            try:
                facts = json.loads(file.read_text())
                curves = {name: np.asarray(values, dtype=float) for name, values in facts["curves"].items()}
                seed, whole, finished = facts["seed"], facts["whole"], facts["finished"]
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                print(f"  {file.name} cannot be read, and is left out")
                continue
            if not whole or "steps" not in curves:
                print(f"  {file.stem}: a short try, or another model; not drawn")
                continue
            if not finished:
                print(f"  {file.stem}: training has not ended, drawn as far as it is")
            found.setdefault(run, {})[seed] = curves
    return {run: dict(sorted(seeds.items())) for run, seeds in found.items()}


if __name__ == "__main__":
    main()
