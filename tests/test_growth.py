"""Whether a function's time grows in proportion to its input, on a clock of the test's own."""

from collections.abc import Callable, Iterator

import pytest

from grader import codes
from grader.checks import Wrong, growth

LENGTH = 20_000


class Clock:
    """CPU seconds that pass only where a test says so. Each call takes `noise` times as long as it should."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.noise: Iterator[float] = iter(())

    def work(self, cost: Callable[[int], float]) -> Callable[[int], int]:
        def run(length: int) -> int:
            self.seconds += cost(length) * next(self.noise, 1.0)
            return length

        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(growth.time, "thread_time", lambda: clock.seconds)
    return clock


def linear(length: int) -> float:
    return 8e-6 * length


def quadratic(length: int) -> float:
    return 1e-10 * length**2 + 1e-7 * length  # a list of 20,000 items that is moved at every step, on a quick machine


def verdict(work: Callable[[int], object]) -> str:
    found = growth.timed(work, LENGTH)
    assert found[growth.RESULT] == LENGTH
    try:
        growth.in_proportion(found)
    except Wrong as wrong:
        return wrong.finding.code
    return ""


@pytest.mark.parametrize("times", [0.01, 1, 1_000])
def test_a_slow_loop_is_in_proportion(clock: Clock, times: float) -> None:
    assert verdict(clock.work(lambda length: times * linear(length))) == ""


@pytest.mark.parametrize("times", [1, 1_000])
def test_time_that_grows_with_the_square_is_not(clock: Clock, times: float) -> None:
    assert verdict(clock.work(lambda length: times * quadratic(length))) == codes.GROWS_FASTER.name


def test_a_machine_that_is_busy_twice_makes_nothing_too_slow(clock: Clock) -> None:
    clock.noise = iter([20.0, 1.0, 1.0, 1.0] * 2)
    assert verdict(clock.work(linear)) == ""


def test_what_cannot_be_measured_is_in_proportion(clock: Clock) -> None:
    assert verdict(clock.work(lambda length: 0.0156 * (length == LENGTH))) == ""  # a clock of 64 steps a second


def test_who_says_nothing_of_the_time_has_not_shown_that_it_fits() -> None:
    with pytest.raises(Wrong):
        growth.in_proportion({growth.RESULT: 1, "in proportion": 1})
