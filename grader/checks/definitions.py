"""How an author says what is checked: a probe, its public cases, and (in hidden.py) generators of hidden ones.

    @check("reward_to_go", points=4)
    def every_step(lab, rewards, gamma):
        '''G_t for every step of one episode.'''
        return lab.reward_to_go(rewards, gamma)

    every_step.case("three steps", rewards=[1, 2, 3], gamma=0.5)

The first line of the docstring is the title that a student reads. The same probe run on the reference gives the
expected value; a check with `verify` judges a property instead, or beside it (`compared`). A check is called like the
variable of checks.py that holds it.
"""

import dataclasses
import zlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from grader import codes
from grader.errors import Found
from grader.findings import Finding
from grader.lab import PUBLIC_SHARE
from grader.plain import Plain

Probe = Callable[..., Any]
Verify = Callable[..., None]  # verify(value, **case arguments) raises Wrong


class Wrong(Found):
    """Raised by a verify function: what is wrong, as a finding or as a message of the lab's own, by id and values."""

    def __init__(self, what: Finding | str, **values: Any) -> None:
        super().__init__(what if isinstance(what, Finding) else Finding(what, values))


class CannotJudge(Found):
    """Raised by a probe: why what came back cannot be judged, as a finding or as a message of the lab's own."""

    def __init__(self, what: Finding | str, **values: Any) -> None:
        super().__init__(what if isinstance(what, Finding) else codes.CANNOT_JUDGE(why=Finding(what, values)))


@dataclasses.dataclass(frozen=True)
class Case:
    """One call of a probe. The title is for the reader; the arguments are plain data, arrays and tensors."""

    title: str
    arguments: dict[str, Any]


@dataclasses.dataclass
class Check:
    """One thing that is checked about a task, over its cases.

    name          what results call it
    exact_dtype   whether float64 is wrong where float32 is expected
    tolerance     (relative, absolute); None: the lab's
    seconds       CPU seconds for one case; None: the lab's limit
    quick         False: not in the plain `make lab3`, since what it needs is slow to import
    verify        judges a property of what the probe found, in place of a comparison with the reference
    compared      beside `verify`: the key of what the probe found that is compared with the reference, too
    needs         a check of any task; this one counts, and is asked, only where that one passes: it sees no values,
                  or takes long
    values        whether it sees values, so that code which answers in the probe's place has to do the work. None:
                  where it compares with the reference. False: it compares a shape, or whose dice were used. True: it
                  judges a property that nobody has without the work
    last          it knows only the mistakes that pass every other check of their task: its failures say so little that
                  any mistake may cause them
    """

    name: str
    task: str
    points: float
    title: str
    probe: Probe
    exact_dtype: bool = False
    tolerance: tuple[float, float] | None = None
    seconds: float | None = None
    quick: bool = True
    verify: Verify | None = None
    compared: str | None = None
    needs: "Check | None" = None
    last: bool = False
    values: bool | None = None
    cases: list[Case] = dataclasses.field(default_factory=list)

    @property
    def compares(self) -> bool:
        """Whether the reference's answer is needed to judge another."""
        return self.verify is None or self.compared is not None

    @property
    def sees_values(self) -> bool:
        """Whether it takes the work to pass. A check that sees no values earns nothing by itself: it has to need one of
        its task that does."""
        return self.compares if self.values is None else self.values

    def part(self, value: Plain) -> Plain:
        """What is compared of a value: all of it, or what is called `compared`, with its name."""
        if self.compared is None:
            return value
        return {self.compared: value.get(self.compared) if isinstance(value, dict) else None}

    def case(self, title: str, **arguments: Any) -> None:
        """Adds a public case; its expected value is recorded from the reference by `make sync`."""
        if any(case.title == title for case in self.cases):
            raise ValueError(f"{self.name} has two cases called {title!r}")
        self.cases.append(Case(title, arguments))

    def also(self, title: str, points: float, *, needs: "Check | None" = None, values: bool | None = None) -> "Check":
        """Another check with the same probe and options, and cases of its own."""
        return dataclasses.replace(self, name="", title=title, points=points, needs=needs, values=values, cases=[])


def check(
    task: str,
    points: float,
    *,
    exact_dtype: bool = False,
    tolerance: tuple[float, float] | None = None,
    seconds: float | None = None,
    quick: bool = True,
    verify: Verify | None = None,
    compared: str | None = None,
    needs: Check | None = None,
    values: bool | None = None,
    last: bool = False,
) -> Callable[[Probe], Check]:
    """Makes a probe `probe(lab, **case)` a check of `task`. See Check for what the options mean."""

    def decorate(probe: Probe) -> Check:
        title = (probe.__doc__ or "").strip().split("\n")[0]
        if not title:
            raise ValueError(f"check {probe.__name__} needs a docstring: its first line is the title")
        return Check(
            name=probe.__name__,
            task=task,
            points=points,
            title=title,
            probe=probe,
            exact_dtype=exact_dtype,
            tolerance=tolerance,
            seconds=seconds,
            quick=quick,
            verify=verify,
            compared=compared,
            needs=needs,
            values=values,
            last=last,
        )

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
    """The checks of a checks.py in the order they are written, each called like its variable."""
    checks = {name: value for name, value in vars(module).items() if isinstance(value, Check)}
    for name, found in checks.items():
        found.name = found.name or name
    return list(checks.values())


def hidden_of(module: ModuleType) -> list[HiddenCases]:
    """The generators of a hidden.py in the order they are written."""
    return [value for value in vars(module).values() if isinstance(value, HiddenCases)]


def variants_of(module: ModuleType) -> list[Variant]:
    """The variants of a mistakes.py or an alternatives.py in the order they are written."""
    return [value for value in vars(module).values() if isinstance(value, Variant)]


def split_points(points: float, public: bool, hidden: bool) -> tuple[float, float]:
    """A check's points as (public, hidden): all on the side that has cases, a fixed share where both have."""
    if not hidden:
        return float(points), 0.0  # which a check may give as an int
    share = round(points * PUBLIC_SHARE, 2) if public else 0.0
    return share, round(points - share, 2)
