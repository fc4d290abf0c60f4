"""What nbgrader's gradebook costs: points and reports of a cohort in, marks back, and formgrader's pages.

    python tests/benchmarks/gradebook.py [--students 600] [--autograded 6]

Synthetic results of lab 3, each with a report of four answers and a picture. Beside them nbgrader's own way to the same
gradebook: `nbgrader autograde` of a few of the same reports, whose code cells do nothing here, by students of which the
time for all is extrapolated. Needs what requirements/nbgrader.txt names. CPU seconds of all processes.
"""

import argparse
import base64
import json
import os
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import cohorts
import psutil
from timing import cpu_seconds

from grader.gradebook.database import opened, url_of
from grader.gradebook.serving import served
from grader.lab import ROOT, Lab, find_lab, solutions_folder
from grader.lab.report_cells import FILE, NOTEBOOK, report_cells
from grader.notebooks.writing import node_of, notebook_text
from grader.results.folder import result_path

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + os.urandom(60_000)).decode()
ANSWER = "The returns of an episode share their noise, and a baseline takes out what they share. " * 12
PAGES = {
    "Manage Submissions, its list": "/formgrader/api/submissions/lab3",
    "Manual Grading, its list": "/formgrader/api/submitted_notebooks/lab3/report",
    "Manage Students, its list": "/formgrader/api/students",
    "one report": "/formgrader/submissions/{submission}/",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=600)
    parser.add_argument("--autograded", type=int, default=6)
    options = parser.parse_args()
    lab = find_lab("lab3", solutions_folder())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, lab, options.students)
        print("| step | students | CPU s |\n| --- | --- | --- |")
        for step in ("export", "export again"):
            print(f"| {step} | {options.students} | {ours(folder, 'export'):.1f} |", flush=True)
        print(f"| import, two new marks each | {give_marks(folder)} | {ours(folder, 'import'):.1f} |", flush=True)
        one, more = autograde(folder, lab, options.autograded)
        every = one + (more - one) / (options.autograded - 1) * (options.students - 1)
        print(f"| nbgrader autograde | 1 | {one:.1f} |\n| nbgrader autograde | {options.autograded} | {more:.1f} |")
        print(f"| the same, extrapolated | {options.students} | {every:.0f} |", flush=True)
        print("\n| page | CPU s of the server | kB |\n| --- | --- | --- |")
        pages(folder)


def prepare(folder: Path, lab: Lab, students: int) -> None:
    """Results with their reports."""
    cohorts.write_cohort(folder / "graded", lab, students, seed=1)
    report = report_of(lab)
    for student in cohorts.students(students):
        result_path(folder / "graded", student, lab.name).with_name(FILE).write_text(report)


def report_of(lab: Lab) -> str:
    made = json.loads(notebook_text([node_of(cell, ANSWER if cell.solution else None) for cell in report_cells(lab)]))
    for cell in made["cells"]:
        if cell["id"] == "plot-pictures":
            cell["outputs"] = [{"output_type": "display_data", "data": {"image/png": PICTURE}, "metadata": {}}]
    return json.dumps(made)


def ours(folder: Path, verb: str) -> float:
    command = [sys.executable, "-m", "grader", "nbgrader", verb, "lab3"]
    command += ["--out", str(folder / "graded"), "--folder", str(folder / "course")]
    return cpu_seconds(command, ROOT, {"PYTHONPATH": str(ROOT)})


def give_marks(folder: Path) -> int:
    """Points for each part of each student, as formgrader writes them."""
    with opened(url_of(folder / "course", None)) as gradebook:
        submitted = gradebook.notebook_submissions(NOTEBOOK, "lab3")
        for each in submitted:
            for grade in each.grades:
                if grade.auto_score is None:
                    grade.manual_score = 3.0
            for comment in each.comments:
                comment.manual_comment = "Which axis is which?"
        gradebook.db.commit()
        return len(submitted)


def autograde(folder: Path, lab: Lab, students: int) -> tuple[float, float]:
    """nbgrader's own way, in a course folder of its own: for one student, and for so many others."""
    course = folder / "own"
    report = json.loads(report_of(lab))
    for cell in report["cells"]:
        if cell["cell_type"] == "code":
            cell["source"], cell["outputs"] = "pass", []
    places = [course / "source" / "lab3", *(course / "submitted" / f"s{one}" / "lab3" for one in range(students + 1))]
    for place in places:
        place.mkdir(parents=True)
        (place / FILE).write_text(json.dumps(report))
    environment = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    nbgrader = [sys.executable, "-m", "nbgrader"]
    cpu_seconds([*nbgrader, "generate_assignment", "lab3"], course, environment)
    one = cpu_seconds([*nbgrader, "autograde", "lab3", "--student", "s0"], course, environment)
    more = cpu_seconds([*nbgrader, "autograde", "lab3"], course, environment)  # s0 is there already
    if len([*course.glob("autograded/*/lab3/report.ipynb")]) != students + 1:
        raise SystemExit("nbgrader autograde did not grade all")
    return one, more


def pages(folder: Path) -> None:
    """The server's CPU seconds for each page, the second time that it is asked for."""
    with served(folder / "course") as serving:
        base, _, token = serving.address.partition("/formgrader/gradebook?token=")
        [server] = psutil.Process().children()

        def ask(path: str) -> bytes:
            request = urllib.request.Request(base + path, headers={"Authorization": f"token {token}"})
            with urllib.request.urlopen(request) as answer:
                return bytes(answer.read())

        submission = json.loads(ask(PAGES["Manual Grading, its list"]))[0]["id"]
        for name, path in PAGES.items():
            ask(path.format(submission=submission))
            before = sum(server.cpu_times()[:2])
            size = len(ask(path.format(submission=submission)))
            print(f"| {name} | {sum(server.cpu_times()[:2]) - before:.2f} | {size / 1000:.0f} |")


if __name__ == "__main__":
    main()
