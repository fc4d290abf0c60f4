"""Says in the reader's language what make itself says, such as the list of targets: from standard input, in English.

The standard library of Python 3.8 is enough. Where there is no Python yet, make shows the English.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from labs.common.translated import _


def main() -> None:
    for line in sys.stdin:
        target = re.fullmatch(r"(  make .{32} )(.*)\n", line)
        if target:
            print(target[1] + _(target[2]))
        else:
            head, what = line.rstrip("\n").rsplit(": ", 1)
            print(_("{head}: {what}").format(head=_(head), what=what))


if __name__ == "__main__":
    main()
