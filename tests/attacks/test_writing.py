"""Writing: outside of its own folder nothing changes, and what it writes there means nothing to anybody."""

import os
import sysconfig
from collections.abc import Callable
from pathlib import Path

import landlockpy
import pytest

from grader.lab import ROOT, Limits
from grader.run import confine
from grader.run.confine import InnerLayer

Attack = Callable[..., str]
REFUSALS = ("it raised PermissionError", "it raised FileNotFoundError", "it raised OSError: [Errno 30]")

WAYS = {
    "it is written over": "open(PATH, 'w').write('100')",
    "it is written to": "open(PATH, 'r+').write('100')",
    "it is added to": "open(PATH, 'a').write('100')",
    "it is made shorter": "os.truncate(PATH, 0)",
    "it is made shorter while it is opened": "os.open(PATH, os.O_RDONLY | os.O_TRUNC)",
    "it is removed": "os.unlink(PATH)",
    "its folder is removed": "shutil.rmtree(os.path.dirname(PATH), onerror=complain)",
    "it is renamed": "os.rename(PATH, PATH + '.old')",
    "it is taken away": "os.rename(PATH, 'mine')",
    "another is put in its place": "os.rename('first.py', PATH)",
    "another is copied to its place": "shutil.copyfile('first.py', PATH)",
    "a link to it is made here": "os.link(PATH, 'mine')",
    "a link to it is made beside it": "os.symlink(PATH, PATH + '.link')",
    "a file is made beside it": "open(PATH + '.new', 'x')",
    "a file without a name is made beside it": "os.open(os.path.dirname(PATH), os.O_TMPFILE | os.O_WRONLY)",
    "a folder is made beside it": "os.mkdir(PATH + '.new')",
    "a pipe is made beside it": "os.mkfifo(PATH + '.new')",
    "a device is made here": "os.mknod('mine', 0o60666, 0)",
    "its rights are changed": "os.chmod(PATH, 0o777)",
    "the rights of its folder are changed": "os.chmod(os.path.dirname(PATH), 0o777)",
    "its owner is changed": "os.chown(PATH, os.getuid(), os.getgid())",
    "its times are changed": "os.utime(PATH, (0, 0))",
    "an attribute is set": "os.setxattr(PATH, 'user.points', b'100')",
    "it is locked": "fcntl.flock(os.open(PATH, os.O_RDONLY), fcntl.LOCK_EX)",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_result_is_not_touched(way: str, attack: Attack, canary: Path) -> None:
    path = str(canary / "graded/alice/lab90/result.json")
    complain = "import fcntl, os, shutil\ndef complain(function, path, error):\n    raise error[1]\n"
    told = attack(f"raise ValueError({WAYS[way].replace('PATH', repr(path))})", before=complain)
    assert told.startswith(REFUSALS)


@pytest.mark.parametrize("abi", [1, 2, 3])
def test_with_the_landlock_of_older_kernels_nothing_is_emptied_by_opening_it(
    abi: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It learnt of truncation with Linux 6.2. A worker may be a user who owns Python's packages and the kit."""
    library, work = tmp_path / "library", tmp_path / "work"
    library.mkdir()
    work.mkdir()
    (library / "compare.py").write_text("a module")
    monkeypatch.setattr(landlockpy._syscall, "abi_version", lambda: abi)
    monkeypatch.setattr(confine, "readable_paths", lambda: [library])
    inner = InnerLayer(confined=True, own_user=False)
    confine.prepare(inner)
    pid = os.fork()
    if pid == 0:
        try:
            confine.enter(work, Limits(), inner)
            os.close(os.open(library / "compare.py", os.O_RDONLY))
            os.close(os.open("mine", os.O_CREAT | os.O_TRUNC | os.O_WRONLY))
            os.open(library / "compare.py", os.O_RDONLY | os.O_TRUNC)
        except PermissionError:
            os._exit(13)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 13
    assert (library / "compare.py").read_text() == "a module"
    assert os.listdir(work) == ["mine"]


PLACES = {
    "the system's temporary folder": "/tmp/labkit-attack",
    "shared memory": "/dev/shm/labkit-attack",
    "the kit": str(ROOT / "conftest.py"),
    "the grader": str(ROOT / "grader" / "sitecustomize.py"),
    "code that every lab imports": str(ROOT / "labs" / "common" / "models.py"),
    "Python's packages": str(Path(sysconfig.get_path("purelib")) / "attack.pth"),
    "Python's library": str(Path(sysconfig.get_path("stdlib")) / "sitecustomize.py"),
    "the root": "/attack",
    "a folder above its own": "../attack",
    "the home of the user": str(Path.home() / ".profile"),
    "a device": "/dev/zero",
    "a kernel's setting": "/proc/sys/kernel/core_pattern",
    "its own score for the kernel": "/proc/self/oom_score_adj",
    "a group of processes": "/sys/fs/cgroup/cgroup.procs",
}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_written_to(place: str, attack: Attack) -> None:
    existed = Path(PLACES[place]).exists()
    assert attack(f"raise ValueError(open({PLACES[place]!r}, 'a').write('x'))").startswith(REFUSALS)
    assert Path(PLACES[place]).exists() == existed


FORGED = {
    "a result": "open('result.json', 'w').write('{\"score\": 100}')",
    "a test configuration": "open('conftest.py', 'w').write('raise SystemExit')",
    "what Python runs at its start": (
        "[open(n, 'w').write('import os; os._exit(0)') for n in ('sitecustomize.py', 'usercustomize.py', 'a.pth')]"
    ),
    "the checks": "open('checks.py', 'w').write('')",
    "its lab": "open('lab.toml', 'w').write('[limits]\\ncheck_seconds = 1000')",
    "modules that the worker imports": (
        "[open(n + '.py', 'w').write('raise SystemExit') for n in ('torch', 'json', 'msgspec', 'traceback', 'grader')]"
    ),
    "its own files": "[open(n, 'w').write('raise SystemExit') for n in ('first.py', 'second.py')]",
    "no files": "[os.unlink(n) for n in os.listdir('.')]",
    "a folder in place of a file": "os.path.isdir('second.py') or (os.unlink('second.py'), os.mkdir('second.py'))",
}
OF_OTHERS = {"its own files": "failed", "no files": "failed", "a folder in place of a file": "failed"}


@pytest.mark.parametrize("what", FORGED)
def test_what_it_writes_into_its_own_folder_earns_nothing(what: str, attack: Attack) -> None:
    """The files of its other tasks are its own to lose, while its process lives."""
    lost = OF_OTHERS.get(what, "passed")
    assert attack(f"{FORGED[what]}\nreturn x * x", before="import os", totals=lost).startswith(
        "another value is expected"
    )


def test_a_worker_that_is_lost_takes_its_files_with_it(attack: Attack) -> None:
    ended = attack("[open(n, 'w') for n in ('second.py', 'torch.py', 'checks.py')]\nimport os; os._exit(0)", "crashed")
    assert ended == "its process ended during the call"
