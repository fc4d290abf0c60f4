"""The commands of an instructor that grade: grade and regrade; those that read results are in results_commands.py."""

import contextlib
import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.instructor import (
    autograder_commands,
    cluster_commands,
    code_commands,
    gradebook_commands,
    hand_in_commands,
    points_commands,
    results_commands,
)
from grader.lab import Lab, find_lab, solutions_folder
from grader.languages import say
from grader.screen import (
    CourseFile,
    ExecutorName,
    Json,
    LabName,
    LateCommand,
    SandboxName,
    SchedulerName,
    Screen,
    console,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.batch.batch import Batch, Options
    from grader.grading.rows import Row

Out = Annotated[Path, typer.Option(help="where <student>/<lab>/result.json goes")]
CourseKey = Annotated[
    Path | None, typer.Option(help="the course's key: what its students' keys did not sign needs a person")
]
Shared = Annotated[
    Path | None, typer.Option(help="a folder that all machines of the cluster see: work travels in it, not by Dask")
]
Certificates = Annotated[
    Path | None, typer.Option(help="the cluster's certificates, as grader certificates wrote them")
]
Jobs = Annotated[int | None, typer.Option(min=1, help="submissions at a time; without it, one for each core")]


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    hand_in_commands.add_to(app)
    cluster_commands.add_to(app)
    results_commands.add_to(app)
    points_commands.add_to(app)
    code_commands.add_to(app)
    autograder_commands.add_to(app)
    gradebook_commands.add_to(app)
    for command in (grade, regrade):
        app.command(cls=LateCommand)(command)


def grade(
    lab: LabName,
    submissions: Annotated[Path, typer.Argument(help="holds <student>/<lab>/ or an archive for each student")],
    out: Out = Path("graded"),
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="of the hidden cases; else a new one after a hand-in"),
    ] = None,
    student: Annotated[list[str] | None, typer.Option(help="only this student; may be given more than once")] = None,
    force: Annotated[bool, typer.Option("--force", help="grade what is graded and unchanged, too")] = False,
    milestones: Annotated[bool, typer.Option(help="play what training saved")] = True,
    jobs: Jobs = None,
    executor: ExecutorName = "local",
    scheduler: SchedulerName = "",
    shared: Shared = None,
    certificates: Certificates = None,
    sandbox: SandboxName = "auto",
    course_key: CourseKey = None,
    course: CourseFile = None,
    as_json: Json = False,
) -> None:
    """Grade all submissions to a lab that are not graded yet: a result for each, a table, and what needs a person."""
    _one_thread()
    from grader.batch import batch
    from grader.results.rules import rules_at

    rules = rules_at(course)
    the_lab = find_lab(lab, solutions_folder())
    options = batch.Options(
        submissions,
        out,
        _sandbox(the_lab, sandbox, scheduler),
        seed,
        student or None,
        milestones,
        force,
        jobs,
        "dask" if scheduler else executor,
        course_key=course_key,
        rules=rules,
        scheduler=scheduler,
        shared=shared,
        certificates=certificates,
    )
    sys.exit(_grade(the_lab, options, as_json))  # not typer.Exit, which has cli.main say of a stop that it was one


