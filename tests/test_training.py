"""What the labs' training scripts share: nothing finished is lost, and an error leads to the function behind it."""

import json
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grader.lab.loading import importing_from
from labs.common.curves import read_runs
from labs.common.errors import CannotUse
from labs.common.training import loop
from labs.common.training.run import TrainingRun
from labs.common.training.script import Script, Trained
from labs.common.training.words import duration

MANIFEST = """
[[tasks]]
file = "mine.py"
functions = ["double"]
[[tasks]]
file = "answers.json"
functions = ["answers"]
"""
MINE = "def double(x):\n    return 2 * x\n"
GIVEN = "from mine import double\n\n\ndef use(x):\n    return double(x) + 1\n"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Path]:
    """A lab of one function that is used by given code."""
    (tmp_path / "lab9_small").mkdir()
    folder = tmp_path / "lab9_small"
    (folder / "lab.toml").write_text(MANIFEST)
    (folder / "mine.py").write_text(MINE)
    (folder / "given.py").write_text(GIVEN)
    with importing_from(folder):
        yield folder


class Doubling(TrainingRun):
    """Each step doubles a number, with the student's function."""

    suffix = ".json"
    digits = 3
    steps = 4

    def __init__(self, folder: Path, seed: int = 0, stop: Callable[[int], None] = lambda done: None) -> None:
        super().__init__(folder, f"doubling-seed{seed}", f"doubling, seed {seed}", "doubling", seed)
        self.value: float = 0
        self.stop = stop

    @property
    def progress(self) -> tuple[float, float]:
        return len(self.numbers), self.steps

    @property
    def numbers(self) -> list[float]:
        return self.curves["number"][1] if self.curves else []

    @property
    def finished(self) -> bool:
        return len(self.numbers) >= self.steps

    def reached(self) -> str:
        return f"{len(self.numbers)} steps"

    def figures(self) -> str:
        return f"[{self.value}]"

    def step(self) -> None:
        self.stop(len(self.numbers))
        self.value = sys.modules["given"].use(self.value)
        self.measured(len(self.numbers) + 1, {"number": self.value})

    def state(self) -> dict[str, Any]:
        return {"value": self.value}

    def restore(self, state: dict[str, Any]) -> None:
        self.value = state["value"]

    def results(self) -> Sequence[str]:
        self.hand_over("doubling", self.value, {"doubling.safetensors": b"weights"}, {}, ["numpy"])
        return [f"{self.value:g}"]


def train(lab: Path, *makers: Callable[[], TrainingRun], fresh: bool = False) -> Trained:
    script = Script(str(lab / "train.py"))
    assert script.load("given") is not None
    trained = script.train_all({"doubling": makers or [partial(Doubling, lab)]}, ("group", "value"), fresh)
    script.show(trained.table, "what it means")
    return trained


def files_of(lab: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted((lab / "runs").rglob("*")) if file.is_file()}


def numbers_drawn(lab: Path) -> list[float]:
    curves = json.loads((lab / "runs" / "curves" / "doubling-seed0.json").read_text())["curves"]
    assert curves["number"][0] == [1, 2, 3, 4]
    numbers: list[float] = curves["number"][1]
    return numbers


def write_mine(lab: Path, text: str) -> None:
    (lab / "mine.py").write_text(text)
    shutil.rmtree(lab / "__pycache__", ignore_errors=True)  # Python knows a file by its size and second
    for name in ("mine", "given"):
        sys.modules.pop(name, None)


def raises(error: BaseException, at: int) -> Callable[[int], None]:
    def stop(done: int) -> None:
        if done == at:
            raise error

    return stop


