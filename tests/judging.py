"""Milestones that are judged in the test's own process, in the way of a confined worker, for tests of given code."""

import tempfile
from pathlib import Path

from grader.grading.milestones import judge_milestone
from grader.lab import Lab, Milestone
from grader.results import CheckResult
from grader.run.answers import Answer
from grader.run.scores import score


def milestone_of(lab: Lab, name: str) -> Milestone:
    """The milestone of that name."""
    return next(milestone for milestone in lab.manifest.milestones if milestone.name == name)


def scored(lab: Lab, name: str, data: bytes) -> Answer:
    """What evaluate.py makes of a milestone whose one artefact is a file of these bytes."""
    milestone = milestone_of(lab, name)
    [artefact] = milestone.artefacts
    with tempfile.TemporaryDirectory() as folder:
        return score(lab.folder, milestone, {artefact: data}, Path(folder))


def judged(lab: Lab, name: str, data: bytes) -> CheckResult:
    """The line of result.json for a milestone whose one artefact is a file of these bytes."""
    milestone = milestone_of(lab, name)
    [artefact] = milestone.artefacts
    return judge_milestone(milestone, lambda *_: scored(lab, name, data), {artefact: data}, {})
