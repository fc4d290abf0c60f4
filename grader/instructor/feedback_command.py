"""The command of an instructor that hands results back: feedback."""

import json
from pathlib import Path
from typing import Annotated

import typer

from grader.lab import find_lab, solutions_folder
from grader.renderers.feedback import Form, find_results, harmless, write_feedback
from grader.screen import Json, LabName, console, shown


def feedback(
    lab: LabName,
    out: Annotated[Path, typer.Option(help="where grading put the results")] = Path("graded"),
    to: Annotated[Path, typer.Option(help="where <student>/<lab>/feedback.html goes")] = Path("feedback"),
    form: Annotated[Form, typer.Option("--format", help="a page, or Markdown")] = "html",
    student: Annotated[str | None, typer.Option(help="only this one's")] = None,
    as_json: Json = False,
) -> None:
    """Write for each student what they may see of their result: no hidden value, no seed (for instructors)."""
    name = find_lab(lab, solutions_folder()).name
    written, refused = write_feedback(find_results(out, name, student), to, form)
    if as_json:
        print(json.dumps({"written": [str(path) for path in written], "refused": refused}, indent=1))
    else:
        for sentence in refused:
            console.print(harmless(sentence))
        console.print(f"{len(written)} written: {harmless(shown(to))}/<student>/{name}/feedback.{form}")
    if refused:
        raise typer.Exit(1)
