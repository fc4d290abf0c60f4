"""What counts as right, what a student reads where it is not, and what is never said of a hidden case."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader import codes
from grader.checks import Case, Check, Wrong
from grader.checks.devices import device_of_result
from grader.checks.probes import value_and_gradients
from grader.findings import CODES, KINDS, Finding, kind_of
from grader.judging.compare import FLOAT32_TOLERANCE, FLOAT64_TOLERANCE, compare, shorten
from grader.judging.judge import Judged, Known, fault, judge
from grader.lab import Lab, Manifest, Task
from grader.languages import say
from grader.plain import Array, to_plain
from grader.run.answers import Answer
from tests.in_memory import lab_of


def difference(expected: Any, got: Any, exact_dtype: bool = False, tolerance: Any = FLOAT32_TOLERANCE) -> Any:
    return compare(to_plain(expected), to_plain(got), tolerance, exact_dtype)


def said(expected: Any, got: Any, **options: Any) -> tuple[str, str]:
    """The kind and the sentence of the difference that has to be there."""
    found = difference(expected, got, **options)
    assert found is not None
    return found.kind, say(found.finding)


class Losses(NamedTuple):
    actor: torch.Tensor
    critic: torch.Tensor


THREE = torch.tensor([0.5, -1.25, 3.0])

# --- what is free -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        pytest.param(THREE, THREE.double(), id="float64 for float32"),
        pytest.param(THREE.double(), THREE, id="float32 for float64"),
        pytest.param(torch.tensor(0.5), 0.5, id="a Python number for a 0-d tensor"),
        pytest.param(torch.tensor(2), 2, id="an int for a 0-d tensor of int64"),
        pytest.param(torch.tensor(0.5), np.float32(0.5), id="a NumPy scalar for a 0-d tensor"),
        pytest.param(torch.tensor(0.5), np.array(0.5), id="a 0-d array for a 0-d tensor"),
        pytest.param(np.array(0.5), torch.tensor(0.5), id="a 0-d tensor for a 0-d array"),
        pytest.param(torch.tensor(2.0), torch.tensor(2), id="a 0-d tensor of int64 for one of float32"),
        pytest.param([torch.tensor(0.5)], [0.5], id="a Python number for a 0-d tensor in a list"),
        pytest.param(0.5, torch.tensor(0.5), id="a 0-d tensor for a Python number"),
        pytest.param(0.5, np.array(0.5), id="a 0-d array for a Python number"),
        pytest.param(0.5, np.float32(0.5), id="a numpy scalar"),
        pytest.param(True, torch.tensor(True), id="a 0-d bool tensor for a bool"),
        pytest.param(True, np.bool_(True), id="numpy's bool for a bool"),
        pytest.param(3, 3.0, id="a float for an int"),
        pytest.param(3.0, 3, id="an int for a float"),
        pytest.param((THREE, THREE), [THREE, THREE], id="a list for a tuple"),
        pytest.param([1, (2, 3)], (1, [2, 3]), id="a tuple for a list"),
        pytest.param((THREE, THREE), Losses(THREE, THREE), id="a named tuple"),
        pytest.param([1.0, 0.0], [True, False], id="bools for rewards of 0 and 1"),
        pytest.param(1, True, id="a bool for 1"),
        pytest.param(True, 1, id="1 for a bool"),
        pytest.param(torch.tensor([1.0, 0.0]), torch.tensor([True, False]), id="a bool tensor for rewards of 0 and 1"),
        pytest.param(torch.tensor([1, 0]), torch.tensor([True, False]), id="a bool mask for integers"),
        pytest.param(torch.tensor([True, False]), torch.tensor([1, 0]), id="an int64 mask"),
        pytest.param(torch.tensor([True, False]), torch.tensor([1, 0]).int(), id="an int32 mask"),
        pytest.param(torch.tensor([True, False]), torch.tensor([1, 0]).byte(), id="a uint8 mask"),
        pytest.param(torch.arange(6.0).reshape(2, 3), torch.arange(6.0).reshape(2, 3).T.contiguous().T, id="a view"),
        pytest.param(THREE, THREE.flip(0).flip(0), id="a copy"),
        pytest.param(0.0, -0.0, id="minus zero"),
        pytest.param(torch.zeros(2), -torch.zeros(2), id="a tensor of minus zeros"),
        pytest.param(math.nan, math.nan, id="NaN where NaN is expected"),
        pytest.param([math.inf, -math.inf], [math.inf, -math.inf], id="the same infinities"),
        pytest.param(torch.tensor([math.nan, math.inf]), torch.tensor([math.nan, math.inf]), id="NaN in a tensor"),
        pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, id="another order of keys"),
        pytest.param(torch.zeros(0, 3), torch.zeros(0, 3), id="nothing at all"),
        pytest.param("running", "running", id="a string"),
        pytest.param(None, None, id="None"),
    ],
)
def test_what_the_conventions_leave_free_is_right(expected: Any, got: Any) -> None:
    assert difference(expected, got) is None


@pytest.mark.parametrize(
    ("tolerance", "right", "wrong"),
    [
        (FLOAT32_TOLERANCE, 1.00009, 1.0002),
        (FLOAT32_TOLERANCE, 0.0, None),
        (FLOAT64_TOLERANCE, 1 + 1e-9, 1 + 1e-7),
    ],
)
def test_tolerances_are_those_of_the_conventions(
    tolerance: tuple[float, float], right: float, wrong: float | None
) -> None:
    if wrong is None:
        assert difference(0.0, 9e-6, tolerance=tolerance) is None
        assert said(0.0, 2e-5, tolerance=tolerance)[0] == "value"
    else:
        assert difference(1.0, right, tolerance=tolerance) is None
        assert said(1.0, wrong, tolerance=tolerance)[0] == "value"
        assert said(torch.tensor([2.0, 1.0]).double(), torch.tensor([2.0, wrong]).double(), tolerance=tolerance)


floats = st.floats(-1e6, 1e6, width=32)


@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=0), elements=floats))
@settings(deadline=None, max_examples=50)
def test_a_value_equals_itself_in_either_precision_and_nothing_much_larger(values: np.ndarray) -> None:
    assert difference(values, values.astype(np.float64)) is None
    found = difference(values, values + np.float32(0.01) + np.abs(values) * np.float32(0.01))
    assert found is not None
    assert found.excess > 50


# --- what is not, each with its sentence -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "got", "kind", "sentence"),
    [
        (THREE, None, "type", "None came back where a tensor of shape (3,) is expected"),
        (THREE, [0.5, -1.25, 3.0], "type", "a list came back where a tensor of shape (3,) is expected"),
        (THREE, 0.5, "type", "a float came back where a tensor of shape (3,) is expected"),
        (np.zeros(2), "no", "type", "a string came back where an array of shape (2,) is expected"),
        (1.0, THREE, "type", "a tensor of shape (3,) came back where a float is expected"),
        (1.0, "1.0", "type", "a string came back where a float is expected"),
        (1.0, None, "type", "None came back where a float is expected"),
        (True, "True", "type", "a string came back where a bool is expected"),
        ("word", 1, "type", "an int came back where a string is expected"),
        (None, 0, "type", "an int came back where None is expected"),
        ([1], {"0": 1}, "type", "a dict came back where a list is expected"),
        ({"a": 1}, {}, "type", "the key 'a' is missing"),
        ({"a": 1}, {"a": 1, "b": 2}, "type", "there is a key 'b' that nobody asked for"),
        ([1, 2], [1], "shape", "1 items where 2 are expected"),
        ([1], [1, 2], "shape", "2 items where 1 are expected"),
        ([[]], [[0]], "shape", "item 1: 1 items where 0 are expected"),
        (torch.ones(3), torch.ones(2), "shape", "the shape is wrong"),
        (torch.tensor(1.0), torch.ones(1), "shape", "the shape is wrong"),
        (torch.ones(3), torch.ones(3, 1), "shape", "the shape is wrong"),
        (
            torch.ones(3),
            torch.ones(3, 3),
            "shape",
            "the shape is wrong; expected (3,), got (3, 3). Did an (N,1) meet an (N,)? That gives (N,N)",
        ),
        (THREE, THREE.half(), "dtype", "the dtype is wrong"),
        (THREE, THREE.long(), "dtype", "the dtype is wrong"),
        (torch.tensor([1, 2]), torch.tensor([1.0, 2.0]), "dtype", "the dtype is wrong"),
        (torch.tensor([True]), torch.tensor([1.0]), "dtype", "the dtype is wrong"),
        (1.0, math.nan, "nan", "NaN where a number is expected"),
        (1.0, -math.inf, "nan", "infinity where a number is expected"),
        (THREE, THREE * math.nan, "nan", "NaN where a number is expected"),
        (1.0, 1.1, "value", "another value is expected"),
        (math.inf, 1.0, "value", "another value is expected"),
        (math.inf, -math.inf, "value", "another value is expected"),
        (math.nan, 1.0, "value", "another value is expected"),
        (THREE, -THREE, "value", "the values differ (3 of 3, the first at index 0)"),
        (torch.zeros(2, 2), torch.tensor([[0.0, 0.0], [1.0, 0.0]]), "value", "(1 of 4, the first at index (1, 0))"),
        (True, False, "value", "another value is expected"),
        (True, 0.5, "value", "another value is expected"),
        (False, math.nan, "value", "another value is expected"),
        ("terminated", "truncated", "value", "another value is expected"),
        (
            {"a": {"b": [1, 2]}},
            {"a": {"b": [1, 3]}},
            "value",
            "a, b, item 2: another value is expected; expected 2, got 3",
        ),
    ],
)
def test_every_kind_of_difference_has_its_sentence(expected: Any, got: Any, kind: str, sentence: str) -> None:
    found = said(expected, got)
    assert found[0] == kind
    assert sentence in found[1]


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (THREE, THREE.double()),
        (THREE.double(), THREE),
        (torch.tensor([1, 0]), torch.tensor([True, False])),
        (torch.tensor([1.0]), torch.tensor([True])),
        (torch.tensor(1.0), torch.tensor(1)),
    ],
)
def test_a_check_may_ask_for_the_exact_dtype(expected: Any, got: Any) -> None:
    assert difference(expected, got) is None
    found = difference(expected, got, exact_dtype=True)
    assert found is not None
    values = found.finding.values
    assert (found.kind, values["expected"], values["got"]) == ("dtype", to_plain(expected).dtype, to_plain(got).dtype)


@pytest.mark.parametrize("got", [1.0, np.float32(1.0), np.array(1.0)])
def test_where_the_dtype_is_fixed_a_number_is_no_tensor(got: Any) -> None:
    assert difference(torch.tensor(1.0), got) is None
    assert said(torch.tensor(1.0), got, exact_dtype=True)[0] == "type"
    assert difference(1.0, torch.tensor(1.0), exact_dtype=True) is None, "what the reference answers has no dtype"


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (20_000, 20_001),
        (2**63, 2**63 + 1),
        (torch.tensor([30_000]), torch.tensor([30_001])),
        (torch.tensor([2**60]), torch.tensor([2**60 + 1])),
        (torch.tensor(30_000), 30_001),
    ],
)
def test_whole_numbers_are_compared_exactly(expected: Any, got: Any) -> None:
    """An index or a count that is off by one is wrong, however large it is."""
    found = difference(expected, got)
    assert found is not None
    assert (found.kind, found.excess) == ("value", math.inf)


@pytest.mark.parametrize("got", [0.5, 7, 2**63 + 5, -(2**63), math.nan, math.inf, 1e300])
@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64, torch.float32])
def test_a_number_is_not_rounded_to_the_dtype_that_is_expected(got: float, dtype: torch.dtype) -> None:
    assert difference(torch.tensor(1).to(dtype), got) is not None


def test_the_most_fundamental_difference_is_told_first() -> None:
    expected = {name: torch.ones(2) for name in "abcde"}
    wrong = {
        "a": torch.zeros(2),  # value
        "b": torch.full((2,), math.nan),
        "c": torch.ones(2).half(),  # dtype
        "d": torch.ones(3),  # shape
        "e": [1.0, 1.0],  # type
    }
    for name, kind in reversed(list(zip("edcba", ("type", "shape", "dtype", "nan", "value"), strict=True))):
        got = {key: wrong[key] if key <= name else expected[key] for key in expected}
        assert said(expected, got)[0] == kind
        assert said(expected, got)[1].startswith(f"{name}: ")


def test_a_difference_says_by_how_many_tolerances() -> None:
    found = difference(1.0, 1.0011)
    assert found is not None
    assert found.excess == pytest.approx(10, rel=0.01)


# --- gradients --------------------------------------------------------------------------------------------------------


def loss_answer(loss: Callable[..., Any], *args: Any) -> Any:
    return to_plain(value_and_gradients(loss, *args))


LOGP, WEIGHTS = torch.tensor([-0.5, -1.2, -0.1]), torch.tensor([2.0, -1.0, 0.5])


def reference_loss(logp: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return -(logp * weights.detach()).sum()


@pytest.mark.parametrize(
    ("loss", "kind", "sentence"),
    [
        (
            lambda logp, weights: -(logp * weights).sum(),
            "gradient",
            "a gradient arrives at argument weights, where there should be none (detach what is a constant)",
        ),
        (
            lambda logp, weights: -(logp.detach() * weights.detach()).sum(),
            "gradient",
            "no gradient arrives at argument logp (is something detached, or a new tensor made from numbers?)",
        ),
        (
            lambda logp, weights: -(logp + (logp * weights.detach()).detach() - logp.detach()).sum(),
            "gradient",
            "the gradient to argument logp differs",
        ),
        (lambda logp, weights: -(logp * weights.detach()).mean(), "value", "another value is expected"),
    ],
)
def test_a_wrong_gradient_is_told_apart_from_a_missing_and_from_a_superfluous_one(
    loss: Callable[..., Any], kind: str, sentence: str
) -> None:
    expected, got = loss_answer(reference_loss, LOGP, WEIGHTS), loss_answer(loss, LOGP, WEIGHTS)
    found = compare(expected, got, FLOAT32_TOLERANCE)
    assert found is not None
    assert found.kind == kind
    assert say(found.finding).startswith(f"{sentence}; expected ")


def test_no_gradient_is_a_gradient_of_zeros() -> None:
    """A constant that never meets the loss, and one whose gradient is 0 times something, are the same."""
    expected = loss_answer(reference_loss, LOGP, WEIGHTS)
    for same_loss in (
        lambda logp, weights: -(logp * weights.detach()).sum() + 0.0 * weights.sum(),
        lambda logp, weights: -torch.dot(logp, weights.data),
        lambda logp, weights: torch.stack([-a * b for a, b in zip(logp, weights.tolist(), strict=True)]).sum(),
    ):
        assert compare(expected, loss_answer(same_loss, LOGP, WEIGHTS), FLOAT32_TOLERANCE) is None


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_long_values_are_shortened() -> None:
    found = difference(np.arange(10.0, 100.0), np.arange(10.0, 100.0) + 1)
    assert found is not None
    assert found.finding.values["expected"] == "[10., 11., 12., ..., 97., 98., 99.]"
    assert len(str(found.finding.values["got"])) < 60
    assert shorten(list(range(1000))) == "[0, 1, 2, 3, 4, 5, ...]"
    assert len(shorten("x" * 1_000_000)) == 80
    assert len(shorten({"k" * 3: "v" * 100_000})) < 100
    assert shorten(1 / 3) == "0.333333"


def test_whole_numbers_are_shown_as_such() -> None:
    found = difference([4, torch.tensor([1, 2])], [5, torch.tensor([1, 2])])
    assert found is not None
    assert (found.finding.values["expected"], found.finding.values["got"]) == ("4", "5")


def test_a_blank_at_the_end_of_a_text_is_seen_and_so_is_what_differs_far_inside_of_one() -> None:
    assert said("Assistant:", "Assistant: ") == (
        "value", "another value is expected; expected 'Assistant:', got 'Assistant: '",
    )  # fmt: skip
    found = difference("x" * 1000 + "abc" + "y" * 1000, "x" * 1000 + "abd" + "y" * 1000)
    assert found is not None
    assert found.finding.values["got"] == f"...'{'x' * 18}abd{'y' * 39}'..."


def test_what_a_student_chose_is_shown_without_control_characters_and_not_without_end() -> None:
    found = difference("running", "\x1b[2Jrun\nning\u202e")
    assert found is not None
    assert found.finding.values["got"] == repr("\x1b[2Jrun\nning\u202e")
    assert str(found.finding.values["got"]).isprintable()
    sentence = said({}, {"\x1b[2J" + "k" * 1_000_000: 1})[1]
    assert "\x1b" not in sentence
    assert len(sentence) < 200


# --- from answers to an outcome --------------------------------------------------------------------------------------

LAB = lab_of(Task("1", "first", 1, "a.py", ["first", "helper"], []), Task("2", "second", 1, "a.py", ["second"], []))
SECRET = 8675.309
CASE = Case("a title", {"x": SECRET})


def make_check(**options: Any) -> Check:
    return Check("a_check", "first", 1, "A check", lambda lab, x: lab.first(x), **options)


def judged(*answers: Answer, expected: Any = 1.0, check: Check | None = None) -> Judged:
    """The outcome of a check of task `first`, of one case for each answer."""
    known = Known(Answer("value", to_plain(expected)), {})
    return judge(check or make_check(), LAB, [CASE] * len(answers), [known] * len(answers), answers)


def raised(exception: str, message: str = "") -> Answer:
    return Answer("raised", finding=codes.RAISED(exception=exception, message=message))


def hidden_sentences(judged: Judged) -> list[str]:
    """What a student reads of a check on hidden cases."""
    return [say(shown) for finding in judged.findings if (shown := codes.as_hidden(finding))]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer("value", 1.0), "passed"),
        (Answer("value", 2.5), "failed"),
        (raised("ValueError", "no"), "failed"),
        (Answer("unusable", finding=codes.PAIR_WANTED()), "failed"),
        (Answer("broken", finding=codes.FILE_MISSING(file="a.py")), "failed"),
        (Answer("timeout", finding=codes.OUT_OF_TIME(seconds=3)), "timeout"),
        (Answer("crashed", finding=codes.DIED()), "crashed"),
        (Answer("todo", todo="first"), "todo"),
        (Answer("todo", todo="helper"), "todo"),
        (Answer("todo", todo="second"), "skipped"),
        (Answer("value", 1.0, changed=(("x", "first"),)), "failed"),
        (Answer("value", 1.0, used_global_random_state=True), "failed"),
    ],
)
def test_every_answer_has_one_outcome(answer: Answer, outcome: str) -> None:
    assert judged(answer).outcome == outcome
    assert judged(Answer("value", 1.0), answer).outcome == outcome


def test_a_value_is_judged_before_the_purity_of_the_function() -> None:
    both = Answer("value", 2.5, changed=(("x", "first"),))
    assert [kind_of(finding) for finding in judged(both).findings] == ["value", "purity"]
    changed = judged(Answer("value", 1.0, changed=(("x", "first"),)))
    assert changed.findings == (codes.INPUT_CHANGED(argument="x", function="first"),)


def test_what_was_found_in_a_case_is_kept_with_its_title_and_values() -> None:
    found = judged(Answer("value", 2.5))
    assert (found.case, found.findings) == ("a title", (codes.VALUE_DIFFERS(where="", expected="1", got="2.5"),))
    assert judged(Answer("todo", todo="second")).findings == (codes.WAITS_FOR(function="second"),)


def test_a_lab_in_float64_is_compared_at_its_precision() -> None:
    answer, expected = Answer("value", 1 + 1e-6), Answer("value", 1.0)
    assert fault(make_check(), LAB, CASE, expected, answer) is None
    manifest = Manifest(
        lab="lab91", title="", files=LAB.manifest.files, tasks=LAB.manifest.tasks, allowed_imports=[], float64=True
    )
    assert fault(make_check(), Lab(LAB.folder, manifest), CASE, expected, answer) is not None
    assert fault(make_check(tolerance=(1e-9, 1e-9)), LAB, CASE, expected, answer) is not None


STUDENTS_WORDS = f"PwnedError {SECRET} \x1b[2J"


def tell(value: Any, **_case: Any) -> None:
    raise Wrong("lab90_a_message", value=f"{value} of {_case}")


@pytest.mark.parametrize(
    "answer",
    [
        Answer("value", SECRET),
        Answer("value", STUDENTS_WORDS),
        Answer("value", {STUDENTS_WORDS: SECRET}),
        Answer("value", {"a": 1.0, STUDENTS_WORDS: 1}),
        Answer("value", [SECRET] * 3),
        Answer("value", Array(np.full((8, 6, 7), SECRET), True)),
        Answer("value", Array(np.full((), SECRET, dtype="float16"), True)),
        Answer("value", math.nan),
        Answer("value", None),
        Answer("value", 1.0, changed=((STUDENTS_WORDS, STUDENTS_WORDS),)),
        Answer("value", 1.0, used_global_random_state=True),
        Answer("raised", finding=codes.RAISED(exception="ValueError", message=STUDENTS_WORDS), trace=STUDENTS_WORDS),
        raised(f"PwnedError{SECRET}"),
        raised(STUDENTS_WORDS, STUDENTS_WORDS),
        raised("__import__", "x"),
        Answer("unusable", finding=codes.NOT_A_TENSOR(type=STUDENTS_WORDS)),
        Answer("unusable", finding=Finding("lab90_own", {"value": STUDENTS_WORDS})),
        Answer("unusable", finding=Finding(STUDENTS_WORDS, {"value": STUDENTS_WORDS})),
        Answer("broken", finding=codes.IMPORT_FAILED(file=STUDENTS_WORDS, line=8675, reason=STUDENTS_WORDS)),
        Answer("crashed", finding=codes.SENT_NO_ANSWER(what=codes.MALFORMED(what=STUDENTS_WORDS))),
        Answer("todo", todo=STUDENTS_WORDS),
    ],
)
@pytest.mark.parametrize("expected", [1.0, {"a": 1.0}, [1.0, 2.0, 3.0], torch.ones(2), "word", True, None])
def test_of_a_hidden_case_no_value_is_told_and_no_word_of_the_student(answer: Answer, expected: Any) -> None:
    for check in (make_check(), make_check(verify=tell)):
        for sentence in hidden_sentences(judged(answer, expected=expected, check=check)):
            for secret in ("8675", "Pwned", "\x1b", "8, 6, 7", "a title", "__import__"):
                assert secret not in sentence


@given(st.text(), st.sampled_from(["unusable", "broken", "crashed", "raised"]), st.sampled_from(sorted(CODES)))
@settings(deadline=None, max_examples=200)
def test_of_a_hidden_case_only_the_code_is_told(text: str, status: Any, code: str) -> None:
    """Whatever the values are. What the lab's own limits are is no secret, and no worker can send it."""
    finding, other = (Finding(code, dict.fromkeys(CODES[code].values, value)) for value in (text, "else"))
    if CODES[code].kind != "limits":
        told = [hidden_sentences(judged(Answer(status, finding=each))) for each in (finding, other)]
        assert told[0] == told[1]


