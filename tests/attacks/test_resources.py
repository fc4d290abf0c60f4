"""Taking all there is: memory, time, disk, threads, descriptors. Each limit is told with its number."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.grading import asking as workers
from grader.grading.asking import Stopwatch
from grader.grading.submission import Bench, worker_files
from grader.intake.staging import Staged
from grader.run.answers import Answer
from grader.workers import frames
from grader.workers.usage import disk_bytes, empty

Attack = Callable[..., str]
MEMORY = "it ran into a limit: 100 MB of memory (memory_bytes in lab.toml)"
DISK = "it ran into a limit: 1 MB on disk (disk_bytes in lab.toml)"
THREADS = "it ran into a limit: 64 threads at a time (threads in lab.toml)"
TIME = "it was stopped after 0.3 seconds"

MEMORY_BOMBS = {
    "at once": "return len(bytearray(10**11))",
    "bit by bit": "a = []\nwhile True: a.append(bytearray(10**7))",
    "as a list that grows": "a = [0]\nwhile True: a += a",
    "as a text that grows": "a = 'x'\nwhile True: a += a",
    "as a tensor": "import torch; return torch.ones(10**9).sum()",
    "as a tensor that grows": "import torch\na = torch.ones(10**6)\nwhile True: a = torch.cat([a, a])",
    "as an array": "import numpy; return numpy.ones(10**9).sum()",
    "as a mapping of its own": "import mmap\nreturn len(mmap.mmap(-1, 10**9, flags=mmap.MAP_PRIVATE))",
    "as a mapping that is shared": (
        "import mmap\na = []\nwhile True:\n    a += [mmap.mmap(-1, 10**7)]\n    a[-1].write(bytes(10**7))"
    ),
    "as a number": "return 1 << 10**10",
}


@pytest.mark.parametrize("bomb", MEMORY_BOMBS)
def test_memory_is_limited(bomb: str, attack: Attack) -> None:
    assert attack(MEMORY_BOMBS[bomb], "crashed") == MEMORY


def test_pages_that_it_gives_back_make_no_room_for_others(attack: Attack) -> None:
    """Those of the libraries that it shares with its parent count for nothing, mapped or not: 100 MB are 100 MB."""
    told = attack(
        """
        import ctypes, mmap
        libc = ctypes.CDLL(None)
        libc.mmap.restype = ctypes.c_void_p
        size = 50 * 2**20
        for n in range(40):
            place = libc.mmap(None, ctypes.c_size_t(size), 3, 0x22, -1, 0)
            if place in (None, 2**64 - 1):
                raise MemoryError
            ctypes.memset(place, 1, size)
        return x + x
        """,
        "crashed",
    )
    assert told == MEMORY


ENDLESS = {
    "in Python": "while True: pass",
    "catching what stops it": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "where signals do not arrive": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
    "with the timer cancelled": "signal.setitimer(signal.ITIMER_PROF, 0)\nwhile True: pass",
    "with the timer's signal ignored": "signal.signal(signal.SIGPROF, signal.SIG_IGN)\nwhile True: pass",
    "ignoring all signals": (
        "for n in set(range(1, 32)) - {9, 19}: signal.signal(n, signal.SIG_IGN)\nwhile True: pass"
    ),
    "in C": "return len(str(3**(10**7)))",
    "in a pattern": "import re; return re.match('(a+)+$', 'a' * 99 + 'b')",
    "in a thread, while it waits": (
        "import threading\ndef run():\n    while True: pass\nt = threading.Thread(target=run); t.start(); t.join()"
    ),
    "printing": "while True: print('x' * 10**6)",
    "printing to its descriptors": "while True: os.write(1, b'x' * 10**6), os.write(2, b'x' * 10**6)",
    "in a sort": "class A:\n    def __lt__(self, other):\n        while True: pass\nsorted([A(), A()])",
    "in a destructor": "class A:\n    def __del__(self):\n        while True: pass\nwhile True: A()",
    "in an import hook": (
        "import sys\nclass F:\n    def find_spec(*_):\n        while True: pass\n"
        "sys.meta_path.insert(0, F())\n__import__('zzz')"
    ),
    "yielding": "while True: os.sched_yield()",
    "waking up": "import time\nwhile True: time.sleep(0)",
}


@pytest.mark.parametrize("where", ENDLESS)
def test_computing_without_end_is_stopped(where: str, attack: Attack) -> None:
    assert attack(ENDLESS[where], "timeout", before="import os, signal") == TIME


SLEEPING = {
    "sleeping": "time.sleep(600)",
    "stopping itself": "os.kill(os.getpid(), signal.SIGSTOP)\nreturn x + x",
    "waiting for a lock": "import threading\na = threading.Lock(); a.acquire(); a.acquire()",
    "waiting for a pipe": "a, b = os.pipe(); os.read(a, 1)",
    "waiting for a signal": "signal.pause()",
    "reading the channel": (
        "import stat\nfor fd in range(3, 256):\n    try:\n        if stat.S_ISSOCK(os.fstat(fd).st_mode): "
        "os.read(fd, 1)\n    except OSError: pass"
    ),
}


@pytest.mark.parametrize("how", SLEEPING)
def test_waiting_without_end_is_stopped(how: str, attack: Attack) -> None:
    assert attack(SLEEPING[how], "timeout", before="import os, signal, time") == TIME


THREAD_BOMBS = {
    "of small stacks": (
        "threading.stack_size(32768)\nwhile True: threading.Thread(target=time.sleep, args=(600,)).start()"
    ),
    "with a name that says there is one": (
        "ctypes.CDLL(None).prctl(15, b'Threads:\\t1', 0, 0, 0)\nthreading.stack_size(32768)\n"
        "for _ in range(200): threading.Thread(target=time.sleep, args=(600,)).start()\ntime.sleep(600)"
    ),
}


@pytest.mark.parametrize("bomb", THREAD_BOMBS)
def test_threads_are_limited(bomb: str, attack: Attack) -> None:
    told = attack(THREAD_BOMBS[bomb], "crashed", before="import ctypes, threading, time")
    assert told == THREADS


def test_a_thread_for_which_there_is_no_memory_is_told_as_that(attack: Attack) -> None:
    """Far fewer than 64 have been started when their stacks reach the limit on memory."""
    told = attack(
        "threading.stack_size(30_000_000)\nfor _ in range(9): threading.Thread(target=time.sleep, args=(600,)).start()",
        "crashed",
        before="import threading, time",
    )
    assert "memory_bytes in lab.toml" in told


DISK_BOMBS = {
    "with one big file": "open('big', 'wb').write(bytes(2_000_000))",
    "with one big file, unbuffered": "f = open('big', 'wb', 0)\nwhile True: f.write(bytes(10_000)) or 0",
    "with many files": "for n in range(100_000): open(f'{n}', 'wb').write(b'x')",
    "with many empty files": "for n in range(100_000): open(f'{n}', 'wb').close()",
    "with many folders": "for n in range(100_000): os.mkdir(f'{n}')",
    "with deep folders": "while True: os.mkdir('d'); os.chdir('d')",
    "with deep folders that nobody may enter": "os.umask(0o777)\nfor n in range(100_000): os.mkdir(f'{n}')",
    "with ten files": "for n in range(10): open(f'{n}', 'wb').write(bytes(900_000))\ntime.sleep(600)",
    "with long names": "for n in range(100_000): open('n' * 200 + f'{n}', 'wb').close()",
    "with names in bytes": "for n in range(100_000): open(b'\\xff\\n\\x1b' + b'%d' % n, 'wb').close()",
    "with a file that is allocated": "os.posix_fallocate(os.open('a', os.O_RDWR | os.O_CREAT), 0, 2_000_000)",
}


@pytest.mark.parametrize("bomb", DISK_BOMBS)
def test_the_disk_is_limited(bomb: str, attack: Attack) -> None:
    assert attack(DISK_BOMBS[bomb] + "\nreturn x + x", "crashed", before="import os, time") == DISK


def test_a_sparse_file_is_as_large_as_what_is_in_it(attack: Attack) -> None:
    told = attack("f = open('a', 'wb'); f.seek(900_000); f.write(b'x'); f.close()\nreturn x + x", "passed")
    assert told == ""
    assert attack("f = open('a', 'wb'); f.truncate(10**12)", "crashed") == DISK


UNNAMED = {
    "removed": "f = open('a', 'wb', 0); os.unlink('a')",
    "never named": "f = open(os.open('.', os.O_TMPFILE | os.O_WRONLY, 0o600), 'wb', 0)",
}


@pytest.mark.parametrize("how", UNNAMED)
def test_files_without_a_name_count_too(how: str, attack: Attack) -> None:
    """Twenty of 0.9 MB: on the disk of the machine where no outer layer bounds it."""
    body = (
        f"held = []\nfor _ in range(20):\n    {UNNAMED[how]}; f.write(bytes(900_000)); held.append(f)\ntime.sleep(600)"
    )
    assert attack(body, "crashed", before="import os, time") == DISK


RENAMED = {
    "a file": "os.rename('first.py', 'a')",
    "a file, over another": "os.replace('first.py', 'second.py')",
    "a folder": "os.mkdir('a'); os.rename('a', 'b')",
    "what lies in an open folder": "a = os.open('.', 0); os.rename('first.py', 'a', src_dir_fd=a, dst_dir_fd=a)",
}


@pytest.mark.parametrize("what", RENAMED)
def test_nothing_changes_its_name_while_it_is_counted(what: str, attack: Attack) -> None:
    """A folder with another name ten thousand times a second was never found by that under which it had been listed."""
    told = attack(RENAMED[what], before="import os")
    assert told.startswith("it raised PermissionError: [Errno 1] Operation not permitted")


MAPPED = """
import ctypes, os
libc = ctypes.CDLL(None)
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]

