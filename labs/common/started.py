"""Runs a lab's script as Python does, but Ctrl-C while its libraries are imported ends it with a word.

python -m labs.common.started SCRIPT ARGUMENTS...
"""

import runpy
import sys
from pathlib import Path

from labs.common.translated import _


def main() -> None:
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(Path(sys.argv[0]).parent))
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except KeyboardInterrupt:
        print(_("Stopped before anything was done. The same command begins again."), file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
