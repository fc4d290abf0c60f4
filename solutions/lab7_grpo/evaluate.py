"""Ask a trained tiny model the 200 held-out problems by which the milestones are judged.

python labs/lab7_grpo/evaluate.py judges what training saved in runs/.
"""

import sys
from pathlib import Path

from labs.common.artefacts import load_tensors
from labs.common.held_out import held_out
from labs.common.judging import say_milestones
from labs.common.manifest import milestones_of

HERE = Path(__file__).parent
RUNS = HERE / "runs"
MILESTONES = milestones_of(HERE)


def score(name: str, folder: Path) -> float:
    """The figure of a milestone, "accuracy" or "format", of the weights saved in `folder`. ValueError where they do not
    fit."""
    from labs.common.language_model import load_trained
    from labs.common.toys.arithmetic import TOY

    return held_out(*load_trained(TOY, load_tensors(MILESTONES[name].file(folder))))[name].mean


def main() -> int:
    return say_milestones(HERE, score, digits=3)


if __name__ == "__main__":
    sys.exit(main())
