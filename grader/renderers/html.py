"""Pages for a browser, which load nothing and run nothing: feedback, and a report of the whole cohort."""

from collections.abc import Iterator, Mapping, Sequence

from grader.renderers import File
from grader.renderers.words import Words
from grader.results.cohort import Cohort
from grader.results.view import View

DESCRIPTION = "pages for a browser"


def feedback(view: View, words: Words) -> Iterator[File]:
    from grader.renderers.pages import filled, page_of

    yield "feedback.html", filled("feedback.html", page_of(view, words))


def report(cohorts: Sequence[Cohort], words: Mapping[str, Words]) -> Iterator[File]:
    """index.html is the instructor's; each student's own page beside it holds what the student may see."""
    from grader.renderers.cohort_page import cohort_page_of, student_file
    from grader.renderers.pages import filled
    from grader.renderers.student_page import student_pages

    yield "index.html", filled("cohort.html", cohort_page_of(cohorts, words))
    for student, page in student_pages(cohorts, words):
        yield student_file(student), filled("student.html", page)
