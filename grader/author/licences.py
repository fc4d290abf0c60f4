"""The tables of docs/licences.md, in each language: what the locks install, with the licence that a package's own
metadata name.

python -m grader.author.licences      writes the tables anew; what is not installed here keeps the row it has
"""

import re
from importlib import metadata
from pathlib import Path
from typing import Any

from grader.lab import ROOT

PAGES = {"en": ROOT / "docs" / "licences.md", "zh": ROOT / "docs" / "licences.zh.md"}
# The locks whose packages end up in an image, or in what the kit makes.
LOCKS = ("requirements/cpu.txt", "requirements/image.txt", "requirements/docs.txt")
NAME = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
TABLE = "<!-- {lock} -->\n"
# The table's head, and what is said of a package that is not installed here, or whose metadata name no licence.
SAID = {
    "en": ("| package | licence |", "not installed on Linux: see the package", "see the package"),
    "zh": ("| 包 | 许可证 |", "在 Linux 上不安装：见该包", "见该包"),
}
ROW = re.compile(r"^\| (?P<name>[^ |]+) \| (?P<licence>[^|]+) \|$", re.MULTILINE)
LONGEST = 60  # a longer License field is a licence's text


def names_in(lock: Path) -> list[str]:
    """The packages of a lock, each once, in the order of the alphabet."""
    return sorted(set(NAME.findall(lock.read_text(encoding="utf-8"))))


def licence_of(package: str) -> str | None:
    """What a package's metadata say: an SPDX expression, else its classifiers, else a short License field, else "".
    None where the package is not installed."""
    try:
        found: Any = metadata.metadata(package)  # an email.message.Message, whose get its type does not have
    except metadata.PackageNotFoundError:
        return None
    if expression := found.get("License-Expression"):
        return str(expression)
    classifiers = [each.rpartition(" :: ")[2] for each in found.get_all("Classifier", []) if each.startswith("License")]
    named = [each for each in classifiers if each != "OSI Approved"]
    written = " ".join((found.get("License") or "").split())
    return ", ".join(named) or (written if len(written) <= LONGEST else "")


def tables(page: str, language: str) -> str:
    """The page in a language with its tables written anew."""
    known = {row["name"]: row["licence"] for row in ROW.finditer(page)}
    head, not_here, not_named = SAID[language]
    for lock in LOCKS:
        rows = []
        for name in names_in(ROOT / lock):
            licence = licence_of(name)
            said = known.get(name, not_here) if licence is None else licence or not_named
            rows.append(f"| {name} | {said} |")
        mark = TABLE.format(lock=lock)
        before, _, after = page.partition(mark)
        page = before + mark + "\n".join([head, "| --- | --- |", *rows]) + "\n\n" + after.partition("\n\n")[2]
    return page.rstrip("\n") + "\n"


if __name__ == "__main__":
    for language, page in PAGES.items():
        page.write_text(tables(page.read_text(encoding="utf-8"), language), encoding="utf-8")
