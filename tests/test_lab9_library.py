"""Lab 9's scripts that hold TRL's trainers beside labs 5 to 7: each really trains, and what can go wrong is a sentence.

The import of TRL takes about 10 seconds; a script of two steps takes one to three.
"""

import copy
import dataclasses
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.author.skeleton import cut
from labs.common import language_model
from labs.common.toys import arithmetic

Command = Callable[..., tuple[int, str]]

SHORT = ("--steps", "2")
TABLES = {  # of each script: the trainer, what it is held beside, the rows that both have a figure in
    "sft": (
        "SFTTrainer",
        "nll of lab 5, 100 steps, mean of 5",
        ["right among samples", "log-ratio, chosen", "log-ratio, rejected"],
    ),
    "reward": (
        "RewardTrainer",
        "reward_model of lab 5, 40 steps, mean of 5",
        ["ranked right", "reward margin", "loss"],
    ),
    "dpo": (
        "DPOTrainer",
        "dpo_nll of lab 5, 100 steps, mean of 5",
        ["right among samples", "ranked right", "log-ratio, chosen", "log-ratio, rejected"],
    ),
    "kto": (
        "KTOTrainer",
        "kto of lab 6, 100 steps, mean of 5",
        ["right among samples", "log-ratio, desirable", "log-ratio, undesirable"],
    ),
    "rloo": ("RLOOTrainer", "rloo of lab 7, 60 steps, mean of 5", ["right among samples", "in the format"]),
    "lora": (
        "GRPOTrainer with LoRA",
        "grpo of lab 7, 60 steps, mean of 20",
        ["right among samples", "in the format", "weights trained"],
    ),
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Iterator[None]:
    """The tiny model, with a tenth of the problems held out."""
    monkeypatch.delenv("MODEL", raising=False)
    train, held_out = arithmetic.problems()
    monkeypatch.setattr(arithmetic, "problems", lambda: (train, held_out[:20]))
    trl = logging.getLogger("trl")
    level = trl.level
    yield
    trl.setLevel(level)  # a script silences it


@pytest.fixture
def command(command: Command) -> Command:
    """With 4 problems of 3 completions a step, where completions are drawn."""

    def run(script: str, *arguments: str, prepare: Callable[[], None] = lambda: None) -> tuple[int, str]:
        def smaller() -> None:
            module = __import__(script)
            if hasattr(module, "G"):
                module.P, module.G = 4, 3
            prepare()

        return command(script, *arguments, prepare=smaller)

    return run


def row(said: str, words: str) -> list[str]:
    """What stands in a row of the table behind its words: TRL's figure, then the other one."""
    [line] = [line.strip() for line in said.splitlines() if line.strip().startswith(f"{words}  ")]
    return line.removeprefix(words).split()


@pytest.mark.parametrize("name", TABLES)
def test_each_script_trains_and_shows_its_figures_beside_the_references(command: Command, name: str) -> None:
    trainer, by_hand, rows = TABLES[name]
    code, said = command(f"trl_{name}", *SHORT)
    assert code == 0, said
    assert f" {trainer}  by hand" in said
    assert f"after 2 steps.\nBy hand: the reference's {by_hand} seeds." in said
    for words in rows:
        assert len([float(figure.replace(",", "")) for figure in row(said, words)]) == 2, words
    for noise in ("arning", "{'loss'", "Tokenizing", "Map:"):
        assert noise not in said, "what the libraries say of their own affairs"


# --- the hand-written column ------------------------------------------------------------------------------------------


def own_run(lab_copy: Path, seed: int, accuracy: float, **changes: Any) -> None:
    curves = {
        "sampled_accuracy": [[0, 100], [0.6, accuracy]],
        "chosen_log_ratio": [[0, 100], [0, 0.5]],
        "rejected_log_ratio": [[0, 100], [0, -7.0]],
    }
    facts = {"run": "nll", "seed": seed, "left_out": "", "finished": True, "curves": curves} | changes
    file = lab_copy.parent / "lab5_dpo" / "runs" / "curves" / f"nll-seed{seed}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(facts))


def test_the_readers_own_runs_of_the_same_seeds_stand_beside_trls(command: Command, lab_copy: Path) -> None:
    own_run(lab_copy, 0, 0.91)
    own_run(lab_copy, 1, 0.95)
    _, said = command("trl_sft", *SHORT, "--seeds", "2")
    assert "By hand: your own nll of lab 5, 100 steps." in said
    assert "means over the seeds with standard errors" in said
    assert row(said, "right among samples")[-3:] == ["0.930", "±", "0.020"]


@pytest.mark.parametrize("changes", [{"finished": False}, {"left_out": "a short try"}, {"curves": "none"}])
def test_a_run_that_is_no_whole_one_does_not(command: Command, lab_copy: Path, changes: dict[str, Any]) -> None:
    own_run(lab_copy, 0, 0.123, **changes)
    _, said = command("trl_sft", *SHORT)
    assert 'Your own takes its place after make lab5-train ARGS="--run nll --seed 0"' in said
    assert "0.123" not in said


# --- LoRA -------------------------------------------------------------------------------------------------------------


def test_the_adapter_and_the_merged_model_give_the_logits_that_were_trained(command: Command, lab_copy: Path) -> None:
    code, said = command("trl_lora", *SHORT)
    assert code == 0, said
    assert float(row(said, "largest difference of a logit")[0]) < 1e-4
    folder = lab_copy / "runs" / "trl" / "lora" / "seed0"
    assert [path.name for path in (lab_copy / "runs" / "trl").iterdir()] == ["lora"], "nothing else is written"

    from peft import PeftModel

    tiny, tokenizer = language_model.load(arithmetic.TOY, "tiny")
    adapted = PeftModel.from_pretrained(copy.deepcopy(tiny), folder / "adapter").eval()
    merged, _ = language_model.load(arithmetic.TOY, str(folder / "merged"))
    ids = torch.tensor([language_model.prompt_ids(tokenizer, "2 + 3 * 4")])
    with torch.no_grad():
        before, as_adapted, as_merged = (model.cpu()(ids).logits for model in (tiny, adapted, merged))
    assert (as_adapted - before).abs().max() > 1e-3, "training has moved them"
    torch.testing.assert_close(as_merged, as_adapted, rtol=0, atol=1e-4)
    adapter = sum(weight.numel() for name, weight in adapted.named_parameters() if "lora_" in name)
    assert row(said, "weights trained") == [f"{adapter:,}", f"{tiny.num_parameters():,}"]


# --- what can go wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rloo", "lora"])
def test_a_function_that_is_still_to_do_is_named(command: Command, lab_copy: Path, name: str) -> None:
    file = lab_copy / "rewards.py"
    file.write_text(cut(file.read_text(encoding="utf-8"), "rewards.py"), encoding="utf-8")
    code, said = command(f"trl_{name}", *SHORT)
    assert code == 0
    assert f"is still to do: {TABLES[name][0]} waits for it." in said
    assert "By hand" not in said, "there is nothing to show"


def test_a_mistake_in_a_reward_is_shown_where_it_is(command: Command, lab_copy: Path) -> None:
    file = lab_copy / "rewards.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    def well_formed(text", "    1 / 0\n\n    def well_formed(text"), encoding="utf-8")
    code, said = command("trl_rloo", *SHORT)
    assert code == 1
    assert "RLOOTrainer stopped." in said
    assert "ZeroDivisionError" in said
    assert "make lab9 TASK=format_reward says more" in said
    file.write_text("import nowhere", encoding="utf-8")
    code, said = command("trl_rloo", *SHORT)
    assert (code, "cannot be imported" in said) == (1, True)


