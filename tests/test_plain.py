"""Plain data: what survives the way from a worker to the grader and into a record, and what is refused on it."""

import collections
import json
import math
from typing import Any, NamedTuple

import msgpack
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.plain import (
    ARRAY_EXTENSION,
    DTYPES,
    MAX_DEPTH,
    Array,
    NotPlain,
    from_json,
    one_line,
    pack,
    printable,
    to_json,
    to_objects,
    to_plain,
    unpack,
)

QUICK = settings(deadline=None, max_examples=60)


def same(one: Any, other: Any) -> bool:
    """Equal in type and value, NaN equal to NaN (there are many) and minus zero to itself only."""
    if isinstance(one, Array):
        if not isinstance(other, Array) or one.tensor != other.tensor or one.dtype != other.dtype:
            return False
        one_sign, other_sign = (np.signbit(np.nan_to_num(array.values.astype(float))) for array in (one, other))
        floating = one.values.dtype.kind == "f"
        return np.array_equal(one.values, other.values, equal_nan=floating) and np.array_equal(one_sign, other_sign)
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other) and (not isinstance(one, float) or math.copysign(1, one) == math.copysign(1, other))


def through_json(plain: Any) -> Any:
    return from_json(json.loads(json.dumps(to_json(plain))))


dtypes = st.sampled_from(DTYPES).map(np.dtype)
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
arrays = st.builds(Array, hnp.arrays(dtypes, shapes), st.booleans())
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
numbers = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats()
keys = texts | st.integers(-(2**63), 2**64 - 1)
plain_data = st.recursive(
    numbers | texts | arrays,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)


# --- what survives ----------------------------------------------------------------------------------------------------


@given(plain_data)
@QUICK
def test_plain_data_survives_a_message(data: Any) -> None:
    assert same(unpack(pack(to_plain(data))), data)


@given(plain_data)
@QUICK
def test_plain_data_survives_a_record(data: Any) -> None:
    assert same(through_json(to_plain(data)), data)


@given(plain_data)
@QUICK
def test_what_a_function_is_given_is_what_was_meant_and_a_copy(data: Any) -> None:
    objects = to_objects(data)
    assert same(to_plain(objects), data)
    if isinstance(data, Array) and data.values.size and not data.tensor:
        assert not np.shares_memory(objects, data.values)


@pytest.mark.parametrize("keys", [("tensor", "shape", "values"), ("array", "shape", "values"), ("pairs",)])
def test_a_dictionary_that_looks_like_a_recorded_array_stays_a_dictionary(keys: tuple[str, ...]) -> None:
    data = {key: [1, "int64"] for key in keys}
    assert through_json(data) == data


def test_number_keys_of_a_dictionary_stay_numbers_in_a_record() -> None:
    data = {1: "a", "1": "b", 2: {3: []}}
    assert through_json(data) == data
    assert list(through_json({True: 0})) == [True]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
def test_tensor_stays_tensor_and_array_stays_array(dtype: str) -> None:
    tensor = torch.ones(2, 3).to(getattr(torch, dtype))
    back = to_objects(unpack(pack(to_plain({"tensor": tensor, "array": tensor.numpy()}))))
    assert torch.equal(back["tensor"], tensor) and back["tensor"].dtype == tensor.dtype
    assert isinstance(back["array"], np.ndarray) and back["array"].dtype == dtype


def test_views_cross_as_what_they_show() -> None:
    grid = torch.arange(12.0).reshape(3, 4)
    for view in (grid.T, grid[:, ::2], grid[1:2].expand(5, 4), torch.arange(3.0).flip(0)):
        assert to_plain(view).values.tolist() == view.tolist()
        assert to_plain(view).values.flags["C_CONTIGUOUS"]
    assert to_plain(np.arange(6)[::-2]).values.tolist() == [5, 3, 1]


