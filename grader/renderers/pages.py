"""A page of feedback for a student: the sentences of a view, in an order to read them, and the templates they go into.

What a submission or a student's name can put into a view is hostile until it is shown. The view has taken out what no
reader sees; the templates show the rest as text and nothing else.
"""

import dataclasses
import re
from pathlib import Path

import jinja2

from grader.plain import one_line
from grader.renderers.words import Words
from grader.results.result import points_text
from grader.results.view import CheckView, TaskView, View

MARKUP = re.compile(r"[\\`*_\[\]<>#|~&$@]|[.:](?=\S)")  # of Markdown inside a line, and what addresses are known by
HEADINGS = ("milestone", "quiz", "report")


@dataclasses.dataclass(frozen=True)
class Line:
    """One check as a student reads it. `outcome` is the name of its colour: an outcome, or by_hand."""

    title: str
    cases: str
    outcome: str
    sign: str
    points: str
    message: str
    diagnosis: str


@dataclasses.dataclass(frozen=True)
class Section:
    """A task with its checks, and what to do next."""

    title: str
    points: str
    lines: list[Line]
    next: list[str]


@dataclasses.dataclass(frozen=True)
class Page:
    """All that a student reads."""

    language: str
    heading: str
    student: str
    score: str
    why: list[str]  # what the course's rules and a person made of it
    to_come: list[str]
    files: str  # the heading of the notes
    notes: list[str]
    sections: list[Section]


def page_of(view: View, words: Words) -> Page:
    """The sentences of a view."""
    say = words.say
    scores = {"score": points_text(view.score), "of": points_text(view.max_score)}
    to_come = [say("more_by_hand", points=points_text(view.by_hand))] if view.by_hand else []
    to_come += [say("more_unjudged", points=points_text(view.unjudged))] if view.unjudged > 0 else []
    return Page(
        language=words.language,
        heading=say("feedback_on", lab=view.lab),
        student=view.student,
        score=say("score_so_far" if to_come else "score", **scores),
        why=[say(finding) for finding in view.why],
        to_come=to_come,
        files=say("your_files"),
        notes=[say(note) for note in view.notes],
        sections=[_section(view.lab, task, words) for task in view.tasks],
    )


def _section(lab: str, task: TaskView, words: Words) -> Section:
    title = words.say(f"heading_{task.task}") if task.task in HEADINGS else task.task
    return Section(
        title=words.say("heading_bonus", task=title) if task.bonus else title,
        points=_points(task, words),
        lines=[line_of(check, words) for check in task.checks],
        next=[words.say(f"step_{step}", lab=lab, task=task.task) for step in task.next_steps],
    )


def line_of(check: CheckView, words: Words) -> Line:
    """The sentences of a check."""
    return Line(
        title=words.title_of(check),
        cases=words.say(f"cases_{check.cases}") if check.cases else "",
        outcome="by_hand" if check.by_hand else check.outcome,
        sign=words.say("sign_by_hand" if check.by_hand else f"sign_{check.outcome}"),
        points=_points(check, words),
        message=_message(check, words),
        diagnosis=words.diagnosis_of(check.mistake) if check.mistake else "",
    )


def _message(check: CheckView, words: Words) -> str:
    if check.outcome == "error":
        return words.say("grader_failed_here")
    if check.by_hand:
        return check.comment
    case, found = words.texts.case(check.case), map(words.found, check.findings)
    return "\n".join(words.say("in_case", case=case, finding=one) if case else one for one in found)


def _points(what: CheckView | TaskView, words: Words) -> str:
    possible = points_text(what.max_points)
    if what.points is None:
        return words.say("points_to_come", possible=possible)
    return words.say("points_of", earned=points_text(what.points), possible=possible)


# --- texts in Markdown ------------------------------------------------------------------------------------------------


def escaped(text: str) -> str:
    """Text in Markdown that is only text."""
    return MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def code_span(text: str) -> str:
    """One line of Markdown in which nothing is a link, not even where a reader makes links of addresses."""
    ticks = "`" * (_longest_ticks(text) + 1)
    return f"{ticks} {one_line(text)} {ticks}"


def code_block(text: str) -> str:
    """Lines of Markdown as they are."""
    ticks = "`" * max(3, _longest_ticks(text) + 1)
    return f"{ticks}text\n{text}\n{ticks}"


def _longest_ticks(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


# --- templates --------------------------------------------------------------------------------------------------------

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=jinja2.select_autoescape(["html"]),
    auto_reload=False,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters.update(escaped=escaped, code_span=code_span, code_block=code_block)


def filled(template: str, page: object) -> str:
    """A template with a page in it: page_of's, or one of cohort_page.py and student_page.py."""
    return TEMPLATES.get_template(template).render(page=page)
