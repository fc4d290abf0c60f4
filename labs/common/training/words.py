"""What a training says of time, and of what it reached: at its start, and in its last line."""

import json
from pathlib import Path

from labs.common.manifest import milestones_of
from labs.common.translated import _

LONG = 90  # seconds, from which on minutes are said


def duration(seconds: float) -> str:
    """So much time, as exactly as one wants to know it."""
    if seconds < LONG:
        return _("{seconds} s").format(seconds=max(1, round(seconds)))
    minutes = round(seconds / 60)
    return (
        _("{minutes} min").format(minutes=minutes)
        if minutes < LONG
        else _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
    )


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
    return _("{count} of {all} milestones reached").format(count=count, all=len(milestones)) if milestones else ""
