"""A kit with the small lab in it, and a real terminal (tmux) in which a student works there."""

import contextlib
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from grader.author.sync import derive, write
from grader.lab import ROOT, Lab

PATIENCE = 30  # seconds for a busy machine, after which a test fails
SKELETON = "    # TODO: your code\n    raise NotImplementedError\n"


class Kit:
    """A folder with the grader and one lab, as a student has it."""

    def __init__(self, root: Path, lab: Lab) -> None:
        self.root, self.lab = root, root / "labs" / lab.folder.name
        write(derive(lab), self.lab)
        with (self.lab / "lab.toml").open("a", encoding="utf-8") as manifest:
            manifest.write("\n[grader]\nversions = []\n")  # so that torch, which takes seconds, is not imported
        shutil.copytree(ROOT / "grader", root / "grader", ignore=shutil.ignore_patterns("__pycache__"))
        (root / "labs" / "common").mkdir()
        (root / "labs" / "common" / "__init__.py").touch()
        shutil.copy2(ROOT / "Makefile", root)

    def save(self, file: str, old: str, new: str) -> None:
        """Saves a file as an editor does, in which `new` stands in place of `old`."""
        path = self.lab / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


class Tmux:
    """A terminal of 80 by 24. It is read whenever something was written, so that nothing waits by the clock."""

    def __init__(self, folder: Path, kit: Path) -> None:
        self._socket, self._fifo = folder / "tmux", folder / "written"
        os.mkfifo(self._fifo)
        self._written = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)
        environment = {**os.environ, "PYTHONPATH": str(kit), "LABKIT_PYTHON": sys.executable}
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", str(kit), "bash --norc",
                   environment=environment)  # fmt: skip
        self._tmux("pipe-pane", "-O", f"cat > {self._fifo}")

    def _tmux(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    def type(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def shown(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, *words: str, without: str = "\0") -> str:
        """The screen as soon as all of these words stand on it, and another does not."""
        while not all(word in (shown := self.shown()) for word in words) or without in shown:
            if not select.select([self._written], [], [], PATIENCE)[0]:
                pytest.fail(f"{words} did not come:\n{shown}")
            os.read(self._written, 1_000_000)
        return shown

    def terminate(self, command: str) -> None:
        """Sends SIGTERM to the process of this shell that was started by a command with these words."""
        shell = psutil.Process(int(self._tmux("display-message", "-p", "#{pane_pid}")))
        for each in shell.children(recursive=True):
            with contextlib.suppress(psutil.Error):  # one has just ended
                if command in " ".join(each.cmdline()):
                    return each.terminate()
        pytest.fail(f"no {command} is running")

    def close(self) -> None:
        self._tmux("kill-server")
        os.close(self._written)


@pytest.fixture
def kit(small_lab: Lab, tmp_path: Path) -> Kit:
    return Kit(tmp_path / "kit", small_lab)


@pytest.fixture
def tmux(kit: Kit, tmp_path: Path) -> Iterator[Tmux]:
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    terminal = Tmux(tmp_path, kit.root)
    yield terminal
    terminal.close()