def test_a_tensor_crosses_without_its_graph_and_is_no_view_of_the_original() -> None:
    leaf = torch.ones(3, requires_grad=True)
    crossed = to_plain(leaf * 2)
    assert crossed.values.tolist() == [2, 2, 2]
    assert to_plain(torch.nn.Parameter(torch.ones(1))).tensor
    original = np.zeros(2)
    kept = to_plain(original)
    original[0] = 9
    assert kept.values.tolist() == [0, 0]


def test_bfloat16_crosses_as_float32() -> None:
    crossed = to_plain(torch.tensor([1.0, -2.5], dtype=torch.bfloat16))
    assert (crossed.dtype, crossed.values.tolist()) == ("float32", [1.0, -2.5])


@pytest.mark.parametrize(
    ("scalar", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(-3), -3),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(3.0)[()], 3.0),
    ],
)
def test_numpy_scalars_become_numbers(scalar: Any, plain: Any) -> None:
    assert same(to_plain(scalar), plain)
    assert same(to_plain([{"x": scalar}]), [{"x": plain}])


class Pair(NamedTuple):
    first: int
    second: tuple[int, ...]


def test_sequences_of_all_kinds_become_lists() -> None:
    assert to_plain(Pair(1, (2, 3))) == [1, [2, 3]]
    assert to_plain(torch.ones(2, 3).shape) == [2, 3]
    assert to_plain(range(3)) == to_plain(collections.deque([0, 1, 2])) == [0, 1, 2]


def test_sets_cross_in_an_order_that_is_always_the_same() -> None:
    words = {"running", "terminated", "truncated", "a", "b"}
    assert to_plain(words) == sorted(words)
    assert to_plain({10, 9, 2}) == [2, 9, 10]
    assert to_plain({2, "a", None}) == to_plain({None, "a", 2})
    assert to_plain({1: 0, 0: 0}.keys()) == [0, 1]


def test_numpy_integers_may_be_keys() -> None:
    assert to_plain({np.int64(3): 1, np.bool_(True): 2}) == {3: 1, True: 2}


def test_subclasses_become_what_they_are_at_the_root() -> None:
    class Loud(str):
        def __eq__(self, _other: object) -> bool:
            return True

        __hash__ = str.__hash__

    class Odd(int):
        pass

    found = to_plain({Loud("a"): [Loud("b"), Odd(3)]})
    assert [type(key) for key in found] == [str]
    assert [type(item) for item in found["a"]] == [str, int]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_a_value_of_the_greatest_depth_still_fits_into_a_message() -> None:
    value = to_plain(nested(MAX_DEPTH))
    assert unpack(pack({"value": value})) == {"value": value}


# --- what a function may not return -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "object of type object"),
        (lambda: 0, "object of type function"),
        (b"bytes", "type bytes"),
        (bytearray(b"x"), "type bytearray"),
        (1j, "type complex"),
        (iter([1]), "type list_iterator"),
        (np.array([object()]), "dtype object"),
        (np.array(["text"]), "dtype <U4"),
        (np.array(["2026-01-01"], dtype="datetime64[D]"), "dtype datetime64"),
        (np.array([1j]), "dtype complex128"),
        (np.longdouble(1), "dtype"),
        (np.clongdouble(1), "dtype"),
        (torch.ones(1, dtype=torch.complex64), "dtype complex64"),
        (torch.eye(2).to_sparse(), "layout torch.sparse_coo"),
        (torch.ones(2, device="meta"), "on meta"),
        (torch.ones(2).to(torch.float8_e4m3fn), "dtype float8_e4m3fn"),
        (2**64, "64 bits"),
        (-(2**63) - 1, "64 bits"),
        ({2**64: 1}, "dictionary key"),
        ({1.5: 1}, "key of type float"),
        ({None: 1}, "key of type NoneType"),
        ({(1, 2): 1}, "key of type tuple"),
        ({b"k": 1}, "key of type bytes"),
        ("\ud800", "surrogate"),
        ({"\udfff": 1}, "surrogate"),
        (nested(MAX_DEPTH + 1), "deep"),
    ],
)
def test_what_is_not_plain_is_refused_in_words(value: Any, words: str) -> None:
    with pytest.raises(NotPlain, match=words.replace("(", r"\(")):
        to_plain(value)


