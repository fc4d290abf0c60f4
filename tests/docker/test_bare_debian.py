"""README.md's two commands, typed by an ordinary user of a bare Debian with git, make and Python, in a fresh clone.

The set-up needs a package index. LABKIT_NIGHTLY=1 runs all of the kit's tests there, else those of set-up and labs.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from grader.lab import ROOT

Typed = Callable[..., subprocess.CompletedProcess[str]]
IMAGE = "labkit-test-debian"
BUILD = """
FROM {base}
RUN apt-get update --quiet=2 \\
    && DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \\
        ca-certificates git make python3-venv > /dev/null \\
    && useradd --create-home --shell /bin/bash student
USER student
WORKDIR /home/student
"""
SOME = "tests/test_setup.py tests/test_labs.py -k 'not sound'"  # whether labs are sound is a matter of minutes


@pytest.fixture(scope="module")
def typed(
    engine: str, named: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Typed]:
    """Types a command in the clone's folder, in a container that goes on from test to test."""
    build = BUILD.format(base=os.environ.get("BASE_IMAGE") or "debian:bookworm-slim")
    done = subprocess.run(
        [engine, "build", "--tag", IMAGE, "-"], input=build, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    bundle = tmp_path_factory.mktemp("repository") / "kit.bundle"
    subprocess.run(["git", "-C", ROOT, "bundle", "create", "--quiet", bundle, "HEAD"], check=True)
    bundle.parent.chmod(0o755)
    options = [f"--volume={bundle}:/kit.bundle:ro"]
    wheels = os.environ.get("PIP_FIND_LINKS")
    if wheels and Path(wheels).is_dir():
        options += [f"--volume={wheels}:/wheels:ro", "--env", "PIP_FIND_LINKS=/wheels"]
    if "TORCH_INDEX" in os.environ:
        options += ["--env", "TORCH_INDEX"]
    with named() as name:
        start = [engine, "run", "--detach", "--name", name, *options, IMAGE, "bash", "-c", "sleep infinity & wait"]
        subprocess.run(start, capture_output=True, check=True)

        def type_it(command: str, *options: str, folder: str = "kit") -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [engine, "exec", *options, "--workdir", f"/home/student/{folder}", name, "bash", "-c", command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=3600,
                check=False,
            )

        cloned = type_it("git clone --quiet /kit.bundle kit", folder="")
        assert cloned.returncode == 0, cloned.stderr
        yield type_it


def test_the_first_command(typed: Typed) -> None:
    done = typed("make lab3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.startswith("Setting up .venv (this happens once, and takes a few minutes).\n")
    assert len(re.findall("○ todo", done.stdout)) == 9
    assert typed("make lab3").stderr == ""
    assert typed("git status --porcelain").stdout == ""


def test_the_kits_own_tests(typed: Typed) -> None:
    chosen = "" if os.environ.get("LABKIT_NIGHTLY") else SOME
    done = typed("make test", "--env", f"PYTEST_ADDOPTS={chosen}")
    assert done.returncode == 0, "\n".join(
        re.findall(r"^(?:FAILED|ERROR|=+ |.* error).*", done.stdout, re.MULTILINE)[-60:]
    )
    assert re.search(r"\d+ passed", done.stdout)
    assert typed("git status --porcelain").stdout == ""
