"""The commands of an instructor that work with results that are there: feedback, report and export."""

import dataclasses
import json
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader import codes, renderers
from grader.errors import Refused
from grader.findings import Finding
from grader.lab import Lab, find_lab, solutions_folder
from grader.languages import say
from grader.plain import printable
from grader.results.view import harmless
from grader.screen import LATE_HELP, CourseFile, Json, LabName, LateCommand, console, shown

if TYPE_CHECKING:
    from grader.results.cohort import Cohort
    from grader.results.rules import Rules
    from grader.results.standing import Standing

Out = Annotated[Path, typer.Option(help="where grading put the results")]

NAMED = 3  # of the files that a report wrote
MOST_NAMED = 5  # of many students, or of the files that an export wrote


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    for command in (feedback, report, export):
        app.command(cls=LateCommand)(command)
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
    course: CourseFile = None,
    as_json: Json = False,
) -> None:
    """Write for each student what they may see of their result: no hidden value, no seed (for instructors)."""
    from grader.policy.rulings import quiz_is_over
    from grader.renderers.words import words_of
    from grader.renderers.writing import write_feedback
    from grader.results.rules import rules_at

    the_lab = find_lab(lab, solutions_folder())
    renderer = renderers.renderer_of("feedback", form)
    rules = rules_at(course)
    standings = _standings(out, the_lab, student, rules)
    quiz_answers = quiz_answers or (rules is not None and quiz_is_over(rules.course, the_lab.name, datetime.now(UTC)))
    written, refused = write_feedback(standings, to, renderer, words_of(the_lab), quiz_answers)
    names = ", ".join(dict.fromkeys(path.name for path in written)) or f"feedback ({form})"
    _finish(written, [say(finding) for finding in refused], f"{shown(to)}/<student>/{the_lab.name}/{names}", as_json)


def report(
    lab: Annotated[str | None, typer.Argument(help="lab3, or 3; without it all labs that have results")] = None,
    kind: Annotated[str, typer.Option("--to", help="the form")] = "html",
    out: Out = Path("graded"),
    dest: Annotated[Path, typer.Option(help="a folder, or the file where it is one")] = Path("reports"),
    student: Annotated[str | None, typer.Option(help="only this one's")] = None,
    course: CourseFile = None,
    as_json: Json = False,
) -> None:
    """Write the results of all students, with marks by hand: pages to read, or a table for a gradebook or another
    program (for instructors)."""
    from grader.renderers.words import words_of
    from grader.renderers.writing import write_report
    from grader.results.rules import rules_at

    renderer = renderers.renderer_of("report", kind)
    rules = rules_at(course)
    refused: list[str] = []
    cohorts, words = [], {}
    for the_lab in _labs_with_results(lab, out, refused):
        try:
            cohort = _cohort(the_lab, out, student, rules)
        except Refused as error:  # of several labs, the student may have some only
            if lab is not None:
                raise
            refused += [] if student else [str(error)]
            continue
        cohorts.append(cohort)
        words[cohort.lab] = words_of(the_lab)
        refused += map(say, [*cohort.troubles, *(_held(each) for each in cohort.standings if each.held)])
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
    course: CourseFile = None,
    as_json: Json = False,
) -> None:
    """Write results in the form that a platform reads, with marks by hand (for instructors)."""
    from grader.intake.roster import read_roster
    from grader.renderers.setting import Setting
    from grader.renderers.words import words_of
    from grader.renderers.writing import write_files
    from grader.results.rules import rules_at

    renderer = renderers.renderer_of("export", platform_format)
    people = read_roster(roster) if roster else []
    rules = rules_at(course)
    written: list[Path] = []
    refused: list[str] = []
    to_come: list[str] = []
    found = False
    for the_lab in _labs_with_results(lab, out, refused):
        try:
            read = _standings(out, the_lab, student, rules)
        except Refused:  # of several labs, the student may have some only
            if lab is not None:
                raise
            continue
        found = True
        standings = [each for each in read if not isinstance(each, Finding) and not each.held]
        refused += [say(each if isinstance(each, Finding) else _held(each)) for each in read if each not in standings]
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


def _cohort(lab: Lab, out: Path, student: str | None, rules: "Rules | None") -> "Cohort":
    """What lies in the folder, whether the last run went to its end, and whom the rules name in vain."""
    from grader import codes
    from grader.batch import runlog
    from grader.results.cohort import read_cohort

    cohort = read_cohort(out, lab.name, student, rules)
    _log_changes(out, cohort.standings, rules)
    if student is None and rules:
        cohort = dataclasses.replace(cohort, troubles=[*cohort.troubles, *rules.in_vain(out)])
    if student is None and runlog.last_stopped(runlog.read(out / runlog.FILE), lab.name):
        return dataclasses.replace(cohort, troubles=[*cohort.troubles, codes.RUN_STOPPED(lab=lab.name)])
    return cohort


def _standings(out: Path, lab: Lab, student: str | None, rules: "Rules | None") -> "list[Standing | Finding]":
    """Where each student stands, or why that cannot be read, and whom the rules name in vain. Refused where there is no
    result at all."""
    from grader.results.standing import standings_in

    found = standings_in(out, lab.name, student, rules)
    _log_changes(out, [each for each in found if not isinstance(each, Finding)], rules)
    return [*found, *(rules.in_vain(out) if rules and student is None else [])]


def _log_changes(out: Path, standings: "Sequence[Standing]", rules: "Rules | None") -> None:
    """Logs what the rules or an override changed since the points were last looked at."""
    from grader.batch import runlog
    from grader.results import audit

    if rules:
        audit.record(out, standings, runlog.who(), runlog.now())


def _held(standing: "Standing") -> Finding:
    return codes.NOT_SHOWN(student=printable(standing.graded.student), why=standing.held)


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
