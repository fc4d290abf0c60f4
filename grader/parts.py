"""What ships to whom: the one list of the grader's parts that the release, the images and the command line read.

python -m grader.parts worker FOLDER      leave of a copy of grader/ only what a worker needs
"""

import importlib.util
import shutil
import sys
from pathlib import Path

# Names of modules and packages in grader/. Who grades and who writes labs has all of them.
WORKER = ("__init__", "checks", "codes", "errors", "findings", "lab", "parts", "plain", "run", "workers")
STUDENT = (
    *("__init__", "__main__", "checks", "cli", "codes", "contents", "doctor", "errors", "findings", "handin", "intake"),
    *("judging", "lab", "languages", "machine", "parts", "plain", "policy", "pytest_plugin", "registry", "results"),
    *("run", "screen", "student"),
)
WHO = {"student": STUDENT, "worker": WORKER}
WITH_COMMANDS = ("student", "instructor", "author")  # packages whose commands.py adds to the command line


def are_there(package: str) -> bool:
    """Whether a package of the grader's is in this copy."""
    return importlib.util.find_spec(f"grader.{package}") is not None


def keep(who: str, folder: Path) -> None:
    """Removes from a copy of grader/ what is not for `who`: "student" or "worker"."""
    for path in folder.iterdir():
        if path.stem not in WHO[who]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]))
