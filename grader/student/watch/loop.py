"""The watching itself: waits for what is saved, told or typed, until the student quits."""

import contextlib
import selectors
import sys
import time
from collections.abc import Callable

from grader.errors import Refused
from grader.lab import Lab, Task
from grader.languages import say
from grader.screen import console, shown
from grader.student import hints, reset
from grader.student.remembered import remember
from grader.student.watch import terminal, view
from grader.student.watch.asking import Warm
from grader.student.watch.files import Files
from grader.student.watch.state import State
from grader.student.watch.terminal import Terminal

SIGNALLED = 128  # what a shell adds to the number of the signal that ended a command


def watch(lab: Lab, task: Task, lines: bool = False) -> int:
    """Watches until the student quits; the exit code. Where there is no terminal, or `lines` for an editor are asked
    for, it writes what it found after each save."""
    with Warm(lab) as warm:
        if lines or not terminal.is_there():
            return _without_keys(Watch(lab, task, warm), lines)
        with Terminal() as screen:
            return _with_keys(Watch(lab, task, warm), screen)


class Watch:
    """What is known, and what changes it."""

    def __init__(self, lab: Lab, task: Task, warm: Warm) -> None:
        self.state, self._warm = State(lab, task), warm
        names = [*lab.manifest.files.code, *lab.answer_files, *lab.manifest.files.given, "checks.py", "lab.toml"]
        self.files = Files([lab.path(name) for name in names])
        self._go_to(task)

    def check(self, everything: bool = False) -> None:
        """Begins to check; what is being checked is given up."""
        self.state.since, self.state.said, self.state.printed = time.monotonic(), "", ""
        self._warm.ask(self.state.task.name, self.state.known, everything)

    def wait(self, also: int | None = None) -> bool:
        """Waits for a key at the terminal `also`, for something told, or for the next look at the files. Whether
        anything changed."""
        changed = False
        with selectors.DefaultSelector() as selector:
            for each in filter(lambda fd: fd is not None, (self._warm.output, also)):
                selector.register(each, selectors.EVENT_READ)  # type: ignore[arg-type]
            ready = [key.fd for key, _ in selector.select(self.files.pause)]
        if self._warm.output in ready:
            changed = self._take()
        slow = self.files.pause if self.files.slow else 0
        changed, self.state.slow = changed or bool(slow) != bool(self.state.slow), slow
        if self.files.saved() and not self.state.loading:
            self.check()
            changed = True
        return changed

    def _take(self) -> bool:
        reports = self._warm.reports()
        for report in reports:
            if report.ready:
                self.state.loading = False
                self.check()
            else:
                self.state.take(report)
        return bool(reports)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def press(self, key: str) -> None:
        """Does what a key stands for; q is the loop's."""
        state = self.state
        if state.look == "reset":
            state.look = "task"
            if key == "y":
                self._reset()
        elif state.look == "list" and key in self._in_list:
            self._in_list[key]()
        elif key in self._keys:
            state.said = ""
            self._keys[key]()

    @property
    def _keys(self) -> dict[str, Callable[[], None]]:
        return {
            "h": self._hint,
            "n": self._next,
            "a": self._all,
            "l": self._list,
            "r": self._ask_reset,
            "\n": self.check,
        }

    @property
    def _in_list(self) -> dict[str, Callable[[], None]]:
        up, down, close = self._up, self._down, self._close
        return {"up": up, "k": up, "down": down, "j": down, "\n": self._choose, "l": close, "\x1b": close}

    def _hint(self) -> None:
        number, text = hints.next_hint(self.state.lab, self.state.task)
        task = self.state.task
        heading = "hint_last" if number == len(task.hints) else "hint"
        said = say(heading, number=task.number, task=task.functions, hint=number, hints=len(task.hints))
        self.state.look, self.state.hint = "task", f"{said}\n{text}"

    def _next(self) -> None:
        if task := self.state.next_task():
            self._go_to(task)
            self.check()
        else:
            self.state.said = say("watch_no_next")

    def _go_to(self, task: Task) -> None:
        self.state.go_to(task)
        with contextlib.suppress(OSError):  # in a folder that cannot be written it begins anew the next time
            remember(self.state.lab, watching=task.name)

    def _all(self) -> None:
        self._list()
        self.check(everything=True)

    def _list(self) -> None:
        self.state.look, self.state.chosen = "list", self.state.lab.manifest.tasks.index(self.state.task)

    def _up(self) -> None:
        self.state.chosen = max(self.state.chosen - 1, 0)

    def _down(self) -> None:
        self.state.chosen = min(self.state.chosen + 1, len(self.state.lab.manifest.tasks) - 1)

    def _choose(self) -> None:
        self._go_to(self.state.lab.manifest.tasks[self.state.chosen])
        self.check()

    def _close(self) -> None:
        self.state.look = "task"

    def _ask_reset(self) -> None:
        self.state.look = "reset"

    def _reset(self) -> None:
        state = self.state
        try:
            backup = reset.reset_task(state.lab, state.task)
        except (Refused, OSError) as error:
            state.said = str(error)
            return
        self.files.take()  # what was just written is no save
        self.check()
        done = say("reset_done", what=say("functions_in", functions=state.task.functions, file=state.task.file))
        state.said = f"{done} {say('kept_in', folder=f'{shown(backup)}/')}" if backup else done


def _with_keys(watched: Watch, screen: Terminal) -> int:
    second = 0
    while not screen.ended:
        if screen.changed or second != (second := _seconds(watched.state)):
            screen.draw(lambda columns, rows: view.lines_of(watched.state, columns, rows))
        if watched.wait(sys.stdin.fileno()):
            screen.changed = True
        for key in screen.pressed():
            if key == "q" and watched.state.look == "task":
                return 0
            watched.press("\x1b" if key == "q" else key)
            screen.changed = True
    return SIGNALLED + screen.ended


def _seconds(state: State) -> int:
    """How long it has been checking, as it is shown."""
    return int(time.monotonic() - state.since) if state.since is not None else 0


def _without_keys(watched: Watch, lines: bool) -> int:
    """Until it is stopped by Ctrl-C or SIGTERM."""
    state = watched.state
    checking = False
    while True:
        watched.wait()
        if checking != (checking := state.since is not None):
            if checking and lines:
                print(f"checking {state.lab.name}", flush=True)  # which editors look for, in any language
            elif lines:
                found = [state.told[task.name].line for task in state.lab.manifest.tasks if task.name in state.told]
                print(*filter(None, found), f"checked {state.lab.name}", sep="\n", flush=True)
            elif not checking:
                console.print(view.block(state))
                console.file.flush()
