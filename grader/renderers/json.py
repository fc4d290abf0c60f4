"""Results as data for other programs: for a student what they may see, for an instructor everything with its marks."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from grader.renderers import File
from grader.renderers.words import Words
from grader.results.cohort import Cohort
from grader.results.view import View

DESCRIPTION = "data for other programs"


def feedback(view: View, words: Words) -> Iterator[File]:
    yield "feedback.json", _json(view)


def report(cohorts: Sequence[Cohort], words: Mapping[str, Words]) -> Iterator[File]:
    """For each lab a list of results (docs/results.md), in which what was marked by hand is judged and the score is
    the final one; without those whose points are held."""
    for cohort in cohorts:
        if cohort.standings:
            yield f"{cohort.lab}.json", _json([standing.result for standing in cohort.standings if not standing.held])


def _json(data: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n"
