"""Runs the code cells of a notebook one after another in one namespace, as a kernel does, and keeps what they show.

There is no kernel and no IPython: what a cell prints, the value of its last line and its figures are text and pictures.
`display`, and from IPython.display `display`, `Image`, `Markdown` and `HTML`, are there; magics do nothing.
"""

import ast
import base64
import contextlib
import io
import linecache
import os
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from grader.lab.limits import OutOfTime, cpu_limit, limit_of
from grader.plain import Plain, plain_text
from grader.run.answers import Answer, raised

FILE = "report.ipynb"
MAX_SHOWN = 2_500_000  # characters of all that one cell shows; a picture counts as its base64
MAX_TEXT = 20_000  # of one text
MAX_WORDS = 2_000  # of an exception
PICTURES = {"_repr_png_": "image/png", "_repr_jpeg_": "image/jpeg"}
NO_PYTHON = re.compile(r"^(\s*)([%!].*)$", re.MULTILINE)  # magics, and commands for a shell

Output = dict[str, Any]


class Cells:
    """A notebook as it runs: what its cells have defined so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, Any] = {"__name__": "__main__", "display": self.display}
        self._shown = _Shown()
        self._count = 0
        os.environ["MPLBACKEND"] = "agg"
        sys.modules.update(_ipython(self.display))

    def run(self, source: str, seconds: float) -> Answer:
        """What a cell shows within so many CPU seconds.

        value: `outputs` in their order (a text with the stream that it went to, or a mime type with its data), `cut`
        where there was more than is kept, and where it ended with an exception `raised`, a finding, and the `limit`
        that may have caused it. timeout: it took longer.
        """
        self._shown = shown = _Shown()
        self._count += 1
        error: BaseException | None = None
        with contextlib.redirect_stdout(_Stream(shown, "stdout")), contextlib.redirect_stderr(_Stream(shown, "stderr")):
            try:
                with cpu_limit(seconds):
                    self._execute(source)
                    self._show_figures()
            except OutOfTime:
                return Answer("timeout")
            except BaseException as ended:  # a student's cell may raise anything, SystemExit too
                error = ended
        if error is not None:
            shown.add("stderr", self._trace(error))
        found: dict[str, Plain] = {"outputs": shown.outputs, "cut": shown.cut, "raised": None, "limit": ""}
        if error is not None:
            found |= {"raised": msgspec.to_builtins(raised(error, MAX_WORDS)), "limit": limit_of(error)}
        return Answer("value", value=found)

    def display(self, *values: Any) -> None:
        """Shows values as a notebook does: a picture where they are one, else their text."""
        for value in values:
            kind, data = _as_shown(value)
            self._shown.add(kind, data)

    def _execute(self, source: str) -> None:
        file = str(self._folder / f"{FILE}, part {self._count}")  # in the lab's folder: limits hold for what is there
        tree = _parsed(source, file)
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, file, "exec"), self._names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), file, "eval"), self._names)
            if value is not None and not source.rstrip().endswith(";"):
                self.display(value)

    def _show_figures(self) -> None:
        """Every figure that pyplot still holds, as notebooks do after each cell."""
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            for number in pyplot.get_fignums():
                self.display(pyplot.figure(number))
            pyplot.close("all")

    def _trace(self, error: BaseException) -> str:
        """The traceback, as far as it runs through the notebook and the lab's files."""
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if self._is_own(frame.filename)]
        lines = [*traceback.format_list(own), *traceback.format_exception_only(error)]
        return "".join(lines).replace(f"{self._folder}/", "")

    def _is_own(self, file: str) -> bool:
        return os.path.dirname(file) == str(self._folder)


def _parsed(source: str, file: str) -> ast.Module:
    try:
        return ast.parse(source, file)
    except SyntaxError:
        return ast.parse(NO_PYTHON.sub(r"\1pass  # \2", source), file)


def _as_shown(value: Any) -> tuple[str, str]:
    """A mime type and the data of what is shown of a value; a picture's in base64."""
    if hasattr(value, "savefig"):
        picture = io.BytesIO()
        value.savefig(picture, format="png")
        return "image/png", base64.b64encode(picture.getvalue()).decode()
    for method, kind in PICTURES.items():
        data = getattr(value, method)() if hasattr(type(value), method) else None
        if isinstance(data, bytes):
            return kind, base64.b64encode(data).decode()
    return "text/plain", repr(value)


class _Shown:
    """What a cell has shown so far, and no more than is kept."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Plain]] = []
        self.cut = False
        self._left = MAX_SHOWN
        self._texts = dict.fromkeys(("stdout", "stderr", "text/plain"), MAX_TEXT)  # what each may still have

    def add(self, kind: str, data: str) -> None:
        """Adds a text of a stream, or the data of a mime type."""
        room = min(self._left, self._texts.get(kind, self._left))
        kept = data[:room] if kind in self._texts else data if len(data) <= room else ""
        self.cut = self.cut or len(kept) < len(data)
        if not kept:
            return
        self._left -= len(kept)
        if kind in self._texts:
            self._texts[kind] -= len(kept)
        kept = plain_text(kept.encode(errors="replace").decode())
        if self.outputs and self.outputs[-1]["kind"] == kind in ("stdout", "stderr"):
            self.outputs[-1]["data"] += kept
        else:
            self.outputs.append({"kind": kind, "data": kept})


class _Stream(io.TextIOBase):
    """What a cell prints to one of its streams."""

    def __init__(self, shown: _Shown, name: str) -> None:
        self._shown, self._name = shown, name

    def write(self, text: str) -> int:
        self._shown.add(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True


class _Image:
    """IPython.display.Image of a file or of bytes."""

    def __init__(self, data: Any = None, filename: str | None = None, **_options: Any) -> None:
        self._data = data if isinstance(data, bytes) else Path(filename or data).read_bytes()

    def _repr_png_(self) -> bytes | None:
        return self._data if self._data.startswith(b"\x89PNG") else None

    def _repr_jpeg_(self) -> bytes | None:
        return None if self._data.startswith(b"\x89PNG") else self._data


class _Text:
    """IPython.display.Markdown or HTML: shown as the text that it is."""

    def __init__(self, data: str = "", **_options: Any) -> None:
        self._data = data

    def __repr__(self) -> str:
        return str(self._data)


def _ipython(display: Any) -> Mapping[str, ModuleType]:
    """What stands for IPython where there is no kernel."""
    package, module = ModuleType("IPython"), ModuleType("IPython.display")
    vars(module).update(display=display, Image=_Image, Markdown=_Text, HTML=_Text)
    vars(package).update(display=module, get_ipython=lambda: None, version_info=(9, 0))  # matplotlib asks for these
    return {"IPython": package, "IPython.display": module}
