"""What the tests of the images share: the engine that answers, both images as `make` builds them, hardened containers.

Only `make test-docker` collects them. They take minutes: images are built, and what a student types is done in them.
"""

import contextlib
import importlib.util
import io
import os
import pty
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from grader.lab import ROOT

collect_ignore_glob = [] if os.environ.get("LABKIT_TEST_DOCKER") else ["test_*.py"]
Done = subprocess.CompletedProcess[str]
BUILD_SECONDS = 3600
# Somebody who is not in the image; where the tests do not run as root, it is who runs them.
USER, GROUP = (4321, 4321) if os.getuid() == 0 else (os.getuid(), os.getgid())


@pytest.fixture(scope="session")
def module() -> ModuleType:
    """docker/engine.py, which says how containers are started here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docker"))
        spec = importlib.util.spec_from_file_location("engine", ROOT / "docker" / "engine.py")
        assert spec is not None
        assert spec.loader is not None
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="session")
def engine(module: ModuleType) -> str:
    """docker or podman; the tests are skipped where neither answers."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            return os.environ.get("ENGINE") or str(module.engine_that_answers())
        except SystemExit:
            pass
    pytest.skip(said.getvalue().strip())


@pytest.fixture(scope="session")
def as_user(module: ModuleType, engine: str) -> list[str]:
    """Options of a container that runs as USER, who owns the folders that are mounted."""
    return ["--user", f"{USER}:{GROUP}"] if os.getuid() == 0 else list(module.as_this_user(engine))


@pytest.fixture(scope="session")
def make(engine: str) -> Callable[..., Done]:
    """Types `make ...` in the checkout, with the engine and the CPU named."""

    def typed(*words: str, seconds: float = BUILD_SECONDS, **variables: str) -> Done:
        return subprocess.run(
            ["make", *words],
            cwd=ROOT,
            env=typing(ENGINE=engine, ACCELERATOR="cpu", **variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )

    return typed


@pytest.fixture(scope="session")
def environment() -> Callable[..., dict[str, str]]:
    return typing


def typing(**variables: str) -> dict[str, str]:
    """The environment of somebody who types make."""
    return {**os.environ, **variables}


@pytest.fixture(scope="session")
def build_labels(module: ModuleType) -> dict[str, str]:
    """The labels that the images of this checkout get."""
    version, commit = (argument.partition("=")[2] for argument in module.labels()[1::2])
    return {f"org.opencontainers.image.{name}": text for name, text in (("version", version), ("revision", commit))}


@pytest.fixture(scope="session")
def student_image(make: Callable[..., Done]) -> str:
    return built(make("image"), "labkit-student:cpu")


@pytest.fixture(scope="session")
def grader_image(make: Callable[..., Done]) -> str:
    return built(make("image-grader"), "labkit-grader:cpu")


@pytest.fixture(scope="session")
def cluster_image(make: Callable[..., Done]) -> str:
    return built(make("image-cluster"), "labkit-cluster:cpu")


def built(done: Done, name: str) -> str:
    if done.returncode:
        pytest.fail("\n".join([f"{name} was not built:", *done.stderr.splitlines()[-30:]]), pytrace=False)
    return name


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes an empty folder that belongs to USER."""

    def made(name: str) -> Path:
        path = tmp_path_factory.mktemp(name)
        os.chown(path, USER, GROUP)
        return path

    return made


@pytest.fixture
def work(folder: Callable[[str], Path]) -> Path:
    """A student's folder, empty."""
    return folder("work")


@pytest.fixture(scope="session")
def run(engine: str, as_user: list[str]) -> Callable[..., Done]:
    """Runs a command in a container of an image, without network and as confined as it gets."""

    def ran(
        image: str,
        *command: str,
        options: Sequence[str] = (),
        mounted: Mapping[str, Path] | None = None,
        seconds: float = 300,
    ) -> Done:
        with container_name(engine) as name:
            return subprocess.run(
                [*hardened(engine, as_user, name, mounted or {}), *options, image, *command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
            )

    return ran


@pytest.fixture(scope="session")
def named(engine: str) -> Callable[[], contextlib.AbstractContextManager[str]]:
    return lambda: container_name(engine)


@contextlib.contextmanager
def container_name(engine: str) -> Iterator[str]:
    """A container's name; the container is gone afterwards, whatever became of it."""
    name = f"labkit-test-{secrets.token_hex(6)}"
    try:
        yield name
    finally:
        subprocess.run([engine, "rm", "--force", "--volumes", name], capture_output=True, check=False)


def hardened(engine: str, as_user: list[str], name: str, mounted: Mapping[str, Path]) -> list[str]:
    volumes = [f"--volume={path}:{place}" for place, path in mounted.items()]
    return [
        *(engine, "run", "--rm", "--name", name, "--network", "none", "--read-only", "--tmpfs", "/tmp", *as_user),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--security-opt", "label=disable", *volumes),
    ]


@pytest.fixture
def terminal(engine: str, as_user: list[str]) -> Iterator[Callable[..., tuple[subprocess.Popen[bytes], int]]]:
    """Starts a command in such a container with a terminal: the process, and the end where keys are pressed."""
    with container_name(engine) as name:

        def started(image: str, *command: str, mounted: Mapping[str, Path]) -> tuple[subprocess.Popen[bytes], int]:
            ours, theirs = pty.openpty()
            whole = [*hardened(engine, as_user, name, mounted), "--interactive", "--tty", image, *command]
            process = subprocess.Popen(whole, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
            os.close(theirs)
            return process, ours

        yield started


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    """Waits for something that another program does, which cannot tell us; the test fails where it takes minutes."""

    def waited(done: Callable[[], bool], what: Callable[[], str] = str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, what()
            time.sleep(0.1)

    return waited
