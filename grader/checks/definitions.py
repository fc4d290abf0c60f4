"""How an author says what is checked: a probe, its public cases, and (in hidden.py) generators of hidden ones.

    @check("reward_to_go", points=4)
    def every_step(lab, rewards, gamma):
        '''G_t for every step of one episode.'''
        return lab.reward_to_go(rewards, gamma)

    every_step.case("three steps", rewards=[1, 2, 3], gamma=0.5)

The first line of the docstring is the title that a student reads. The same probe run on the reference gives the
expected value; a check with `verify` judges a property instead.
"""

import dataclasses
import zlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from grader.errors import Found
from grader.findings import Finding
from grader.lab import PUBLIC_SHARE

Probe = Callable[..., Any]
Verify = Callable[..., None]  # verify(value, **case arguments) raises Wrong


class Wrong(Found):
    """Raised by a verify function: what is wrong, as a finding or as a message of the lab's own, by id and values."""

    def __init__(self, what: Finding | str, **values: Any) -> None:
        super().__init__(what if isinstance(what, Finding) else Finding(what, values))


class CannotJudge(Wrong):
    """Raised by a probe: why what came back cannot be judged."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One call of a probe. The title is for the reader; the arguments are plain data, arrays and tensors."""

    title: str
    arguments: dict[str, Any]


@dataclasses.dataclass
class Check:
    """One thing that is checked about a task, over its cases."""

    name: str
    task: str
    points: float
    title: str
    probe: Probe
    exact_dtype: bool = False
    tolerance: tuple[float, float] | None = None  # (relative, absolute); None: the lab's
    seconds: float | None = None  # CPU seconds for one case; None: the lab's limit
    quick: bool = True  # False: not in the plain `make lab3`, since what it needs is slow to import
    verify: Verify | None = None
    needs: "Check | None" = None  # asked only where this check passes: it sees no values, or takes long
    cases: list[Case] = dataclasses.field(default_factory=list)

    def case(self, title: str, **arguments: Any) -> None:
        """Adds a public case; its expected value is recorded from the reference by `make sync`."""
        if any(case.title == title for case in self.cases):
            raise ValueError(f"{self.name} has two cases called {title!r}")
        self.cases.append(Case(title, arguments))


def check(
    task: str,
    points: float,
    *,
    exact_dtype: bool = False,
    tolerance: tuple[float, float] | None = None,
    seconds: float | None = None,
    quick: bool = True,
    verify: Verify | None = None,
    needs: Check | None = None,
) -> Callable[[Probe], Check]:
    """Makes a probe `probe(lab, **case)` a check of `task`. See Check for what the options mean."""

    def decorate(probe: Probe) -> Check:
        title = (probe.__doc__ or "").strip().split("\n")[0]
        if not title:
            raise ValueError(f"check {probe.__name__} needs a docstring: its first line is the title")
        return Check(probe.__name__, task, points, title, probe, exact_dtype, tolerance, seconds, quick, verify, needs)

    return decorate


@dataclasses.dataclass(frozen=True)
class HiddenCases:
    """A generator of hidden cases for a check, drawn anew from the seed of each grading run."""

    check: Check
    generate: Callable[[np.random.Generator], Iterator[dict[str, Any]]]

    def draw(self, seed: int) -> list[Case]:
        """The cases of a run's seed: the same for all its students, and independent of other checks."""
        key = zlib.crc32(f"{self.check.name}/{self.generate.__name__}".encode())
        cases = self.generate(np.random.default_rng([seed, key]))
        return [Case(f"{self.generate.__name__} {n}", arguments) for n, arguments in enumerate(cases, 1)]


def hidden_cases(of: Check) -> Callable[[Callable[[np.random.Generator], Iterator[dict[str, Any]]]], HiddenCases]:
    """Marks a function of hidden.py, generate(rng), as yielding the arguments of hidden cases of a check."""
    return lambda generate: HiddenCases(of, generate)


@dataclasses.dataclass(frozen=True)
class Variant:
    """Another implementation of one function: a mistake with its diagnosis, or an alternative that is right."""

    name: str
    function: str
    implementation: Callable[..., Any]
    diagnosis: str = ""


def mistake(function: str, diagnosis: str) -> Callable[[Callable[..., Any]], Variant]:
    """A wrong version of `function` that students write; the diagnosis names symptom and idea, not the code."""
    return lambda code: Variant(code.__name__, function, code, diagnosis)


def alternative(function: str) -> Callable[[Callable[..., Any]], Variant]:
    """A right version of `function` that looks different, and must earn every point."""
    return lambda code: Variant(code.__name__, function, code)


def checks_of(module: ModuleType) -> list[Check]:
    """The checks of a checks.py in the order they are written."""
    return [value for value in vars(module).values() if isinstance(value, Check)]


def hidden_of(module: ModuleType) -> list[HiddenCases]:
    """The generators of a hidden.py in the order they are written."""
    return [value for value in vars(module).values() if isinstance(value, HiddenCases)]


def variants_of(module: ModuleType) -> list[Variant]:
    """The variants of a mistakes.py or an alternatives.py in the order they are written."""
    return [value for value in vars(module).values() if isinstance(value, Variant)]


def split_points(points: float, public: bool, hidden: bool) -> tuple[float, float]:
    """A check's points as (public, hidden): all on the side that has cases, a fixed share where both have."""
    if not hidden:
        return points, 0.0
    share = round(points * PUBLIC_SHARE, 2) if public else 0.0
    return share, round(points - share, 2)
