"""Draw the picture of the lab from what training left in runs/. Given code.

python labs/lab2_taxonomy/plot.py draws
  runs/returns.png   left: the return of training episodes against real steps, mean and standard error over the seeds;
                     right: the return of MPC with the true model against its horizon
and says in words what is in it and what is missing.
"""

import sys
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from cliff_walk import CliffWalk
from evaluate import MILESTONES, RUNS
from labs.common.curves import Runs, draw_runs, draw_target, read_runs, say_missing, say_runs, with_moving_mean
from labs.common.plotting import COLOURS, attempt, new_figure, save_figure
from labs.common.translated import _

ALGORITHMS = ("q_learning", "sarsa", "dyna_q", "mpc")
[MILESTONE] = MILESTONES.values()
SMOOTHING = 10  # episodes in the moving mean of each curve
LAST_STEP = 10_000
HORIZONS = (3, 6, 8, 10, 11, 12, 13, 14, 16)
WALKS, LONGEST_WALK = 20, 2_000


def main() -> int:
    runs = with_moving_mean(read_runs(RUNS, ALGORITHMS), "return", SMOOTHING)
    if not runs:
        print(_("Nothing is drawn: nothing has been trained yet (make lab2-train; short tries are not drawn)."))
        return 1
    figure, axes = new_figure(columns=2, width=10.5)
    print(_("runs/returns.png, left: training return, moving mean of {episodes} episodes.").format(episodes=SMOOTHING))
    draw_learning_curves(axes[0], runs)
    axes[1].set_visible(attempt(_("  right: the return against the horizon"), partial(draw_horizons, axes[1])))
    save_figure(figure, RUNS / "returns.png")
    return 0


def draw_learning_curves(ax: Axes, runs: Runs) -> None:
    first = max(seed.curves["return"].x[0] for seeds in runs.values() for seed in seeds)
    draw_runs(ax, runs, "return", np.geomspace(first, LAST_STEP, 300), ALGORITHMS)
    say_runs(runs, _("real steps"))
    say_missing(runs, {name: (1 if name == "mpc" else 5, f"--algorithm {name}") for name in ALGORITHMS})
    draw_target(ax, MILESTONE.target, _("best walk"))
    ax.set(xscale="log", xlabel=_("real steps"), ylabel=_("return of a training episode"), ylim=(-250, 0))
    ax.set_title(_("Return against real steps"))
    ax.legend(loc="lower right", fontsize=8)


def draw_horizons(ax: Axes) -> None:
    returns = {horizon: walk_with_true_model(horizon) for horizon in HORIZONS}
    means = [float(np.mean(found)) for found in returns.values()]
    ax.plot(list(returns), means, "o-", color=COLOURS[0])
    draw_target(ax, MILESTONE.target, _("best walk"))
    ax.set(
        xlabel=_("horizon H"),
        ylabel=_("mean return of {walks} walks").format(walks=WALKS),
        yscale="symlog",
        ylim=(-1000, -10),
    )
    ax.set_yticks([-1000, -300, -100, -30, -13], ["-1000", "-300", "-100", "-30", "-13"])
    ax.set_title(_("MPC with the true model, ties broken at random"))
    said = _(", ").join(f"{horizon}: {mean:.0f}" for horizon, mean in zip(returns, means, strict=True))
    print(_("  right: MPC with the true model, mean return for each horizon: {said}").format(said=said))


def walk_with_true_model(horizon: int) -> list[float]:
    """Returns of walks that plan with the model as it is; among plans that tie, one is drawn."""
    from tabular import epsilon_greedy, mpc_q

    env, rng = CliffWalk(), np.random.default_rng(0)
    known: dict[int, np.ndarray] = {}  # the plan's values in each state: they do not change
    returns = []
    for _walk in range(WALKS):
        s, total, terminated = env.reset(), 0.0, False
        for _step in range(LONGEST_WALK):
            if s not in known:
                known[s] = mpc_q(env.P, env.R, env.terminal, s, horizon, 1.0)
            r, s, terminated = env.step(epsilon_greedy(known[s], 0.0, rng))
            total += r
            if terminated:
                break
        returns.append(total)
    return returns


if __name__ == "__main__":
    sys.exit(main())
