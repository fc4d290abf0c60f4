"""What of a result a person should look at."""

from grader import codes
from grader.findings import Finding, needs_person
from grader.results.result import Result


def attention(result: Result) -> list[Finding]:
    """What a person should look at: what is wrong with the files, milestones that wait for a person, the grader's own
    faults, and processes that were killed from outside."""
    found = list(dict.fromkeys(finding for finding in result.notes if needs_person(finding)))
    places: dict[Finding, list[str]] = {}  # a fault of the machine's is that of all checks: it is told once
    for check in result.checks:
        for finding in check.findings:
            if finding not in found and needs_person(finding):
                places.setdefault(finding, []).append(f"{check.check} ({check.visibility})")
    return [*found, *(codes.OF_CHECKS(checks=_some(names), finding=finding) for finding, names in places.items())]


def _some(places: list[str]) -> list[str | Finding]:
    if len(places) <= 3:
        return [*places]
    return [*places[:2], codes.AND_MORE(count=len(places) - 2)]
