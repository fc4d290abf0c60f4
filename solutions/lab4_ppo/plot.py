"""Draw the pictures of the lab from your loss and from what training left in runs/. Given code.

python labs/lab4_ppo/plot.py draws
  runs/clip_objective.png   L^CLIP of one transition against the ratio (figure 1 of the paper), by your ppo_clip_loss
  runs/pendulum.png         return, clip fraction, KL divergence and explained variance against environment steps, mean
  runs/cartpole.png         and standard error over the seeds, for every clip range that was trained with
and says in words what is in them and what is missing.
"""

import json
import traceback

import numpy as np
import torch

from evaluate import RUNS, TARGETS
from labs.common.plotting import COLOURS, draw_mean_and_error, new_figure, save_figure
from nets import ENVIRONMENTS
from ppo_core import ppo_clip_loss

CLIP = 0.2
PANELS = {
    "return": "return of training episodes",
    "clip_fraction": f"share of ratios outside 1 ± {CLIP}",
    "approx_kl": "KL(old || new), estimated",
    "explained_variance": "explained variance of V",
}
TITLES = {"pendulum": "Pendulum-v1", "cartpole": "CartPole-v1"}


def main() -> None:
    torch.set_num_threads(1)  # networks this small run faster on one
    try:
        draw_objective()
    except NotImplementedError as error:
        name = traceback.extract_tb(error.__traceback__)[-1].name
        print(f"The objective is not drawn: {name} is still to do.")
    except Exception as error:  # of the student's: make lab4 says more about it
        print(f"The objective is not drawn: your ppo_clip_loss fails with {type(error).__name__}: {error}")
    for environment in ENVIRONMENTS:
        draw_curves(environment)


def draw_objective() -> None:
    """What one transition adds to the objective, for a good and for a bad action; thick where it has no gradient."""
    ratios = torch.linspace(0.05, 2.0, 400)
    figure, axes = new_figure(columns=2, width=8.0, height=3.4)
    for ax, advantage in zip(axes, (1.0, -1.0), strict=True):
        values, slopes = [], []
        for ratio in ratios:
            logp = ratio.log().reshape(1).requires_grad_()
            loss = ppo_clip_loss(logp, torch.zeros(1), torch.tensor([advantage]), CLIP)
            [slope] = torch.autograd.grad(loss, logp)
            values.append(-loss.item())
            slopes.append(slope.item())
        flat = np.where(np.asarray(slopes) == 0, values, np.nan)
        ax.plot(ratios, values, color=COLOURS[0], linewidth=1.5, label="$L^{CLIP}$, your loss with its sign turned")
        ax.plot(ratios, flat, color=COLOURS[1], linewidth=4, alpha=0.6, label="no gradient")
        ax.plot(1, advantage, "o", color=COLOURS[-1], markersize=4)
        ax.set(xlabel="ratio r", title=f"A {'>' if advantage > 0 else '<'} 0")
        for bound in (1 - CLIP, 1 + CLIP):
            ax.axvline(bound, color=COLOURS[-1], linewidth=0.6, linestyle=":")
    axes[0].legend(loc="lower right", fontsize=8)
    save_figure(figure, RUNS / "clip_objective.png")
    print("runs/clip_objective.png: the clipped objective of one transition, as your ppo_clip_loss has it.")


def draw_curves(environment: str) -> None:
    by_clip = load_curves(environment)
    if not by_clip:
        print(f"runs/{environment}.png is not drawn: nothing has been trained yet (make lab4-train, without --steps).")
        return
    figure, axes = new_figure(columns=len(PANELS), width=15.0, height=3.6)
    print(f"runs/{environment}.png:")
    for index, (clip, seeds) in enumerate(by_clip.items()):
        end = max(curves["env_steps"][-1] for curves in seeds.values())
        grid = np.linspace(0, end, 200)
        label = "no clipping" if clip >= 1e3 else f"clip {clip:g}"
        for ax, panel in zip(axes, PANELS, strict=True):
            sampled = []
            for curves in seeds.values():
                known = ~np.isnan(curves[panel])
                if known.any():
                    sampled.append(np.interp(grid, curves["env_steps"][known], curves[panel][known]))
            if sampled:
                draw_mean_and_error(ax, grid, sampled, f"{label} ({len(sampled)})", index)
        print(f"  {label}: seeds {', '.join(map(str, seeds))}, up to {end:,.0f} steps", end="")
        print(" (one seed: no standard error)" if len(seeds) == 1 else "")
    if environment == "pendulum":
        if not any(clip >= 1e3 for clip in by_clip):
            print('  missing: no clipping; train with ARGS="--environment pendulum --clip 1e9 --seeds 3"')
        if any(len(seeds) < 3 for seeds in by_clip.values()):
            print('  The report asks for three seeds: ARGS="--environment pendulum --seeds 3"')

    for ax, label in zip(axes, PANELS.values(), strict=True):
        ax.set(xlabel="environment steps", title=label)
        ax.xaxis.set_major_formatter(lambda steps, _: f"{steps / 1000:.0f}k" if steps else "0")
    axes[0].axhline(TARGETS[environment], color=COLOURS[-1], linewidth=0.8)
    axes[2].set_yscale("log")
    axes[3].set_ylim(-1, 1.05)  # far below 0 it says no more than "worse than a constant"
    axes[1].legend(fontsize=8)
    figure.suptitle(f"{TITLES[environment]}: mean over the seeds, band of one standard error", fontsize=11)
    save_figure(figure, RUNS / f"{environment}.png")


def load_curves(environment: str) -> dict[float, dict[int, dict[str, np.ndarray]]]:
    """What was measured, by clip range and seed. Runs with --steps, or of trained networks, are left out."""
    found: dict[float, dict[int, dict[str, np.ndarray]]] = {}
    for file in sorted((RUNS / "curves").glob(f"{environment}-seed*.json")):
        try:
            facts = json.loads(file.read_text())
            curves = {name: np.asarray(facts["curves"][name], dtype=float) for name in ("env_steps", *PANELS)}
            clip, seed, trained_on, finished = (facts[name] for name in ("clip", "seed", "trained_on", "finished"))
            whole = facts.get("whole", True)
        except (OSError, ValueError, KeyError, TypeError):
            print(f"  {file.name} cannot be read, and is left out")
            continue
        if trained_on or not whole or not len(curves["env_steps"]):
            continue
        if not finished:
            print(f"  {file.stem}: training has not ended, drawn as far as it is")
        found.setdefault(clip, {})[seed] = curves
    return {clip: dict(sorted(found[clip].items())) for clip in sorted(found)}


if __name__ == "__main__":
    main()
