"""What the name of a file or a folder says: of which lab it is, of which version, and whether it is a copy."""

import hashlib
import re
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from grader.handin import COPY, PACKED, TIME
from grader.intake.archives import archive_stem, is_archive

# A version's place in the order of versions: what is counted, and the count. Only those of one kind can be compared.
Order = tuple[str, float]
TIMED = "time"  # the kind of an order that is a moment, on the clocks of whoever named it

LAB = re.compile(r"(?<![a-z0-9])(?:lab|实验)[ _-]?0*(\d{1,2})(?!\d)")  # "lab2026" is of a year, not of a lab
MOMENT = re.compile(r"(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)[-_ T.]?(\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")
NUMBERED = re.compile(r"(?<![a-z])(?:attempt|version)[ _-]?(\d{1,9})(?!\d)", re.IGNORECASE)
MAX_NAME_BYTES = 200  # of a student's name; file systems allow 255
CLOCKS = timedelta(days=1)  # how much two clocks, or two time zones, may differ


def labs_in(name: str) -> set[str]:
    """The labs that a name names: {"lab0"} for "Lab 0", "my_lab00-final", "实验0" or "lab0_setup"."""
    return {f"lab{number}" for number in LAB.findall(name.lower())}


def lab_of(folder: PurePosixPath) -> str:
    """The lab that a folder inside a submission is called after ("lab3" for lab3_final/code), or ""."""
    names = [f"lab{found[1]}" for part in folder.parts if (found := LAB.match(part.lower()))]
    return names[-1] if names else ""


def order_in(name: str) -> Order | None:
    """Which version a platform says that this is: a moment, or the number of an attempt.

    Numbers that people give ("v2", "final2") are none: nobody knows which came last.
    """
    if found := MOMENT.search(name):
        year, month, day, hour, minute, second = map(int, found.groups())
        try:
            return TIMED, datetime(year, month, day, hour, minute, second).timestamp()
        except (ValueError, OverflowError):
            pass
    return ("number", float(found[1])) if (found := NUMBERED.search(name)) else None


def packed(path: Path) -> re.Match[str] | None:
    """What an archive's name says that has the form of those that `make labN-submit` writes."""
    return PACKED.fullmatch(archive_stem(path))


def packed_at(path: Path) -> Order | None:
    """When an archive was packed, as its name says."""
    named = packed(path)
    try:
        return (TIMED, datetime.strptime(named["time"], TIME).timestamp()) if named and named["time"] else None
    except (ValueError, OverflowError):
        return None


def time_in(order: Order | None) -> str:
    """The moment in ISO 8601, local to whoever named it; "" where it is none."""
    return datetime.fromtimestamp(order[1]).isoformat() if order and order[0] == TIMED else ""


def is_to_come(order: Order | None) -> bool:
    """Whether this is a moment in the future, which no honest clock has seen."""
    return order is not None and order[0] == TIMED and order[1] > (datetime.now() + CLOCKS).timestamp()


def own_name(name: str) -> str:
    """A file's name without what browsers and platforms add to a copy: "warmup.py" for "warmup (1).py", "warmup-2.py".

    An archive's stays, since its end may say which lab it is of.
    """
    path = PurePosixPath(name)
    if is_archive(Path(name)) or not path.suffix:
        return name
    return re.sub(rf"({COPY}| - Copy| copy)+$", "", path.stem) + path.suffix


def readable(name: str) -> str:
    """A file's name, which need not be text, as a student's name: printable, and fit for a folder. Different names stay
    different."""
    text = "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in name)
    if len(text.encode()) <= MAX_NAME_BYTES:
        return text
    cut = text.encode()[: MAX_NAME_BYTES - 9].decode(errors="ignore")
    return f"{cut}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"
