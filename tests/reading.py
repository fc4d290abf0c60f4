"""What people read of a result, for tests."""

from collections.abc import Iterable

from grader import codes
from grader.findings import Finding, needs_person
from grader.intake.archives import NothingUsable
from grader.intake.staging import Staged
from grader.intake.submissions import Submission
from grader.languages import say
from grader.results import CheckResult


def say_all(findings: Iterable[Finding]) -> str:
    """The sentences of several findings, a line each."""
    return "\n".join(map(say, findings))


def student_reads(check: CheckResult) -> str:
    """What a student reads of a check: of a hidden case only what may be told of it."""
    if check.visibility == "hidden" and check.kind in ("code", "bonus"):
        return say_all(shown for finding in check.findings if (shown := codes.as_hidden(finding)))
    if check.case:
        return "\n".join(say(codes.IN_CASE(case=check.case, finding=finding)) for finding in check.findings)
    return say_all(check.findings)


def problems(found: Staged | NothingUsable | Submission) -> list[str]:
    """The sentences of a submission's findings that need a person."""
    return [say(finding) for finding in found.findings if needs_person(finding)]


def notes(found: Staged | NothingUsable | Submission) -> list[str]:
    """The sentences of the other findings."""
    return [say(finding) for finding in found.findings if not needs_person(finding)]
