"""The command `grader`, and what `make` calls: read the arguments, call the piece, say what came of it.

Exit codes: 0 success, 1 a check failed or a file was refused, 2 called wrongly, 3 the grader itself failed, or could
not write; 130 and 143 stopped by Ctrl-C or SIGTERM.
For `grade`: 0 all were graded, 1 a submission needs a person, 3 the grader failed on one.
"""

import contextlib
import dataclasses
import importlib.util
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from typer.core import TyperCommand, TyperOption

from grader import parts
from grader.errors import Refused
from grader.lab import ROOT, find_lab, labs_folder
from grader.languages import say

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


class Screen(Console):
    """A console that goes on where nobody reads any more (`| head`): the work is not done for the screen."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


console = Screen(highlight=False, soft_wrap=True, markup=False)

STOPPED = 130  # what a shell says of a command that was stopped by Ctrl-C

LabName = Annotated[str, typer.Argument(help="lab3, or 3, or the name of its folder")]
TaskName = Annotated[str | None, typer.Option("--task", help="a task's name or number, or one of its functions")]
Json = Annotated[bool, typer.Option("--json", help="say it as JSON, for programs")]
SandboxName = Annotated[str, typer.Option(help="for instructors")]


def sandbox_help() -> str:
    """The help of --sandbox: what each one is, in its own words. A student's copy has none."""
    if not parts.are_there("sandboxes"):
        return "for instructors"
    from grader import sandboxes

    described = ", ".join(f"{name} ({backend.DESCRIPTION})" for name, backend in sandboxes.backends().items())
    return f"for instructors: auto (the strongest that works here), {described}"


LATE_HELP: dict[str, Callable[[], str]] = {"sandbox": sandbox_help}  # by the option's name


class LateCommand(TyperCommand):
    """A command with options whose help is made from modules, which are imported only when it is asked for."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for option in self.params:
            if isinstance(option, TyperOption) and option.name in LATE_HELP:
                option.help = LATE_HELP[option.name]()
        super().format_options(ctx, formatter)


@app.command()
def check(lab: LabName, task: TaskName = None, as_json: Json = False) -> None:
    """Run a lab's public checks: what passes, what is wrong, what to do next."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: tensors this small are slower on more threads
    from grader.student import checking, table

    the_lab = find_lab(lab, labs_folder())
    the_task = the_lab.task(task) if task else None
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():  # a student's own prints
        session = checking.open_session(the_lab)
        checked = checking.run_public_checks(session, the_task)
    results = [result for item in checked if (result := item.result())]
    if as_json:
        print(json.dumps([msgspec.to_builtins(result) for result in results], indent=1))
    else:
        states, quiz = checking.milestone_states(session.lab), checking.quiz_state(session.lab)
        table.print_checked(console, session, checked, states, quiz, whole_lab=the_task is None)
    if any(result.outcome != "passed" for result in results):
        raise typer.Exit(1)


@app.command()
def hint(lab: LabName, task: TaskName = None) -> None:
    """Give the next hint for a task."""
    from grader.student import hints

    the_lab = find_lab(lab, labs_folder())
    if task is None:
        raise Refused("hint_for_which", lab=the_lab.name, tasks=the_lab.task_names)
    the_task = the_lab.task(task)
    number, text = hints.next_hint(the_lab, the_task)
    heading = "hint_last" if number == len(the_task.hints) else "hint"
    which = {"number": the_task.number, "task": the_task.name, "hint": number, "hints": len(the_task.hints)}
    console.print(f"{say(heading, **which)}\n{text}")


@app.command()
def reset(
    lab: LabName,
    task: TaskName = None,
    file: Annotated[str | None, typer.Option(help="a whole file that is handed in")] = None,
) -> None:
    """Put a task's functions, or a whole file, back to the skeleton; what was there is kept."""
    from grader.student import reset as resetting

    the_lab = find_lab(lab, labs_folder())
    if (task is None) == (file is None):
        raise Refused("reset_which")
    if task is not None:
        the_task = the_lab.task(task)
        backup: Path | None = resetting.reset_task(the_lab, the_task)
        what = say("functions_in", functions=the_task.functions, file=the_task.file)
        done = "reset_together" if len(the_task.functions) > 1 else "reset_done"
        console.print(say(done, what=what, **({"task": the_task.name} if done == "reset_together" else {})))
    else:
        assert file is not None
        backup = resetting.reset_file(the_lab, file)
        console.print(say("reset_done", what=file))
    if backup:
        console.print(say("kept_in", folder=f"{shown(backup)}/"))


