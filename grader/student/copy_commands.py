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
    app.command()(verify)


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


def verify(
    archive: Annotated[Path, typer.Argument(help="what you handed in, or will: the file in submissions/")],
    lab: Annotated[str | None, typer.Option(help="lab3, where the archive's name does not say it")] = None,
) -> None:
    """Unpack an archive as grading does, into a fresh copy of the lab, and run the public checks on it."""
    from grader.results.result import points_text
    from grader.student import checking, submit, table
    from grader.student.verify import unpacked

    if archive == Path():
        raise Refused("verify_what")
    checking.few_threads()
    with unpacked(archive, lab) as found:
        session = checking.open_session(found.lab)
        checked = checking.run_public_checks(session, thorough=True)
        states, quiz = checking.milestone_states(found.lab), checking.quiz_state(found.lab)
        console.print(
            say("verify_holds", file=archive.name, student=found.student or "?", files=list(found.staged.files))
        )
        for finding in [*found.findings, *session.notes]:
            console.print(f"  ! {say(finding)}")
        for name in found.differing:
            console.print(f"  ! {say('verify_differs', file=name)}")
        console.print("", table.Screen(session, checked, states, quiz, whole_lab=True).table(), "", sep="\n")
        earned, possible = checking.public_points(checked)
        console.print(say("points_checked", earned=points_text(earned), possible=points_text(possible)))
        still_open = submit.what_is_open(found.lab, checked, states, quiz)
    if still_open:
        console.print(say("still_open"))
        for sentence in still_open:
            console.print(f"  - {sentence}")
    if earned < possible or found.findings:
        raise typer.Exit(1)
