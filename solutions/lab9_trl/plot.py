"""Draw what training measured. Given code.

python labs/lab9_trl/plot.py draws runs/trl.png (with MODEL=smollm2 runs/trl-smollm2.png): the reward, the accuracy on
held-out problems, the share of groups in which all rewards are equal, and the loss, against steps; mean and standard
error over the seeds, for every choice of rewards that was trained, and your own GRPO of lab 7 beside them where it was
trained. It says in words what is in it and what is missing.
"""

from evaluate import HERE, MILESTONES, RUNS
from labs.common.curves import draw_panels, draw_target, read_runs, say_missing, say_runs
from labs.common.plotting import save_figure
from labs.common.recipes import as_typed, is_tiny, model_name, of_model
from labs.common.translated import N_, _

PANELS = {
    "reward": _("reward of a step, mean"),
    "accuracy": _("accuracy, held-out problems"),
    "no_spread": _("share of groups without a spread"),
    "loss": _("loss, as TRL logs it"),
}
ENOUGH = 3  # seeds, for the report
BY_HAND = HERE.parent / "lab7_grpo" / "runs"


def main() -> None:
    picture = f"runs/trl{of_model()}.png"
    runs = read_runs(RUNS, ["trl"], model=model_name())
    if not runs:
        print(
            _("{picture} is not drawn: nothing has been trained yet (make lab9-train{as_typed}).").format(
                picture=picture, as_typed=as_typed()
            )
        )
        return
    print(f"{picture}:")
    if by_hand := read_runs(BY_HAND, pattern=f"grpo{of_model()}-seed?.json", model=model_name()).get("grpo"):
        runs[N_("lab 7")] = by_hand
    else:
        print(_("  lab 7's GRPO is not beside it: make lab7-train"))
    figure, axes = draw_panels(runs, PANELS, _("Mean over the seeds, band of one standard error"), _("steps"))
    say_runs(runs, _("steps"))
    if is_tiny():  # of it the report and the milestones are
        say_missing(runs, {"trl": (ENOUGH, "")})
        draw_target(axes["accuracy"], MILESTONES["accuracy"].target)
    save_figure(figure, HERE / picture)


if __name__ == "__main__":
    main()
