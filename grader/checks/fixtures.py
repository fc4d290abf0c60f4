"""Fixtures: what a probe needs and is slow to make, built once in a process and asked for by a parameter's name.

    @fixture                                     in fixtures.py, a given file of the lab
    def tiny_model():
        return load_language_model("tiny")

    @check("sequence_logprobs", points=2)        in checks.py
    def of_the_tiny_model(lab, tiny_model, prompt):
        ...

Where submissions are graded it is built in the warm parent, before the first of them. There the file stands alone: it
may import labs.common and what is installed, and no other file of its lab.
"""

import copy
import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from grader.checks.definitions import Check
from grader.lab import Lab

FILE = "fixtures.py"


@dataclasses.dataclass
class Fixture:
    """A function that makes something, and what it made at its first use."""

    name: str
    build: Callable[[], Any]

    @functools.cached_property
    def _built(self) -> Any:
        return self.build()

    def copy(self) -> Any:
        """A copy of what it makes, which is made at the first call."""
        return copy.deepcopy(self._built)


def fixture(build: Callable[[], Any]) -> Fixture:
    """Marks a function of fixtures.py: a probe with a parameter of its name gets a copy of what it returns."""
    return Fixture(build.__name__, build)


def source_of(lab: Lab) -> str:
    """The text of a lab's fixtures.py; empty where it has none."""
    return lab.path(FILE).read_text(encoding="utf-8") if FILE in lab.manifest.files.given else ""


def fixtures_in(source: str) -> dict[str, Fixture]:
    """The fixtures of the text of a fixtures.py, by name; each is built at its first use."""
    module = ModuleType("fixtures")
    exec(compile(source, FILE, "exec"), module.__dict__)
    return {found.name: found for found in vars(module).values() if isinstance(found, Fixture)}


def with_fixtures(check: Check, arguments: dict[str, Any], fixtures: Mapping[str, Fixture]) -> dict[str, Any]:
    """The arguments of a call of the check's probe: those of its case, and a copy of every fixture it asks for, so that
    no call sees what another one has done to it."""
    wanted = [name for name in inspect.signature(check.probe).parameters if name in fixtures]
    return arguments | {name: fixtures[name].copy() for name in wanted}
