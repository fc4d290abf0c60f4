"""The command of an instructor who sets up a cluster: its certificates, and how its machines are started with them."""

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from grader.errors import Refused
from grader.languages import say
from grader.screen import console, shown


def add_to(app: typer.Typer) -> None:
    app.command()(certificates)


def certificates(
    to: Annotated[Path | None, typer.Option(help="the folder; without it, cluster-certificates")] = None,
) -> None:
    """Write the certificates by which a cluster's machines know each other, and say how these are started."""
    from grader.cluster import VARIABLES
    from grader.cluster import certificates as made

    if importlib.util.find_spec("distributed") is None:
        raise Refused("cluster_not_installed")
    folder = to or Path(made.USUAL)
    made.write(folder)
    options = made.options(folder.name)
    alone = "--nworkers auto --nthreads 1 --memory-limit 0 --no-dashboard"
    console.print(
        say(
            "certificates_written",
            folder=shown(folder),
            scheduler=f"    .venv/bin/dask scheduler --port 8786 --dashboard-address localhost:8787 {options}",
            variables="    export " + " ".join(map("=".join, VARIABLES.items())),
            worker=f"    .venv/bin/dask worker tls://HOST:8786 {alone} {options}",
            grade="    make grade LAB=lab3 SUBMISSIONS=submitted/ SCHEDULER=tls://HOST:8786",
        )
    )
