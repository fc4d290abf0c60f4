"""The commands of an author: new, sync, lint, mutate, gpu-check, docs, release."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from grader.errors import Refused
from grader.lab import ROOT, Lab, find_lab, lab_folders, labs_folder, read_lab, solutions_folder
from grader.languages import say
from grader.screen import console, shown


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    for command in (new, sync, lint, mutate, gpu_check, docs, release):
        app.command()(command)


def new(name: Annotated[str, typer.Argument(help="as its folder is called: lab42_words")]) -> None:
    """Write a new lab of one task into solutions/, sound as it is (for authors)."""
    from grader.author.new import new_lab

    files = new_lab(name, solutions_folder())
    console.print(say("lab_written", name=name, files=files))
    console.print(say("lab_next", lab=name.partition("_")[0]))


def sync(
    labs: Annotated[list[str] | None, typer.Argument(help="which labs; without any, all")] = None,
    force: Annotated[bool, typer.Option(help="overwrite a lab that was edited; a backup is kept")] = False,
    only_check: Annotated[
        bool, typer.Option("--check", help="write nothing; exit 1 where labs/ is not derived")
    ] = False,
    only_look: Annotated[
        bool, typer.Option("--look", help="the same, and run nothing: a record of the present code is taken as it is")
    ] = False,
) -> None:
    """Derive labs/ from solutions/ (for authors)."""
    chosen = chosen_labs(labs)
    from grader.author import font, sentences
    from grader.author import sync as syncing

    stale = False
    for language in sentences.languages():
        changed = sentences.differing(language) if only_check or only_look else sentences.update(language)
        stale |= bool(changed) and (only_check or only_look)
        console.print(f"{language}: {', '.join(changed) if changed else 'nothing to change'}")
    if sentences.languages() and (lacking := font.missing() if only_check or only_look else font.update()):
        stale = True
        console.print(f"{font.FONT.name} lacks {lacking}: install fonts-noto-cjk, and make sync writes it anew")
    for lab in chosen:
        target = labs_folder() / lab.folder.name
        if only_check or only_look:
            differing = (syncing.outdated_files if only_look else syncing.stale_files)(lab, target)
            stale |= bool(differing)
            console.print(f"{lab.name}: {', '.join(differing) + ' differ' if differing else 'as derived'}")
        else:
            changed = syncing.sync(lab, target, force)
            console.print(f"{lab.name}: {', '.join(changed) if changed else 'nothing to change'}")
    if stale:
        raise typer.Exit(1)


def lint(
    labs: Annotated[list[str] | None, typer.Argument(help="which labs; without any, all")] = None,
) -> None:
    """Say whether labs are sound: what the reference, the skeleton, mistakes and alternatives earn (for authors)."""
    chosen = chosen_labs(labs)
    from grader.author import lint as linting

    sound = True
    for lab in chosen:
        linted = linting.lint(lab)
        sound &= not linted.faults
        (caught, mistakes), (passing, alternatives) = linted.mistakes, linted.alternatives
        strength, name = linted.weakest
        console.print(
            f"{lab.name}: {caught} of {mistakes} mistakes cost points in their task, {passing} of {alternatives} "
            f"alternatives earn all; the weakest difference is {strength:,.0f} tolerances ({name})"
        )
        for sentence in linted.faults:
            console.print(f"  ✗ {sentence}")
        for pair in linted.alike:
            console.print(f"  · {pair} answer alike on the public cases: neither diagnosis is told at home")
    if not sound:
        raise typer.Exit(1)


def mutate(
    labs: Annotated[list[str] | None, typer.Argument(help="which labs; without any, all")] = None,
    function: Annotated[str, typer.Option(help="only the mutants of this function or class")] = "",
) -> None:
    """Say which mechanical mutants of a lab's reference no check catches (for authors)."""
    chosen = chosen_labs(labs)
    from grader.author import mutate as mutating

    sound = True
    for lab in chosen:
        mutated = mutating.mutate(lab, function)
        console.print(
            f"{lab.name}: {mutated.all} mutants, {mutated.caught} caught, {mutated.equivalent} equivalent, "
            f"{len(mutated.survivors)} neither; {mutated.cpu_seconds:.0f} CPU s"
        )
        for sentence in mutated.faults():
            sound = False
            console.print(f"  ✗ {sentence}", markup=False)
    if not sound:
        raise typer.Exit(1)


def gpu_check(
    out: Annotated[Path, typer.Option(help="the report's path, without its ending")] = ROOT / "docs" / "gpu-report",
    only: Annotated[
        list[str] | None, typer.Option(help="an item, or the first word of several (train); may be repeated")
    ] = None,
    labs: Annotated[
        list[str] | None, typer.Option(help="a lab whose checks and values are looked at; may be repeated; else all")
    ] = None,
    device: Annotated[
        Literal["cuda", "cpu"], typer.Option(help="cpu: a rehearsal, which shows nothing about a GPU")
    ] = "cuda",
    seconds: Annotated[float, typer.Option(help="for all items together")] = 570,
) -> None:
    """Write a report of what only a machine with a GPU can show (for authors)."""
    from grader.author.gpu_check.items import chosen
    from grader.author.gpu_check.report import Item
    from grader.author.gpu_check.run import gpu_check as checking
    from grader.author.gpu_check.run import hardware
    from grader.author.gpu_check.settings import Settings

    items, folders = chosen(only or []), [lab.folder for lab in labs_called(labs)]
    machine = hardware()
    if device == "cuda" and not machine.gpu:
        raise Refused("gpu_check_no_gpu", reason=machine.why_no_gpu)
    if device == "cpu":
        console.print(say("gpu_check_rehearsal"))

    def told(item: Item) -> None:
        values = {"item": item.name, "verdict": item.verdict, "seconds": f"{item.seconds:.0f}"}
        console.print(say("gpu_check_item", **values, found=". ".join(filter(None, (item.figure, item.reason)))))

    report = checking(items, Settings(device, folders), machine, out, seconds, told)
    console.print(say("gpu_check_written", path=shown(out)))
    if any(item.verdict == "failed" for item in report.items):
        raise typer.Exit(1)


def docs(
    out: Annotated[Path, typer.Option(help="the folder to write")] = ROOT / "build" / "site",
) -> None:
    """Build the site of all pages, in English and Chinese (for instructors and authors)."""
    from grader.author.site.build import build

    build(ROOT, chosen_labs(None), out.with_name(f"{out.name}-sources"), out)
    console.print(say("site_built", path=shown(out / "index.html")))


def release(
    out: Annotated[Path, typer.Option(help="the folder to write")] = ROOT / "release",
) -> None:
    """Write the copy of the kit that students get (for instructors)."""
    from grader.author.release import release as releasing

    labs = chosen_labs(None)
    console.print(f"{shown(out)}: {', '.join(releasing(labs, out))}")
    console.print(f"{len(labs)} labs; no line of a solution, a hidden case or a mistake is in it.")


def chosen_labs(names: list[str] | None) -> list[Lab]:
    """The labs of solutions/ with these names, or all. To be called before torch is imported: what checks ask costs
    more on several threads."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return labs_called(names)


def labs_called(names: list[str] | None) -> list[Lab]:
    """The labs of solutions/ with these names, or all."""
    if names:
        return [find_lab(name, solutions_folder()) for name in names]
    return [read_lab(folder) for folder in lab_folders(solutions_folder())]
