"""The student's image, used as a student does: any user, no network, a read-only system, an empty folder at /work."""

import os
import re
import select
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.lab import Lab, find_lab, lab_folders, labs_folder, solutions_folder

Run = Callable[..., subprocess.CompletedProcess[str]]
LABS = [folder.name.split("_")[0] for folder in lab_folders(labs_folder())]
FILLED = "/work was empty: the labs were copied into it.\n"
UNFINISHED = ".labkit-filling"
POINTS = re.compile(r"([\d.]+) of ([\d.]+) points? earned here")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def solve(work: Path, lab: Lab) -> None:
    """Puts the reference in the place of what a student wrote."""
    for name in lab.manifest.files.handed_in:
        shutil.copyfile(lab.path(name), work / "labs" / lab.folder.name / name)


@pytest.fixture
def start(student_image: str, work: Path, run: Run) -> Run:
    """Runs a command in a container of the student's image, with the work folder mounted."""
    return lambda *command, **options: run(student_image, *command, mounted={"/work": work}, **options)


def test_the_first_command_fills_the_folder_and_shows_the_table(start: Run, work: Path) -> None:
    done = start("make", "lab3")
    assert (done.returncode, done.stderr) == (0, FILLED)
    assert "Setting up" not in done.stdout
    assert {row.split()[0] for row in done.stdout.splitlines() if "○ todo" in row} == {f"3.{n}" for n in range(1, 10)}
    points = POINTS.search(done.stdout)
    assert points is not None
    assert (float(points[1]), float(points[2]) > 0) == (0, True)
    assert {"Makefile", "README.md", "labs", "grader", "docker"} <= set(os.listdir(work))
    assert UNFINISHED not in os.listdir(work)
    assert {path.stat().st_uid for path in work.rglob("*")} == {work.stat().st_uid}


def test_the_second_start_leaves_what_was_edited_and_deleted(start: Run, work: Path) -> None:
    start("true")
    edited, deleted = work / "labs/lab0_setup/warmup.py", work / "labs/lab0_setup/train.py"
    edited.write_text("# mine\n")
    deleted.unlink()
    done = start("cat", "labs/lab0_setup/warmup.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "# mine\n", "")
    assert not deleted.exists()


def test_a_fill_that_was_interrupted_goes_on(start: Run, work: Path) -> None:
    start("true")
    whole = contents(work)
    half = (
        f"rm -r labs/lab3_* Makefile; printf half > Makefile{UNFINISHED}; printf mine > README.md; touch {UNFINISHED}"
    )
    start("sh", "-c", half)
    done = start("true")
    assert (done.returncode, done.stderr) == (0, FILLED)
    assert contents(work) == whole | {"README.md": b"mine"}


def test_the_reference_earns_all_that_is_checked_here(start: Run, work: Path) -> None:
    start("true")
    lab = find_lab("lab3", solutions_folder())
    solve(work, lab)
    done = start("make", "lab3")
    points = POINTS.search(done.stdout)
    assert points is not None, done.stdout
    assert (done.returncode, points[1]) == (0, points[2]), done.stdout
    assert done.stdout.count("✓ passed") + done.stdout.count("✓ quick checks pass") == len(lab.manifest.tasks)


@pytest.mark.parametrize("name", LABS)
def test_every_lab_trains_until_ctrl_c(
    name: str, student_image: str, work: Path, start: Run, terminal: Callable[..., tuple[subprocess.Popen[bytes], int]]
) -> None:
    """Pressed once something was saved, where there is a milestone to train for; else training ends in seconds."""
    start("true")
    lab = find_lab(name, solutions_folder())
    solve(work, lab)
    saved = work / "labs" / lab.folder.name / "runs"
    training, keyboard = terminal(student_image, "make", f"{name}-train", mounted={"/work": work})
    screen = ""
    if lab.manifest.milestones:
        screen = seen(keyboard, lambda: any(saved.rglob("*.*")))
        os.write(keyboard, b"\x03")
    screen += seen(keyboard, lambda: False)
    os.close(keyboard)
    training.wait(60)
    assert "Traceback" not in screen
    assert any(saved.rglob("*.*")), screen
    if lab.path("plot.py").exists():
        done = start("make", f"{name}-plot")
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
        assert any(saved.rglob("*.png")), done.stdout


def seen(screen: int, enough: Callable[[], bool]) -> str:
    """What a terminal shows until that is enough, or until it is closed; the test fails after some minutes."""
    shown = b""
    deadline = time.monotonic() + 240
    while not enough():
        assert time.monotonic() < deadline, shown.decode()
        if select.select([screen], [], [], 0.5)[0]:
            try:
                shown += os.read(screen, 65536)
            except OSError:  # nobody is at the other end
                break
    return shown.decode(errors="replace")


def test_a_lab_is_handed_in(start: Run, work: Path) -> None:
    start("true")
    solve(work, find_lab("lab0", solutions_folder()))
    done = start("make", "lab0-submit", "STUDENT=ada")
    assert done.returncode == 0, done.stderr
    (archive,) = (work / "submissions").glob("*.zip")
    with zipfile.ZipFile(archive) as packed:
        assert {"warmup.py", "manifest.json"} <= {name.rpartition("/")[2] for name in packed.namelist()}


def test_what_a_container_is(start: Run, work: Path) -> None:
    told = start("sh", "-c", "id -u; id -g; echo $HF_HUB_OFFLINE; cat /proc/self/status")
    owner = work.stat()
    assert told.stdout.splitlines()[:3] == [str(owner.st_uid), str(owner.st_gid), "1"]
    assert "CapEff:\t0000000000000000\n" in told.stdout
    online = start("sh", "-c", "echo $HF_HUB_OFFLINE", options=["--env", "HF_HUB_OFFLINE=0"])
    assert online.stdout == "0\n"
    alone = start("python", "-c", "import socket; print(socket.if_nameindex())")
    assert alone.stdout == "[(1, 'lo')]\n"


def one_sentence(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_folder_that_holds_something_else_is_refused(start: Run, work: Path) -> None:
    (work / "thesis.tex").write_text("mine")
    assert "holds something else than the labs" in one_sentence(start("make", "lab3"), 2)
    assert os.listdir(work) == ["thesis.tex"]


def test_a_folder_that_cannot_be_written_is_refused(start: Run, run: Run, student_image: str, work: Path) -> None:
    work.chmod(0o555)
    sentence = one_sentence(start("make", "lab3"), 2)
    assert f"/work cannot be written by the container's user {work.stat().st_uid}:" in sentence
    work.chmod(0o000)
    assert "cannot be written" in one_sentence(start("make", "lab3"), 2)
    work.chmod(0o755)
    read_only = run(student_image, "make", "lab3", options=[f"--volume={work}:/work:ro"])
    assert "cannot be written" in one_sentence(read_only, 2)


def test_a_command_that_does_not_exist_is_said(start: Run) -> None:
    start("true")
    assert one_sentence(start("mkae"), 127) == "mkae cannot be started: No such file or directory\n"
