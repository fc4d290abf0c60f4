"""Moodle: a folder Ada Lovelace_12345_assignsubmission_file for each participant, and one more for what was typed in.

Without folders: Ada Lovelace_12345_assignsubmission_file_warmup.py.
"""

import re
from collections.abc import Iterable

from grader.intake.names import own_name
from grader.intake.platforms import Named

DESCRIPTION = "Download all submissions, in folders or not"
NAME = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?")


def named(names: Iterable[str]) -> dict[str, Named]:
    """A student is the name and the participant's number; a group or a blind participant has these, too."""
    return {
        name: Named(
            student=f"{match['name']}_{match['id']}",
            file=own_name(match["file"] or ""),
            known_as=(match["id"], match["name"]),
        )
        for name in names
        if (match := NAME.fullmatch(name))
    }
