"""Milestones that are judged in the test's own process, in the way of a confined worker, for tests of given code."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from grader.grading.milestones import judge_milestone
from grader.lab import Lab, Milestone
from grader.results import CheckResult
from grader.run.answers import Answer
from grader.run.scores import score


def milestone_of(lab: Lab, name: str) -> Milestone:
    """The milestone of that name."""
    return next(milestone for milestone in lab.manifest.milestones if milestone.name == name)


Files = bytes | Mapping[str, bytes]  # of the milestone's one artefact, or of each by its name


def scored(lab: Lab, name: str, data: Files) -> Answer:
    """What evaluate.py makes of a milestone whose artefacts are files of these bytes."""
    milestone = milestone_of(lab, name)
    with tempfile.TemporaryDirectory() as folder:
        return score(lab.folder, milestone, by_name(milestone, data), Path(folder))


def judged(lab: Lab, name: str, data: Files) -> CheckResult:
    """The line of result.json for a milestone whose artefacts are files of these bytes."""
    milestone = milestone_of(lab, name)
    return judge_milestone(milestone, lambda *_: scored(lab, name, data), by_name(milestone, data), {})


def by_name(milestone: Milestone, data: Files) -> Mapping[str, bytes]:
    if not isinstance(data, bytes):
        return data
    [artefact] = milestone.artefacts
    return {artefact: data}
