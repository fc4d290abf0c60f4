"""Draw what training measured. Given code.

python labs/lab7_grpo/plot.py draws runs/grpo.png: accuracy and format on the held-out problems, the KL divergence from
the reference model, and the share of groups in which all rewards are equal, against steps; mean and standard error over
the seeds, for every variant that was trained. It says in words what is in it and what is missing.
"""

from evaluate import MILESTONES, RUNS
from labs.common.curves import draw_panels, draw_target, read_runs, say_missing, say_runs
from labs.common.plotting import save_figure

PANELS = {
    "accuracy": "accuracy, held-out problems",
    "format": "format, held-out problems",
    "kl": "KL(policy || reference) per token, k3",
    "no_spread": "share of groups without a spread",
}
ENOUGH = 3  # seeds, for the report


def main() -> None:
    runs = read_runs(RUNS, ["grpo"])
    if not runs:
        print("runs/grpo.png is not drawn: nothing has been trained yet (make lab7-train).")
        return
    print("runs/grpo.png:")
    figure, axes = draw_panels(runs, PANELS, "Mean over the seeds, band of one standard error", "steps")
    say_runs(runs, "steps")
    say_missing(runs, {"grpo": (ENOUGH, "--variant grpo")})
    for name, milestone in MILESTONES.items():
        draw_target(axes[name], milestone.target)
    save_figure(figure, RUNS / "grpo.png")


if __name__ == "__main__":
    main()
