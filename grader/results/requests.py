"""Requests to look at points again: requests/<student>/<lab>.toml beside course.toml, as a student hands one in.

text = "the hidden case of pg_loss seems to need float64"       what the student asks
task = "pg_loss"                                                without it, it is about the whole lab
answer = "right, graded again"                                  an instructor's, which closes it
"""

import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader import codes
from grader.findings import Finding
from grader.plain import one_line
from grader.policy.course import Text, table_of

FOLDER = "requests"
MAX_BYTES = 20_000


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says. Whatever a student writes is text, and nothing else."""

    text: Text
    task: str | None = None
    answer: str = ""


def requests_in(folder: Path) -> Iterator[tuple[str, str, Request | Finding]]:
    """The student, the lab and the request of each file, by name; a finding where one cannot be read."""
    for path in sorted(folder.glob("*/*")):
        student, lab = path.parent.name, path.stem.partition("-")[0]
        try:
            about = path.lstat()
            if not stat.S_ISREG(about.st_mode) or path.suffix != ".toml" or about.st_size > MAX_BYTES:
                raise ValueError(f"it is no file called <lab>.toml of {MAX_BYTES} bytes or less")
            request = table_of(tomllib.loads(path.read_text(encoding="utf-8-sig")), Request, "")
        except (OSError, ValueError, RecursionError) as error:
            yield student, lab, codes.REQUEST_UNREADABLE(path=one_line(str(path)), reason=one_line(str(error)))
        else:
            yield student, lab, request
