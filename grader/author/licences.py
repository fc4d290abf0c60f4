"""The tables of docs/licences.md: what the locks install, with the licence that each package's own metadata name.

python -m grader.author.licences      writes the tables anew; what is not installed here keeps the row it has
"""

import re
from importlib import metadata
from pathlib import Path
from typing import Any

from grader.lab import ROOT

PAGE = ROOT / "docs" / "licences.md"
# The locks whose packages end up in an image, or in what the kit makes.
LOCKS = ("requirements/cpu.txt", "requirements/image.txt", "requirements/docs.txt")
NAME = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
TABLE = "<!-- {lock} -->\n"
HEAD = "| package | licence |\n| --- | --- |\n"
ROW = re.compile(r"^\| (?P<name>(?!package )\w[^ |]*) \| (?P<licence>[^|]+) \|$", re.MULTILINE)
LONGEST = 60  # a longer License field is a licence's text


def names_in(lock: Path) -> list[str]:
    """The packages of a lock, each once, in the order of the alphabet."""
    return sorted(set(NAME.findall(lock.read_text(encoding="utf-8"))))


def licence_of(package: str) -> str | None:
    """What a package's metadata say: an SPDX expression, else its classifiers, else a short License field. None where
    the package is not installed."""
    try:
        found: Any = metadata.metadata(package)  # an email.message.Message, whose get its type does not have
    except metadata.PackageNotFoundError:
        return None
    if expression := found.get("License-Expression"):
        return str(expression)
    classifiers = [each.rpartition(" :: ")[2] for each in found.get_all("Classifier", []) if each.startswith("License")]
    named = [each for each in classifiers if each != "OSI Approved"]
    written = " ".join((found.get("License") or "").split())
    return ", ".join(named) or (written if 0 < len(written) <= LONGEST else "see the package")


def tables(page: str) -> str:
    """The page with its tables written anew."""
    known = {row["name"]: row["licence"] for row in ROW.finditer(page)}
    for lock in LOCKS:
        rows = [
            f"| {name} | {licence_of(name) or known.get(name, 'not installed on Linux: see the package')} |"
            for name in names_in(ROOT / lock)
        ]
        mark = TABLE.format(lock=lock)
        before, _, after = page.partition(mark)
        page = before + mark + HEAD + "\n".join(rows) + "\n\n" + after.partition("\n\n")[2]
    return page


if __name__ == "__main__":
    PAGE.write_text(tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
