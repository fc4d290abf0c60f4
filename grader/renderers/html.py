"""Feedback as a page for a browser, which loads nothing and runs nothing."""

from collections.abc import Iterator

from grader.renderers import File
from grader.renderers.words import Words
from grader.results.view import View

DESCRIPTION = "a page for a browser"


def feedback(view: View, words: Words) -> Iterator[File]:
    from grader.renderers.pages import filled

    yield "feedback.html", filled("feedback.html", view, words)
