"""One style for the plots of the labs: readable in print and for the colour-blind, drawn without a screen."""

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labs.common.lettering import font_file
from labs.common.translated import _

# Okabe & Ito (2008), without the yellow that vanishes on white; line styles tell curves apart in grey too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), "-", "--")

STYLE: dict[Any, Any] = {
    "figure.dpi": 130,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}


def new_figure(columns: int = 1, rows: int = 1, width: float = 7.0, height: float = 4.2) -> tuple[Figure, list[Axes]]:
    """A figure in the labs' style, with its axes row by row."""
    plt.rcParams.update(STYLE | lettering())
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False)
    return figure, list(axes.flat)


def lettering() -> dict[str, Any]:
    """The settings of the font in which labels are written. It comes first, since a label with a formula is written in
    one font alone; what it lacks, such as Greek letters, is matplotlib's."""
    file = font_file()
    return {"font.family": [known_as(file), "DejaVu Sans"] if file else ["sans-serif"]}


@functools.cache
def known_as(file: Path) -> str:
    """Makes a font file known to matplotlib; returns the name by which it is."""
    font_manager.fontManager.addfont(file)
    return font_manager.FontProperties(fname=file).get_name()


def attempt(picture: str, draw: Callable[[], None]) -> bool:
    """Draw what the student's functions have to compute first. Where they cannot, a sentence says so; False then."""
    try:
        draw()
    except NotImplementedError as error:
        name = traceback.extract_tb(error.__traceback__)[-1].name
        print(_("{picture} is not drawn: {name} is still to do.").format(picture=picture, name=name))
    except Exception as error:  # of the student's, a file that cannot be imported among them: the checks say more
        kind = type(error).__name__
        fail = _("{picture} is not drawn: your functions fail with {kind}: {error}")
        print(fail.format(picture=picture, kind=kind, error=error))
    else:
        return True
    return False


def save_figure(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)
