"""What `grader doctor` proves: each attempt is stopped in a sandbox, and would have succeeded without one."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import torch

from grader import sandboxes
from grader.cli import main
from grader.errors import Refused
from grader.instructor import doctor
from grader.instructor.doctor import Findings, examine
from grader.lab import Limits
from grader.machine import describe

# Stopped without a sandbox, too: by limits that are always there, and by an environment that is never handed on.
ALWAYS_STOPPED = {
    "find a secret in the environment",
    "take more memory than it may",
    "write more to the disk than it may",
    "start more threads than it may",
    "compute without end",
    "sleep without end",
}
PRIVILEGED = {
    "mount a file system",
    "make namespaces",
    "make system calls by io_uring",
    "connect to this machine by IPv6",
}


def stopped(findings: Findings) -> set[str]:
    return {attempt.what for attempt in findings.attempts if attempt.stopped}


def test_every_attempt_is_stopped_in_a_sandbox_and_succeeds_without_one() -> None:
    """Fifteen seconds: two warm parents, and limits that have to be reached."""
    backend = sandboxes.choose("auto", Limits())
    confined = examine(backend)
    assert [attempt for attempt in confined.attempts if not attempt.stopped] == []
    assert confined.holds
    assert "landlock, seccomp, rlimits" in confined.layers["inner"]
    bare = examine("none")
    assert not bare.holds
    assert bare.layers == {"outer": "none", "inner": "rlimits"}
    assert stopped(bare) - PRIVILEGED == ALWAYS_STOPPED, "the others are real: they reach what they try to reach"
    assert bare.not_here[backend] == "", "a stronger one works here, which is said"


def test_attempts_that_cannot_be_made_are_not_taken_for_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a Python lacks ctypes, for one, nothing was tried at all."""
    shutil.copytree(doctor.ESCAPES, tmp_path / "escapes")
    escapes = tmp_path / "escapes" / "escapes.py"
    escapes.write_text("raise ImportError('no ctypes')\n" + escapes.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(doctor, "ESCAPES", tmp_path / "escapes")
    findings = examine("auto")
    assert [attempt.what for attempt in findings.attempts if attempt.stopped] == [findings.attempts[-1].what]
    assert not findings.holds


def test_an_unknown_sandbox_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(Refused, match="choose auto, docker, podman, bubblewrap, unshare, process, none"):
        sandboxes.choose("vm", Limits())


def test_where_no_sandbox_works_nothing_is_graded_unless_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "why_not", lambda backend, _: "" if backend == "none" else f"{backend} is not here")
    with pytest.raises(Refused) as refused:
        sandboxes.choose("auto", Limits())
    for words in ("submissions are not run without one", "process: process is not here", "--sandbox none"):
        assert words in str(refused.value)
    assert sandboxes.choose("none", Limits()) == "none"


def test_what_was_tried_is_said_for_programs_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["grader", "doctor", "--sandbox", "process", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = json.loads(capsys.readouterr().out)
    assert ended.value.code in (0, None)
    assert said["holds"] and said["backend"] == "process" and len(said["attempts"]) == 25
    assert said["machine"]["torch"].startswith(torch.__version__)


def test_a_cuda_build_without_a_driver_is_told_in_torchs_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def init() -> None:
        raise RuntimeError("Found no NVIDIA driver on your system.\nPlease check that you have one.")

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "init", init)
    described = describe()
    assert described["torch"].endswith("built for CUDA 13.0")
    assert described["GPU"] == "none can be used: Found no NVIDIA driver on your system."
