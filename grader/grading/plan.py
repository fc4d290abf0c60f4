"""Which earlier results still hold, and why the others do not, as far as that is known before a submission is read."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader import codes, sandboxes
from grader.findings import Finding
from grader.grading.depends import changed, in_short
from grader.grading.job import Job
from grader.intake.archives import NothingUsable
from grader.intake.sources import Unreadable
from grader.intake.staging import Staged, stage
from grader.intake.submissions import Submission
from grader.lab import Lab
from grader.results import CheckResult, Result, earlier_result
from grader.results.folder import result_path


@dataclasses.dataclass(frozen=True)
class Plan:
    """How many earlier results there are, how many of them hold, and why the others do not."""

    results: int
    hold: int
    reasons: list[Finding]


def why_not(earlier: Result, job: Job, lab: Lab, depends: Mapping[str, str]) -> list[Finding]:
    """Why an earlier result does not hold, whatever was handed in since; empty where it holds for the same files."""
    reasons = changed(earlier.depends, depends) if earlier.depends != depends else []
    if earlier.errors():
        reasons.append(codes.OF_FAILED_GRADER())
    if earlier.seed != job.seed:
        reasons.append(codes.OF_ANOTHER_SEED())
    if any(map(killed, earlier.checks)):  # there may be more memory this time
        reasons.append(codes.OF_KILLED_PROCESSES())
    if not earlier.confined and sandboxes.protects(job.sandbox):
        reasons.append(codes.OF_NO_SANDBOX())
    if job.milestones and lab.manifest.milestones and any(map(_unplayed, earlier.checks)):
        reasons.append(codes.OF_MILESTONES_UNPLAYED())
    return reasons


def killed(check: CheckResult) -> bool:
    """Whether a check was lost because its process was killed from outside: no submission can say that of itself."""
    return check.outcome == "crashed" and check.has(codes.KILLED)


def _unplayed(check: CheckResult) -> bool:
    return check.kind == "milestone" and check.outcome == "skipped"


def taken(submission: Submission, lab: Lab) -> Staged | None:
    """What is taken of a submission as it is now; None where it cannot be read, of which grading says why."""
    try:
        return stage(submission.source, lab)
    except NothingUsable as error:
        return Staged({}, error.findings)
    except Unreadable:
        return None


def seed_so_far(out: Path, lab: Lab, submissions: Sequence[Submission]) -> int | None:
    """The seed of the results that are there, if nothing was handed in since; None where something was, since what is
    published together has one seed and nobody should know it from an earlier feedback. None for several seeds, too."""
    seeds = set()
    for submission in submissions:
        earlier = earlier_result(result_path(out, submission.student, lab.name))
        if earlier is None or earlier.student != submission.student:
            return None
        files = taken(submission, lab)
        if files and files.digest() != earlier.submission_hash:
            return None
        seeds.add(earlier.seed)
    return seeds.pop() if len(seeds) == 1 else None


def plan_of(job: Job, lab: Lab, depends: Mapping[str, str], students: list[str]) -> Plan:
    """What a run finds of these students before it grades."""
    found = [earlier_result(result_path(Path(job.out), student, lab.name)) for student in students]
    reasons = [why_not(earlier, job, lab, depends) for earlier in found if earlier]
    return Plan(
        results=len(reasons),
        hold=sum(not why for why in reasons),
        reasons=in_short(list(dict.fromkeys(finding for why in reasons for finding in why))),
    )
