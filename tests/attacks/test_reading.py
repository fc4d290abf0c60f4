"""Reading what is not the submission's: the answers, other people's files, other processes, the environment."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.grading.submission import Bench
from grader.lab import ROOT, Lab
from grader.run import confine

Attack = Callable[..., str]
# EACCES is Landlock's, EPERM seccomp's; outside of what an outer layer shows there is nothing at all.
REFUSALS = ("it raised PermissionError", "it raised FileNotFoundError")
SECRETS = (
    "solutions/lab90/hidden.py",
    "submitted/alice/lab90/first.py",
    "graded/alice/lab90/result.json",
    "home/.ssh/id_ed25519",
)


@pytest.mark.parametrize("name", SECRETS)
def test_no_file_outside_is_read(name: str, attack: Attack, canary: Path) -> None:
    assert attack(f"raise ValueError(open({str(canary / name)!r}).read())").startswith(REFUSALS)


WAYS = {
    "by descriptor": "os.read(os.open(PLACE, os.O_RDONLY), 99)",
    "by a descriptor of its path alone": "os.read(os.open('/proc/self/fd/%d' % os.open(PLACE, os.O_PATH), 0), 99)",
    "from a folder's descriptor": "os.open('hidden.py', 0, dir_fd=os.open(os.path.dirname(PLACE), os.O_PATH))",
    "from where it is": "os.chdir(os.path.dirname(PLACE)) or open('hidden.py').read()",
    "from a root of its own": "os.chroot(os.path.dirname(PLACE)) or open('/hidden.py').read()",
    "by a link": "os.symlink(PLACE, 'mine') or open('mine').read()",
    "by a hard link": "os.link(PLACE, 'mine') or open('mine').read()",
    "by its folder moved here": "os.rename(os.path.dirname(PLACE), 'mine') or os.listdir('mine')",
    "by the names in its folder": "os.listdir(os.path.dirname(PLACE))",
    "by the names above": "os.listdir('/')",
    "as a library": "__import__('ctypes').CDLL(PLACE)",
    "as a module": "__import__('importlib.util').util.spec_from_file_location('m', PLACE).loader.get_data(PLACE)",
    "as a program": "__import__('runpy').run_path(PLACE)",
    "as numbers": "__import__('numpy').fromfile(PLACE, dtype='u1')",
    "as a model": "__import__('torch').load(PLACE)",
    "as a database": "list(__import__('sqlite3').connect(PLACE).execute('select * from a'))",
    "as an archive": "__import__('zipfile').ZipFile(PLACE).namelist()",
    "in a traceback": "__import__('linecache').getlines(PLACE)[0]",
}


@pytest.mark.parametrize("way", WAYS)
def test_no_file_outside_is_read_in_another_way(way: str, attack: Attack, canary: Path) -> None:
    path = str(canary / "solutions/lab90/hidden.py")
    told = attack(f"import os\nraise ValueError({WAYS[way].replace('PLACE', repr(path))})")
    refusals = (*REFUSALS, "it raised OSError: ", "it raised OperationalError: unable to open", "it raised IndexError")
    assert told.startswith(refusals)


@pytest.mark.parametrize("name", ["hidden.py", "mistakes.py", "alternatives.py", "first.py", "lab.toml"])
def test_the_reference_of_the_lab_is_not_read(name: str, attack: Attack, small_lab: Lab) -> None:
    told = attack(f"raise ValueError(open({str(small_lab.path(name))!r}).read())")
    assert told.startswith(REFUSALS)


@pytest.mark.parametrize(
    "path",
    ["solutions", "submissions", "submitted", "graded", "tests", "labs", ".git", "pyproject.toml", "labs/common/../.."],
)
def test_of_the_kit_only_what_a_worker_needs_is_read(path: str, attack: Attack) -> None:
    told = attack(f"import os\npath = {str(ROOT / path)!r}\nraise ValueError(os.listdir(path), open(path).read())")
    assert told.startswith((*REFUSALS, "it raised NotADirectoryError"))


def test_what_a_worker_needs_is_read(attack: Attack) -> None:
    """So that the tests above mean something."""
    told = attack(f"raise ValueError(open({str(ROOT / 'grader' / 'plain.py')!r}).readline())")
    assert told.startswith('it raised ValueError: """Plain data')


