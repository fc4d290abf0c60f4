"""Grading on a cluster of separate processes: the same results, whatever dies, and one sentence for what cannot be."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

pytest.importorskip("distributed", reason="requirements/cluster.txt is not installed")

from grader import codes, sandboxes
from grader.batch.batch import Batch, Options, grade_all
from grader.cluster import certificates
from grader.cluster.schedulers import reached, tls
from grader.errors import Refused
from grader.executors import dask as executor
from grader.grading import work
from grader.grading.asking import WarmParent
from grader.lab import ROOT, Lab, Limits
from grader.languages import say
from tests.cluster import pretend
from tests.cluster.running import Cluster, end, free_port

TIMES = re.compile(rb'"(started|seconds)": .*')


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One worker: each costs seconds."""
    with contextlib.closing(Cluster(tmp_path_factory.mktemp("cluster"))) as running:
        running.worker()
        running.wait_for(1)
        yield running


@pytest.fixture
def submitted(small_lab: Lab, tmp_path: Path, warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Right ones, one without a file, one that raises, and one that cannot be opened. What is graded here is graded by
    the tests' warm parent: a new one takes seconds."""
    monkeypatch.setattr(work, "WarmParent", lambda *_: warm_parent)
    monkeypatch.setattr(WarmParent, "__exit__", lambda *_: None)
    folder = tmp_path / "submitted"
    for student in ("ada", "bob", "carol", "dan", "eve"):
        (folder / student / small_lab.name).mkdir(parents=True)
        for name in ("first.py", "second.py"):
            shutil.copyfile(small_lab.path(name), folder / student / small_lab.name / name)
    (folder / "bob" / small_lab.name / "second.py").unlink()
    (folder / "dan" / small_lab.name / "first.py").write_text("1 / 0\n")
    (folder / "zoe").mkdir()
    (folder / "zoe" / f"{small_lab.name}.zip").write_bytes(b"no zip")
    return folder


def graded(lab: Lab, submitted: Path, out: str, cluster: Cluster | None = None, **options: object) -> Batch:
    if cluster:
        options = {"executor": "dask", "scheduler": cluster.address, "certificates": cluster.certificates} | options
    sandbox = str(options.pop("sandbox", sandboxes.choose("auto", Limits()) if cluster is None else "auto"))
    show: Any = options.pop("show", lambda *_: None)
    asked = Options(submitted, submitted.parent / out, sandbox, seed=7, **options)  # type: ignore[arg-type]
    return grade_all(lab, asked, show, tell=said.append)


said: list[str] = []


def results(submitted: Path, out: str) -> dict[str, bytes]:
    """All that was written for students, byte for byte but for times."""
    folder = submitted.parent / out
    return {
        str(path.relative_to(folder)): TIMES.sub(b"", path.read_bytes())
        for path in folder.glob("*/**/*")
        if path.is_file()
    }


def test_a_cluster_gives_the_results_of_this_machine_byte_for_byte(
    cluster: Cluster, small_lab: Lab, submitted: Path, tmp_path: Path
) -> None:
    """Begun here, gone on with there by Dask alone and through a shared folder, and looked at here again."""
    here = graded(small_lab, submitted, "here", jobs=1)
    begun = graded(small_lab, submitted, "there", jobs=1, students=["ada", "zoe"])
    assert [row.what for row in begun.rows] == ["graded"] * 2
    there = graded(small_lab, submitted, "there", cluster, students=["ada", "bob", "zoe"])
    assert [row.what for row in there.rows] == ["unchanged", "graded", "unchanged"]
    (tmp_path / "shared").mkdir()
    there = graded(small_lab, submitted, "there", cluster, shared=tmp_path / "shared")
    assert {row.student for row in there.rows if row.what == "graded"} == {"carol", "dan", "eve"}
    assert not list((tmp_path / "shared").iterdir()), "what travelled is removed"
    assert results(submitted, "there") == results(submitted, "here") and len(results(submitted, "here")) == 6
    again = graded(small_lab, submitted, "there", jobs=1)
    assert {row.what for row in again.rows} == {"unchanged"}
    assert [row.score for row in again.rows] == [row.score for row in here.rows]
    with cluster.client() as client:
        assert set(client.run(pretend.places).values()) == {0}, "nothing of a run stays on the workers"


def test_one_sentence_says_what_is_wrong_with_a_worker(
    cluster: Cluster, small_lab: Lab, submitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**options: object) -> str:
        with pytest.raises(Refused, match="nothing was graded") as why:
            graded(small_lab, submitted, "refused", cluster, **options)
        assert not (tmp_path / "refused" / "runs.jsonl").exists() and not results(submitted, "refused")
        assert "\n" not in str(why.value)
        return str(why.value)

    with cluster.client() as client:
        address = min(client.nthreads())
        try:
            client.run(pretend.other_torch, workers=[address])
            assert re.search(rf"one worker .* {address}: it differs .* in torch \(.* → 1\.0\); install", refused())
            client.run(pretend.as_before, workers=[address])
            client.run(pretend.wrong_clock, workers=[address])
            assert f"{address}: its clock is 900 seconds off" in refused()
            said.clear()
            with monkeypatch.context() as patched:
                patched.setattr(tls, "QUEUES", True)
                patched.setattr(executor, "ALONE_SECONDS", 1.0)
                waited = graded(small_lab, submitted, "waited", cluster)
            assert waited.trouble and (waited.exit_code, waited.left) == (3, 6)
            assert say(waited.trouble).startswith("the cluster has had only workers that cannot grade for ")
            assert f"{address}: its clock is 900 seconds off" in say(waited.trouble)
            assert len([line for line in said if line.endswith("it is left out")]) == 1
        finally:
            client.run(pretend.as_before)
    alone = refused(sandbox="no_such")
    assert "There is no sandbox 'no_such'" in alone


def test_a_worker_that_does_not_see_the_shared_folder_and_has_no_sandbox_is_refused(
    cluster: Cluster, small_lab: Lab, submitted: Path, tmp_path: Path
) -> None:
    """It has mounts of its own, and a PATH on which nothing is."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (tmp_path / "empty").mkdir()
    hidden = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "sh", "-c"]
    hidden += ['mount -t tmpfs none "$0" && shift 0 && PATH=/nowhere exec "$@"', str(shared)]
    if subprocess.run([*hidden, sys.executable, "-c", ""], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    worker = cluster.worker(within=hidden)
    try:
        cluster.wait_for(2)
        with pytest.raises(Refused, match=r"one worker .* does not see what was written to .*/shared \(No such file"):
            graded(small_lab, submitted, "refused", cluster, shared=shared)
        with pytest.raises(Refused, match=r"no sandbox works there \(docker: docker is not installed\)"):
            graded(small_lab, submitted, "refused", cluster, sandbox="docker")
    finally:
        end(worker)
        cluster.wait_for(1)


def test_a_scheduler_that_is_not_there_or_does_not_know_us_is_told(
    cluster: Cluster, small_lab: Lab, submitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(scheduler: str, folder: Path = cluster.certificates) -> str:
        with pytest.raises(Refused) as why:
            graded(small_lab, submitted, "refused", cluster, scheduler=scheduler, certificates=folder)
        return str(why.value)

    port = free_port()
    assert f"no scheduler answers at tls://127.0.0.1:{port} (Connection refused)" in refused(f"tls://127.0.0.1:{port}")
    assert "there are no certificates of a cluster in " in refused(cluster.address, tmp_path)
    certificates.write(tmp_path / "other")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "other").iterdir()} == {0o600}
    with pytest.raises(Refused, match="holds certificates already"):
        certificates.write(tmp_path / "other")
    assert "does not speak TLS with the certificates of" in refused(cluster.address, tmp_path / "other")
    assert "no kind of scheduler that 'ssh://host' names: write " in refused("ssh://host")
    assert "does not say how many workers: write local:4" in refused("local:many")
    with contextlib.closing(Cluster(tmp_path / "empty-cluster")) as alone:
        alone.wait_for(0)
        monkeypatch.setattr(executor, "MEET_SECONDS", 0.5)
        assert "has no workers: start some" in refused(alone.address, alone.certificates)
    assert not results(submitted, "refused")


def test_ctrl_c_ends_what_the_workers_grade_and_the_next_run_goes_on(
    cluster: Cluster, small_lab: Lab, submitted: Path, tmp_path: Path
) -> None:
    with cluster.client() as client:
        client.run(pretend.endless)
    driver = "import sys; from pathlib import Path; from tests.cluster.test_cluster import by_command; by_command()"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            driver,
            str(small_lab.folder),
            str(submitted),
            cluster.address,
            str(cluster.certificates),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    too_long = threading.Timer(200, process.kill)
    too_long.start()
    lines: list[str] = []
    while "3\n" not in lines:  # the fourth is dan's
        lines.append(process.stderr.readline())
        assert lines[-1], lines
    process.send_signal(signal.SIGINT)
    too_long.cancel()
    clock = time.monotonic()
    assert process.wait(30) == 130
    worker = psutil.Process(cluster.processes[1].pid)
    while worker.children(recursive=True):
        assert time.monotonic() < clock + 20, "what ran on a worker is ended"
        time.sleep(0.1)
    with cluster.client() as client:
        client.run(pretend.as_before)
    done = graded(small_lab, submitted, "there", cluster)
    assert {row.student for row in done.rows if row.what == "graded"} == {"dan", "eve", "zoe"} and done.left == 0


def by_command() -> None:
    """What the test before stops: says how many are done."""
    from grader.lab import read_lab

    lab, submitted, scheduler, folder = sys.argv[1:]
    asked = Options(
        Path(submitted),
        Path(submitted).parent / "there",
        "auto",
        seed=7,
        executor="dask",
        scheduler=scheduler,
        certificates=Path(folder),
    )
    done = grade_all(read_lab(Path(lab)), asked, lambda count, _: print(count, file=sys.stderr, flush=True))
    sys.exit(done.exit_code)


def test_a_worker_that_dies_loses_nothing_and_who_kills_two_goes_to_a_person(
    cluster: Cluster, small_lab: Lab, submitted: Path, tmp_path: Path
) -> None:
    """It costs the cluster three workers."""
    shutil.copyfile(small_lab.path("second.py"), submitted / "bob" / small_lab.name / "second.py")
    graded(small_lab, submitted, "here", jobs=1)
    for _ in range(3):
        cluster.worker()
    cluster.wait_for(4)
    with cluster.client() as client:
        client.run(pretend.deadly, str(tmp_path))
    done = graded(small_lab, submitted, "there", cluster)
    assert (tmp_path / "bob-died").read_text() == "xx" and (tmp_path / "carol-died").read_text() == "x"
    assert [row.what for row in done.rows] == ["graded"] * 6 and done.exit_code == 3
    [bob] = [row for row in done.rows if row.student == "bob"]
    assert any(say(codes.PROCESSES_DIED(count=2)) in say(finding) for finding in bob.attention)
    here, there = results(submitted, "here"), results(submitted, "there")
    assert {name for name in here if here[name] != there[name]} == {f"bob/{small_lab.name}/result.json"}
    with cluster.client() as client:
        client.run(pretend.as_before)
    assert graded(small_lab, submitted, "there", cluster).count("graded") == 1
    assert results(submitted, "there") == here


def test_a_scheduler_that_is_lost_for_good_ends_the_batch_with_what_is_graded(
    cluster: Cluster, small_lab: Lab, submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one here, for it is this cluster's."""
    monkeypatch.setattr(reached, "AGAIN_SECONDS", 1.0)
    with cluster.client() as client:
        client.run(pretend.endless)

    def show(done: int, _: int) -> None:
        if done == 3:  # dan is graded, without end
            end(cluster.processes[0])

    done = graded(small_lab, submitted, "there", cluster, show=show)
    assert done.trouble and "cannot be reached any more; what is graded is kept" in say(done.trouble)
    assert done.exit_code == 3 and {row.student for row in done.rows} == {"ada", "bob", "carol"}
    again = graded(small_lab, submitted, "there", jobs=1)
    assert {row.student for row in again.rows if row.what == "graded"} == {"dan", "eve", "zoe"}
