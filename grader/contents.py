"""What a release holds: release.json at its top has a hash of each file, as it was when it was released.

By it `make update` knows what is the kit's and what a student's, and `make doctor` which given files were changed. The
standard library of Python 3.8 is enough here (grader/doctor).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

FILE = "release.json"


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_list(root: Path) -> None:
    """Writes the list of all files in a folder that is about to be released."""
    files = {str(path.relative_to(root)): hash_of(path.read_bytes()) for path in root.rglob("*") if path.is_file()}
    (root / FILE).write_text(json.dumps({"files": files}, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def listed(text: bytes) -> dict[str, str]:
    """The hashes that the content of a release.json has, by path; ValueError where it is none."""
    try:
        files = json.loads(text)["files"]
        return {str(path): str(found) for path, found in files.items()}
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no list of files ({error})") from None


def listed_in(root: Path) -> dict[str, str]:
    """The same of a copy; empty where it has none, as releases had none before, and the instructor's copy has."""
    try:
        return listed((root / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