@pytest.mark.parametrize("owner", ["self", "thread-self", "1", "{os.getppid()}", "{grader}"])
@pytest.mark.parametrize("file", ["environ", "cmdline", "maps", "mem", "fd", "cwd/..", "root/", "stat", "io"])
def test_of_no_process_anything_is_read(owner: str, file: str, attack: Attack) -> None:
    path = f"f'/proc/{owner}/{file}'".replace("{grader}", str(os.getpid()))
    told = attack(
        f"""
        import os
        got, path = [], {path}
        for read in (os.listdir, os.readlink, lambda path: open(path, "rb").read(99)):
            try:
                got.append(read(path))
            except OSError:
                pass
        raise ValueError(got)
        """
    )
    assert told == "it raised ValueError: []"


@pytest.mark.parametrize(
    "path", ["/proc", "/sys", "/etc/passwd", "/etc/hostname", "/dev", "/dev/kmsg", "/tmp", "/home", "/root", "/run"]
)
def test_of_the_machine_nothing_is_read(path: str, attack: Attack) -> None:
    told = attack(f"import os\nraise ValueError(os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}))")
    assert told.startswith(REFUSALS)


def test_the_graders_environment_is_nowhere_in_the_worker(attack: Attack, attacked: Bench) -> None:
    """Neither as variables, nor in the memory that the warm parent was started with or has used since."""
    assert os.environ["GRADER_TOKEN"].startswith("canary")
    told = attack(
        """
        import ctypes, os
        libc = ctypes.CDLL(None)
        page, wanted = 4096, "-yranac"[::-1].encode()

        def mapped(address):
            return libc.mincore(ctypes.c_void_p(address), page, ctypes.create_string_buffer(1)) == 0

        def around(address, limit=2_000):
            start = end = address // page * page
            while limit and mapped(start - page):
                start, limit = start - page, limit - 1
            while limit and mapped(end):
                end, limit = end + page, limit - 1
            return ctypes.string_at(start, end - start)

        environ = ctypes.c_void_p.in_dll(libc, "environ").value
        libc.sbrk.restype = ctypes.c_void_p
        strings = ctypes.cast(environ, ctypes.POINTER(ctypes.c_void_p))[0]
        regions = [around(where) for where in (libc.sbrk(0) - page, environ, strings, id(os.environ), id(object()))]
        assert any(b"PYTHONPATH" in region for region in regions)
        raise ValueError("GRADER_TOKEN" in os.environ, [region.count(wanted + b"5") for region in regions])
        """
    )
    assert told == "it raised ValueError: (False, [0, 0, 0, 0, 0])"


def test_a_worker_holds_its_streams_and_one_channel(attack: Attack) -> None:
    told = attack(
        """
        import os, stat
        kinds = {}
        for fd in range(256):
            try:
                kinds[fd] = stat.S_IFMT(os.fstat(fd).st_mode)
            except OSError:
                pass
        raise ValueError([kinds.pop(fd) == stat.S_IFCHR for fd in range(3)], [stat.S_ISSOCK(k) for k in kinds.values()])
        """
    )
    assert told == "it raised ValueError: ([True, True, True], [True])"


def test_its_own_folder_holds_what_every_student_has(attack: Attack) -> None:
    told = attack("import os; raise ValueError(sorted(os.listdir()), os.environ['HOME'] == os.getcwd())")
    assert told == "it raised ValueError: (['checks.py', 'first.py', 'second.py'], True)"


# --- what may be read ------------------------------------------------------------------------------------------------


def test_what_may_be_read_holds_no_answers_and_nothing_of_a_person() -> None:
    kept = [ROOT, ROOT / "solutions", ROOT / "submissions", ROOT / "tests", ROOT / "graded", Path.home(), Path("/tmp")]
    for path in confine.readable_paths():
        assert not any(folder.resolve().is_relative_to(path) for folder in kept), path


def test_a_folder_that_python_was_started_in_may_not_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`python -m grader` puts the folder it is started in on sys.path: often the one with the submissions."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), "", str(ROOT), *sys.path])
    monkeypatch.chdir(tmp_path)
    confine.readable_paths.cache_clear()
    try:
        assert tmp_path not in confine.readable_paths()
        assert ROOT not in confine.readable_paths()
    finally:
        confine.readable_paths.cache_clear()
