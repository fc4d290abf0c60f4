"""Draw what training measured. Given code.

python labs/lab7_grpo/plot.py draws runs/grpo.png: accuracy and format on the held-out problems, the KL divergence from
the reference model, and the share of groups in which all rewards are equal, against steps; mean and standard error over
the seeds, for every variant that was trained. It says in words what is in it and what is missing.
"""

import json

import numpy as np

from evaluate import RUNS, TARGETS
from labs.common.plotting import COLOURS, draw_mean_and_error, new_figure, save_figure

PANELS = {
    "accuracy": "accuracy, held-out problems",
    "format": "format, held-out problems",
    "kl": "KL(policy || reference) per token, k3",
    "no_spread": "share of groups without a spread",
}
ENOUGH = 3  # seeds, for the report
Curves = dict[str, tuple[np.ndarray, np.ndarray]]  # by panel: steps, and what was measured there


def main() -> None:
    runs = load_curves()
    if not runs:
        print("runs/grpo.png is not drawn: nothing has been trained yet (make lab7-train).")
        return
    figure, axes = new_figure(columns=len(PANELS), width=15.0, height=3.6)
    print("runs/grpo.png:")
    for index, (variant, seeds) in enumerate(runs.items()):
        end = max(curves["accuracy"][0][-1] for curves in seeds.values())
        grid = np.linspace(0, end, 121)
        for ax, panel in zip(axes, PANELS, strict=True):
            sampled = [np.interp(grid, *curves[panel]) for curves in seeds.values()]
            draw_mean_and_error(ax, grid, sampled, f"{variant} ({len(seeds)})", index)
        print(f"  {variant}: seeds {', '.join(map(str, seeds))}, up to step {end:.0f}", end="")
        print(" (one seed: no standard error)" if len(seeds) == 1 else "")
    if len(runs.get("grpo", ())) < ENOUGH:
        print(f'  The report asks for {ENOUGH} seeds of GRPO: make lab7-train ARGS="--seeds {ENOUGH}"')
    for ax, (panel, label) in zip(axes, PANELS.items(), strict=True):
        ax.set(xlabel="steps", title=label)
        if panel in TARGETS:
            ax.axhline(TARGETS[panel], color=COLOURS[-1], linewidth=0.8)
    axes[1].legend(loc="lower right", fontsize=8)
    figure.suptitle("Mean over the seeds, band of one standard error; the line is the milestone's target", fontsize=11)
    save_figure(figure, RUNS / "grpo.png")


def load_curves() -> dict[str, dict[int, Curves]]:
    """What was measured, by variant and seed. Short tries, and models for a demonstration, are left out."""
    found: dict[str, dict[int, Curves]] = {}
    for file in sorted((RUNS / "curves").glob("*.json")):
        try:
            facts = json.loads(file.read_text(encoding="utf-8"))
            curves = read_curves(facts["steps"], facts["held_out"])
            variant, seed, whole, finished = (facts[name] for name in ("variant", "seed", "whole", "finished"))
        except (OSError, ValueError, KeyError, TypeError):
            print(f"  {file.name} cannot be read, and is left out")
            continue
        if not whole:
            print(f"  {file.stem}: a short try, or another model; not drawn")
            continue
        if not finished:
            print(f"  {file.stem}: training has not ended, drawn as far as it is")
        found.setdefault(variant, {})[seed] = curves
    return {variant: dict(sorted(found[variant].items())) for variant in sorted(found, key=lambda v: (v != "grpo", v))}


def read_curves(steps: dict[str, list[float]], held_out: dict[str, list[float]]) -> Curves:
    """KeyError, ValueError or TypeError where a curve is missing, or is none."""
    looks = np.asarray(held_out["step"], dtype=float)
    curves = {name: (looks, np.asarray(held_out[name], dtype=float)) for name in ("accuracy", "format")}
    for name in ("kl", "no_spread"):
        values = np.asarray(steps[name], dtype=float)
        curves[name] = (np.arange(1.0, len(values) + 1), values)
    if any(not len(x) or len(x) != len(y) for x, y in curves.values()):
        raise ValueError("a curve is empty, or of another length than its steps")
    return curves


if __name__ == "__main__":
    main()
