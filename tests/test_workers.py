"""What passes between the grader and a worker: one answer to each question, and never more than it may hold.

Each submission here is graded by real processes; with the small lab that takes a tenth of a second. What a submission
may try against the machine it runs on stands in tests/attacks.
"""

import dataclasses
import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import landlockpy
import msgspec
import psutil
import pytest

from grader import codes, sandboxes
from grader.checks import Check
from grader.findings import Finding
from grader.grading import asking as workers
from grader.grading.asking import WarmParent, WorkerFailed, Workers, workers_for
from grader.grading.submission import Bench, Graded, grade, open_bench
from grader.intake.submissions import Submission
from grader.lab import Lab, Limits
from grader.languages import say
from grader.plain import NotPlain
from grader.results import Result
from grader.run import confine
from grader.run.answers import Answer
from grader.workers import frames
from grader.workers.worker import ParentOptions, answer_from_message, trial
from tests.reading import student_reads

RIGHT = {
    "double": "def double(x):\n    return x + x\n",
    "shift": "def shift(xs, by):\n    return [x + by for x in xs]\n",
    "shift_back": "def shift_back(xs, by):\n    return [x - by for x in xs]\n",
    "total": "def total(xs):\n    return float(sum(xs))\n",
}
Outcomes = dict[tuple[str, str], str]
Submit = Callable[..., Graded]


@pytest.fixture(scope="module")
def parent(small_lab: Lab) -> Iterator[WarmParent]:
    """A warm parent of our own, since it is lost now and then."""
    limits = small_lab.manifest.limits
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "GRACE_SECONDS", 0.2)
        with WarmParent(limits, sandboxes.choose("auto", limits)) as warm:
            yield warm


@pytest.fixture(scope="module")
def run(parent: WarmParent, small_lab: Lab) -> Bench:
    return open_bench(small_lab, parent, seed=3)


def files(before: str = "", **functions: str) -> dict[str, bytes]:
    """The files of a submission in which some functions are written anew, with a few lines before them."""
    texts = {**RIGHT, **functions}
    first = "\n\n".join([before, texts["double"], texts["shift"], texts["shift_back"]])
    return {"first.py": first.encode(), "second.py": texts["total"].encode()}


@pytest.fixture
def submit(run: Bench, tmp_path: Path) -> Submit:
    """Grades such a submission."""

    def graded(before: str = "", in_run: Bench = run, **functions: str) -> Graded:
        for name, content in files(before, **functions).items():
            (tmp_path / name).write_bytes(content)
        return grade(in_run, Submission("mallory", tmp_path, []))

    return graded


def calling(body: str) -> str:
    return "def double(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())


def outcomes(graded: Graded) -> Outcomes:
    return {(check.check, check.visibility): check.outcome for check in graded.result.checks}


def of(result: Result, check: str, visibility: str = "public") -> str:
    return next(student_reads(c) for c in result.checks if (c.check, c.visibility) == (check, visibility))


def expected(double: str = "passed", shift: str = "passed", total: str = "passed") -> Outcomes:
    by_check = {"doubled": double, "shifted": shift, "totals": total}
    return {(check, side): outcome for check, outcome in by_check.items() for side in ("public", "hidden")}


def test_a_right_submission_earns_everything_in_the_order_of_the_checks(submit: Submit) -> None:
    graded = submit()
    assert list(outcomes(graded).items()) == list(expected().items())
    assert (graded.result.score, graded.attention) == (6, [])


def test_the_result_names_both_layers_of_the_sandbox(submit: Submit, parent: WarmParent) -> None:
    layers = submit().result.sandbox
    assert layers == parent.layers
    assert "rlimits" in layers["inner"]


# --- messages that answer nothing -----------------------------------------------------------------------------------

