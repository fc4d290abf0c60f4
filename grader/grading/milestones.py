"""Judges what training saved: the weights are loaded into the lab's own network, and no submitted code runs."""

import functools
import hashlib
import importlib.metadata
from collections.abc import Callable
from typing import Any

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
    milestone: Milestone, score: Score | None, data: bytes | None, why_missing: str | None = None
) -> CheckResult:
    """Full points at the target, half at the lower bar; a sentence where the weights are missing or unusable. Skipped
    without a scorer: the run was asked not to play."""
    if score is None:
        return _result(milestone, None, "not played in this run")
    if data is None:
        return _result(milestone, 0.0, why_missing or f"{milestone.weights} was not handed in")
    import safetensors
    import safetensors.torch

    try:
        weights = _loaded(data)
        reached = score(milestone.name, weights)
    except (safetensors.SafetensorError, ValueError) as error:  # its words may be the file's
        return _result(milestone, 0.0, f"{milestone.weights} cannot be used: {one_line(str(error))}")
    share = 1.0 if reached >= milestone.target else 0.5 if reached >= milestone.half else 0.0
    bars = f"target {milestone.target:g}, half at {milestone.half:g}"
    return _result(milestone, share, f"reached {milestone.in_words(reached)}; {bars}")


def _loaded(data: bytes) -> dict[str, Any]:
    import safetensors.torch

    try:
        return safetensors.torch.load(data)
    except (KeyError, TypeError, RuntimeError) as error:  # of a dtype that torch has not, of an endless shape
        raise ValueError(f"torch cannot hold what it holds ({error})") from None


def _result(milestone: Milestone, share: float | None, message: str) -> CheckResult:
    return CheckResult(
        task="milestone",
        check=milestone.name,
        title=milestone.title,
        visibility="hidden",
        kind="milestone",
        outcome="skipped" if share is None else "passed" if share == 1 else "failed",
        points=None if share is None else round(milestone.points * share, 2),
        max_points=milestone.points,
        message=message,
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
