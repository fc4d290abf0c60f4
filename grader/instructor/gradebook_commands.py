"""The commands of an instructor that work with nbgrader: its gradebook written, served, and read back."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.errors import Refused
from grader.findings import Finding, needs_person
from grader.lab import Lab, find_lab, solutions_folder
from grader.languages import say
from grader.results.view import harmless
from grader.screen import CourseFile, Json, LabName, console, shown

if TYPE_CHECKING:
    from grader.gradebook.marks import Taken
    from grader.results.rules import Rules
    from grader.results.standing import Standing

Out = Annotated[Path, typer.Option(help="where grading put the results")]
Folder = Annotated[Path, typer.Option(help="nbgrader's course folder")]
Database = Annotated[
    str | None, typer.Option("--db", help="a URL, as postgresql://user@host/name; without it, a file in the folder")
]
Submissions = Annotated[Path | None, typer.Option(help="the hand-ins: for reports that were not executed")]
By = Annotated[str | None, typer.Option(help="who gave the marks; without it, your login name")]

Said = list[tuple[str, Finding]]  # of a student


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    nbgrader = typer.Typer(no_args_is_help=True, help="Grade reports by hand in nbgrader's formgrader.")
    nbgrader.command("export")(export)
    nbgrader.command("import")(import_marks)
    nbgrader.command("serve")(serve)
    app.add_typer(nbgrader, name="nbgrader")


def export(
    lab: LabName,
    out: Out = Path("graded"),
    submissions: Submissions = None,
    folder: Folder = Path("nbgrader-course"),
    database: Database = None,
    by: By = None,
    course: CourseFile = None,
    as_json: Json = False,
) -> None:
    """Write points and reports into nbgrader's course folder, after marks given there were taken over."""
    from grader.results.rules import rules_at

    the_lab = find_lab(lab, solutions_folder())
    taken, count, said = _export(the_lab, out, submissions, folder, database, by, rules_at(course))
    _finish(the_lab, taken, said, as_json, students=count, folder=str(folder))


def import_marks(
    lab: LabName,
    out: Out = Path("graded"),
    folder: Folder = Path("nbgrader-course"),
    database: Database = None,
    by: By = None,
    course: CourseFile = None,
    as_json: Json = False,
) -> None:
    """Take the points and comments that were given in formgrader over as marks; twice adds nothing."""
    from grader.results.rules import rules_at

    the_lab = find_lab(lab, solutions_folder())
    taken, said = _import(the_lab, out, folder, database, by, rules_at(course))
    _finish(the_lab, taken, said, as_json)


def serve(
    lab: LabName,
    out: Out = Path("graded"),
    submissions: Submissions = None,
    folder: Folder = Path("nbgrader-course"),
    database: Database = None,
    by: By = None,
    course: CourseFile = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="without it, any that is free")] = None,
) -> None:
    """Export, serve formgrader on localhost until Ctrl-C, and take the marks over."""
    import signal
    import threading

    from grader.gradebook.serving import served
    from grader.results.rules import rules_at

    the_lab, rules = find_lab(lab, solutions_folder()), rules_at(course)
    taken, count, said = _export(the_lab, out, submissions, folder, database, by, rules)
    _tell(the_lab, taken, said)
    console.print(say("students_in_gradebook", lab=the_lab.name, count=count, folder=shown(folder)))
    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with served(folder, port) as server:
            console.print(say("formgrader_serves", address=server.address))
            console.print(say("formgrader_ends"))
            while not ended.wait(1):
                server.check()
    finally:
        taken, said = _import(the_lab, out, folder, database, by, rules)
        for number, handler in before.items():
            signal.signal(number, handler)
    _finish(the_lab, taken, said, as_json=False)


def _export(
    lab: Lab,
    out: Path,
    submissions: Path | None,
    folder: Path,
    database: str | None,
    by: str | None,
    rules: "Rules | None",
) -> "tuple[Taken, int, Said]":
    from grader.gradebook.database import opened, url_of
    from grader.gradebook.export import export as write
    from grader.gradebook.folder import set_up
    from grader.gradebook.reports import Reports

    reports = Reports(lab, out, submissions)
    _standings(lab, out, rules)  # refused before anything is written
    url = url_of(folder, database)
    set_up(folder, lab, url)
    with opened(url) as gradebook:
        taken = _take(lab, out, gradebook, by, rules)
        standings, unread = _standings(lab, out, rules)
        try:
            exported = write(lab, standings, gradebook, folder, reports.show)
        except OSError as error:
            raise Refused("not_written", 3, path=str(folder), reason=error.strerror or "") from None
    return taken, exported.students, [*unread, *exported.findings]


def _import(
    lab: Lab, out: Path, folder: Path, database: str | None, by: str | None, rules: "Rules | None"
) -> "tuple[Taken, Said]":
    from grader.gradebook.database import FILE, opened, url_of
    from grader.gradebook.export import refill

    if database is None and not (folder / FILE).is_file():
        raise Refused("no_gradebook", 1, folder=str(folder))
    with opened(url_of(folder, database)) as gradebook:
        taken = _take(lab, out, gradebook, by, rules)
        standings, unread = _standings(lab, out, rules)
        refill(lab, standings, gradebook)
    return taken, unread


def _take(lab: Lab, out: Path, gradebook: Any, by: str | None, rules: "Rules | None") -> "Taken":
    from grader.batch import runlog
    from grader.gradebook.marks import take_marks

    course = rules.course if rules else None
    try:
        return take_marks(lab, out, gradebook, by or runlog.user(), runlog.now(), course)
    except OSError as error:
        raise Refused("not_written", 3, path=str(out), reason=error.strerror or "") from None


def _standings(lab: Lab, out: Path, rules: "Rules | None") -> "tuple[list[Standing], Said]":
    """The results that can be read, as the rules have them now; why the others cannot, and whose points are held, which
    nbgrader knows nothing of. What changed their points is logged."""
    from grader.batch import runlog
    from grader.results import audit
    from grader.results.standing import read_standing, results_of

    rules = rules.afresh() if rules else None
    standings, unread = list["Standing"](), Said()
    for path in results_of(out, lab.name):
        try:
            standings.append(read_standing(path, rules))
        except Refused as error:
            unread.append((path.parts[-3], error.finding))
    unread += [(each.graded.student, each.held) for each in standings if each.held]
    audit.record(out, standings, runlog.who(), runlog.now())
    return standings, unread


def _tell(lab: Lab, taken: "Taken", said: Iterable[tuple[str, Finding]]) -> None:
    for student, finding in [*taken.replaced, *taken.refused, *said]:
        console.print(harmless(say("of_whom", student=student, what=finding)))
    if taken.added or taken.refused:
        console.print(say("marks_taken", lab=lab.name, count=taken.added))


def _finish(lab: Lab, taken: "Taken", said: Said, as_json: bool, students: int | None = None, folder: str = "") -> None:
    """Says what was done; ends with 1 where something was not taken over, or needs a person."""
    if as_json:
        lines = [say("of_whom", student=student, what=finding) for student, finding in [*taken.refused, *said]]
        print(json.dumps({"lab": lab.name, "marks": taken.added, "students": students, "said": lines}, indent=1))
    else:
        _tell(lab, taken, said)
        if students is not None:
            console.print(say("students_in_gradebook", lab=lab.name, count=students, folder=folder))
        elif not taken.added and not taken.refused:
            console.print(say("marks_taken", lab=lab.name, count=0))
    if taken.refused or any(needs_person(finding) for _, finding in said):
        raise typer.Exit(1)
