"""What grading lab 3 costs, beside nbgrader and otter-grader on the same submissions, checks and cases.

    python tests/benchmarks/beside_others.py --venv FOLDER      about half an hour on two cores

The other graders are installed into FOLDER, a virtual environment of their own, once. 70 % of the submissions are
correct, 25 % half done, and in 5 % one function never returns; without and with the last ones. Two jobs at a time:
`nbgrader autograde` and `otter run` know of one job, so two of them run. A cell of nbgrader's may take 60 seconds, and
so may a whole submission of otter's, which knows no limit without Docker. All three have to give the same points.
"""

import argparse
import csv
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from control_group import cpu_clock
from others import exam
from others.exam import Submission, Test

from grader import sandboxes
from grader.grading.reference import Reference, open_reference
from grader.lab import ROOT, Lab, find_lab, solutions_folder

HERE = Path(__file__).resolve().parent
OTHERS = ["nbgrader==0.9.6", "otter-grader==7.0.0"]
AS_OURS = ["torch", "numpy", "jaxtyping", "msgspec", "msgpack", "fluent.runtime"]
JOBS = 2
COUNTED = ("bubblewrap", "unshare", "process")  # a container's processes belong to another program

Points = dict[str, float]  # by student; one without a result is not in it


@dataclasses.dataclass(frozen=True)
class Grader:
    """How a batch, prepared in a folder, is graded, and where its points are read afterwards."""

    name: str
    grade: Callable[[Path], None]
    points: Callable[[Path], Points]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=20, help="all three graders grade so many (default 20)")
    parser.add_argument("--ours", type=int, default=300, help="`grader grade` then grades so many (default 300)")
    parser.add_argument("--venv", type=Path, help="where the other graders are, or go (default: a temporary folder)")
    args = parser.parse_args()

    reference = open_reference(find_lab("lab3", solutions_folder()))
    tests = exam.tests_of(reference)
    submissions = exam.submissions_of(reference, args.submissions)
    many = exam.submissions_of(reference, args.ours, seed=1)
    notes = []
    with tempfile.TemporaryDirectory() as temporary, cpu_clock() as cpu_used:
        venv = args.venv.resolve() if args.venv else Path(temporary) / "venv"
        install(venv)
        print("| grader | submissions | of them hanging | a minute | CPU s for each |\n| --- | --- | --- | --- | --- |")
        for hanging in (False, True):
            batch = chosen(submissions, hanging)
            folder = Path(temporary) / f"batch-{hanging}"
            prepare(folder, reference, tests, batch)
            found = {grader.name: measured(grader, folder, batch, cpu_used) for grader in (OURS, NBGRADER, OTTER)}
            notes += compared(found, tests, batch)
        for hanging in (False, True):
            folder = Path(temporary) / f"many-{hanging}"
            write_files(folder, reference.lab, chosen(many, hanging))
            measured(OURS, folder, chosen(many, hanging), cpu_used)
    print("\n" + "\n".join(notes))


def chosen(submissions: list[Submission], hanging: bool) -> list[Submission]:
    return [submission for submission in submissions if hanging or submission.kind != "hanging"]


def measured(grader: Grader, folder: Path, batch: list[Submission], cpu_used: Callable[[], float]) -> Points:
    """Grades a batch, prints what it cost, and gives the points."""
    before, clock = cpu_used(), time.monotonic()
    grader.grade(folder)
    seconds, cpu = time.monotonic() - clock, cpu_used() - before
    hanging = sum(submission.kind == "hanging" for submission in batch)
    rate, each = 60 * len(batch) / seconds, cpu / len(batch)
    print(f"| {grader.name} | {len(batch)} | {hanging} | {rate:.1f} | {each:.2f} |", flush=True)
    return grader.points(folder)


def compared(found: dict[str, Points], tests: list[Test], batch: list[Submission]) -> list[str]:
    """Ends the program unless all graders agree on every submission that ends. A line for each that does not."""
    full = sum(test.points for test in tests)
    lines = []
    for submission in batch:
        points = {name: round(points.get(submission.student, -1), 2) for name, points in found.items()}
        said = ", ".join(f"{name} {number:g}" if number >= 0 else f"{name} none" for name, number in points.items())
        if submission.kind == "hanging":
            lines.append(f"Points of {submission.student}, which hangs, of {full:g}: {said}.")
            continue
        right = {full} if submission.kind == "correct" else {number for number in points.values() if number < full}
        if len(right) != 1 or set(points.values()) != right:
            raise SystemExit(f"The graders disagree on {submission.student}, which is {submission.kind}: {said}")
    return lines


# --- preparing --------------------------------------------------------------------------------------------------------


def install(venv: Path) -> None:
    """Makes the other graders' commands known, with the libraries in the versions that ours uses."""
    if not (venv / "bin" / "otter").exists():
        run([sys.executable, "-m", "venv", str(venv)])
        # The same wheel, of which the local part of the version (+cpu) tells the source.
        same = [f"{name}=={version(name).partition('+')[0]}" for name in AS_OURS]
        run([venv / "bin" / "pip", "install", "--quiet", *OTHERS, *same])
    os.environ["PATH"] = f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"  # nbgrader looks for its programs there
    os.environ["PYTHONPATH"] = f"{ROOT}{os.pathsep}{HERE}"  # the tests import others.asserts


