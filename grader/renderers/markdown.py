"""Feedback as Markdown, in which whatever a submission says is text."""

from collections.abc import Iterator

from grader.renderers import File
from grader.renderers.words import Words
from grader.results.view import View

DESCRIPTION = "text for a repository or a chat"
ALSO = ("md",)


def feedback(view: View, words: Words) -> Iterator[File]:
    from grader.renderers.pages import filled, page_of

    yield "feedback.md", filled("feedback.md", page_of(view, words))
