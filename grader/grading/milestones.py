"""Judges what training saved: the weights are loaded into the lab's own network, and no submitted code runs."""

import functools
import hashlib
import importlib.metadata
from collections.abc import Callable
from typing import Any

from grader import codes
from grader.findings import Finding
from grader.lab import ROOT, Lab, Milestone
from grader.lab.loading import load_modules
from grader.plain import one_line
from grader.results import CheckResult

Score = Callable[[str, dict[str, Any]], float]


def scorer(lab: Lab) -> Score | None:
    """The lab's own `score(name, weights)` from its evaluate.py; None for a lab without milestones."""
    if not lab.manifest.milestones:
        return None
    [module] = load_modules(lab.folder, ["evaluate"])
    score: Score = module.score
    return score


def judge_milestone(
    milestone: Milestone, score: Score | None, data: bytes | None, why_missing: Finding | None = None
) -> CheckResult:
    """Full points at the target, half at the lower bar; a sentence where the weights are missing or unusable. Skipped
    without a scorer: the run was asked not to play."""
    if score is None:
        return _result(milestone, None, codes.NOT_PLAYED())
    if data is None:
        return _result(milestone, 0.0, why_missing or codes.NOT_HANDED_IN(file=milestone.weights))
    import safetensors
    import safetensors.torch

    try:
        weights = _loaded(data)
        reached = score(milestone.name, weights)
    except (safetensors.SafetensorError, ValueError) as error:  # its words may be the file's
        return _result(milestone, 0.0, codes.WEIGHTS_UNUSABLE(file=milestone.weights, message=one_line(str(error))))
    share = 1.0 if reached >= milestone.target else 0.5 if reached >= milestone.half else 0.0
    bars = {"target": f"{milestone.target:g}", "half": f"{milestone.half:g}"}
    return _result(milestone, share, codes.REACHED(reached=milestone.in_words(reached), **bars))


def _loaded(data: bytes) -> dict[str, Any]:
    import safetensors.torch

    try:
        return safetensors.torch.load(data)
    except (KeyError, TypeError, RuntimeError) as error:  # of a dtype that torch has not, of an endless shape
        raise ValueError(f"torch cannot hold what it holds ({error})") from None


def _result(milestone: Milestone, share: float | None, finding: Finding) -> CheckResult:
    return CheckResult(
        task="milestone",
        check=milestone.name,
        title=milestone.title,
        visibility="hidden",
        kind="milestone",
        outcome="skipped" if share is None else "passed" if share == 1 else "failed",
        points=None if share is None else round(milestone.points * share, 2),
        max_points=milestone.points,
        number="M",
        findings=[finding],
    )


@functools.cache
def versions() -> dict[str, str]:
    """The versions that a result depends on; the grader's own is a hash of its code."""
    import platform

    digest = hashlib.sha256()
    for path in sorted((ROOT / "grader").rglob("*.py")):
        digest.update(path.read_bytes())
    names = ("torch", "numpy", "gymnasium", "transformers")
    installed = {name: importlib.metadata.version(name) for name in names}
    return {"python": platform.python_version(), **installed, "grader": digest.hexdigest()[:12]}