# Finds the socket, and the question that is being answered, in the frames above: nothing there is hidden from it.
FORGE = """
import socket, sys

def forge(**changes):
    frame = sys._getframe()
    while "call" not in frame.f_locals or "id" not in frame.f_locals["call"]:
        frame = frame.f_back
    answer = {"id": frame.f_locals["call"]["id"], "status": "value", "value": 99.5, "finding": None,
              "todo": "", "limit": "", "trace": "", "changed": [], "used_global_random_state": False}
    channel = next(frame.f_locals[name] for name in frame.f_locals if isinstance(frame.f_locals[name], socket.socket))
    message = sys.modules["grader.plain"].pack({**answer, **changes})
    channel.sendall(len(message).to_bytes(4, "big") + message + b"and more that nobody asked for")
"""


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ("", "failed"),  # its first answer counts, and that is wrong
        ("value=x + x", "passed"),  # right it is
        ("status='todo', todo='double', finding={'code': 'still_to_do'}", "todo"),
        ("status='timeout', finding={'code': 'out_of_time', 'values': {'seconds': 'it saw %r' % x}}", "timeout"),
        ("status='raised'", "crashed"),
        ("status='raised', finding={'code': 'out_of_time', 'values': {'seconds': 'it saw %r' % x}}", "crashed"),
        ("status='raised', finding={'code': 'killed', 'values': {'times': 3}}", "crashed"),
        ("status='raised', finding={'code': 'raised', 'values': {'exception': 'E'}}", "crashed"),
        ("status='unusable', limit='no such limit'", "crashed"),
        ("status='crashed'", "crashed"),
        ("status='limit'", "crashed"),
        ("status='killed'", "crashed"),
        ("status='passed'", "crashed"),
        ("status=True", "crashed"),
        ("id='0' * 32", "crashed"),
        ("id=None", "crashed"),
        ("finding=5", "crashed"),
        ("trace=5", "crashed"),
        ("changed='x'", "crashed"),
        ("used_global_random_state=1", "crashed"),
        ("points=100", "crashed"),
    ],
)
def test_a_forged_answer_earns_no_more_than_its_value(changes: str, outcome: str, submit: Submit) -> None:
    """What follows it, the genuine answer too, is not taken for the answer to another case."""
    graded = submit(before=FORGE, double=calling(f"forge({changes})\nreturn x + x"))
    assert outcomes(graded) == expected(double=outcome)
    assert "it saw" not in student_reads(graded.result.checks[1])


def test_the_words_of_a_timeout_are_the_graders(submit: Submit) -> None:
    graded = submit(
        before=FORGE, double=calling("forge(status='timeout', finding={'code': 'it_saw', 'values': {'x': str(x)}})")
    )
    assert of(graded.result, "doubled") == "case 'three': it was stopped after 0.3 seconds"
    assert of(graded.result, "doubled", "hidden") == "not asked, since the published cases took too long already"


ANSWER = {
    "id": "7",
    "status": "value",
    "value": 1.0,
    "finding": None,
    "todo": "",
    "limit": "",
    "trace": "",
    "changed": [["x", "f"]],
    "used_global_random_state": False,
}


def test_an_answer_is_taken_as_it_was_sent_but_for_control_characters() -> None:
    found = answer_from_message(
        {**ANSWER, "status": "todo", "finding": {"code": "a_labs_own"}, "todo": "a\x1b[2J", "trace": "t" * 9_999}, "7"
    )
    assert (found.status, found.value, found.todo, len(found.trace)) == ("todo", 1.0, "a�[2J", 4_000)
    assert (found.finding, found.changed) == (Finding("a_labs_own"), (("x", "f"),))


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
        {**ANSWER, "finding": "raised"},
        {**ANSWER, "finding": {"code": 5}},
        {**ANSWER, "finding": {"code": "own", "values": {"a": {"b": 1}}}},
        {**ANSWER, "status": "raised"},
        {**ANSWER, "todo": None},
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


# --- what of it reaches a student ------------------------------------------------------------------------------------


def test_what_a_submission_saw_of_a_hidden_case_reaches_no_message(submit: Submit, run: Bench) -> None:
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
    assert len(secret) == 16
    everything = "".join(map(student_reads, result.checks))
    assert not [number for number in secret if repr(number)[:8] in everything]


# --- one worker after another ----------------------------------------------------------------------------------------


COUNTING = """
import os
CALLS = []

def double(x):
    CALLS.append(x)
    if x < 0:
        os._exit(0)
    return [id(CALLS), len(CALLS), os.listdir()]

open(f"seen_{len(os.listdir())}", "w").close()
"""


