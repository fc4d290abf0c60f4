"""The pictures of every lab, drawn in Chinese and in English from made-up curves: no label lacks a glyph."""

import importlib
import json
import math
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from PIL import Image, ImageFont

from grader.author import font
from grader.lab.loading import importing_from
from labs.common import films, lettering, plotting
from tests.conftest import SOLUTIONS

OF_CHECKPOINTS = [
    f"{what}: {name}"
    for what in ("held out", "error")
    for name in ("right", "mixed", "words", "general", "harmless", "refused")
]
# For each lab the runs that its plot.py draws, the prefix of their files, and the curves of each.
DRAWN: dict[str, tuple[Sequence[str], str, Sequence[str]]] = {
    "lab2": (("q_learning", "mpc"), "", ("return",)),
    "lab3": (("reinforce", "actor_critic"), "", ("return",)),
    "lab4": (("clip 0.2", "no clipping"), "pendulum", ("return", "clip_fraction", "approx_kl", "explained_variance")),
    "lab5": (
        ("dpo_nll", "rlhf"),
        "",
        ("chosen_log_ratio", "rejected_log_ratio", "reward_margin", "sampled_accuracy"),
    ),
    "lab6": (
        ("kto", "kto_unweighted"),
        "",
        ("desirable", "undesirable", "mismatched", "push_desirable", "push_undesirable", "accuracy"),
    ),
    "lab7": (("grpo", "rloo"), "", ("accuracy", "format", "kl", "no_spread")),
    "lab8": (
        ("base", "R1", "R1, hacked", "student by RL"),
        "",
        ("right", "mixed", "kl", "no_spread", "score", "helpful", *OF_CHECKPOINTS),
    ),
    "lab9": (("trl",), "", ("reward", "accuracy", "no_spread", "loss")),
}


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LAB_LANG", request.param)
    return str(request.param)


def copy_of(lab: str, tmp_path: Path) -> Path:
    folder = SOLUTIONS[lab]
    return Path(shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("runs", "__pycache__")))


def write_curves(folder: Path, lab: str) -> None:
    """Two seeds of each run, whose curves rise and fall between .1 and .9."""
    runs, prefix, names = DRAWN[lab]
    x = list(range(20, 2000, 20))
    (folder / "runs" / "curves").mkdir(parents=True)
    for number, run in enumerate(runs):
        for seed in (0, 1):
            y = [0.5 + 0.4 * math.sin(at / 300 + number + seed / 5) for at in x]
            facts = {"run": run, "seed": seed, "left_out": "", "finished": True, "model": "tiny"}
            file = folder / "runs" / "curves" / f"{prefix or number}-seed{seed}.json"
            if prefix:
                file = file.with_name(f"{prefix}-seed{seed}-{number}.json")
            file.write_text(json.dumps({**facts, "curves": {name: [x, y] for name in names}}))


@pytest.mark.parametrize("lab", DRAWN)
def test_every_label_has_its_glyphs(
    lab: str, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(lab, tmp_path)
    write_curves(folder, lab)
    if lab == "lab3":  # what it measures takes seconds
        (folder / "variance.py").write_text(
            "def measure():\n    row = {'G_t': {'trace': 2.0}, 'G_t - mean': {'trace': 1.0}, 'G(τ)': {'trace': 4.0}}\n"
            "    return {'untrained': {'mean_return': 20, 'weights': row}, 'b': {'mean_return': 90, 'weights': row}}\n"
        )
    with importing_from(folder), warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*[Gg]lyph")
        assert not importlib.import_module("plot").main()
    pictures = sorted((folder / "runs").glob("*.png"))
    assert pictures
    said = capsys.readouterr().out
    assert all(f"runs/{picture.name}" in said for picture in pictures)
    assert (language == "zh") == any("一" <= sign <= "鿿" for sign in said)


def test_the_first_labs_draw_what_they_compute(language: str, tmp_path: Path) -> None:
    """Labs 0 and 1, whose pictures show no curves of training."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*[Gg]lyph")
        with importing_from(copy_of("lab0", tmp_path)):
            train = importlib.import_module("train")
            assert train.plot(np.arange(50.0), np.arange(31.0)).is_file()
        folder = copy_of("lab1", tmp_path)
        with importing_from(folder):
            plot = importlib.import_module("plot")
            for grid in plot.GRIDS.values():
                figure, (ax,) = plotting.new_figure()
                plot.draw(ax, grid, np.linspace(-1, 1, len(grid.cells)), np.full((len(grid.cells), 4), 0.25))
                plotting.save_figure(figure, folder / "runs" / "values.png")


def test_a_picture_speaks_the_readers_language(language: str) -> None:
    figure, (ax,) = plotting.new_figure()
    assert isinstance(ax, Axes)
    family = figure.suptitle("x").get_fontfamily()
    assert family == (["Labkit Sans SC", "DejaVu Sans"] if language == "zh" else ["sans-serif"])
    plt.close(figure)


def test_the_font_has_every_character_of_the_translations() -> None:
    assert font.missing() == ""
    there = TTFont(font.FONT).getBestCmap()
    assert {ord(sign) for sign in "回报−0x"} <= there.keys()
    assert ord("鿿") not in there  # it is a part of the font
    assert font.FONT.stat().st_size < 200_000


def test_a_film_has_its_caption_in_that_font(language: str, tmp_path: Path) -> None:
    assert (lettering.font_file() is None) == (language == "en")
    picture = Image.new("RGB", (60, 20), "white")
    shown = films.row({"未训练: 23" if language == "zh" else "untrained: 23": picture})
    assert np.asarray(shown)[: films.CAPTION].min() == 0
    if language == "zh":
        found = films.caption_font()
        assert isinstance(found, ImageFont.FreeTypeFont)
        assert found.getname()[0] == "Labkit Sans SC"
