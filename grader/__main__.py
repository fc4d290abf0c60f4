"""python -m grader"""

import importlib.util
import sys

if importlib.util.find_spec("typer") is None:  # another Python than the labs' own
    sys.exit(
        f"This Python ({sys.executable}) has not the labs' packages. Use theirs: .venv/bin/python -m grader ... "
        "Where there is no .venv yet, python3 requirements/install.py makes it."
    )

from grader.cli import main

main()
