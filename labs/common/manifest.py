"""What a lab's scripts read in its lab.toml: the functions that students write, and the bars of the milestones.

No script writes a bar down a second time: training, plots and evaluation ask `milestones_of`.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs.common.translated import _, ngettext


@dataclass(frozen=True)
class Milestone:
    """What training has to reach: all of its points at `target`, half of them at `half`. A higher figure is better."""

    name: str
    title: str
    target: float
    half: float
    artefacts: list[str]  # the files that are judged, and folders whose names end with "/", as seen from the lab's

    def file(self, folder: Path) -> Path:
        """The artefact, where it is a single file, in a folder that is laid out as the lab's own."""
        [name] = self.artefacts
        return folder / name


def manifest_of(lab_folder: Path) -> dict[str, Any]:
    return tomllib.loads((lab_folder / "lab.toml").read_text(encoding="utf-8"))


def milestones_of(lab_folder: Path) -> dict[str, Milestone]:
    """The milestones of a lab by name, in the order of lab.toml."""
    return {
        entry["name"]: Milestone(**{field: entry[field] for field in Milestone.__dataclass_fields__})
        for entry in manifest_of(lab_folder).get("milestones", [])
    }


def verdict(milestones: Mapping[str, Milestone], reached: Mapping[str, float]) -> str:
    """What figures are worth, in words: each milestone that is named in `reached` has to be passed."""
    bars = [(milestones[name], figure) for name, figure in reached.items()]
    if all(figure >= milestone.target for milestone, figure in bars):
        return ngettext("target reached", "targets reached", len(bars))
    return _("half reached") if all(figure >= milestone.half for milestone, figure in bars) else _("not reached yet")


def student_files(lab_folder: Path) -> dict[str, str]:
    """The file of each function that the lab asks for."""
    tasks = manifest_of(lab_folder)["tasks"]
    return {name: task["file"] for task in tasks if task["file"].endswith(".py") for name in task["functions"]}


def code_digest(lab_folder: Path) -> str:
    """Tells whether the student's files are still those a run began with."""
    digest = hashlib.sha256()
    for file in dict.fromkeys(student_files(lab_folder).values()):
        digest.update((lab_folder / file).read_bytes())
    return digest.hexdigest()
