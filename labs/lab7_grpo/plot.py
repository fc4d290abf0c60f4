"""Draw what training measured. Given code.

python labs/lab7_grpo/plot.py draws runs/grpo.png (with MODEL=smollm2 runs/grpo-smollm2.png): accuracy and format on the
held-out problems, the KL divergence from the reference model, and the share of groups in which all rewards are equal,
against steps; mean and standard error over the seeds, for every variant that was trained. It says in words what is in
it and what is missing.
"""

from evaluate import HERE, MILESTONES, RUNS
from labs.common.curves import draw_panels, draw_target, read_runs, say_missing, say_runs
from labs.common.plotting import save_figure
from labs.common.recipes import as_typed, is_tiny, model_name, of_model
from labs.common.translated import _

PANELS = {
    "accuracy": _("accuracy, held-out problems"),
    "format": _("format, held-out problems"),
    "kl": _("KL(policy || reference) per token, k3"),
    "no_spread": _("share of groups without a spread"),
}
ENOUGH = 3  # seeds, for the report


def main() -> None:
    picture = f"runs/grpo{of_model()}.png"
    runs = read_runs(RUNS, ["grpo"], model=model_name())
    if not runs:
        print(
            _("{picture} is not drawn: nothing has been trained yet (make lab7-train{as_typed}).").format(
                picture=picture, as_typed=as_typed()
            )
        )
        return
    print(f"{picture}:")
    figure, axes = draw_panels(runs, PANELS, _("Mean over the seeds, band of one standard error"), _("steps"))
    say_runs(runs, _("steps"))
    if is_tiny():  # of it the report and the milestones are
        say_missing(runs, {"grpo": (ENOUGH, "--variant grpo")})
        for name, milestone in MILESTONES.items():
            draw_target(axes[name], milestone.target)
    save_figure(figure, HERE / picture)


if __name__ == "__main__":
    main()
