"""The command `grader`, as a process of its own, with tests/small_lab in the place of solutions/."""

from pathlib import Path

from grader import cli
from grader.instructor import commands

if __name__ == "__main__":
    commands.solutions_folder = lambda: Path(__file__).resolve().parent.parent / "small_lab"
    cli.main()
