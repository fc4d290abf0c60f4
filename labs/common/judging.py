"""What a lab's evaluate.py prints: the figure of each milestone, as the grader finds it."""

from collections.abc import Callable
from pathlib import Path

from labs.common.manifest import milestones_of
from labs.common.translated import _


def say_milestones(folder: Path, score: Callable[[str, Path], float], digits: int) -> int:
    """Judge what lies in the lab's folder with its `score(name, folder)`, and say what came of it in a line for each
    milestone. Returns the exit code: 1 where a file cannot be used, or none is there."""
    lab = folder.name.partition("_")[0]
    judged = unusable = 0
    for name, milestone in milestones_of(folder).items():
        if not all((folder / artefact).exists() for artefact in milestone.artefacts):
            print(_("{name}: not trained yet (make {lab}-train)").format(name=name, lab=lab))
            continue
        try:
            reached = score(name, folder)
        except ValueError as error:
            print(
                _("{name}: {files} cannot be used: {error}").format(
                    name=name, files=_(" and ").join(milestone.artefacts), error=error
                )
            )
            unusable += 1
            continue
        judged += 1
        print(
            _("{name}: {reached:.{digits}f}; target {target:g}, half of the points from {half:g}").format(
                name=name, reached=reached, digits=digits, target=milestone.target, half=milestone.half
            )
        )
    return 1 if unusable or not judged else 0
