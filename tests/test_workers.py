"""What submitted code can do to its worker, and what it cannot do to other checks, other submissions and the grader.

Each submission here is graded by real processes; with the small lab that takes a tenth of a second.
"""

import dataclasses
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from grader import frames
from grader.instructor import workers
from grader.instructor.grading import Graded, Run, grade, open_run, write_private_folder
from grader.instructor.staging import Staged
from grader.instructor.submissions import Submission
from grader.instructor.workers import WarmParent, WorkerFailed, workers_for
from grader.lab import Lab
from grader.plain import NotPlain
from grader.results import Result
from grader.worker import answer_from_message

RIGHT = {
    "double": "def double(x):\n    return x + x\n",
    "shift": "def shift(xs, by):\n    return [x + by for x in xs]\n",
    "shift_back": "def shift_back(xs, by):\n    return [x - by for x in xs]\n",
    "total": "def total(xs):\n    return float(sum(xs))\n",
}
SECRET = "the-graders-own-token"
Outcomes = dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def parent() -> Iterator[WarmParent]:
    """A warm parent of our own, since it will be killed now and then; started with a secret in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_TOKEN", SECRET)
        patch.setattr(workers, "CPU_GRACE", 0.2)
        patch.setattr(workers, "WALL_GRACE", 5.0)
        with WarmParent() as warm:
            yield warm


@pytest.fixture(scope="module")
def run(parent: WarmParent, small_lab: Lab) -> Run:
    return open_run(small_lab, parent, seed=3)


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test: no folder of a submission, no process that worked in one, no zombie."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = psutil.Process().children()
    yield
    assert list(tmp_path.iterdir()) == []
    mine = psutil.Process().children(recursive=True)
    assert [child.status() for child in mine if child.status() == psutil.STATUS_ZOMBIE] == []
    assert len([child for child in mine if child not in before]) <= 1, "only the warm parent is left"
    until = time.monotonic() + 10
    while (left := working_in(tmp_path)) and time.monotonic() < until:
        os.sched_yield()  # one whose parent was killed dies unobserved
    assert left == []


def working_in(folder: Path) -> list[int]:
    """The processes, dead ones apart, whose working folder is below `folder`, also where it was removed by now."""
    return [
        process.pid for process in psutil.process_iter(["cwd"]) if (process.info["cwd"] or "").startswith(str(folder))
    ]


Attack = Callable[..., Graded]


@pytest.fixture
def submit(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Attack:
    """Grades a submission in which some functions are written anew, with a few lines before them."""

    def graded(before: str = "", in_run: Run = run, **functions: str) -> Graded:
        texts = {**RIGHT, **functions}
        source = tmp_path_factory.mktemp("submitted")
        first = "\n\n".join([before, texts["double"], texts["shift"], texts["shift_back"]])
        (source / "first.py").write_text(first, encoding="utf-8")
        (source / "second.py").write_text(texts["total"], encoding="utf-8")
        return grade(in_run, Submission("mallory", source, []))

    return graded


def outcomes(graded: Graded) -> Outcomes:
    return {(check.check, check.visibility): check.outcome for check in graded.result.checks}


def of(result: Result, check: str, visibility: str = "public") -> str:
    return next(c.message for c in result.checks if (c.check, c.visibility) == (check, visibility))


def expected(double: str = "passed", shift: str = "passed", total: str = "passed") -> Outcomes:
    by_check = {"doubled": double, "shifted": shift, "totals": total}
    return {(check, side): outcome for check, outcome in by_check.items() for side in ("public", "hidden")}


def test_a_right_submission_earns_everything(submit: Attack) -> None:
    graded = submit()
    assert outcomes(graded) == expected()
    assert (graded.result.score, graded.attention) == (6, [])


# --- one function misbehaves when it is called ---------------------------------------------------------------------

EVERY_DESCRIPTOR = (
    "import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, {})\n    except OSError:\n        pass\n"
)


def calling(body: str) -> str:
    return "def double(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())


ATTACKS = {
    "it leaves by the emergency exit": ("import os; os._exit(0)", "crashed"),
    "it leaves with a failure": ("import os; os._exit(1)", "crashed"),
    "it calls sys.exit": ("import sys; sys.exit(0)", "failed"),
    "it raises SystemExit": ("raise SystemExit", "failed"),
    "it raises KeyboardInterrupt": ("raise KeyboardInterrupt", "crashed"),
    "it raises GeneratorExit": ("raise GeneratorExit", "failed"),
    "its exception cannot be shown": (
        "class E(Exception):\n    def __str__(self): raise self\nraise E",
        "failed",
    ),
    "it calls itself without end": ("return double(x)", "failed"),
    "it crashes the interpreter": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "it aborts": ("import os; os.abort()", "crashed"),
    "it kills itself": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "crashed"),
    "it kills its process group": ("import os, signal; os.killpg(0, signal.SIGKILL)", "crashed"),
    "it runs without end": ("while True: pass", "timeout"),
    "it runs without end and catches what stops it": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "timeout",
    ),
    "it runs without end where signals do not arrive": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        "timeout",
    ),
    "it allocates too much at once": ("return len(bytearray(10**11))", "failed"),
    "it allocates too much bit by bit": ("a = []\nwhile True: a.append(bytearray(10**7))", "failed"),
    "it allocates a tensor that is too large": ("import torch; return torch.ones(10**9).sum()", "failed"),
    "it returns too much": ("return 'x' * 1_000_000", "failed"),
    "it returns too many items": ("return [0] * 100_000", "failed"),
    "it returns what is nested too deep": ("a = x\nfor _ in range(10_000): a = [a]\nreturn a", "failed"),
    "it returns what holds itself": ("a = []; a.append(a); return a", "failed"),
    "it returns a number without end": ("return 10**10_000", "failed"),
    "it returns an object": ("return object()", "failed"),
    "it returns what claims to equal everything": (
        "class Yes(float):\n    __eq__ = __le__ = __ge__ = lambda *_: True\n    __hash__ = None\nreturn Yes(9.5)",
        "failed",
    ),
    "it returns a list that never ends": (
        "import collections.abc\n"
        "class Endless(collections.abc.Sequence):\n"
        "    def __len__(self): return 2\n"
        "    def __getitem__(self, n): return n\n"
        "return Endless()",
        "timeout",
    ),
    "it returns text that is none": ("return '\\ud800'", "failed"),
    "it raises text that is none": ("raise ValueError('\\ud800')", "failed"),
    "it writes garbage to everything that is open": (EVERY_DESCRIPTOR.format("b'\\xff' * 1000"), "crashed"),
    "it writes a short message to everything that is open": (
        EVERY_DESCRIPTOR.format("b'\\0\\0\\0\\1\\xc0'") + "return x + x",
        "crashed",
    ),
    "it announces more than it sends": (EVERY_DESCRIPTOR.format("b'\\0\\0\\x08\\0'") + "os._exit(0)", "crashed"),
    "it closes everything that is open": ("import os; os.closerange(0, 256); return x + x", "crashed"),
    "it uses up its descriptors": ("import os\nwhile True: os.dup(1)", "failed"),
    "it writes a large file": ("open('large', 'wb').write(bytes(2_000_000))\nreturn x + x", "failed"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_function_that_misbehaves_costs_the_points_of_its_own_checks_only(attack: str, submit: Attack) -> None:
    body, outcome = ATTACKS[attack]
    graded = submit(double=calling(body))
    assert outcomes(graded) == expected(double=outcome)
    assert graded.result.score == 4
    assert graded.attention == []


HARMLESS = {
    "it prints a lot": "import sys\nfor n in range(20_000): print('noise', n, x)\nsys.stderr.write('!' * 10**6)",
    "it writes to the descriptors of its streams": "import os\nfor fd in (0, 1, 2): os.write(fd, b'{}' * 1000)",
    "it closes its streams": "import os, sys\nsys.stdout.close(); sys.stderr.close(); os.closerange(0, 3)",
    "it replaces its streams": "import sys\nsys.stdout = sys.stderr = sys.__stdout__ = None",
    "it changes into another folder": "import os; os.chdir('/')",
    "it ignores signals": "import signal\nfor n in (1, 2, 3, 15, 17): signal.signal(n, signal.SIG_IGN)",
    "it kills its parent": "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
    "it leaves a thread behind": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    ),
    "it leaves a thread behind that holds the exit": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()"
    ),
    "it leaves a process behind": "import os, time\nif os.fork() == 0: time.sleep(600)",
    "it leaves a process behind that ignores its end": (
        "import os, signal, time\n"
        "if os.fork() == 0:\n"
        "    for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\n"
        "    os.closerange(0, 64)\n"
        "    time.sleep(600)"
    ),
    "it leaves a process behind that left its group": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(600)\n    os._exit(0)"
    ),
    "it leaves a command behind": "import subprocess; subprocess.Popen(['sleep', '600'])",
    "it registers what runs at the exit": "import atexit, time; atexit.register(time.sleep, 600)",
    "it stops the collector and the clock": "import gc, time; gc.disable(); time.sleep = time.time = None",
}


@pytest.mark.parametrize("habit", HARMLESS)
def test_what_a_function_does_besides_changes_no_score_and_leaves_nothing_behind(habit: str, submit: Attack) -> None:
    graded = submit(double=calling(HARMLESS[habit] + "\nreturn x + x"))
    assert outcomes(graded) == expected()


def test_a_function_that_only_sleeps_is_stopped_and_others_are_not(
    submit: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second and a half: the wall time it may take is cut for this test."""
    monkeypatch.setattr(workers, "WALL_GRACE", 0.2)
    monkeypatch.setattr(workers, "WALL_FACTOR", 1)
    graded = submit(double=calling("import time; time.sleep(600)"))
    assert outcomes(graded)["doubled", "public"] == outcomes(graded)["doubled", "hidden"] == "timeout"
    assert of(graded.result, "doubled", "hidden") == "it was stopped after 0.5 seconds without an answer"


