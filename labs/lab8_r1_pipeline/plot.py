"""Draw what the stages reached, and how those that learn from rewards got there. Given code.

python labs/lab8_r1_pipeline/plot.py draws runs/r1.png: the table of checkpoints as a picture, each figure on held-out
prompts with its standard error (over seeds where there are several, else over prompts), the controls beside them; and,
once the control "hacking" was run, what its reward model thinks of replies and what they are worth, step by step. And
runs/rewards.png: right sums, mixed thoughts, KL, and groups without a spread in the stages of RL, against steps. It
says in words what is in them and what is missing.
"""

import numpy as np
from matplotlib.axes import Axes

from evaluate import MILESTONES, RUNS
from labs.common.curves import Runs, draw_panels, draw_runs, draw_target, mean_and_error, read_runs, say_missing
from labs.common.plotting import COLOURS, new_figure, save_figure
from labs.common.translated import _, ngettext

CHECKPOINTS = ("base", "R1-Zero", "Dev1", "Dev2", "Dev3", "R1", "student")
PANELS = {
    "right": _("sums: right answers"),
    "mixed": _("sums: thoughts in two languages"),
    "words": _("sums: words"),
    "general": _("requests: right replies"),
    "harmless": _("harmful prompts: refused"),
    "refused": _("harmless questions: refused"),
}
REWARDED = {
    "right": _("sums: right answers"),
    "mixed": _("sums: thoughts in two languages"),
    "kl": _("KL(policy || reference) per token"),
    "no_spread": _("share of groups without a spread"),
}
HACKED, GOOD = "R1, hacked", "R1"
ENOUGH = 3  # seeds, for the report


def main() -> None:
    runs = read_runs(RUNS, CHECKPOINTS)
    rewarded = {name: seeds for name, seeds in runs.items() if any("no_spread" in seed.curves for seed in seeds)}
    judged = {name: seeds for name, seeds in runs.items() if any("held out: right" in seed.curves for seed in seeds)}
    if rewarded:
        figure, _axes = draw_panels(
            rewarded, REWARDED, _("Completions of training prompts, one batch a step"), _("steps")
        )
        save_figure(figure, RUNS / "rewards.png")
        print(_("runs/rewards.png: {runs}").format(runs=", ".join(rewarded)))
    if not judged:
        print(_("runs/r1.png is not drawn: no stage has ended yet that leaves a model (make lab8-train)."))
        return
    print("runs/r1.png:")
    for name, seeds in judged.items():
        numbers = ", ".join(str(seed.seed) for seed in seeds)
        which = ngettext("seed {numbers}", "seeds {numbers}", len(seeds)).format(numbers=numbers)
        print(f"  {_(name)}: {which}")
    say_missing(judged, {GOOD: (ENOUGH, "")})
    draw_all(judged)


def draw_all(runs: Runs) -> None:
    hacked = HACKED in runs
    figure, axes = new_figure(columns=3, rows=3 if hacked else 2, width=12.0, height=10.5 if hacked else 7.5)
    for (name, title), ax in zip(PANELS.items(), axes, strict=False):
        draw_checkpoints(ax, runs, name)
        ax.set_title(title)
    draw_target(axes[0], MILESTONES["r1"].target, _("R1: right and readable,"))
    if hacked:
        draw_hacking(axes[6:], runs)
    else:
        print(_('  the episode of hacking is not in it; train with ARGS="--control hacking"'))
    figure.suptitle(_("Held-out prompts; bars of one standard error"), fontsize=11)
    save_figure(figure, RUNS / "r1.png")


def draw_checkpoints(ax: Axes, runs: Runs, name: str) -> None:
    """A point for each checkpoint, those of the pipeline joined by a line."""
    x = np.arange(len(runs))
    found = [figure_of(runs, run, name) for run in runs]
    means, errors = np.array([mean for mean, _ in found]), np.array([error for _, error in found])
    pipeline = sum(run in CHECKPOINTS for run in runs)
    ax.errorbar(x[:pipeline], means[:pipeline], errors[:pipeline], marker="o", color=COLOURS[0], capsize=3)
    ax.errorbar(x[pipeline:], means[pipeline:], errors[pipeline:], marker="s", color=COLOURS[1], capsize=3, ls="none")
    ax.set_xticks(x, [_(run) for run in runs], rotation=40, ha="right", fontsize=8)
    if name != "right":  # there all are far from 0
        ax.set_ylim(bottom=0)


def figure_of(runs: Runs, run: str, name: str) -> tuple[float, float]:
    """The mean of a checkpoint's figure over seeds, and its standard error; of one seed that over prompts."""
    last = [seed.curves[f"held out: {name}"].y[-1] for seed in runs[run] if f"held out: {name}" in seed.curves]
    if not last:
        return np.nan, np.nan
    if len(last) == 1:
        [error] = [seed.curves[f"error: {name}"].y[-1] for seed in runs[run] if f"error: {name}" in seed.curves]
        return float(last[0]), float(error)
    mean, error = mean_and_error(np.array(last)[:, None])
    return float(mean[0]), float(error[0])


def draw_hacking(axes: list[Axes], runs: Runs) -> None:
    """The reward model's score, the truth, and what it does to sums."""
    titles = {
        "score": _("requests: the score of its reward model"),
        "helpful": _("requests: right replies"),
        "right": _("sums: right answers"),
    }
    for (name, title), ax in zip(titles.items(), axes, strict=True):
        draw_runs(ax, {run: runs[run] for run in (HACKED, GOOD) if run in runs}, name)
        ax.set(title=title, xlabel=_("steps"), ylim=(0, 1.05))
        ax.legend(fontsize=8)


if __name__ == "__main__":
    main()
