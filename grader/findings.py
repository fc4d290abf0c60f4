"""What was found, as data: a code and its values. Sentences are made where somebody reads (grader/languages).

    VALUES_DIFFER = code("values_differ", "value", "where", "expected", "got")      declared in grader/codes.py
    finding = VALUES_DIFFER(where=[], expected="1.5", got="2")                      made where something is wrong
    VALUES_DIFFER.made(finding)                                                     asked, where something is decided

A finding goes from where it is made to result.json as it is. No module reads a sentence to decide.
"""

import dataclasses
from typing import Literal, get_args

import msgspec

# What a code is about, the most fundamental first: where a student's function has several faults, the first is told. It
# also decides what a student is told of a hidden case (codes.HIDDEN): of `limits` all, since their values are the lab's
# own settings, of `private` codes nothing, of the others the kind alone.
Kind = Literal[
    "file",
    "wait",
    "limits",
    "death",
    "exception",
    "type",
    "shape",
    "dtype",
    "nan",
    "value",
    "gradient",
    "flag",
    "purity",
    "private",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Finding(msgspec.Struct, frozen=True):
    """A code and its values: text, numbers, other findings (parts of the sentence), or lists of these."""

    code: str
    values: "dict[str, str | int | float | bool | Finding | list[str | int | float | bool | Finding]]" = {}

    def __hash__(self) -> int:
        return hash(self.code)  # a value may be a list, or text that no encoding has


@dataclasses.dataclass(frozen=True)
class Code:
    """A kind of finding: its name, which is the id of its message, and the names of its values.

    `person`: a submission with such a finding needs a person's look.
    """

    name: str
    kind: Kind
    values: tuple[str, ...]
    person: bool = False

    def __call__(self, **values: object) -> Finding:
        if set(values) != set(self.values):
            raise TypeError(f"{self.name} takes {', '.join(self.values) or 'no values'}, not {', '.join(values)}")
        return Finding(self.name, values)  # type: ignore[arg-type]

    def made(self, finding: Finding) -> bool:
        """Whether a finding has this code."""
        return finding.code == self.name


CODES: dict[str, Code] = {}


def code(name: str, kind: Kind, *values: str, person: bool = False) -> Code:
    """Declares a code. ValueError where there is one of that name."""
    if name in CODES:
        raise ValueError(f"there are two codes {name}")
    CODES[name] = Code(name, kind, values, person)
    return CODES[name]


def kind_of(finding: Finding) -> Kind:
    """The kind of a finding; a lab's own codes, which are declared nowhere, are about a value."""
    return CODES[finding.code].kind if finding.code in CODES else "value"


def needs_person(finding: Finding) -> bool:
    return finding.code in CODES and CODES[finding.code].person