@pytest.fixture
def asked(run: Bench) -> Iterator[Workers]:
    """The workers of a submission that counts its calls and its files."""
    given = {"checks.py": run.lab.path("checks.py").read_bytes()}
    with workers_for(run.parent, run.lab, given | files(double=COUNTING)) as them:
        yield them


def test_after_a_lost_worker_the_next_call_has_a_fresh_one(asked: Workers, run: Bench) -> None:
    check = run.reference.checks[0]
    assert [asked.ask(check, {"x": 1.0}).value[1] for _ in range(3)] == [1, 2, 3], "one worker answers call after call"
    lost = asked.ask(check, {"x": -1.0})
    assert (lost.status, lost.finding) == ("crashed", codes.DIED())
    _, calls, names = asked.ask(check, {"x": 1.0}).value
    assert calls == 1, "nothing of the lost one is left"
    assert sorted(names) == ["checks.py", "first.py", "second.py", "seen_3"]


def test_a_worker_is_gone_when_its_submission_is_done(run: Bench, parent: WarmParent) -> None:
    given = {"checks.py": run.lab.path("checks.py").read_bytes()}
    with workers_for(parent, run.lab, given | files()) as asked:
        assert asked.ask(run.reference.checks[0], {"x": 1.0}).value == 2.0
        during = working(parent)
    assert len(during) == len(working(parent)) + 1
    assert parent.end() == ("", 0), "there is none to be ended"


def working(parent: WarmParent) -> list[psutil.Process]:
    """A parent's processes, dead ones apart; in a container they are no children of ours, but run the same module."""
    assert parent._started is not None
    ours = psutil.Process(parent._started.process.pid).children(recursive=True)
    return [
        process
        for process in (psutil.process_iter() if parent.layers["outer"] in ("docker", "podman") else ours)
        if "grader.workers.worker" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    ]


def test_a_submission_that_used_up_its_seconds_is_asked_no_more(submit: Submit, run: Bench) -> None:
    manifest = run.lab.manifest
    limits = msgspec.structs.replace(manifest.limits, submission_seconds=0.25)
    lab = Lab(run.lab.folder, msgspec.structs.replace(manifest, limits=limits))
    graded = submit(in_run=dataclasses.replace(run, lab=lab), double=calling("while True: pass"))
    assert outcomes(graded) == expected("timeout", "timeout", "timeout")
    used_up = "the submission had used its 0.25 seconds before (submission_seconds in lab.toml)"
    assert of(graded.result, "totals") == f"case 'three numbers': {used_up}"
    assert of(graded.result, "totals", "hidden") == "not asked, since the published cases took too long already"


