"""Judges what training saved: the lab's evaluate.py does it in a worker, where no submitted code runs."""

import functools
import hashlib
import importlib.metadata
import math
from collections.abc import Callable, Mapping, Sequence

import msgspec

from grader import codes
from grader.findings import Finding
from grader.grading.asking import WarmParent, judge_artefacts
from grader.judging.judge import tidy
from grader.lab import ROOT, Lab, Milestone, is_of
from grader.results import CheckResult, Outcome
from grader.run.answers import Answer

Score = Callable[[Milestone, Mapping[str, bytes]], Answer]


def scorer(lab: Lab, parent: WarmParent) -> Score | None:
    """What evaluate.py makes of a milestone's artefacts, found in workers of `parent`; None for a lab without
    milestones."""
    if not lab.manifest.milestones:
        return None
    files = {name: lab.path(name).read_bytes() for name in ("lab.toml", *lab.manifest.files.given)}
    return lambda milestone, artefacts: judge_artefacts(parent, lab, milestone, files, artefacts)


def judge_milestone(
    milestone: Milestone,
    score: Score | None,
    files: Mapping[str, bytes],
    too_large: Mapping[str, Finding],
) -> CheckResult:
    """Full points at the target, half at the lower bar, none where an artefact is missing or unusable.

    `files` are those that were taken, and `too_large` says why an artefact was not. Skipped without a scorer: the run
    was asked not to judge milestones. WorkerFailed where the grader cannot.
    """
    if score is None:
        return _result(milestone, "skipped", codes.NOT_PLAYED())
    found: dict[str, bytes] = {}
    for artefact in milestone.artefacts:
        inside = {name: data for name, data in files.items() if is_of(artefact, name)}
        if not inside:
            return _result(milestone, "failed", too_large.get(artefact) or codes.NOT_HANDED_IN(file=artefact))
        found |= inside
    size = sum(map(len, found.values()))
    if size > milestone.max_bytes:
        large = codes.ARTEFACTS_TOO_LARGE(files=milestone.artefacts, bytes=size, allowed=milestone.max_bytes)
        return _result(milestone, "failed", large)
    answer = score(milestone, found)
    if answer.status != "value":
        return _result(milestone, *_without_figure(milestone, answer))
    reached = answer.value
    if not (isinstance(reached, float) and math.isfinite(reached)):
        return _result(milestone, "failed", codes.NO_FIGURE(files=milestone.artefacts))
    share = 1.0 if reached >= milestone.target else 0.5 if reached >= milestone.half else 0.0
    bars = {"target": f"{milestone.target:g}", "half": f"{milestone.half:g}"}
    finding = codes.REACHED(reached=milestone.in_words(reached), **bars)
    return _result(milestone, "passed" if share == 1 else "failed", finding, share)


def in_doubt(line: CheckResult, tasks: Sequence[str]) -> CheckResult:
    """The line of a milestone where these tasks do not pass, from which its artefacts are said to come: what it would
    earn waits for a person."""
    if not line.points or not tasks:
        return line
    waits = codes.WAITS_FOR_TASKS(finding=line.findings[0], tasks=list(tasks))
    return msgspec.structs.replace(line, outcome="pending", points=None, findings=[waits])


def _without_figure(milestone: Milestone, answer: Answer) -> tuple[Outcome, Finding]:
    """The outcome, and what is said, where evaluate.py gave no figure."""
    files, why = milestone.artefacts, answer.finding
    if answer.status == "timeout":
        return "timeout", codes.JUDGING_OUT_OF_TIME(files=files, seconds=milestone.seconds)
    assert why is not None, f"an answer without a value says why: {answer}"
    if answer.status == "unusable":
        return "failed", why
    if answer.status == "raised":
        return "failed", codes.JUDGING_RAISED(files=files, why=why)
    if codes.KILLED.made(why):
        return "crashed", why
    if codes.LIMIT_MEMORY.made(why):
        return "crashed", codes.JUDGING_OUT_OF_MEMORY(files=files, megabytes=milestone.memory_bytes / 1e6)
    return "crashed", codes.JUDGING_DIED(files=files, why=why)


def _result(milestone: Milestone, outcome: Outcome, finding: Finding, share: float = 0.0) -> CheckResult:
    return CheckResult(
        task="milestone",
        check=milestone.name,
        title=milestone.title,
        visibility="hidden",
        kind="milestone",
        outcome=outcome,
        points=None if outcome == "skipped" else round(milestone.points * share, 2),
        max_points=milestone.points,
        number="M",
        findings=[tidy(finding)],
    )


@functools.cache
def versions() -> dict[str, str]:
    """Versions for the record; the grader's own is a hash of its code. What a score depends on is in depends.py."""
    import platform

    digest = hashlib.sha256()
    for path in sorted((ROOT / "grader").rglob("*.py")):
        digest.update(path.read_bytes())
    names = ("torch", "numpy", "gymnasium", "transformers")
    installed = {name: importlib.metadata.version(name) for name in names}
    return {"python": platform.python_version(), **installed, "grader": digest.hexdigest()[:12]}
