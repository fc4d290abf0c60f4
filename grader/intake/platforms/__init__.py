"""Learning platforms, and how their exports name what was handed in: a platform is a module here, found by its name.

    DESCRIPTION: str                        what it reads, in one line, for the help of `grader collect`
    named(names) -> dict[str, Named]        what the names say that lie at the top of its export, those that it knows
    pieces(files) -> Iterator[Piece]        what an export holds, where it takes more than the names at its top

A module has `named` where names say enough: `grader grade` then reads its unpacked exports as they are. Else it has
`pieces`. `files` is an Export (export.py).
"""

import dataclasses
from collections.abc import Iterable
from pathlib import PurePosixPath
from types import ModuleType

from grader.errors import Refused
from grader.intake.names import Order
from grader.registry import modules_of

GRADESCOPES = "submission_metadata.yml"  # Gradescope's list of who is who, beside the folders
TEAMS = "Submitted files"  # the folder of Teams' that holds one for each student


@dataclasses.dataclass(frozen=True)
class Named:
    """What a platform says of a file or a folder of its own: whose it is, what it was called, which version it is.

    `student` tells a student from all others of the export. `known_as` are what a roster may know of the student: ids,
    a login name, an e-mail address, the name in any order. `file` is the name that it was handed in by, "" for a
    folder. `attempt` is the same for all that was handed in together; `upload` grows from one upload to the next.
    `when` is the time of the hand-in in ISO 8601, where `attempt` does not say it.
    """

    student: str
    file: str = ""
    attempt: Order | None = None
    upload: int | None = None
    known_as: tuple[str, ...] = ()
    when: str = ""


@dataclasses.dataclass(frozen=True)
class Piece:
    """A file of an export, and where it belongs: `inside` is its path in what the student handed in."""

    path: PurePosixPath
    named: Named
    inside: PurePosixPath


def platforms() -> dict[str, ModuleType]:
    """The platforms that there are, by name."""
    return {name: module for name, module in modules_of(__name__).items() if hasattr(module, "DESCRIPTION")}


def platform_of(name: str) -> ModuleType:
    """The platform of that name; Refused where there is none."""
    there = platforms()
    if name not in there:
        raise Refused("no_such_platform", name=name, there=list(there))
    return there[name]


def described() -> str:
    """What there is, in the platforms' own words."""
    return ", ".join(f"{name} ({module.DESCRIPTION})" for name, module in platforms().items())


def named_by_any(names: Iterable[str]) -> dict[str, Named]:
    """What the platforms say of these names; one that several know is the first one's."""
    names = list(names)
    found: dict[str, Named] = {}
    for module in platforms().values():
        if hasattr(module, "named"):
            found = {**module.named(names), **found}
    return found