def test_data_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotPlain, match="deep"):
        to_plain({"a": endless})


def test_pack_takes_nothing_but_plain_data() -> None:
    with pytest.raises(NotPlain):
        pack([object()])


# --- messages that lie ------------------------------------------------------------------------------------------------


def array_message(*header: Any) -> bytes:
    return bytes(msgpack.packb(msgpack.ExtType(ARRAY_EXTENSION, msgpack.packb(list(header)))))


def test_an_honest_array_message_is_taken() -> None:
    found = unpack(array_message("int16", True, [2, 1], b"\1\0\2\0"))
    assert (found.dtype, found.tensor, found.values.tolist()) == ("int16", True, [[1], [2]])
    assert unpack(array_message("float32", False, [0, 2**31], b"")).shape == (0, 2**31)


@pytest.mark.parametrize(
    "message",
    [
        array_message("object", False, [1], b"\0" * 8),
        array_message("O", False, [1], b"\0" * 8),
        array_message("<U2", False, [1], b"\0" * 8),
        array_message("float32,int8", False, [1], b"\0" * 5),
        array_message(["float32"], False, [1], b"\0" * 4),
        array_message("float32", 1, [1], b"\0" * 4),
        array_message("float32", False, [2], b"\0" * 4),
        array_message("float32", False, [1], b"\0" * 5),
        array_message("float64", False, [1], b"\0" * 4),
        array_message("int8", False, 1, b"\0"),
        array_message("int8", False, [True], b"\0"),
        array_message("int8", False, [1.0], b"\0"),
        array_message("int8", False, ["1"], b"\0"),
        array_message("int8", False, [None], b"\0"),
        array_message("int8", False, {"0": 1}, b"\0"),
        array_message("int8", False, [-1], b"\0"),
        array_message("int8", False, [-1, -1], b"\0"),
        array_message("int8", False, [2**32, 2**32], b""),  # 2**64 overflows to 0
        array_message("int8", False, [2**63, 2], b""),
        array_message("int8", False, [0, 2**63], b""),
        array_message("int8", False, [0, 2**64 - 1], b""),
        array_message("float64", False, [2**61], b""),
        array_message("int8", False, [0] + [2**62] * 8, b""),
        array_message("int8", False, [1] * 65, b"\0"),
        array_message("int8", False, [1], "\0"),
        array_message("int8", False, [1], [0]),
        array_message("bool", False, [3], b"\0\2\1"),
        array_message("bool", False, [1], b"\xff"),
        array_message("int8", False, [1]),
        array_message("int8", False, [1], b"\0", b"\0"),
        array_message(),
        bytes(msgpack.packb(msgpack.ExtType(ARRAY_EXTENSION, b""))),
        bytes(msgpack.packb(msgpack.ExtType(ARRAY_EXTENSION, b"\xc0"))),
        bytes(msgpack.packb(msgpack.ExtType(ARRAY_EXTENSION, b"\x91" * 5_000))),
        bytes(msgpack.packb(msgpack.ExtType(ARRAY_EXTENSION, b"\xdd\xff\xff\xff\xff"))),
    ],
)
def test_an_array_whose_header_lies_is_refused(message: bytes) -> None:
    with pytest.raises(NotPlain):
        unpack(message)
    with pytest.raises(NotPlain):
        unpack(b"\x91" + message)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xc1",  # never used in msgpack
        b"\xc0\xc0",  # something after the end
        b"\x92\xc0",  # an item too few
        b"\xdd\xff\xff\xff\xff",  # a list that says it has 2**32 items
        b"\xdd\x00\x10\x00\x00" + b"\xc0" * 100,
        b"\xdc\xff\xff",
        b"\xdf\xff\xff\xff\xff",  # a dictionary
        b"\xdb\xff\xff\xff\xffabc",  # a string
        b"\xc6\xff\xff\xff\xff",  # bytes
        b"\xc9\xff\xff\xff\xff\x01",  # an array
        b"\x91" * 100_000 + b"\xc0",
        b"\x91" * (MAX_DEPTH + 2) + b"\xc0",
        b"\x81\xc0" * 100_000,
        b"\x81\x01" * 600 + b"\xc0",
        b"\xa1\xff",  # no UTF-8
        b"\xa3\xed\xa0\x80",  # a surrogate
        b"\xc4\x01a",  # bytes
        b"\x81\xc0\xc0",  # a dictionary whose key is None
        b"\x81\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00\xc0",  # ... a float
        b"\x81\xc4\x01a\xc0",  # ... bytes
        b"\x81\x90\xc0",  # ... a list
        b"\x81\x80\xc0",  # ... a dictionary
        b"\x81" + array_message("int8", False, [1], b"\0") + b"\xc0",  # ... an array
        b"\xdd" + (1_000_001).to_bytes(4, "big") + b"\xc0" * 1_000_001,  # a list that is too long
        b"\xd4\x02\x00",  # extensions that nobody knows
        bytes(msgpack.packb(msgpack.ExtType(2, msgpack.packb(["int8", False, [1], b"\0"])))),
        b"\xd4\x80\x00",
        b"\xd6\xff\x00\x00\x00\x00",  # a timestamp
        b"\xc7\x0c\xff" + b"\xff" * 12,
    ],
)
def test_a_malformed_message_is_refused(message: bytes) -> None:
    with pytest.raises(NotPlain):
        unpack(message)


