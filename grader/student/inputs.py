"""What a case that failed was called with, where that is small enough to be read."""

import numpy as np

from grader import codes
from grader.findings import kind_of
from grader.languages import Catalogue
from grader.plain import Array, Plain, to_plain
from grader.student.checking import Checked

MOST_NUMBERS = 24  # of one array
MOST_CHARACTERS = 400  # of all inputs together
DIGITS = 4


def inputs_of(texts: Catalogue, item: Checked) -> list[str]:
    """The arguments of the public case that failed, each with its name; of a larger array its shape. Empty where they
    are too long all the same, and where the failure has no case or no value to be compared."""
    case = next((case for case in item.check.cases if item.judged and case.title == item.judged.case), None)
    if case is None or item.judged is None or "file" in map(kind_of, item.judged.findings[:1]):
        return []
    shown = [f"{name} = {_shown(texts, to_plain(value))}" for name, value in case.arguments.items()]
    return shown if sum(map(len, shown)) <= MOST_CHARACTERS else []


def _shown(texts: Catalogue, value: Plain) -> str:
    if isinstance(value, Array):
        if value.values.size > MOST_NUMBERS:
            return texts.say((codes.A_TENSOR if value.tensor else codes.AN_ARRAY)(shape=str(value.shape)))
        return " ".join(np.array2string(value.values, precision=DIGITS, separator=", ", floatmode="maxprec").split())
    if isinstance(value, list):
        return f"[{', '.join(_shown(texts, item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_shown(texts, item)}' for key, item in value.items())}}}"
    return f"{value:.{DIGITS + 2}g}" if isinstance(value, float) else repr(value)