def test_a_worker_that_is_killed_during_a_call_is_asked_again(
    submit: Submit, parent: WarmParent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the signals that a system without memory sends: the kernel's, and its user's. Two of three tries are lost."""
    ask, kills = workers.Worker.ask, [signal.SIGKILL, signal.SIGTERM]

    def killed(worker: workers.Worker, *call: Any) -> tuple[Answer, float]:
        if kills:
            max(working(parent), key=psutil.Process.create_time).send_signal(kills.pop())
        return ask(worker, *call)

    monkeypatch.setattr(workers.Worker, "ask", killed)
    graded = submit()
    assert (outcomes(graded), graded.attention, kills) == (expected(), [], [])


@pytest.mark.parametrize("side", ["public", "hidden"])
def test_a_worker_that_is_killed_each_time_is_said_and_costs_no_points_of_the_other_side(
    side: str, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the machine lacks memory is no value of a case; unsaid, it is 0 points that nobody looks at again."""
    ask = workers.Worker.ask

    def killed(worker: workers.Worker, check: Check, arguments: dict[str, Any], seconds: float) -> tuple[Answer, float]:
        public = arguments in [case.arguments for case in check.cases]
        return (Answer("killed"), 0.0) if public == (side == "public") else ask(worker, check, arguments, seconds)

    monkeypatch.setattr(workers.Worker, "ask", killed)
    graded = submit()
    words = say(codes.KILLED(times=workers.KILLED))
    assert outcomes(graded) == {
        (name, each): "crashed" if each == side else "passed"
        for name in ("doubled", "shifted", "totals")
        for each in ("public", "hidden")
    }
    assert all(of(graded.result, name, side).endswith(words) for name in ("doubled", "shifted", "totals"))
    assert graded.attention and all(words in say(finding) for finding in graded.attention)


def test_too_much_that_is_returned_of_hidden_cases_alone_is_named(submit: Submit) -> None:
    graded = submit(double=calling("return x + x if x in (3.0, 0.0) else 'x' * 1_000_000"))
    assert "0.1 MB in one answer (output_bytes in lab.toml)" in of(graded.result, "doubled", "hidden")


# --- the warm parent -------------------------------------------------------------------------------------------------


def lose(parent: WarmParent) -> None:
    """Takes the warm parent away, and waits until it is gone with its child."""
    assert parent._started is not None
    parent._started.control.shutdown(socket.SHUT_RDWR)
    parent._started.process.wait(30)


def test_a_parent_that_died_between_two_submissions_is_replaced(submit: Submit, parent: WarmParent) -> None:
    """Three seconds: the next parent imports torch."""
    before = parent._started
    lose(parent)
    graded = submit()
    assert outcomes(graded) == expected()
    assert parent._started is not before and parent.layers == graded.result.sandbox


def test_a_parent_that_died_during_a_submission_is_the_graders_fault(
    asked: Workers, run: Bench, parent: WarmParent
) -> None:
    """Three seconds, as above."""
    check = run.reference.checks[0]
    assert asked.ask(check, {"x": 1.0}).status == "value"
    lose(parent)
    with pytest.raises(WorkerFailed, match="the worker's parent process died"):
        asked.ask(check, {"x": 1.0})
    assert asked.ask(check, {"x": 1.0}).value[1] == 1, "the next call has a worker of a new parent"


@pytest.mark.parametrize("part", ["_drop_capabilities", "_restrict_files", "_restrict_calls"])
def test_a_part_of_the_inner_layer_that_is_missing_is_named(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is left out in silence: nothing of a submission may run then."""

    def missing(*_: object) -> None:
        raise confine.NotConfined("this machine has none")

    options = ParentOptions(str(tmp_path), Limits(), confine.InnerLayer(confined=True, own_user=False), None)
    monkeypatch.setattr(confine, part, missing)
    assert trial(options) == "this machine has none"


def test_a_kernel_without_landlock_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise landlockpy.UnsupportedError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    options = ParentOptions(str(tmp_path), Limits(), confine.InnerLayer(confined=True, own_user=False), None)
    monkeypatch.setattr(landlockpy._syscall, "create_ruleset", unsupported)
    assert trial(options) == "this kernel has no Landlock: Linux 5.13 or later has it, unless it was switched off"


def test_files_that_cannot_be_written_are_the_graders_fault_and_it_says_why(parent: WarmParent, run: Bench) -> None:
    """As where the disk for temporary files is full."""
    with pytest.raises(WorkerFailed, match=r"the sandbox failed: .*No such file or directory"):
        workers.Worker(parent, run.lab, {"no_folder/first.py": b""})


def test_a_parent_that_does_not_start_is_the_graders_fault(small_lab: Lab) -> None:
    limits = small_lab.manifest.limits
    parent = WarmParent(limits, sandboxes.choose("auto", limits), ["no_such_module"])
    with pytest.raises(WorkerFailed, match="the worker's parent process does not start"), parent:
        pass


def test_a_sandbox_that_does_not_start_is_named(
    submit: Submit, run: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever asks for it, and in the result: as an error, and with both layers."""
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = WarmParent(run.lab.manifest.limits, "bubblewrap")
    why = "the sandbox bubblewrap does not start: bwrap is not installed"
    with pytest.raises(WorkerFailed, match=why):
        missing.running()
    graded = submit(in_run=dataclasses.replace(run, parent=missing))
    assert outcomes(graded) == expected("error", "error", "error") and len(graded.attention) == 1
    assert say(graded.attention[0]).endswith(f"the grader failed: {why}")
    assert graded.result.sandbox == {"outer": "bubblewrap", "inner": "never started"}
