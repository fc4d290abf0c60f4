"""The reward functions in a process of their own, so that none of them can stop a training by never ending. Given code.

math-verify reads what a model writes, and `9**9**9**9` keeps it busy for seconds in which no Ctrl-C helps. Here a call
that takes too long is stopped with its process, and the next call gets a new one.

The process imports training.py and makes the functions by itself, since functions that were made by functions cannot be
sent. Only plain data goes to it and comes back, but by pickle, which could be made to run code here. These are your own
files on your own machine; the grader, which does not know whose files it has, never does so.
"""

import functools
import importlib
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pebble import ProcessExpired, ProcessPool

from labs.common.errors import CannotUse
from labs.common.translated import _

START = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"

Reward = Callable[..., Any]
Columns = dict[str, Any]  # what TRL calls a reward with
LOGGERS = ("log_extra", "log_metric")  # functions among it, which cannot be sent


class RewardFailed(CannotUse):
    """A reward function raised, or it never came to an end; the text is for the reader."""


class Bounded:
    """Reward functions that come to an end: `with Bounded(made, asdict(args)) as bounded`, and TRL gets
    `bounded.functions`, which have the names and the parameters of those that were made.

    A batch has `seconds`. Where it runs out of them, its completions are asked one by one, with `seconds_each`, and one
    that runs out of those earns 0, or the least that another one of the batch earned, where that is less. It does not
    get None: the mean of its group would leave it out, and a policy whose answers cannot be judged would lose nothing.
    A function that has not come to an end for any completion yet is at fault itself, and RewardFailed says so.
    """

    def __init__(
        self,
        made: Sequence[Reward],
        settings: Mapping[str, Any],
        seconds: float = 10.0,
        seconds_each: float = 2.0,
        tell: Callable[[str], object] = print,
    ) -> None:
        """made: what get_reward_functions returned; settings: the fields of the GRPOScriptArguments that it was given;
        tell: takes the sentence about a completion that ran out of time, one for each function."""
        self.seconds, self.seconds_each, self.tell = seconds, seconds_each, tell
        self.functions = [self.bounded(i, function) for i, function in enumerate(made)]
        self.cpu_seconds = 0.0  # of the process, in calls that came to an end
        self.ended: set[str] = set()  # functions that came to an end once
        self.told: set[str] = set()
        context = multiprocessing.get_context(START)
        if START == "forkserver":
            context.set_forkserver_preload(["math_verify"])  # a second that a new process need not spend
        self.pool = ProcessPool(1, initializer=prepare, initargs=(dict(settings),), context=context)

    def __enter__(self) -> "Bounded":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.stop()
        self.pool.join()

    def bounded(self, number: int, function: Reward) -> Reward:
        """A function that has the one with this number called in the process."""
        name = function.__name__

        @functools.wraps(function)
        def judged(**columns: Any) -> Any:
            log = {logger: columns.pop(logger) for logger in LOGGERS}
            state = vars(columns.pop("trainer_state"))  # its numbers alone: the class would import all of transformers
            numbers = {key: value for key, value in state.items() if isinstance(value, int | float)}
            returned, logged = self.call(number, name, columns | {"trainer_state": numbers})
            for logger, *values in logged:
                log[logger](*values)
            return returned

        return judged

    def call(self, number: int, name: str, columns: Columns) -> tuple[Any, list[Any]]:
        try:
            result = self.ask(number, name, columns, self.seconds)
        except TimeoutError:
            return self.one_by_one(number, name, columns), []
        self.ended.add(name)
        return result

    def one_by_one(self, number: int, name: str, columns: Columns) -> list[float | None]:
        completions = columns["completions"]
        found: dict[int, float | None] = {}
        for i in range(len(completions)):
            row = {key: value[i : i + 1] if isinstance(value, list) else value for key, value in columns.items()}
            try:
                found[i] = self.ask(number, name, row, self.seconds_each)[0][0]
                self.ended.add(name)
            except TimeoutError:
                if name not in self.ended:
                    raise RewardFailed(
                        _(
                            "{name} does not come to an end: not within {seconds:g} s for {count} completions, and not "
                            "within {seconds_each:g} s for the first of them, {first}"
                        ).format(
                            name=name,
                            seconds=self.seconds,
                            count=len(completions),
                            seconds_each=self.seconds_each,
                            first=shown(completions[0]),
                        )
                    ) from None
                if name not in self.told:
                    self.told.add(name)
                    self.tell(
                        _(
                            "{name} was stopped after {seconds_each:g} s with {first} It earns 0, or the least of its "
                            "batch; so will others like it, without a word."
                        ).format(name=name, seconds_each=self.seconds_each, first=shown(completions[i]))
                    )
        least = min([0.0, *(value for value in found.values() if value is not None)])
        return [found.get(i, least) for i in range(len(completions))]

    def ask(self, number: int, name: str, columns: Columns, seconds: float) -> tuple[Any, list[Any]]:
        """What the function returned, and what it logged. TimeoutError; RewardFailed for what it raised."""
        future: Future[Any] = self.pool.schedule(answer, args=(number, columns), timeout=seconds)
        try:
            returned, logged, error, cpu_seconds = future.result()
        except ProcessExpired as expired:
            raise RewardFailed(
                _("{name} ended its process, with the exit code {code}.").format(name=name, code=expired.exitcode)
            ) from None
        except (BrokenProcessPool, RuntimeError) as broken:
            raise RewardFailed(
                _("The process of the reward functions has ended ({broken}).").format(broken=broken)
            ) from None
        self.cpu_seconds += cpu_seconds
        if error:
            raise RewardFailed(_("{name} raised {error}").format(name=name, error=error))
        return returned, logged


def shown(completion: Any) -> str:
    text = completion[0]["content"] if isinstance(completion, list) else completion
    return repr(text if len(text) < 200 else text[:200] + " ...") + "."


# --- in the process ---------------------------------------------------------------------------------------------------

FUNCTIONS: list[Reward] = []


def prepare(settings: Mapping[str, Any]) -> None:
    """Makes the functions. A signal to end ends the process at once, in the middle of a long multiplication, too."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    training = importlib.import_module("training")
    FUNCTIONS[:] = training.get_reward_functions(training.GRPOScriptArguments(**settings))


def answer(number: int, columns: Columns) -> tuple[Any, list[Any], str, float]:
    """What a function returned, what it logged, what it raised, with the lines of the lab that led there, and the CPU
    seconds that it took."""
    began = time.process_time()
    logged: list[Any] = []
    columns["trainer_state"] = SimpleNamespace(**columns["trainer_state"])
    for logger in LOGGERS:
        columns[logger] = lambda *values, logger=logger: logged.append((logger, *plain(values)))
    returned, raised = None, ""
    try:
        returned = plain(FUNCTIONS[number](**columns))
    except (Exception, SystemExit) as error:
        here = Path(__file__)
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == here.parent]
        lines = traceback.format_list([f for f in frames if Path(f.filename) != here])
        raised = "".join([*traceback.format_exception_only(error), *lines]).rstrip()
    return returned, logged, raised, time.process_time() - began


def plain(value: Any) -> Any:
    """Numbers, texts and None as they are, tensors and arrays as lists; TypeError for what is none of that."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if value is None or isinstance(value, int | float | str):
        return value
    raise TypeError(_("a list of numbers is expected, and not a {kind}").format(kind=type(value).__name__))