def test_ctrl_c_ends_with_a_sentence_and_shows_the_seeds_that_are_done(command: Command) -> None:
    def stop_in_the_second_seed() -> None:
        beside = __import__("beside")
        run = beside.Trial.run

        def interrupted(trial: Any, trainer: Any) -> None:
            if trial.seed:
                signal.raise_signal(signal.SIGINT)
            run(trial, trainer)

        beside.Trial.run = interrupted

    code, said = command("trl_reward", *SHORT, "--seeds", "3", prepare=stop_in_the_second_seed)
    assert code == 130
    assert "Interrupted" in said
    assert "seed 0 " in said
    assert row(said, "ranked right")


def test_another_model_is_refused_in_a_sentence(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL", "smollm2")
    code, said = command("trl_dpo", *SHORT)
    assert code == 1
    assert "MODEL=smollm2: " in said
    assert "leave MODEL out" in said


def test_a_model_that_is_missing_is_told(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(arithmetic, "TOY", dataclasses.replace(arithmetic.TOY, folder=tmp_path / "none"))
    code, said = command("trl_dpo", *SHORT)
    assert code == 1
    assert "cannot be loaded" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--steps", "0"), "from 1 on"), (("--seeds", "0"), "from 1 on"), (("--fresh",), "unrecognized arguments")],
)
def test_arguments_that_make_no_sense_are_refused(command: Command, arguments: tuple[str, ...], words: str) -> None:
    code, said = command("trl_kto", *arguments)
    assert code == 2
    assert words in said


def test_help_waits_for_no_large_import(lab_copy: Path) -> None:
    code = "\n".join(
        [
            "import sys, trl_dpo",
            "sys.argv = ['trl_dpo.py', '--help']",
            "try: trl_dpo.main()",
            "except SystemExit: print({'torch', 'transformers', 'trl'} & set(sys.modules))",
        ]
    )
    root = str(Path(__file__).parents[1])
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=lab_copy, env={"PYTHONPATH": root}, capture_output=True, text=True)
    assert done.stdout.endswith("set()\n"), done.stdout + done.stderr
