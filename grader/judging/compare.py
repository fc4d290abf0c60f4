"""Holds what came back against what was expected: the first difference that matters, as a finding.

Tolerances lie at least a hundred times below the signal (grader lint measures it). What the conventions leave free is
free: float64 where float32 is asked for (unless the check fixes the dtype), tuple or list, bool for 0 and 1.

One number is one number: where the reference answers a 0-d tensor or a Python number, a Python number, a NumPy scalar
and a 0-d tensor or array of any dtype count alike. A check that fixes the dtype wants a 0-d tensor where the reference
has one, and a probe that asks for gradients never accepts a number (probes.py). What has a shape stays what it is.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from grader import codes
from grader.findings import KINDS, Code, Finding, Kind, kind_of
from grader.plain import CARRIES_GRADIENT, GRADIENTS, Array, Plain, one_line, type_name

FLOAT32_TOLERANCE = (1e-4, 1e-5)
FLOAT64_TOLERANCE = (1e-8, 1e-8)
SHOWN_ITEMS = 6
SHOWN_CHARACTERS, SHOWN_BEFORE = 60, 20  # of a text, and of those before the first that differs

Place = tuple[str | int, ...]  # keys of dictionaries, and the places of lists, from 1

KINDS_OF_VALUES = {
    type(None): codes.NOTHING_AT_ALL,
    bool: codes.A_BOOL,
    int: codes.AN_INT,
    float: codes.A_FLOAT,
    str: codes.A_STRING,
}


@dataclasses.dataclass(frozen=True)
class Difference:
    """How two values differ at one place. `excess` says by how many tolerances a number is off (infinity where the
    difference has no size)."""

    finding: Finding
    excess: float = float("inf")
    place: Place = ()

    @property
    def kind(self) -> Kind:
        return kind_of(self.finding)


def compare(
    expected: Plain, got: Plain, tolerance: tuple[float, float], exact_dtype: bool = False
) -> Difference | None:
    """The most fundamental difference between two plain values, or None where `got` is right."""
    return next(iter(differences(expected, got, tolerance, exact_dtype)), None)


def differences(
    expected: Plain, got: Plain, tolerance: tuple[float, float], exact_dtype: bool = False
) -> list[Difference]:
    """All differences between two plain values, the most fundamental first."""
    found = _differences(expected, got, tolerance, exact_dtype, ())
    return sorted(found, key=lambda difference: KINDS.index(difference.kind))


def same(expected: Plain, got: Plain, tolerance: tuple[float, float], exact_dtype: bool = False) -> bool:
    """Whether there is no difference between two plain values."""
    return next(_differences(expected, got, tolerance, exact_dtype, ()), None) is None


def value_at(value: Plain, place: Place) -> Plain:
    """What stands at a place of a plain value; None where there is none."""
    for step in place:
        if isinstance(value, list) and isinstance(step, int) and step <= len(value):
            value = value[step - 1]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _differences(
    expected: Plain, got: Plain, tolerance: tuple[float, float], exact_dtype: bool, place: Place
) -> Iterator[Difference]:
    if isinstance(expected, Array):
        yield from _array_difference(expected, got, tolerance, exact_dtype, place)
        return
    if isinstance(got, Array) and got.values.ndim == 0 and isinstance(expected, bool | int | float):
        got = got.values.item()
    if isinstance(expected, bool) and isinstance(got, bool | int | float):
        if bool(expected) != got:
            unwanted = place[-1:] == (CARRIES_GRADIENT,) and not expected
            carried = Difference(codes.CARRIES_GRADIENT(), place=place)
            yield carried if unwanted else _values_at(codes.VALUE_DIFFERS, place, str(expected), str(got))
        return
    if isinstance(expected, int | float) and isinstance(got, bool | int | float):
        yield from _number_difference(np.asarray(expected), np.asarray(got), tolerance, place)
        return
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield _values_at(codes.LENGTH_DIFFERS, place, len(expected), len(got))
            return
        pairs: list[tuple[str | int, Plain, Plain]] = [
            (n, a, b) for n, (a, b) in enumerate(zip(expected, got, strict=True), 1)
        ]
    elif isinstance(expected, dict) and isinstance(got, dict):
        if place[-1:] == (GRADIENTS,) and len(expected) == len(got):
            got = dict(zip(expected, got.values(), strict=True))  # a student's parameters may have other names
        if missing := [str(key) for key in expected if key not in got]:
            yield Difference(codes.KEY_MISSING(where=_where(place), key=missing[0]), place=place)
            return
        if extra := [str(key) for key in got if key not in expected]:
            yield Difference(codes.KEY_UNEXPECTED(where=_where(place), key=shorten(extra[0])), place=place)
            return
        pairs = [(str(key), expected[key], got[key]) for key in expected]
    elif type(expected) is not type(got):
        yield _kinds_at(place, expected, got)
        return
    else:
        if expected != got:
            texts = isinstance(expected, str) and isinstance(got, str)
            shown = texts_apart(expected, got) if texts else (shorten(expected), shorten(got))
            yield _values_at(codes.VALUE_DIFFERS, place, *shown)
        return
    for step, a, b in pairs:
        yield from _differences(a, b, tolerance, exact_dtype, (*place, step))


def _array_difference(
    expected: Array, got: Plain, tolerance: tuple[float, float], exact_dtype: bool, place: Place
) -> list[Difference]:
    if expected.values.ndim == 0 and not exact_dtype:
        if isinstance(got, bool | int | float):
            return _number_difference(expected.values, np.asarray(got), tolerance, place)
        if isinstance(got, Array) and got.values.ndim == 0:
            return _number_difference(expected.values, got.values, tolerance, place)
    if not isinstance(got, Array) or expected.tensor != got.tensor:
        return [_kinds_at(place, expected, got)]
    if expected.shape != got.shape:
        broadcast = len(expected.shape) == 1 and got.shape == 2 * expected.shape
        code = codes.SHAPE_BROADCAST if broadcast else codes.SHAPE_DIFFERS
        return [_values_at(code, place, str(expected.shape), str(got.shape))]
    if not _dtype_accepted(expected.dtype, got.dtype, exact_dtype):
        return [_values_at(codes.DTYPE_DIFFERS, place, expected.dtype, got.dtype)]
    return _number_difference(expected.values, got.values, tolerance, place)


def _dtype_accepted(expected: str, got: str, exact: bool) -> bool:
    if expected == got:
        return True
    if exact:
        return False
    if "bool" in (expected, got):  # a mask of integers; bools where 0 or 1 is earned
        return got == "bool" or np.dtype(got).kind in "iu"
    return {expected, got} == {"float32", "float64"}


def _number_difference(
    expected: np.ndarray, got: np.ndarray, tolerance: tuple[float, float], place: Place
) -> list[Difference]:
    """Differences of value. NaN equals NaN, infinity the same infinity; whole numbers are compared exactly."""
    if expected.dtype == got.dtype and expected.tobytes() == got.tobytes():  # most are right to the last bit
        return []
    a, b = expected.astype(np.float64), got.astype(np.float64)
    if expected.dtype.kind in "biu" and got.dtype.kind in "biu":
        excess = np.where(expected == got, 0.0, np.inf)
    else:
        relative, absolute = tolerance
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            excess = np.where(same, 0.0, np.abs(a - b) / (absolute + relative * np.abs(a)))
        excess = np.where(np.isnan(excess) & ~same, np.inf, excess)
    if not excess.size or excess.max() <= 1:
        return []
    shown = shorten(expected), shorten(got)
    if shown[0] == shown[1]:
        shown = shorten(expected, digits=9), shorten(got, digits=9)
    unexpected = ~np.isfinite(b) & np.isfinite(a)
    if unexpected.any():
        code = codes.NAN_FOUND if np.isnan(b[unexpected]).any() else codes.INFINITY_FOUND
        return [_values_at(code, place, *shown)]
    most = float(excess.max())
    if GRADIENTS in place[:-1]:
        lacking, unwanted = not np.any(b), not np.any(a)
        code = codes.GRADIENT_UNWANTED if unwanted else codes.GRADIENT_LACKING if lacking else codes.GRADIENT_DIFFERS
        return [
            Difference(
                code(
                    where=_where(tuple(step for step in place[:-1] if step != GRADIENTS)),
                    argument=codes.ARGUMENT(name=str(place[-1])),
                    expected=shown[0],
                    got=shown[1],
                ),
                most,
                place,
            )
        ]
    if a.size == 1:
        return [_values_at(codes.VALUE_DIFFERS, place, *shown, excess=most)]
    values = {"wrong": int((excess > 1).sum()), "size": a.size, "first": _first_index(excess > 1)}
    return [_values_at(codes.VALUES_DIFFER, place, *shown, excess=most, **values)]


def _first_index(wrong: np.ndarray) -> str:
    index = [int(n) for n in np.argwhere(wrong)[0]]
    return str(index[0]) if len(index) == 1 else str(tuple(index))


def _values_at(
    code: Code, place: Place, expected: object, got: object, excess: float = float("inf"), **more: object
) -> Difference:
    return Difference(code(where=_where(place), expected=expected, got=got, **more), excess, place)


def _kinds_at(place: Place, expected: Plain, got: Plain) -> Difference:
    return _values_at(codes.KIND_DIFFERS, place, _kind_of(expected), _kind_of(got))


def _where(place: Place) -> Finding | str:
    """The place as a part of a sentence: nothing for the value itself, which probes with gradients call so."""
    if place in ((), ("value",)):
        return ""
    steps = [codes.ITEM(number=step) if isinstance(step, int) else one_line(step, 80) for step in place]
    return codes.AT(place=steps)


def _kind_of(value: Plain) -> Finding:
    if isinstance(value, Array):
        return (codes.A_TENSOR if value.tensor else codes.AN_ARRAY)(shape=str(value.shape))
    code = KINDS_OF_VALUES.get(type(value))
    return code() if code else codes.AN_OBJECT(type=type_name(value))


def texts_apart(one: str, other: str) -> tuple[str, str]:
    """Two texts in quotes, so that blanks at their ends are seen: of long ones what stands around the first character
    in which they differ."""
    first = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, first - SHOWN_BEFORE)
    return _quoted(one, start), _quoted(other, start)


def _quoted(text: str, start: int) -> str:
    shown = text[start : start + SHOWN_CHARACTERS]
    return ("..." if start else "") + repr(shown) + ("..." if start + len(shown) < len(text) else "")


def shorten(value: Any, digits: int = 4) -> str:
    """A value as a student reads it: a few digits, the first and the last items of a long array."""
    if isinstance(value, Array):
        value = value.values
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and not value.ndim:
        value = float(value)
    if isinstance(value, np.ndarray):
        return np.array2string(
            value,
            precision=digits,
            suppress_small=False,
            threshold=SHOWN_ITEMS,
            edgeitems=3,
            separator=", ",
            floatmode="maxprec",
        ).replace("\n", "")
    if isinstance(value, float):
        return f"{value:.{digits + 2}g}"
    if isinstance(value, list):
        shown = [shorten(item) for item in value[:SHOWN_ITEMS]]
        return "[" + ", ".join([*shown, "..."] if len(value) > SHOWN_ITEMS else shown) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shorten(item)}" for key, item in list(value.items())[:SHOWN_ITEMS]) + "}"
    text = one_line(str(value), 81)
    return text if len(text) <= 80 else text[:77] + "..."
