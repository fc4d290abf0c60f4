"""The sandbox for a kernel without Landlock: only root can start it, and only where file modes keep the solutions."""

import os
import subprocess
import sys

import pytest

from grader.lab import ROOT, Limits
from grader.run.confine import InnerLayer
from grader.sandboxes import NotStarted, surroundings, user


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process looks like root's, on a machine where everybody can read Python."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(surroundings, "others_can_read", lambda: True)


def test_it_is_for_root_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotStarted, match="only root"):
        user.start(Limits(), None)


@pytest.mark.usefixtures("as_root")
def test_it_does_not_start_where_others_can_read_the_solutions(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = tmp_path_factory.mktemp("course")
    (course / "solutions").mkdir(mode=0o755)
    monkeypatch.setattr(user, "ROOT", course)
    with pytest.raises(NotStarted, match="chmod -R go= solutions"):
        user.start(Limits(), None)
    (course / "solutions").chmod(0o700)
    monkeypatch.setattr(user.launch, "in_new_folder", lambda *_, landlock: landlock)
    assert user.start(Limits(), None) is False, "it is started, without Landlock"


def test_a_result_says_that_there_was_no_landlock() -> None:
    assert str(InnerLayer(confined=True, own_user=True, landlock=False)) == "seccomp, rlimits, own user"


MEMORY = """
import ctypes
from grader.run import confine
confine.prepare(confine.InnerLayer(confined=True, own_user=True, landlock=False))
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the inner layer is Linux's")
def test_the_memory_of_the_warm_parent_is_no_file_to_its_user() -> None:
    """PR_GET_DUMPABLE says 0."""
    said = subprocess.run(
        [sys.executable, "-c", MEMORY],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert said.stdout == "0\n"
