"""Draw the pictures of the lab from your functions and from what training left in runs/. Given code.

python labs/lab6_kto/plot.py draws
  runs/value.png   the value and the push of a completion against r, by your kto_value and kto_grad_weight
  runs/kto.png     r, the push and the sampled accuracy against gradient steps, for every run that was trained
and says in words what is in them and what is missing.
"""

import json
import traceback
from collections.abc import Callable

import numpy as np
import torch

from evaluate import RUNS, TARGET
from labs.common.plotting import COLOURS, LINES, draw_mean_and_error, new_figure, save_figure

BETA = 0.1
REFERENCE_POINTS = (0.0, 20.0)
NAMES = {
    "kto": "half of the labels desirable",
    "kto_unbalanced": "a fifth desirable, balanced",
    "kto_unweighted": "a fifth desirable, not balanced",
}
PANELS = {
    "desirable": "r of desirable completions",
    "undesirable": "r of undesirable (thick)\nand mismatched completions (thin)",
    "push_undesirable": "size of the push: undesirable (thick)\nand desirable completions (thin)",
    "accuracy": "sampled answers that are right",
}
THIN = {"undesirable": "mismatched", "push_undesirable": "push_desirable"}  # what is drawn beside it
CURVES = ("steps", *PANELS, *THIN.values())


def main() -> None:
    torch.set_num_threads(1)
    attempt("runs/value.png", draw_value)
    draw_curves()


def attempt(picture: str, draw: Callable[[], None]) -> None:
    """Draw what a student's functions have to compute first; a sentence where they cannot."""
    try:
        draw()
    except NotImplementedError as error:
        name = traceback.extract_tb(error.__traceback__)[-1].name
        print(f"{picture} is not drawn: {name} is still to do.")
    except Exception as error:  # of the student's: make lab6 says more about it
        print(f"{picture} is not drawn: your functions fail with {type(error).__name__}: {error}")


def draw_value() -> None:
    """Value and push of one completion, for both labels and two reference points."""
    from kto import kto_grad_weight, kto_value  # here, so that a mistake in your file ends in a sentence, too

    r = torch.linspace(-80, 80, 401)
    nothing = torch.zeros_like(r)
    figure, (left, right) = new_figure(columns=2, width=9.0, height=3.6)
    for colour, (label, name) in zip(COLOURS, ((True, "desirable"), (False, "undesirable")), strict=False):
        desirable = torch.full(r.shape, label)
        for line, z0 in zip(LINES, REFERENCE_POINTS, strict=False):
            style = {"color": colour, "linestyle": line, "label": f"{name}, $z_0$ = {z0:.0f}"}
            value = kto_value(r, torch.tensor(z0), desirable, BETA)
            push = kto_grad_weight(r.clone().requires_grad_(), nothing, desirable, torch.tensor(z0), BETA, 1.0, 1.0)
            left.plot(r, value.detach(), **style)
            right.plot(r, push.detach(), **style)
    for ax, title in ((left, "v(r), by your kto_value"), (right, "push, by your kto_grad_weight")):
        ax.set(xlabel="r = log-ratio of the completion, in nats", title=title)
        for z0 in REFERENCE_POINTS:
            ax.axvline(z0, color=COLOURS[-1], linewidth=0.6, linestyle=":")
    left.plot(REFERENCE_POINTS, [0.5] * len(REFERENCE_POINTS), "o", color=COLOURS[-1], markersize=4)
    left.legend(fontsize=8)
    figure.suptitle(f"beta = {BETA}, lambda = 1; dotted: $z_0$", fontsize=11)
    save_figure(figure, RUNS / "value.png")
    print(
        f"runs/value.png: value and push against r, for beta = {BETA} and z0 = 0 and 20, as your functions have them."
    )


def draw_curves() -> None:
    by_run = load_curves()
    if not by_run:
        print("runs/kto.png is not drawn: nothing has been trained yet (make lab6-train).")
        return
    figure, axes = new_figure(columns=len(PANELS), width=15.0, height=3.6)
    print("runs/kto.png:")
    for run, seeds in by_run.items():
        index = list(NAMES).index(run)
        steps = next(iter(seeds.values()))["steps"]
        for ax, panel in zip(axes, PANELS, strict=True):
            size = np.abs if panel.startswith("push") else np.asarray
            curves = [size(c[panel]) for c in seeds.values()]
            draw_mean_and_error(ax, steps, curves, f"{NAMES[run]} ({len(seeds)})", index)
            if panel in THIN:
                thin = np.mean([size(c[THIN[panel]]) for c in seeds.values()], axis=0)
                ax.plot(steps, thin, color=COLOURS[index], linestyle=LINES[index], linewidth=0.7)
        print(f"  {run}: seeds {', '.join(map(str, seeds))}, {steps[-1]:.0f} steps", end="")
        print(" (one seed: no standard error)" if len(seeds) == 1 else "")
    for run in NAMES:
        if len(by_run.get(run, ())) < 3:
            print(f'  The report asks for three seeds of {run}: make lab6-train ARGS="--run {run} --seeds 3"')

    for ax, title in zip(axes, PANELS.values(), strict=True):
        ax.set(xlabel="gradient steps", title=title)
    axes[2].set_yscale("log")
    axes[3].axhline(TARGET, color=COLOURS[-1], linewidth=0.8)
    axes[3].set_ylim(0, 1)
    axes[3].legend(fontsize=8, loc="lower right")
    figure.suptitle("on held-out problems: mean over the seeds, band of one standard error", fontsize=11)
    save_figure(figure, RUNS / "kto.png")


def load_curves() -> dict[str, dict[int, dict[str, np.ndarray]]]:
    """What was measured, by run and seed. Short tries, and those with another model, are left out."""
    found: dict[str, dict[int, dict[str, np.ndarray]]] = {}
    for file in sorted((RUNS / "curves").glob("*.json")):
        try:
            facts = json.loads(file.read_text())
            run, seed, whole, finished = (facts[name] for name in ("run", "seed", "whole", "finished"))
            curves = {name: np.asarray(facts["curves"][name], dtype=float) for name in CURVES}
        except (OSError, ValueError, KeyError, TypeError):
            print(f"  {file.name} cannot be read, and is left out")
            continue
        if not whole:
            print(f"  {file.stem}: a short try, or another model; not drawn")
            continue
        if not finished:
            print(f"  {file.stem}: training has not ended, left out")
            continue
        found.setdefault(run, {})[seed] = curves
    return {run: dict(sorted(found[run].items())) for run in NAMES if run in found}


if __name__ == "__main__":
    main()