def keep(name):
    with open(name, "wb", 0) as file:
        file.write(bytes(900_000))
    with open(name, "rb") as file:
        libc.mmap(None, 4096, 1, 1, file.fileno(), 0)
    os.unlink(name)
"""


@pytest.mark.parametrize("name", ["'a'", "'a\\n'", "'a\\u2028b'", "'a\\x1cb'", "'a\\rb'", "b'\\xff'"])
def test_files_that_are_only_mapped_are_not_allowed_whatever_they_were_called(name: str, attack: Attack) -> None:
    """The kernel's list of what is mapped has their names in it, and these need be neither text nor in one line."""
    assert attack(f"keep({name})\nimport time; time.sleep(600)", "crashed", before=MAPPED) == DISK


def test_descriptors_are_limited(attack: Attack) -> None:
    """The next check has a worker that has some left."""
    assert "256" in attack("import os\nwhile True: os.dup(1)", "crashed")


def test_what_the_kernel_keeps_for_it_in_pipes_is_bounded(attack: Attack) -> None:
    """By the limit on descriptors, and by the kernel's own on pipes."""
    told = attack(
        """
        import fcntl, os
        kept, pipes = 0, []
        try:
            while True:
                pipes += os.pipe()
                os.set_blocking(pipes[-1], False)
                try:
                    fcntl.fcntl(pipes[-1], 1031, 2**20)
                except OSError:
                    pass
                try:
                    while True: kept += os.write(pipes[-1], bytes(65536))
                except BlockingIOError:
                    pass
        except OSError as error:
            for pipe in pipes: os.close(pipe)
            raise ValueError(error.errno, kept < 200_000_000)
        """
    )
    assert told == "it raised ValueError: (24, True)"


