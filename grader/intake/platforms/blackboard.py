"""Blackboard: Lab 0_jdoe_attempt_2026-11-02-10-00-00_warmup.py, and of each attempt a .txt without a file's name."""

import re
from collections import Counter
from collections.abc import Iterable

from grader.intake.names import order_in, own_name
from grader.intake.platforms import Named

DESCRIPTION = "Assignment File Download"
NAME = re.compile(r"(?P<whose>.+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)")


def named(names: Iterable[str]) -> dict[str, Named]:
    """A student is the login name: what follows the last "_" of the assignment's name and the student's, where that is
    one student's alone."""
    matches = {name: match for name in names if (match := NAME.fullmatch(name))}
    logins = Counter(_login(whose) for whose in {match["whose"] for match in matches.values()})
    return {
        name: Named(
            student=login if logins[login := _login(match["whose"])] == 1 else match["whose"],
            file=own_name(match["file"] or name),
            attempt=order_in(match["when"]),
            known_as=(login,),
        )
        for name, match in matches.items()
    }


def _login(whose: str) -> str:
    return whose.rpartition("_")[2]
