"""python3 -m grader.doctor: what is in the way of the labs here, with whatever Python there is."""

import os
import sys
from pathlib import Path

from grader.doctor.environment import environment_python, works
from grader.doctor.faults import faults_of, lines
from grader.doctor.looks import LOOKS

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Hands over to `grader doctor` where the environment works; else tells the faults. 1 where one stops the labs."""
    if works(ROOT):
        python = str(environment_python(ROOT))
        os.execv(python, [python, "-m", "grader", "doctor", *sys.argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    faults = faults_of(ROOT, LOOKS)
    print("\n".join(lines(faults)))
    return 1 if any(fault.stops for fault in faults) else 0


if __name__ == "__main__":
    sys.exit(main())
