"""The commands of an instructor that come before grading: collect and keys."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from grader import handin
from grader.errors import Refused
from grader.findings import Finding
from grader.lab import find_lab, solutions_folder
from grader.languages import say
from grader.plain import one_line, printable
from grader.screen import LATE_HELP, LateCommand, console, shown

Roster = Annotated[Path | None, typer.Option(help="a CSV with a column for ids, and names and e-mail addresses")]


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.command(cls=LateCommand)(collect)
    app.command()(keys)
    LATE_HELP["platform"] = lambda: f"the learning platform: {_platforms()}"


def _platforms() -> str:
    from grader.intake import platforms

    return platforms.described()


def collect(
    export: Annotated[Path, typer.Argument(help="what the platform gave you: a zip, or a folder where it is unpacked")],
    platform: Annotated[str, typer.Option("--from", help="the learning platform")],
    roster: Roster = None,
    to: Annotated[Path, typer.Option(help="where <student>/ goes")] = Path("submitted"),
    lab: Annotated[str | None, typer.Option(help="puts it into <student>/<lab>/")] = None,
) -> None:
    """Turn a learning platform's export into folders that can be graded, with a table of who is who."""
    from grader.intake import collect as collecting
    from grader.intake.platforms import platform_of
    from grader.intake.roster import read_roster

    people = read_roster(roster) if roster else []
    folder = find_lab(lab, solutions_folder()).name if lab else None
    collected = collecting.collect(export, platform_of(platform), people, to, folder)
    file = to.with_name(f"{to.name}.csv")
    try:
        file.write_text(collecting.table(collected, say), encoding="utf-8")
    except OSError as error:
        raise Refused("not_written", 3, path=str(file), reason=error.strerror or "") from None
    table = Table(box=None)
    for column in ("student", "name", "email", "platform", "when", "taken", "older", "remark"):
        table.add_column(say(f"column_{column}"), overflow="fold")
    for row in collected.rows():
        table.add_row(*(Text(_cell(cell)) for cell in row))
    console.print(table)
    if collected.left:
        console.print("\n" + say("not_all_placed", count=len(collected.left)))
        for finding in collected.left:
            console.print(f"  {one_line(say(finding))}")
    console.print("\n" + say("collected", count=len(collected.placed), folder=f"{shown(to)}/", table=shown(file)))
    if not collected.is_whole:
        raise typer.Exit(1)


def _cell(cell: str | Finding) -> str:
    return say(cell) if isinstance(cell, Finding) else printable(cell)


def keys(
    roster: Annotated[Path, typer.Argument(help="a CSV with a column for ids")],
    course_key: Annotated[Path, typer.Option(help="the course's key; it is made where there is none")] = Path(
        "course.key"
    ),
    to: Annotated[Path, typer.Option(help="where <student>/student.key goes")] = Path("keys"),
) -> None:
    """Make a key for each student of a roster, with which `submit` signs what is handed in."""
    from grader.intake.roster import read_roster

    people = read_roster(roster)
    if unfit := [person.id for person in people if not handin.is_student_id(person.id)]:
        raise Refused("no_students_id", name=unfit[0])
    try:
        if not course_key.exists():
            with os.fdopen(os.open(course_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
            console.print(say("course_key_written", path=shown(course_key)))
        secret = handin.read_secret(course_key)
        for person in people:
            path = to / person.id / handin.KEY_FILE
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(handin.student_key(secret, person.id) + "\n", encoding="utf-8")
    except OSError as error:
        raise Refused("not_written", 3, path=str(error.filename), reason=error.strerror or "") from None
    console.print(say("keys_written", count=len(people), folder=shown(to), file=handin.KEY_FILE))
