"""Cuts the solution regions out of a reference file, and says what stood in them; blanks a key's answers."""

import json
import re
from typing import Any

from grader.errors import Refused

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
REGION = re.compile(rf"^(?P<indent>[ \t]*){BEGIN}\n(?P<body>.*?)^[ \t]*{END}\n", re.MULTILINE | re.DOTALL)


def cut(source: str, name: str) -> str:
    """The skeleton of a reference file: each region becomes a TODO and `raise NotImplementedError`."""
    skeleton = REGION.sub(r"\g<indent># TODO: your code\n\g<indent>raise NotImplementedError\n", source)
    if BEGIN in skeleton or END in skeleton:
        raise Refused(f"{name}: {BEGIN} and {END} do not come in pairs", exit_code=1)
    return skeleton


def blank(answers: str) -> str:
    """A JSON file that students fill in, from its key: every leaf, also a list, is null; one line for each entry."""

    def emptied(value: Any) -> Any:
        return {key: emptied(item) for key, item in value.items()} if isinstance(value, dict) else None

    entries = [f" {json.dumps(key)}: {json.dumps(emptied(item))}" for key, item in json.loads(answers).items()]
    return "{\n" + ",\n".join(entries) + "\n}\n"


def regions(source: str) -> list[str]:
    """What stands in the solution regions of a reference file."""
    return [region["body"] for region in REGION.finditer(source)]
