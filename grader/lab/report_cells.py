"""The cells of a lab's report notebook, as its handout and lab.toml have them. nbgrader knows them by their grade_id.

    labkit-title                                    how to work with the notebook
    labkit-code, labkit-milestones, labkit-quiz     locked code cells: points that the grader computes
    plot-question                                   locked: the handout's section, with its rubric
    plot-pictures                                   locked: shows the pictures that the section names
    plot                                            the answer: markdown, graded by hand

Each part of the report in lab.toml has a section in the handout, in the same order: `## Plot (5 points, graded by
hand)`. Its text is written there and nowhere else.
"""

import dataclasses
import re
from typing import Any, Literal

from grader.errors import Refused
from grader.lab.manifest import Lab, ReportPart

NOTEBOOK = "report"  # nbgrader's name of the notebook
FILE = f"{NOTEBOOK}.ipynb"
AS_TEXT = f"{NOTEBOOK}.md"  # what may be handed in in its place
KINDS = {"code": "labkit-code", "milestone": "labkit-milestones", "quiz": "labkit-quiz"}  # grade_id by kind
ANSWER = "*Write your answer here.*"  # an answer that is still this is none

SECTION = re.compile(r"^## .*\((?P<points>[\d.]+) points?, graded by hand\)\n", re.MULTILINE)
NEXT_SECTION = re.compile(r"^## ", re.MULTILINE)
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


def report_cells(lab: Lab) -> list[Cell]:
    """The cells in their order; Refused where handout and lab.toml do not have the same parts."""
    cells = [Cell("labkit-title", "markdown", _title(lab)), *_computed(lab)]
    for part, text in zip(lab.manifest.report, sections(lab), strict=True):
        cells.append(Cell(f"{part.name}-question", "markdown", text))
        if pictures := tuple(dict.fromkeys(PICTURE.findall(text))):
            cells.append(Cell(f"{part.name}-pictures", "code", _call("pictures", lab, *pictures), pictures=pictures))
        cells.append(Cell(part.name, "markdown", _blank(part, text), part.points, solution=True))
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


def sections(lab: Lab) -> list[str]:
    """The handout's section of each part of the report; Refused where parts or points are not those of lab.toml."""
    if not lab.manifest.report:
        return []
    path = lab.path("README.md")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("cannot_be_read", 1, path=str(path), reason=str(error)) from None
    found = list(SECTION.finditer(text))
    if [float(each["points"]) for each in found] != [part.points for part in lab.manifest.report]:
        headings = [each[0].strip().removeprefix("## ") for each in found]
        parts = [f"{part.name} ({part.points:g} points)" for part in lab.manifest.report]
        raise Refused("report_sections", 1, path=str(path), headings=headings, parts=parts)
    return [text[each.start() : _end(text, each.end())].strip() for each in found]


def pictures_of(lab: Lab) -> list[str]:
    """The pictures that the report shows, as files of the lab."""
    return [*dict.fromkeys(name for text in sections(lab) for name in PICTURE.findall(text))]


def _end(text: str, begin: int) -> int:
    following = NEXT_SECTION.search(text, begin)
    return following.start() if following else len(text)


def _computed(lab: Lab) -> list[Cell]:
    shows = {"code": "check_table", "milestone": "milestone_table", "quiz": "quiz_table"}
    return [Cell(KINDS[kind], "code", _call(shows[kind], lab), points) for kind, points in points_of(lab).items()]


def _call(function: str, lab: Lab, *arguments: str) -> str:
    given = ", ".join(f'"{argument}"' for argument in (lab.name, *arguments))
    return f"from grader.student.notebook import {function}\n\n{function}({given})"


def _title(lab: Lab) -> str:
    number = lab.name.removeprefix("lab")
    return (
        f"# Lab {number}: report\n\n{lab.manifest.title}\n\n"
        "Run all cells (Run, Run All Cells) to see your checks and pictures. Write your answers into the cells that "
        "say so: double-click one, and write below its headings. You may add cells of your own, of text or of code. "
        "Leave the other cells as they are: the grader puts them back. "
        f"Save, then `make {lab.name}-submit` packs the report."
    )


def _blank(part: ReportPart, text: str) -> str:
    """An answer cell as students get it: a heading, and one for each of several questions."""
    questions = [f"**{number}.** {ANSWER}" for number in QUESTION.findall(text)]
    return "\n\n".join([f"**{part.title}**", *(questions or [ANSWER])])
