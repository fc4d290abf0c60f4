"""The Makefile as it is typed in a terminal: Ctrl-C ends with what the command says, and every target is documented."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from grader.lab import ROOT

WAITS = """#!/usr/bin/env python3
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # so that none is lost that comes before the wait
print("at work", flush=True)
signal.sigwait([signal.SIGINT])
print("Stopped.", flush=True)
sys.exit(130)
"""
PAGE = ROOT / "docs" / "machines.md"


@pytest.mark.parametrize("target", ["lab3", "lab3-train", "lab3-submit", "lab3-debug"])
def test_ctrl_c_brings_no_error_line_of_makes(tmp_path: Path, target: str) -> None:
    python = tmp_path / "python"
    python.write_text(WAITS)
    python.chmod(0o755)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe("make", ["make", target], {**os.environ, "LABKIT_PYTHON": str(python)})
    said = b""
    try:
        while b"at work" not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, b"\x03")
        while piece := os.read(terminal, 1000):
            said += piece
    except OSError:  # how Linux says that nobody writes any more
        pass
    os.waitpid(pid, 0)
    assert b"Stopped." in said
    assert b"***" not in said


def test_make_in_a_labs_folder_does_what_it_does_in_the_kits(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\npwd; echo "$@"\n')
    python.chmod(0o755)
    folder = ROOT / "labs" / "lab3_policy_gradient"
    done = subprocess.run(
        ["make", "lab3-hint", "task=pg_loss"], cwd=folder, env={**os.environ, "LABKIT_PYTHON": str(python)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [str(ROOT), "-m grader hint lab3 --task pg_loss"]


def test_every_target_of_a_students_has_its_command_without_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {name.replace("%", "3") for name in re.findall(r"^([a-z][-a-z0-9%]*):.*## ", makefile, re.MULTILINE)}
    page = PAGE.read_text(encoding="utf-8")
    assert {target for target in targets - {"help"} if f"| `make {target}" not in page} == set()


def test_another_python_is_told_which_one_to_use(tmp_path: Path) -> None:
    done = subprocess.run(
        ["python3", "-S", "-m", "grader", "check", "lab3"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Use theirs: .venv/bin/python -m grader" in done.stderr
    assert "Traceback" not in done.stderr
