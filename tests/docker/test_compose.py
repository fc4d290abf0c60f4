"""docker/compose.yaml: both services become healthy, the lab answers, and nothing is left of them."""

import json
import os
import secrets
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.lab import ROOT

Compose = Callable[..., subprocess.CompletedProcess[str]]
UP_SECONDS = 300


@pytest.fixture
def project() -> str:
    return f"labkit-test-{secrets.token_hex(4)}"


@pytest.fixture
def compose(
    engine: str,
    student_image: str,
    grader_image: str,
    project: str,
    free_port: int,
    work: Path,
    environment: Callable[..., dict[str, str]],
) -> Iterator[Compose]:
    """Runs docker compose with the file as it is, on a project of this test's own."""
    if subprocess.run([engine, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip(f"{engine} compose is not installed")
    owner = work.stat()
    variables = environment(
        WORK=str(work), PORT=str(free_port), LABKIT_USER=f"{owner.st_uid}:{owner.st_gid}", JUPYTER_TOKEN="tests"
    )

    def composed(*words: str) -> subprocess.CompletedProcess[str]:
        file = ROOT / "docker" / "compose.yaml"
        command = [engine, "compose", "--file", file, "--project-name", project, "--profile", "instructor", *words]
        return subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=UP_SECONDS + 60, check=False
        )

    yield composed
    composed("down", "--volumes", "--timeout", "1")


def test_both_services_become_healthy_and_go(
    compose: Compose, engine: str, project: str, free_port: int, work: Path
) -> None:
    up = compose("up", "--detach", "--no-build", "--pull", "never", "--wait", "--wait-timeout", str(UP_SECONDS))
    assert up.returncode == 0, up.stderr + compose("logs").stdout
    told = [json.loads(line) for line in compose("ps", "--all", "--format", "json").stdout.splitlines()]
    assert {service["Service"]: service["Health"] for service in told} == {"lab": "healthy", "grader": "healthy"}

    request = urllib.request.Request(f"http://127.0.0.1:{free_port}/api/contents")
    request.add_header("Authorization", "token tests")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert "labs" in {entry["name"] for entry in json.load(answer)["content"]}
    assert "labs" in os.listdir(work)
    doctor = compose("exec", "--no-TTY", "grader", "grader", "doctor", "--json")
    assert (doctor.returncode, json.loads(doctor.stdout)["holds"]) == (0, True), doctor.stderr

    down = compose("down", "--volumes", "--timeout", "5")
    assert down.returncode == 0, down.stderr
    for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
        left = [engine, *kind, "--quiet", "--filter", f"label=com.docker.compose.project={project}"]
        assert subprocess.run(left, capture_output=True, text=True, check=True).stdout == ""
