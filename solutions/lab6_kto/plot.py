"""Draw the pictures of the lab from your functions and from what training left in runs/. Given code.

python labs/lab6_kto/plot.py draws
  runs/value.png   the value and the push of a completion against r, by your kto_value and kto_grad_weight
  runs/kto.png     r, the push and the sampled accuracy against gradient steps, for every run that was trained
                   (runs/kto-smollm2.png with MODEL=smollm2)
and says in words what is in them and what is missing.
"""

import numpy as np
import torch
from matplotlib.lines import Line2D

from evaluate import HERE, MILESTONES, RUNS
from labs.common.curves import Curve, changed, draw_panels, draw_runs, draw_target, read_runs, say_missing, say_runs
from labs.common.plotting import COLOURS, LINES, attempt, new_figure, save_figure
from labs.common.recipes import as_typed, is_tiny, model_name, of_model
from labs.common.translated import N_, _

BETA = 0.1
REFERENCE_POINTS = (0.0, 20.0)
RUN_NAMES = ("kto", "kto_unbalanced", "kto_unweighted")
PANELS = {
    "desirable": _("r of desirable completions"),
    "undesirable": _("r of undesirable and mismatched completions"),
    "push_undesirable": _("size of the push"),
    "accuracy": _("sampled answers that are right"),
}
BESIDE = {  # what is drawn beside a panel's curve with a thin line, and the names of the two
    "undesirable": ("mismatched", N_("undesirable"), N_("mismatched")),
    "push_undesirable": ("push_desirable", N_("undesirable"), N_("desirable")),
}


def main() -> None:
    torch.set_num_threads(1)
    attempt("runs/value.png", draw_value)
    draw_curves()


def draw_value() -> None:
    """Value and push of one completion, for both labels and two reference points."""
    from kto import kto_grad_weight, kto_value  # here, so that a mistake in your file ends in a sentence, too

    r = torch.linspace(-80, 80, 401)
    nothing = torch.zeros_like(r)
    figure, (left, right) = new_figure(columns=2, width=9.0, height=3.6)
    for colour, (label, name) in zip(COLOURS, ((True, "desirable"), (False, "undesirable")), strict=False):
        desirable = torch.full(r.shape, label)
        for line, z0 in zip(LINES, REFERENCE_POINTS, strict=False):
            style = {
                "color": colour,
                "linestyle": line,
                "label": _("{name}, $z_0$ = {z0:.0f}").format(name=_(name), z0=z0),
            }
            value = kto_value(r, torch.tensor(z0), desirable, BETA)
            push = kto_grad_weight(r.clone().requires_grad_(), nothing, desirable, torch.tensor(z0), BETA, 1.0, 1.0)
            left.plot(r, value.detach(), **style)
            right.plot(r, push.detach(), **style)
    for ax, title in ((left, _("v(r), by your kto_value")), (right, _("push, by your kto_grad_weight"))):
        ax.set(xlabel=_("r = log-ratio of the completion, in nats"), title=title)
        for z0 in REFERENCE_POINTS:
            ax.axvline(z0, color=COLOURS[-1], linewidth=0.6, linestyle=":")
    left.plot(REFERENCE_POINTS, [0.5] * len(REFERENCE_POINTS), "o", color=COLOURS[-1], markersize=4)
    left.legend(fontsize=8)
    figure.suptitle(_("beta = {beta}, lambda = 1; dotted: $z_0$").format(beta=BETA), fontsize=11)
    save_figure(figure, RUNS / "value.png")
    print(
        _(
            "runs/value.png: value and push against r, for beta = {beta} and z0 = 0 and 20, as your "
            "functions have them."
        ).format(beta=BETA)
    )


def draw_curves() -> None:
    picture = f"runs/kto{of_model()}.png"
    runs = read_runs(RUNS, RUN_NAMES, model=model_name())
    if not runs:
        print(
            _("{picture} is not drawn: nothing has been trained yet (make lab6-train{as_typed}).").format(
                picture=picture, as_typed=as_typed()
            )
        )
        return
    print(f"{picture}:")
    runs = changed(runs, ("push_desirable", "push_undesirable"), lambda curve: Curve(curve.x, np.abs(curve.y)))
    title = _("On held-out problems: mean over the seeds, band of one standard error")
    figure, axes = draw_panels(runs, PANELS, title, _("gradient steps"))
    say_runs(runs, _("steps"))
    for panel, (beside, thick, thin) in BESIDE.items():
        draw_runs(axes[panel], runs, beside, thin=True)
        key = [Line2D([], [], color="0.3", linewidth=width) for width in (1.8, 0.7)]
        axes[panel].legend(key, [_(thick), _(thin)], fontsize=8)
    axes["push_undesirable"].set_yscale("log")
    if is_tiny():  # of it the report and the milestone are
        say_missing(runs, {run: (3, f"--run {run}") for run in RUN_NAMES})
        draw_target(axes["accuracy"], MILESTONES["kto"].target)
    axes["accuracy"].set_ylim(0, 1)
    save_figure(figure, HERE / picture)


if __name__ == "__main__":
    main()
