"""A batch on a real SLURM of one node (one_node_slurm.py), in which a job is cancelled and the node drained meanwhile.

Each test that grades takes some twenty seconds: workers import torch.
"""

import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from grader.author.skeleton import cut
from grader.batch import runlog
from grader.lab import ROOT, Lab
from tests.cluster.one_node_slurm import Slurm, one_node_slurm, why_not

if importlib.util.find_spec("dask_jobqueue") is None:  # importing it would take Ctrl-C from all tests
    pytest.skip("dask-jobqueue is not installed (requirements/install.py --cluster)", allow_module_level=True)
pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

COUNT, SEED = 40, 7
WAIT_SECONDS = 240.0  # which nothing here comes near, on a machine that has nothing else to do

TABLE = """
[slurm]
workers = 2
memory = "1GB"
walltime = "00:30:00"
queue = "grading"
host = "127.0.0.1"
folder = "{folder}/jobs"
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    with one_node_slurm(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory, lab0: Lab) -> Path:
    """Right ones, empty ones, and some that are no Python."""
    folder = tmp_path_factory.mktemp("class") / "submitted"
    for number in range(COUNT):
        target = folder / f"student{number:02}" / lab0.name
        target.mkdir(parents=True)
        for name in lab0.manifest.files.handed_in:
            text = lab0.path(name).read_text(encoding="utf-8")
            if name.endswith(".py") and number % 3 == 1:
                text = cut(text, name)
            if name.endswith(".py") and number % 10 == 5:
                text += "\ndef broken(:\n"
            (target / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def command(tmp_path: Path, submitted: Path, slurm: Slurm) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts `grader grade` with a scheduler of SLURM's, or without one, and ends what is left of it."""
    file = tmp_path / "cluster.toml"
    file.write_text(TABLE.format(folder=tmp_path), encoding="utf-8")
    started: list[subprocess.Popen[str]] = []

    def start(out: Path, cluster: bool = True) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "grader", "grade", "lab0", str(submitted), "--out", str(out)]
        command += ["--seed", str(SEED), "--no-milestones", *(["--scheduler", f"slurm:{file}"] if cluster else [])]
        environment = slurm.environment | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        process = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def until(so: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Waits until something is so while a process runs."""
    give_up = time.monotonic() + WAIT_SECONDS
    while not so():
        assert time.monotonic() < give_up, "it did not come to that"
        assert process.poll() is None, f"it ended with {process.returncode}:\n{process.communicate()[0]}"
        time.sleep(0.05)


def said(process: "subprocess.Popen[str]") -> str:
    """What it has said when it has ended."""
    return process.communicate(timeout=WAIT_SECONDS)[0]


def results(out: Path) -> list[Path]:
    return sorted(out.glob("*/*/result.json"))


def timeless(out: Path) -> dict[str, bytes]:
    """Every file of the results by its name, without the times in them, and without the log of runs."""
    found = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file() and path.parent != out):
        data = path.read_bytes()
        if path.name == "result.json":
            result = msgspec.json.decode(data)
            result |= {"started": "", "seconds": 0, "checks": [check | {"seconds": 0} for check in result["checks"]]}
            data = msgspec.json.encode(result)
        found[str(path.relative_to(out))] = data
    return found


def nothing_left(slurm: Slurm) -> bool:
    return not slurm.jobs("pending,running,completing")


def test_a_batch_outlives_a_cancelled_job_and_a_drained_node(
    command: Callable[..., "subprocess.Popen[str]"], slurm: Slurm, tmp_path: Path
) -> None:
    """And its results are those of this machine, byte for byte but for times."""
    at_home = command(tmp_path / "local", cluster=False)
    assert at_home.wait(WAIT_SECONDS) == 1, said(at_home)  # some need a person
    out = tmp_path / "cluster"
    process = command(out)
    until(lambda: len(results(out)) >= 3, process)
    first, second = sorted(slurm.jobs("running"), key=int)
    slurm.run("scontrol", "update", f"nodename={slurm.node}", "state=drain", "reason=test")
    slurm.run("scancel", first)
    before = len(results(out))
    until(lambda: set(slurm.jobs("pending")) > set() and len(results(out)) > before, process)
    assert set(slurm.jobs("running")) == {second}, "a drained node begins no job, and the one that runs goes on"
    slurm.run("scontrol", "update", f"nodename={slurm.node}", "state=resume")
    text = said(process)
    assert process.returncode == 1 and "Traceback" not in text, text
    assert nothing_left(slurm) and not list((tmp_path / "jobs").iterdir())
    assert len(results(out)) == COUNT and timeless(out) == timeless(tmp_path / "local")
    [end] = [record for record in runlog.read(out / runlog.FILE) if isinstance(record, runlog.End)]
    assert (end.counts["graded"], end.counts["left"], end.counts["errors"]) == (COUNT, 0, 0)


def test_ctrl_c_ends_the_jobs_and_the_rest_is_graded_at_home(
    command: Callable[..., "subprocess.Popen[str]"], slurm: Slurm, tmp_path: Path
) -> None:
    out = tmp_path / "graded"
    process = command(out)
    until(lambda: len(results(out)) >= 3, process)
    process.send_signal(signal.SIGINT)
    text = said(process)
    assert process.returncode == 128 + signal.SIGINT and "Traceback" not in text, text
    assert nothing_left(slurm) and not list((tmp_path / "jobs").iterdir())
    reached = len(results(out))
    assert 3 <= reached < COUNT
    rest = command(out, cluster=False)
    said(rest)
    [end] = [record for record in runlog.read(out / runlog.FILE)[2:] if isinstance(record, runlog.End)]
    assert (end.counts["graded"], end.counts["unchanged"], end.counts["left"]) == (COUNT - reached, reached, 0)


def test_jobs_end_by_themselves_when_the_grader_is_killed(
    command: Callable[..., "subprocess.Popen[str]"], slurm: Slurm, tmp_path: Path
) -> None:
    out = tmp_path / "graded"
    process = command(out)
    until(lambda: len(results(out)) >= 1, process)
    process.kill()
    process.wait()
    give_up = time.monotonic() + WAIT_SECONDS
    while not nothing_left(slurm):
        assert time.monotonic() < give_up
        time.sleep(0.1)


def test_what_the_queue_refuses_is_said_in_its_words(
    command: Callable[..., "subprocess.Popen[str]"], slurm: Slurm, tmp_path: Path
) -> None:
    command_file = tmp_path / "cluster.toml"
    command_file.write_text(command_file.read_text().replace('"grading"', '"nosuch"'), encoding="utf-8")
    out = tmp_path / "graded"
    process = command(out)
    text = said(process)
    assert process.returncode == 2 and "sbatch failed: sbatch: error: invalid partition specified: nosuch" in text
    assert nothing_left(slurm) and not results(out) and not (out / runlog.FILE).exists()


def test_jobs_that_end_in_vain_are_not_begun_for_ever(
    command: Callable[..., "subprocess.Popen[str]"], slurm: Slurm, tmp_path: Path
) -> None:
    file = tmp_path / "cluster.toml"
    file.write_text(f'{file.read_text()}python = "/nowhere/bin/python"\n', encoding="utf-8")
    process = command(tmp_path / "graded")
    text = said(process)
    assert process.returncode == 3 and "/nowhere/bin/python: No such file or directory" in text, text
    assert nothing_left(slurm)


def test_the_key_is_for_its_owner_alone_and_in_no_job_script(
    command: Callable[..., "subprocess.Popen[str]"], slurm: Slurm, tmp_path: Path
) -> None:
    """Whoever may use the cluster may read job scripts and command lines: `scontrol show job`, `ps`."""
    process = command(tmp_path / "graded")
    until(lambda: len(slurm.jobs("running")) == 2, process)
    [folder] = (tmp_path / "jobs").iterdir()
    key = folder / "cluster.key"
    assert (folder.stat().st_mode & 0o777, key.stat().st_mode & 0o777) == (0o700, 0o600)
    shown = slurm.run("scontrol", "show", "job", "--details")
    script = slurm.run("scontrol", "write", "batch_script", next(iter(slurm.jobs("running"))), "-")
    assert str(key) in script
    secret = key.read_text(encoding="utf-8").splitlines()[1]
    assert secret not in script and secret not in shown and "student" not in script + shown
    process.send_signal(signal.SIGINT)
    said(process)
    assert nothing_left(slurm) and not key.exists()
