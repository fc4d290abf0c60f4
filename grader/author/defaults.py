"""Whether a lab's checks ask about the default of every optional argument: calls without it, and with another value."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from grader.grading.reference import Reference, visibilities


@dataclasses.dataclass(frozen=True)
class _Calls:
    """The optional arguments of one function, and those that some call leaves out, or gives another value."""

    signature: inspect.Signature
    left_out: set[str]
    given: set[str]

    @property
    def optional(self) -> dict[str, object]:
        parameters = self.signature.parameters.values()
        return {each.name: each.default for each in parameters if each.default is not each.empty}

    def note(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        passed = self.signature.bind(*args, **kwargs).arguments
        for name, default in self.optional.items():
            if name not in passed:
                self.left_out.add(name)
            elif not _same(passed[name], default):
                self.given.add(name)


def default_faults(reference: Reference) -> Iterable[str]:
    """The optional arguments that no public or hidden case leaves out, and those that none gives another value than
    the default: whichever it is, a wrong one would earn everything."""
    calls: dict[str, _Calls] = {}
    functions = {
        name: _recorded(function, calls.setdefault(name, _Calls(inspect.signature(function), set(), set())))
        if inspect.isfunction(function)
        else function
        for name, function in reference.functions.items()
    }
    recorded = dataclasses.replace(reference, functions=functions)
    for check in reference.checks:
        for visibility in visibilities(reference, check):
            for case in reference.cases(check, visibility, 0):
                recorded.answer(check, case)
    for function, seen in calls.items():
        for name, default in seen.optional.items():
            if name not in seen.left_out:
                yield f"no case calls {function} without {name}: its default ({default!r}) is never asked for"
            if name not in seen.given:
                yield f"no case calls {function} with another {name} than its default ({default!r})"


def _recorded(function: Callable[..., Any], calls: _Calls) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        calls.note(args, kwargs)
        return function(*args, **kwargs)

    return call


def _same(value: object, default: object) -> bool:
    return value is default or (type(value) is type(default) and bool(value == default))
