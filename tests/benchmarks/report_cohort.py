"""What the pages of a cohort cost: CPU seconds and megabytes, of synthetic results of real labs.

    python tests/benchmarks/report_cohort.py [--students 1000] [--labs lab3] [--keep FOLDER]

The results have the labs' own checks, mistakes, quiz, milestones and report. They are written to a folder, as grading
does, and then `grader report` runs as a process of its own.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import cohorts
from timing import cpu_seconds

from grader.lab import ROOT, find_lab, solutions_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--labs", nargs="+", default=["lab3"])
    parser.add_argument("--keep", type=Path, help="a new folder that keeps what was written")
    options = parser.parse_args()
    print("| labs | students | form | CPU s | index.html, MB | all files, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for students in options.students:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for lab in options.labs:
                cohorts.write_cohort(folder / "graded", find_lab(lab, solutions_folder()), students, seed=1)
            for form in ("html", "csv"):
                print(f"| {len(options.labs)} | {students:,} | {form} | {measured(folder, options.labs, form)} |")
            if options.keep:
                shutil.copytree(folder, options.keep / str(students))


def measured(folder: Path, labs: list[str], form: str) -> str:
    """CPU seconds of the command, and the sizes of what it wrote."""
    command = [sys.executable, "-m", "grader", "report", *(labs if len(labs) == 1 else [])]
    command += ["--to", form, "--out", str(folder / "graded"), "--dest", str(folder / form)]
    seconds = cpu_seconds(command, ROOT)
    files = [path for path in (folder / form).rglob("*") if path.is_file()]
    index = folder / form / "index.html"
    first = f"{index.stat().st_size / 1e6:.2f}" if index.exists() else "-"
    return f"{seconds:.1f} | {first} | {sum(path.stat().st_size for path in files) / 1e6:.2f}"


if __name__ == "__main__":
    main()
