"""What a student may see of a result: a page for each, in HTML or Markdown, and a function of result.json alone.

What a submission or a student's name can put into a result is hostile until it is shown: `harmless` takes out what no
reader sees, the templates the rest.
"""

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import jinja2
import msgspec

from grader import codes
from grader.errors import Refused
from grader.findings import kind_of
from grader.languages import say
from grader.plain import one_line, printable
from grader.results import CheckResult, Outcome, Result, read_result
from grader.results.result import points_text

Form = Literal["html", "md"]

INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
PATH = re.compile(r"""(?<![\w./])/(?!/)(?:[^\s/'"<>:]+/)+([^\s/'"<>:]*)""")  # of the machine that grades
MARKUP = re.compile(r"[\\`*_\[\]<>#|~&$@]|[.:](?=\S)")  # of Markdown inside a line, and what addresses are known by

GRADER_FAILED = "The grader failed here; your instructor has been told. You lose no points by it."
OUTCOMES: dict[Outcome, str] = {"pending": "… by hand", "error": "! not judged"}
NEXT = {  # by the outcome, and where it needs to be told apart by the side or the kind
    "todo": "Not written yet: make {lab}-hint TASK={task} gives a first hint.",
    "failed public": "make {lab} TASK={task} shows this on your machine, where you can look closer.",
    "failed hidden": "The hidden cases try what the public ones leave out: one item or none, other shapes, "
    "very large and negative numbers. Try such cases yourself.",
    "failed milestone": "Once the tasks pass, make {lab}-train trains anew; then hand in again what it saved.",
    "failed quiz": "Read the question again, and the part of the chapter that it is about.",
    "timeout milestone": "Look at what was saved: a model that was trained as the handout says is judged in seconds.",
    "crashed milestone": "Look at what was saved: a model that was trained as the handout says is judged in seconds.",
    "timeout": "Look for a loop that never ends, or one that does the same work again for every item.",
    "crashed": "Python itself ended: look for exit(), memory that grows without end, recursion that never stops.",
    "skipped": "This waits for a function that is not written yet, or for another check: see to that one first.",
    "skipped milestone": "It was not played this time. You lose no points by it.",
    "pending": "Your instructor reads this; the points are still to come.",
}
HEADINGS = {"milestone": "Training", "quiz": "Quiz", "report": "Report"}


@dataclasses.dataclass(frozen=True)
class Line:
    """One check as a student sees it. `cases` is "public" or "hidden", empty for what has no cases."""

    title: str
    cases: str
    outcome: Outcome
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
    """All that a student sees."""

    lab: str
    student: str
    score: str
    to_come: list[str]
    sections: list[Section]
    notes: list[str]


def page_of(result: Result) -> Page:
    """What its student may see of a result: no seed, hash, version or path, no hidden value, no words of an error."""
    result = msgspec.convert(harmless(msgspec.to_builtins(result)), Result)
    tasks: dict[str, list[CheckResult]] = {}
    for check in result.checks:
        tasks.setdefault(check.task, []).append(check)
    pending, unjudged = result.pending_points(), sum(c.max_points for c in result.checks if c.points is None)
    to_come = [f"{points_text(pending)} more are graded by hand"] if pending else []
    if unjudged > pending:
        to_come.append(f"{points_text(unjudged - pending)} more could not be judged this time, and are not lost")
    own = {finding for error in result.errors() for finding in error.findings}
    notes = [say(note) for note in result.notes if note not in own]
    return Page(
        lab=result.lab,
        student=result.student,
        score=f"{points_text(result.score)} of {points_text(result.max_score)} points",
        to_come=to_come,
        sections=[_section(result.lab, task, checks, notes) for task, checks in tasks.items()],
        notes=notes,
    )


def _section(lab: str, task: str, checks: list[CheckResult], notes: list[str]) -> Section:
    """`notes` stand above: what they say of a file is not said again of each of its checks."""
    said = {_message(check) for check in checks if any(note.endswith(_message(check)) for note in notes)} - {""}
    next_steps = dict.fromkeys(
        _next_step(check).format(lab=lab, task=task) for check in checks if _message(check) not in said
    )
    return Section(
        title=HEADINGS.get(task, task) + (" (bonus, beside the score)" if checks[0].kind == "bonus" else ""),
        points=_points(checks),
        lines=[_line(check, said) for check in checks],
        next=[step for step in next_steps if step],
    )


