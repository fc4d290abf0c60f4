"""What the commands of all parts share: the screen they write on, and the arguments and options that several have."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperOption

from grader import parts


class Screen(Console):
    """A console that goes on where nobody reads any more (`| head`): the work is not done for the screen."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


console = Screen(highlight=False, soft_wrap=True, markup=False)


def shown(path: Path) -> str:
    """A path as short as it can be said from where the user stands."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)


# --- arguments and options --------------------------------------------------------------------------------------------

LabName = Annotated[str, typer.Argument(help="lab3, or 3, or the name of its folder")]
Json = Annotated[bool, typer.Option("--json", help="say it as JSON, for programs")]
CourseFile = Annotated[
    Path | None, typer.Option("--course", help="the course's rules; without it, course.toml where it lies here")
]
SandboxName = Annotated[str, typer.Option(help="for instructors")]
ExecutorName = Annotated[str, typer.Option(help="where submissions are graded")]
SchedulerName = Annotated[str, typer.Option(help="of a cluster")]


def sandbox_help() -> str:
    """The help of --sandbox: what each one is, in its own words. A student's copy has none."""
    if not parts.are_there("sandboxes"):
        return "for instructors"
    from grader import sandboxes

    described = ", ".join(f"{name} ({backend.DESCRIPTION})" for name, backend in sandboxes.backends().items())
    return f"for instructors: auto (the strongest that works here), {described}"


def executor_help() -> str:
    """The help of --executor: what each one is, in its own words."""
    from grader import executors

    described = ", ".join(f"{name} ({module.DESCRIPTION})" for name, module in executors.executors().items())
    return f"where submissions are graded: {described}"


def scheduler_help() -> str:
    """The help of --scheduler: how each kind is written."""
    from grader.cluster import schedulers

    described = ", ".join(module.DESCRIPTION for module in schedulers.schedulers().values())
    return f"grade on a cluster: {described}"


LATE_HELP: dict[str, Callable[[], str]] = {  # by the option's name
    "executor": executor_help,
    "scheduler": scheduler_help,
    "sandbox": sandbox_help,
}


class LateCommand(TyperCommand):
    """A command with options whose help is made from modules, which are imported only when it is asked for."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for option in self.params:
            if isinstance(option, TyperOption) and option.name in LATE_HELP:
                option.help = LATE_HELP[option.name]()
        super().format_options(ctx, formatter)