def test_a_message_larger_than_allowed_is_refused_before_it_is_looked_at() -> None:
    message = pack("x" * 100)
    assert unpack(message, max_bytes=len(message)) == "x" * 100
    with pytest.raises(NotPlain, match="102 bytes"):
        unpack(message, max_bytes=len(message) - 1)
    with pytest.raises(NotPlain, match="allowed"):
        unpack(b"\xc1" * 100, max_bytes=99)


def taken_or_refused(message: bytes) -> None:
    """What comes out is plain data again; whatever is wrong is NotPlain and nothing else."""
    try:
        found = unpack(message)
    except NotPlain:
        return
    assert same(unpack(pack(found)), found)
    assert same(to_plain(found), found)


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=200)
def test_random_bytes_are_taken_or_refused(message: bytes) -> None:
    taken_or_refused(message)


@given(plain_data, st.data())
@settings(deadline=None, max_examples=100)
def test_messages_with_bytes_changed_are_taken_or_refused(plain: Any, data: st.DataObject) -> None:
    message = bytearray(pack(plain))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(message) - 1))
        message[place] = data.draw(st.integers(0, 255))
    taken_or_refused(bytes(message[: data.draw(st.integers(0, len(message)))]))
    taken_or_refused(bytes(message))


headers = st.lists(
    st.sampled_from(DTYPES) | st.booleans() | st.binary(max_size=16) | st.lists(st.integers(-2, 2**64 - 1), max_size=5),
    max_size=5,
)


@given(headers | st.tuples(st.sampled_from(DTYPES), st.booleans(), st.lists(st.integers(0, 4)), st.binary(max_size=32)))
@settings(deadline=None, max_examples=150)
def test_random_array_headers_are_taken_or_refused(header: Any) -> None:
    taken_or_refused(array_message(*header))


# --- text for a terminal ----------------------------------------------------------------------------------------------


@given(st.text())
def test_printable_text_has_no_control_characters_and_an_end(text: str) -> None:
    shown = printable(text, 50)
    assert len(shown) <= 50
    assert all(character.isprintable() or character == "\n" for character in shown)
    shown.encode("utf-8")
    assert "\n" not in one_line(text)


def test_printable_text_of_any_language_is_left_as_it_is() -> None:
    assert printable("Ünïcödé 奖励 θ → ∇J\nnext") == "Ünïcödé 奖励 θ → ∇J\nnext"
    assert printable("\x1b[2J\x9b1A\r\u202e\x00a") == "�[2J�1A���a"
    assert one_line("a\nb") == "a�b"
