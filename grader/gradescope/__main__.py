"""python -m grader.gradescope FOLDER: grades the submission in Gradescope's folder (/autograder there)."""

import sys
from pathlib import Path

from grader.gradescope.run import run

if __name__ == "__main__":
    run(Path(sys.argv[1]))
