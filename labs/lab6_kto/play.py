"""Show six held-out problems as the model answers them before and after KTO. Given code.

python labs/lab6_kto/play.py
"""

import sys

from evaluate import HERE
from labs.common.before_after import show_before_and_after
from labs.common.toys.arithmetic import TOY


def main() -> int:
    return show_before_and_after(__doc__, HERE, TOY)


if __name__ == "__main__":
    sys.exit(main())
