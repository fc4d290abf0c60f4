"""Serves formgrader on localhost: Jupyter's server with nothing else in it."""

import dataclasses
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import Refused
from grader.lab import ROOT
from grader.plain import one_line

SECONDS_TO_START = 60
SECONDS_TO_END = 10
LOG = "server.log"

# nbgrader's pages have scripts of their own in them; MathJax comes from where nbconvert has it come from.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' https://cdnjs.cloudflare.com",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data: https://cdnjs.cloudflare.com",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

CONFIGURATION = """\
c = get_config()  # noqa: F821
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = {port}
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
c.ServerApp.root_dir = {root!r}
c.ServerApp.jpserver_extensions = {{"grader.gradebook.extension": True}}
c.ServerApp.kernel_manager_class = "grader.gradebook.extension.NoKernels"
c.ServerApp.terminals_enabled = False
c.ServerApp.tornado_settings = {{"headers": {headers!r}}}
c.IdentityProvider.cookie_options = {{"SameSite": "Strict"}}
"""


@dataclasses.dataclass(frozen=True)
class Server:
    """A server that answers: the address of formgrader, with its token, and its process."""

    address: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def check(self) -> None:
        """Refused where it has ended by itself."""
        if self.process.poll() is not None:
            raise Refused("server_ended", 3, reason=_last_line(self.log))


@contextmanager
def served(folder: Path, port: int | None = None) -> Iterator[Server]:
    """Serves the course folder as long as the block runs. Refused where the server does not start."""
    folder = folder.resolve()
    settings = folder / ".jupyter"
    settings.mkdir(exist_ok=True)
    port = port or _free_port()
    token = secrets.token_urlsafe(24)
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
    text = CONFIGURATION.format(port=port, root=str(folder), headers=headers)
    config = settings / "server.py"
    config.write_text(text, encoding="utf-8")
    # No configuration but ours is read; the token is in no list of processes.
    own = {"JUPYTER_NO_CONFIG": "1", "JUPYTER_TOKEN": token}
    paths = {
        "JUPYTER_RUNTIME_DIR": str(settings / "runtime"),
        "JUPYTER_DATA_DIR": str(settings / "data"),
        "PYTHONPATH": str(ROOT),
    }
    with (folder / LOG).open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", f"--config={config}"],
            cwd=folder,
            env={**os.environ, **own, **paths},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches the grader alone, which then ends it
        )
        try:
            _wait_for(server, port, folder / LOG)
            yield Server(f"http://127.0.0.1:{port}/formgrader/gradebook?token={token}", server, folder / LOG)
        finally:
            _end(server)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    give_up = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < give_up and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise Refused("server_does_not_start", 3, reason=_last_line(log))


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return one_line(lines[-1]) if lines else "it says nothing"


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
