"""What `make labN` costs on a finished lab, beside the imports it needs, and beside pytest on the same checks.

python tests/benchmarks/check_lab.py lab3
"""

import shutil
import sys
import tempfile
from pathlib import Path

from timing import in_turn, markdown

from grader.author.sync import derive, write
from grader.lab import ROOT, Lab, find_lab, solutions_folder


def finished_kit(folder: Path, lab: Lab) -> None:
    """A copy of the kit in which one lab is finished."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, folder)
    for name in ("grader", "labs/common"):
        shutil.copytree(ROOT / name, folder / name)
    write(derive(lab), folder / "labs" / lab.folder.name)
    for name in (*lab.code_files, *lab.answer_files):
        shutil.copyfile(lab.path(name), folder / "labs" / lab.folder.name / name)


def main() -> None:
    lab = find_lab(sys.argv[1], solutions_folder())
    folder_name = f"labs/{lab.folder.name}"
    commands = {
        'python -c "import torch, gymnasium"': [sys.executable, "-c", "import torch, gymnasium"],
        f"make {lab.name}": ["make", lab.name, f"LABKIT_PYTHON={sys.executable}"],
        f"python -m pytest {folder_name}": [sys.executable, "-m", "pytest", "-q", folder_name],
    }
    with tempfile.TemporaryDirectory() as folder:
        finished_kit(Path(folder), lab)
        print(markdown(in_turn(commands, Path(folder)), baseline=next(iter(commands))))


if __name__ == "__main__":
    main()
