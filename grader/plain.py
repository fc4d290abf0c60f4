"""Plain data: the only thing that crosses from a worker to the grader, or stands in a record.

Numbers, strings, bools, None, lists, dicts and arrays. Nothing here can run code: messages are msgpack, arrays are raw
bytes with a dtype and a shape. Every message is bounded in bytes, nesting and the length of its containers before
anything looks at it. NaN and infinity survive; a tensor stays a tensor and an array an array.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

import msgpack
import numpy as np

from grader import codes
from grader.errors import Found

MAX_DEPTH = 16
MAX_ITEMS = 1_000_000
MAX_KEYS = 10_000  # of a dictionary: keys can be chosen so that each takes as long as all before it together
MAX_BYTES = 4_000_000
DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
ARRAY_EXTENSION = 1

# Keys of what probes return, by which a comparison knows what it compares.
GRADIENTS = "gradients"  # of a dictionary of gradients, by the argument to which they go
CARRIES_GRADIENT = "carries_gradient"  # whether a result still does

Plain = Any  # None, bool, int, float, str, list, dict, Array: nested at most MAX_DEPTH deep


class NotPlain(Found, ValueError):
    """Something is not plain data: an object, or a message that is malformed, too deep or too large."""


name_of: Callable[[np.dtype[Any]], str] = functools.cache(str)  # of a dtype; numpy takes long to spell it


@dataclasses.dataclass(frozen=True, eq=False)
class Array:
    """An array or a tensor as it crosses: a numpy array that owns its bytes, and which of the two it was."""

    values: np.ndarray
    tensor: bool

    @property
    def dtype(self) -> str:
        return name_of(self.values.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape


def to_plain(value: Any, depth: int = 0) -> Plain:
    """`value` as plain data. Tuples and named tuples become lists, numpy scalars become numbers.

    Raises NotPlain where something inside is neither plain nor an array.
    """
    if depth > MAX_DEPTH:
        raise NotPlain(codes.TOO_DEEP(depth=MAX_DEPTH))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, Array):
        return value
    if isinstance(value, np.longdouble | np.clongdouble):  # item() gives these back as they are
        raise NotPlain(codes.NUMBER_OF_DTYPE(dtype=str(value.dtype)))
    if isinstance(value, np.generic):
        return to_plain(value.item(), depth)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise NotPlain(codes.INTEGER_TOO_LARGE())
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, np.ndarray):
        return array_of(value, tensor=False)
    if type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
        return tensor_to_array(value)
    if isinstance(value, Mapping):
        if len(value) > MAX_KEYS:
            raise NotPlain(codes.TOO_MANY_KEYS(keys=MAX_KEYS))
        return {plain_key(key): to_plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Set):
        return [to_plain(item, depth + 1) for item in in_order(value)]
    if type(value) is list and only(value, float, bool):  # a long one is quick then
        return value.copy()
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [to_plain(item, depth + 1) for item in value]
    raise NotPlain(codes.PLAIN_WANTED(type=type_name(value)))


def type_name(value: object) -> str:
    """The name of a value's type, which code that nobody trusts may have chosen: one short line."""
    return one_line(type(value).__name__, 80)


def only(values: Iterable[object], *types: type) -> bool:
    """Whether all of these are of these very types, found without a loop in Python."""
    return set(map(type, values)).issubset(types)


def plain_text(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotPlain(codes.HALF_A_CHARACTER()) from None
    return str(text)


def plain_key(key: object) -> str | int:
    if isinstance(key, np.integer | np.bool_):
        key = key.item()
    if isinstance(key, str):
        return plain_text(key)
    if isinstance(key, int) and -(2**63) <= key < 2**64:
        return key
    raise NotPlain(codes.KEY_OF_TYPE(type=type_name(key)))


def in_order(items: Set[Any]) -> list[Any]:
    """The items of a set in an order that does not change from run to run."""
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda item: (type(item).__name__, repr(item)))


def tensor_to_array(tensor: Any) -> Array:
    """A tensor's values, without its gradient. bfloat16, which numpy lacks, crosses as float32."""
    name = str(tensor.dtype).removeprefix("torch.")
    try:
        dense = tensor.detach().cpu().resolve_conj().resolve_neg()
        values = (dense.float() if name == "bfloat16" else dense).numpy()
    except (RuntimeError, TypeError):  # sparse, quantised, or without values (meta)
        raise NotPlain(
            codes.TENSOR_OF_LAYOUT(layout=str(tensor.layout), dtype=name, device=str(tensor.device))
        ) from None
    return array_of(values, tensor=True)


def array_of(values: np.ndarray, tensor: bool) -> Array:
    if name_of(values.dtype) not in DTYPES:
        raise NotPlain(codes.ARRAY_OF_DTYPE(dtype=str(values.dtype)))
    return Array(np.array(values, order="C", copy=True, subok=False), tensor)


def to_objects(plain: Plain) -> Any:
    """The other way: Array becomes a fresh tensor or numpy array; everything else is copied."""
    if isinstance(plain, Array):
        if not plain.tensor:
            return plain.values.copy()
        import torch

        return torch.from_numpy(plain.values.copy())
    if isinstance(plain, list):
        return plain.copy() if only(plain, bool, int, float, str) else [to_objects(item) for item in plain]
    if isinstance(plain, dict):
        return {key: to_objects(item) for key, item in plain.items()}
    return plain


# --- text -----------------------------------------------------------------------------------------------------------


