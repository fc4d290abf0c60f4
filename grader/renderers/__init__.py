"""How results are shown and handed on: a renderer is a module here, found by its name (grader/registry.py).

    DESCRIPTION: str                        what it writes, in one line, for the help of the commands
    ALSO: tuple[str, ...]                   other names for it, if there are any
    feedback(view, words) -> Iterable[File]      what one student gets: `grader feedback --format NAME`
    report(cohorts, words) -> Iterable[File]     what an instructor gets of all students: `grader report --to NAME`
    export(standings, words, setting) -> Iterable[File | Finding]   what a platform reads: `grader export --to NAME`

A module with one of these functions is a renderer for that command. They are pure functions from results to files;
writing.py writes what they make. `words` (words.py) are the sentences of a lab, in the language of the reader; a report
is of one lab or of several, each with its Cohort and, by its name, its words. An export makes the files of one lab, and
a finding for each student whom they cannot hold; `setting` (setting.py) is what a platform's file needs besides.
"""

from types import ModuleType
from typing import Literal

from grader.errors import Refused
from grader.findings import Finding
from grader.registry import modules_of

Use = Literal["feedback", "report", "export"]
File = tuple[str, str | bytes]  # its path inside the folder that it goes to, and what is in it
Exported = File | Finding


def renderers(use: Use) -> dict[str, ModuleType]:
    """The renderers for a command, by name."""
    return {name: module for name, module in modules_of(__name__).items() if hasattr(module, use)}


def renderer_of(use: Use, name: str) -> ModuleType:
    """The renderer of that name; Refused where there is none."""
    there = renderers(use)
    for own_name, module in there.items():
        if name in (own_name, *getattr(module, "ALSO", ())):
            return module
    raise Refused("no_such_renderer", name=name, there=list(there))


def described(use: Use) -> str:
    """What there is for a command, in the renderers' own words."""
    names = {" or ".join([name, *getattr(module, "ALSO", ())]): module for name, module in renderers(use).items()}
    return ", ".join(f"{name} ({module.DESCRIPTION})" for name, module in names.items())
