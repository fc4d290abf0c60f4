"""The commands of an instructor that work with results that are there: feedback, report, export and mark."""

import dataclasses
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader import codes, renderers
from grader.errors import Refused
from grader.lab import Lab, find_lab, solutions_folder
from grader.languages import say
from grader.plain import printable
from grader.results.result import points_text
from grader.results.view import harmless
from grader.screen import LATE_HELP, Json, LabName, LateCommand, console, shown

if TYPE_CHECKING:
    from grader.results.cohort import Cohort
    from grader.results.standing import Standing

Out = Annotated[Path, typer.Option(help="where grading put the results")]

NAMED = 3  # of the files that a report wrote
MOST_NAMED = 5  # of many students, or of the files that an export wrote


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    for command in (feedback, report, export):
        app.command(cls=LateCommand)(command)
    app.command()(mark)
    LATE_HELP["form"] = lambda: renderers.described("feedback")
    LATE_HELP["kind"] = lambda: renderers.described("report")
    LATE_HELP["platform_format"] = lambda: renderers.described("export")


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
    lab: Annotated[str | None, typer.Argument(help="lab3, or 3; without it all labs that have results")] = None,
    kind: Annotated[str, typer.Option("--to", help="the form")] = "html",
    out: Out = Path("graded"),
    dest: Annotated[Path, typer.Option(help="a folder, or the file where it is one")] = Path("reports"),
    student: Annotated[str | None, typer.Option(help="only this one's")] = None,
    as_json: Json = False,
) -> None:
    """Write the results of all students, with marks by hand: pages to read, or a table for a gradebook or another
    program (for instructors)."""
    from grader.renderers.words import words_of
    from grader.renderers.writing import write_report

    renderer = renderers.renderer_of("report", kind)
    refused: list[str] = []
    cohorts, words = [], {}
    for the_lab in _labs_with_results(lab, out, refused):
        try:
            cohort = _cohort(the_lab, out, student)
        except Refused as error:  # of several labs, the student may have some only
            if lab is not None:
                raise
            refused += [] if student else [str(error)]
            continue
        cohorts.append(cohort)
        words[cohort.lab] = words_of(the_lab)
        refused += map(say, cohort.troubles)
    if not cohorts:
        raise Refused("no_results_at_all", 1, folder=str(out))
    written = write_report(renderer.report(cohorts, words), dest)
    where = ", ".join(map(shown, written[:NAMED])) + (" …" if len(written) > NAMED else "")
    _finish(written, refused, where, as_json)


def export(
    lab: Annotated[str | None, typer.Argument(help="lab3; without it, all labs that have results")] = None,
    platform_format: Annotated[str, typer.Option("--to", help="the platform")] = "canvas",
    out: Out = Path("graded"),
    dest: Annotated[Path, typer.Option(help="the folder for the files")] = Path("exports"),
    roster: Annotated[
        Path | None, typer.Option(help="who is who: a CSV with ids, best the list that the platform itself exports")
    ] = None,
    student: Annotated[str | None, typer.Option(help="only this one's")] = None,
    as_json: Json = False,
) -> None:
    """Write results in the form that a platform reads, with marks by hand (for instructors)."""
    from grader.findings import Finding
    from grader.intake.roster import read_roster
    from grader.renderers.setting import Setting
    from grader.renderers.words import words_of
    from grader.renderers.writing import write_files

    renderer = renderers.renderer_of("export", platform_format)
    people = read_roster(roster) if roster else []
    written: list[Path] = []
    refused: list[str] = []
    to_come: list[str] = []
    found = False
    for the_lab in _labs_with_results(lab, out, refused):
        try:
            standings, unread = _standings(out, the_lab, student)
        except Refused:  # of several labs, the student may have some only
            if lab is not None:
                raise
            continue
        found = True
        refused += unread
        if not standings:
            continue
        made = list(renderer.export(standings, words_of(the_lab), Setting(the_lab, people, os.environ)))
        refused += [say("of_lab", lab=the_lab.name, what=one) for one in made if isinstance(one, Finding)]
        written += write_files([one for one in made if not isinstance(one, Finding)], dest, dest)
        waiting = [harmless(one.graded.student) for one in standings if one.result.pending_points()]
        if waiting:
            names = codes.some_of(waiting, MOST_NAMED)
            to_come.append(say("points_to_be_given", lab=the_lab.name, count=len(waiting), students=names))
    if not found:
        raise Refused("no_results_at_all", 1, folder=str(out))
    if not as_json:
        for sentence in to_come:
            console.print(harmless(sentence))
    few = len(written) <= MOST_NAMED
    _finish(written, refused, ", ".join(map(shown, written)) if few else f"{shown(dest)}/", as_json)


def _labs_with_results(lab: str | None, out: Path, refused: list[str]) -> list[Lab]:
    """The lab that was asked for, or all that have results, in their order; those that this kit has not are refused."""
    from grader.lab import lab_folders, read_lab
    from grader.results.cohort import labs_in

    if lab is not None:
        return [find_lab(lab, solutions_folder())]
    there = set(labs_in(out))
    labs = [read_lab(folder) for folder in lab_folders(solutions_folder())]
    unknown = sorted(there - {each.name for each in labs})
    refused += [say("results_of_no_lab", lab=printable(name), folder=str(out)) for name in unknown]
    return [each for each in labs if each.name in there]


def _cohort(lab: Lab, out: Path, student: str | None) -> "Cohort":
    """What lies in the folder, and whether the last run went to its end."""
    from grader import codes
    from grader.batch import runlog
    from grader.results.cohort import read_cohort

    cohort = read_cohort(out, lab.name, student)
    if student is None and runlog.last_stopped(runlog.read(out / runlog.FILE), lab.name):
        return dataclasses.replace(cohort, troubles=[*cohort.troubles, codes.RUN_STOPPED(lab=lab.name)])
    return cohort


def _standings(out: Path, lab: Lab, student: str | None) -> "tuple[list[Standing], list[str]]":
    """The results that can be read, and why the others cannot."""
    from grader.results.standing import read_standing, results_of

    standings: list[Standing] = []
    refused: list[str] = []
    for path in results_of(out, lab.name, student):
        try:
            standings.append(read_standing(path))
        except Refused as error:
            refused.append(str(error))
    return standings, refused


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
