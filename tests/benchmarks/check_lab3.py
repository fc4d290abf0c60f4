"""What `make lab3` costs on a finished lab, beside the imports it needs, and beside pytest on the same checks.

python tests/benchmarks/check_lab3.py
"""

import shutil
import sys
import tempfile
from pathlib import Path

from timing import in_turn, markdown

from grader.author.sync import derive, write
from grader.lab import ROOT, find_lab, solutions_folder


def finished_kit(folder: Path) -> None:
    """A copy of the kit in which lab 3 is finished."""
    lab = find_lab("lab3", solutions_folder())
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, folder)
    for name in ("grader", "labs/common"):
        shutil.copytree(ROOT / name, folder / name)
    write(derive(lab), folder / "labs" / lab.folder.name)
    for name in lab.code_files:
        shutil.copyfile(lab.path(name), folder / "labs" / lab.folder.name / name)


def main() -> None:
    commands = {
        'python -c "import torch, gymnasium"': [sys.executable, "-c", "import torch, gymnasium"],
        "make lab3": ["make", "lab3", f"LABKIT_PYTHON={sys.executable}"],
        "python -m pytest labs/lab3_policy_gradient": [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "labs/lab3_policy_gradient",
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        finished_kit(Path(folder))
        print(markdown(in_turn(commands, Path(folder)), baseline=next(iter(commands))))


if __name__ == "__main__":
    main()
