"""What a lab's evaluate.py prints: the figure of each milestone, as the grader finds it."""

from collections.abc import Callable
from pathlib import Path

from labs.common.manifest import milestones_of


def say_milestones(folder: Path, score: Callable[[str, Path], float], digits: int) -> int:
    """Judge what lies in the lab's folder with its `score(name, folder)`, and say what came of it in a line for each
    milestone. Returns the exit code: 1 where a file cannot be used, or none is there."""
    lab = folder.name.partition("_")[0]
    judged = unusable = 0
    for name, milestone in milestones_of(folder).items():
        if not all((folder / artefact).exists() for artefact in milestone.artefacts):
            print(f"{name}: not trained yet (make {lab}-train)")
            continue
        try:
            reached = score(name, folder)
        except ValueError as error:
            print(f"{name}: {' and '.join(milestone.artefacts)} cannot be used: {error}")
            unusable += 1
            continue
        judged += 1
        print(f"{name}: {reached:.{digits}f}; target {milestone.target:g}, half of the points from {milestone.half:g}")
    return 1 if unusable or not judged else 0
