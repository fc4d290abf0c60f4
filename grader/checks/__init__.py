"""The words an author writes checks with: a probe over cases, hidden cases, mistakes and alternatives."""

from grader.checks.definitions import (
    CannotJudge,
    Case,
    Check,
    HiddenCases,
    Variant,
    Wrong,
    alternative,
    check,
    checks_of,
    hidden_cases,
    hidden_of,
    mistake,
    split_points,
    variants_of,
)
from grader.checks.fixtures import Fixture, fixture

__all__ = [
    "CannotJudge",
    "Case",
    "Check",
    "Fixture",
    "HiddenCases",
    "Variant",
    "Wrong",
    "alternative",
    "check",
    "checks_of",
    "fixture",
    "hidden_cases",
    "hidden_of",
    "mistake",
    "split_points",
    "variants_of",
]