def printable(text: str, limit: int = 4_000) -> str:
    """Text that may reach an instructor's terminal: no control characters but line ends, and not without end."""
    text = text[:limit]
    if text.isprintable():  # as nearly all are
        return text
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def one_line(text: str, limit: int = 200) -> str:
    """The same in one line: the name of a file, or a key."""
    return printable(text, limit).replace("\n", "�")


# --- messages -------------------------------------------------------------------------------------------------------


def pack(plain: Plain) -> bytes:
    """Plain data as one msgpack message."""
    return bytes(msgpack.packb(plain, default=_pack_array, use_bin_type=True, unicode_errors="replace"))


def _pack_array(value: object) -> msgpack.ExtType:
    if not isinstance(value, Array):
        raise NotPlain(codes.PLAIN_WANTED(type=type_name(value)))
    header = [value.dtype, value.tensor, list(value.shape), value.values.tobytes()]
    return msgpack.ExtType(ARRAY_EXTENSION, msgpack.packb(header))


def unpack(message: bytes, max_bytes: int = MAX_BYTES) -> Plain:
    """The plain data of one message from an untrusted sender; NotPlain for anything else."""
    if len(message) > max_bytes:
        raise NotPlain(codes.TOO_MANY_BYTES(bytes=len(message), allowed=max_bytes))
    try:
        plain = msgpack.unpackb(
            message,
            ext_hook=_unpack_array,
            object_pairs_hook=_unpack_dictionary,
            strict_map_key=False,
            max_array_len=min(len(message), MAX_ITEMS),
            max_map_len=min(len(message), MAX_KEYS),
        )
    except NotPlain:
        raise
    except (ValueError, TypeError, msgpack.exceptions.UnpackException) as error:
        raise NotPlain(codes.MALFORMED(what=type(error).__name__)) from None
    _check_nesting(plain)
    return plain


def _unpack_dictionary(pairs: Iterable[tuple[object, Plain]]) -> dict[str | int, Plain]:
    """The keys are looked at before they are put anywhere: those of other types may all have the same hash."""
    return {plain_key(key): item for key, item in pairs}


def _unpack_array(code: int, data: bytes) -> Array:
    if code != ARRAY_EXTENSION:
        raise NotPlain(codes.MALFORMED(what=f"extension type {code}"))
    try:
        dtype, tensor, shape, raw = msgpack.unpackb(data, max_array_len=64)
    except (ValueError, TypeError, msgpack.exceptions.UnpackException):
        raise NotPlain(codes.MALFORMED(what="array")) from None
    if dtype not in DTYPES or type(tensor) is not bool or type(raw) is not bytes:
        raise NotPlain(codes.MALFORMED(what="array"))
    if type(shape) is not list or any(type(n) is not int or n < 0 for n in shape) or len(shape) > 16:
        raise NotPlain(codes.MALFORMED(what="shape of an array"))
    if math.prod(shape) * np.dtype(dtype).itemsize != len(raw):
        raise NotPlain(codes.MALFORMED(what=f"array of shape {shape} with {len(raw)} bytes"))
    if dtype == "bool" and raw.strip(b"\0\1"):
        raise NotPlain(codes.MALFORMED(what="bool array"))
    try:
        return Array(np.frombuffer(raw, dtype=dtype).reshape(shape).copy(), tensor)
    except (ValueError, OverflowError):  # nothing of 2**63 columns
        raise NotPlain(codes.MALFORMED(what="shape of an array")) from None


def _check_nesting(plain: Plain, depth: int = 0) -> None:
    if depth > MAX_DEPTH + 1:  # a value of the greatest depth, and the message around it
        raise NotPlain(codes.TOO_DEEP(depth=MAX_DEPTH))
    if isinstance(plain, list):
        if only(plain, bool, int, float, str):
            return
        for item in plain:
            _check_nesting(item, depth + 1)
    elif isinstance(plain, dict):
        for item in plain.values():
            _check_nesting(item, depth + 1)
    elif not (plain is None or isinstance(plain, bool | int | float | str | Array)):
        raise NotPlain(codes.PLAIN_WANTED(type=type_name(plain)))


# --- records (JSON that a reviewer can read) ------------------------------------------------------------------------

ENCODED_KEYS = ({"tensor", "shape", "values"}, {"array", "shape", "values"}, {"pairs"})


def to_json(plain: Plain) -> Any:
    """Plain data as JSON values: an array becomes {"tensor" or "array": dtype, "shape": ..., "values": flat list}.

    A dictionary that JSON cannot hold as it is (keys that are no strings, or those of an array) becomes {"pairs": ...}.
    """
    if isinstance(plain, Array):
        kind = "tensor" if plain.tensor else "array"
        return {kind: plain.dtype, "shape": list(plain.shape), "values": plain.values.ravel().tolist()}
    if isinstance(plain, list):
        return [to_json(item) for item in plain]
    if isinstance(plain, dict):
        if any(type(key) is not str for key in plain) or set(plain) in ENCODED_KEYS:
            return {"pairs": [[key, to_json(item)] for key, item in plain.items()]}
        return {key: to_json(item) for key, item in plain.items()}
    return plain


def from_json(data: Any) -> Plain:
    """The other way."""
    if isinstance(data, list):
        return [from_json(item) for item in data]
    if isinstance(data, dict):
        for kind in ("tensor", "array"):
            if data.keys() == {kind, "shape", "values"}:
                values = np.array(data["values"], dtype=data[kind]).reshape(data["shape"])
                return Array(values, kind == "tensor")
        if data.keys() == {"pairs"}:
            return {key: from_json(item) for key, item in data["pairs"]}
        return {key: from_json(item) for key, item in data.items()}
    return data
