"""The command that says which sandbox is in use, and proves it: doctor."""

import dataclasses
import json
from typing import Annotated

import typer

from grader.cli import Json, app, console

SandboxName = Annotated[
    str,
    typer.Option(
        help="auto (the strongest that works here), docker, podman, bubblewrap, unshare, process (the inner layer "
        "alone), or none (no protection; marks every result)"
    ),
]


@app.command()
def doctor(sandbox: SandboxName = "auto", as_json: Json = False) -> None:
    """Say which sandbox grading uses here and what it stops, by trying each (for instructors)."""
    from grader.instructor.doctor import examine, print_findings

    findings = examine(sandbox)
    if as_json:
        print(json.dumps({**dataclasses.asdict(findings), "holds": findings.holds}, indent=1))
    else:
        print_findings(console, findings)
    if not findings.holds:
        raise typer.Exit(1)
