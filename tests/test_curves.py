"""The curves of all labs: what is damaged, unfinished or no whole run is said, and means are of what is there."""

import json
import math
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from labs.common.curves import (
    Curve,
    draw_panels,
    draw_runs,
    draw_target,
    mean_and_error,
    read_runs,
    sampled,
    say_missing,
    say_runs,
    with_moving_mean,
)


def write(runs: Path, name: str, y: list[float | None], x: list[float] | None = None, **facts: Any) -> None:
    seed = {"run": name.split("-")[0], "seed": int(name[-1]), "left_out": "", "finished": True} | facts
    folder = runs / "curves"
    folder.mkdir(exist_ok=True)
    where = list(range(len(y))) if x is None else x
    (folder / f"{name}.json").write_text(json.dumps(seed | {"curves": {"reward": [where, y]}}))


@pytest.fixture
def ax() -> Axes:
    return plt.figure().subplots()


def line(ax: Axes, label: str) -> tuple[np.ndarray, np.ndarray]:
    [found] = [line for line in ax.get_lines() if line.get_label() == label]
    x, y = found.get_data()
    return np.asarray(x), np.asarray(y)


def test_runs_come_in_the_order_asked_for_and_seeds_by_number(tmp_path: Path) -> None:
    for name in ("b-seed1", "a-seed0", "b-seed0", "c-seed0"):
        write(tmp_path, name, [1.0, 2.0])
    runs = read_runs(tmp_path, ["c", "b"])
    assert list(runs) == ["c", "b", "a"]
    assert [seed.seed for seed in runs["b"]] == [0, 1]
    assert list(read_runs(tmp_path, pattern="a-*.json")) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "{}",
        "[]",
        "null",
        '{"run": "a", "seed": 0, "left_out": "", "finished": true, "curves": {"reward": [[0, 1], [1]]}}',
        '{"run": "a", "seed": 0, "left_out": "", "finished": true, "curves": {"reward": [[1, 0], [1, 1]]}}',
        '{"run": "a", "seed": 0, "left_out": "", "finished": true, "curves": {"reward": [[0], ["x"]]}}',
        '{"run": "a", "seed": 0, "left_out": "", "finished": true, "curves": {"reward": 3}}',
        '{"run": "a", "seed": 0, "left_out": "", "finished": true, "curves": []}',
    ],
)
def test_a_damaged_file_is_named_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    write(tmp_path, "b-seed0", [1.0])
    (tmp_path / "curves" / "a-seed0.json").write_text(text)
    (tmp_path / "curves" / "c-seed0.json").write_bytes(b"\xff\xfe")
    assert list(read_runs(tmp_path)) == ["b"]
    said = capsys.readouterr().out
    assert "a-seed0.json cannot be read" in said
    assert "c-seed0.json cannot be read" in said


def test_short_tries_and_other_models_are_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a-seed0", [1.0], left_out="a short try")
    assert read_runs(tmp_path) == {}
    assert "a-seed0: a short try; not drawn" in capsys.readouterr().out


def test_an_unfinished_run_is_drawn_as_far_as_it_is_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ax: Axes
) -> None:
    write(tmp_path, "a-seed0", [0.0, 1.0, 2.0, 3.0, 4.0])
    write(tmp_path, "a-seed1", [10.0, 11.0, 12.0], finished=False)
    runs = read_runs(tmp_path)
    assert "a-seed1: training has not ended, drawn as far as it is" in capsys.readouterr().out
    draw_runs(ax, runs, "reward")
    x, y = line(ax, "a (2 seeds)")
    assert y[x <= 2] == pytest.approx(x[x <= 2] + 5)
    assert y[x > 2] == pytest.approx(x[x > 2]), "beyond its end the mean is of the others"


def test_a_finished_run_keeps_its_last_value(tmp_path: Path, ax: Axes) -> None:
    write(tmp_path, "a-seed0", [0.0, 0.0, 0.0, 0.0, 0.0])
    write(tmp_path, "a-seed1", [4.0, 8.0])
    draw_runs(ax, read_runs(tmp_path), "reward")
    x, y = line(ax, "a (2 seeds)")
    assert y[x >= 1] == pytest.approx(4)


def test_the_band_is_one_standard_error_of_those_that_are_there() -> None:
    mean, error = mean_and_error(np.array([[1.0, 1.0, math.nan], [3.0, math.nan, math.nan], [5.0, 2.0, math.nan]]))
    assert mean[:2].tolist() == [3.0, 1.5]
    assert error[:2].tolist() == pytest.approx([2 / 3**0.5, 0.5**0.5 / 2**0.5])
    assert np.isnan(mean[2]) and np.isnan(error[2])
    _, alone = mean_and_error(np.array([[1.0, 2.0]]))
    assert np.isnan(alone).all(), "one seed has no standard error"


def test_the_last_of_several_values_at_one_step_counts() -> None:
    curve = Curve(np.array([1.0, 2.0, 2.0, 3.0]), np.array([0.0, 7.0, 8.0, 9.0]))
    assert sampled(curve, np.array([1.0, 2.0, 3.0]), finished=True).tolist() == [0, 8, 9]


def test_a_moving_mean_is_over_the_points_up_to_each(tmp_path: Path) -> None:
    write(tmp_path, "a-seed0", [2.0, 4.0, 6.0, 10.0])
    [seed] = with_moving_mean(read_runs(tmp_path), "reward", 2)["a"]
    assert seed.curves["reward"].y.tolist() == [2, 3, 5, 8]


def test_what_was_not_measured_is_no_point(tmp_path: Path, ax: Axes) -> None:
    write(tmp_path, "a-seed0", [None, None, 3.0])
    write(tmp_path, "b-seed0", [None])
    runs = read_runs(tmp_path)
    assert list(runs) == ["a"]
    draw_runs(ax, runs, "reward")
    draw_runs(ax, runs, "another")
    assert line(ax, "a (1 seed)")[1].tolist() == [3.0] * 400


def test_a_picture_has_its_panels_two_by_two_and_its_runs_by_name(tmp_path: Path) -> None:
    write(tmp_path, "kto_unbalanced-seed0", [1.0, 2.0])
    write(tmp_path, "kto-seed0", [1.0, 2.0])
    panels = {"reward": "A", "b": "B", "c": "C", "d": "D"}
    figure, axes = draw_panels(read_runs(tmp_path, ["kto"]), panels, "all", "steps")
    assert list(axes) == list(panels)
    assert axes["c"].get_subplotspec().rowspan.start == 1
    assert figure.get_size_inches()[0] <= 10, "it is to be read on paper"
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["kto (1 seed)", "kto_unbalanced (1 seed)"]
    draw_target(axes["reward"], 0.75)
    assert "target 0.75" in [text.get_text() for text in axes["reward"].texts]


def test_what_is_drawn_and_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a-seed0", [1.0, 2.0], x=[0, 1500])
    runs = read_runs(tmp_path)
    say_runs(runs, "steps")
    say_missing(runs, {"a": (3, "--run a"), "b": (1, "--run b")})
    assert capsys.readouterr().out.splitlines() == [
        "  a: seed 0, up to 1,500 steps (one seed: no standard error)",
        '  the report asks for 3 seeds of a; train with ARGS="--run a --seeds 3"',
        '  missing: 1 seed of b; train with ARGS="--run b"',
    ]
