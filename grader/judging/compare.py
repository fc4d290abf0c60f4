"""Holds what came back against what was expected: the first difference that matters, in words.

Tolerances lie at least a hundred times below the signal (grader lint measures it). What the conventions leave free is
free: float64 where float32 is asked for (unless the check fixes the dtype), tuple or list, bool for 0 and 1, a Python
number for a 0-d metric.
"""

import dataclasses
from typing import Any

import numpy as np

from grader.plain import Array, Plain, one_line

FLOAT32_TOLERANCE = (1e-4, 1e-5)
FLOAT64_TOLERANCE = (1e-8, 1e-8)
KINDS = ("type", "shape", "dtype", "nan", "value", "gradient", "flag", "purity")  # the most fundamental first
SHOWN_ITEMS = 6

# What a probe's True means, where False is expected.
FLAGS = {"carries_gradient": "the result still carries a gradient (requires_grad is True); it has to be a constant"}


@dataclasses.dataclass(frozen=True)
class Difference:
    """Where two values differ first. `sentence` gives no value away; `expected` and `got` are shortened values.

    `excess` says by how many tolerances a number is off (infinity where it is no matter of size).
    """

    kind: str
    sentence: str
    expected: str = ""
    got: str = ""
    excess: float = float("inf")


def compare(
    expected: Plain, got: Plain, tolerance: tuple[float, float], exact_dtype: bool = False
) -> Difference | None:
    """The most fundamental difference between two plain values, or None where `got` is right."""
    found = list(_differences(expected, got, tolerance, exact_dtype, ""))
    return min(found, key=lambda difference: KINDS.index(difference.kind), default=None)


def _differences(
    expected: Plain, got: Plain, tolerance: tuple[float, float], exact_dtype: bool, where: str
) -> list[Difference]:
    if isinstance(expected, Array):
        return _array_difference(expected, got, tolerance, exact_dtype, where)
    if isinstance(got, Array) and got.values.ndim == 0 and isinstance(expected, bool | int | float):
        got = got.values.item()
    if isinstance(expected, bool) and isinstance(got, bool | int | float):
        if bool(expected) == got:
            return []
        flag = where.rpartition(", ")[2]
        if flag in FLAGS and expected is False:
            return [Difference("flag", FLAGS[flag])]
        return [Difference("value", _say(where, "another value is expected"), str(expected), str(got))]
    if isinstance(expected, int | float) and isinstance(got, bool | int | float):
        return _number_difference(np.asarray(expected), np.asarray(got), tolerance, where)
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            sentence = _say(where, f"{len(got)} items where {len(expected)} are expected")
            return [Difference("shape", sentence)]
        pairs = [(f"item {n}", a, b) for n, (a, b) in enumerate(zip(expected, got, strict=True), 1)]
    elif isinstance(expected, dict) and isinstance(got, dict):
        if missing := [str(key) for key in expected if key not in got]:
            return [Difference("type", _say(where, f"the key {missing[0]!r} is missing"))]
        if extra := [str(key) for key in got if key not in expected]:
            return [Difference("type", _say(where, f"there is a key {shorten(extra[0])!r} that nobody asked for"))]
        pairs = [(str(key), expected[key], got[key]) for key in expected]
    elif type(expected) is not type(got):
        sentence = _say(where, f"{_kind_of(got)} came back where {_kind_of(expected)} is expected")
        return [Difference("type", sentence)]
    else:
        if expected == got:
            return []
        return [Difference("value", _say(where, "another value is expected"), shorten(expected), shorten(got))]
    return [
        difference
        for name, a, b in pairs
        for difference in _differences(a, b, tolerance, exact_dtype, f"{where}, {name}" if where else name)
    ]


def _array_difference(
    expected: Array, got: Plain, tolerance: tuple[float, float], exact_dtype: bool, where: str
) -> list[Difference]:
    if isinstance(got, bool | int | float) and expected.values.ndim == 0:
        return _number_difference(expected.values, np.asarray(got), tolerance, where)
    if not isinstance(got, Array) or (expected.tensor and not got.tensor):
        sentence = _say(where, f"{_kind_of(got)} came back where {_kind_of(expected)} is expected")
        return [Difference("type", sentence)]
    if expected.shape != got.shape:
        sentence = _say(where, "the shape is wrong")
        if got.values.ndim > expected.values.ndim and got.values.size > expected.values.size:
            sentence += ": an (N,1) against an (N,) gives (N,N)"
        return [Difference("shape", sentence, str(expected.shape), str(got.shape))]
    if not _dtype_accepted(expected.dtype, got.dtype, exact_dtype):
        return [Difference("dtype", _say(where, "the dtype is wrong"), expected.dtype, got.dtype)]
    return _number_difference(expected.values, got.values, tolerance, where)


def _dtype_accepted(expected: str, got: str, exact: bool) -> bool:
    if expected == got:
        return True
    if exact:
        return False
    if "bool" in (expected, got):  # a mask of integers; bools where 0 or 1 is earned
        return got == "bool" or np.dtype(got).kind in "iu"
    return {expected, got} == {"float32", "float64"}


def _number_difference(
    expected: np.ndarray, got: np.ndarray, tolerance: tuple[float, float], where: str
) -> list[Difference]:
    """Differences of value. NaN equals NaN, infinity the same infinity; whole numbers are compared exactly."""
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
    unexpected = ~np.isfinite(b) & np.isfinite(a)
    if unexpected.any():
        what = "NaN" if np.isnan(b[unexpected]).any() else "infinity"
        return [Difference("nan", _say(where, f"{what} where a number is expected"), shorten(expected), shorten(got))]
    gradient = "to argument" in where
    sentence = _say(where, "the gradient differs" if gradient else "the values differ")
    if not gradient and a.size > 1:
        wrong = int((excess > 1).sum())
        sentence += f" ({wrong} of {a.size}, the first at index {_first_index(excess > 1)})"
    if gradient and not np.any(a):
        sentence = _say(where, "a gradient arrives where there should be none (detach what is a constant)")
    elif gradient and not np.any(b):
        sentence = _say(where, "no gradient arrives (is something detached, or a new tensor made from numbers?)")
    shown = shorten(expected), shorten(got)
    if shown[0] == shown[1]:
        shown = shorten(expected, digits=9), shorten(got, digits=9)
    return [Difference("gradient" if gradient else "value", sentence, *shown, float(excess.max()))]


def _first_index(wrong: np.ndarray) -> str:
    index = [int(n) for n in np.argwhere(wrong)[0]]
    return str(index[0]) if len(index) == 1 else str(tuple(index))


def _say(where: str, what: str) -> str:
    return f"{where}: {what}" if where and where != "value" else what


def _kind_of(value: Plain) -> str:
    if isinstance(value, Array):
        kind = "a tensor" if value.tensor else "an array"
        return f"{kind} of shape {value.shape}"
    names = {type(None): "None", bool: "a bool", int: "an int", float: "a float", str: "a string"}
    return names.get(type(value), f"a {type(value).__name__}")


def shorten(value: Any, digits: int = 4) -> str:
    """A value as a student reads it: a few digits, the first and the last items of a long array."""
    if isinstance(value, Array):
        value = value.values
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
