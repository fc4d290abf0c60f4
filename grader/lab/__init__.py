"""A lab as it lies on the disk: its manifest, its Python, its quiz, the record of its public cases."""

from grader.lab.manifest import (
    PUBLIC_SHARE,
    ROOT,
    Files,
    Lab,
    Limits,
    Manifest,
    Milestone,
    Quiz,
    Script,
    Task,
    find_lab,
    lab_folders,
    labs_folder,
    read_lab,
    solutions_folder,
)

__all__ = [
    "PUBLIC_SHARE",
    "ROOT",
    "Files",
    "Lab",
    "Limits",
    "Manifest",
    "Milestone",
    "Quiz",
    "Script",
    "Task",
    "find_lab",
    "lab_folders",
    "labs_folder",
    "read_lab",
    "solutions_folder",
]
