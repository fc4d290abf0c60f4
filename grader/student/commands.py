"""The commands of a student: check, watch, progress, debug, hint, reset, submit, notebook, run."""

import contextlib
import difflib
import importlib.util
import itertools
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from grader import codes
from grader.errors import Refused
from grader.handin import KEY_FILE
from grader.lab import ROOT, find_lab, labs_folder
from grader.lab.loading import hides_modules
from grader.languages import say
from grader.screen import CourseFile, Json, LabName, console, shown
from grader.student import copy_commands

TaskName = Annotated[str | None, typer.Option("--task", help="a task's name or number, or one of its functions")]

Form = Annotated[
    Literal["table", "lines"],
    typer.Option("--format", help="table, or lines for editors: file:line:col: severity: message"),
]


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    for command in (check, watch, progress, debug, hint, reset, submit, notebook):
        app.command()(command)
    copy_commands.add_to(app)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run)


def check(lab: LabName, task: TaskName = None, as_json: Json = False, form: Form = "table") -> None:
    """Run a lab's public checks: what passes, what is wrong, what to do next."""
    from grader.student import checking, lines, table
    from grader.student.printed import first_lines
    from grader.student.remembered import remember_all
    from grader.student.uses import fingerprints

    checking.few_threads()
    the_lab = find_lab(lab, labs_folder())
    the_task = the_lab.task(task) if task else None
    code = fingerprints(the_lab)
    for_program = as_json or form == "lines"
    with contextlib.redirect_stdout(sys.stderr) if for_program else contextlib.nullcontext():  # a student's own prints
        session = checking.open_session(the_lab)
        checked = checking.run_public_checks(session, the_task)
        if for_program:
            for line in itertools.chain(*(first_lines(item.printed) for item in checked)):
                print(line)
    remember_all(the_lab, checked, code)
    results = [result for item in checked if (result := item.result())]
    if as_json:
        print(json.dumps([msgspec.to_builtins(result) for result in results], indent=1))
    elif form == "lines":
        print(*lines.lines_of(table.Screen(session, checked, [], checking.QuizState(0), whole_lab=False)), sep="\n")
    else:
        states, quiz = checking.milestone_states(session.lab), checking.quiz_state(session.lab)
        table.Screen(session, checked, states, quiz, whole_lab=the_task is None).show_on(console)
    if any(result.outcome != "passed" for result in results):
        raise typer.Exit(1)


def watch(lab: LabName, task: TaskName = None, form: Form = "table") -> None:
    """Check what each save touches, in half a second, and show the one thing to do next. Keys do the rest."""
    if not hasattr(os, "fork"):
        raise Refused("watch_needs_fork", lab=lab)
    from grader.student.remembered import remembered
    from grader.student.watch import loop

    the_lab = find_lab(lab, labs_folder())
    kept = remembered(the_lab)
    tasks = the_lab.manifest.tasks
    open_tasks = [each for each in tasks if each.name not in kept.checked or not kept.checked[each.name].passed]
    known = [each for each in tasks if each.name == kept.watching]
    the_task = the_lab.task(task) if task else (known or open_tasks or tasks)[0]
    raise typer.Exit(loop.watch(the_lab, the_task, lines=form == "lines"))


def progress(
    check_again: Annotated[bool, typer.Option("--check", help="first check the labs that were changed")] = False,
    as_json: Json = False,
) -> None:
    """Say how far all labs are, from what their last checks found."""
    from grader.student import progress as progressing

    labs = progressing.progress()
    for each in labs if check_again else []:
        if each.stale:
            print(say("progress_checking", lab=each.lab.name), file=sys.stderr)
            done = subprocess.run(
                [sys.executable, "-m", "grader", "check", each.lab.name, "--json"], stdout=subprocess.PIPE
            )
            if done.returncode > 1:
                raise typer.Exit(done.returncode)
    labs = progressing.progress() if check_again else labs
    if as_json:
        print(json.dumps([each.facts() for each in labs], indent=1))
        return
    for part in progressing.screen(labs):
        console.print(part)


