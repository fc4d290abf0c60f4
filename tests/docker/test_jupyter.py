"""`make jupyter`, from the command to the link, a notebook's kernel, Ctrl-C."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.lab import ROOT

LINK = re.compile(r"http://localhost:(\d+)/lab\?token=(\w+)")
# Asks the kernel that the server started, over its own connection.
ASKS = """
import sys
from jupyter_client import BlockingKernelClient, find_connection_file
client = BlockingKernelClient(connection_file=find_connection_file(sys.argv[1]))
client.load_connection_file()
client.start_channels()
client.wait_for_ready(timeout=60)
reply = client.execute("import torch", user_expressions={"sum": "1 + 1"}, reply=True, timeout=60)
print(reply["content"]["user_expressions"]["sum"]["data"]["text/plain"])
"""


@dataclasses.dataclass(frozen=True)
class Jupyter:
    """One that was started, and what its link says."""

    process: subprocess.Popen[bytes]
    port: int
    token: str
    work: Path

    def asked(self, path: str, token: str = "", method: str = "GET") -> tuple[int, Any]:
        """The status and the body of an answer; the status 0 where there is none."""
        headers = {"Authorization": f"token {token}"} if token else {}
        url = f"http://127.0.0.1:{self.port}/api/{path}"
        request = urllib.request.Request(url, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, None
        except OSError:
            return 0, None


@pytest.fixture
def jupyter(
    engine: str,
    student_image: str,
    free_port: int,
    environment: Callable[..., dict[str, str]],
    until: Callable[..., None],
    tmp_path: Path,
) -> Iterator[Jupyter]:
    work, log = tmp_path / "work", tmp_path / "log"
    variables = environment(ENGINE=engine, ACCELERATOR="cpu", WORK=str(work), PORT=str(free_port))
    with log.open("wb") as writing:
        process = subprocess.Popen(
            ["make", "jupyter"],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: bool(LINK.search(log.read_text())), log.read_text)
        link = LINK.search(log.read_text())
        assert link is not None
        started = Jupyter(process, int(link[1]), link[2], work)
        assert started.port == free_port
        until(lambda: started.asked("")[0] == 200, log.read_text)
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for name in containers(engine, free_port):
            subprocess.run([engine, "rm", "--force", name], capture_output=True, check=False)


def containers(engine: str, port: int) -> list[str]:
    """Those that have the port."""
    command = [engine, "ps", "--all", "--quiet", "--filter", f"publish={port}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_from_the_command_to_ctrl_c(jupyter: Jupyter, engine: str, until: Callable[..., None]) -> None:
    status, listed = jupyter.asked("contents", jupyter.token)
    assert status == 200
    assert {"Makefile", "labs"} <= {entry["name"] for entry in listed["content"]}
    assert jupyter.asked("contents")[0] == 403
    assert jupyter.asked("contents", "0" * len(jupyter.token))[0] == 403
    assert {path.stat().st_uid for path in jupyter.work.rglob("*")} == {os.getuid()}

    status, kernel = jupyter.asked("kernels", jupyter.token, "POST")
    assert status == 201
    (container,) = containers(engine, jupyter.port)
    command = [engine, "exec", container, "python", "-c", ASKS, kernel["id"]]
    told = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert told.stdout == "2\n", told.stderr

    os.killpg(jupyter.process.pid, signal.SIGINT)
    jupyter.process.wait(60)
    until(lambda: containers(engine, jupyter.port) == [])


def test_only_this_machine_reaches_it(jupyter: Jupyter, engine: str) -> None:
    (container,) = containers(engine, jupyter.port)
    shown = subprocess.run([engine, "port", container], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [f"8888/tcp -> 127.0.0.1:{jupyter.port}"]


def test_a_taken_port_is_a_sentence(student_image: str, make: Callable[..., Any], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = make("jupyter", PORT=str(port), WORK=str(tmp_path / "work"))
    sentence, make_says = done.stderr.splitlines()
    assert sentence.startswith(f"Port {port} cannot be had (Address already in use): name another")
    assert (done.returncode, make_says.startswith("make: ***")) == (2, True)
