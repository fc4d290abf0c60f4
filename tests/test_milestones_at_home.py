"""What is said of milestones at home: by the bars of lab.toml, and in words where a file is damaged."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from grader.lab import lab_folders, read_lab, solutions_folder
from labs.common.artefacts import load_arrays, load_tensors
from labs.common.judging import say_milestones
from labs.common.manifest import milestones_of, verdict
from labs.common.plotting import attempt

LAB_TOML = """
tasks = []
[[milestones]]
name = "size"
title = "Large numbers"
target = 10
half = 5
artefacts = ["runs/size.safetensors"]
[[milestones]]
name = "count"
title = "Many numbers"
target = 3
half = 2
artefacts = ["runs/count.safetensors", "runs/count.json"]
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    folder = tmp_path / "lab9_small"
    (folder / "runs").mkdir(parents=True)
    (folder / "lab.toml").write_text(LAB_TOML)
    return folder


def score(name: str, folder: Path) -> float:
    return float(load_arrays(folder / "runs" / f"{name}.safetensors")["x"].sum())


@pytest.mark.parametrize("folder", lab_folders(solutions_folder()), ids=lambda folder: folder.name)
def test_the_bars_at_home_are_the_graders(folder: Path) -> None:
    at_home = milestones_of(folder)
    graded = {milestone.name: milestone for milestone in read_lab(folder).manifest.milestones}
    assert at_home.keys() == graded.keys()
    for name, milestone in at_home.items():
        assert (milestone.target, milestone.half) == (graded[name].target, graded[name].half)
        assert milestone.artefacts == graded[name].artefacts


def test_what_figures_are_worth_is_said_of_all_that_are_named(lab: Path) -> None:
    milestones = milestones_of(lab)
    assert verdict(milestones, {"size": 10}) == "target reached"
    assert verdict(milestones, {"size": 9.9}) == "half reached"
    assert verdict(milestones, {"size": 4.9}) == "not reached yet"
    assert verdict(milestones, {"size": 10, "count": 3}) == "targets reached"
    assert verdict(milestones, {"size": 10, "count": 2}) == "half reached"
    assert verdict(milestones, {"size": 10, "count": 1}) == "not reached yet"


def test_each_milestone_has_its_line(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert say_milestones(lab, score, digits=1) == 1, "nothing is there"
    assert capsys.readouterr().out.count("not trained yet (make lab9-train)") == 2
    save_file({"x": np.array([7.25])}, lab / "runs" / "size.safetensors")
    save_file({"x": np.ones(3)}, lab / "runs" / "count.safetensors")
    assert say_milestones(lab, score, digits=2) == 0
    assert capsys.readouterr().out.splitlines() == [
        "size: 7.25; target 10, half of the points from 5",
        "count: not trained yet (make lab9-train)",
    ], "a milestone of two artefacts needs both"
    (lab / "runs" / "count.json").write_text(json.dumps({}))
    (lab / "runs" / "size.safetensors").write_bytes(b"damaged")
    assert say_milestones(lab, score, digits=2) == 1
    said = capsys.readouterr().out
    assert "size: runs/size.safetensors cannot be used: it is no safetensors file, or a damaged one" in said
    assert "count: 3.00; target 3" in said


def test_what_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"\0" * 20)
    for load in (load_tensors, load_arrays):
        with pytest.raises(ValueError, match="no safetensors file, or a damaged one"):
            load(damaged)
        with pytest.raises(ValueError, match="cannot be read"):
            load(tmp_path / "missing.safetensors")
    good = tmp_path / "good.safetensors"
    save_file({"x": np.ones(2)}, good)
    assert torch.equal(load_tensors(good)["x"], torch.ones(2, dtype=torch.float64))


def test_a_picture_that_needs_a_student_says_what_it_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    def double(x: float) -> float:
        raise NotImplementedError

    def broken() -> None:
        raise SyntaxError("invalid syntax")

    assert not attempt("runs/picture.png", lambda: print(double(1)))
    assert not attempt("runs/picture.png", broken)
    assert attempt("runs/picture.png", lambda: None)
    assert capsys.readouterr().out.splitlines() == [
        "runs/picture.png is not drawn: double is still to do.",
        "runs/picture.png is not drawn: your functions fail with SyntaxError: invalid syntax",
    ]
