"""Several processes learn what one does with the same batch, speak with one voice, and end together."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from grader.lab import ROOT
from labs.common import language_model, launch, parallel
from labs.common.errors import CannotUse
from labs.common.toys import arithmetic
from labs.common.training.script import Script
from tests.processes import counting, learning

MANIFEST = '[[tasks]]\nfile = "mine.py"\nfunctions = ["mine"]\n'
TWO = "import sys; from labs.common.launch import launch; sys.exit(launch(2, sys.argv[1:]))"
NAMES = ("GPUS", "MODEL", "LOCAL_RANK", "WORLD_SIZE")  # of what decides how many there are

pytestmark = pytest.mark.usefixtures("one_thread")


def two_processes(*command: str) -> "subprocess.Popen[str]":
    """Starts a script as GPUS=2 does, without the GPUs, with all that it says in one stream."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "", "COLUMNS": "120"}
    command = (sys.executable, "-c", TWO, *command)
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


# --- what they learn --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which two processes, connected by gloo, have written what they learnt."""
    folder = tmp_path_factory.mktemp("learnt")
    process = two_processes(str(ROOT / "tests" / "processes" / "learning.py"), str(folder))
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return folder


def of_both(learnt: Path, case: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    first, second = (load_file(learnt / f"{case}-{rank}.safetensors") for rank in (0, 1))
    return first, second


@pytest.mark.parametrize("case", learning.CASES)
def test_two_processes_learn_what_one_does_with_the_batch_of_both(learnt: Path, case: str) -> None:
    one = learning.learn(case)
    first, second = of_both(learnt, case)
    assert first.keys() == second.keys() == one.keys()
    for name, expected in one.items():
        assert torch.equal(first[name], second[name]), "their weights stay the same without being sent"
        torch.testing.assert_close(first[name], expected, rtol=0, atol=1e-5)

    [learnt_here] = [tensor for name, tensor in one.items() if name.endswith("layers.0.mlp.up_proj.weight")]
    begun_with = language_model.load(arithmetic.TOY, "tiny")[0].get_submodule("model.layers.0.mlp.up_proj").weight
    assert (learnt_here - begun_with).abs().max() > 1e-4, "something was learnt"


def test_dapo_is_shown_a_process_that_keeps_no_group_and_a_step_where_none_does(learnt: Path) -> None:
    first, _ = of_both(learnt, "dapo_pairs")
    no_spread = first["figures"][:, 3].tolist()  # a share of two groups, one in each process
    assert {0.5, 1.0} <= set(no_spread)


def test_a_warm_start_is_made_once_and_read_by_the_others(learnt: Path) -> None:
    assert [file.name for file in learnt.glob("warm-start-by-*")] == ["warm-start-by-0"]
    first, second = of_both(learnt, "warm_start")
    shipped = language_model.load(arithmetic.TOY, "tiny")[0].state_dict()
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())
    assert any(not torch.equal(tensor, shipped[name]) for name, tensor in first.items())


# --- how they speak, and end ------------------------------------------------------------------------------------------


