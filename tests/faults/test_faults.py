"""A batch that is killed, stopped, starved or got in the way: what is graded stays, and the same command goes on.

Real processes, each with torch to import: some seconds for each test, and minutes with LABKIT_NIGHTLY=1.
"""

import contextlib
import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from grader.batch import runlog
from grader.lab import ROOT, Lab
from grader.results import Result, read_result

NIGHTLY = os.environ.get("LABKIT_NIGHTLY") == "1"
GRADED, CALLED_WRONGLY, FAILED = 0, 2, 3
PATIENCE_SECONDS = 120.0  # for what takes seconds, on a machine that is busy with other things

# What stands in first.py in place of the reference, and the score that it has to get.
WRITTEN: list[tuple[str | None, float]] = [
    (None, 6.0),
    ("def double(x):\n    return x * x\n", 2.0),
    ("def double(x):\n    raise NotImplementedError\n", 2.0),
    ("def double(x):\n    raise ValueError(x)\n", 2.0),
    ("import os\n\n\ndef double(x):\n    os._exit(0)\n", 2.0),
]


class Grading:
    """The command `grader grade` over a folder of submissions, and what stands in its folder of results."""

    def __init__(self, folder: Path) -> None:
        self.submissions, self.out, self.temporary = folder / "submitted", folder / "graded", folder / "tmp"
        self.expected: dict[str, float] = {}
        self.started: list[subprocess.Popen[str]] = []
        self.temporary.mkdir()

    def hand_in(self, lab: Lab, count: int) -> None:
        for number in range(count):
            text, score = WRITTEN[number % len(WRITTEN)]
            target = self.submissions / f"student{number:04}" / lab.name
            target.mkdir(parents=True)
            for name in ("first.py", "second.py"):
                shutil.copyfile(lab.path(name), target / name)
            if text is not None:
                (target / "first.py").write_text(text, encoding="utf-8")
            self.expected[f"student{number:04}"] = score

    def start(self, *arguments: str, command: str = "grade") -> subprocess.Popen[str]:
        driver = Path(__file__).parent / "driver.py"
        given = [] if command == "regrade" else [str(self.submissions)]
        process = subprocess.Popen(
            [sys.executable, str(driver), command, "lab90", *given, "--out", str(self.out), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, command: str = "grade") -> tuple[int, str, str]:
        """The exit code, what was printed, and what was said on stderr."""
        process = self.start(*arguments, command=command)
        out, err = process.communicate(timeout=PATIENCE_SECONDS * 10)
        return process.returncode, out, err

    def paths(self) -> list[Path]:
        return sorted(self.out.glob("*/lab90/result.json"))

    def results(self) -> dict[str, Result]:
        return {path.parent.parent.name: read_result(path) for path in self.paths()}

    def scores(self) -> dict[str, float]:
        return {student: result.score for student, result in self.results().items()}

    def unfinished(self) -> list[Path]:
        return [path for path in self.out.rglob("*") if path.name.endswith(".new")]


def until(true: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Waits for something that the process does."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert process.poll() is None, f"it has ended before that: {process.communicate()}"
        assert time.monotonic() < give_up, "it does not come to that"
        time.sleep(0.002)


def ended(processes: list[psutil.Process]) -> bool:
    """Whether all of them are gone, as soon as they are."""
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    return not alive


@pytest.fixture
def grading(tmp_path: Path) -> Iterator[Grading]:
    """Whatever comes of a test, its processes are ended."""
    grading = Grading(tmp_path)
    yield grading
    for process in grading.started:
        process.kill()
        process.communicate()


def test_a_batch_that_is_killed_at_any_moment_goes_on_where_it_was(small_lab: Lab, grading: Grading) -> None:
    """As when the machine's memory is used up, or its power is cut (but for what the disk had not written)."""
    kills, count = (20, 200) if NIGHTLY else (3, 40)
    most = count - 10  # so that some are left, however late it is killed
    grading.hand_in(small_lab, count)
    moments = random.Random(7)
    finished: dict[Path, int] = {}
    for kill in range(kills):
        process = grading.start()
        until(lambda: (grading.out / runlog.FILE).exists(), process)
        enough = max(len(finished), moments.randrange(kill * most // kills, (kill + 1) * most // kills))
        until(lambda enough=enough: len(grading.paths()) >= enough, process)  # type: ignore[misc]
        children = psutil.Process(process.pid).children(recursive=True)
        time.sleep(moments.uniform(0, 0.05))  # at any moment: not only when a result has just been written
        process.kill()
        process.communicate()
        assert ended(children), "its grading processes and workers end with it"
        grading.results()  # each is whole, or this raises
        assert {path: path.stat().st_ino for path in finished} == finished, "nothing is graded twice"
        finished = {path: path.stat().st_ino for path in grading.paths()}
        assert len(finished) < count, "it was killed too late to see anything"
    code, _, said = grading.run()
    assert (code, grading.scores()) == (GRADED, grading.expected), said
    assert {path: path.stat().st_ino for path in finished} == finished
    assert grading.unfinished() == []
    records = runlog.read(grading.out / runlog.FILE)
    starts = [record for record in records if isinstance(record, runlog.Start)]
    assert len(starts) == kills + 1 and isinstance(records[-1], runlog.End) and len(records) == len(starts) + 1
    assert {result.seed for result in grading.results().values()} == {starts[0].seed}, "it is one run"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_stops_it_and_the_same_command_goes_on(
    number: signal.Signals, code: int, small_lab: Lab, grading: Grading
) -> None:
    """Sent to all its processes, as a terminal does and a cluster's scheduler may."""
    grading.hand_in(small_lab, 30)
    process = grading.start()
    until(lambda: len(grading.paths()) >= 3, process)
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, number)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == code
    last = said.splitlines()[-1]
    assert last.startswith("stopped after ") and last.endswith(" of 30; the same command goes on from here")
    assert 1 <= int(last.split()[2]) < 30 and "Traceback" not in said
    assert ended(children) and grading.unfinished() == [] and not list(grading.temporary.glob("submission-*"))
    assert grading.run()[0] == GRADED
    assert grading.scores() == grading.expected
    assert len({result.seed for result in grading.results().values()}) == 1


def test_time_in_which_it_is_stopped_costs_no_submission_anything(small_lab: Lab, grading: Grading) -> None:
    """By Ctrl-Z, or with the whole machine: longer than a call may take, in the middle of one."""
    grading.hand_in(small_lab, 2)
    slow = "import time\n\n\ndef double(x):\n    time.sleep(0.2)\n    return x + x\n"
    (grading.submissions / "student0001" / small_lab.name / "first.py").write_text(slow, encoding="utf-8")
    process = grading.start("--jobs", "1")
    until(grading.paths, process)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for _ in range(3):
        for one in family:
            one.suspend()
        time.sleep(3)
        for one in reversed(family):
            one.resume()
        time.sleep(0.2)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == GRADED, said
    assert grading.scores() == {"student0000": 6.0, "student0001": 4.0}


def test_a_grading_process_that_is_killed_is_replaced(small_lab: Lab, grading: Grading) -> None:
    grading.hand_in(small_lab, 20)
    process = grading.start("--jobs", "2")
    until(lambda: len(grading.paths()) >= 2, process)
    first = psutil.Process(process.pid).children()
    first[0].kill()
    until(lambda: len(set(psutil.Process(process.pid).children()) - set(first)) == 1, process)
    out, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, grading.scores()) == (GRADED, grading.expected), said
    assert "a person" not in out


def test_a_screen_that_nobody_reads_any_more_stops_nothing(small_lab: Lab, grading: Grading) -> None:
    """As after `2>&1 | head -1`, or where the window of a pager was closed."""
    grading.hand_in(small_lab, 5)
    process = grading.start()
    assert process.stdout and process.stderr
    process.stdout.close()
    process.stderr.close()
    assert (process.wait(PATIENCE_SECONDS), grading.scores()) == (GRADED, grading.expected)


def test_another_grader_at_work_there_is_not_disturbed(small_lab: Lab, grading: Grading) -> None:
    grading.hand_in(small_lab, 1)
    grading.out.mkdir()
    with (grading.out / ".lock").open("w") as lock:
        lock.write("ada@host")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, out, said = grading.run()
    assert (code, out, grading.paths()) == (CALLED_WRONGLY, "", [])
    assert "another grader (ada@host) is at work in " in said.splitlines()[-1]
    assert not (grading.out / runlog.FILE).exists()
    assert grading.run()[0] == GRADED


@pytest.fixture
def small_disk(grading: Grading) -> Path:
    """The folder of results on a disk of its own that is soon full."""
    grading.out.mkdir()
    mount = shutil.which("mount")
    mounted = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(grading.out)], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("this user may not mount a file system")
    return grading.out


@pytest.fixture
def unmounted(grading: Grading) -> Iterator[None]:
    yield
    while os.path.ismount(grading.out):
        subprocess.run(["umount", "-l", str(grading.out)], check=True)


@pytest.mark.usefixtures("unmounted")
def test_a_full_disk_ends_it_and_loses_nothing(small_lab: Lab, grading: Grading, small_disk: Path) -> None:
    grading.hand_in(small_lab, 30)
    code, out, said = grading.run()
    assert (code, out) == (FAILED, "")
    there = grading.scores()
    assert 1 <= len(there) < 30 and there.items() <= grading.expected.items()
    assert grading.unfinished() == []
    why, stopped = said.splitlines()[-2:]
    assert why.startswith(str(small_disk)) and why.endswith("result.json could not be written: No space left on device")
    assert stopped.startswith("stopped after ") and "Traceback" not in said
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    assert grading.run()[0] == GRADED
    assert grading.scores() == grading.expected


@pytest.mark.usefixtures("unmounted")
def test_a_disk_that_is_full_or_read_only_is_found_before_anything_is_graded(
    small_lab: Lab, grading: Grading, small_disk: Path
) -> None:
    grading.hand_in(small_lab, 2)
    with contextlib.suppress(OSError):
        (small_disk / "filled").write_bytes(bytes(1_000_000))
    code, out, said = grading.run()
    assert (code, out) == (CALLED_WRONGLY, "")
    assert f"results cannot be written to {small_disk}: No space left on device. Nothing was graded" in said
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    code, out, said = grading.run()
    assert (code, out) == (CALLED_WRONGLY, "")
    assert f"results cannot be written to {small_disk}: Read-only file system. Nothing was graded" in said


def test_a_folder_that_cannot_be_made_is_found_before_anything_is_graded(small_lab: Lab, grading: Grading) -> None:
    grading.hand_in(small_lab, 1)
    grading.out.write_text("a file", encoding="utf-8")
    code, out, said = grading.run()
    assert (code, out) == (CALLED_WRONGLY, "")
    assert f"results cannot be written to {grading.out}: " in said and "Traceback" not in said
    assert grading.out.read_text(encoding="utf-8") == "a file"


def test_a_run_is_repeated_and_says_which_scores_differ(small_lab: Lab, grading: Grading) -> None:
    grading.hand_in(small_lab, 2)
    assert grading.run("--seed", "5")[0] == GRADED
    wrong = grading.out / "student0000" / "lab90" / "result.json"
    text = wrong.read_text(encoding="utf-8")
    wrong.write_text(text.replace('"points": 0.8', '"points": 0.3', 1), encoding="utf-8")
    code, out, _ = grading.run("--seed", "5", command="regrade")
    assert code == GRADED
    assert "1 of 2 students changes: +1, −0\n" in out
    assert "\n  student0000 gains 0.5: 5.5 → 6 (doubled (public) +0.5)\n" in out
    assert wrong.read_text(encoding="utf-8").count('"points": 0.3') == 0
    assert sorted(path.suffix for path in grading.out.glob("lab90-regrade-*")) == [".csv", ".json"]
    code, _, said = grading.run("--seed", "6", command="regrade")
    assert code == CALLED_WRONGLY and "the last seeds are: 5\n" in said


def test_scores_do_not_depend_on_the_seed_or_on_which_process_graded(small_lab: Lab, grading: Grading) -> None:
    grading.hand_in(small_lab, 50)
    outcomes = []
    for seed in range(20 if NIGHTLY else 3):
        code, _, said = grading.run("--force", "--seed", str(seed), "--jobs", str(1 + seed % 3))
        assert code == 0, said
        found = grading.results()
        assert {student: result.score for student, result in found.items()} == grading.expected
        assert {result.seed for result in found.values()} == {seed}
        outcomes.append(
            {student: [(line.check, line.outcome) for line in result.checks] for student, result in found.items()}
        )
    assert all(again == outcomes[0] for again in outcomes)
