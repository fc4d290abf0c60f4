"""Jobs of a queue: their scripts, and what cluster.toml may say of them. No queue is needed for that."""

import importlib.util
import itertools
import shutil
import signal
from pathlib import Path

import pytest

from grader.cluster import certificates, jobs
from grader.cluster.configuration import table_for
from grader.cluster.jobs import Jobs
from grader.cluster.schedulers import Setting, lsf, pbs, scheduler_of, schedulers, slurm
from grader.errors import Refused

TABLE = """
[{word}]
workers = 40
cores = 4
memory = "16GB"
walltime = "02:30:00"
queue = "short"
account = "cs336"
directives = ["--exclusive"]
prologue = ["module load python/3.11"]
python = "/course/.venv/bin/python"
host = "127.0.0.1"
"""
HEADERS = {
    "slurm": {
        *("#SBATCH -p short", "#SBATCH -A cs336", "#SBATCH -n 1", "#SBATCH --cpus-per-task=4", "#SBATCH --mem=15G"),
        *("#SBATCH -t 02:30:00", "#SBATCH --exclusive"),
    },
    "pbs": {
        *("#PBS -q short", "#PBS -A cs336", "#PBS -l select=1:ncpus=4:mem=15GB", "#PBS -l walltime=02:30:00"),
        "#PBS --exclusive",
    },
    "lsf": {
        *("#BSUB -q short", '#BSUB -P "cs336"', "#BSUB -n 4", "#BSUB -M 16000000", "#BSUB -W 02:30"),
        *('#BSUB -R "span[hosts=1]"', "#BSUB --exclusive"),
    },
}
QUEUES = {"slurm": slurm.QUEUE, "pbs": pbs.QUEUE, "lsf": lsf.QUEUE}


def table(folder: Path, word: str, text: str = TABLE) -> Jobs:
    file = folder / "cluster.toml"
    file.write_text(text.format(word=word), encoding="utf-8")
    return table_for(f"{word}:{file}", Jobs)


@pytest.mark.parametrize("word", HEADERS)
def test_a_job_asks_for_what_the_table_says(word: str, tmp_path: Path) -> None:
    """And starts a worker for each core, which finds its certificates by their names."""
    if importlib.util.find_spec("dask_jobqueue") is None:  # importing it would take Ctrl-C from all tests
        pytest.skip("dask-jobqueue is not installed (requirements/install.py --cluster)")
    certificates.write(tmp_path / "run")
    ctrl_c = signal.getsignal(signal.SIGINT)
    of_run = certificates.read(tmp_path / "run")
    with jobs.cluster_of(QUEUES[word], table(tmp_path, word), tmp_path / "run", of_run) as cluster:
        script = cluster.job_script()
    assert signal.getsignal(signal.SIGINT) is ctrl_c, "dask-jobqueue takes it"
    lines = script.strip().splitlines()
    assert {*lines} >= HEADERS[word], script
    assert lines[-2] == "module load python/3.11" and lines[-3].startswith("export PYTHONPATH=")
    command = lines[-1].split()
    assert command[:3] == ["/course/.venv/bin/python", "-m", "distributed.cli.dask_worker"]
    assert command[3].startswith("tls://127.0.0.1:")
    options = dict(itertools.pairwise(command[4:]))
    assert (options["--nworkers"], options["--nthreads"]) == ("4", "1")
    assert options["--tls-key"] == str(tmp_path / "run" / certificates.KEY)
    assert certificates.KEY in script and "PRIVATE" not in script


def test_every_queue_is_found_by_its_name() -> None:
    assert {"slurm", "pbs", "lsf", "kubernetes"} <= schedulers().keys()
    assert all(scheduler_of(word).QUEUES for word in ("slurm", "pbs", "lsf", "kubernetes"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("wokers = 2", r"slurm: .*wokers"),
        ("cores = 0", r"slurm\.cores"),
        ('memory = "lots"', r"slurm\.memory"),
        ('walltime = "04:00"', r"slurm\.walltime"),
        ('walltime = "an hour"', r"slurm\.walltime"),
        ('directives = ["-x\\n#SBATCH -y"]', r"slurm\.directives"),
        ('queue = "a b"', r"slurm\.queue"),
        ('workers = "many"', r"slurm\.workers"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(line: str, said: str, tmp_path: Path) -> None:
    first = "" if line.startswith("workers") else "workers = 2\n"
    with pytest.raises(Refused, match=said):
        table(tmp_path, "slurm", f"[slurm]\n{first}{line}\n".replace("{", "{{").replace("}", "}}"))


def test_a_table_of_no_scheduler_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="slrum: there is no such scheduler; there is kubernetes, local, lsf, pbs, slurm"):
        table(tmp_path, "slurm", "[slrum]\nworkers = 2\n")


def test_without_a_file_or_a_table_it_is_said_what_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused, match=r"There is no cluster\.toml: \[slurm\] in it says how many workers"):
        table_for("slurm", Jobs)
    with pytest.raises(Refused, match=r"cluster\.toml has no \[pbs\]"):
        Path("cluster.toml").write_text("[slurm]\nworkers = 1\n", encoding="utf-8")
        table_for("pbs", Jobs)


@pytest.mark.skipif(bool(shutil.which("qsub")), reason="there is a PBS here")
def test_a_machine_that_takes_no_jobs_is_told_so(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed (requirements/install.py --cluster)")
    (tmp_path / "cluster.toml").write_text("[pbs]\nworkers = 1\n", encoding="utf-8")
    setting = Setting(tmp_path, None, print)
    with (
        pytest.raises(Refused, match="There is no qsub here: run this on a machine that jobs are submitted from"),
        scheduler_of("pbs").opened(f"pbs:{tmp_path}/cluster.toml", setting),
    ):
        pass
