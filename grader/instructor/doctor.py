"""Says which sandbox is in use on this machine and what it stops, and proves each of it by trying.

What it tries is in escapes/: a submission that breaks out, asked in a real worker. Everything it could reach is there:
files that anybody may read, sockets that listen, a secret in the environment.
"""

import contextlib
import dataclasses
import itertools
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader import sandboxes
from grader.checks import checks_of
from grader.grading.asking import WarmParent, workers_for
from grader.lab import ROOT, read_lab
from grader.lab.loading import load_modules
from grader.lab.texts import texts_of_lab
from grader.languages import language, say

ESCAPES = Path(__file__).parent / "escapes"
SECRET = "LABKIT_DOCTOR_SECRET"


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One thing that a worker tried: whether it was stopped, and in what words."""

    what: str
    stopped: bool
    words: str


@dataclasses.dataclass(frozen=True)
class Findings:
    """The backend that grading would use, its layers, why stronger ones do not work here, and what was tried."""

    backend: str
    layers: Mapping[str, str]
    not_here: Mapping[str, str]
    attempts: list[Attempt]

    @property
    def holds(self) -> bool:
        return all(attempt.stopped for attempt in self.attempts)


def examine(asked: str) -> Findings:
    """Tries every escape in the sandbox that `asked` (a backend, or "auto") means here; Refused where there is none."""
    lab = read_lab(ESCAPES)
    limits = lab.manifest.limits
    backend = sandboxes.choose(asked, limits)
    stronger = itertools.takewhile(lambda name: name != backend, sandboxes.backends())
    not_here = {name: sandboxes.why_not(name, limits) for name in stronger}
    [module] = load_modules(ESCAPES, ["checks"])
    titles = texts_of_lab(lab, language()).checks
    files = {name: (ESCAPES / name).read_bytes() for name in ("checks.py", "escapes.py")}
    with _within_reach() as reach, WarmParent(limits, backend) as parent, workers_for(parent, lab, files) as workers:
        attempts = []
        for check in checks_of(module):
            answer = workers.ask(check, reach.get(check.name, {}))
            stopped = answer.status not in ("value", "broken")  # a file that cannot be used tries nothing
            words = say(answer.finding) if answer.finding else str(answer.value)
            attempts.append(Attempt(titles.get(check.name, check.title), stopped, words))
        attempts.append(_anything_left(reach))
        return Findings(backend, dict(parent.layers), not_here, attempts)


def _anything_left(reach: Mapping[str, Mapping[str, Any]]) -> Attempt:
    """What the worker itself cannot know: whether the file outside was written."""
    written = Path(reach["outside"]["path"]).stat().st_size
    return Attempt(say("doctor_trace"), not written, say("doctor_written", bytes=written))


@contextlib.contextmanager
def _within_reach() -> Iterator[dict[str, dict[str, Any]]]:
    """The arguments of each escape: what it is to reach exists, and can be reached by any unconfined process."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="doctor-")))
        folder.chmod(0o755)
        (folder / "canary").write_text("sings")
        (folder / "outside").touch()
        for name in ("canary", "outside"):
            (folder / name).chmod(0o666)
        mount_point = folder / "mount"
        mount_point.mkdir()
        name = f"labkit-{secrets.token_hex(8)}"
        for address in (str(folder / "socket"), "\0" + name):
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(address)
            listener.listen()
        (folder / "socket").chmod(0o777)
        ports = [
            _listen(stack, family, host) for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
        ]
        os.environ[SECRET] = secrets.token_hex(16)
        stack.callback(os.environ.pop, SECRET)
        # In place of the grader, which a debugger would stop: a process of the same user that does nothing.
        bystander = stack.enter_context(subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL))
        stack.callback(bystander.kill)
        pid = bystander.pid
        solutions = sorted((ROOT / "solutions").glob("*/hidden.py"))
        yield {
            "solutions": {"path": str(solutions[0] if solutions else ROOT / "README.md")},
            "canary": {"path": str(folder / "canary")},
            "home": {"path": str(Path.home())},
            "outside": {"path": str(folder / "outside")},
            "secret": {"secret": os.environ[SECRET]},
            "environment": {"path": f"/proc/{pid}/environ"},
            "ipv4": {"port": ports[0]},
            "ipv6": {"port": ports[1]},
            "udp": {"port": ports[0]},
            "unix_socket": {"path": str(folder / "socket")},
            "abstract_socket": {"name": name},
            "signals": {"pid": pid},
            "tracing": {"pid": pid},
            "mounts": {"path": str(mount_point)},
        }


def _listen(stack: contextlib.ExitStack, family: socket.AddressFamily, host: str) -> int:
    """The port of a listener; 9 where the machine does not have that protocol."""
    try:
        listener = stack.enter_context(socket.socket(family))
        listener.bind((host, 0))
        listener.listen()
        return int(listener.getsockname()[1])
    except OSError:
        return 9


def print_findings(console: Console, findings: Findings) -> None:
    """What an instructor reads."""
    layers = findings.layers
    console.print(say("doctor_in_use", outer=layers["outer"], inner=layers["inner"]), markup=False)
    for name, why in findings.not_here.items():
        console.print("  " + say("doctor_not_here" if why else "doctor_stronger", name=name, why=why), markup=False)
    console.print("\n" + say("doctor_tried"))
    table = Table(box=None, show_header=False)
    for attempt in findings.attempts:
        mark = Text(say("doctor_stopped" if attempt.stopped else "doctor_not_stopped"))
        mark.stylize("green" if attempt.stopped else "bold red")
        table.add_row(Text(f"  {attempt.what}"), mark, Text(attempt.words))
    console.print(table)
    succeeded = sum(not attempt.stopped for attempt in findings.attempts)
    if succeeded:
        console.print("\n" + say("doctor_succeeded", succeeded=succeeded, count=len(findings.attempts)))
    else:
        console.print("\n" + say("doctor_all_stopped", count=len(findings.attempts)))