# --- the parent's count of the disk, and its broom -------------------------------------------------------------------


def test_a_file_that_goes_while_it_is_counted_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(20):
        (tmp_path / f"{n}").write_bytes(bytes(100_000))
    real = os.scandir

    class Going:
        """A name that is there when the folder is listed, and not when it is looked at."""

        path = name = "gone"

        def stat(self, **_: bool) -> os.stat_result:
            raise FileNotFoundError

        def is_dir(self, **_: bool) -> bool:
            return False

    class Listing:
        def __init__(self, path: Any) -> None:
            self._entries = [Going(), *real(path)]

        def __enter__(self) -> Iterator[Any]:
            return iter(self._entries)

        def __exit__(self, *_: object) -> None:
            return None

    monkeypatch.setattr(os, "scandir", Listing)
    assert disk_bytes(tmp_path, 10**9) >= 2_000_000


def test_what_is_sparse_or_linked_twice_is_counted_as_what_it_takes(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10**12)
    assert disk_bytes(tmp_path, 10**9) < 100_000
    (tmp_path / "loop").symlink_to(tmp_path)
    assert disk_bytes(tmp_path, 10**9) < 100_000, "links are not followed"
    assert disk_bytes(tmp_path / "none", 10**9) == 0


def nasty(root: Path) -> None:
    """Folders deeper than any path, names that are no text, links out, what nobody may read."""
    here = os.open(root, os.O_RDONLY)
    for _ in range(100):
        os.mkdir("d" * 100, dir_fd=here)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(os.open("f", os.O_CREAT, 0o000, dir_fd=below))
        os.close(here)
        here = below
    os.close(here)
    for n in range(30):
        (root / f"w{n}" / "x" / "y").mkdir(parents=True)
    os.mkdir(os.fsencode(root) + b"/\xff\n\x1b[2J")
    (root / "closed" / "inner").mkdir(parents=True)
    (root / "closed").chmod(0)
    os.mkfifo(root / "pipe")
    (root / "out").symlink_to("/")
    (root / "loop").symlink_to(".")


