"""Draw the two pictures of the lab from what training left in runs/. Given code.

python labs/lab3_policy_gradient/plot.py draws
  runs/learning_curves.png   training return against environment steps, mean and standard error over the seeds
  runs/variance.png          the variance of one episode's gradient for five ways of crediting an action
and says in words what is in them and what is missing.
"""

import torch

from evaluate import MILESTONES, POLICY_SIZES, RUNS
from labs.common.curves import (
    draw_runs,
    draw_target,
    in_thousands,
    read_runs,
    say_missing,
    say_runs,
    with_moving_mean,
)
from labs.common.plotting import COLOURS, attempt, new_figure, save_figure
from labs.common.translated import _

SMOOTHING = 64  # episodes in the moving mean of each curve
FULL_SCALE = 500  # the longest CartPole episode
AXIS_LABELS = {"G(τ)": r"$G(\tau)$", "G_t": "$G_t$", "G_t - mean": r"$G_t - \overline{G}$", "G_t - V(s)": "$G_t - V$"}


def main() -> None:
    torch.set_num_threads(1)  # networks this small run faster on one
    draw_learning_curves()
    attempt("runs/variance.png", draw_variance)


def draw_learning_curves() -> None:
    runs = with_moving_mean(read_runs(RUNS, list(POLICY_SIZES)), "return", SMOOTHING)
    if not runs:
        print(_("No learning curve is drawn: nothing has been trained yet (make lab3-train)."))
        return
    figure, (ax,) = new_figure()
    print(
        _("runs/learning_curves.png: training return, moving mean of {episodes} episodes.").format(episodes=SMOOTHING)
    )
    draw_runs(ax, runs, "return", places=POLICY_SIZES)
    say_runs(runs, _("steps"))
    say_missing(runs, {name: (5, f"--algorithm {name}") for name in POLICY_SIZES})
    draw_target(ax, MILESTONES["actor_critic"].target)
    in_thousands(ax)
    ax.set(xlabel=_("environment steps"), ylabel=_("return of a training episode"), ylim=(0, FULL_SCALE * 1.03))
    ax.set_title(_("CartPole-v1: mean over the seeds, band of one standard error"))
    ax.legend(loc="lower right", fontsize=9)
    save_figure(figure, RUNS / "learning_curves.png")


def draw_variance() -> None:
    from variance import measure  # here, so that a mistake in your files ends in a sentence, too

    stages = measure()
    figure, axes = new_figure(columns=2, width=9.0, height=3.8)
    print(_("runs/variance.png: trace of the covariance of one episode's gradient, over 150 episodes, seed 0."))
    for ax, (stage, noise) in zip(axes, stages.items(), strict=True):
        traces = {name: row["trace"] for name, row in noise["weights"].items()}
        labels = [AXIS_LABELS.get(name, _(name)) for name in traces]
        bars = ax.bar(labels, list(traces.values()), color=COLOURS[0])
        ax.bar_label(bars, [f"{trace:,.0f}" for trace in traces.values()], fontsize=8)
        ax.set_title(
            _("Policy {stage}, mean return {mean_return:.0f}").format(stage=_(stage), mean_return=noise["mean_return"])
        )
        ax.grid(axis="x", visible=False)
        shares = _(", ").join(f"{_(name)} {trace / traces['G(τ)']:.2f}" for name, trace in traces.items())
        print(_("  policy {stage}, relative to G(τ): {shares}").format(stage=_(stage), shares=shares))
    axes[0].set_ylabel(_("variance: trace of the covariance"))
    save_figure(figure, RUNS / "variance.png")


if __name__ == "__main__":
    main()
