"""A fault of a machine: what was found, and what puts it right. A look is a function from the kit's folder to faults.

The standard library of Python 3.8 is enough here: this is read where nothing is installed yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from labs.common.translated import _

GB = 1e9


class Fault(NamedTuple):
    """What is wrong, in a sentence, and what to do. One that does not `stop` the labs is only worth knowing."""

    subject: str
    found: str
    fix: str
    stops: bool = True


def faults_of(root: Path, looks: Sequence[Callable[[Path], Iterator[Fault]]]) -> list[Fault]:
    """What all looks find; first what stops the labs."""
    found: list[Fault] = []
    for look in looks:
        try:
            found += look(root)
        except OSError as error:  # a file system may refuse anything, and that is a finding
            found.append(
                Fault(
                    look.__name__,
                    _("this could not be looked at: {error}").format(error=error),
                    _("Say so to your instructor."),
                )
            )
    return sorted(found, key=lambda fault: not fault.stops)


def lines(faults: list[Fault]) -> list[str]:
    """What is printed: two lines for each fault."""
    stopped = any(fault.stops for fault in faults)
    said = [] if stopped else [_("Nothing that was looked at is in the way of the labs.")]
    for fault in faults:
        said += [
            _("{mark} {subject}: {found}").format(
                mark="✗" if fault.stops else "!", subject=_(fault.subject), found=fault.found
            ),
            f"    {fault.fix}",
        ]
    return said