def test_a_run_is_trained_saved_and_handed_over(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trained = train(lab)
    assert (trained.failed, trained.interrupted, trained.runs[0].handed_over) == (False, False, True)
    assert numbers_drawn(lab) == [1, 3, 7, 15]
    assert json.loads((lab / "runs" / "doubling.json").read_text())["evaluation_mean"] == 15
    capsys.readouterr()
    again = train(lab)
    said = capsys.readouterr().out
    assert "trained already" in said
    assert not again.runs[0].handed_over, "it is an earlier run's"
    write_mine(lab, MINE + "# changed\n")
    train(lab)
    assert "Your code has changed since then" in capsys.readouterr().out


@pytest.mark.parametrize("mine", ["def double(x):\n    raise NotImplementedError\n", "def double(x):\n    1 / 0\n"])
def test_a_fresh_run_that_comes_to_nothing_leaves_the_finished_one(lab: Path, mine: str) -> None:
    train(lab)
    before = files_of(lab)
    write_mine(lab, mine)
    train(lab, fresh=True)
    assert files_of(lab) == before


def test_a_fresh_run_takes_the_place_of_the_one_before(lab: Path) -> None:
    train(lab)
    write_mine(lab, "def double(x):\n    return 3 * x\n")
    train(lab, fresh=True)
    assert numbers_drawn(lab) == [1, 4, 13, 40]


def test_what_is_worse_is_not_handed_over(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(lab)
    before = files_of(lab)[str(lab / "runs" / "doubling.json")]
    write_mine(lab, "def double(x):\n    return x\n")
    trained = train(lab, fresh=True)
    assert files_of(lab)[str(lab / "runs" / "doubling.json")] == before
    assert not trained.runs[0].handed_over
    assert "kept: 15.000" in capsys.readouterr().out


def test_ctrl_c_is_granted_after_the_step_and_the_run_goes_on(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def press(done: int) -> None:
        if done == 1:
            signal.raise_signal(signal.SIGINT)

    trained = train(lab, partial(Doubling, lab, stop=press), partial(Doubling, lab, seed=1))
    assert trained.interrupted
    assert len(trained.runs) == 1, "the second seed is not begun"
    script = Script(str(lab / "train.py"))
    assert script.exit_code(trained) == 130
    capsys.readouterr()
    went_on = train(lab)
    assert "goes on after 2 steps" in capsys.readouterr().out
    assert went_on.runs[0].progress == (4, 4)


def test_a_run_that_went_on_with_other_code_is_said_each_time(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also once the code is as it was, or the run is finished."""
    partly = "begun with other code than it went on with"
    train(lab, partial(Doubling, lab, stop=lambda done: signal.raise_signal(signal.SIGINT) if done == 1 else None))
    write_mine(lab, "def double(x):\n    return 3 * x\n")
    capsys.readouterr()
    train(lab)
    said = " ".join(capsys.readouterr().out.split())
    assert "it goes on with the new one" in said and partly in said and "partly with other code" in said
    write_mine(lab, MINE)
    train(lab)
    said = " ".join(capsys.readouterr().out.split())
    assert "this is the old one's" in said and partly in said and "partly with other code" in said
    assert json.loads((lab / "runs" / "doubling.json").read_text())["mixed"] is True
    read_runs(lab / "runs")
    assert partly in capsys.readouterr().out
    train(lab, fresh=True)
    read_runs(lab / "runs")
    assert partly not in capsys.readouterr().out


def test_a_run_that_does_not_mix_code_starts_anew_with_other_code(
    lab: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Doubling, "mixes_code", False)
    train(lab, partial(Doubling, lab, stop=lambda done: signal.raise_signal(signal.SIGINT) if done == 1 else None))
    write_mine(lab, "def double(x):\n    return 3 * x\n")
    capsys.readouterr()
    train(lab)
    assert "your code has changed since this was begun, so it starts anew" in " ".join(capsys.readouterr().out.split())
    assert numbers_drawn(lab) == [1, 4, 13, 40]
    assert json.loads((lab / "runs" / "doubling.json").read_text())["mixed"] is False


def test_a_second_ctrl_c_stops_at_once_and_keeps_what_was_saved(lab: Path) -> None:
    def press_twice(done: int) -> None:
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)

    trained = train(lab, partial(Doubling, lab, stop=press_twice))
    assert trained.interrupted
    assert not trained.runs


def test_a_damaged_checkpoint_is_said_and_training_starts_anew(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(lab)
    (lab / "runs" / "checkpoints" / "doubling-seed0.json").write_text("[")
    assert train(lab).runs[0].progress == (4, 4)
    assert "there is no going on from the checkpoint" in capsys.readouterr().out


def test_a_run_says_how_long_it_takes_by_its_first_steps(
    lab: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, "TELL_SECONDS", 0.0)
    train(lab, partial(Doubling, lab), partial(Doubling, lab, seed=1))
    said = capsys.readouterr().out
    assert "2 runs, one after the other." in said
    assert said.count("on this machine.") == 2
    assert "doubling, seed 0: about 1 s more on this machine." in said


@pytest.mark.parametrize(
    ("mine", "ended"),
    [
        (MINE, "lab9-train: done after 1 s; 1 of 2 milestones reached"),
        ("def double(x):\n    1 / 0\n", "lab9-train: failed, see above after 1 s; 0 of 2 milestones reached"),
        ("def double(x):\n    raise NotImplementedError\n", "lab9-train: waits for what is still to do after 1 s"),
    ],
)
def test_the_last_line_says_which_training_ended_how_and_with_what(
    lab: Path, capsys: pytest.CaptureFixture[str], mine: str, ended: str
) -> None:
    bar = (
        '[[milestones]]\nname = "{0}"\ntitle = ""\ntarget = {1}\nhalf = 1\nartefacts = ["runs/doubling.safetensors"]\n'
    )
    (lab / "lab.toml").write_text(MANIFEST + bar.format("low", 15) + bar.format("high", 16))
    write_mine(lab, mine)
    script = Script(str(lab / "train.py"))
    script.load("given")
    script.exit_code(script.train_all({"doubling": [partial(Doubling, lab)]}, ("group", "value")))
    assert capsys.readouterr().out.splitlines()[-1].startswith(ended)


def test_time_is_said_as_exactly_as_one_wants_to_know_it() -> None:
    assert [duration(seconds) for seconds in (0.2, 41.4, 89, 150, 5400, 9000)] == (
        ["1 s", "41 s", "89 s", "2 min", "1 h 30 min", "2 h 30 min"]
    )


def test_a_function_still_to_do_is_waited_for(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mine(lab, "def double(x):\n    raise NotImplementedError\n")
    trained = train(lab)
    assert not trained.failed
    assert "double is still to do: doubling waits for it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        ("def double(x):\n    return None\n", "The last that ran is double (mine.py): it returned None."),
        ("def double(x):\n    return (x, x)\n", "it returned a tuple of 2."),
        ("import numpy\ndef double(x):\n    return numpy.ones(3)[:, :1]\n", "make lab9 TASK=double says more"),
        ("def double(x):\n    return [y for y in x]\n", "make lab9 TASK=double says more"),
    ],
)
def test_an_error_leads_to_the_function_that_is_behind_it(
    lab: Path, capsys: pytest.CaptureFixture[str], mine: str, said: str
) -> None:
    write_mine(lab, mine)
    assert train(lab).failed
    printed = capsys.readouterr().out
    assert said in printed
    assert "doubling stopped." in printed
    assert "Traceback" not in printed


def test_a_function_without_a_return_is_named_though_another_ran_after_it(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lab / "lab.toml").write_text(MANIFEST.replace('["double"]', '["double", "other"]'))
    given = "from mine import double, other\n\n\ndef use(x):\n    y = double(x)\n    return y + other(x)\n"
    (lab / "given.py").write_text(given)
    write_mine(lab, "def double(x):\n    2 * x\n\n\ndef other(x):\n    return x\n")
    assert train(lab).failed
    assert "Look at double (mine.py): it returned None." in " ".join(capsys.readouterr().out.split())


def test_an_error_before_any_function_ran_blames_none(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (lab / "given.py").write_text(GIVEN.replace("return double(x) + 1", "return undefined"))
    assert train(lab).failed
    assert "none of your functions has run yet" in capsys.readouterr().out


def test_what_is_unusable_is_a_sentence(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(lab, partial(Doubling, lab, stop=raises(CannotUse("no such model"), 0))).failed
    assert "doubling stopped.\nno such model\n" in capsys.readouterr().out


def test_a_file_that_cannot_be_imported_is_said_in_words(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mine(lab, "def (")
    assert Script(str(lab / "train.py")).load("given") is None
    printed = capsys.readouterr().out
    assert "The lab's files cannot be imported:" in printed
    assert 'mine.py", line 1' in printed


def test_tensors_are_saved_without_pickles_that_run_code(lab: Path) -> None:
    torch = pytest.importorskip("torch")

    class Tensors(Doubling):
        suffix = ".pt"

        def state(self) -> dict[str, Any]:
            return {"value": self.value, "weights": torch.ones(2)}

    train(lab, partial(Tensors, lab))
    assert torch.load(lab / "runs" / "checkpoints" / "doubling-seed0.pt", weights_only=True)["weights"].tolist() == [
        1,
        1,
    ]
    assert train(lab, partial(Tensors, lab)).runs[0].trained_before
