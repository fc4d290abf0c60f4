"""Draw the two pictures of the lab from what training left in runs/. Given code.

python labs/lab3_policy_gradient/plot.py draws
  runs/learning_curves.png   training return against environment steps, mean and standard error over the seeds
  runs/variance.png          the variance of one episode's gradient for five ways of crediting an action
and says in words what is in them and what is missing.
"""

import json
import traceback

import numpy as np
import torch

from evaluate import POLICY_SIZES, RUNS
from labs.common.plotting import COLOURS, draw_mean_and_error, new_figure, save_figure
from variance import measure

SMOOTHING = 64  # episodes in the moving mean of each curve
FULL_SCALE = 500  # the longest CartPole episode
AXIS_LABELS = {"G(τ)": r"$G(\tau)$", "G_t": "$G_t$", "G_t - mean": r"$G_t - \overline{G}$", "G_t - V(s)": "$G_t - V$"}


def main() -> None:
    torch.set_num_threads(1)  # networks this small run faster on one
    draw_learning_curves()
    try:
        draw_variance()
    except NotImplementedError as error:
        name = traceback.extract_tb(error.__traceback__)[-1].name
        print(f"The variances are not drawn: {name} is still to do.")


def draw_learning_curves() -> None:
    curves = {algorithm: load_curves(algorithm) for algorithm in POLICY_SIZES}
    missing = [algorithm for algorithm, seeds in curves.items() if not seeds]
    if len(missing) == len(curves):
        print("No learning curve is drawn: nothing has been trained yet (make lab3-train).")
        return

    longest = max(steps[-1] for seeds in curves.values() for steps, _ in seeds.values())
    grid = np.linspace(0, longest, 400)
    figure, (ax,) = new_figure()
    print(f"runs/learning_curves.png: training return, moving mean of {SMOOTHING} episodes.")
    for index, (algorithm, seeds) in enumerate(curves.items()):
        if not seeds:
            continue
        end = max(steps[-1] for steps, _ in seeds.values())
        x = grid[grid <= end]
        # A run ends when it has solved the task; from there on its curve stays where it ended.
        sampled = [np.interp(x, steps, returns) for steps, returns in seeds.values()]
        names = ", ".join(map(str, seeds))
        label = f"{algorithm} ({len(seeds)} seed{'s' * (len(seeds) > 1)})"
        draw_mean_and_error(ax, x, sampled, label, index)
        print(f"  {algorithm}: seed{'s' * (len(seeds) > 1)} {names}, up to {end:,} steps", end="")
        print(" (one seed: no standard error)" if len(seeds) == 1 else "")
    if missing:
        print(f"  missing: {', '.join(missing)}; train with --algorithm NAME")
    if any(len(seeds) < 5 for seeds in curves.values()):
        print("  The report asks for five seeds: train.py --seeds 5")

    ax.axhline(475, color=COLOURS[-1], linewidth=0.8)
    ax.annotate("target 475", (0, 475), (3, 3), textcoords="offset points", fontsize=8)
    ax.set(xlabel="environment steps", ylabel="return of a training episode", ylim=(0, FULL_SCALE * 1.03))
    ax.set_title("CartPole-v1: mean over the seeds, band of one standard error")
    ax.xaxis.set_major_formatter(lambda steps, _: f"{steps / 1000:.0f}k" if steps else "0")
    ax.legend(loc="lower right", fontsize=9)
    save_figure(figure, RUNS / "learning_curves.png")


def load_curves(algorithm: str) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """For each seed there is: environment steps, and the moving mean of the training returns at them."""
    curves = {}
    for file in sorted((RUNS / "curves").glob(f"{algorithm}-seed*.json")):
        curve = json.loads(file.read_text())
        returns = np.asarray(curve["returns"], dtype=float)
        if not len(returns):
            continue
        if not curve["finished"]:
            print(f"  {algorithm}, seed {curve['seed']}: training has not ended, drawn as far as it is")
        total = np.concatenate([[0.0], returns.cumsum()])
        after = np.arange(1, len(returns) + 1)
        before = np.maximum(after - SMOOTHING, 0)
        mean = (total[after] - total[before]) / (after - before)
        steps = np.asarray(curve["env_steps"])
        last = np.append(np.flatnonzero(np.diff(steps)), len(steps) - 1)  # episodes may end at the same step
        curves[curve["seed"]] = (steps[last], mean[last])
    return dict(sorted(curves.items()))


def draw_variance() -> None:
    stages = measure()
    figure, axes = new_figure(columns=2, width=9.0, height=3.8)
    print("runs/variance.png: trace of the covariance of one episode's gradient, over 150 episodes, seed 0.")
    for ax, (stage, noise) in zip(axes, stages.items(), strict=True):
        traces = {name: row["trace"] for name, row in noise["weights"].items()}
        labels = [AXIS_LABELS.get(name, name) for name in traces]
        bars = ax.bar(labels, list(traces.values()), color=COLOURS[0])
        ax.bar_label(bars, [f"{trace:,.0f}" for trace in traces.values()], fontsize=8)
        ax.set_title(f"Policy {stage}, mean return {noise['mean_return']:.0f}")
        ax.grid(axis="x", visible=False)
        shares = ", ".join(f"{name} {trace / traces['G(τ)']:.2f}" for name, trace in traces.items())
        print(f"  policy {stage}, relative to G(τ): {shares}")
    axes[0].set_ylabel("variance: trace of the covariance")
    save_figure(figure, RUNS / "variance.png")


if __name__ == "__main__":
    main()
