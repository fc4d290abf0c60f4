"""Runs a probe on one case and says what came of it, as plain data: the facts, and never a verdict.

The same code runs in the student's process (so that a debugger works) and in the worker. It holds no expected value.
"""

import copy
import dataclasses
import functools
import inspect
import random
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Any, Literal

import numpy as np

from grader import codes
from grader.checks import CannotJudge, Check
from grader.checks.fixtures import Fixture, with_fixtures
from grader.findings import Finding
from grader.lab.loading import Blank, Broken, is_todo, limit_of, words_of
from grader.plain import NotPlain, Plain, only, to_objects, to_plain, type_name

MAX_TEXT = 4_000
IN_PLACE = "leaf Variable that requires grad is being used in an in-place operation"
NONE: Mapping[str, Fixture] = MappingProxyType({})


Status = Literal["value", "todo", "raised", "unusable", "broken", "timeout", "limit", "crashed", "killed"]


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a probe found on one case.

    status    value: it returned; todo: a function is not written yet; raised: the student's code raised; unusable:
              what it returned cannot be judged; broken: its file cannot be used; timeout: it took too long; and what
              only the grader says, limit: it ran into another limit; crashed: its process died; killed: by the system
    value     what the probe returned
    finding   why there is no value
    todo      for a todo, the function (or class) that is not written yet
    limit     for an exception that a limit may have caused, the limit's name
    trace     the student's own lines of a traceback
    changed   arguments that a function changed in place, each with the function
    used_global_random_state   a function drew from the global generator although it was given one
    """

    status: Status
    value: Plain = None
    finding: Finding | None = None
    todo: str = ""
    limit: str = ""
    trace: str = ""
    changed: tuple[tuple[str, str], ...] = ()
    used_global_random_state: bool = False


class OutOfTime(BaseException):
    """A case used more CPU seconds than it may."""


class Functions:
    """What a probe calls `lab`: the student's functions, each watched for changes to what it was given, and classes."""

    def __init__(self, functions: Mapping[str, Callable[..., Any] | Broken]) -> None:
        self._functions = functions
        self.changed: list[tuple[str, str]] = []
        self.used_global_random_state = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            function = self._functions[name]
        except KeyError:
            raise AttributeError(f"no task of this lab names a function {name}") from None
        if isinstance(function, Broken):
            raise function
        return function if isinstance(function, type) else self._watched(name, function)

    def _watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            before = snapshot((args, kwargs))
            random_state = snapshot(_global_random_state()) if kwargs.get("generator") is not None else None
            result = function(*args, **kwargs)
            pairs = zip([*before[0], *before[1].values()], [*args, *kwargs.values()], strict=True)
            if changed := [place for place, (old, new) in enumerate(pairs) if not unchanged(old, new)]:
                names = _argument_names(function, args, kwargs)  # which takes longer than most calls
                self.changed += [(names[place], name) for place in changed]
            if random_state is not None and not unchanged(random_state, _global_random_state()):
                self.used_global_random_state = True
            return result

        return call


def answer(
    check: Check,
    functions: Mapping[str, Callable[..., Any] | Broken],
    arguments: dict[str, Any],
    folder: Path,
    seconds: float,
    fixtures: Mapping[str, Fixture] = NONE,
) -> Answer:
    """Runs `check` on one case with the student's functions, whose files lie in `folder`, and the lab's fixtures."""
    try:
        value, watched = run_probe(check, functions, arguments, seconds, fixtures)
        return Answer(
            "value",
            value,
            changed=tuple(watched.changed),
            used_global_random_state=watched.used_global_random_state,
        )
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a student's code may raise anything, SystemExit too
        return answer_of_exception(error, folder, seconds)


def run_probe(
    check: Check,
    functions: Mapping[str, Callable[..., Any] | Broken],
    arguments: dict[str, Any],
    seconds: float,
    fixtures: Mapping[str, Fixture] = NONE,
) -> tuple[Plain, Functions]:
    """The probe's plain value, and what was seen of the calls it made. Exceptions of the student's pass through."""
    __tracebackhide__ = True
    watched = Functions(functions)
    # Outside of the limit: it may have to import torch, or to build a fixture.
    given = with_fixtures(check, to_objects(to_plain(arguments)), fixtures)
    if not check.quick:
        from grader.checks.devices import warm_up

        warm_up()
    with cpu_limit(seconds):
        result = check.probe(watched, **given)
        try:
            return to_plain(result), watched
        except NotPlain as error:
            raise CannotJudge(codes.NOT_PLAIN(what=error.finding)) from None


