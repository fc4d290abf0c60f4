"""Results as data for other programs: for a student what they may see, for an instructor everything with its marks."""

from collections.abc import Iterable, Iterator

import msgspec

from grader.renderers import File
from grader.renderers.words import Words
from grader.results.standing import Standing
from grader.results.view import View

DESCRIPTION = "data for other programs"


def feedback(view: View, words: Words) -> Iterator[File]:
    yield "feedback.json", _json(view)


def report(standings: Iterable[Standing], words: Words) -> Iterator[File]:
    """A list of results (docs/results.md), in which what was marked by hand is judged."""
    results = [standing.result for standing in standings]
    yield f"{results[0].lab}.json", _json(results)


def _json(data: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n"
