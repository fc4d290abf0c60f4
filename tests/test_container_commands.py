"""What the container commands say before an engine is needed, and how a container starts. No engine is asked here:
programs of these names that only answer stand in for docker and nvidia-smi."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from grader.author.release import COPIED, PAGES
from grader.contents import FILE as LIST
from grader.lab import ROOT

Engine = Callable[..., str]
ANSWERS = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
  {special}
esac
"""
DRIVER_FILE = Path("/proc/driver/nvidia/version")
without_driver = pytest.mark.skipif(DRIVER_FILE.exists(), reason="the driver that this machine has is asked first")


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    """docker/engine.py, start.py and driver.py, which are programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docker"))
        found = {}
        for name in ("driver", "engine", "start"):
            spec = importlib.util.spec_from_file_location(name, ROOT / "docker" / f"{name}.py")
            assert spec is not None
            assert spec.loader is not None
            found[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(found[name])
        yield found


# --- docker/engine.py: what cannot work is one sentence ---------------------------------------------------------------


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Runs docker/engine.py with `programs` alone on the PATH, each by what it does; the sentence it gives up with."""

    def refusal(*words: str, programs: dict[str, str] | None = None, root: Path = ROOT, **variables: str) -> str:
        bin_folder, log = tmp_path / "bin", tmp_path / "log"
        bin_folder.mkdir()
        for name, special in (programs or {}).items():
            (bin_folder / name).write_text(ANSWERS.format(log=log, special=special))
            (bin_folder / name).chmod(0o755)
        done = subprocess.run(
            [sys.executable, root / "docker" / "engine.py", *words],
            env={"PATH": str(bin_folder), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        asked = log.read_text().splitlines() if log.exists() else []
        assert [line for line in asked if line.split()[0] in ("build", "run")] == []
        return done.stderr.strip()

    return refusal


DOCKER = {"docker": ""}  # answers everything with success and no words


def nvidia(version: str) -> dict[str, str]:
    return {"nvidia-smi": f"*) echo {version};;"}


def test_without_an_engine_both_are_named(engine: Engine) -> None:
    assert engine("image", "student") == (
        "A container engine is needed: docker is not installed; podman is not installed. Without one, make lab3 sets "
        "up a .venv instead."
    )


def test_an_engine_that_does_not_answer(engine: Engine) -> None:
    said = engine("shell", programs={"docker": "*) exit 1;;"})
    assert "docker is installed, but its engine does not answer" in said
    assert "podman is not installed" in said


def test_no_buildx(engine: Engine) -> None:
    said = engine("image", "student", programs={"docker": "buildx*) exit 1;;"}, ACCELERATOR="cpu")
    assert said == "Docker's plugin buildx is missing, which builds the images: install docker-buildx."


@without_driver
def test_a_driver_that_is_too_old(engine: Engine) -> None:
    said = engine("image", "student", programs=DOCKER | nvidia("535.104.05"))
    assert said.startswith("The NVIDIA driver here is 535.104.05, and CUDA 13 needs 580 or later")


@without_driver
@pytest.mark.skipif(bool(shutil.which("nvidia-container-cli")), reason="this machine has the toolkit")
def test_a_driver_without_the_toolkit(engine: Engine, tmp_path: Path) -> None:
    said = engine("shell", programs=DOCKER | nvidia("580.65.06"), WORK=str(tmp_path))
    assert "toolkit" in said
    assert "ACCELERATOR=cpu" in said


def test_too_little_disk(engine: Engine) -> None:
    """/proc has no room at all."""
    nothing_built = "info*DockerRootDir*) echo /proc;;\n  image*) exit 1;;"
    said = engine("image", "student", programs={"docker": nothing_built}, ACCELERATOR="cpu")
    assert said == "5 GB of disk are needed in /proc, where 0.0 are free (docker system df)."


def test_a_port_that_is_taken(engine: Engine, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = engine("jupyter", programs=DOCKER, PORT=str(port), ACCELERATOR="cpu", WORK=str(tmp_path))
    assert said == f"Port {port} cannot be had (Address already in use): name another, make jupyter PORT=8899."


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "88 88", "²"])
def test_a_port_that_is_none(port: str, engine: Engine) -> None:
    said = engine("jupyter", programs=DOCKER, PORT=port, ACCELERATOR="cpu")
    assert said == f"PORT is {port!r}, and has to be a number such as 8888."


def test_a_work_folder_that_cannot_be_made(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("a file")
    said = engine("shell", programs=DOCKER, ACCELERATOR="cpu", WORK=str(tmp_path / "thesis"))
    assert said == f"The work folder {tmp_path / 'thesis'} cannot be made: File exists."


def test_a_work_folder_that_cannot_be_written(
    modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Root may write everywhere, so the answer is made."""
    monkeypatch.setattr(modules["engine"], "succeeds", lambda *_: True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(sys, "argv", ["engine.py", "--engine", "docker", "--accelerator", "cpu", "shell"])
    monkeypatch.setenv("WORK", str(tmp_path))
    monkeypatch.delenv("LABKIT_ACCELERATOR", raising=False)
    with pytest.raises(SystemExit, match="2"):
        modules["engine"].main()
    said = capsys.readouterr().err
    assert said == f"The work folder {tmp_path} cannot be written by you: name another, WORK=folder.\n"


def test_an_image_that_is_not_there(engine: Engine) -> None:
    said = engine("shell", programs={"docker": "image*) exit 1;;"}, ACCELERATOR="cpu")
    assert said == "There is no image labkit-student:cpu yet: make image ACCELERATOR=cpu builds it (some minutes)."


def test_an_accelerator_that_there_is_none_of(engine: Engine) -> None:
    assert engine("shell", programs=DOCKER, ACCELERATOR="tpu") == "ACCELERATOR is 'tpu': choose cpu or cuda."


def test_inside_the_container(engine: Engine) -> None:
    said = engine("image", "student", programs=DOCKER, LABKIT_ACCELERATOR="cpu")
    assert said.startswith("You are inside the container already: make lab3 works here")


def test_the_graders_image_needs_the_solutions(engine: Engine, tmp_path: Path) -> None:
    for part in ("docker", "labs/common"):
        shutil.copytree(ROOT / part, tmp_path / "kit" / part)
    said = engine("image", "grader", programs=DOCKER, root=tmp_path / "kit", ACCELERATOR="cpu")
    assert said.startswith("The grader's image holds the solutions, which this copy does not have")


# --- docker/start.py: the work folder ---------------------------------------------------------------------------------


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A kit of three files, as it lies in the image."""
    for name in ("Makefile", "labs/lab0/warmup.py", "labs/lab0/train.py"):
        path = tmp_path / "kit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} of the kit")
    return tmp_path / "kit"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_an_empty_folder_is_filled_once(modules: dict[str, ModuleType], kit: Path, work: Path) -> None:
    modules["start"].prepare(str(kit), str(work))
    assert contents(work) == contents(kit)
    (work / "labs/lab0/warmup.py").write_text("mine")
    (work / "labs/lab0/train.py").unlink()
    mine = contents(work)
    modules["start"].prepare(str(kit), str(work))
    assert contents(work) == mine


@pytest.mark.parametrize("files", [0, 1, 2])
def test_a_fill_goes_on_where_it_was_interrupted(
    files: int, modules: dict[str, ModuleType], kit: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many files, in the middle of one; what was edited meanwhile stays."""
    left = iter(range(files))

    def replaced(source: str, target: str) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        shutil.move(source, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", replaced)
        modules["start"].prepare(str(kit), str(work))
    mine = {name: "mine" for name in contents(work) if not name.endswith(modules["start"].UNFINISHED)}
    assert len(mine) == files
    for name in mine:
        (work / name).write_text("mine")
    modules["start"].prepare(str(kit), str(work))
    assert contents(work) == contents(kit) | mine


def test_another_folder_is_refused_and_left_alone(
    modules: dict[str, ModuleType], kit: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "thesis.tex").write_text("mine")
    with pytest.raises(SystemExit, match="2"):
        modules["start"].prepare(str(kit), str(work))
    said = f"The folder mounted at {work} holds something else than the labs: mount an empty one, which is filled.\n"
    assert capsys.readouterr().err == said
    assert contents(work) == {"thesis.tex": "mine"}


def test_a_home_that_cannot_be_written_is_replaced(
    modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    modules["start"].have_a_home()
    home = Path(os.environ["HOME"])
    assert home.name.startswith("home-")
    home.rmdir()


def test_a_command_that_does_not_exist(
    modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LABKIT_KIT", raising=False)
    with pytest.raises(SystemExit, match="127"):
        modules["start"].main(["mkae"])
    assert capsys.readouterr().err == "mkae cannot be started: No such file or directory\n"


def test_a_container_without_a_driver_goes_on_and_one_with_an_old_driver_does_not(
    modules: dict[str, ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    modules["start"].look_for_gpus("")
    assert "runs on the CPU" in capsys.readouterr().err
    modules["start"].look_for_gpus("580.65.06")
    assert capsys.readouterr().err == ""
    with pytest.raises(SystemExit, match="2"):
        modules["start"].look_for_gpus("535.104.05")
    assert "CUDA_VISIBLE_DEVICES set to nothing" in capsys.readouterr().err


# --- docker/driver.py -------------------------------------------------------------------------------------------------

TEXTS = {
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023": "535.104.05",
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build": "580.65.06",
    "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  590.44  Release Build": "590.44",
    "GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)": "",
}


@pytest.mark.parametrize("text", TEXTS)
def test_the_drivers_version_is_read(
    text: str, modules: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "version").write_text(f"{text}\nGCC version:  gcc version 12.3.0\n")
    assert modules["driver"].version(str(tmp_path / "version")) == TEXTS[text]


@pytest.mark.parametrize(("said", "version"), [("580.65.06", "580.65.06"), ("NVIDIA-SMI has failed", "")])
def test_nvidia_smi_is_asked_where_the_kernel_does_not_say(
    said: str, version: str, modules: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert modules["driver"].version(str(tmp_path / "version")) == ""
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\necho {said}\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert modules["driver"].version(str(tmp_path / "version")) == version


@pytest.mark.parametrize("version", ["", "580.65.06", "580.0", "590.44", "1000.1"])
def test_a_driver_that_will_do(version: str, modules: dict[str, ModuleType]) -> None:
    assert modules["driver"].too_old(version) == ""


@pytest.mark.parametrize("version", ["535.104.05", "579.99", "470.0"])
def test_a_driver_that_will_not(version: str, modules: dict[str, ModuleType]) -> None:
    assert f"is {version}, and CUDA 13 needs 580" in modules["driver"].too_old(version)


def test_what_a_release_copies_may_enter_an_image() -> None:
    """The image of students is made of a release, which is written while it is built."""
    ignored = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    translated = [f"{page.removesuffix('.md')}.*.md" for page in PAGES]
    assert {f"!{name}" for name in (*COPIED, *PAGES, *translated, LIST)} <= set(ignored)
