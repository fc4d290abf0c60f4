"""The words that checks are written with: several checks of one probe, devices, draws, and parts that are compared."""

import os
import sys
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from grader import codes
from grader.checks import CannotJudge, Check, Wrong, check, checks_of
from grader.checks.devices import on_its_device
from grader.checks.draws import (
    BY_ACTION,
    as_often_as_they_should,
    drawn_by_action,
    draws_by_action,
    from_the_generator,
    standard_normal,
)
from grader.checks.probes import value_and_gradients
from grader.findings import Finding
from grader.judging.compare import FLOAT32_TOLERANCE, compare
from grader.judging.judge import fault
from grader.lab.loading import load_modules
from grader.plain import Plain, to_plain
from grader.run.answers import Answer, Functions, answer

PROBABILITIES, COUNT = [0.2, 0.5, 0.3], 2_000
Sample = Callable[..., Any]


@check("loss", points=3, exact_dtype=True)
def losses(lab: Any, x: torch.Tensor, scale: float = 1.0) -> dict[str, Any]:
    """The loss and its gradient."""
    return value_and_gradients(lambda x: lab.loss(x, scale), x)


losses.case("two numbers", x=torch.tensor([1.0, 2.0]))


# --- several checks of one probe --------------------------------------------------------------------------------------


def test_a_check_is_called_like_its_variable() -> None:
    module = ModuleType("checks")
    module.losses = losses  # type: ignore[attr-defined]
    module.large = losses.also("Large ones.", points=1, needs=losses)  # type: ignore[attr-defined]
    module.loss_device = on_its_device(losses)  # type: ignore[attr-defined]
    assert [found.name for found in checks_of(module)] == ["losses", "large", "loss_device"]


def test_another_check_of_the_same_probe_has_its_options_and_cases_of_its_own() -> None:
    large = losses.also("Large ones.", points=1)
    large.case("a hundred", x=torch.tensor([100.0]))
    assert (large.probe, large.task, large.exact_dtype) == (losses.probe, "loss", True)
    assert (large.title, large.points, large.needs) == ("Large ones.", 1, None)
    assert [case.title for case in losses.cases] == ["two numbers"]


# --- gradients --------------------------------------------------------------------------------------------------------


