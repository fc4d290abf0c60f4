"""Draw the picture of the lab from what training left in runs/. Given code.

python labs/lab2_taxonomy/plot.py draws
  runs/returns.png   left: the return of training episodes against real steps, mean and standard error over the seeds;
                     right: the return of MPC with the true model against its horizon
and says in words what is in it and what is missing.
"""

import json
import sys
import traceback

import numpy as np
from matplotlib.axes import Axes

from cliff_walk import CliffWalk
from evaluate import RUNS, TARGET
from labs.common.plotting import COLOURS, draw_mean_and_error, new_figure, save_figure

ALGORITHMS = {"q_learning": "Q-learning", "sarsa": "SARSA", "dyna_q": "Dyna-Q", "mpc": "MPC, model learned"}
SMOOTHING = 10  # episodes in the moving mean of each curve
LAST_STEP = 10_000
HORIZONS = (3, 6, 8, 10, 11, 12, 13, 14, 16)
WALKS, LONGEST_WALK = 20, 2_000


def main() -> int:
    curves = {algorithm: load_curves(algorithm) for algorithm in ALGORITHMS}
    if not any(curves.values()):
        print("Nothing is drawn: nothing has been trained yet (make lab2-train; short tries are not drawn).")
        return 1
    figure, axes = new_figure(columns=2, width=10.5)
    print(f"runs/returns.png, left: training return, moving mean of {SMOOTHING} episodes.")
    draw_learning_curves(axes[0], curves)
    try:
        draw_horizons(axes[1])
    except NotImplementedError as error:
        name = traceback.extract_tb(error.__traceback__)[-1].name
        print(f"  right: not drawn, {name} is still to do.")
        axes[1].set_visible(False)
    save_figure(figure, RUNS / "returns.png")
    return 0


def draw_learning_curves(ax: Axes, curves: dict[str, dict[int, tuple[np.ndarray, np.ndarray]]]) -> None:
    for index, (algorithm, seeds) in enumerate(curves.items()):
        if not seeds:
            continue
        grid = np.geomspace(max(steps[0] for steps, _ in seeds.values()), LAST_STEP, 300)
        # A run that has ended keeps its last value.
        sampled = [np.interp(grid, steps, returns) for steps, returns in seeds.values()]
        count = f"{len(seeds)} seed{'s' * (len(seeds) > 1)}"
        draw_mean_and_error(ax, grid, sampled, f"{ALGORITHMS[algorithm]} ({count})", index)
        end = max(steps[-1] for steps, _ in seeds.values())
        print(f"  {algorithm}: {count}, up to {end:,} real steps")
    if missing := [algorithm for algorithm, seeds in curves.items() if not seeds]:
        print(f"  missing: {', '.join(missing)}; train with --algorithm NAME")
    if any(len(seeds) < 5 for algorithm, seeds in curves.items() if algorithm != "mpc"):
        print("  The report asks for five seeds: train.py --seeds 5")
    ax.axhline(TARGET, color=COLOURS[-1], linewidth=0.8)
    ax.annotate("best walk, -13", (LAST_STEP, TARGET), (-4, 3), textcoords="offset points", fontsize=8, ha="right")
    ax.set(xscale="log", xlabel="real steps", ylabel="return of a training episode", ylim=(-250, 0))
    ax.set_title("Return against real steps")
    ax.legend(loc="lower right", fontsize=8)


def draw_horizons(ax: Axes) -> None:
    returns = {horizon: walk_with_true_model(horizon) for horizon in HORIZONS}
    means = [float(np.mean(found)) for found in returns.values()]
    ax.plot(list(returns), means, "o-", color=COLOURS[0])
    ax.axhline(TARGET, color=COLOURS[-1], linewidth=0.8)
    ax.set(xlabel="horizon H", ylabel=f"mean return of {WALKS} walks", yscale="symlog", ylim=(-1000, -10))
    ax.set_yticks([-1000, -300, -100, -30, -13], ["-1000", "-300", "-100", "-30", "-13"])
    ax.set_title("MPC with the true model, ties broken at random")
    said = ", ".join(f"{horizon}: {mean:.0f}" for horizon, mean in zip(returns, means, strict=True))
    print(f"  right: MPC with the true model, mean return for each horizon: {said}")


def walk_with_true_model(horizon: int) -> list[float]:
    """Returns of walks that plan with the model as it is; among plans that tie, one is drawn."""
    from tabular import epsilon_greedy, mpc_q

    env, rng = CliffWalk(), np.random.default_rng(0)
    known: dict[int, np.ndarray] = {}  # the plan's values in each state: they do not change
    returns = []
    for _ in range(WALKS):
        s, total, terminated = env.reset(), 0.0, False
        for _ in range(LONGEST_WALK):
            if s not in known:
                known[s] = mpc_q(env.P, env.R, env.terminal, s, horizon, 1.0)
            r, s, terminated = env.step(epsilon_greedy(known[s], 0.0, rng))
            total += r
            if terminated:
                break
        returns.append(total)
    return returns


def load_curves(algorithm: str) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """For each seed there is: real steps, and the moving mean of the training returns at them. No short tries."""
    curves = {}
    for file in sorted((RUNS / "curves").glob(f"{algorithm}-seed*[0-9].json")):
        try:
            curve = json.loads(file.read_text(encoding="utf-8"))
            returns, steps = np.asarray(curve["returns"], dtype=float), np.asarray(curve["env_steps"])
            seed, finished = int(curve["seed"]), curve["finished"]
        except (OSError, ValueError, KeyError, TypeError):
            print(f"  {file.name} cannot be read: left out (train.py --fresh makes it anew)")
            continue
        if not len(returns) or len(returns) != len(steps):
            continue
        if not finished:
            print(f"  {algorithm}, seed {seed}: training has not ended, drawn as far as it is")
        total = np.concatenate([[0.0], returns.cumsum()])
        after = np.arange(1, len(returns) + 1)
        before = np.maximum(after - SMOOTHING, 0)
        curves[seed] = (steps, (total[after] - total[before]) / (after - before))
    return dict(sorted(curves.items()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ImportError, SyntaxError) as error:
        sys.exit(f"The lab's files cannot be imported: {type(error).__name__}: {error}")
