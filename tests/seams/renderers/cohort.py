"""A renderer of the tests' own: for a student one line and a picture, for an instructor how many earned what."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from grader.renderers import File
from grader.renderers.words import Words
from grader.results.cohort import Cohort
from grader.results.view import View

DESCRIPTION = "how the whole cohort did"
ALSO = ("all",)


def feedback(view: View, words: Words) -> Iterator[File]:
    yield "line.txt", f"{words.texts.title}: {view.score:g}\n"
    yield "pictures/score.bin", bytes([int(view.score)])


def report(cohorts: Sequence[Cohort], words: Mapping[str, Words]) -> Iterator[File]:
    counts = Counter(standing.result.score for cohort in cohorts for standing in cohort.standings)
    yield "cohort.txt", "".join(f"{score:g}: {count}\n" for score, count in sorted(counts.items()))
