"""The cells of a lab's report notebook, as its handout and lab.toml have them. nbgrader knows them by their grade_id.

    labkit-title                                    how to work with the notebook
    labkit-code, labkit-milestones, labkit-quiz     locked code cells: points that the grader computes
    plot-question                                   locked: the handout's section, with its rubric
    plot-pictures                                   locked: shows the pictures that the section names
    plot                                            the answer: markdown, graded by hand

Each part of the report in lab.toml has a section in the handout, in the same order: `## Plot (5 points, graded by
hand)`. Its text is written there and nowhere else. A handout in another language (README.zh.md) has the same sections
in the same places, and gives the same cells in that language.
"""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from grader.errors import Refused
from grader.lab.manifest import Lab
from grader.lab.texts import translation_of
from grader.languages import FALLBACK, say_in

NOTEBOOK = "report"  # nbgrader's name of the notebook
FILE = f"{NOTEBOOK}.ipynb"
AS_TEXT = f"{NOTEBOOK}.md"  # what may be handed in in its place
KINDS = {"code": "labkit-code", "milestone": "labkit-milestones", "quiz": "labkit-quiz"}  # grade_id by kind
HANDOUT = "README"
SECTION = re.compile(r"^## .*\((?P<points>[\d.]+) points?, graded by hand\)\n", re.MULTILINE)
HEADING = re.compile(r"^## .*\n", re.MULTILINE)
PICTURE = re.compile(r"`(runs/[\w.-]+\.png)`")
QUESTION = re.compile(r"^(\d+)\. ", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell. `name` is its id in the notebook and its grade_id; `points` is None where it earns none."""

    name: str
    type: Literal["markdown", "code"]
    source: str
    points: float | None = None
    solution: bool = False  # the student writes it; all others are locked
    pictures: tuple[str, ...] = ()  # files of the lab that it shows

    @property
    def metadata(self) -> dict[str, Any]:
        """What nbgrader reads of it."""
        marked: dict[str, Any] = {
            "grade": self.points is not None,
            "grade_id": self.name,
            "locked": not self.solution,
            "schema_version": 3,
            "solution": self.solution,
            "task": False,
        }
        return {"nbgrader": marked if self.points is None else {**marked, "points": self.points}}


def file_in(language: str) -> str:
    """The blank report in a language: report.zh.ipynb. In English it is the report itself."""
    return FILE if language == FALLBACK else f"{NOTEBOOK}.{language}.ipynb"


def languages_of(lab: Lab) -> list[str]:
    """The languages that the lab has a handout in, English first."""
    there = sorted(path.name.split(".")[1] for path in lab.folder.glob(f"{HANDOUT}.*.md"))
    return [FALLBACK, *there]


def report_cells(lab: Lab, language: str = FALLBACK) -> list[Cell]:
    """The cells in their order, in a language or, where the lab has no handout in it, in English; Refused where handout
    and lab.toml do not have the same parts."""
    language = language if language in languages_of(lab) else FALLBACK
    titles = translation_of(lab, language).report
    cells = [Cell("labkit-title", "markdown", _title(lab, language)), *_computed(lab)]
    for part, text in zip(lab.manifest.report, sections(lab, language), strict=True):
        cells.append(Cell(f"{part.name}-question", "markdown", text))
        if pictures := tuple(dict.fromkeys(PICTURE.findall(text))):
            cells.append(Cell(f"{part.name}-pictures", "code", _call("pictures", lab, *pictures), pictures=pictures))
        blank = _blank(titles.get(part.name, part.title), text, say_in(language, "report_answer"))
        cells.append(Cell(part.name, "markdown", blank, part.points, solution=True))
    return cells


def points_of(lab: Lab) -> dict[str, float]:
    """The points of each of KINDS that the lab has; bonus tasks are in none of them."""
    manifest = lab.manifest
    found: dict[str, float] = {
        "code": sum(task.points for task in manifest.tasks if not task.bonus),
        "milestone": sum(milestone.points for milestone in manifest.milestones),
        "quiz": float(manifest.quiz.questions) if manifest.quiz else 0,
    }
    return {kind: points for kind, points in found.items() if points}


def sections(lab: Lab, language: str = FALLBACK) -> list[str]:
    """The handout's section of each part of the report; Refused where parts or points are not those of lab.toml."""
    if not lab.manifest.report:
        return []
    english = lab.path(f"{HANDOUT}.md")
    headings = list(HEADING.finditer(text := _read(english)))
    graded = [place for place, heading in enumerate(headings) if SECTION.match(heading[0])]
    points = [SECTION.fullmatch(headings[place][0]) for place in graded]
    if [float(each["points"]) for each in points if each] != [part.points for part in lab.manifest.report]:
        raise _other_parts(lab, english, [headings[place] for place in graded])
    if language != FALLBACK:
        path = lab.path(f"{HANDOUT}.{language}.md")
        count, headings = len(headings), list(HEADING.finditer(text := _read(path)))
        if len(headings) != count or any(
            f"{part.points:g}" not in re.findall(r"[\d.]+", headings[place][0])
            for place, part in zip(graded, lab.manifest.report, strict=True)
        ):
            raise _other_parts(lab, path, headings)
    ends = [*(heading.start() for heading in headings[1:]), len(text)]
    return [text[headings[place].start() : ends[place]].strip() for place in graded]


def _other_parts(lab: Lab, path: Path, headings: Sequence[re.Match[str]]) -> Refused:
    found = [each[0].strip().removeprefix("## ") for each in headings]
    parts = [f"{part.name} ({part.points:g} points)" for part in lab.manifest.report]
    return Refused("report_sections", 1, path=str(path), headings=found, parts=parts)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("cannot_be_read", 1, path=str(path), reason=str(error)) from None


def pictures_of(lab: Lab) -> list[str]:
    """The pictures that the report shows, as files of the lab."""
    return [*dict.fromkeys(name for text in sections(lab) for name in PICTURE.findall(text))]


def _computed(lab: Lab) -> list[Cell]:
    shows = {"code": "check_table", "milestone": "milestone_table", "quiz": "quiz_table"}
    return [Cell(KINDS[kind], "code", _call(shows[kind], lab), points) for kind, points in points_of(lab).items()]


def _call(function: str, lab: Lab, *arguments: str) -> str:
    given = ", ".join(f'"{argument}"' for argument in (lab.name, *arguments))
    return f"from grader.student.notebook import {function}\n\n{function}({given})"


def _title(lab: Lab, language: str) -> str:
    title = translation_of(lab, language).title or lab.manifest.title
    heading = say_in(language, "report_title", number=lab.name.removeprefix("lab"))
    return f"# {heading}\n\n{title}\n\n{say_in(language, 'report_how', lab=lab.name)}"


def _blank(title: str, text: str, answer: str) -> str:
    """An answer cell as students get it: a heading, and one for each of several questions."""
    questions = [f"**{number}.** *{answer}*" for number in QUESTION.findall(text)]
    return "\n\n".join([f"**{title}**", *(questions or [f"*{answer}*"])])
