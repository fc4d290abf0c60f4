"""`make new-lab`: writes a lab of one task that is sound, as a beginning (grader/author/new_lab is its model)."""

import re
from pathlib import Path

from grader.errors import Refused

MODEL = Path(__file__).parent / "new_lab"


def new_lab(name: str, folder: Path) -> list[str]:
    """Writes the lab `name` (lab42_words) into `folder` and returns the names of its files.

    Refused where the name is none for a lab, or where there is a lab of that number.
    """
    parts = re.fullmatch(r"lab(\d+)_([a-z][a-z0-9_]*)", name)
    if not parts:
        raise Refused("no_name_for_a_lab", name=name)
    number, words = parts[1], parts[2].replace("_", " ")
    if there := sorted(path.name for path in folder.glob(f"lab{number}_*")):
        raise Refused("lab_is_there", 1, lab=there[0])
    (folder / name).mkdir()
    names = sorted(path.name for path in MODEL.iterdir() if path.is_file())
    for file in names:
        text = (MODEL / file).read_text(encoding="utf-8")
        text = text.replace("NUMBER", number).replace("TITLE", words.capitalize())
        (folder / name / file).write_text(text, encoding="utf-8")
    return names