def test_a_parent_that_was_stopped_is_replaced(submit: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four seconds, three of them for a new parent: the time in which it has to reply is cut for this test."""
    monkeypatch.setattr(workers, "REPLY_SECONDS", 1.0)
    graded = submit(double=calling("import os, signal; os.kill(os.getppid(), signal.SIGSTOP)\nreturn x + x"))
    assert outcomes(graded) == expected()


# --- messages that answer nothing -----------------------------------------------------------------------------------

# Finds the socket, and the question that is being answered, in the frames above: nothing there is hidden from it.
FORGE = """
import socket, sys

def forge(**changes):
    frame = sys._getframe()
    while "call" not in frame.f_locals or "id" not in frame.f_locals["call"]:
        frame = frame.f_back
    answer = {"id": frame.f_locals["call"]["id"], "status": "value", "value": 99.5, "text": "", "trace": "",
              "changed": [], "used_global_random_state": False}
    channel = next(frame.f_locals[name] for name in frame.f_locals if isinstance(frame.f_locals[name], socket.socket))
    message = sys.modules["grader.plain"].pack({**answer, **changes})
    channel.sendall(len(message).to_bytes(4, "big") + message + b"and more that nobody asked for")
"""


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ("", "failed"),  # its first answer counts, and that is wrong
        ("value=x + x", "passed"),  # right it is
        ("status='todo', text='double'", "todo"),
        ("status='timeout', text='it saw %r' % x", "timeout"),
        ("status='crashed'", "crashed"),
        ("status='passed'", "crashed"),
        ("status=True", "crashed"),
        ("id='0' * 32", "crashed"),
        ("id=None", "crashed"),
        ("text=5", "crashed"),
        ("changed='x'", "crashed"),
        ("used_global_random_state=1", "crashed"),
        ("points=100", "crashed"),
    ],
)
def test_a_forged_answer_earns_no_more_than_its_value(changes: str, outcome: str, submit: Attack) -> None:
    """What follows it, the genuine answer too, is not taken for the answer to another case."""
    graded = submit(before=FORGE, double=calling(f"forge({changes})\nreturn x + x"))
    assert outcomes(graded) == expected(double=outcome)
    assert "it saw" not in graded.result.checks[1].message


def test_the_words_of_a_timeout_are_the_graders(submit: Attack) -> None:
    graded = submit(before=FORGE, double=calling("forge(status='timeout', text='x was %r' % x)"))
    for side in ("public", "hidden"):
        assert of(graded.result, "doubled", side).endswith("it was stopped after 0.3 seconds of CPU time")


ANSWER = {
    "id": "7",
    "status": "value",
    "value": 1.0,
    "text": "",
    "trace": "",
    "changed": ["x of f"],
    "used_global_random_state": False,
}


def test_an_answer_is_taken_as_it_was_sent_but_for_control_characters() -> None:
    found = answer_from_message({**ANSWER, "status": "raised", "text": "a\x1b[2J", "trace": "t" * 9_999}, "7")
    assert (found.status, found.value, found.text, len(found.trace)) == ("raised", 1.0, "a�[2J", 4_000)
    assert found.changed == ("x of f",)


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "value",
        {},
        {**ANSWER, "id": "8"},
        {**ANSWER, "id": 7},
        {**ANSWER, "status": "crashed"},
        {**ANSWER, "status": "error"},
        {**ANSWER, "status": None},
        {**ANSWER, "text": None},
        {**ANSWER, "changed": "x"},
        {**ANSWER, "used_global_random_state": 0},
        {**ANSWER, "more": 1},
        {key: value for key, value in ANSWER.items() if key != "trace"},
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(message: object) -> None:
    with pytest.raises(NotPlain):
        answer_from_message(message, "7")


def test_a_message_that_announces_too_much_is_refused_before_it_is_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(frames.HEADER.pack(2**32 - 1))
        with pytest.raises(NotPlain, match="bytes, where 1000 are allowed"):
            frames.receive(ours, max_bytes=1000)


def test_the_end_of_a_channel_within_a_message_is_noticed() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(frames.HEADER.pack(10) + b"\xc0")
        with pytest.raises(frames.Gone):
            frames.receive(ours)
        with pytest.raises(frames.Gone):
            frames.send(ours, "x" * 1_000_000)


# --- a file misbehaves when it is imported --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "outcome", "words"),
    [
        ("import os; os._exit(0)", "crashed", "its process ended during the call"),
        ("import sys; sys.exit(0)", "failed", "first.py, line 1: the file fails while it is imported: SystemExit: 0"),
        ("raise ValueError('here')", "failed", "first.py, line 1: the file fails while it is imported: ValueError"),
        ("while True: pass", "timeout", "it was stopped after 0.3 seconds of CPU time"),
        ("waste = bytearray(10**11)", "failed", "first.py, line 1: the file fails while it is imported: MemoryError"),
        ("def f(:", "failed", "first.py, line 1: syntax error"),
        ("import trl", "failed", "first.py, line 1: lab90 does not allow an import of trl"),
        ("import os; os.closerange(3, 64)", "crashed", "its process ended during the call"),
    ],
)
def test_a_file_that_misbehaves_costs_its_own_tasks_only(code: str, outcome: str, words: str, submit: Attack) -> None:
    graded = submit(before=code)
    assert outcomes(graded) == expected(double=outcome, shift=outcome)
    assert words in of(graded.result, "doubled")


def test_checks_and_torch_patched_by_a_file_change_no_verdict_and_no_other_submission(submit: Attack) -> None:
    patches = """
import builtins, numpy, sys, torch
always = lambda *_, **__: True
torch.allclose = torch.equal = numpy.allclose = numpy.array_equal = numpy.isclose = always
builtins.abs = builtins.max = lambda *_, **__: 0
for name in ("grader.compare", "grader.judge", "grader.answers", "grader.plain", "grader.checks", "checks"):
    for function in ("compare", "fault", "judge", "difference_of", "unchanged"):
        if name in sys.modules:
            setattr(sys.modules[name], function, always)
for check in vars(sys.modules.get("checks", builtins)).values():
    if hasattr(check, "verify"):
        check.verify, check.cases, check.points = always, [], 1000
"""
    wrong = submit(before=patches, double="def double(x):\n    return x * x\n")
    assert outcomes(wrong) == expected(double="failed")
    assert (wrong.result.score, wrong.result.max_score) == (4, 6)
    assert of(wrong.result, "doubled") == "case 'three': the values differ; expected 6., got 9."
    assert submit().result.score == 6


# --- what a worker can see -------------------------------------------------------------------------------------------


def said_by(submit: Attack, expression: str) -> str:
    """What a submission tells of its worker, in the message of a public check."""
    graded = submit(double=calling(f"import os\nraise ValueError({expression})"))
    message = of(graded.result, "doubled")
    assert message.startswith("case 'three': it raised ValueError: ")
    return message


def test_the_graders_environment_is_not_the_workers(submit: Attack) -> None:
    assert os.environ["GRADER_TOKEN"] == SECRET
    own = said_by(submit, "dict(os.environ)")
    assert "PYTHONPATH" in own
    assert "TMPDIR" in own
    for text in (own, *(said_by(submit, f"open(f'/proc/{who}/environ').read()") for who in ("self", "{os.getppid()}"))):
        assert SECRET not in text
        assert "GRADER_TOKEN" not in text


def test_a_worker_holds_no_file_of_the_graders_open(submit: Attack) -> None:
    told = said_by(submit, "sorted(os.readlink(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd')[:-1])")
    assert told.count("socket:") == 1
    assert told.count("/dev/null") == 3
    assert told.count(",") == 3, "the three streams and one channel"


def test_a_worker_holds_nothing_of_the_instructors(submit: Attack) -> None:
    modules = "grader", "hidden", "mistakes", "alternatives", "evaluate"
    told = said_by(submit, f"[name for name in __import__('sys').modules if name.split('.')[0] in {modules}]")
    assert "'grader.checks'" in told
    for module in ("hidden", "mistakes", "alternatives", "evaluate", "reference", "judge", "compare", "instructor"):
        assert module not in told
    assert said_by(submit, "sorted(os.listdir())").endswith("['checks.py', 'first.py', 'second.py']")


def test_what_a_submission_saw_of_a_hidden_case_reaches_no_message(submit: Attack, run: Run) -> None:
    """It keeps all arguments, in memory and in a file, and tells them wherever a text of its own may be shown."""
    keep = """
import os
SEEN = []

def keep(*arguments):
    SEEN.append(repr(arguments))
    with open("seen.txt", "a") as file:
        file.write(repr(arguments))

def tell():
    return "".join(SEEN) + open("seen.txt").read()

class E(Exception):
    pass
"""
    functions = {
        "double": "def double(x):\n    keep(x)\n    return x + x\n",
        "shift": "def shift(xs, by):\n    keep(xs, by)\n    raise type(tell(), (E,), {})(tell())\n",
        "shift_back": RIGHT["shift_back"],
        "total": "import first\ndef total(xs):\n    first.keep(xs)\n    return {first.tell(): 1}\n",
    }
    result = submit(before=keep, **functions).result
    assert {check.check: check.outcome for check in result.checks} == {
        "doubled": "passed",
        "shifted": "failed",
        "totals": "failed",
    }
    assert "3.0" in of(result, "shifted"), "what it saw of public cases may be told"
    secret = [
        number
        for check in run.reference.checks
        for case in run.reference.cases(check, "hidden", run.seed)
        for value in case.arguments.values()
        for number in (value if isinstance(value, list) else [value])
    ]
    assert len(secret) == 15
    everything = msgspec.json.encode(result).decode()
    assert not [number for number in secret if repr(number)[:8] in everything]


def test_results_stand_in_the_order_of_the_checks(submit: Attack) -> None:
    assert list(outcomes(submit())) == list(expected())


# --- one worker after another ----------------------------------------------------------------------------------------


def private_folder(run: Run, folder: Path, double: str) -> Path:
    folder.mkdir()
    files = {"first.py": "\n".join([double, RIGHT["shift"], RIGHT["shift_back"]]), "second.py": RIGHT["total"]}
    write_private_folder(run.lab, Staged({name: text.encode() for name, text in files.items()}, [], []), folder)
    return folder


COUNTING = """
import os
CALLS = []

def double(x):
    CALLS.append(x)
    if x < 0:
        os._exit(0)
    return [os.getpid(), len(CALLS)]
"""


def test_after_a_lost_worker_the_next_call_has_a_fresh_one(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = private_folder(run, tmp_path_factory.mktemp("private") / "folder", COUNTING)
    check = run.reference.checks[0]
    with workers_for(run.parent, run.lab, folder) as asked:
        [first, calls], [again, more] = (asked.ask(check, {"x": 1.0}).value for _ in range(2))
        assert (first, calls, again, more) == (first, 1, first, 2), "one worker answers call after call"
        assert asked.ask(check, {"x": -1.0}).status == "crashed"
        fresh = asked.ask(check, {"x": 1.0})
        assert fresh.value[0] != first
        assert fresh.value[1] == 1, "nothing of the lost one is left"
        assert not psutil.pid_exists(first)
    assert not psutil.pid_exists(fresh.value[0])


def test_a_submission_that_used_up_its_seconds_is_asked_no_more(submit: Attack, run: Run) -> None:
    manifest = run.lab.manifest
    limits = msgspec.structs.replace(manifest.limits, submission_seconds=0.25)
    lab = Lab(run.lab.folder, msgspec.structs.replace(manifest, limits=limits))
    graded = submit(in_run=dataclasses.replace(run, lab=lab), double=calling("while True: pass"))
    assert outcomes(graded) == expected("timeout", "timeout", "timeout")
    assert of(graded.result, "totals") == (
        "case 'three numbers': the submission had used its 0.25 seconds of CPU time before"
    )


def test_a_parent_that_does_not_start_is_the_graders_fault(small_lab: Lab, tmp_path: Path) -> None:
    with WarmParent(["no_such_module"]) as parent, workers_for(parent, small_lab, tmp_path) as asked:  # noqa: SIM117
        with pytest.raises(WorkerFailed, match="does not start"):
            asked.ask(None, {})  # type: ignore[arg-type]  # it does not come to that
