"""A submission that leaves, dies, or lives on: its own check is lost, and nothing else."""

import sys
from collections.abc import Callable

import pytest

Attack = Callable[..., str]

ENDED = "its process ended during the call"
DEATHS = {
    "it leaves by the emergency exit": ("import os; os._exit(0)", "crashed", ENDED),
    "it leaves with a failure": ("import os; os._exit(1)", "crashed", ENDED),
    "it leaves by the system call": ("import ctypes; ctypes.CDLL(None)._exit(0)", "crashed", ENDED),
    "it calls sys.exit": ("import sys; sys.exit(0)", "failed", "it raised SystemExit: 0"),
    "it raises KeyboardInterrupt": ("raise KeyboardInterrupt", "crashed", ENDED),
    "it raises GeneratorExit": ("raise GeneratorExit", "failed", "it raised GeneratorExit"),
    "it calls itself without end": (
        "return double(x)",
        "failed",
        "it raised RecursionError: maximum recursion depth exceeded",
    ),
    "it calls itself through C without end": (
        "import ctypes, sys\nsys.setrecursionlimit(10**9)\nagain = ctypes.CFUNCTYPE(None)(lambda: again())\nagain()",
        "crashed",
        ENDED + " by signal 11 (SIGSEGV)",
    ),
    "it reads where nothing is": (
        "import ctypes; ctypes.string_at(0)",
        "crashed",
        ENDED + " by signal 11 (SIGSEGV)",
    ),
    "it aborts": ("import os; os.abort()", "crashed", ENDED + " by signal 6 (SIGABRT)"),
    "it interrupts itself by a signal nobody handles": (
        "import os; os.kill(os.getpid(), 10)",
        "crashed",
        ENDED + " by signal 10 (SIGUSR1)",
    ),
    "it kills its process group": (
        "import os; os.killpg(0, 9)",
        "failed",
        "it raised PermissionError: [Errno 1] Operation not permitted",
    ),
    "it has the interpreter dump and exit": (
        "import faulthandler\nfaulthandler.dump_traceback_later(0.01, exit=True)\nwhile True: pass",
        "crashed",
        ENDED,
    ),
    "it closes everything that is open": ("import os; os.closerange(0, 256); return x + x", "crashed", ENDED),
}


@pytest.mark.parametrize("way", DEATHS)
def test_a_function_that_ends_its_process_loses_its_own_checks_only(way: str, attack: Attack) -> None:
    body, outcome, words = DEATHS[way]
    assert attack(body, outcome) == words


KILLS = {
    "by its number": "os.kill(os.getpid(), signal.SIGKILL)",
    "by the other that systems use": "os.kill(os.getpid(), signal.SIGTERM)",
    "by its thread's": "signal.pthread_kill(threading.get_ident(), signal.SIGKILL)",
    "by a signal with more bits than the kernel reads": "call(62, os.getpid(), 9 | 1 << 32)",
    "by its thread's, with more bits": "call(234, os.getpid(), threading.get_native_id(), 9 | 1 << 32)",
    "by a limit on its seconds": "resource.setrlimit(resource.RLIMIT_CPU, (0, 0))",
    "by a limit of its own number": "resource.prlimit(os.getpid(), resource.RLIMIT_CPU, (0, 0))",
}
CALL = """
import ctypes, os, platform, resource, signal, threading
def call(*numbers):
    if platform.machine() != "x86_64" or ctypes.CDLL(None, use_errno=True).syscall(*map(ctypes.c_long, numbers)) == -1:
        raise PermissionError
"""


@pytest.mark.parametrize("way", KILLS)
def test_a_process_that_kills_itself_is_not_taken_for_one_that_the_machine_killed(way: str, attack: Attack) -> None:
    """It would be asked three times, and a person would be called for a lack of memory that there is not."""
    told = attack(f"{KILLS[way]}\nwhile True: pass", before=CALL)
    assert told.startswith(("it raised PermissionError", "it raised ValueError: not allowed to raise maximum limit"))


def test_a_main_thread_that_ends_alone_is_noticed(attack: Attack) -> None:
    """The other thread holds the channel open; neither is it the machine that killed this."""
    words = attack(
        """
        import ctypes, threading, time
        threading.Thread(target=time.sleep, args=(600,)).start()
        ctypes.CDLL(None).syscall(EXIT, 0)
        """.replace("EXIT", "__import__('platform').machine() == 'x86_64' and 60 or 93"),
        "crashed",
    )
    assert words == ENDED


