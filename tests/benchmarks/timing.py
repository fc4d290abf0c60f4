"""Runs commands in turn and says what each cost: CPU seconds of the whole process tree, as the system counts them."""

import os
import resource
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def cpu_seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> float:
    """CPU seconds (user and system) that a command and its children used; it has to end with 0 or 1."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, **(environment or {})}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode > 1:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_turn(commands: Mapping[str, Sequence[str]], folder: Path, runs: int = 5) -> dict[str, list[float]]:
    """Each command once to warm up, then all of them in turn, so that a drifting machine is fair to all."""
    found: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            seconds = cpu_seconds(command, folder)
            if number:
                found[name].append(seconds)
    return found


def markdown(found: Mapping[str, Sequence[float]], baseline: str) -> str:
    """A table of medians with their range, and the median ratio to one of them, pair by pair."""
    lines = ["| command | CPU s, median (range) | ratio |", "| --- | --- | --- |"]
    for name, seconds in found.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, found[baseline], strict=True))
        middle, least, most = statistics.median(seconds), min(seconds), max(seconds)
        lines.append(f"| {name} | {middle:.2f} ({least:.2f}-{most:.2f}) | {ratio:.2f} |")
    return "\n".join(lines)
