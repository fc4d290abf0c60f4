"""make lab3-play and its like: films of what was trained, and answers before and after."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file
from safetensors.torch import save_model

from grader.lab.loading import importing_from
from labs.common.films import MOST, save_film
from labs.common.networks import weights_of
from tests.conftest import SOLUTIONS

Played = Callable[..., tuple[int, str]]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Played:
    """Runs play.py in a copy of a lab, after `prepare` has put something into its runs/."""

    def played(name: str, *arguments: str, prepare: Callable[[Path], None] = lambda runs: None) -> tuple[int, str]:
        folder = tmp_path / SOLUTIONS[name].name
        if not folder.exists():
            leave = shutil.ignore_patterns("runs", "__pycache__")
            shutil.copytree(SOLUTIONS[name], folder, ignore=leave)
            (folder / "runs").mkdir()
        monkeypatch.setattr(sys, "argv", ["play.py", *arguments])
        with importing_from(folder):
            prepare(folder / "runs")
            code = __import__("play").main()
        return code, capsys.readouterr().out

    return played


def save_policy(runs: Path) -> None:
    torch.manual_seed(1)
    policy = __import__("evaluate").make_policy("reinforce")
    (runs / "reinforce.safetensors").write_bytes(weights_of(policy))


def save_actors(runs: Path) -> None:
    torch.manual_seed(1)
    for name in ("pendulum", "cartpole"):
        (runs / f"{name}.safetensors").write_bytes(weights_of(__import__("nets").make_actor(name)))


def save_way_along_the_edge(runs: Path) -> None:
    Q = np.zeros((48, 4))
    Q[36, 0] = Q[35, 2] = 1  # up from the start, and down to the goal
    Q[24:35, 1] = 1
    save_file({"Q": Q}, runs / "q_learning.safetensors")


@pytest.mark.parametrize(
    ("lab", "prepare", "films"),
    [
        ("lab2", save_way_along_the_edge, ["q_learning.gif"]),
        ("lab3", save_policy, ["reinforce.gif"]),
        ("lab4", save_actors, ["pendulum.gif", "cartpole.gif"]),
    ],
)
def test_what_was_trained_is_filmed_beside_an_untrained_one(
    play: Played, tmp_path: Path, lab: str, prepare: Callable[[Path], None], films: list[str]
) -> None:
    code, said = play(lab, prepare=prepare)
    assert code == 0
    for film in films:
        assert f"runs/{film}: return untrained " in said
        with Image.open(next(tmp_path.glob(f"{lab}_*/runs/{film}"))) as picture:
            assert picture.format == "GIF" and picture.n_frames > 1
            assert len(picture.convert("RGB").getcolors(1 << 20)) > 2, "something is drawn"


def test_the_walk_along_the_edge_returns_minus_13(play: Played) -> None:
    assert "trained -13" in play("lab2", prepare=save_way_along_the_edge)[1]


@pytest.mark.parametrize("lab", ["lab2", "lab3", "lab4", "lab5", "lab6", "lab7"])
def test_without_training_it_says_what_to_type(play: Played, lab: str) -> None:
    code, said = play(lab)
    assert code == 1
    assert f"make {lab}-train" in said


def test_weights_of_something_else_are_named_and_the_others_are_filmed(play: Played, tmp_path: Path) -> None:
    def prepare(runs: Path) -> None:
        save_actors(runs)
        (runs / "pendulum.safetensors").write_bytes(b"none")

    code, said = play("lab4", prepare=prepare)
    assert code == 1
    assert "pendulum.safetensors is not played: it is no safetensors file" in said
    assert "runs/cartpole.gif" in said


def test_answers_before_and_after_are_shown_with_what_is_right(play: Played) -> None:
    def prepare(runs: Path) -> None:
        from labs.common.language_model import load
        from labs.common.toys.arithmetic import TOY

        save_model(load(TOY, "tiny")[0], str(runs / "grpo.safetensors"))

    code, said = play("lab7", "--problems", "3", prepare=prepare)
    lines = said.splitlines()
    before = [line.split(maxsplit=1)[1] for line in lines if line.startswith("  before")]
    after = [line.split(maxsplit=1)[1] for line in lines if line.startswith("  after")]
    assert code == 0
    assert len(before) == 3 and before == after, "the same weights and dice give the same answers"
    right = sum(line.startswith("✓") for line in before)
    assert lines[-1] == f"Right: {right} of 3 before, {right} of 3 after."


def test_a_long_film_leaves_pictures_out_and_takes_as_long(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (40, 20), (number % 256, number // 256, 0)) for number in range(3 * MOST)]
    save_film({"short": pictures[:2], "long": pictures}, tmp_path / "film.gif", per_second=50)
    shown, milliseconds = 0, 0
    with Image.open(tmp_path / "film.gif") as film:
        for shown in range(film.n_frames):
            film.seek(shown)
            milliseconds += film.info["duration"]
    assert shown <= MOST
    assert milliseconds == pytest.approx(3 * MOST * 20 + 1000, abs=120)
    assert list(tmp_path.iterdir()) == [tmp_path / "film.gif"]
