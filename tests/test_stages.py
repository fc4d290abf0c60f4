"""A pipeline of stages of these tests: it goes on where it stopped, and a stage follows what it was made from."""

import json
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from labs.common.errors import CannotUse
from labs.common.stages import Stage, in_turn
from labs.common.training import loop
from labs.common.training.run import TrainingRun
from labs.common.training.script import Script, Trained

STEPS = 3


class Counting(TrainingRun):
    """Adds `by` at each step, from what the earlier stage left on, or from 0 on."""

    suffix = ".json"

    def __init__(
        self, folder: Path, name: str, by: int, needed: Mapping[str, Path], stop: Callable[[int], None]
    ) -> None:
        super().__init__(folder, name, name, name, seed=0)
        self.artefact = self.runs / f"{name}.json"
        self.by, self.steps, self.stop = by, 0, stop
        self.value = sum(json.loads(path.read_text())["value"] for path in needed.values())

    def step(self) -> None:
        self.stop(self.steps)
        self.steps += 1
        self.value += self.by

    @property
    def progress(self) -> tuple[float, float]:
        return self.steps, STEPS

    @property
    def finished(self) -> bool:
        return self.steps >= STEPS

    def reached(self) -> str:
        return f"{self.steps} steps"

    def figures(self) -> str:
        return str(self.value)

    def state(self) -> dict[str, Any]:
        return {"steps": self.steps, "value": self.value}

    def restore(self, state: dict[str, Any]) -> None:
        self.steps, self.value = state["steps"], state["value"]

    def results(self) -> Sequence[str]:
        return [str(self.value)]

    def artefact_bytes(self) -> bytes:
        return json.dumps({"value": self.value}).encode()


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    (tmp_path / "lab.toml").write_text("tasks = []\n")
    return tmp_path


def never(done: int) -> None:
    """No Ctrl-C."""


def press(at: int, times: int = 1) -> Callable[[int], None]:
    def stop(done: int) -> None:
        if done == at:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    return stop


def run(
    lab: Path, by: int = 1, stop: Callable[[int], None] = never, only: Sequence[str] = (), again: bool = False
) -> Trained:
    """The pipeline: `ones` counts by `by`, `tens` goes on from there by tens. `stop` may stop the second stage."""
    stages = [
        Stage("ones", lambda needed: Counting(lab, "ones", by, needed, never)),
        Stage("tens", lambda needed: Counting(lab, "tens", 10, needed, stop), needs=("ones",)),
        Stage("aside", lambda needed: Counting(lab, "aside", 100, needed, never)),
    ]
    return Script(str(lab / "train.py")).train_all({"counting": in_turn(stages, only, again)}, ("stage", "value"))


def values(trained: Trained) -> dict[str, int]:
    found = {}
    for run in trained.runs:
        assert isinstance(run, Counting)
        found[run.stage] = run.value
    return found


def test_a_stage_is_made_from_what_it_needs_and_says_what_it_cost(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = run(lab)
    assert values(trained) == {"ones": 3, "tens": 33, "aside": 300}
    assert list(trained.table.columns[0].cells) == ["ones", "tens", "aside"]
    assert json.loads((lab / "runs" / "tens.json").read_text()) == {"value": 33}
    assert "tens: 3 steps in 0.0 CPU s" in capsys.readouterr().out


def test_after_ctrl_c_the_pipeline_goes_on_in_the_stage_where_it_was(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = run(lab, stop=press(at=1))
    assert trained.interrupted
    assert values(trained) == {"ones": 3, "tens": 23}, "and the third stage is not begun"
    assert not (lab / "runs" / "tens.json").exists(), "what is not finished is not left to later stages"
    capsys.readouterr()
    assert values(run(lab)) == {"ones": 3, "tens": 33, "aside": 300}
    said = capsys.readouterr().out
    assert "ones: trained already" in said
    assert "tens: goes on after 2 steps" in said


def test_a_stage_that_was_killed_goes_on_from_its_checkpoint(
    lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_SECONDS", -1.0)
    monkeypatch.setattr(loop, "SHARE", 0.0)
    assert run(lab, stop=press(at=2, times=2)).interrupted
    capsys.readouterr()
    assert values(run(lab))["tens"] == 33
    assert "tens: goes on after 2 steps" in capsys.readouterr().out


@pytest.mark.parametrize("stop", [never, press(at=1)])
def test_a_stage_is_run_again_when_what_it_needs_is_another_one(
    lab: Path, capsys: pytest.CaptureFixture[str], stop: Callable[[int], None]
) -> None:
    """Whether it was finished or not."""
    run(lab, stop=stop)
    for file in ("checkpoints/ones.json", "ones.json"):
        (lab / "runs" / file).unlink()
    capsys.readouterr()
    assert values(run(lab, by=2)) == {"ones": 6, "tens": 36, "aside": 300}
    said = capsys.readouterr().out
    assert "tens: ones is another one than it was made from, training starts anew" in said


def test_the_same_artefact_made_once_more_leaves_later_stages_as_they_are(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(lab)
    (lab / "runs" / "ones.json").unlink()
    capsys.readouterr()
    run(lab)
    assert capsys.readouterr().out.count("trained already") == 3
    assert (lab / "runs" / "ones.json").exists()


def test_one_stage_can_be_asked_for_and_gets_what_it_needs(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert values(run(lab, only=["tens"])) == {"ones": 3, "tens": 33}
    capsys.readouterr()
    run(lab, only=["tens"])
    assert capsys.readouterr().out.count("trained already") == 2
    trained = run(lab, only=["tens"], again=True)
    assert capsys.readouterr().out.count("trained already") == 1, "only what it needs is as it was"
    assert [run.trained_before for run in trained.runs] == [True, False]


def test_a_stage_that_does_not_exist_is_named(lab: Path) -> None:
    with pytest.raises(CannotUse, match="there is no stage 'hundreds'; the stages are ones, tens, aside"):
        run(lab, only=["hundreds"])


def test_a_stage_that_leaves_nothing_cannot_be_built_on(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def nothing(needed: Mapping[str, Path]) -> TrainingRun:
        made = Counting(lab, "ones", 1, needed, never)
        made.artefact = None
        return made

    stages = [
        Stage("ones", nothing),
        Stage("tens", lambda needed: Counting(lab, "tens", 10, needed, never), needs=("ones",)),
    ]
    assert Script(str(lab / "train.py")).train_all({"counting": in_turn(stages)}, ("stage", "value")).failed
    assert "ones has left nothing yet" in capsys.readouterr().out


def test_a_stage_that_fails_stops_those_that_need_it_and_no_others(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(done: int) -> None:
        raise CannotUse("a sentence")

    stages = [
        Stage("ones", lambda needed: Counting(lab, "ones", 1, needed, fail)),
        Stage("tens", lambda needed: Counting(lab, "tens", 10, needed, never), needs=("ones",)),
        Stage("more", lambda needed: Counting(lab, "more", 10, needed, never), needs=("tens",)),
        Stage("aside", lambda needed: Counting(lab, "aside", 100, needed, never)),
    ]
    trained = Script(str(lab / "train.py")).train_all({"counting": in_turn(stages)}, ("stage", "value"))
    assert trained.failed
    assert values(trained) == {"aside": 300}
    assert list(trained.table.columns[0].cells) == ["ones, counting", "aside"]
    assert "\nones, counting stopped.\na sentence\naside " in capsys.readouterr().out
