"""The command of an instructor that makes an autograder for a platform which runs one itself: autograder."""

from pathlib import Path
from typing import Annotated

import typer

from grader.errors import Refused
from grader.lab import find_lab, solutions_folder
from grader.languages import say
from grader.results.result import points_text
from grader.screen import LabName, console, shown

MEGABYTE = 1_000_000


def add_to(app: typer.Typer) -> None:
    """Adds this command to the command line."""
    app.command()(autograder)


def autograder(
    lab: LabName,
    dest: Annotated[Path, typer.Option(help="the file to write")] = Path("autograder.zip"),
    seconds: Annotated[
        int | None, typer.Option(min=60, help="what one submission may take; less than Gradescope's own time limit")
    ] = None,
) -> None:
    """Write autograder.zip, with which Gradescope grades a lab itself; it holds the solutions (for instructors)."""
    from grader.gradescope.bundle import SECONDS, bundle, members
    from grader.results.whole import write_whole

    the_lab = find_lab(lab, solutions_folder())
    data = bundle(the_lab, seconds or SECONDS)
    try:
        write_whole(dest, data)
        dest.chmod(0o600)  # it holds the solutions
    except OSError as error:
        raise Refused("not_written", 3, path=str(dest), reason=error.strerror or "") from None
    count = sum(1 for _ in members(the_lab, seconds or SECONDS))
    values = {"files": count, "size": f"{len(data) / MEGABYTE:.1f}", "points": points_text(the_lab.max_score)}
    console.print(say("autograder_written", path=shown(dest), lab=the_lab.name, **values))
