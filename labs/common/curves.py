"""Reads the curves that training left in runs/curves/, and draws their means with standard errors.

A file that cannot be read is named and left out. A run that is not finished is drawn as far as it is. What is no run of
the lab's recipe (a short try, another model) is left out. Each of these is said.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labs.common.plotting import COLOURS, LINES, new_figure
from labs.common.translated import _, ngettext

POINTS = 400  # of a mean that is drawn


@dataclass(frozen=True)
class Curve:
    """What one seed measured: `y` at `x`, which rises."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Seed:
    """The curves of one seed of a run, by name."""

    seed: int
    finished: bool
    curves: Mapping[str, Curve]


Runs = dict[str, list[Seed]]  # by the name of the run; seeds in their order


def read_runs(runs: Path, names: Sequence[str] = (), pattern: str = "*.json", model: str = "tiny") -> Runs:
    """The runs of a model whose curves lie in runs/curves/; prints a line for each that is left out or unfinished.

    `names` are the runs that come first, in this order; others follow by name. `pattern` tells which files are read.
    """
    found: Runs = {}
    for file in sorted((runs / "curves").glob(pattern)):
        try:
            facts = json.loads(file.read_text(encoding="utf-8"))
            seed = Seed(int(facts["seed"]), bool(facts["finished"]), read_curves(facts["curves"]))
            run, left_out, mixed = str(facts["run"]), str(facts["left_out"]), bool(facts.get("mixed"))
            of = str(facts.get("model", "tiny"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            print(
                _("  {file} cannot be read, and is left out. train.py --fresh writes it again").format(file=file.name)
            )
            continue
        if of != model:
            print(_("  {run}: MODEL={model} draws it").format(run=file.stem, model=of))
        elif left_out:
            print(_("  {run}: {why}; not drawn").format(run=file.stem, why=_(left_out)))
        elif seed.curves:
            if mixed:
                print(
                    _(
                        "  {run}: begun with other code than it went on with; train.py --fresh trains it with one"
                    ).format(run=file.stem)
                )
            if not seed.finished:
                print(_("  {run}: training has not ended, drawn as far as it is").format(run=file.stem))
            found.setdefault(run, []).append(seed)
    order = [*names, *sorted(found.keys() - set(names))]
    return {run: sorted(found[run], key=lambda seed: seed.seed) for run in order if run in found}


def read_curves(written: Mapping[str, Any]) -> dict[str, Curve]:
    """Curves as a file has them; ValueError where one is none. Points without a value are left out."""
    curves = {}
    for name, (where, what) in written.items():
        x, y = np.asarray(where, dtype=float), np.asarray(what, dtype=float)
        if x.ndim != 1 or x.shape != y.shape or (np.diff(x) < 0).any():
            raise ValueError(_("{name} is no curve").format(name=name))
        known = ~np.isnan(y)
        if known.any():
            curves[name] = Curve(x[known], y[known])
    return curves


def changed(runs: Runs, names: Collection[str], change: Callable[[Curve], Curve]) -> Runs:
    """The same runs, with another curve in place of each that has one of these names."""

    def of_seed(seed: Seed) -> Seed:
        curves = {name: change(curve) if name in names else curve for name, curve in seed.curves.items()}
        return replace(seed, curves=curves)

    return {run: [of_seed(seed) for seed in seeds] for run, seeds in runs.items()}


def with_moving_mean(runs: Runs, name: str, window: int) -> Runs:
    """The same runs, with each point of a curve the mean of the last `window` points up to it."""

    def smooth(curve: Curve) -> Curve:
        total = np.concatenate([[0.0], curve.y.cumsum()])
        after = np.arange(1, len(curve.y) + 1)
        before = np.maximum(after - window, 0)
        return Curve(curve.x, (total[after] - total[before]) / (after - before))

    return changed(runs, [name], smooth)


# --- drawing ----------------------------------------------------------------------------------------------------------


def draw_runs(
    ax: Axes, runs: Runs, name: str, grid: np.ndarray | None = None, places: Collection[str] = (), thin: bool = False
) -> None:
    """One curve of every run: the mean over its seeds, and a band of one standard error on each side.

    Each run has the colour of its place in `places` (in `runs`, without them), so that it is the same in every picture.
    A `thin` curve is the mean alone, without a name in the legend. `grid` is where it is drawn, if not evenly spaced.
    """
    order = list(places or runs)
    for run, seeds in runs.items():
        curves = [(seed.curves[name], seed.finished) for seed in seeds if name in seed.curves]
        if not curves:
            continue
        end = max(curve.x[-1] for curve, _ in curves)
        x = np.linspace(min(curve.x[0] for curve, _ in curves), end, POINTS) if grid is None else grid[grid <= end]
        values = np.stack([sampled(curve, x, finished) for curve, finished in curves])
        mean, error = mean_and_error(values)
        index = order.index(run)
        colour, line = COLOURS[index % len(COLOURS)], LINES[index % len(LINES)]
        if thin:
            ax.plot(x, mean, color=colour, linestyle=line, linewidth=0.7)
            continue
        count = ngettext("{count} seed", "{count} seeds", len(curves)).format(count=len(curves))
        ax.plot(
            x,
            mean,
            color=colour,
            linestyle=line,
            linewidth=1.8,
            label=_("{run} ({count})").format(run=_(run), count=count),
        )
        ax.fill_between(x, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)


def sampled(curve: Curve, x: np.ndarray, finished: bool) -> np.ndarray:
    """A curve's values at `x`. A finished run keeps its last value; beyond the end of another one there is NaN.

    Where several points have the same x (episodes that ended at the same step), the last one counts.
    """
    last = np.append(np.flatnonzero(np.diff(curve.x)), len(curve.x) - 1)
    values: np.ndarray = np.interp(x, curve.x[last], curve.y[last], right=None if finished else np.nan)
    return values


def mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean over the rows that have a value, and its standard error: the sample standard deviation (ddof 1) over the
    square root of their number; NaN where there is one row alone, or none."""
    n = (~np.isnan(values)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(values, axis=0) / np.where(n > 0, n, np.nan)
        variance = np.nansum((values - mean) ** 2, axis=0) / np.where(n > 1, n - 1, np.nan)
        return mean, np.sqrt(variance / n)


def draw_target(ax: Axes, target: float, words: str = "") -> None:
    """A line at the bar of a milestone, with its name on it."""
    ax.axhline(target, color=COLOURS[-1], linewidth=0.8)
    words = words or _("target")
    ax.annotate(
        f"{words} {target:g}",
        (1, target),
        (-2, 3),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        fontsize=8,
        ha="right",
        bbox={"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 1},
    )


def in_thousands(ax: Axes) -> None:
    """Steps on the x axis as 20k, 40k, ..."""
    ax.xaxis.set_major_formatter(lambda steps, _: f"{steps / 1000:.0f}k" if steps else "0")


def say_runs(runs: Runs, unit: str) -> None:
    """A line for each run that is in the picture."""
    for run, seeds in runs.items():
        end = max(curve.x[-1] for seed in seeds for curve in seed.curves.values())
        numbers = ", ".join(str(seed.seed) for seed in seeds)
        which = ngettext("seed {numbers}", "seeds {numbers}", len(seeds)).format(numbers=numbers)
        alone = _(" (one seed: no standard error)") if len(seeds) == 1 else ""
        up_to = _("  {run}: {which}, up to {end:,.0f} {unit}{alone}")
        print(up_to.format(run=_(run), which=which, end=end, unit=unit, alone=alone))


def say_missing(runs: Runs, asked: Mapping[str, tuple[int, str]]) -> None:
    """What the report asks for and is not there. `asked` has for each run how many seeds, and the option for it."""
    for run, (seeds, option) in asked.items():
        if len(runs.get(run, ())) < seeds:
            how = f"{option} --seeds {seeds}".strip() if seeds > 1 else option
            if run in runs:
                asks = ngettext(
                    '  the report asks for {count} seed of {run}; train with ARGS="{how}"',
                    '  the report asks for {count} seeds of {run}; train with ARGS="{how}"',
                    seeds,
                )
            else:
                asks = ngettext(
                    '  missing: {count} seed of {run}; train with ARGS="{how}"',
                    '  missing: {count} seeds of {run}; train with ARGS="{how}"',
                    seeds,
                )
            print(asks.format(count=seeds, run=_(run), how=how))


def draw_panels(runs: Runs, panels: Mapping[str, str], title: str, unit: str) -> tuple[Figure, dict[str, Axes]]:
    """A figure of two columns with a panel for each curve, by its name, under its title; one legend below them all."""
    figure, found = new_figure(columns=2, rows=(len(panels) + 1) // 2, width=9.0, height=3.4 * ((len(panels) + 1) // 2))
    axes = dict(zip(panels, found, strict=False))
    legend: dict[str, Any] = {}
    for name, ax in axes.items():
        draw_runs(ax, runs, name)
        ax.set(xlabel=unit, title=panels[name])
        handles, labels = ax.get_legend_handles_labels()
        for handle, label in zip(handles, labels, strict=True):
            legend.setdefault(label, handle)
    figure.legend(legend.values(), legend.keys(), loc="outside lower center", ncols=2, fontsize=9)
    figure.suptitle(title, fontsize=11)
    return figure, axes
