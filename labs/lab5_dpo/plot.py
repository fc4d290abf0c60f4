"""Draw runs/dpo.png from what training left in runs/: what the two losses do to the policy. Given code.

python labs/lab5_dpo/plot.py      (with MODEL=smollm2 runs/dpo-smollm2.png)

Four panels against gradient steps, all of them on what is held out: the log-ratio of the chosen and of the rejected
completions, the margin of their rewards, and the share of right answers among samples; mean and standard error over the
seeds, one curve for each run. It says in words what is in the picture and what is missing.
"""

from evaluate import HERE, MILESTONES, RUNS
from labs.common.curves import draw_panels, draw_target, read_runs, say_missing, say_runs
from labs.common.plotting import COLOURS, save_figure
from labs.common.recipes import as_typed, is_tiny, model_name, of_model
from labs.common.translated import _

PANELS = {
    "chosen_log_ratio": _("log-ratio, chosen"),
    "rejected_log_ratio": _("log-ratio, rejected"),
    "reward_margin": _("margin of the rewards"),
    "sampled_accuracy": _("right answers among samples"),
}
ASKED_FOR = {"dpo_nll": 3, "dpo": 3, "nll": 1, "rlhf": 1}  # seeds of each run


def main() -> None:
    picture = f"runs/dpo{of_model()}.png"
    runs = read_runs(RUNS, list(ASKED_FOR), model=model_name())
    runs.pop("reward_model", None)  # it has no policy
    if not runs:
        print(
            _("{picture} is not drawn: nothing has been trained yet (make lab5-train{as_typed}).").format(
                picture=picture, as_typed=as_typed()
            )
        )
        return
    print(f"{picture}:")
    title = _("Held-out pairs and problems: mean over the seeds, band of one standard error")
    figure, axes = draw_panels(runs, PANELS, title, _("gradient steps"))
    say_runs(runs, _("steps"))
    for name in ("chosen_log_ratio", "rejected_log_ratio", "reward_margin"):
        axes[name].axhline(0, color=COLOURS[-1], linewidth=0.6, linestyle=":")
    if is_tiny():  # of it the report and the milestone are
        say_missing(runs, {run: (seeds, f"--run {run}") for run, seeds in ASKED_FOR.items()})
        draw_target(axes["sampled_accuracy"], MILESTONES["sampled_accuracy"].target)
    axes["sampled_accuracy"].set_ylim(0, 1.02)
    save_figure(figure, HERE / picture)


if __name__ == "__main__":
    main()
