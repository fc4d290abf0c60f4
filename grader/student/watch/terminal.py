"""A terminal that gives keys one by one, without Enter, and that is drawn upon whole. It is left as it was found."""

import os
import re
import select
import signal
import sys
import termios
import tty
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType
from typing import Any, Self

ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"  # the other screen without a cursor, and back
HOME, CLEAR_LINE, CLEAR_BELOW = "\x1b[H", "\x1b[2K", "\x1b[J"
NAMES = {"\x1b[A": "up", "\x1b[B": "down", "\x1bOA": "up", "\x1bOB": "down", "\x03": "q", "\x04": "q", "\r": "\n"}
LEAST_COLUMNS, LEAST_ROWS = 20, 6
KEY = re.compile(r"\x1b(?:\[[0-9;]*|O)[A-Za-z~]|.", re.DOTALL)
STOP = "\x1a"  # Ctrl-Z
Handler = Callable[[int, FrameType | None], None]
ENDING = (signal.SIGTERM, signal.SIGHUP)


def is_there() -> bool:
    """Whether keys can be read and the screen be drawn upon."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class Terminal:
    """Within it the terminal is ours. `changed` says that it has to be drawn anew, `ended` which signal ended us."""

    def __init__(self) -> None:
        self.changed, self.ended = True, 0
        self._fd = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._fd)
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        handlers: dict[int, Handler] = {signal.SIGTSTP: self._stop, signal.SIGWINCH: self._resize}
        handlers |= dict.fromkeys(ENDING, self._end)
        self._handlers = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        self._take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _take(self) -> None:
        tty.setcbreak(self._fd)
        settings = termios.tcgetattr(self._fd)
        for control in (termios.VINTR, termios.VQUIT, termios.VSUSP):  # keys here, which make does not see
            settings[6][control] = b"\0"
        termios.tcsetattr(self._fd, termios.TCSADRAIN, settings)
        sys.stdout.write(ENTER)
        sys.stdout.flush()
        self.changed = True

    def _give_back(self) -> None:
        sys.stdout.write(LEAVE)
        sys.stdout.flush()
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def _stop(self, number: int = signal.SIGTSTP, _frame: FrameType | None = None) -> None:
        """Gives the terminal back, stops, and goes on here with fg. A make that started us stops only then, too:
        as soon as it has, the shell writes."""
        self._give_back()
        signal.signal(number, signal.SIG_DFL)
        os.killpg(os.getpgrp(), number)
        signal.signal(number, self._stop)
        self._take()

    def _resize(self, _number: int, _frame: FrameType | None) -> None:
        self.changed = True

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self.ended = number

    def pressed(self) -> list[str]:
        """The keys that were pressed: characters, or "up" and "down"; "q" where the terminal is gone."""
        keys: list[str] = []
        while select.select([self._fd], [], [], 0)[0]:
            try:
                typed = os.read(self._fd, 1024).decode("utf-8", errors="replace")
            except OSError:
                typed = ""
            if not typed:
                return ["q"]
            keys += [NAMES.get(key, key) for key in KEY.findall(typed)]
        if STOP in keys:
            self._stop()
        return [key for key in keys if key != STOP]

    def draw(self, lines_of: Callable[[int, int], Sequence[str]]) -> None:
        """Shows the lines that are made for so many columns and rows, and nothing else."""
        self.changed = False  # first: the size may change meanwhile
        size = os.get_terminal_size(sys.stdout.fileno())
        lines = lines_of(max(size.columns, LEAST_COLUMNS), max(size.lines, LEAST_ROWS))
        sys.stdout.write(HOME + "\r\n".join(CLEAR_LINE + line for line in lines) + CLEAR_BELOW)
        sys.stdout.flush()
