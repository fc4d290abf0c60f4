"""The questions of a course as Markdown, a section for each student. What a student wrote is text in it."""

from collections.abc import Iterator, Mapping, Sequence

from grader.defence.questions import Question
from grader.findings import Finding
from grader.languages import say
from grader.renderers.pages import code_block, code_span, escaped
from grader.results.view import harmless


def page(lab: str, seed: int, asked: Mapping[str, Sequence[Question] | Finding]) -> str:
    """The text: for each student the questions, or why there are none."""
    return "\n".join(_lines(lab, seed, asked))


def _lines(lab: str, seed: int, asked: Mapping[str, Sequence[Question] | Finding]) -> Iterator[str]:
    yield f"# {escaped(say('questions_on', lab=lab))}\n"
    yield f"{escaped(say('questions_are', seed=str(seed)))}\n"
    for student, found in asked.items():
        yield f"## {code_span(harmless(student))}\n"
        if isinstance(found, Finding):
            yield f"{escaped(harmless(say(found)))}\n"
            continue
        for number, question in enumerate(found, 1):
            yield f"{number}. {_place(question)}\n"
            block = code_block(harmless(f"{question.line}: {question.text}"))
            yield "".join(f"   {line}\n" for line in block.splitlines())
            yield f"   {sentence(question, markdown=True)}\n"


def _place(question: Question) -> str:
    return say("question_place", task=code_span(question.task), file=code_span(question.file), line=question.line)


def sentence(question: Question, markdown: bool = False) -> str:
    """The question in words; in Markdown the parts of the code in it are code."""
    values = {name: harmless(value) for name, value in question.values.items()}
    spans = {name: code_span(value) if markdown else value for name, value in values.items()}
    return say(f"ask_{question.kind}", **spans)