def answer_of_exception(error: BaseException, folder: Path, seconds: float) -> Answer:
    """The answer that an exception amounts to."""
    if isinstance(error, Broken):
        return Answer("broken", finding=error.finding, limit=error.limit)
    if isinstance(error, Blank):
        return Answer("todo", finding=codes.TODO(), todo=error.function)
    if isinstance(error, CannotJudge):
        return Answer("unusable", finding=error.finding)
    if isinstance(error, OutOfTime):
        return Answer("timeout", finding=codes.OUT_OF_TIME(seconds=seconds))
    own = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (path := Path(frame.f_code.co_filename)).parent == folder and not path.name.startswith("checks.")
    ]
    if is_todo(error) and own:
        function_or_class = own[-1][0].f_code.co_qualname.partition(".")[0]  # also of a method, or a function inside
        return Answer("todo", finding=codes.TODO(), todo=function_or_class)
    frames = traceback.StackSummary.extract(iter(own))
    trace = "\n".join(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames)
    return Answer("raised", finding=raised(error), limit=limit_of(error), trace=trace[-MAX_TEXT:])


def raised(error: BaseException, most: int = MAX_TEXT) -> Finding:
    """An exception as a finding: its type, and at most so many characters of what it says.

    What torch says where an input that asks for a gradient is changed names neither the input nor the rule.
    """
    name, words = type_name(error), words_of(error)[:most]
    if isinstance(error, RuntimeError) and IN_PLACE in words:
        return codes.CHANGED_IN_PLACE()
    return codes.RAISED(exception=name, message=words) if words else codes.RAISED_SILENTLY(exception=name)


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raises OutOfTime after so many CPU seconds, where the platform has that timer and this is the main thread."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


# --- purity -----------------------------------------------------------------------------------------------------------


def snapshot(value: Any) -> Any:
    """A copy to compare with later. What is neither a container nor an array (an environment) stays itself."""
    if isinstance(value, list | tuple):
        return list(value) if only(value, bool, int, float) else [snapshot(item) for item in value]
    if isinstance(value, dict):
        return {key: snapshot(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return value.copy()
    if _is_tensor(value):
        return value.detach().clone().requires_grad_(value.requires_grad)
    return copy.copy(value) if isinstance(value, set | bytearray) else value


def unchanged(old: Any, new: Any) -> bool:
    """Whether `new` still is what `old`, its snapshot, was."""
    if isinstance(old, list):
        if not isinstance(new, list | tuple) or len(old) != len(new):
            return False
        if only(old, bool, int, float):
            return old == list(new)  # NaN too: a list compares by identity first
        return all(unchanged(a, b) for a, b in zip(old, new, strict=True))
    if isinstance(old, dict):
        return isinstance(new, dict) and list(old) == list(new) and all(unchanged(old[key], new[key]) for key in old)
    if isinstance(old, np.ndarray):
        return bool(old.dtype == new.dtype and old.shape == new.shape and old.tobytes() == new.tobytes())
    if _is_tensor(old):
        if (old.dtype, old.shape, old.requires_grad) != (new.dtype, new.shape, new.requires_grad):
            return False
        return bool(old.equal(new) or (old.eq(new) | (old.ne(old) & new.ne(new))).all())  # NaN is as it was
    if isinstance(old, bool | int | float | str | set | bytearray):
        return type(old) is type(new) and (old == new or old != old)
    return True


def _is_tensor(value: Any) -> bool:
    """Whether it is a tensor. Where torch was never imported there is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _argument_names(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    try:
        names = list(inspect.signature(function).parameters)[: len(args)]
    except (TypeError, ValueError):
        names = []
    names += [f"argument {n + 1}" for n in range(len(names), len(args))]
    return names + list(kwargs)


def _global_random_state() -> tuple[Any, ...]:
    import torch

    _, keys, place, *_ = np.random.get_state()
    return (random.getstate(), keys, place, torch.get_rng_state())