@pytest.fixture
def count(tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Starts two processes of a script that counts."""
    (tmp_path / "lab.toml").write_text(MANIFEST)
    (tmp_path / "mine.py").write_text("")
    shutil.copy(counting.__file__, tmp_path / "train.py")
    return lambda *what: two_processes(str(tmp_path / "train.py"), *what)


def test_one_process_speaks_and_saves_and_one_that_fails_ends_the_others(
    count: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    process = count("count", "fail")
    said, _ = process.communicate()
    assert process.returncode == 1, said

    assert said.count("count: step 1\n") == said.count("count: step 3\n") == 1
    assert [file.name for file in tmp_path.glob("count-saved-*")] == ["count-saved-0"]
    assert [file.name for file in tmp_path.glob("count-results-*")] == ["count-results-0"]

    assert said.count("ValueError: the second process cannot go on") == 1, "by the process that failed"
    assert "Traceback" not in said
    assert "gloo" not in said and "peer" not in said, "that the other one misses it is no news"


def read_until(process: "subprocess.Popen[str]", start: str) -> str:
    """What a process says up to a line that begins so."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith(start):
            return said
    raise AssertionError(f"{start!r} is missing in:\n{said}")


def test_ctrl_c_ends_all_processes_after_the_same_step(
    count: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    process = count("count")
    said = read_until(process, "count: step 1")
    process.send_signal(signal.SIGINT)
    said += process.communicate()[0]
    assert process.returncode == 130, said
    assert said.count("Stopping after this step") == said.count("Interrupted.") == 1
    reached = {(tmp_path / f"count-reached-{rank}").read_text() for rank in (0, 1)}
    assert reached == {(tmp_path / "count-saved-0").read_text()}
    assert "Traceback" not in said


def test_a_second_ctrl_c_stops_at_once(count: Callable[..., "subprocess.Popen[str]"]) -> None:
    process = count("hang")
    said = read_until(process, "hang: step 1")
    process.send_signal(signal.SIGINT)
    said += read_until(process, "Stopping after this step")
    process.send_signal(signal.SIGINT)
    said += process.communicate()[0]
    assert process.returncode == 130, said
    assert "Traceback" not in said


def test_the_script_for_a_cluster_starts_torchrun_on_each_machine(tmp_path: Path) -> None:
    """With a SLURM that only says what it would start: none was there to run it."""
    for name, line in {"srun": 'echo "$@"', "scontrol": "printf 'first\\nsecond\\n'"}.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{line}\n")
        (tmp_path / name).chmod(0o755)
    given = {"JOB_NODELIST": "it", "JOB_NUM_NODES": "2", "GPUS_ON_NODE": "8", "JOB_ID": "7", "SUBMIT_DIR": str(ROOT)}
    environment = {**os.environ, **{f"SLURM_{name}": value for name, value in given.items()}}
    environment |= {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LABKIT_PYTHON": "python"}

    def submit(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = ["bash", str(ROOT / "labs" / "common" / "train.slurm"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert submit("lab7", "--seed", "1").stdout == (
        "python -m torch.distributed.run --nnodes=2 --nproc-per-node=8 --rdzv-backend=c10d "
        "--rdzv-endpoint=first:29500 --rdzv-id=7 labs/lab7_grpo/train.py --seed 1\n"
    )
    refused = submit("lab77")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "There is no labs/lab77_*/train.py" in refused.stderr


# --- what is refused, in a sentence -----------------------------------------------------------------------------------


@pytest.fixture
def second_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """As torchrun says it to the second of three processes."""
    for name, value in {"WORLD_SIZE": "3", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("second_of_three")
def test_a_batch_is_shared_out_in_order_and_one_that_cannot_be_is_refused() -> None:
    assert parallel.share([10, 11, 12, 13, 14, 15], "prompts") == [12, 13]
    with pytest.raises(
        CannotUse, match=r"32 prompts .* among 3 processes.* divide them: 1, 2, 4, 8, 16, 32\. Set GPUS"
    ):
        parallel.part(32, "prompts")


@pytest.mark.parametrize(
    ("environment", "gpus", "says"),
    [
        ({"GPUS": "2"}, 8, "GPUS=2: the tiny model is trained in one process"),
        ({"GPUS": "2", "MODEL": "smollm2"}, 1, "GPUS=2: this machine has 1"),
        ({"GPUS": "two", "MODEL": "smollm2"}, 8, "GPUS=two: a whole number of GPUs, from 1 on, is expected"),
        ({"GPUS": "0", "MODEL": "smollm2"}, 8, "GPUS=0: a whole number"),
    ],
)
def test_gpus_that_cannot_be_had_are_refused(
    environment: dict[str, str],
    gpus: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    start_with(environment, gpus, monkeypatch, tmp_path)
    with pytest.raises(SystemExit) as ended:
        Script(str(tmp_path / "train.py"), in_parallel=True)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(says)
    assert said.count("\n") == 1


def test_a_script_for_one_process_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_with({"GPUS": "2", "MODEL": "smollm2"}, 8, monkeypatch, tmp_path)
    with pytest.raises(SystemExit):
        Script(str(tmp_path / "train.py"))
    assert f"{tmp_path.name}/train.py runs in one process" in capsys.readouterr().err


def test_gpus_start_the_same_script_once_for_each(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    start_with({"GPUS": "4", "MODEL": "smollm2"}, 8, monkeypatch, tmp_path)
    monkeypatch.setattr(launch, "launch", lambda count, command: [count, *command])
    with pytest.raises(SystemExit) as ended:
        Script(str(tmp_path / "train.py"), in_parallel=True)
    assert ended.value.code == [4, str(tmp_path / "train.py"), "--seed", "3"]  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("environment", [{}, {"GPUS": ""}, {"GPUS": "1"}])
def test_without_gpus_a_script_goes_on_as_it_is(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    start_with(environment, 0, monkeypatch, tmp_path)
    out, err, hook = sys.stdout, sys.stderr, sys.excepthook
    assert Script(str(tmp_path / "train.py"), in_parallel=True).folder == tmp_path
    assert (sys.stdout, sys.stderr, sys.excepthook) == (out, err, hook)


def start_with(environment: dict[str, str], gpus: int, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "lab.toml").write_text(MANIFEST)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(sys, "argv", [str(folder / "train.py"), "--seed", "3"])


# --- one process ------------------------------------------------------------------------------------------------------


def test_one_process_needs_neither_accelerate_nor_torch_for_all_this(monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
import sys
from labs.common import launch, parallel
from labs.common.training.script import Script
launch.gpus_asked()
parallel.begin()
assert parallel.share([1, 2], "pairs") == [1, 2] and parallel.weight(3) == 1.0 and not parallel.anyone(False)
assert parallel.own_dice("dice") == "dice" and parallel.gathered("values") == "values"
parallel.average_gradients(["nothing is done to it"])
assert parallel.mean({"a": 2.0}) == {"a": 2.0} and parallel.fails_first()
with parallel.main_first():
    parallel.refuse_different(3)
parallel.end(1, together=False)
print({"torch", "accelerate"} & sys.modules.keys())
"""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("LOCAL_RANK", "WORLD_SIZE", "GPUS")
    }
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env={**environment, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")