def test_the_broom_takes_all_and_follows_nothing(tmp_path: Path) -> None:
    outside, work = tmp_path / "outside", tmp_path / "work"
    (outside / "kept").mkdir(parents=True)
    work.mkdir()
    nasty(work)
    (work / "to").symlink_to(outside)
    assert disk_bytes(work, 10**9) > 10**9, "no path leads to the deepest ones"
    empty(work)
    assert os.listdir(work) == []
    assert os.listdir(outside) == ["kept"]


# --- the clock -------------------------------------------------------------------------------------------------------


class Clocked:
    """A warm parent that tells what it is told to tell, at a time that goes as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.cpu, self.busy = 0.0, 0.0, False
        monkeypatch.setattr(workers.time, "monotonic", lambda: self.now)
        self.watch = Stopwatch(self, 1.0)  # type: ignore[arg-type]

    def usage(self) -> tuple[float, bool]:
        return self.cpu, self.busy

    def goes_on(self, seconds: float, cpu: float = 0.0, busy: bool = False) -> None:
        self.now, self.cpu, self.busy = self.now + seconds, self.cpu + cpu, busy
        self.watch.look()


def test_processor_time_that_disappears_gives_none_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a process which nobody waited for is gone with it: it was used all the same."""
    clock = Clocked(monkeypatch)
    clock.goes_on(0.1)
    clock.goes_on(1.0, cpu=0.9, busy=True)
    clock.goes_on(0.1, cpu=-0.9, busy=True)
    assert clock.watch.seconds_used() == pytest.approx(1.0)


def test_a_moment_of_work_now_and_then_does_not_hide_that_it_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of a second in each tenth: a machine so busy is rare, one that sleeps so is easily written."""
    clock = Clocked(monkeypatch)
    with pytest.raises(workers.OutOfTime, match="it was stopped after 1 second"):
        for _ in range(60):
            clock.goes_on(0.1, cpu=0.01)


def test_waiting_for_a_busy_machine_is_free_up_to_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clocked(monkeypatch)
    for _ in range(150):
        clock.goes_on(0.4, busy=True)
    assert clock.watch.seconds_used() == 0.4
    with pytest.raises(workers.OutOfTime, match="it was stopped after 70 seconds without an answer"):
        for _ in range(50):
            clock.goes_on(0.4, busy=True)


def test_time_in_which_the_grader_was_stopped_is_no_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clocked(monkeypatch)
    clock.goes_on(0.1)
    clock.goes_on(3_600, cpu=0.5, busy=True)
    clock.goes_on(0.2, busy=True)
    assert clock.watch.seconds_used() == pytest.approx(0.6) and clock.watch.waited == pytest.approx(0.8)
    with pytest.raises(workers.OutOfTime):  # what it computed meanwhile counts
        clock.goes_on(3_600, cpu=1.0, busy=True)


def test_a_reply_that_came_while_the_grader_was_stopped_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(frames.time, "monotonic", lambda: now[0])
    still_waiting = frames.within(30)
    now[0] = 3_600
    still_waiting()
    with pytest.raises(frames.Gone):
        for _ in range(400):
            now[0] += 0.1
            still_waiting()


def test_all_calls_together_cannot_wait_for_ever(attacked: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred calls that use no time, but take a minute each, are more than a submission may take of a machine."""
    with workers.workers_for(attacked.parent, attacked.lab, worker_files(attacked.lab, Staged({}, []))) as asked:

        def slow(worker: workers.Worker, *_: object) -> tuple[Answer, float]:
            worker.waited += 60
            return Answer("value", 1.0), 0.0

        monkeypatch.setattr(workers.Worker, "ask", slow)
        check = attacked.reference.checks[0]
        last = [asked.ask(check, {"x": 1.0}) for _ in range(100)][-1]
    assert last.status == "timeout"