def _line(check: CheckResult, said: set[str]) -> Line:
    failed = check.outcome == "error"  # what the grader says of itself is for the instructor
    return Line(
        title=check.title,
        cases=check.visibility if _has_cases(check) else "",
        outcome=check.outcome,
        sign=OUTCOMES.get(check.outcome) or say(f"status_{check.outcome}"),
        points=_points([check]),
        message=GRADER_FAILED if failed else "" if _message(check) in said else _message(check),
        diagnosis="" if failed else check.mistake,
    )


def _has_cases(check: CheckResult) -> bool:
    return check.kind in ("code", "bonus")


def _points(checks: list[CheckResult]) -> str:
    possible = points_text(sum(check.max_points for check in checks))
    earned = [check.points for check in checks if check.points is not None]
    return f"{points_text(sum(earned))} of {possible} points" if earned else f"{possible} points to come"


def _message(check: CheckResult) -> str:
    if check.outcome == "todo":  # its sign says all
        return ""
    hidden = _has_cases(check) and check.visibility == "hidden"
    findings = [
        f if not hidden or kind_of(f) == "limits" else codes.HIDDEN[kind_of(f)]()
        for f in check.findings
        if kind_of(f) != "private"
    ]
    return PATH.sub(r"…/\1", "\n".join(map(say, findings)))


def _next_step(check: CheckResult) -> str:
    if check.mistake:
        return ""
    place = check.visibility if _has_cases(check) else check.kind
    return NEXT.get(f"{check.outcome} {place}") or NEXT.get(check.outcome, "")


# --- texts ------------------------------------------------------------------------------------------------------------


def harmless(data: Any) -> Any:
    """Plain data whose texts have no control, bidirectional or invisible character: each becomes U+FFFD."""
    if isinstance(data, str):
        return INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", printable(data))
    if isinstance(data, dict):
        return {key: harmless(item) for key, item in data.items()}
    return [harmless(item) for item in data] if isinstance(data, list) else data


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


# --- files ------------------------------------------------------------------------------------------------------------

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=jinja2.select_autoescape(["html"]),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters.update(escaped=escaped, code_span=code_span, code_block=code_block)


def render(result: Result, form: Form) -> str:
    """The page of one result."""
    return TEMPLATES.get_template(f"feedback.{form}").render(page=page_of(result))


def find_results(out: Path, lab: str, student: str | None = None) -> list[Path]:
    """The files <out>/<student>/<lab>/result.json, by name; Refused where there is none."""
    paths = [folder / lab / "result.json" for folder in sorted(out.glob("*"))]
    found = [path for path in paths if student in (None, path.parts[-3]) and _is_there(path)]
    if not found:
        whose = f" for {one_line(student)}" if student else ""
        raise Refused(f"there is no result of {lab}{whose} in {out}: grader grade {lab} SUBMISSIONS writes them", 1)
    return found


def _is_there(path: Path) -> bool:
    """True also for what cannot be looked at: reading it says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass
    return True


def write_feedback(results: Iterable[Path], to: Path, form: Form) -> tuple[list[Path], list[str]]:
    """Writes <to>/<student>/<lab>/feedback.html (or .md) for each result, whole or not at all.

    What was written, and a sentence for each that was not.
    """
    written, refused = [], []
    for path in results:
        try:
            written.append(_write_one(path, to, form))
        except Refused as error:
            refused.append(str(error))
        except OSError as error:
            refused.append(f"the feedback on {path} cannot be written: {error.strerror}")
    return written, refused


def _write_one(path: Path, to: Path, form: Form) -> Path:
    result = read_result(path)
    student, lab = path.parts[-3:-1]
    if (result.student, result.lab) != (student, lab):
        raise Refused(f"{path} is in the wrong place: it says it is {result.student}'s, of {result.lab}", 1)
    target = to / student / lab / f"feedback.{form}"
    if not target.parent.resolve().is_relative_to(to.resolve()):
        raise Refused(f"{target.parent} is a link that leads out of {to}: nothing was written there", 1)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.new")
    try:
        temporary.write_text(render(result, form), encoding="utf-8", newline="\n")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target
