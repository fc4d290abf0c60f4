"""The references' values with their tensors on the device, beside those on the CPU, by each check's own tolerance."""

import dataclasses
import functools
import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from grader.author.gpu_check.real_device import OF_GENERATORS, RealDevice
from grader.author.gpu_check.report import Cell, Table
from grader.author.gpu_check.settings import Found, Settings, Tell
from grader.checks import Case, Check
from grader.checks.fixtures import with_fixtures
from grader.grading.reference import Reference, open_reference, visibilities
from grader.judging.compare import differences
from grader.judging.judge import tolerance_of
from grader.lab import read_lab
from grader.languages import texts_of
from grader.plain import Array, Plain, one_line, to_plain
from grader.run.answers import Answer

SEED = 0  # of the hidden cases
LEAST_SECONDS = 30.0  # CPU seconds of a case there: some kernels are loaded at first use
WORDS = 300  # of a difference

# What became of a case, as the columns are called.
EQUAL, DIFFERS = "equal", "differs"
NO_TENSORS = "no tensors"
CPU_GENERATOR = "generator on the CPU"
CPU_ALONE = "probe works on the CPU alone"
OUTCOMES = (EQUAL, DIFFERS, NO_TENSORS, CPU_GENERATOR, CPU_ALONE)


@dataclasses.dataclass(frozen=True)
class Compared:
    """What became of one case; `error` is the largest relative error of its numbers."""

    outcome: str
    error: float = 0.0
    words: str = ""


def values(tell: Tell, settings: Settings) -> None:
    """The item: every check that compares values, on its public cases and on the hidden ones of one seed."""
    torch.set_num_threads(1)
    device = RealDevice(settings.device)
    device.warm_up()
    counts: list[dict[str, Cell]] = []
    differing: list[dict[str, Cell]] = []
    broken: list[str] = []
    for folder in settings.labs:
        lab, found = folder.name.partition("_")[0], list[Compared]()
        try:
            for name, one in of_lab(open_reference(read_lab(folder)), device):
                found.append(one)
                if one.outcome == DIFFERS:
                    error = one.error if math.isfinite(one.error) else None  # JSON has no infinity
                    differing.append({"lab": lab, "case": name, "relative error": error, "words": one.words})
        except Exception as error:  # a lab whose libraries are missing here: the others are looked at
            broken.append(f"{lab}: {one_line(f'{type(error).__name__}: {error}', WORDS)}")
        counted = Counter(one.outcome for one in found)
        largest = max((one.error for one in found if one.outcome == EQUAL), default=0.0)
        counts.append({"lab": lab, **{name: counted[name] for name in OUTCOMES}, "largest error where equal": largest})
        tell(_found(counts, differing, broken))


def _found(counts: list[dict[str, Cell]], differing: list[dict[str, Cell]], broken: list[str]) -> Found:
    equal, differ = (sum(int(row[key] or 0) for row in counts) for key in (EQUAL, DIFFERS))
    largest = max((float(row["largest error where equal"] or 0) for row in counts), default=0.0)
    tables = [Table("Cases, by what became of them on the device", counts), Table("Where values differ", differing)]
    return Found(
        "failed" if broken else "differs" if differing else "passed",
        f"{equal} of {equal + differ} values are equal, within {largest:.1e} (relative)",
        "; ".join(broken),
        [table for table in tables if table.rows],
    )


def of_lab(reference: Reference, device: RealDevice) -> Iterator[tuple[str, Compared]]:
    """Each case of each check that compares with the reference, and what became of it."""
    for check in reference.checks:
        if check.compares:
            for side in visibilities(reference, check):
                for case in reference.cases(check, side, SEED):
                    yield f"{check.name}, {case.title}", compared(reference, check, case, device)


def compared(reference: Reference, check: Check, case: Case, device: RealDevice) -> Compared:
    """The reference's answer on the device held against its answer on the CPU."""
    given = with_fixtures(check, case.arguments, reference.fixtures)
    if not any(True for _ in _movable(given)):
        return Compared(NO_TENSORS)
    there = reference.answer(_on(device, check), case)
    here = reference.answer(check, case)
    if here.status != "value":
        return Compared(DIFFERS, math.inf, f"on the CPU: {_words(reference, here)}")
    if there.status != "value":
        words = _words(reference, there)
        if OF_GENERATORS in words:
            return Compared(CPU_GENERATOR, words=words)
        return Compared(CPU_ALONE if device.refuses_mixtures_with(words) else DIFFERS, math.inf, words)
    expected, got = check.part(to_plain(here.value)), check.part(there.value)
    found = differences(expected, got, tolerance_of(check, reference.lab), check.exact_dtype)
    error = max(relative_errors(expected, got), default=0.0)
    if not found:
        return Compared(EQUAL, error)
    return Compared(DIFFERS, error, one_line(texts_of(reference.lab.folder).say(found[0].finding), WORDS))


def _on(device: RealDevice, check: Check) -> Check:
    """The same check with the tensors and networks that its probe is given on the device."""
    probe: Callable[..., Any] = check.probe

    @functools.wraps(probe)  # so that it is given the same fixtures
    def moved(lab: Any, **arguments: Any) -> Any:
        result = probe(lab, **{name: _moved(value, device) for name, value in arguments.items()})
        device.wait()
        return result

    return dataclasses.replace(check, probe=moved, seconds=max(check.seconds or 0.0, LEAST_SECONDS))


def _moved(value: Any, device: RealDevice) -> Any:
    if isinstance(value, torch.Tensor):
        return device.put(value)
    if isinstance(value, torch.nn.Module):
        return value.to(device.device)
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(_moved(item, device) for item in value)
    return {key: _moved(item, device) for key, item in value.items()} if type(value) is dict else value


def _movable(value: Any) -> Iterator[Any]:
    if isinstance(value, torch.Tensor | torch.nn.Module):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _movable(item)
    elif isinstance(value, dict):
        yield from _movable(list(value.values()))


def _words(reference: Reference, answer: Answer) -> str:
    said = texts_of(reference.lab.folder).say(answer.finding) if answer.finding else answer.status
    return one_line(said, WORDS)


def relative_errors(expected: Plain, got: Plain) -> Iterator[float]:
    """The largest relative error of each array or number that both have at one place. Where the right value is 0 the
    absolute error counts."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in expected.keys() & got.keys():
            yield from relative_errors(expected[key], got[key])
    elif isinstance(expected, list) and isinstance(got, list):
        for one, other in zip(expected, got, strict=False):
            yield from relative_errors(one, other)
    elif (a := _numbers(expected)) is not None and (b := _numbers(got)) is not None and a.shape == b.shape and a.size:
        with np.errstate(invalid="ignore", divide="ignore"):
            errors = np.abs(a - b) / np.where(a == 0, 1.0, np.abs(a))
        errors = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, errors)
        yield float(np.where(np.isnan(errors), np.inf, errors).max())


def _numbers(value: Plain) -> np.ndarray | None:
    if isinstance(value, Array):
        return value.values.astype(np.float64)
    return np.asarray(value, np.float64) if isinstance(value, bool | int | float) else None
