"""The commands of an instructor: grade."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from grader.cli import Json, LabName, app, console, shown
from grader.lab import find_lab, solutions_folder


@app.command()
def grade(
    lab: LabName,
    submissions: Annotated[Path, typer.Argument(help="holds <student>/<lab>/ or an archive for each student")],
    out: Annotated[Path, typer.Option(help="where <student>/<lab>/result.json goes")] = Path("graded"),
    seed: Annotated[int | None, typer.Option(help="draws the hidden cases; without it, a new one")] = None,
    milestones: Annotated[bool, typer.Option(help="play what training saved")] = True,
    as_json: Json = False,
) -> None:
    """Grade all submissions to a lab: a result for each, a table, and what needs a person (for instructors)."""
    import secrets

    from rich.progress import track

    from grader.instructor import batch, grading, table
    from grader.instructor.submissions import find_submissions
    from grader.instructor.workers import WarmParent

    the_lab = find_lab(lab, solutions_folder())
    found = find_submissions(submissions, the_lab)
    seed = secrets.randbelow(2**31) if seed is None else seed
    progress = Console(stderr=True)
    with WarmParent() as parent:
        run = grading.open_run(the_lab, parent, seed, milestones)
        grading_all = batch.grade_all(run, found, out)
        done = list(track(grading_all, f"grading {the_lab.name}", total=len(found), console=progress, transient=True))
    if as_json:
        print(json.dumps([msgspec.to_builtins(item.result) for item in done], indent=1))
    else:
        table.print_summary(console, done)
        console.print(
            f"\n{len(done)} graded with seed {seed}; the results are in {shown(out)}/<student>/{the_lab.name}/"
        )
    if any(item.result.errors() for item in done):
        raise typer.Exit(3)
    if any(item.attention for item in done):
        raise typer.Exit(1)
