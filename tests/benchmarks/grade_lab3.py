"""What grading a finished lab 3 costs (public and hidden checks, without the milestone), beside the imports of torch.

    python tests/benchmarks/grade_lab3.py

One submission alone, and each further one of a batch: the difference between a batch of 1 and of 21.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from timing import cpu_seconds

from grader.lab import ROOT, find_lab, solutions_folder

FURTHER = 20
RUNS = 5


def submissions(folder: Path, count: int) -> Path:
    """A folder with so many finished submissions."""
    lab = find_lab("lab3", solutions_folder())
    for number in range(count):
        target = folder / str(count) / f"student{number:02}" / lab.name
        target.mkdir(parents=True)
        for name in lab.manifest.files.handed_in:
            shutil.copyfile(lab.path(name), target / name)
    return folder / str(count)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = {count: submissions(folder, count) for count in (1, 1 + FURTHER)}
        found: dict[str, list[float]] = {"import torch": [], "one": [], "many": []}
        for number in range(RUNS + 1):
            now = {"import torch": cpu_seconds([sys.executable, "-c", "import torch"], ROOT)}
            for label, count in (("one", 1), ("many", 1 + FURTHER)):
                grade = [
                    sys.executable,
                    "-m",
                    "grader",
                    "grade",
                    "lab3",
                    str(sources[count]),
                    "--out",
                    str(folder / "out"),
                ]
                now[label] = cpu_seconds([*grade, "--no-milestones", "--seed", "1"], ROOT)
            if number:
                for label, seconds in now.items():
                    found[label].append(seconds)
    torch = statistics.median(found["import torch"])
    one = statistics.median(found["one"])
    further = [(many - one) / FURTHER for many, one in zip(found["many"], found["one"], strict=True)]
    print("| what | CPU s, median |\n| --- | --- |")
    print(f"| import torch | {torch:.2f} |")
    print(f"| one submission alone, all processes (torch is imported twice in it) | {one:.2f} |")
    print(f"| the same without the two imports of torch | {one - 2 * torch:.2f} |")
    each = f"{statistics.median(further):.3f} ({min(further):.3f}-{max(further):.3f})"
    print(f"| each further submission of a batch | {each} |")


if __name__ == "__main__":
    main()
