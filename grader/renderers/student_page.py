"""The page of a student: the feedback of all labs that there are, after a table of the scores."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from grader.renderers.pages import Page, page_of
from grader.renderers.tables import Cell, Table, number
from grader.renderers.words import Words
from grader.results.cohort import Cohort
from grader.results.result import points_text
from grader.results.standing import Standing
from grader.results.view import View


@dataclasses.dataclass(frozen=True)
class StudentPage:
    """All that a student reads. `labs` have the name of their lab as an address within the page."""

    language: str
    heading: str
    overview: Table
    labs: Sequence[tuple[str, Page]]


def student_pages(cohorts: Sequence[Cohort], words: Mapping[str, Words]) -> Iterator[tuple[str, StudentPage]]:
    """The page of each student of these labs, by the name that their results have; without what is held."""
    standings: dict[str, list[Standing]] = {}
    for cohort in cohorts:
        for standing in (each for each in cohort.standings if not each.held):
            standings.setdefault(standing.graded.student, []).append(standing)
    for student, of_student in standings.items():
        views = [standing.view() for standing in of_student]
        first = words[views[0].lab]
        page = StudentPage(
            language=first.language,
            heading=first.say("results_of_student", student=views[0].student),
            overview=_overview(views, words),
            labs=[(view.lab, page_of(view, words[view.lab])) for view in views],
        )
        yield student, page


def _overview(views: Sequence[View], words: Mapping[str, Words]) -> Table:
    say = words[views[0].lab].say
    rows = [
        [
            Cell(words[view.lab].texts.title or view.lab, href=f"#{view.lab}", quiet=view.lab),
            Cell(
                points_text(view.score),
                number=True,
                bar=min(max(view.score / view.max_score, 0.0), 1.0) if view.max_score else 0.0,
            ),
            number(points_text(view.max_score)),
            number(points_text(view.by_hand + view.unjudged)),
        ]
        for view in views
    ]
    head = [say(f"report_column_{column}") for column in ("lab", "score", "of", "to_come")]
    return Table("overview", say("results_of_labs"), head, rows)