@app.command()
def submit(
    lab: LabName,
    student: Annotated[str | None, typer.Option(help="your id; without it, your login name")] = None,
    out: Annotated[Path, typer.Option(help="where the archive goes")] = ROOT / "submissions",
) -> None:
    """Check once more, say what is still open, and pack what is handed in into one archive."""
    from grader.results.result import points_text
    from grader.student import checking
    from grader.student import submit as submitting

    session = checking.open_session(find_lab(lab, labs_folder()))
    name = submitting.student_name(student)
    checked = checking.run_public_checks(session, thorough=True)
    states, quiz = checking.milestone_states(session.lab), checking.quiz_state(session.lab)
    still_open = submitting.what_is_open(session.lab, checked, states, quiz)
    earned, possible = checking.public_points(checked)
    console.print(say("points_checked", earned=points_text(earned), possible=points_text(possible)))
    if still_open:
        console.print(say("still_open"))
        for sentence in still_open:
            console.print(f"  - {sentence}")
    archive, names = submitting.pack(session.lab, name, out)
    console.print(say("handed_in_as" if student else "handed_in_as_login", student=name))
    for packed in names:
        console.print(f"  + {packed}")
    if session.lab.manifest.report:
        console.print(say("report_elsewhere"))
    console.print(f"\n{shown(archive)}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    lab: LabName,
    script: Annotated[str, typer.Argument(help="train, plot, or what else the lab has (make lists it)")],
) -> None:
    """Run one of a lab's scripts; what follows -- is handed on to it."""
    the_lab = find_lab(lab, labs_folder())
    scripts = the_lab.manifest.scripts
    if script not in scripts:
        raise Refused("no_such_script", lab=the_lab.name, script=script, scripts=list(scripts), count=len(scripts))
    path = the_lab.path(scripts[script].file)
    if not path.is_file():
        raise Refused("given_missing", 1, path=str(path))
    os.environ["PYTHONPATH"] = str(ROOT)
    os.execv(sys.executable, [sys.executable, str(path), *scripts[script].arguments, *context.args])


@app.command(cls=LateCommand)
def doctor(sandbox: SandboxName = "auto", as_json: Json = False) -> None:
    """Say what this machine has for the labs; for instructors, also which sandbox it allows, by trying to break out."""
    from grader import machine

    described = machine.describe()
    if not as_json:
        for name, words in described.items():
            console.print(f"{name}: {words}")
    if not importlib.util.find_spec("grader.instructor"):
        if as_json:
            print(json.dumps({"machine": described}, indent=1))
        return
    from grader.instructor.doctor import examine, print_findings

    findings = examine(sandbox)
    if as_json:
        print(json.dumps({"machine": described, **dataclasses.asdict(findings), "holds": findings.holds}, indent=1))
    else:
        console.print()
        print_findings(console, findings)
    if not findings.holds:
        raise typer.Exit(1)


def shown(path: Path) -> str:
    """A path as short as it can be said from where the user stands."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)


def add_instructors_commands() -> None:
    """The commands of grader/instructor and grader/author, which a student's copy does not have."""
    for part in ("instructor", "author"):
        if importlib.util.find_spec(f"grader.{part}"):
            importlib.import_module(f"grader.{part}.commands")


def main() -> None:
    """Runs the command; what the user did that cannot work is one sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a sign that the terminal's encoding has not is no reason to fail
            stream.reconfigure(errors="replace")
    add_instructors_commands()
    try:
        code = app(standalone_mode=False)
        if code == STOPPED:  # by Ctrl-C, which the library under typer turned into this code
            print("Stopped.", file=sys.stderr)
        sys.exit(code)
    except Refused as refused:
        print(refused, file=sys.stderr)
        sys.exit(refused.exit_code)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        print("Stopped.", file=sys.stderr)
        sys.exit(STOPPED)
    except Exception as error:
        usage = getattr(error, "format_message", None)
        if usage is not None:  # a wrong call, as the library under typer says it
            print(f"{usage()}  (grader --help tells)", file=sys.stderr)
            sys.exit(2)
        import traceback

        traceback.print_exc()
        print("\nThe grader itself failed: the fault is not yours. Please report the lines above.", file=sys.stderr)
        sys.exit(3)
