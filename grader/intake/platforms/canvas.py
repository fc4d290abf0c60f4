"""Canvas: doejane_LATE_12345_67890_warmup.py is a name without spaces, a mark, the user's id, the upload's, the file.

Anonymous: anon_aB3x_67890_warmup.py. What was typed in, or a link, has no upload: doejane_12345_text.html.
"""

import re
from collections.abc import Iterable

from grader.intake.names import own_name
from grader.intake.platforms import Named

DESCRIPTION = "Download Submissions"
NAME = re.compile(
    r"(?:(?P<name>.+?)_)??(?:LATE_)?(?:(?P<user>\d+)|anon_(?P<anonymous>[^_]+))_"
    r"(?:(?P<upload>\d+)_(?P<file>.+)|(?P<typed>text\.html|link\.html))"
)


def named(names: Iterable[str]) -> dict[str, Named]:
    """A student is a name and the user's id, since two may have one name."""
    found: dict[str, Named] = {}
    for name in names:
        match = NAME.fullmatch(name)
        if not match or not (match["name"] or match["anonymous"]):
            continue
        user = match["user"] or f"anon_{match['anonymous']}"
        called = match["name"] or ""
        found[name] = Named(
            student=f"{called}_{user}" if match["user"] else user,
            file=own_name(match["file"] or match["typed"]),
            upload=int(match["upload"] or 0),
            known_as=tuple(filter(None, (match["user"], called))),
        )
    return found