def debug(lab: LabName, task: TaskName = None) -> None:
    """Open a debugger in your own function, with the inputs of the public case that fails."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from grader.student import debugging

    the_lab = find_lab(lab, labs_folder())
    debugging.debug(the_lab, the_lab.task(task) if task else None)


def hint(lab: LabName, task: TaskName = None) -> None:
    """Give the next hint for a task."""
    from grader.student import hints

    the_lab = find_lab(lab, labs_folder())
    if task is None:
        raise Refused("hint_for_which", lab=the_lab.name, tasks=the_lab.task_names)
    the_task = the_lab.task(task)
    number, text = hints.next_hint(the_lab, the_task)
    heading = "hint_last" if number == len(the_task.hints) else "hint"
    functions = the_task.functions if len(the_task.functions) > 1 else the_task.name  # hints are of all of a task
    which = {"number": the_task.number, "task": functions, "hint": number, "hints": len(the_task.hints)}
    console.print(f"{say(heading, **which)}\n{text}")


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


def submit(
    lab: LabName,
    student: Annotated[str | None, typer.Option(help="your id; without it, your login name")] = None,
    out: Annotated[Path, typer.Option(help="where the archive goes")] = ROOT / "submissions",
    key: Annotated[Path, typer.Option(help="signs it, where the course gave you one")] = ROOT / KEY_FILE,
    course: CourseFile = None,
) -> None:
    """Check once more, say what is still open, and pack what is handed in into one archive."""
    from grader.results.result import points_text
    from grader.results.rules import rules_at
    from grader.student import checking
    from grader.student import submit as submitting
    from grader.student.remembered import remember_all
    from grader.student.uses import fingerprints

    the_lab = find_lab(lab, labs_folder())
    rules = rules_at(course)
    signs = submitting.read_key(key)
    name = submitting.student_name(student, signs)
    checking.few_threads()
    code = fingerprints(the_lab)
    session = checking.open_session(the_lab)
    checked = checking.run_public_checks(session, thorough=True)
    remember_all(the_lab, checked, code)
    states, quiz = checking.milestone_states(session.lab), checking.quiz_state(session.lab)
    still_open = [*map(say, session.notes), *submitting.what_is_open(session.lab, checked, states, quiz)]
    earned, possible = checking.public_points(checked)
    console.print(say("points_checked", earned=points_text(earned), possible=points_text(possible)))
    if still_open:
        console.print(say("still_open"))
        for sentence in still_open:
            console.print(f"  - {sentence}")
    archive, names = submitting.pack(session.lab, name, out, signs)
    who = "handed_in_signed" if signs else "handed_in_as" if student else "handed_in_as_login"
    console.print(say(who, student=name))
    for packed in names:
        console.print(f"  + {packed}")
    if rules and (sentence := submitting.of_the_time(rules.course, name, the_lab.name, datetime.now(UTC))):
        console.print(sentence)
    console.print(f"\n{shown(archive)}")
    console.print(say("hand_it_in", archive=shown(archive)))


def notebook(lab: LabName) -> None:
    """Open the lab's report in JupyterLab, until Ctrl-C."""
    from grader.lab.report_cells import FILE as REPORT_FILE
    from grader.student import reset as resetting

    the_lab = find_lab(lab, labs_folder())
    if not the_lab.manifest.report:
        raise Refused("lab_without_report", lab=the_lab.name)
    path = the_lab.path(REPORT_FILE)
    if not path.is_file():
        raise Refused("notebook_is_missing", 1, path=shown(path), lab=the_lab.name)
    if not importlib.util.find_spec("jupyterlab"):
        raise Refused("notebook_without_jupyter")
    resetting.report_in_the_readers_language(the_lab)
    os.environ["PYTHONPATH"] = str(ROOT)
    as_root = ["--allow-root"] if os.geteuid() == 0 else []  # in a container, say: who typed it knows it
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *as_root, str(path)])


def run(
    context: typer.Context,
    lab: LabName,
    script: Annotated[str, typer.Argument(help="train, plot, or what else the lab has (make lists it)")],
) -> None:
    """Run one of a lab's scripts; what follows -- is handed on to it."""
    the_lab = find_lab(lab, labs_folder())
    scripts = the_lab.manifest.scripts
    if script not in scripts:
        names = [*scripts, "watch", "hint", "debug", "reset", "submit", "notebook"]
        meant = difflib.get_close_matches(script, names, 1, cutoff=0.5)
        said: dict[str, Any] = {"lab": the_lab.name, "script": script, "scripts": list(scripts), "count": len(scripts)}
        raise Refused("no_such_script", **said, meant=meant[0] if meant else "none")
    if hiding := sorted(hides_modules(the_lab.folder)):  # a script finds it before the module
        raise Refused(codes.HIDES_MODULE(file=f"{hiding[0]}.py", module=hiding[0]))
    path = the_lab.path(scripts[script].file)
    if not path.is_file():
        raise Refused("given_missing", 1, path=str(path))
    if script == "train" and not {"-h", "--help"}.intersection(context.args):
        from grader.student.before_training import nothing_written, warnings

        if nothing_written(the_lab):
            console.print(say("train_nothing", lab=the_lab.name))
            return
        for sentence in warnings(the_lab):
            console.print(f"! {sentence}", style="yellow")
    sys.stdout.flush()
    os.environ["PYTHONPATH"] = str(ROOT)
    started = [sys.executable, "-m", "labs.common.started", str(path)]
    os.execv(sys.executable, [*started, *scripts[script].arguments, *context.args])