ENDED_AT_IMPORT = f"first.py: the file fails while it is imported: {ENDED}"
PYTHON = ".".join(map(str, sys.version_info[:2]))
IMPORTS = {
    "it leaves": ("import os; os._exit(0)", ENDED_AT_IMPORT),
    "it calls sys.exit": (
        "import sys; sys.exit(0)",
        "first.py, line 1: the file fails while it is imported: SystemExit: 0",
    ),
    "it raises": (
        "raise ValueError('here')",
        "first.py, line 1: the file fails while it is imported: ValueError: here",
    ),
    "it never ends": (
        "while True: pass",
        'first.py was still being imported after 0.5 seconds: put what trains under if __name__ == "__main__":',
    ),
    "it takes too much memory": (
        "waste = bytearray(10**11)",
        "first.py, line 1: the file fails while it is imported: it ran into a limit: 100 MB of memory "
        "(memory_bytes in lab.toml)",
    ),
    "it is no Python": ("def f(:", f"first.py, line 1: syntax error: invalid syntax (read by Python {PYTHON})"),
    "it is nested too deep to be read": (
        "x = " + "(" * 300 + ")" * 300,
        f"first.py, line 1: syntax error: too many nested parentheses (read by Python {PYTHON})",
    ),
    "it is nested deeper still": (
        "x = " + "-" * 100_000 + "1",
        "first.py cannot be read as Python: it is nested too deep, or too large",
    ),
    "it has a NUL in it": (
        "x = 1\0",
        "first.py holds a NUL byte (line 1), which no Python file may: save it again with the encoding UTF-8",
    ),
    "it closes what is open": ("import os; os.closerange(3, 64)", ENDED_AT_IMPORT),
}


@pytest.mark.parametrize("way", IMPORTS)
def test_a_file_that_misbehaves_at_import_costs_its_own_tasks_only(way: str, attack: Attack) -> None:
    code, words = IMPORTS[way]
    assert attack("return x + x", before=code, shift="failed") == words


def test_what_the_lab_forbids_to_import_costs_what_uses_it(attack: Attack) -> None:
    assert attack("return trl.scaled(x)", before="import trl") == (
        "first.py, line 1: lab90 does not allow an import of trl; what it asks for is written with torch, numpy and "
        "the standard library"
    )


STAYING = {
    "a thread": "KEPT or KEPT.append(threading.Thread(target=time.sleep, args=(600,), daemon=True).start())",
    "a thread that holds the exit": "KEPT or KEPT.append(threading.Thread(target=time.sleep, args=(600,)).start())",
    "a thread that computes": (
        "def run():\n    while True: sum(range(9))\nKEPT or KEPT.append(threading.Thread(target=run).start())"
    ),
    "something at the exit": "import atexit, time; atexit.register(time.sleep, 600)",
    "something at the end of its threads": ("import threading, time; threading._register_atexit(time.sleep, 600)\n"),
    "a finalizer": "import time, weakref\nclass A: pass\nKEPT.append(A()); weakref.finalize(KEPT[-1], time.sleep, 600)",
    "a handler for each signal": (
        "import signal\nfor n in set(range(1, 65)) - {9, 19, 32, 33}: signal.signal(n, signal.SIG_IGN)"
    ),
    "blocked signals": "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))",
    "an alarm": "import signal; signal.setitimer(signal.ITIMER_REAL, 600)",
    "no collector and no clock": "import gc, time; gc.disable(); time.sleep = time.time = time.monotonic = None",
    "no streams": "import os, sys\nsys.stdout.close(); sys.stderr.close(); os.closerange(0, 3)",
    "other streams": "import sys\nsys.stdout = sys.stderr = sys.__stdout__ = None",
    "another folder": "import os; os.chdir('/')",
    "a profiler": "import sys\nsys.settrace(lambda *_: None); sys.setprofile(lambda *_: None)",
    "a name that is no text": "import ctypes; ctypes.CDLL(None).prctl(15, b'\\xff)\\nState:', 0, 0, 0); time.sleep(.5)",
    "a mapped file whose name is no text": (
        "import mmap\nopen(b'\\xff', 'wb').write(b'x'); KEPT.append(mmap.mmap(os.open(b'\\xff', 2), 1)); time.sleep(.5)"
    ),
    "hooks": "import sys\nsys.excepthook = sys.unraisablehook = sys.addaudithook = None",
}


@pytest.mark.parametrize("what", STAYING)
def test_what_a_call_leaves_behind_changes_no_score_and_ends_with_the_submission(what: str, attack: Attack) -> None:
    assert attack(STAYING[what] + "\nreturn x + x", "passed", before="import os, threading, time\nKEPT = []") == ""


def test_nothing_stays_from_one_submission_to_the_next(attack: Attack) -> None:
    """In memory, in the environment, in files, in modules, in the random state."""
    traces = """
        import builtins, os, random, sys, torch
        seen = [hasattr(builtins, "mark"), "MARK" in os.environ, "mark" in sys.modules, sorted(os.listdir("."))]
        seen += [torch.initial_seed() == 7, torch.get_num_threads(), os.getcwd() == os.environ["HOME"]]
        builtins.mark = sys.modules["mark"] = os
        os.environ["MARK"] = "1"
        open("mark", "w").close()
        random.seed(7), torch.manual_seed(7), torch.set_num_threads(2), os.chdir("/")
        raise ValueError(seen)
        """
    first = attack(traces)
    assert "[False, False, False, ['checks.py', 'first.py', 'second.py'], False, 1, True]" in first
    assert attack(traces) == first
