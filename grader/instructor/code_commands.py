"""The commands of an instructor that look at the students' code without grading it: similar and questions."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from grader import codes
from grader.errors import Refused
from grader.findings import Finding, needs_person
from grader.lab import Lab, find_lab, solutions_folder
from grader.languages import say
from grader.plain import one_line
from grader.results.view import harmless
from grader.screen import CourseFile, Json, LabName, console, shown

if TYPE_CHECKING:
    from grader.defence.questions import Question
    from grader.intake.versions import Submission
    from grader.similarity.folder import Folder
    from grader.similarity.pairs import Found

    Asked = Sequence[Question] | Finding  # a student's questions, or why there are none

Problems = Iterable[tuple[str, Finding]]  # of a student


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.command()(similar)
    app.command()(questions)


# --- similar ----------------------------------------------------------------------------------------------------------


def similar(
    lab: Annotated[str | None, typer.Argument(help="lab3, or 3, or the name of its folder")] = None,
    submissions: Annotated[
        Path | None, typer.Argument(help="holds <student>/<lab>/ or an archive for each student")
    ] = None,
    dest: Annotated[Path, typer.Option(help="the folder to write")] = Path("similar"),
    blind: Annotated[
        bool, typer.Option("--blind", help="pseudonyms in place of names; who is who goes to DEST-names.csv")
    ] = False,
    read: Annotated[
        Path | None, typer.Option(help="show a result: Dolos's folder (-f csv), JPlag's file, or their table of pairs")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="of a result, how many pairs")] = 30,
    as_json: Json = False,
) -> None:
    """Write the code of all students as a folder for JPlag and Dolos, or show their result: pairs to look at, never a
    verdict (for instructors)."""
    if read is not None:
        from grader.similarity import pairs

        _show(pairs.read(read, most), most, as_json)
        return
    if lab is None or submissions is None:
        raise Refused("similar_what")
    from grader.similarity.folder import write_folder

    the_lab = find_lab(lab, solutions_folder())
    folder = write_folder(the_lab, submissions, dest, _readme(the_lab, blind), blind)
    _tell(folder, dest, as_json)
    if not folder.is_whole:
        raise typer.Exit(1)


def _readme(lab: Lab, blind: bool) -> str:
    """The README.md of the folder: what lies in it, and what to type."""
    from grader.similarity.pairs import tools

    parts = [say("similar_readme", lab=lab.name, files=lab.code_files)]
    parts += [say("similar_readme_blind")] if blind else []
    for name, tool in sorted(tools().items(), reverse=True):
        commands = "\n".join(f"    {command}" for command in tool.commands(lab.code_files))
        parts += [say(f"similar_readme_{name}"), commands]
    parts += [say("similar_readme_end"), say("no_verdict")]
    return "\n\n".join(parts) + "\n"


def _tell(folder: "Folder", dest: Path, as_json: bool) -> None:
    names_file = shown(folder.names_file) if folder.names_file else None
    if as_json:
        problems = [{"student": student, "problem": say(finding)} for student, finding in folder.problems]
        left = [say(finding) for finding in folder.left]
        said = {"folder": str(dest), "students": len(folder.names), "names": names_file}
        print(json.dumps({**said, "problems": problems, "left": left}, indent=1))
        return
    _print_problems("similar_problems", folder.problems)
    if folder.left:
        console.print(say("left_over"))
        for finding in folder.left:
            console.print(f"  {one_line(say(finding), 500)}")
    written = say("similar_written", count=len(folder.names), folder=f"{shown(dest)}/", readme="README.md")
    console.print(harmless(written))
    if names_file:
        console.print(harmless(say("similar_names_written", path=names_file)))


def _print_problems(heading: str, problems: Problems) -> None:
    listed = [*problems]
    if listed:
        console.print(say(heading, count=len({student for student, _ in listed})))
    for student, finding in listed:
        console.print(f"  {harmless(student)}: {one_line(say(finding), 500)}")


def _show(found: "Found", most: int, as_json: bool) -> None:
    """The pairs as a table, the most similar first, and what they are not."""
    if as_json:
        pairs = [dataclasses.asdict(pair) for pair in found.pairs]
        said = {"tool": found.tool, "unit": found.unit, "count": found.count, "pairs": pairs, "note": say("no_verdict")}
        print(json.dumps(said, indent=1))
        return
    console.print(say("pairs_of_tool", tool=found.tool, count=found.count, shown=len(found.pairs)))
    if found.pairs:
        table = Table(box=None)
        for column in ("column_one_student", "column_other_student"):
            table.add_column(say(column), overflow="fold")
        measures = [*found.pairs[0].similarity]
        for measure in measures:
            table.add_column(measure, justify="right")
        table.add_column(say("column_longest", unit=found.unit), justify="right")
        table.add_column(say("column_files"), overflow="fold")
        for pair in found.pairs:
            shares = [f"{pair.similarity[measure]:.3f}" for measure in measures]
            cells = [*pair.students, *shares, "" if pair.longest is None else str(pair.longest), "\n".join(pair.files)]
            table.add_row(*(Text(_lines(cell)) for cell in cells))
        console.print(table)
    console.print(say("no_verdict"))


def _lines(cell: str) -> str:
    return "\n".join(harmless(line) for line in cell.split("\n"))


# --- questions --------------------------------------------------------------------------------------------------------


def questions(
    lab: LabName,
    submissions: Annotated[Path, typer.Option(help="what was handed in and graded")],
    out: Annotated[Path, typer.Option(help="where grading put the results")] = Path("graded"),
    dest: Annotated[Path, typer.Option(help="the file to write, in Markdown")] = Path("questions.md"),
    student: Annotated[str | None, typer.Option(help="only this one's")] = None,
    seed: Annotated[int, typer.Option(help="another one draws others")] = 0,
    course: CourseFile = None,
    as_json: Json = False,
) -> None:
    """Write two questions for each student about code of theirs, or of their group's, that earned full points, for an
    instructor who wants to ask (for instructors)."""
    from grader.defence.page import page, sentence
    from grader.results.rules import rules_at
    from grader.results.whole import write_whole

    the_lab = find_lab(lab, solutions_folder())
    rules = rules_at(course)
    groups = [group.members for group in rules.course.groups_of(the_lab.name)] if rules else []
    asked = _asked(the_lab, submissions, groups, out, student, seed)
    none = [(name, found) for name, found in asked.items() if isinstance(found, Finding)]
    if as_json:
        said = {
            name: say(found)
            if isinstance(found, Finding)
            else [{**dataclasses.asdict(each), "question": sentence(each)} for each in found]
            for name, found in asked.items()
        }
        print(json.dumps({"lab": the_lab.name, "seed": seed, "students": said}, indent=1))
    else:
        try:
            write_whole(dest, page(the_lab.name, seed, asked).encode())
        except OSError as error:
            raise Refused("not_written", 3, path=str(dest), reason=error.strerror or "") from None
        _print_problems("without_questions", none)
        console.print(harmless(say("questions_written", count=len(asked) - len(none), path=shown(dest))))
    if any(needs_person(found) for _, found in none):
        raise typer.Exit(1)


def _asked(
    lab: Lab, folder: Path, groups: Sequence[Sequence[str]], out: Path, student: str | None, seed: int
) -> "dict[str, Asked]":
    """Each student's questions, none of them those of the student before; a finding for whoever has none. Refused where
    there is no result, or no submission."""
    from grader.intake.submissions import find_submissions
    from grader.results.standing import results_of

    results_of(out, lab.name, student)  # Refused where there is none of this student
    results = {path.parts[-3]: path for path in results_of(out, lab.name)}
    submissions = {each.student: each for each in find_submissions(folder, lab, None, groups).submissions}
    asked: dict[str, Asked] = {}
    before: Sequence[Question] = ()
    for name in sorted(results.keys() | submissions.keys()):
        found = _questions_of(lab, results.get(name), submissions.get(name), folder, seed, before)
        before = [] if isinstance(found, Finding) else found
        asked[name] = found
    return asked if student is None else {student: asked[student]}


def _questions_of(
    lab: Lab,
    path: Path | None,
    submission: "Submission | None",
    folder: Path,
    seed: int,
    before: "Sequence[Question]",
) -> "Asked":
    from grader.defence.questions import questions_for, solved
    from grader.intake.archives import NothingUsable
    from grader.intake.sources import Unreadable
    from grader.intake.versions import staged_of
    from grader.results.standing import read_standing

    if path is None:
        return codes.NOT_GRADED_YET()
    if submission is None:
        return codes.NOT_HANDED_IN_THERE(folder=str(folder))
    try:
        result = read_standing(path).graded
        staged = staged_of(submission, lab)
    except (Refused, NothingUsable, Unreadable) as error:
        return error.finding
    if staged.digest() != result.submission_hash:
        return codes.OTHER_FILES_LIE_THERE(folder=str(folder))
    tasks = solved(result, lab)
    if not tasks:
        return codes.NO_TASK_SOLVED()
    return questions_for(lab, submission.student, tasks, staged.files, seed, before) or codes.NOTHING_TO_ASK()