def test_every_kind_of_finding_is_told_of_hidden_cases_by_a_code_of_its_own() -> None:
    assert set(codes.HIDDEN) == set(KINDS) - {"limits", "private"}
    assert len({say(code()) for code in codes.HIDDEN.values()}) == len(codes.HIDDEN)


def test_a_finding_cannot_flood_a_screen_or_steer_it() -> None:
    [flood] = judged(raised("E", "\x1b[2J" * 1_000_000)).findings
    assert len(say(flood)) <= 2_100
    assert "\x1b" not in say(flood)


# --- where tensors are, without a GPU ---------------------------------------------------------------------------------


def slope(x: torch.Tensor) -> torch.Tensor:
    """Asks for a gradient on the way, as a right answer may."""
    [gradient] = torch.autograd.grad((x.requires_grad_() * 2).sum(), x)
    return gradient


@pytest.mark.parametrize(
    ("function", "device"),
    [
        (slope, "cuda"),
        (lambda x: x[1:] + torch.zeros_like(x[1:]), "cuda"),
        (lambda x: x + torch.ones(3), "cpu"),
        (lambda x: torch.ones(3), "cpu"),
        (lambda x: torch.tensor(float(x[0])), "cpu"),
        (lambda x: torch.tensor(float(x[0])).to(x.device), "cuda"),
        (lambda x: torch.ones(3, device=torch.Generator(device=x.device).device), "not checked"),
    ],
)
def test_a_mixture_of_devices_is_seen_without_a_gpu(
    function: Callable[[torch.Tensor], torch.Tensor], device: str
) -> None:
    assert device_of_result(function, torch.ones(3))["device"] == device
