"""What a student's code prints while it is checked: kept, as far as somebody reads it, and shown beside its check."""

import contextlib
import io
from collections.abc import Iterator

MOST_BYTES = 4_000  # of one case
MOST_LINES = 12
MOST_CHARACTERS = 200  # of a line


class _Kept(io.RawIOBase):
    """Keeps the first bytes that are written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.start = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        written = bytes(data)  # type: ignore[call-overload]
        self.start += written[: MOST_BYTES - len(self.start)]
        return len(written)


class Printed:
    """What was printed within `into`."""

    def __init__(self) -> None:
        self._kept = _Kept()

    @contextlib.contextmanager
    def into(self) -> Iterator[None]:
        """Has print write here, and not on the screen."""
        stream = io.TextIOWrapper(self._kept, encoding="utf-8", errors="replace", write_through=True)  # type: ignore[type-var]
        with contextlib.redirect_stdout(stream):
            yield

    def text(self) -> str:
        """Its first characters."""
        return self._kept.start.decode("utf-8", errors="replace")


def first_lines(text: str, most: int = MOST_LINES) -> list[str]:
    """The first lines of what was printed, none very long, and a last one of dots where there are more."""
    lines = [line if len(line) <= MOST_CHARACTERS else line[:MOST_CHARACTERS] + "…" for line in text.splitlines()]
    return [*lines[:most], "…"] if len(lines) > most or len(text.encode()) >= MOST_BYTES else lines
