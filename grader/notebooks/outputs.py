"""What a cell shows, as it may stand in a notebook that somebody else opens: text and pictures, of bounded size.

HTML, scripts, SVG, widgets and whatever else a browser would run are left out, and so are raw tags in Markdown.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import nbformat
from nbformat import NotebookNode

from grader.lab.report import decoded
from grader.plain import printable
from grader.results.view import INVISIBLE

MAX_TEXT = 20_000  # characters of one text
MAX_SOURCE = 100_000  # of a cell
MAX_PICTURE = 3_000_000  # characters of a picture in base64
MAX_OUTPUTS = 30  # of one cell
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}  # and how their files begin
STREAMS = ("stdout", "stderr")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
TAG = re.compile(r"<(?=[A-Za-z/!?])")
FILE_NAME = re.compile(r"[\w. -]{1,100}")


def text_of(text: str, most: int = MAX_TEXT) -> str:
    """Text without colours, control characters and invisible ones, and not without end."""
    cut = COLOURS.sub("", text[: most + 1]).expandtabs(4).replace("\r\n", "\n")
    kept = INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", printable(cut, most))
    return kept + ("\n[cut here]" if len(text) > most else "")


def markdown_of(text: str) -> str:
    """Markdown in which no tag is one: a blank stands behind its `<`."""
    return TAG.sub("< ", text_of(text, MAX_SOURCE))


def stream(name: str, text: str) -> NotebookNode:
    return nbformat.v4.new_output("stream", name=name, text=text_of(text))


def picture(kind: str, data: str) -> NotebookNode | None:
    """A picture as an output; None where it is too large, or not of that kind."""
    kept = "".join(data.split())[: MAX_PICTURE + 1]
    if len(kept) > MAX_PICTURE or kind not in PICTURES:
        return None
    try:
        raw = base64.b64decode(kept, validate=True)
    except (binascii.Error, ValueError):
        return None
    return _shown({kind: kept}) if raw.startswith(PICTURES[kind]) else None


def picture_file(data: bytes) -> NotebookNode | None:
    """The same of a PNG's bytes."""
    return picture("image/png", base64.b64encode(data).decode())


def of_worker(value: Any) -> tuple[list[NotebookNode], bool]:
    """The outputs in a worker's answer, which anything may have made, and whether some of them were cut."""
    shown = value.get("outputs") if isinstance(value, Mapping) else None
    found, cut = [], bool(isinstance(value, Mapping) and value.get("cut") is True)
    for each in shown if isinstance(shown, list) else []:
        kind, data = (each.get("kind"), each.get("data")) if isinstance(each, Mapping) else (None, None)
        node = _of_kind(kind, data) if isinstance(kind, str) and isinstance(data, str) else None
        found += [node] if node else []
        cut = cut or node is None
    return found[:MAX_OUTPUTS], cut or len(found) > MAX_OUTPUTS


def _of_kind(kind: str, data: str) -> NotebookNode | None:
    if kind in STREAMS:
        return stream(kind, data)
    return _shown({"text/plain": text_of(data)}) if kind == "text/plain" else picture(kind, data)


def _shown(data: Mapping[str, str]) -> NotebookNode:
    return nbformat.v4.new_output("display_data", data=dict(data))


# --- what a notebook was saved with -----------------------------------------------------------------------------------


class _Saved(msgspec.Struct):
    output_type: str = ""
    name: str = ""
    text: str | list[str] = ""
    data: dict[str, msgspec.Raw] = {}
    ename: str = ""
    evalue: str = ""


def saved(outputs: Sequence[msgspec.Raw]) -> list[NotebookNode]:
    """The outputs that a notebook was saved with, as far as they may be shown."""
    return list(_saved(outputs[:MAX_OUTPUTS]))


def _saved(outputs: Sequence[msgspec.Raw]) -> Iterator[NotebookNode]:
    for raw in outputs:
        output: _Saved = decoded(raw, _Saved, _Saved())
        if output.output_type == "stream":
            yield stream("stderr" if output.name == "stderr" else "stdout", _joined(output.text))
        elif output.output_type == "error":
            yield stream("stderr", f"{output.ename}: {output.evalue}")
        else:
            found = [picture(kind, _joined(decoded(data, _Text, ""))) for kind, data in output.data.items()]
            if pictures := [node for node in found if node]:
                yield pictures[0]
            elif text := _joined(decoded(output.data.get("text/plain", _NOTHING), _Text, "")):
                yield _shown({"text/plain": text_of(text)})


_Text = str | list[str]
_NOTHING = msgspec.Raw(b'""')


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def attachments(raw: msgspec.Raw) -> dict[str, dict[str, str]]:
    """The pictures that were pasted into a cell of text, by the names that its text has for them."""
    found: dict[str, dict[str, msgspec.Raw]] = decoded(raw, dict[str, dict[str, msgspec.Raw]], {})
    kept: dict[str, dict[str, str]] = {}
    for name, kinds in list(found.items())[:MAX_OUTPUTS]:
        for kind, data in kinds.items():
            if FILE_NAME.fullmatch(name) and (node := picture(kind, _joined(decoded(data, _Text, "")))):
                kept[name] = dict(node.data)
    return kept
