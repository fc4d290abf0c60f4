"""What a training says of time, and of what it reached: at its start, and in its last line."""

import json
from pathlib import Path

from labs.common.manifest import milestones_of

LONG = 90  # seconds, from which on minutes are said


def duration(seconds: float) -> str:
    """So much time, as exactly as one wants to know it."""
    if seconds < LONG:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < LONG else f"{minutes // 60} h {minutes % 60} min"


def reached(lab_folder: Path) -> str:
    """How many of a lab's milestones are reached by what lies in runs/ now, in words; "" where it has none."""
    milestones = milestones_of(lab_folder)
    count = 0
    for name, milestone in milestones.items():
        try:
            facts = json.loads((lab_folder / milestone.artefacts[0]).with_suffix(".json").read_text(encoding="utf-8"))
            value = facts["evaluations"][name] if "evaluations" in facts else facts["evaluation_mean"]
            count += float(value) >= milestone.target
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return f"{count} of {len(milestones)} milestones reached" if milestones else ""