def prepare(folder: Path, reference: Reference, tests: list[Test], batch: list[Submission]) -> None:
    """The same lab and submissions for each grader, each made with its own tools."""
    lab = reference.lab
    write_files(folder, lab, batch)
    data = {
        "preamble": "\n\n".join(exam.preamble(lab.path(file)) for file in lab.code_files),
        "tasks": {
            task.name: {name: exam.definition(reference.functions[name]) for name in task.functions}
            for task in lab.manifest.tasks
        },
        "tests": [dataclasses.asdict(test) for test in tests],
        "submissions": [dataclasses.asdict(submission) for submission in batch],
    }
    (folder / "exam.json").write_text(json.dumps(data))
    notebooks = ["python", HERE / "others" / "notebooks.py"]
    run([*notebooks, "sources", folder / "exam.json", folder])
    run(["nbgrader", "generate_assignment", "lab3"], folder / "nbgrader")
    run(["otter", "assign", "lab3.ipynb", "dist"], folder / "otter")
    run([*notebooks, "submissions", folder / "exam.json", folder])


def write_files(folder: Path, lab: Lab, batch: list[Submission]) -> None:
    """The submissions as our students hand them in."""
    for submission in batch:
        target = folder / "ours" / submission.student / lab.name
        target.mkdir(parents=True)
        for file in lab.code_files:
            functions = [submission.functions[name] for name in exam.functions_in(lab, file)]
            (target / file).write_text("\n\n".join([exam.preamble(lab.path(file)), *functions]))
        (target / "quiz.json").write_bytes(lab.path("quiz.json").read_bytes())


def run(command: Iterable[str | Path], folder: Path = ROOT, ends_with: Iterable[int] = (0,)) -> None:
    """Runs a command, and ends the program with what it said where it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in ends_with:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


def run_two_at_a_time(commands: Iterable[Iterable[str | Path]], folder: Path, ends_with: Iterable[int] = (0,)) -> None:
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(lambda command: run(command, folder, ends_with), commands))


# --- the three graders ------------------------------------------------------------------------------------------------


def grade_ours(folder: Path) -> None:
    command = [sys.executable, "-m", "grader", "grade", "lab3", folder / "ours", "--out", folder / "graded"]
    sandbox = counted_sandbox(find_lab("lab3", solutions_folder()))
    run([*command, "--no-milestones", "--seed", str(exam.SEED), "--jobs", str(JOBS), "--sandbox", sandbox])


def counted_sandbox(lab: Lab) -> str:
    """The strongest sandbox of this machine whose CPU seconds are counted."""
    return next(name for name in COUNTED if not sandboxes.why_not(name, lab.manifest.limits))


def points_ours(folder: Path) -> Points:
    results = [json.loads(path.read_text()) for path in (folder / "graded").glob("*/lab3/result.json")]
    return {
        result["student"]: sum(check["points"] for check in result["checks"] if check["kind"] == "code")
        for result in results
    }


def grade_nbgrader(folder: Path) -> None:
    autograde = ["nbgrader", "autograde", "lab3"]
    halves = ("*[02468]", "*[13579]")
    run_two_at_a_time([[*autograde, "--student", half] for half in halves], folder / "nbgrader")


def points_nbgrader(folder: Path) -> Points:
    run(["nbgrader", "export", "--to", "points.csv"], folder / "nbgrader")
    with open(folder / "nbgrader" / "points.csv") as file:
        return {line["student_id"]: float(line["score"]) for line in csv.DictReader(file)}


def grade_otter(folder: Path) -> None:
    [zipped] = (folder / "otter" / "dist" / "autograder").glob("*.zip")
    # After an interrupt otter ends its kernel, too, which would run on for ever.
    within_limit = ["timeout", "--signal=INT", "--kill-after=20", "60"]
    commands = []
    for notebook in sorted((folder / "otter" / "submitted").iterdir()):
        results = folder / "otter" / "results" / notebook.stem
        results.mkdir(parents=True)
        otter = [*within_limit, "otter", "run", "--no-logo", "-a", zipped, "-o", results, notebook]
        commands.append(otter)
    run_two_at_a_time(commands, folder / "otter", ends_with=(0, 124))


def points_otter(folder: Path) -> Points:
    found = (folder / "otter" / "results").glob("*/results.json")
    return {
        path.parent.name: sum(test.get("score", 0) for test in json.loads(path.read_text())["tests"]) for path in found
    }


OURS = Grader("grader grade", grade_ours, points_ours)
NBGRADER = Grader("nbgrader autograde", grade_nbgrader, points_nbgrader)
OTTER = Grader("otter run", grade_otter, points_otter)


if __name__ == "__main__":
    main()
