"""Draw the pictures of the lab from your loss and from what training left in runs/. Given code.

python labs/lab4_ppo/plot.py draws
  runs/clip_objective.png   L^CLIP of one transition against the ratio (figure 1 of the paper), by your ppo_clip_loss
  runs/pendulum.png         return, clip fraction, KL divergence and explained variance against environment steps, mean
  runs/cartpole.png         and standard error over the seeds, for every clip range that was trained with
and says in words what is in them and what is missing.
"""

import numpy as np
import torch

from evaluate import MILESTONES, RUNS
from labs.common.curves import draw_panels, draw_target, in_thousands, read_runs, say_missing, say_runs
from labs.common.plotting import COLOURS, attempt, new_figure, save_figure
from labs.common.translated import _
from nets import ENVIRONMENTS

CLIP = 0.2
PANELS = {
    "return": _("return of training episodes"),
    "clip_fraction": _("share of ratios outside 1 ± {clip}").format(clip=CLIP),
    "approx_kl": _("KL(old || new), estimated"),
    "explained_variance": _("explained variance of V"),
}
TITLES = {"pendulum": "Pendulum-v1", "cartpole": "CartPole-v1"}


def main() -> None:
    torch.set_num_threads(1)  # networks this small run faster on one
    attempt("runs/clip_objective.png", draw_objective)
    for environment in ENVIRONMENTS:
        draw_curves(environment)


def draw_objective() -> None:
    """What one transition adds to the objective, for a good and for a bad action; thick where it has no gradient."""
    from ppo_core import ppo_clip_loss  # here, so that a mistake in your file ends in a sentence, too

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
        ax.plot(ratios, values, color=COLOURS[0], linewidth=1.5, label=_("$L^{CLIP}$, your loss with its sign turned"))
        ax.plot(ratios, flat, color=COLOURS[1], linewidth=4, alpha=0.6, label=_("no gradient"))
        ax.plot(1, advantage, "o", color=COLOURS[-1], markersize=4)
        ax.set(xlabel=_("ratio r"), title=f"A {'>' if advantage > 0 else '<'} 0")
        ax.set_ylabel(_("objective of one transition"))
        for bound in (1 - CLIP, 1 + CLIP):
            ax.axvline(bound, color=COLOURS[-1], linewidth=0.6, linestyle=":")
    axes[0].legend(loc="lower right", fontsize=8)
    save_figure(figure, RUNS / "clip_objective.png")
    print(_("runs/clip_objective.png: the clipped objective of one transition, as your ppo_clip_loss has it."))


def draw_curves(environment: str) -> None:
    runs = read_runs(RUNS, pattern=f"{environment}-seed*.json")
    if not runs:
        print(
            _(
                "runs/{environment}.png is not drawn: nothing has been trained yet (make lab4-train, without --steps)."
            ).format(environment=environment)
        )
        return
    print(f"runs/{environment}.png:")
    title = _("{title}: mean over the seeds, band of one standard error").format(title=TITLES[environment])
    figure, axes = draw_panels(runs, PANELS, title, _("environment steps"))
    say_runs(runs, _("steps"))
    if environment == "pendulum":
        option = "--environment pendulum --clip"
        say_missing(runs, {"clip 0.2": (3, f"{option} 0.2"), "no clipping": (3, f"{option} 1e9")})
    for ax in axes.values():
        in_thousands(ax)
    draw_target(axes["return"], MILESTONES[environment].target)
    axes["approx_kl"].set_yscale("log")
    axes["explained_variance"].set_ylim(-1, 1.05)  # far below 0 it says no more than "worse than a constant"
    save_figure(figure, RUNS / f"{environment}.png")


if __name__ == "__main__":
    main()
