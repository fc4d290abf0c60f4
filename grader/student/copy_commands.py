"""The commands of a student that are about the copy of the kit and about what was handed in: update, verify."""

from pathlib import Path
from typing import Annotated

import typer

from grader.errors import Refused
from grader.lab import ROOT
from grader.languages import say
from grader.screen import console, shown


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.command()(update)


def update(
    source: Annotated[Path, typer.Argument(help="the newer release: its zip, or the folder it was unpacked to")],
) -> None:
    """Take a newer release over: your code, answers, runs and keys stay, and what changed is said."""
    from grader.student.update.plan import plan, student_files
    from grader.student.update.released import read_release
    from grader.student.update.swap import carry_out, finish_earlier
    from grader.student.update.words import sentences

    if source == Path():
        raise Refused("update_from_where")
    if finish_earlier(ROOT):
        console.print(say("update_finished"))
    release = read_release(source)
    planned = plan(ROOT, release)
    if not planned.changes:
        console.print(say("update_nothing"))
        return
    done = say("update_done")  # before the sentences themselves are replaced
    backup = carry_out(ROOT, planned, student_files(release))
    console.print(done)
    for sentence in sentences(planned, ROOT, backup):
        console.print(f"  - {sentence}")
    console.print(say("update_backup", folder=f"{shown(backup)}/"))
