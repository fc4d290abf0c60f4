"""A renderer of the tests' own: for a student one line and a picture, for an instructor how many earned what."""

from collections import Counter
from collections.abc import Iterable, Iterator

from grader.renderers import File
from grader.renderers.words import Words
from grader.results.standing import Standing
from grader.results.view import View

DESCRIPTION = "how the whole cohort did"
ALSO = ("all",)


def feedback(view: View, words: Words) -> Iterator[File]:
    yield "line.txt", f"{words.texts.title}: {view.score:g}\n"
    yield "pictures/score.bin", bytes([int(view.score)])


def report(standings: Iterable[Standing], words: Words) -> Iterator[File]:
    counts = Counter(standing.result.score for standing in standings)
    yield "cohort.txt", "".join(f"{score:g}: {count}\n" for score, count in sorted(counts.items()))
