"""The command `grader`, and what `make` calls: read the arguments, call the piece, say what came of it.

Exit codes: 0 success, 1 a check failed or a file was refused, 2 called wrongly, 3 the grader itself failed, or could
not write; 130 and 143 stopped by Ctrl-C or SIGTERM.
For `grade`: 0 all were graded, 1 a submission needs a person, 3 the grader failed on one.
"""

import dataclasses
import importlib
import io
import json
import os
import sys
from typing import Any

import typer

from grader import parts
from grader.errors import Refused
from grader.languages import FALLBACK, language, say
from grader.screen import Json, LateCommand, SandboxName, console

STOPPED = 130  # what a shell says of a command that was stopped by Ctrl-C


def command_line() -> typer.Typer:
    """The commands of all parts that this copy has; a student's has no others than theirs."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    for part in filter(parts.are_there, parts.WITH_COMMANDS):
        importlib.import_module(f"grader.{part}.commands").add_to(app)
    app.command(cls=LateCommand)(doctor)
    return app


def doctor(sandbox: SandboxName = "auto", as_json: Json = False) -> None:
    """Say what this machine has for the labs, and what is in the way; for instructors, also which sandbox holds."""
    from grader import machine
    from grader.doctor.faults import faults_of, lines
    from grader.doctor.looks import LOOKS
    from grader.lab import ROOT
    from labs.common.translated import _

    described, faults = machine.describe(), faults_of(ROOT, LOOKS)
    told: dict[str, Any] = {"machine": described, "faults": [fault._asdict() for fault in faults]}
    if not as_json:
        console.print(
            "\n".join(
                [
                    *(_("{name}: {words}").format(name=_(name), words=words) for name, words in described.items()),
                    "",
                    *lines(faults),
                ]
            )
        )
    holds = all(not fault.stops for fault in faults)
    if parts.are_there("instructor"):
        from grader.instructor.doctor import examine, print_findings

        findings = examine(sandbox)
        holds = findings.holds  # an image that grades has no work to write to
        told |= {**dataclasses.asdict(findings), "holds": findings.holds}
        if not as_json:
            console.print()
            print_findings(console, findings)
    if as_json:
        print(json.dumps(told, indent=1))
    if not holds:
        raise typer.Exit(1)


def speak_what_can_be_shown() -> None:
    """Where the terminal's encoding has no characters for the reader's language, English is spoken, which is said."""
    wanted, encoding = language(), sys.stdout.encoding or "utf-8"
    try:
        say("next").encode(encoding)
    except UnicodeEncodeError:
        os.environ["LAB_LANG"] = FALLBACK
        print(say("language_not_shown", language=wanted, encoding=encoding), file=sys.stderr)


def main() -> None:
    """Runs the command; what the user did that cannot work is one sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal lacks must not end the command
            stream.reconfigure(errors="replace")
    speak_what_can_be_shown()
    try:
        code = command_line()(standalone_mode=False)
        if code == STOPPED:  # by Ctrl-C, which the library under typer turned into this code
            print(say("stopped_here"), file=sys.stderr)
        sys.exit(code)
    except Refused as refused:
        print(refused, file=sys.stderr)
        sys.exit(refused.exit_code)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        print(say("stopped_here"), file=sys.stderr)
        sys.exit(STOPPED)
    except Exception as error:
        usage = getattr(error, "format_message", None)
        if usage is not None:  # a wrong call, as the library under typer says it
            print(say("called_wrongly", usage=usage()), file=sys.stderr)
            sys.exit(2)
        import traceback

        traceback.print_exc()
        print("\n" + say("grader_itself_failed"), file=sys.stderr)
        sys.exit(3)
