"""The commands of an instructor that work with results that are there: feedback, report and mark."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from grader import renderers
from grader.errors import Refused
from grader.lab import Lab, find_lab, solutions_folder
from grader.languages import say
from grader.plain import printable
from grader.results.result import points_text
from grader.results.view import harmless
from grader.screen import LATE_HELP, Json, LabName, LateCommand, console, shown

Out = Annotated[Path, typer.Option(help="where grading put the results")]


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    for command in (feedback, report):
        app.command(cls=LateCommand)(command)
    app.command()(mark)
    LATE_HELP["form"] = lambda: renderers.described("feedback")
    LATE_HELP["kind"] = lambda: renderers.described("report")


def feedback(
    lab: LabName,
    out: Out = Path("graded"),
    to: Annotated[Path, typer.Option(help="where <student>/<lab>/feedback.html goes")] = Path("feedback"),
    form: Annotated[str, typer.Option("--format", help="the form")] = "html",
    student: Annotated[str | None, typer.Option(help="only this one's")] = None,
    quiz_answers: Annotated[
        bool, typer.Option("--quiz-answers", help="which questions are right, too: when nobody can hand in any more")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write for each student what they may see of their result: no hidden value, no seed (for instructors)."""
    from grader.renderers.words import words_of
    from grader.renderers.writing import write_feedback
    from grader.results.standing import results_of

    the_lab = find_lab(lab, solutions_folder())
    renderer = renderers.renderer_of("feedback", form)
    results = results_of(out, the_lab.name, student)
    written, refused = write_feedback(results, to, renderer, words_of(the_lab), quiz_answers)
    names = ", ".join(dict.fromkeys(path.name for path in written)) or f"feedback ({form})"
    _finish(written, [say(finding) for finding in refused], f"{shown(to)}/<student>/{the_lab.name}/{names}", as_json)


def report(
    lab: LabName,
    kind: Annotated[str, typer.Option("--to", help="the form")] = "csv",
    out: Out = Path("graded"),
    dest: Annotated[Path, typer.Option(help="a folder, or the file where it is one")] = Path("reports"),
    student: Annotated[str | None, typer.Option(help="only this one's")] = None,
    as_json: Json = False,
) -> None:
    """Write the results of all students for a gradebook or another program, with marks by hand (for instructors)."""
    from grader.renderers.words import words_of
    from grader.renderers.writing import write_report
    from grader.results.standing import Standing, read_standing, results_of

    the_lab = find_lab(lab, solutions_folder())
    renderer = renderers.renderer_of("report", kind)
    standings: list[Standing] = []
    refused: list[str] = []
    for path in results_of(out, the_lab.name, student):
        try:
            standings.append(read_standing(path))
        except Refused as error:
            refused.append(str(error))
    written = write_report(renderer.report(standings, words_of(the_lab)), dest) if standings else []
    _finish(written, refused, ", ".join(map(shown, written)), as_json)


def _finish(written: list[Path], refused: Iterable[str], where: str, as_json: bool) -> None:
    """Says what was written, and ends with 1 where something was not."""
    sentences = list(refused)
    if as_json:
        print(json.dumps({"written": [str(path) for path in written], "refused": sentences}, indent=1))
    else:
        for sentence in sentences:
            console.print(harmless(sentence))
        console.print(harmless(say("written", count=len(written), files=where)))
    if sentences:
        raise typer.Exit(1)


def mark(
    lab: LabName,
    student: Annotated[str, typer.Argument(help="whose result it is")],
    part: Annotated[str, typer.Argument(help="the part of the report, or the milestone, as lab.toml has it")],
    points: Annotated[float, typer.Argument(help="the points for it")],
    comment: Annotated[str, typer.Option(help="what the student reads beside them")] = "",
    by: Annotated[str | None, typer.Option(help="who gives them; without it, your login name")] = None,
    out: Out = Path("graded"),
) -> None:
    """Give points by hand for a part of the report, or a milestone that waits; grading never changes them (for
    instructors)."""
    from grader.batch import runlog
    from grader.results.marks import Mark, add_mark
    from grader.results.standing import read_standing, results_of

    the_lab = find_lab(lab, solutions_folder())
    possible = _points_of(the_lab, part)
    if not 0 <= points <= possible:
        raise Refused("points_outside", part=part, points=points_text(points), possible=points_text(possible))
    [result] = results_of(out, the_lab.name, student)
    graded = read_standing(result).graded
    if not any((check.check, check.outcome) == (part, "pending") for check in graded.checks):
        raise Refused("not_pending", part=part, student=student)
    new = Mark(part, points, by or runlog.user(), runlog.now(), comment)
    try:
        before = add_mark(result, new)
    except OSError as error:
        raise Refused("not_written", 3, path=str(result.parent), reason=error.strerror or "") from None
    values = {"student": printable(student), "part": part, "by": new.by}
    values |= {"points": points_text(points), "possible": points_text(possible)}
    if before is None:
        console.print(say("marked", **values))
    else:
        console.print(say("marked_again", **values, before=points_text(before.points), before_by=before.by))


def _points_of(lab: Lab, part: str) -> float:
    """What a part of the report or a milestone is worth; Refused where the lab has none of that name."""
    possible = {part.name: part.points for part in lab.manifest.report}
    possible |= {milestone.name: milestone.points for milestone in lab.manifest.milestones}
    if part in possible:
        return possible[part]
    if not possible:
        raise Refused("no_parts", lab=lab.name)
    raise Refused("no_such_part", lab=lab.name, part=part, parts=list(possible))