def regrade(
    lab: LabName,
    seed: Annotated[
        int | None, typer.Option(help="all that the run with this seed graded; without it, what the change concerns")
    ] = None,
    submissions: Annotated[Path | None, typer.Argument(help="without it, where that run found them")] = None,
    out: Out = Path("graded"),
    changes: Annotated[
        Path | None, typer.Option(help="where the changes go, as FILE.csv and FILE.json; else beside the results")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say who would gain or lose: write nothing")] = False,
    jobs: Jobs = None,
    executor: ExecutorName = "local",
    scheduler: SchedulerName = "",
    shared: Shared = None,
    certificates: Certificates = None,
    sandbox: SandboxName = "auto",
    course_key: CourseKey = None,
    course: CourseFile = None,
    as_json: Json = False,
) -> None:
    """Grade once more what a mended check concerns, or all that a run graded, with the same hidden cases, and say who
    gains or loses by which check (for instructors)."""
    _one_thread()
    from grader.batch import batch
    from grader.grading.depends import in_short
    from grader.instructor import regrading
    from grader.results import changes as changed
    from grader.results.rules import rules_at

    the_lab = find_lab(lab, solutions_folder())
    rules = rules_at(course)
    start = batch.earlier_run(the_lab, seed, out)
    options = batch.Options(
        submissions or Path(start.submissions),
        out,
        _sandbox(the_lab, sandbox, scheduler),
        start.seed,
        start.students,
        start.milestones,
        force=seed is not None,  # else only what does not hold any more
        jobs=jobs,
        executor="dask" if scheduler else executor,
        course_key=course_key,
        rules=rules,
        scheduler=scheduler,
        shared=shared,
        certificates=certificates,
    )
    for finding in in_short(batch.differences(the_lab, start)):
        print(say("not_as_it_was", what=finding), file=sys.stderr)
    before = regrading.results_by_student(out, the_lab.name, rules)
    with regrading.copied(out, the_lab.name) if dry_run else contextlib.nullcontext(out) as where:
        options = dataclasses.replace(options, out=where)

        def compare(done: "Batch") -> None:
            reached = {row.student for row in done.rows}
            after = regrading.results_by_student(where, the_lab.name, rules)
            compared = regrading.Compared(before, {name: after[name] for name in reached & after.keys()})
            if dry_run:
                if as_json:
                    print(changed.as_json(compared.changes), end="")
                    return
                compared.print(console)
                console.print(say("dry_run"))
                return
            written = compared.write(changes or out / f"{the_lab.name}-regrade-{done.run}")
            if not as_json:
                compared.print(console)
                console.print(say("changes_are_in", files=[shown(path) for path in written]))

        code = _grade(the_lab, options, as_json and not dry_run, compare, quiet=dry_run)
    sys.exit(code)


def _sandbox(lab: Lab, asked: str, scheduler: str) -> str:
    """The sandbox that works here; on a cluster, each worker chooses its own."""
    from grader.sandboxes import choose

    return asked if scheduler else choose(asked, lab.manifest.limits)


def _one_thread() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: the cores are for grading processes


def _grade(
    lab: Lab,
    options: "Options",
    as_json: bool,
    compare: "Callable[[Batch], None]" = lambda _: None,
    quiet: bool = False,
) -> int:
    """Grades, and says what came of it; `compare` says what is not as it was, and where `quiet` nothing else is said of
    the results. Gives the exit code."""
    from grader.batch import batch
    from grader.instructor import table
    from grader.results.groups import groups_file

    screen = Screen(stderr=True)
    with table.progress(screen, lab.name) as show:
        done = batch.grade_all(
            lab,
            options,
            show,
            tell=lambda text: screen.print(text, markup=False),
            planned=lambda plan: None if options.force else table.print_plan(screen, plan),
        )
    if options.rules:
        rows = table.ruled(done.rows, options.out, lab.name, options.rules.afresh())
        done = dataclasses.replace(done, rows=rows)
    if done.trouble:
        print(say(done.trouble), file=sys.stderr)
    if done.left:
        stopped = "stopped_with_force" if options.force else "stopped"
        print(say(stopped, done=len(done.rows), total=done.total), file=sys.stderr)
        compare(done)
    elif quiet:
        table.print_attention(screen, done.rows)
        compare(done)
    elif as_json:
        _print_json(lab, options.out, done.rows)
        table.print_left_over(screen, done.left_over)
        compare(done)
    else:
        table.print_summary(console, done.rows, done.left_over)
        table.print_alike(console, done.alike, shown(groups_file(options.out, lab.name)))
        compare(done)
        unchanged = done.count("unchanged")
        graded = done.total - unchanged - sum(map(done.count, table.NO_RESULT))
        said = [say("graded_with_seed", count=graded, seed=str(done.seed))] if graded else []
        said += [say("held", count=unchanged)] if unchanged else []
        said.append(say("results_are_in", folder=f"{shown(options.out)}/<student>/{lab.name}/"))
        console.print("\n" + say("clause_separator").join(said))
    return done.exit_code


def _print_json(lab: Lab, out: Path, rows: "list[Row]") -> None:
    """The results as a list, read from their files one after another: all of them together may be large."""
    from grader.instructor.table import NO_RESULT
    from grader.results.folder import result_path

    paths = [result_path(out, row.student, lab.name) for row in rows if row.what not in NO_RESULT]
    print("[")
    for path in paths:
        print(path.read_text(encoding="utf-8") + ("" if path == paths[-1] else ","))
    print("]")
