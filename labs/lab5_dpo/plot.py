"""Draw runs/dpo.png from what training left in runs/: what the two losses do to the policy. Given code.

python labs/lab5_dpo/plot.py

Four panels against gradient steps, all of them on what is held out: the log-ratio of the chosen and of the rejected
completions, the margin of their rewards, and the share of right answers among samples; mean and standard error over the
seeds, one curve for each run. It says in words what is in the picture and what is missing.
"""

from evaluate import MILESTONES, RUNS
from labs.common.curves import draw_panels, draw_target, read_runs, say_missing, say_runs
from labs.common.plotting import COLOURS, save_figure

PANELS = {
    "chosen_log_ratio": "log-ratio, chosen",
    "rejected_log_ratio": "log-ratio, rejected",
    "reward_margin": "margin of the rewards",
    "sampled_accuracy": "right answers among samples",
}
ASKED_FOR = {"dpo_nll": 3, "dpo": 3, "nll": 1, "rlhf": 1}  # seeds of each run


def main() -> None:
    runs = read_runs(RUNS, list(ASKED_FOR))
    runs.pop("reward_model", None)  # it has no policy
    if not runs:
        print("runs/dpo.png is not drawn: nothing has been trained yet (make lab5-train).")
        return
    print("runs/dpo.png:")
    title = "Held-out pairs and problems: mean over the seeds, band of one standard error"
    figure, axes = draw_panels(runs, PANELS, title, "gradient steps")
    say_runs(runs, "steps")
    say_missing(runs, {run: (seeds, f"--run {run}") for run, seeds in ASKED_FOR.items()})
    for name in ("chosen_log_ratio", "rejected_log_ratio", "reward_margin"):
        axes[name].axhline(0, color=COLOURS[-1], linewidth=0.6, linestyle=":")
    draw_target(axes["sampled_accuracy"], MILESTONES["sampled_accuracy"].target)
    axes["sampled_accuracy"].set_ylim(0, 1.02)
    save_figure(figure, RUNS / "dpo.png")


if __name__ == "__main__":
    main()
