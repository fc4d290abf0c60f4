"""How long it takes from a save to what was found being on the screen: watch, and others on the same lab.

python tests/benchmarks/watch.py [--saves 50] [--ptw PATH]      pytest-watcher's ptw, from an environment of its own

A function's body is saved in two wrong versions in turn, at any moment of a loop's; each time ends where the terminal
shows the value that this version gives. Wall seconds: a person waits for them. Beside it stand CPU seconds.
"""

import argparse
import contextlib
import os
import pty
import random
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from grader.lab import ROOT, Lab, find_lab, solutions_folder

FILE, FUNCTION = "returns.py", "reward_to_go"
WRONG = {
    "41.5": "    return torch.full((len(rewards),), 41.5)\n",
    "42.5": "    return torch.full((len(rewards),), 42.5)\n",
}
PATIENCE = 60
MENU = "Press w to show menu"  # of pytest-watcher: a save before it is lost


class Loop:
    """A program in a terminal of 80 by 24, which is read until words come."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.terminal, other = pty.openpty()
        termios.tcsetwinsize(other, (24, 80))
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=other, stdout=other, stderr=other, start_new_session=True,
            env={**os.environ, "TERM": "xterm"},
        )  # fmt: skip
        os.close(other)

    def until(self, words: str) -> None:
        read, end = b"", time.monotonic() + PATIENCE
        while words.encode() not in read:
            if select.select([self.terminal], [], [], 1)[0]:
                read = read[-10_000:] + os.read(self.terminal, 65_536)
            if time.monotonic() > end:
                raise SystemExit(f"{words} did not come: {read.decode(errors='replace')[-2000:]}")

    def cpu_seconds(self) -> float:
        """Of all its processes, with those that have ended."""
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        return sum(sum(process.cpu_times()[:4]) for process in family)

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(OSError):  # what it still says
            while os.read(self.terminal, 65_536):
                pass
        self.process.wait()


def save(path: Path, text: str, value: str) -> None:
    """Saves the file with one of the wrong versions in place of the function's body."""
    before, after = text.split(f"def {FUNCTION}", 1)
    start = after.index("    ", after.index('"""', after.index('"""') + 3))
    end = after.index("\n\n\n")
    path.write_text(before + f"def {FUNCTION}" + after[:start] + WRONG[value] + after[end:], encoding="utf-8")


def times(
    path: Path, saves: int, until: Callable[[str], None], run: Callable[[], None], rest: Callable[[], None]
) -> list[float]:
    text, found = path.read_text(encoding="utf-8"), []
    for number in range(saves + 1):
        value = list(WRONG)[number % 2]
        time.sleep(random.uniform(0.8, 1.2))  # the loop is at rest, at any moment of its turn
        save(path, text, value)
        started = time.monotonic()
        run()
        until(value)
        if number:
            found.append(time.monotonic() - started)
        rest()
    path.write_text(text, encoding="utf-8")
    return found


@contextlib.contextmanager
def kit(lab: Lab) -> Iterator[tuple[Path, Path]]:
    """A kit in which the lab is finished, and the file that is saved."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy2(ROOT / "Makefile", folder)
        for part in ("grader", "labs/common", f"labs/{lab.folder.name}"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".progress.json"))
        shutil.copy2(ROOT / "pyproject.toml", folder)
        for file in lab.code_files:
            shutil.copyfile(lab.path(file), folder / "labs" / lab.folder.name / file)
        yield folder, folder / "labs" / lab.folder.name / FILE


def of_loop(lab: Lab, saves: int, command: list[str], ready: str, resting: str = "") -> tuple[list[float], float]:
    """Of a program that watches: seconds for each save, and CPU seconds for each. It says when it has begun (`ready`),
    and some say when they rest."""
    with kit(lab) as (folder, path):
        loop = Loop(command, folder)
        loop.until(ready)
        before = loop.cpu_seconds()
        found = times(path, saves, loop.until, lambda: None, lambda: loop.until(resting))
        cpu = (loop.cpu_seconds() - before) / (saves + 1)
        loop.end()
    return found, cpu


def of_command(lab: Lab, saves: int, command: list[str]) -> tuple[list[float], float]:
    """The same of a command that is typed after each save."""
    said = ""

    def run() -> None:
        nonlocal said
        said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout

    def until(value: str) -> None:
        assert value in said, said

    with kit(lab) as (folder, path):
        before = sum(os.times()[2:4])
        found = times(path, saves, until, run, lambda: None)
        return found, (sum(os.times()[2:4]) - before) / (saves + 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--saves", type=int, default=50)
    parser.add_argument("--ptw", help="pytest-watcher's command")
    options = parser.parse_args()
    lab, python = find_lab("lab3", solutions_folder()), sys.executable
    fewer = min(options.saves, 6)  # of what takes seconds
    print("| after a save | s, median | worst | CPU s |\n| --- | --- | --- | --- |")
    here = f"LABKIT_PYTHON={python}"
    watch = ["make", "lab3-watch", f"TASK={FUNCTION}", here]
    _row("make lab3-watch", *of_loop(lab, options.saves, watch, "9 of 9"))
    for command in (["make", "lab3", f"TASK={FUNCTION}"], ["make", "lab3"]):
        _row(" ".join(command), *of_command(lab, fewer, [*command, here]))
    if options.ptw:
        folder = f"labs/{lab.folder.name}"
        command = [options.ptw, "--now", "--runner", python, folder, "-m", "pytest", "-q", folder, "-k", FUNCTION]
        _row(f"pytest-watcher, -k {FUNCTION}", *of_loop(lab, fewer, command, MENU, MENU))


def _row(name: str, seconds: list[float], cpu: float) -> None:
    print(f"| {name} | {statistics.median(seconds):.2f} | {max(seconds):.2f} | {cpu:.2f} |", flush=True)


if __name__ == "__main__":
    main()
