"""Draw V* and the optimal actions of the grids that training solved. Given code.

python labs/lab1_concepts/plot.py draws runs/values.png: a heat map of V* for each grid, with an arrow for every optimal
action. It also prints Q* of the two cells for which the tutorial has a table.
"""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from evaluate import RUNS, action_values, saved_arrays
from grids import ACTIONS, GRIDS, MOVES, Grid
from labs.common.plotting import COLOURS, new_figure, save_figure
from labs.common.translated import N_, _, pgettext

TUTORIAL = {(0, 0): (7, 6, 5, 4), (1, 1): (5, 3, 2, 5)}  # lines 508-511 and 530-537, in the order of ACTIONS
WORDS = {"S": N_("start"), "G": N_("goal"), "O": N_("pit")}


def main() -> int:
    solved, unusable = {}, False
    for name in GRIDS:
        file = RUNS / f"{name}.safetensors"
        if not file.exists():
            print(_("{name} is not drawn: it has not been solved yet (make lab1-train).").format(name=name))
            continue
        try:
            solved[name] = saved_arrays(name)
        except ValueError as error:
            unusable = True
            print(
                _(
                    "{name} is not drawn: {file} cannot be used ({error}). make lab1-train ARGS=--fresh writes it anew."
                ).format(name=name, file=file.name, error=error)
            )
    if not solved:
        print(_("Nothing is drawn."))
        return int(unusable)

    figure, axes = new_figure(columns=len(solved), width=4.0 * len(solved), height=4.5)
    for ax, (name, (V, policy)) in zip(axes, solved.items(), strict=True):
        draw(ax, GRIDS[name], V, policy)
    save_figure(figure, RUNS / "values.png")
    print(_("runs/values.png: V* as colour and number, an arrow for every action that the saved policy takes."))
    if "grid3" in solved:
        compare_with_the_tutorial(solved["grid3"][0])
    return int(unusable)


def draw(ax: Axes, grid: Grid, V: np.ndarray, policy: np.ndarray) -> None:
    """One heat map. The terminal cells have their names in place of arrows."""
    picture = np.full((len(grid.rows), len(grid.rows[0])), np.nan)
    for value, cell in zip(V, grid.cells, strict=True):
        picture[cell] = value
    picture = np.ma.masked_invalid(picture)
    ax.set_facecolor("0.35")  # what shows through where a wall is
    ax.imshow(picture, cmap="Blues", vmin=picture.min() - 1, vmax=picture.max() * 1.6 + 2)
    for state, (i, j) in enumerate(grid.cells):
        mark = _(WORDS[grid.rows[i][j]]) if grid.rows[i][j] in WORDS else ""
        ax.text(j - 0.45, i - 0.43, mark, ha="left", va="top", fontsize=7)
        ax.text(j + 0.45, i + 0.43, f"{V[state]:.2f}", ha="right", va="bottom", fontsize=8)
        if grid.terminal[state]:
            continue
        for (down, right), probability in zip(MOVES, policy[state], strict=True):
            if probability > 0:
                tip, tail = (j + 0.30 * right, i + 0.30 * down - 0.05), (j, i - 0.05)
                style = dict(arrowstyle="-|>", color=COLOURS[1], linewidth=1.4)
                ax.annotate("", xy=tip, xytext=tail, arrowprops=style)
    ax.set(xticks=[], yticks=[], title=_(r"{grid}, $\gamma$ = {gamma:g}").format(grid=_(grid.title), gamma=grid.gamma))
    ax.grid(visible=False)


def compare_with_the_tutorial(V: np.ndarray) -> None:
    """Q* of the 3x3 grid beside the tutorial's two tables, which the grid's symmetry rules out."""
    grid = GRIDS["grid3"]
    Q = action_values(grid, V)
    print(
        _(
            "The 3x3 grid looks the same when rows and columns are swapped, so right and down have equal values there\n"
            "in every cell of the diagonal, and so have left and up:"
        )
    )
    for (i, j), theirs in TUTORIAL.items():
        row = dict(zip(ACTIONS, Q[grid.cells.index((i, j))], strict=True))
        print(
            _("  Q* of ({row},{column}): {ours}; the tutorial: {theirs}").format(
                row=i + 1, column=j + 1, ours=listed(row), theirs=listed(dict(zip(ACTIONS, theirs, strict=True)))
            )
        )


def listed(values: Mapping[str, Any]) -> str:
    ways = {
        "right": pgettext("where to", "right"),
        "down": pgettext("where to", "down"),
        "left": pgettext("where to", "left"),
        "up": pgettext("where to", "up"),
    }
    return _(", ").join(f"{ways[action]} {value:g}" for action, value in values.items())


if __name__ == "__main__":
    sys.exit(main())
