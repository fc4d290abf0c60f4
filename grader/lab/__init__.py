"""A lab as it lies on the disk: its manifest, its Python, its quiz, the record of its public cases."""

from grader.lab.manifest import (
    MANIFEST_FILE,
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
    "MANIFEST_FILE",
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
