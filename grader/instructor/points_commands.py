"""The commands of an instructor about the points of one student: mark, and the requests to look at points again."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from grader.errors import Refused
from grader.findings import Finding
from grader.lab import Lab, find_lab, solutions_folder
from grader.languages import say
from grader.plain import one_line, printable
from grader.results.result import points_text
from grader.results.view import harmless
from grader.screen import CourseFile, Json, LabName, console, shown

if TYPE_CHECKING:
    from grader.results.marks import Mark
    from grader.results.requests import Request
    from grader.results.rules import Rules

Out = Annotated[Path, typer.Option(help="where grading put the results")]


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    for command in (mark, requests):
        app.command()(command)


# --- mark -------------------------------------------------------------------------------------------------------------


def mark(
    lab: LabName,
    student: Annotated[str, typer.Argument(help="whose result it is")],
    part: Annotated[str, typer.Argument(help="the part of the report, or the milestone, as lab.toml has it")],
    points: Annotated[float, typer.Argument(help="the points for it")],
    comment: Annotated[str, typer.Option(help="what the student reads beside them")] = "",
    by: Annotated[str | None, typer.Option(help="who gives them; without it, your login name")] = None,
    out: Out = Path("graded"),
    course: CourseFile = None,
) -> None:
    """Give points by hand for a part of the report, or a milestone that waits; grading never changes them. Of a group
    every member has them (for instructors)."""
    from grader.batch import runlog
    from grader.results.marks import Mark
    from grader.results.rules import rules_at

    the_lab = find_lab(lab, solutions_folder())
    rules = rules_at(course)
    possible = _points_of(the_lab, part)
    if not 0 <= points <= possible:
        raise Refused("points_outside", part=part, points=points_text(points), possible=points_text(possible))
    group = rules.course.group_of(student, the_lab.name) if rules else ()
    paths = [_pending(out, the_lab, student, part)]
    paths += [_pending(out, the_lab, member, part) for member in group if member != student]
    new = Mark(part, points, by or runlog.user(), runlog.now(), comment)
    for path in paths:
        _give(path, new, possible)
    _log(out, paths, rules)


def _pending(out: Path, lab: Lab, student: str, part: str) -> Path:
    """The student's result, in which a part waits for points; Refused where it does not, or there is none."""
    from grader.results.standing import read_standing, results_of

    [path] = results_of(out, lab.name, student)
    graded = read_standing(path).graded
    if not any((check.check, check.outcome) == (part, "pending") for check in graded.checks):
        raise Refused("not_pending", part=part, student=student)
    return path


def _give(result: Path, new: "Mark", possible: float) -> None:
    from grader.results.marks import add_mark

    try:
        before = add_mark(result, new)
    except OSError as error:
        raise Refused("not_written", 3, path=str(result.parent), reason=error.strerror or "") from None
    values = {"student": printable(result.parts[-3]), "part": new.part, "by": new.by}
    values |= {"points": points_text(new.points), "possible": points_text(possible)}
    if before is None:
        console.print(say("marked", **values))
    else:
        console.print(say("marked_again", **values, before=points_text(before.points), before_by=before.by))


def _log(out: Path, paths: list[Path], rules: "Rules | None") -> None:
    from grader.batch import runlog
    from grader.results import audit
    from grader.results.standing import read_standing

    audit.record(out, [read_standing(path, rules) for path in paths], runlog.who(), runlog.now())


def _points_of(lab: Lab, part: str) -> float:
    """What a part of the report or a milestone is worth; Refused where the lab has none of that name."""
    possible = {part.name: part.points for part in lab.manifest.report}
    possible |= {milestone.name: milestone.points for milestone in lab.manifest.milestones}
    if part in possible:
        return possible[part]
    if not possible:
        raise Refused("no_parts", lab=lab.name)
    raise Refused("no_such_part", lab=lab.name, part=part, parts=list(possible))


# --- requests ---------------------------------------------------------------------------------------------------------


def requests(
    folder: Annotated[Path, typer.Argument(help="holds <student>/<lab>.toml for each request")] = Path("requests"),
    out: Out = Path("graded"),
    course: CourseFile = None,
    as_json: Json = False,
) -> None:
    """List the requests to look at points again that nobody has answered, with the points they are about (for
    instructors)."""
    from grader.results.requests import requests_in
    from grader.results.rules import rules_at

    if not folder.is_dir():
        raise Refused("no_requests_folder", 2, folder=str(folder))
    rules = rules_at(course)
    rows: list[tuple[str, str, str, str, str]] = []
    refused: list[str] = []
    for student, lab, request in requests_in(folder):
        if isinstance(request, Finding):
            refused.append(say(request))
        elif not request.answer:
            try:
                points = _concerned(out, student, lab, request, rules)
            except Refused as error:
                points = "?"
                refused.append(str(error))
            rows.append((student, lab, request.task or say("whole_lab"), points, one_line(request.text, 500)))
    names = ("student", "lab", "task", "points", "asks")
    if as_json:
        print(json.dumps({"open": [dict(zip(names, row, strict=True)) for row in rows], "refused": refused}, indent=1))
    else:
        _show(rows, refused, [say(f"request_column_{name}") for name in names], folder)
    if refused:
        raise typer.Exit(1)


def _show(rows: list[tuple[str, str, str, str, str]], refused: list[str], head: list[str], folder: Path) -> None:
    for sentence in refused:
        console.print(harmless(sentence))
    console.print(say("requests_open", count=len(rows), folder=f"{shown(folder)}/"))
    if rows:
        table = Table(box=None)
        for title in head:
            table.add_column(title, overflow="fold")
        for row in rows:
            table.add_row(*(Text(harmless(cell)) for cell in row))
        console.print(table)


def _concerned(out: Path, student: str, lab: str, request: "Request", rules: "Rules | None") -> str:
    """The points of the task that a request is about, else of the lab. Refused where there are none."""
    from grader.results.standing import read_standing, results_of

    [path] = results_of(out, lab, student)
    standing = read_standing(path, rules)
    if request.task is None:
        return _of(standing.result.score, standing.result.max_score)
    mine = [check for check in standing.result.checks if request.task in (check.task, check.check)]
    if not mine:
        raise Refused("request_of_no_task", 1, student=one_line(student), lab=lab, task=one_line(request.task))
    return _of(sum(check.points or 0.0 for check in mine), sum(check.max_points for check in mine))


def _of(earned: float, possible: float) -> str:
    return say("points_of", earned=points_text(earned), possible=points_text(possible))