def test_a_gradient_is_told_by_the_references_name_however_the_student_calls_it() -> None:
    def expected(x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        return (x * scale.detach()).sum()

    def not_detached(my_x: torch.Tensor, my_scale: torch.Tensor) -> torch.Tensor:
        return (my_x * my_scale).sum()

    def taking_what_comes(*args: torch.Tensor) -> torch.Tensor:
        return expected(*args)

    assert losses.probe(Functions({"loss": not_detached}), torch.ones(2))["gradients"].keys() == {"x"}
    right, wrong, free = (
        to_plain(value_and_gradients(Functions({"loss": loss}).loss, torch.ones(2), torch.ones(2)))
        for loss in (expected, not_detached, taking_what_comes)
    )
    found = compare(right, wrong, FLOAT32_TOLERANCE)
    assert found and found.finding.values["argument"] == codes.ARGUMENT(name="scale")
    assert compare(right, free, FLOAT32_TOLERANCE) is None


def test_a_change_in_place_of_what_asks_for_a_gradient_reads_as_the_rule() -> None:
    def in_place(x: torch.Tensor, scale: float) -> torch.Tensor:
        x[0] = scale
        return x.sum()

    found = answer(losses, {"loss": in_place}, losses.cases[0].arguments, Path(), 10.0)
    assert (found.status, found.finding) == ("raised", codes.CHANGED_IN_PLACE())


def test_a_gradient_of_one_of_several_results_is_told_as_one() -> None:
    def both(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.sum(), (x**2).sum()

    def second_detached(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.sum(), (x.detach() ** 2).sum()

    right, wrong = (to_plain(value_and_gradients(loss, torch.ones(3))) for loss in (both, second_detached))
    found = compare(right, wrong, FLOAT32_TOLERANCE)
    assert found and codes.GRADIENT_LACKING.made(found.finding)
    assert found.finding.values["where"] == codes.AT(place=[codes.ITEM(number=2)])


# --- devices ----------------------------------------------------------------------------------------------------------


def device_verdict(device_check: Check, **functions: Callable[..., Any]) -> Finding | None:
    """What a device check finds wrong with functions, which are watched as those of a submission are."""
    value = to_plain(device_check.probe(Functions(functions)))
    assert device_check.verify
    try:
        device_check.verify(value)
    except Wrong as wrong:
        return wrong.finding
    return None


def test_a_device_check_is_made_of_another_check() -> None:
    made = on_its_device(losses)
    assert (made.task, made.points, made.needs, made.quick, made.last) == ("loss", 1, losses, False, True)
    assert made.title == "Works on the device of its inputs."
    assert [case.arguments for case in made.cases] == [{}]
    assert on_its_device(losses, needs=made).needs is made


def test_a_device_check_tells_a_mixture_of_devices_from_a_result_on_the_cpu() -> None:
    made = on_its_device(losses)
    assert device_verdict(made, loss=lambda x, scale: (x * scale).sum()) is None
    mixed = device_verdict(made, loss=lambda x, scale: (x + torch.ones(2)).sum())
    assert mixed and codes.OTHER_DEVICE.made(mixed) and "cuda" in str(mixed.values["message"])
    assert device_verdict(made, loss=lambda x, scale: torch.ones(())) == codes.RESULT_ON_CPU(function="loss")
    assert device_verdict(made, loss=lambda x, scale: torch.tensor(float(x[0]))) == codes.RESULT_ON_CPU(function="loss")
    looked_at = device_verdict(made, loss=lambda x, scale: x.new_tensor(float(x[0])))
    assert looked_at is None, "code may look at values"


def test_what_a_pretended_device_cannot_tell_is_not_checked_and_earns_nothing() -> None:
    def asked_for_a_generator(x: torch.Tensor, scale: float) -> torch.Tensor:
        torch.Generator(device=x.device)
        return x.sum()

    made = on_its_device(losses)
    unchecked = device_verdict(made, loss=asked_for_a_generator)
    assert unchecked and codes.DEVICE_UNCHECKED.made(unchecked)
    value = to_plain(made.probe(Functions({"loss": asked_for_a_generator})))
    wrong = fault(made, None, made.cases[0], None, Answer("value", value))  # type: ignore[arg-type]
    assert wrong and (wrong.outcome, wrong.finding) == ("skipped", unchecked)


def test_a_device_check_of_several_finds_the_one_that_mixes() -> None:
    @check("loss", points=1)
    def half(lab: Any, x: torch.Tensor) -> Any:
        """Half of it."""
        return lab.half(x).numpy()  # which a GPU's tensors do not have: what its function did is known by then

    half.case("two numbers", x=torch.tensor([1.0, 2.0]))
    both = on_its_device(losses, half)
    assert both.title == "Both work on the device of their inputs."
    assert device_verdict(both, loss=lambda x, scale: x.sum(), half=lambda x: x / 2) is None
    assert device_verdict(both, loss=lambda x, scale: x.sum(), half=lambda x: x.new_ones(2) / 2 * torch.ones(2))


def test_a_function_that_is_still_to_do_is_no_question_of_devices() -> None:
    def todo(x: torch.Tensor, scale: float) -> None:
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        on_its_device(losses).probe(Functions({"loss": todo}))


def test_samplers_are_called_without_the_probes_generator_on_the_pretended_device() -> None:
    @check("draw", points=1)
    def drawn(lab: Any, x: torch.Tensor) -> Any:
        """Noise."""
        return lab.draw(x, generator=torch.Generator().manual_seed(1))

    drawn.case("two numbers", x=torch.zeros(2))

    def on_the_device(x: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        return x + torch.randn(x.shape, generator=generator, device=x.device)

    def on_the_cpu(x: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        return x + torch.randn(x.shape, generator=generator)

    assert to_plain(on_its_device(drawn).probe(Functions({"draw": on_the_device})))["device"] == "cuda"
    assert device_verdict(on_its_device(drawn), draw=on_the_cpu)


# --- draws ------------------------------------------------------------------------------------------------------------


def reference(logits: torch.Tensor, generator: torch.Generator | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    log_pi = torch.log_softmax(logits, dim=-1)
    actions = torch.multinomial(log_pi.detach().exp(), 1, generator=generator)
    return actions[:, 0], log_pi.gather(1, actions)[:, 0]


def by_search(logits: torch.Tensor, generator: torch.Generator | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Other actions than the reference's from the same generator, and as right."""
    pi = torch.softmax(logits, dim=-1)
    dice = torch.rand(len(logits), 1, generator=generator)
    actions = torch.searchsorted(pi.detach().cumsum(-1), dice).clamp(max=pi.shape[1] - 1)
    return actions[:, 0], pi.gather(1, actions)[:, 0].log()


def of_the_likeliest(
    logits: torch.Tensor, generator: torch.Generator | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    actions, _ = reference(logits, generator)
    return actions, torch.log_softmax(logits, dim=-1).max(dim=-1).values


def of_another_draw(
    logits: torch.Tensor, generator: torch.Generator | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    actions, _ = reference(logits, generator)
    return actions, reference(logits, generator)[1]


def without_logarithm(
    logits: torch.Tensor, generator: torch.Generator | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    actions, logp = reference(logits, generator)
    return actions, logp.exp()


def uniform(logits: torch.Tensor, generator: torch.Generator | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    _, logp = reference(logits, generator)
    return torch.randint(logits.shape[1], (len(logits),), generator=generator), logp


def seeded_anew(logits: torch.Tensor, generator: torch.Generator | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    return reference(logits, torch.Generator().manual_seed(3))


def of_the_global_state(
    logits: torch.Tensor, generator: torch.Generator | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    return reference(logits)


def found_on(sample: Sample) -> Plain:
    logits = torch.tensor(PROBABILITIES).log().repeat(COUNT, 1)
    return to_plain(draws_by_action(sample, logits, seed=5))


def draws_verdict(sample: Sample) -> str:
    """The code of what is wrong with a sampler; nothing where it is right."""
    torch.manual_seed(0)
    value = found_on(sample)
    try:
        drawn_by_action(value, PROBABILITIES, COUNT)
    except Wrong as wrong:
        return wrong.finding.code
    difference = compare(found_on(reference)[BY_ACTION], value[BY_ACTION], FLOAT32_TOLERANCE)
    return difference.finding.code if difference else ""


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        (reference, ""),
        (by_search, ""),
        (of_the_likeliest, "values_differ"),
        (without_logarithm, "values_differ"),
        (of_another_draw, "log_probability_varies"),
        (uniform, "frequency_differs"),
        (seeded_anew, "seeded_anew"),
        (of_the_global_state, "other_generator"),
    ],
)
def test_draws_are_judged_however_they_are_made(sample: Sample, code: str) -> None:
    assert draws_verdict(sample) == code


def test_log_probabilities_without_a_gradient_cannot_be_judged() -> None:
    def detached(logits: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        actions, logp = reference(logits, generator)
        return actions, logp.detach()

    with pytest.raises(CannotJudge) as raised:
        found_on(detached)
    assert raised.value.finding == codes.NO_GRADIENT_TO(argument="logits")


def test_draws_that_take_turns_come_up_as_often_as_they_should_and_are_none() -> None:
    as_often_as_they_should(np.random.default_rng(0).integers(2, size=1_000), [0.5, 0.5])
    with pytest.raises(Wrong) as raised:
        as_often_as_they_should(np.arange(1_000) % 2, [0.5, 0.5])
    assert codes.DRAWS_ALIKE.made(raised.value.finding)


def spoilt(z: np.ndarray, how: str) -> np.ndarray:
    z = z.copy()
    match how:
        case "the mean":
            z[:, 0, 1] += 0.2
        case "the mean square":
            z[:, 1, 0] *= 1.2
        case "flat":
            z[:, 1, 1] = np.random.default_rng(1).uniform(-(3**0.5), 3**0.5, size=len(z))
        case "in a row":
            z[1::2] = z[::2]
        case "together":
            z[:, 1] = z[:, 0]
    return z


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("the mean", codes.NORMAL_DIFFERS),
        ("the mean square", codes.NORMAL_DIFFERS),
        ("flat", codes.NORMAL_DIFFERS),
        ("in a row", codes.NORMAL_DIFFERS),
        ("together", codes.NORMAL_CORRELATED),
    ],
)
def test_what_is_no_independent_normal_noise_is_seen(how: str, code: Any) -> None:
    z = np.random.default_rng(0).normal(size=(2_000, 2, 2))
    standard_normal(z)
    with pytest.raises(Wrong) as raised:
        standard_normal(spoilt(z, how))
    assert code.made(raised.value.finding)


def test_a_right_sampler_of_normal_noise_passes_with_any_seed() -> None:
    for seed in range(100):
        standard_normal(np.random.default_rng(seed).normal(size=(1_000, 1, 3)))


def test_draws_from_a_generator_are_seen_by_what_comes_next_and_by_a_seed_that_is_alike() -> None:
    one, other = to_plain(torch.tensor([1.0, 2.0])), to_plain(torch.tensor([3.0, 4.0]))
    from_the_generator({"actions": one, "next": other, "again": one})
    for facts, code in (
        ({"actions": one, "next": one, "again": one}, codes.SEEDED_ANEW),
        ({"actions": one, "next": other, "again": other}, codes.OTHER_GENERATOR),
        ({"actions": one, "next": None, "again": one}, codes.SEEDED_ANEW),
    ):
        with pytest.raises(Wrong) as raised:
            from_the_generator(facts)
        assert code.made(raised.value.finding)


def test_a_file_that_is_saved_twice_in_a_second_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python knows a file of bytecode by the second and the size of its source."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    source, bytecode = tmp_path / "saved.py", Path(cache_from_source(str(tmp_path / "saved.py")))
    for value, saved in ((1, 0.2), (2, 0.8)):
        source.write_text(f"value = {value}\n")
        os.utime(source, (10**9, 10**9 + saved))
        [module] = load_modules(tmp_path, ["saved"])
        assert module.value == value
        os.utime(bytecode, (10**9, 10**9 + 0.5))
